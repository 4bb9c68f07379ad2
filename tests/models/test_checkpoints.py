"""Encoders from folders, and those that are refused."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertModel

from compressions.data.tasks import TASKS
from compressions.errors import BadInput
from compressions.models import checkpoints, sources, teacher
from tests import small


def write_encoder(folder, layers=2, hidden=128, heads=2):
    """A Transformers directory of a random BERT with a small vocabulary, in half precision."""
    small.write_encoder(folder, [*small.SPECIAL, "a", "b", "c"], layers, hidden, heads)
    BertModel.from_pretrained(folder).half().save_pretrained(folder)


@pytest.fixture
def folder(tmp_path):
    write_encoder(tmp_path / "tiny")
    write_encoder(tmp_path / "other", layers=1, hidden=16)
    return tmp_path


def test_a_folder_offers_what_it_holds_under_the_folders_names(folder):
    assert sources.names(str(folder)) == ["other", "tiny"]
    assert sources.encoder("other", str(folder)).size.hidden == 16
    assert sources.largest(str(folder)) == "tiny"


def test_a_half_precision_checkpoint_is_trained_in_full_precision(folder):
    model = checkpoints.load_model(sources.encoder("tiny", str(folder)), TASKS["mnli"])
    assert {tensor.dtype for tensor in model.parameters()} == {torch.float32}
    assert model.config.num_labels == 3


def test_an_unknown_size_is_told_what_there_is(folder):
    with pytest.raises(BadInput, match="unknown size in checkpoints .*'huge'; allowed: other, tiny"):
        sources.encoder("huge", str(folder))
    with pytest.raises(BadInput, match="'huge'; allowed: tiny, mini, small, medium, base, large"):
        sources.encoder("huge", "hub")


def test_a_folder_without_encoders_is_refused(tmp_path):
    with pytest.raises(BadInput, match="holds no encoder; allowed: bundled, hub, or a folder"):
        sources.names(str(tmp_path))


def test_a_checkpoint_of_another_shape_is_refused(tmp_path):
    write_encoder(tmp_path / "tiny", layers=3)
    with pytest.raises(BadInput, match=r"\(3, 128, 2\); a checkpoint called tiny has \(2, 128, 2\)"):
        sources.encoder("tiny", str(tmp_path))


def test_a_checkpoint_without_tokenizer_or_weights_is_refused(folder):
    (folder / "tiny" / "tokenizer.json").unlink()
    with pytest.raises(BadInput, match="tiny has no tokenizer; put tokenizer.json or vocab.txt there"):
        sources.encoder("tiny", str(folder))
    write_encoder(folder / "tiny")
    (folder / "tiny" / "model.safetensors").unlink()
    with pytest.raises(BadInput, match="tiny has no weights"):
        sources.encoder("tiny", str(folder))


def test_a_configuration_of_something_else_is_refused(folder):
    (folder / "tiny" / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(BadInput, match="unknown model_type in .*'gpt2'; allowed: bert"):
        sources.encoder("tiny", str(folder))
    (folder / "tiny" / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(BadInput, match="describes no BERT encoder"):
        sources.encoder("tiny", str(folder))
    assert sources.encoder("other", str(folder)).name == "other"


def test_weights_that_are_not_whole_are_refused(folder):
    path = folder / "other" / "model.safetensors"
    content, encoder = path.read_bytes(), sources.encoder("other", str(folder))
    tensors = load_file(path)
    save_file({name: tensor for name, tensor in tensors.items() if "query" not in name}, path, {"format": "pt"})
    with pytest.raises(BadInput, match="has no weights for .*query"):
        checkpoints.load_model(encoder, TASKS["rte"])
    save_file({name: tensor[:5].clone() for name, tensor in tensors.items()}, path, {"format": "pt"})
    with pytest.raises(BadInput, match="'other' cannot be loaded from"):
        checkpoints.load_model(encoder, TASKS["rte"])
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInput, match="'other' cannot be loaded from"):
        checkpoints.load_model(encoder, TASKS["rte"])


def test_identities_change_with_the_weights_and_with_the_tokenizer(folder):
    seen = {sources.identity(sources.encoder("tiny", str(folder)))["pin"]}
    for name in ("tokenizer.json", "model.safetensors", "config.json"):
        path = folder / "tiny" / name
        path.write_bytes(path.read_bytes() + b" ")
        seen.add(sources.identity(sources.encoder("tiny", str(folder)))["pin"])
    assert len(seen) == 4


def test_an_unknown_teacher_is_told_what_there_is(folder):
    assert teacher.find(None, str(folder)).name == "tiny"
    assert teacher.find(str(folder / "other"), "bundled").size.hidden == 16
    with pytest.raises(BadInput, match="unknown teacher 'gpt'; allowed: other, tiny, a folder with a checkpoint"):
        teacher.find("gpt", str(folder))


def test_without_a_name_the_teacher_is_the_largest_encoder_that_needs_no_hub():
    offered = [name for name in sources.names("bundled") if sources.encoder(name, "bundled").folder]
    assert teacher.find(None, "bundled").name == ("minilm" if "minilm" in offered else "mini")


def test_hub_encoders_are_named_and_pinned():
    identities = {name: sources.identity(sources.encoder(name, "hub")) for name in sources.names("hub")}
    assert identities["tiny"]["name"] == "google/bert_uncased_L-2_H-128_A-2"
    assert len(identities["large"]["pin"]) == 40
