"""Encoders from folders, and those that are refused."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizerFast, set_seed

from compressions.data.tasks import TASKS
from compressions.errors import BadInput
from compressions.methods import quantization
from compressions.models import checkpoints, sources
from compressions.storage import artifact
from tests import small
from tests.hub import Trap


def write_encoder(folder, layers=2, hidden=128, heads=2):
    """A Transformers directory of a random BERT with a small vocabulary, in half precision."""
    small.write_encoder(folder, [*small.SPECIAL, "a", "b", "c", "d"], layers, hidden, heads)
    BertModel.from_pretrained(folder).half().save_pretrained(folder)


@pytest.fixture
def folder(tmp_path):
    write_encoder(tmp_path / "tiny")
    write_encoder(tmp_path / "other", layers=1, hidden=16)
    return tmp_path


def test_a_folder_offers_what_it_holds_under_the_folders_names(folder):
    assert sources.names(str(folder)) == ["other", "tiny"]
    assert sources.encoder("other", str(folder)).size.hidden == 16
    assert sources.largest(str(folder)).name == "tiny"


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
    with pytest.raises(BadInput, match="describes no BERT encoder .*num_hidden_layers"):
        sources.encoder("tiny", str(folder))
    assert sources.encoder("other", str(folder)).name == "other"


def test_weights_that_are_not_whole_are_refused(folder):
    path = folder / "other" / "model.safetensors"
    content, encoder = path.read_bytes(), sources.encoder("other", str(folder))
    tensors = load_file(path)
    save_file({name: tensor for name, tensor in tensors.items() if "query" not in name}, path, {"format": "pt"})
    with pytest.raises(BadInput, match="has no weights for .*query"):
        checkpoints.load_model(encoder, TASKS["rte"])
    with pytest.raises(BadInput, match="has no weights for .*query"):
        checkpoints.check(encoder)
    save_file({name: tensor[:5].clone() for name, tensor in tensors.items()}, path, {"format": "pt"})
    with pytest.raises(BadInput, match="'other' cannot be loaded from"):
        checkpoints.load_model(encoder, TASKS["rte"])
    path.write_bytes(content[: len(content) // 2])
    for read in (checkpoints.check, lambda each: checkpoints.load_model(each, TASKS["rte"])):
        with pytest.raises(BadInput, match="model.safetensors cannot be read"):
            read(encoder)


def test_identities_change_with_the_weights_and_with_the_tokenizer(folder):
    seen = {sources.identity(sources.encoder("tiny", str(folder)))["pin"]}
    for name in ("tokenizer.json", "model.safetensors", "config.json"):
        path = folder / "tiny" / name
        path.write_bytes(path.read_bytes() + b" ")
        seen.add(sources.identity(sources.encoder("tiny", str(folder)))["pin"])
    assert len(seen) == 4


def test_hub_encoders_are_named_and_pinned():
    identities = {name: sources.identity(sources.encoder(name, "hub")) for name in sources.names("hub")}
    assert identities["tiny"]["name"] == "google/bert_uncased_L-2_H-128_A-2"
    assert len(identities["large"]["pin"]) == 40


# What a user's folder may hold: read right, or refused in one line before anything is trained.


@pytest.fixture
def own(tmp_path):
    """A small encoder's folder, to spoil."""
    write_encoder(tmp_path / "own", layers=1, hidden=16)
    return tmp_path / "own"


def tensors_of(folder) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def loaded(folder) -> BertModel:
    encoder = sources.folder_encoder(folder)
    checkpoints.check(encoder)
    return checkpoints.load_model(encoder, TASKS["rte"]).bert


def in_shards(folder) -> None:
    tensors, places = tensors_of(folder), {}
    for place, name in enumerate(tensors):
        places[name] = f"model-{place % 2}.safetensors"
    for file in set(places.values()):
        save_file({name: tensors[name] for name in tensors if places[name] == file}, folder / file, {"format": "pt"})
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    (folder / "model.safetensors").unlink()


def in_bin(folder, **how) -> None:
    torch.save(tensors_of(folder), folder / "pytorch_model.bin", **how)
    (folder / "model.safetensors").unlink()


def in_bin_with_prefix_and_heads(folder) -> None:
    tensors = {f"bert.{name}": tensor for name, tensor in tensors_of(folder).items()}
    torch.save(tensors | {"classifier.weight": torch.ones(7, 16)}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def with_old_positions(folder) -> None:
    more = {"embeddings.position_ids": torch.arange(512)[None]}
    save_file(tensors_of(folder) | more, folder / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize(
    "written",
    [
        in_shards,
        in_bin,
        lambda folder: in_bin(folder, _use_new_zipfile_serialization=False),
        in_bin_with_prefix_and_heads,
        with_old_positions,
    ],
    ids=["shards", "bin", "bin of the oldest format", "bin of a classifier", "positions as a tensor"],
)
def test_weights_are_read_however_they_were_saved(own, written):
    wanted = {name: tensor.float() for name, tensor in tensors_of(own).items()}
    before = sources.identity(sources.folder_encoder(own))["pin"]
    written(own)
    found = loaded(own).state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in wanted.items())
    assert sources.identity(sources.folder_encoder(own))["pin"] != before


def configured(**fields):
    def spoil(folder) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    return spoil


def pointer(name: str):
    words = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"
    return lambda folder: (folder / name).write_text(words)


def changed(name: str, change):
    def spoil(folder) -> None:
        tensors = tensors_of(folder)
        save_file(tensors | {name: change(tensors[name])}, folder / "model.safetensors", {"format": "pt"})

    return spoil


def without_a_shard(folder) -> None:
    in_shards(folder)
    (folder / "model-1.safetensors").unlink()


def shard_elsewhere(folder) -> None:
    in_shards(folder)
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"w": "../other/model.safetensors"}})
    )


