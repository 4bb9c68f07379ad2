"""Compressed models as files: what is saved is what is loaded, and nothing else is."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from compressions.data.tasks import TASKS
from compressions.errors import BadInput
from compressions.files import file_fingerprint
from compressions.methods import pruning, quantization
from compressions.models import checkpoints, sources
from compressions.storage import artifact
from compressions.storage.manifest import MANIFEST, WEIGHTS
from compressions.training.choices import GRANULARITIES
from tests import small

ENCODER = sources.encoder("narrow", small.encoders())
METHODS = pytest.mark.parametrize("methods", [(), ("qat",), ("mp",), ("qat", "mp")], ids=["base", "qat", "mp", "both"])


def finished_model(methods=("qat", "mp"), granularity="channel") -> torch.nn.Module:
    torch.manual_seed(0)
    model = checkpoints.load_model(ENCODER, TASKS["mnli"])
    if "mp" in methods:
        pruning.prune(model)
        pruning.set_sparsity(model, 0.6)
    if "qat" in methods:
        quantization.prepare_qat(model, granularity)
    model.train()(tokens())
    return artifact.finish(model, granularity if "qat" in methods else None)


def tokens() -> torch.Tensor:
    return torch.randint(5, ENCODER.size.vocabulary, (32, 12), generator=torch.Generator().manual_seed(1))


def save(folder, **options) -> torch.nn.Module:
    model = finished_model(**options)
    artifact.save_artifact(model, checkpoints.load_tokenizer(ENCODER), folder)
    return model


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("artifacts") / "saved"
    save(folder)
    return folder


@METHODS
@pytest.mark.parametrize("granularity", GRANULARITIES)
@torch.inference_mode()
def test_the_loaded_model_is_the_saved_one_to_the_bit(tmp_path, methods, granularity):
    with torch.inference_mode(False):
        model = save(tmp_path / "it", methods=methods, granularity=granularity)
    loaded = artifact.load_artifact(tmp_path / "it")
    assert torch.equal(loaded(tokens()).logits, model(tokens()).logits)


def test_what_is_pruned_is_zero_to_the_bit(tmp_path):
    save(tmp_path / "it", methods=("mp",))
    weight = artifact.load_artifact(tmp_path / "it").bert.encoder.layer[0].output.dense.weight
    assert (weight == 0).float().mean() > 0.59 and not torch.signbit(weight[weight == 0]).any()


def test_a_quantized_artifact_holds_int8_and_scales_and_no_fake_quantizers(saved):
    with safe_open(saved / WEIGHTS, framework="pt") as file:
        kinds = {name: file.get_tensor(name).dtype for name in file.keys()}  # noqa: SIM118
    int8 = {name for name, kind in kinds.items() if kind == torch.int8}
    matrices = {name for name in kinds if name.endswith("weight") and "LayerNorm" not in name}
    assert int8 == matrices and len(int8) == 3 + 6 * ENCODER.size.layers + 1 + 1  # embeddings, layers, pooler, head
    assert all(f"{name}_scale" in kinds for name in int8)
    assert not [name for name in kinds if "parametrizations" in name or "peak" in name]


def test_pruned_weights_are_zeros_in_the_file(saved):
    with safe_open(saved / WEIGHTS, framework="pt") as file:
        query = file.get_tensor("bert.encoder.layer.0.attention.self.query.weight")
    assert int((query == 0).sum()) >= round(0.6 * query.numel())


def test_a_quantized_file_is_about_a_quarter(tmp_path):
    sizes = {}
    for methods in ((), ("qat",)):
        save(tmp_path / "it", methods=methods)
        with safe_open(tmp_path / "it" / WEIGHTS, framework="pt") as file:
            tensors = [file.get_tensor(name) for name in file.keys()]  # noqa: SIM118
        sizes[methods] = sum(t.numel() * t.element_size() for t in tensors if t.dim() == 2)
    assert sizes[("qat",)] * 4 == sizes[()]


@settings(max_examples=40)
@given(st.sampled_from([WEIGHTS, "config.json", "tokenizer.json"]), st.integers(0, 10**9), st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_refused(saved, name, place, bit):
    path = saved / name
    content = path.read_bytes()
    broken = bytearray(content)
    broken[place % len(content)] ^= 1 << bit
    path.write_bytes(broken)
    try:
        with pytest.raises(BadInput, match="checksum differs"):
            artifact.load_artifact(saved)
    finally:
        path.write_bytes(content)


def test_a_truncated_or_missing_file_is_refused(tmp_path):
    save(tmp_path / "it")
    weights = tmp_path / "it" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(BadInput, match="checksum differs"):
        artifact.load_artifact(tmp_path / "it")
    weights.unlink()
    with pytest.raises(BadInput, match="is not what was saved there"):
        artifact.load_artifact(tmp_path / "it")


def test_a_folder_that_is_no_artifact_is_refused(tmp_path):
    with pytest.raises(BadInput, match=f"{tmp_path} holds no artifact"):
        artifact.load_artifact(tmp_path)


def test_weights_of_another_architecture_are_refused(tmp_path):
    save(tmp_path / "it")
    path = tmp_path / "it" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"num_hidden_layers": 1}))
    manifest = tmp_path / "it" / MANIFEST
    checksums = json.loads(manifest.read_text()) | {"config.json": file_fingerprint(path)}
    manifest.write_text(json.dumps(checksums))
    with pytest.raises(BadInput, match="no artifact of this architecture"):
        artifact.load_artifact(tmp_path / "it")


def test_a_second_artifact_replaces_the_first_whole(tmp_path):
    save(tmp_path / "it", methods=())
    (tmp_path / "it" / "left over").touch()
    model = save(tmp_path / "it")
    assert not (tmp_path / "it" / "left over").exists()
    with torch.inference_mode():
        assert torch.equal(artifact.load_artifact(tmp_path / "it")(tokens()).logits, model(tokens()).logits)
    assert [path.name for path in tmp_path.iterdir()] == ["it"]
