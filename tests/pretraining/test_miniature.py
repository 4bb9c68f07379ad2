"""An encoder is made, killed, gone on with and refused as the miniatures chapter promises."""

import json
import os
import re
import shutil
import signal
import time
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from compressions.data.tasks import TASKS
from compressions.errors import BadInput
from compressions.files import file_fingerprint
from compressions.models import checkpoints, sources
from compressions.pretraining import run
from compressions.pretraining.miniature import PROVENANCE, Miniature, read_state
from compressions.pretraining.run import make
from tests.chapters import shown_by_chapter
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

TEACHER = str(ROOT / "checkpoints/tiny")


@pytest.fixture
def text(tmp_path):
    """Two hundred short sentences in a plain file."""
    file = tmp_path / "text.txt"
    file.write_text("".join(f"The keeper of house {i} saw {i * 7 % 50} birds by the river.\n" for i in range(200)))
    return file


@pytest.fixture
def wanted(tmp_path, text, monkeypatch):
    """What is made in these tests: one layer of width 64, in seven shards of forty sentences."""
    monkeypatch.setattr(run, "SENTENCES", 40)
    monkeypatch.setattr(run, "COUNTED", 200)
    return {
        "size": [1, 64, 1],
        "out": str(tmp_path / "out" / "narrow"),
        "teacher": TEACHER,
        "text": str(text),
        "tokens": 15000,
        "batch_size": 16,
        "passes": 1,
        "bfloat16": False,
    }


def weights(wanted: dict) -> dict[str, torch.Tensor]:
    return load_file(f"{wanted['out']}/model.safetensors")


def test_an_encoder_is_made_and_can_be_fine_tuned(wanted):
    seen = []
    provenance = make(Miniature(**wanted), lambda progress, done: seen.append(done))
    assert seen == sorted(seen) and seen[-1] >= 1 and provenance["tokens"] >= wanted["tokens"]
    losses = provenance["losses"]
    assert losses[-1]["states"] < losses[0]["states"]
    assert all(value.dtype == torch.float16 for value in weights(wanted).values())
    encoder = sources.folder_encoder(Path(wanted["out"]))
    model = checkpoints.load_model(encoder, TASKS["mnli"])
    assert model.dtype == torch.float32 and model.config.dtype == torch.float32
    assert checkpoints.load_tokenizer(encoder)("a river")["input_ids"][0] == 101


def test_provenance_says_what_it_was_made_from(wanted):
    make(Miniature(**wanted))
    provenance = json.loads((Path(wanted["out"]) / PROVENANCE).read_text())
    assert provenance["specification"]["teacher"]["name"] == "tiny"
    assert {"tokens", "pairs", "seconds", "commit", "machine", "packages", "losses"} <= provenance.keys()
    assert provenance["specification"]["text"] == file_fingerprint(Path(wanted["text"]))
    assert provenance["text"] == "text.txt" and str(ROOT) not in json.dumps(provenance)


def test_the_same_run_gives_the_same_encoder_and_another_seed_another(wanted, tmp_path):
    make(Miniature(**wanted))
    first = weights(wanted)
    again = wanted | {"out": str(tmp_path / "again")}
    make(Miniature(**again))
    other = wanted | {"out": str(tmp_path / "other"), "seed": 1}
    make(Miniature(**other))
    assert all(torch.equal(first[name], value) for name, value in weights(again).items())
    assert any(not torch.equal(first[name], value) for name, value in weights(other).items())


def steps_in(state) -> int:
    """How many steps a checkpoint holds; each shard of eighty texts has five of them."""
    if not state.exists():
        return 0
    position = read_state(state)["position"]
    return 5 * position["shards"] + position["steps"]


def test_a_run_killed_with_its_process_goes_on_and_ends_the_same(wanted, tmp_path, monkeypatch):
    whole = wanted | {"out": str(tmp_path / "whole")}
    make(Miniature(**whole))
    monkeypatch.setattr(run, "CHECKPOINT_SECONDS", 0)
    state = Miniature(**wanted).state_file
    for more in (1, 3):
        slowly, before = (Miniature(**wanted), lambda *_: time.sleep(0.05)), steps_in(state)
        process = get_context("fork").Process(target=make, args=slowly)
        process.start()
        while process.is_alive() and steps_in(state) < before + more:
            time.sleep(0.01)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL and not os.path.exists(wanted["out"])
    provenance = make(Miniature(**wanted))
    assert len(provenance["resumed_at"]) == 2 and not state.exists()
    assert all(torch.equal(value, weights(whole)[name]) for name, value in weights(wanted).items())


def test_a_finished_run_is_not_made_again(wanted):
    made = make(Miniature(**wanted))
    assert make(Miniature(**wanted), lambda *_: pytest.fail("trained again")) == made