def with_code(folder) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"trap": Trap()}, folder / "pytorch_model.bin")


def of_a_whole_run(folder) -> None:
    torch.save({"state_dict": tensors_of(folder), "epoch": 3}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def with_more_tokens(folder) -> None:
    tokenizer = BertTokenizerFast.from_pretrained(folder)
    tokenizer.add_tokens([f"new{number}" for number in range(40)])
    tokenizer.save_pretrained(folder)


def without_padding(folder) -> None:
    backend = BertTokenizerFast.from_pretrained(folder).backend_tokenizer
    backend.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "TokenizersBackend"}))


WORDS = "embeddings.word_embeddings.weight"
REFUSED = {
    "pointer for the weights": (pointer("model.safetensors"), "model.safetensors is a Git LFS pointer"),
    "pointer for the configuration": (pointer("config.json"), "config.json is a Git LFS pointer"),
    "pointer for the tokenizer": (pointer("tokenizer.json"), "tokenizer.json is a Git LFS pointer"),
    "empty weights": (lambda folder: (folder / "model.safetensors").write_bytes(b""), "model.safetensors is empty"),
    "no safetensors": (lambda folder: (folder / "model.safetensors").write_bytes(b"x" * 99), "cannot be read"),
    "a shard is missing": (without_a_shard, "has no model-1.safetensors, which model.safetensors.index.json names"),
    "a shard elsewhere": (shard_elsewhere, "names the file '../other/model.safetensors' outside its folder"),
    "code": (with_code, "pytorch_model.bin holds more than tensors, which could be code"),
    "no state_dict": (of_a_whole_run, "holds something else than a model's tensors"),
    "int8 without scales": (changed(WORDS, lambda each: each.to(torch.int8)), "is int8, not floating, and has no"),
    "float8": (changed(WORDS, lambda each: each.to(torch.float8_e4m3fn)), "is float8_e4m3fn, not floating"),
    "not finite": (changed(WORDS, lambda each: each * float("nan")), f"numbers in {WORDS} that are not finite"),
    "more tokens": (with_more_tokens, "its tokenizer has 49 tokens, its embeddings 9"),
    "no padding": (without_padding, "its tokenizer has no token to pad with"),
    "another width": (configured(intermediate_size=32), r"intermediate.* is \(64,\), its configuration says \(32,\)"),
    "another architecture": (configured(model_type="roberta"), "unknown model_type in .* 'roberta'; allowed: bert"),
    "a decoder": (configured(is_decoder=True), "own has a decoder"),
    "code of its own": (configured(auto_map={"AutoModel": "x.Y"}), "own has code of its own"),
    "quantized": (configured(quantization_config={"bits": 4}), "own has weights quantized by another library"),
    "relative positions": (configured(position_embedding_type="relative_key"), "own has relative positions"),
    "a list": (lambda folder: (folder / "config.json").write_text("[]"), "config.json holds no configuration"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_folder_that_cannot_be_used_is_refused_in_one_line(own, name):
    spoil, line = REFUSED[name]
    spoil(own)
    with pytest.raises(BadInput, match=line) as error:
        checkpoints.check(sources.folder_encoder(own))
    assert "\n" not in str(error.value) and not Trap.folder.exists()


@pytest.mark.parametrize("granularity", ["channel", "tensor"])
def test_an_int8_artifact_is_read_back_by_its_scales(own, tmp_path, granularity):
    model = checkpoints.load_model(sources.folder_encoder(own), TASKS["rte"])
    before = {name: tensor.clone() for name, tensor in model.bert.state_dict().items()}
    quantization.prepare_qat(model, granularity)
    artifact.finish(model, granularity)
    artifact.save_artifact(model, checkpoints.load_tokenizer(sources.folder_encoder(own)), tmp_path / "qat")
    found = loaded(tmp_path / "qat").state_dict()
    assert found.keys() == before.keys()
    for name, tensor in before.items():
        assert (found[name] - tensor).abs().max() <= 0.51 * tensor.abs().max() / 127


@pytest.mark.parametrize("labels", [2, 3])
def test_a_head_is_drawn_by_the_seed_whatever_head_was_saved(own, labels):
    names = {number: f"label {number}" for number in range(labels)}
    config = BertConfig.from_pretrained(own, id2label=names, problem_type="multi_label_classification")
    BertForSequenceClassification(config).save_pretrained(own)
    heads = []
    for seed in (0, 1, 0):
        set_seed(seed)
        model = checkpoints.load_model(sources.folder_encoder(own), TASKS["rte"])
        heads.append(model.classifier.weight.detach())
    assert torch.equal(heads[0], heads[2]) and not torch.equal(heads[0], heads[1])
    assert model.config.id2label == dict(enumerate(TASKS["rte"].labels)) and model.config.problem_type is None


def test_shapes_are_the_configurations(tmp_path):
    config = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = BertModel(BertConfig(**config, intermediate_size=24, type_vocab_size=1, max_position_embeddings=32))
    write_encoder(tmp_path / "own")
    model.save_pretrained(tmp_path / "own")
    size = sources.folder_encoder(tmp_path / "own").size
    assert size.parameters == sum(tensor.numel() for tensor in model.parameters())
    assert size.linear_weights == sum(tensor.numel() for tensor in model.parameters() if tensor.dim() == 2) - 73 * 16
    again = BertModel(checkpoints.bert_config(size))
    assert [tensor.shape for tensor in again.parameters()] == [tensor.shape for tensor in model.parameters()]


# Tokenizers


def with_words(folder, words: list[str]) -> None:
    """Only a vocabulary, of which the model knows every word."""
    for path in folder.glob("tokenizer*"):
        path.unlink()
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]) + "\n")


