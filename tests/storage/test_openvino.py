"""Models in OpenVINO's format answer as the artifacts did, in OpenVINO's int8 kernels."""

import pytest
import torch

from compressions.storage import artifact
from compressions.storage.onnx import ExportedModel
from compressions.storage.openvino import BIN, OPTIONS, XML, openvino_session, to_openvino
from tests.storage.test_artifact import finished_model
from tests.storage.test_artifact_bits import trained
from tests.storage.test_onnx import asked

openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed: pip install -e '.[peers]'")


def exported(model: torch.nn.Module) -> ExportedModel:
    return ExportedModel(openvino_session(to_openvino(model)))


@pytest.mark.parametrize(
    "methods, granularity",
    [((), "channel"), (("qat",), "tensor"), (("qat", "mp"), "channel")],
    ids=["base", "qat", "both"],
)
def test_an_exported_model_answers_as_the_model_did(methods, granularity):
    model = finished_model(methods, granularity)
    before, session = asked(model), exported(model)
    for rows, length in ((5, 12), (5, 3), (1, 12), (1, 1)):
        wanted = asked(model, rows, length)
        assert torch.allclose(asked(session, rows, length), wanted, atol=0.02 if "qat" in methods else 1e-5)
    assert torch.equal(asked(model), before)


def test_weights_of_few_bits_are_stored_as_int8_and_answer_alike():
    model = artifact.finish(trained(4, 0.6, "channel"), "channel", 4)
    ids = torch.arange(5, 12)[None]
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    with torch.no_grad():
        assert torch.allclose(exported(model)(**given).logits, model(**given).logits, atol=0.02)


def test_products_are_int8_and_so_are_the_stored_weights():
    model = finished_model(("qat",))
    files = to_openvino(model)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(files[XML], files[BIN]), "CPU", OPTIONS)
    kinds = [
        (info["layerType"].value, info["runtimePrecision"].value)
        for info in (each.get_rt_info() for each in compiled.get_runtime_model().get_ops())
    ]
    assert kinds.count(("FullyConnected", "i8")) == 6 * 2 + 2
    weights = sum(tensor.numel() for tensor in model.state_dict().values())
    assert len(files[BIN]) < 1.5 * weights + 10_000