@pytest.mark.parametrize(
    "change, line",
    [
        ({"size": [1, 64, 3]}, "3 heads do not divide a width of 64"),
        ({"size": "huge"}, "unknown size 'huge'; allowed: tiny, mini, small, medium, base, large"),
        ({"size": [1, 64]}, "list of layers, width and heads"),
        ({"out": "checkpoints/base"}, "a checkpoint called base has (12, 768, 12)"),
        ({"teacher": "nowhere"}, "teacher 'nowhere' is no such checkpoint; allowed: sentence-transformers/all-MiniLM"),
        ({"text": "nowhere"}, "text 'nowhere' is no such file; allowed: wikimedia/wikipedia"),
        ({"batch_size": 201}, "has 200 sentences, fewer than a batch of 201"),
        ({"batch_size": 0}, "batch_size 0 is not allowed"),
        ({"tokens": None}, "tokens and minutes are both null"),
        ({"minutes": -1}, "minutes -1 is not allowed"),
        ({"learning_rate": 0}, "learning_rate 0 is not allowed"),
        ({"seed": -1}, "seed -1 is not allowed"),
        ({"text": None}, "text None is not allowed; take a text"),
        ({"out": True}, "out True is not allowed; take a text"),
    ],
)
def test_a_wrong_value_is_named_before_any_work(wanted, change, line):
    with pytest.raises(BadInput, match=re.escape(line)):
        Miniature(**wanted | change)
    assert not os.path.exists(wanted["out"])


def test_a_teacher_with_another_vocabulary_is_refused(wanted, tmp_path):
    foreign = tmp_path / "foreign"
    encoder = sources.folder_encoder(ROOT / "checkpoints/tiny")
    checkpoints.load_encoder(encoder).save_pretrained(foreign)
    tokenizer = checkpoints.load_tokenizer(encoder)
    tokenizer.add_tokens(["anotherword"])
    tokenizer.save_pretrained(foreign)
    with pytest.raises(BadInput, match="its tokenizer has 30523 tokens, its embeddings 30522"):
        Miniature(**wanted | {"teacher": str(foreign)})


def test_a_teacher_that_numbers_the_word_pieces_otherwise_is_refused(wanted, tmp_path):
    foreign = tmp_path / "foreign"
    shutil.copytree(ROOT / "checkpoints/tiny", foreign)
    tokenizer = json.loads((foreign / "tokenizer.json").read_text())
    pieces = tokenizer["model"]["vocab"]
    pieces["the"], pieces["of"] = pieces["of"], pieces["the"]
    (foreign / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(BadInput, match="has another vocabulary .30522 word pieces.; needed: BERT's uncased 30522"):
        Miniature(**wanted | {"teacher": str(foreign)})


def test_an_out_with_anything_else_is_left_alone(wanted, tmp_path):
    make(Miniature(**wanted))
    before = weights(wanted)
    for change, line in (
        ({"seed": 1}, "was made with seed 0, not 1; take another out"),
        ({"resume": False}, "holds a run; set resume"),
    ):
        with pytest.raises(BadInput, match=line):
            Miniature(**wanted | change)
    assert all(torch.equal(before[name], value) for name, value in weights(wanted).items())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(BadInput, match="is not an empty folder; take another"):
        Miniature(**wanted | {"out": str(tmp_path / "mine")})


def test_an_out_that_is_a_file_or_of_another_kind_is_refused(wanted, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput, match="is not an empty folder"):
        Miniature(**wanted | {"out": str(tmp_path / "file")})
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / PROVENANCE).write_text("[]")
    with pytest.raises(BadInput, match="is not the provenance of a miniature"):
        Miniature(**wanted | {"out": str(tmp_path / "theirs")})


def test_two_processes_do_not_make_one_folder(wanted):
    with pytest.raises(BadInput, match="is being made by another process"):
        make(Miniature(**wanted), lambda *_: make(Miniature(**wanted)))


def test_a_budget_of_minutes_ends_the_run(wanted):
    provenance = make(Miniature(**wanted | {"tokens": None, "minutes": 0.02}))
    assert 1.2 <= provenance["seconds"] < 30


def test_a_batch_may_be_larger_than_a_shard(wanted):
    provenance = make(Miniature(**wanted | {"batch_size": 100, "tokens": 5000}))
    assert provenance["tokens"] >= 5000


def test_a_broken_checkpoint_is_named(wanted):
    miniature = Miniature(**wanted)
    miniature.state_file.parent.mkdir(parents=True)
    miniature.state_file.write_bytes(b"no tensors")
    with pytest.raises(BadInput, match="checkpoint .*narrow.training.safetensors cannot be read"):
        Miniature(**wanted)


def test_the_bundled_encoders_say_where_they_come_from_and_have_the_papers_shapes():
    for name in ("tiny", "mini"):
        encoder = sources.encoder(name, "bundled")
        provenance = json.loads((encoder.folder / PROVENANCE).read_text())
        shape = [encoder.size.layers, encoder.size.hidden, encoder.size.heads]
        assert provenance["specification"]["layers, width and heads"] == shape
        assert re.fullmatch("[0-9a-f]{40}(-dirty)?", provenance["commit"])


def test_the_committed_baselines_stand_on_the_bundled_encoders():
    records = [json.loads(file.read_text()) for file in (ROOT / "results/glue").glob("*/*/base-seed*.json")]
    pins = {record["specification"]["size"]: record["specification"]["encoder"]["pin"] for record in records}
    assert "tiny" in pins
    for name in {"tiny", "mini"} & pins.keys():
        assert pins[name] == sources.identity(sources.encoder(name, "bundled"))["pin"]


def test_the_chapter_makes_an_encoder_of_any_shape(wanted):
    names = ("size", "out", "teacher", "text", "tokens", "batch_size")
    shown = shown_by_chapter("miniatures", **{name: wanted[name] for name in names})
    assert (Path(wanted["out"]) / "model.safetensors").is_file()
    assert any("M tokens" in output.data.get("text/plain", "") for output in shown.outputs)