def kept_by_an_artifact(folder, place):
    """The tokenizer of a folder's encoder, and the one that an artifact of it is read with."""
    tokenizer = checkpoints.load_tokenizer(sources.folder_encoder(folder))
    tokenizer.save_pretrained(place)
    shutil.copy(folder / "config.json", place)
    return tokenizer, checkpoints.load_tokenizer(
        sources.EncoderSource(sources.folder_encoder(folder).size, "folder", place)
    )


@pytest.mark.parametrize(
    "words, settings, tokens",
    [
        (["film", "the"], None, ["the", "film"]),
        (["Film", "The", "film"], None, ["The", "Film"]),
        (["film", "the"], {"do_lower_case": False}, ["[UNK]", "[UNK]"]),
        (["Film", "film"], {"do_lower_case": True}, ["[UNK]", "film"]),
    ],
    ids=["uncased", "cased", "said to be cased", "said to be uncased"],
)
def test_case_is_kept_as_a_vocabulary_or_what_is_beside_it_says(own, tmp_path, words, settings, tokens):
    with_words(own, words)
    if settings:
        (own / "tokenizer_config.json").write_text(json.dumps(settings))
    for tokenizer in kept_by_an_artifact(own, tmp_path / "kept"):
        assert tokenizer.tokenize("The Film") == tokens


@pytest.mark.parametrize(
    "lowers, settings, lowered",
    [
        (False, None, False),
        (True, None, True),
        (False, {"do_lower_case": True}, True),
        (True, {"strip_accents": False}, True),
    ],
)
def test_case_is_kept_as_the_tokenizers_own_file_says(own, tmp_path, lowers, settings, lowered):
    with_words(own, ["film", "Film", "é", "e"])
    BertTokenizerFast.from_pretrained(own, do_lower_case=lowers).backend_tokenizer.save(str(own / "tokenizer.json"))
    (own / "vocab.txt").unlink()
    if settings:
        (own / "tokenizer_config.json").write_text(json.dumps(settings))
    for tokenizer in kept_by_an_artifact(own, tmp_path / "kept"):
        accent = "é" if not lowered or (settings or {}).get("strip_accents") is False else "e"
        assert tokenizer.tokenize("Film é") == ["film" if lowered else "Film", accent]


def test_pairs_have_one_segment_where_the_model_has_one(own, tmp_path):
    config = BertConfig.from_pretrained(own, type_vocab_size=1)
    BertModel(config).save_pretrained(own)
    for tokenizer in kept_by_an_artifact(own, tmp_path / "kept"):
        row = tokenizer("a b", "c", return_tensors="pt")
        assert row["token_type_ids"].tolist() == [[0] * 6] and row["input_ids"].tolist() == [[2, 5, 6, 3, 7, 3]]
    checkpoints.load_model(sources.folder_encoder(own), TASKS["rte"])(**row)


# Folders of folders


def test_foreign_folders_beside_an_encoder_do_not_matter(folder):
    for name, content in {"roberta": '{"model_type": "roberta"}', "1_Pooling": "{}", "broken": "{"}.items():
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(content)
    assert sources.names(str(folder)) == ["other", "tiny"]
    assert sources.largest(str(folder)).name == "tiny"
    with pytest.raises(BadInput, match="unknown model_type in .*roberta.* 'roberta'; allowed: bert"):
        sources.encoder("roberta", str(folder))
    with pytest.raises(BadInput, match="broken/config.json cannot be read"):
        sources.encoder("broken", str(folder))


def test_an_encoders_own_folder_is_told_to_be_named_by_its_parent(folder):
    line = f"is one encoder's own folder; take checkpoints '{folder}' and size 'tiny'"
    with pytest.raises(BadInput, match=line):
        sources.encoder("tiny", str(folder / "tiny"))
