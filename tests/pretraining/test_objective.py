"""What a student learns in general distillation: pairs, losses and the head that it begins with."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertConfig, BertModel

from compressions.models import checkpoints, sources
from compressions.models.architectures import Size
from compressions.pretraining import shards
from compressions.pretraining.objective import StudentWithProjections, highest_cosines, mapped_layers, relative_error
from compressions.pretraining.shards import PARTNERS, corrupt, make_shard
from compressions.pretraining.student import new_student
from tests.conftest import ROOT

ANIMALS, VERBS = ("cat", "dog", "old horse", "small bird"), ("sees", "likes", "has found")
THINGS = ("house", "river", "wide green field")
SENTENCES = [f"The {animal} {verb} the {thing}." for animal in ANIMALS for verb in VERBS for thing in THINGS]
SMALL = Size("small one", 1, 64, 1)


@pytest.fixture(scope="module")
def teacher():
    """The bundled TINY in the part of the teacher."""
    return checkpoints.load_encoder(sources.folder_encoder(ROOT / "checkpoints/tiny")).eval()


@pytest.fixture(scope="module")
def tokenizer():
    return checkpoints.load_tokenizer(sources.folder_encoder(ROOT / "checkpoints/tiny"))


@pytest.fixture(scope="module")
def shard(teacher, tokenizer):
    return make_shard(SENTENCES, tokenizer, teacher, [1, 2], np.random.default_rng(0))


def test_layers_are_mapped_evenly_and_end_at_the_last():
    assert mapped_layers(2, 6) == [3, 6]
    assert mapped_layers(4, 6) == [2, 3, 5, 6]
    assert mapped_layers(12, 6)[-1] == 6


@given(st.lists(st.integers(5, 99), min_size=1, max_size=40), st.integers(0, 1000))
def test_a_corrupted_copy_is_never_empty_nor_longer_and_brings_no_new_words(tokens, seed):
    tokens, others = np.array(tokens), np.array([1, 2, 3])
    copy = corrupt(tokens, others, np.random.default_rng(seed))
    assert 1 <= len(copy) <= len(tokens) and set(copy) <= {*tokens, *others}


def test_a_shard_holds_the_texts_their_copies_and_the_teachers_view(shard, teacher, tokenizer):
    texts = len(SENTENCES)
    assert len(shard.texts) == 2 * texts and tokenizer.decode(shard.texts[0]) == SENTENCES[0].lower()
    inputs = tokenizer(SENTENCES[5], return_tensors="pt")
    with torch.inference_mode():
        alone = teacher(**inputs, output_hidden_states=True)
    wanted = torch.nn.functional.normalize(alone.last_hidden_state.mean(1), dim=1)[0]
    assert torch.allclose(shard.embeddings[5], wanted, atol=1e-4)
    begin = shard.begins[5]
    states = shard.states[begin : begin + len(shard.texts[5]), 0].float()
    assert torch.allclose(states, alone.hidden_states[1][0, 1:-1], atol=0.05)


def test_a_batch_is_what_the_tokenizer_makes_of_the_pair(shard, tokenizer):
    batch = shard.batch(tokenizer, np.array([3, 4]), np.array([7, -1]))
    pair, single = tokenizer(SENTENCES[3], SENTENCES[7]), tokenizer(SENTENCES[4])
    length = len(pair["input_ids"])
    assert batch.inputs["input_ids"][0, :length].tolist() == pair["input_ids"]
    assert batch.inputs["token_type_ids"][0, :length].tolist() == pair["token_type_ids"]
    assert batch.inputs["attention_mask"].sum(1).tolist() == [length, len(single["input_ids"])]
    tokens = np.concatenate(shard.texts)
    words = batch.rows >= 0
    assert tokens[batch.rows[words]].tolist() == batch.inputs["input_ids"][words].tolist()


@pytest.mark.parametrize("kind", PARTNERS)
def test_a_partner_is_of_the_kind_that_was_drawn(shard, monkeypatch, kind):
    monkeypatch.setattr(shards, "PARTNERS", {name: float(name == kind) for name in PARTNERS})
    first, second = shard.partners(np.random.default_rng(0))
    texts, half = len(shard.texts), len(SENTENCES)
    assert sorted(first) == list(range(texts))
    holds = {
        "none": second == -1,
        "copy": abs(first - second) == half,
        "closest": np.array([b in shard.closest[a] for a, b in zip(first, second, strict=True)]),
        "neighbor": (abs(first - second) <= 1) & (first // half == second // half),
        "chance": (second >= 0) & (second < texts),
    }
    assert holds[kind].all()


def test_the_closest_text_has_the_highest_cosine_but_for_itself(shard):
    cosines = shard.embeddings @ shard.embeddings.T
    for text in range(len(shard.texts)):
        best = cosines[text].clone()
        best[text] = -1
        assert cosines[text, shard.closest[text, 0]] == best.max()


def test_relative_error_is_0_for_the_truth_and_1_for_the_mean():
    wanted = torch.randn(500, generator=torch.manual_seed(0))
    assert relative_error(wanted, wanted) == 0
    assert relative_error(wanted.mean().expand(500), wanted).item() == pytest.approx(1, abs=1e-5)


def test_the_best_match_is_in_the_other_text_only():
    states = torch.tensor([[[1.0, 0], [1, 0], [0, 1], [0.6, 0.8]]])
    segments = torch.tensor([[0, 0, 1, 1]])
    every = torch.ones(1, 4, dtype=torch.bool)
    assert highest_cosines(states, segments, every)[0].tolist() == pytest.approx([0.6, 0.6, 0, 0.6])
    without_last = every.clone()
    without_last[0, 3] = False
    assert highest_cosines(states, segments, without_last)[0, :3].tolist() == pytest.approx([0, 0, 0])


@pytest.mark.parametrize(
    "second, absent", [([-1, -1], {"matches", "cosine"}), ([5, 6], {"embedding"}), ([5, -1], set())]
)
def test_losses_are_finite_for_pairs_and_single_texts(shard, teacher, tokenizer, second, absent):
    student = BertModel(BertConfig(hidden_size=64, num_hidden_layers=2, num_attention_heads=2)).eval()
    mapped = StudentWithProjections(student, teacher.config.hidden_size)
    losses = mapped.losses(shard.batch(tokenizer, np.array([0, 1]), np.array(second)), shard)
    assert set(losses) == {"states", "matches", "cosine", "embedding"} - absent
    assert all(torch.isfinite(loss) for loss in losses.values())


@pytest.mark.parametrize("similarity_head", [True, False])
def test_the_similarity_head_attends_to_the_same_word_in_the_other_text(teacher, tokenizer, similarity_head):
    student = new_student(SMALL, teacher, torch.ones(len(tokenizer)), seed=0, similarity_head=similarity_head)
    student.set_attn_implementation("eager")
    inputs = tokenizer("a river runs", "the long river", return_tensors="pt")
    with torch.inference_mode():
        attention = student(**inputs, output_attentions=True).attentions[0][0, 0]
    words = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
    here, there = [index for index, word in enumerate(words) if word == "river"]
    others = [index for index in range(len(words)) if index not in (here, there)]
    assert (attention[here, there] > 2 * attention[here, others].max()) == similarity_head


def test_a_student_as_wide_as_its_teacher_keeps_the_distances_of_the_words(teacher, tokenizer):
    student = new_student(Size("same", 1, 128, 2), teacher, torch.ones(len(tokenizer)), seed=0, similarity_head=True)
    words = torch.randint(1000, 30000, (50,), generator=torch.manual_seed(0))
    theirs, own = (model.embeddings.word_embeddings.weight[words] for model in (teacher, student))
    exact = {"compute_mode": "donot_use_mm_for_euclid_dist"}  # the fast way is off by 1e-3 where distances are small
    assert torch.allclose(torch.cdist(own, own, **exact), torch.cdist(theirs, theirs, **exact), atol=1e-4)
