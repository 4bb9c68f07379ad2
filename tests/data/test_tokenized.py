"""Rows that are made once and then shared: those of a tokenizer are as it reads them itself, whoever asked before."""

import datasets
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertTokenizer, PreTrainedTokenizerFast

from compressions.data.tasks import Task
from compressions.data.tokenized import shared_rows, tokenize, tokenizer_key

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["the", "The", "film", "was", "good", "bad", "##s", "é", "e"]
TEXTS = ["The films was good", "the bad film é The film was", "good"]
PAIR, SINGLE = Task("pair", 3, ("one", "two"), ("no", "yes")), Task("single", 3, ("one",), ("no", "yes"))


@st.composite
def tokenizers(draw) -> PreTrainedTokenizerFast:
    """Tokenizers that differ in what a tokenizer may differ in."""
    words = draw(st.sampled_from([WORDS, WORDS[::-1], WORDS[:-2]]))
    backend = Tokenizer(models.WordPiece({w: n for n, w in enumerate(SPECIAL + words)}, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=draw(st.booleans()), strip_accents=draw(st.booleans()))
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends, second = [("[CLS]", 2), ("[SEP]", 3)], draw(st.integers(0, 1))
    joined = f"[CLS] $A [SEP] $B:{second} [SEP]:{second}"
    backend.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair=joined, special_tokens=ends)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="[PAD]",
        unk_token="[UNK]",
        truncation_side=draw(st.sampled_from(["right", "left"])),
        padding_side=draw(st.sampled_from(["right", "left"])),
        model_input_names=["input_ids", "attention_mask", "token_type_ids"][: draw(st.integers(1, 3))],
    )
    tokenizer.add_tokens(draw(st.lists(st.sampled_from(["films", "was good"]), unique=True)))
    return tokenizer


@settings(max_examples=60)
@given(st.lists(tokenizers(), min_size=2, max_size=3), st.integers(5, 9), st.sampled_from([PAIR, SINGLE]))
def test_cached_rows_are_those_that_the_tokenizer_gives(own_cache, several, length, task):
    rows = datasets.Dataset.from_dict(dict.fromkeys(task.columns, TEXTS) | {"label": [0, 1, 1]})
    for tokenizer in several:
        cached = tokenize(rows, task, tokenizer, length)
        direct = tokenizer(*(TEXTS for _ in task.columns), truncation=True, max_length=length)
        assert set(cached.column_names) == {*direct, "labels"}
        assert {name: cached[name][:] for name in direct} == dict(direct)
        assert tokenize(rows, task, tokenizer, length).to_list() == cached.to_list()


def test_a_tokenizer_that_has_cut_and_padded_rows_is_the_same_tokenizer(tmp_path):
    tokenizer = BertTokenizer(vocab={word: place for place, word in enumerate(SPECIAL + WORDS)})
    before = tokenizer_key(tokenizer)
    tokenizer(TEXTS, truncation=True, max_length=6, padding="max_length")
    assert tokenizer_key(tokenizer) == before
    tokenizer.save_pretrained(tmp_path)
    assert tokenizer_key(BertTokenizer.from_pretrained(tmp_path)) == before


def test_rows_are_made_once_and_a_broken_file_is_made_again(own_cache):
    made = []

    def make() -> datasets.Dataset:
        made.append(1)
        label = datasets.ClassLabel(names=["no", "yes"])
        features = datasets.Features({"text": datasets.Value("string"), "label": label})
        return datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features=features)

    first, second = (shared_rows("tried", "k" * 40, make) for _ in range(2))
    assert len(made) == 1 and first.to_list() == second.to_list() == make().to_list()
    assert first.features["label"].names == ["no", "yes"]
    (path,) = (own_cache / "tried").glob("*.parquet")
    content = bytearray(path.read_bytes())
    content[8] ^= 1
    path.write_bytes(content)
    before = len(made)
    assert shared_rows("tried", "k" * 40, make).to_list() == first.to_list() and len(made) == before + 1
