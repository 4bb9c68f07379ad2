"""Exported models answer as the artifacts do."""

import json

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.experiments.run import run
from compressions.measurements.exported import EXPORTED_FILE
from compressions.measurements.onnx_scores import main
from compressions.methods.quantization import Int8Linear
from compressions.storage import artifact
from compressions.storage.onnx import OPSET, ExportedModel, session, to_onnx
from compressions.storage.onnx_int4 import store_as_int4
from compressions.training.choices import GRANULARITIES
from tests import small
from tests.storage.test_artifact import ENCODER, METHODS, finished_model, tokens
from tests.storage.test_artifact_bits import TOKENS as FEW_BITS_TOKENS
from tests.storage.test_artifact_bits import trained

# A token's number, mask and segment.
TOKEN = st.tuples(st.integers(5, ENCODER.size.vocabulary - 1), st.booleans(), st.booleans())


def asked(model: torch.nn.Module, rows: int = 5, length: int = 12) -> torch.Tensor:
    """Logits of pairs of texts, of which every other row is padded."""
    ids = tokens()[:rows, :length]
    mask, segments = torch.ones_like(ids), torch.zeros_like(ids)
    segments[:, length // 2 :] = 1
    mask[1::2, length - length // 3 :] = 0
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=mask, token_type_ids=segments).logits


@METHODS
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_an_exported_model_answers_as_the_model_did(methods, granularity):
    model = finished_model(methods, granularity)
    before = asked(model)
    exported = ExportedModel(session(to_onnx(model)))
    for rows, length in ((5, 12), (5, 3), (1, 12), (1, 1), (32, 7)):
        found, wanted = asked(exported, rows, length), asked(model, rows, length)
        assert torch.allclose(found, wanted, atol=0.02 if "qat" in methods else 1e-5)
    assert torch.equal(asked(model), before)


@pytest.fixture(scope="module")
def plain():
    """An fp32 model and its export."""
    model = finished_model(())
    return model, ExportedModel(session(to_onnx(model)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(TOKEN, min_size=1, max_size=9)))
def test_tokens_that_are_masked_wherever_they_are_change_no_answer(plain, rows):
    """The first token of a row, `[CLS]`, is never masked."""
    model, exported = plain
    for row in rows:
        ids, seen, segments = (torch.tensor([column]).long() for column in zip(*row, strict=True))
        seen[:, 0] = 1
        rest = {"attention_mask": seen, "token_type_ids": segments}
        others = torch.where(seen == 1, ids, 5)
        with torch.no_grad():
            wanted = model(input_ids=ids, **rest).logits
            assert torch.allclose(exported(input_ids=ids, **rest).logits, wanted, atol=1e-5)
            assert torch.allclose(exported(input_ids=others, **rest).logits, wanted, atol=1e-5)


def test_an_exported_int8_model_holds_int8_weights_and_multiplies_in_int8():
    graph = onnx.load_from_string(to_onnx(finished_model(("qat", "mp")))).graph
    assert sum(node.op_type == "MatMulIntegerToFloat" for node in graph.node) == 6 * 2 + 2
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert sum(kind == onnx.TensorProto.INT8 for kind in kinds.values()) >= 6 * 2 + 2 + 3


def test_what_query_key_and_value_read_is_quantized_once_if_their_scales_agree():
    model = finished_model(("qat",))

    def quantizations() -> int:
        graph = onnx.load_from_string(to_onnx(model)).graph
        return sum(node.op_type == "QuantizeLinear" for node in graph.node)

    assert quantizations() == 4 * 2 + 2
    model.bert.encoder.layer[1].attention.self.key.input_scale *= 1.5
    assert quantizations() == 4 * 2 + 2 + 2
    assert torch.allclose(asked(ExportedModel(session(to_onnx(model)))), asked(model), atol=0.02)


@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("bits", [4, 3, 2])
def test_weights_of_few_bits_are_exported_as_int4_and_answer_alike(bits, granularity):
    """The same products of the same integers as with int8 weights: answers are equal to the last bit."""
    model = artifact.finish(trained(bits, 0.6, granularity), granularity, bits)
    content = to_onnx(model)
    del model.config.weight_bits
    whole = ExportedModel(session(to_onnx(model)))
    for rows, length in ((8, 7), (1, 3)):
        asked = {"input_ids": FEW_BITS_TOKENS[:rows, :length]}
        asked |= {"attention_mask": torch.ones_like(asked["input_ids"])}
        asked |= {"token_type_ids": torch.zeros_like(asked["input_ids"])}
        found = ExportedModel(session(content))(**asked).logits
        with torch.no_grad():
            assert torch.allclose(found, model(**asked).logits, atol=1e-4)
        assert torch.equal(found, whole(**asked).logits)
    graph = onnx.load_from_string(content).graph
    stored = sum(np.prod(each.dims) for each in graph.initializer if each.name.endswith("_pairs"))
    layers = 2 * (4 * 20 * 20 + 2 * 44 * 20) + 20 * 20 + 3 * 20
    assert 2 * stored == layers + (60 + 512 + 2) * 20  # every weight of a layer and of an embedding


@settings(max_examples=50)
@given(rows=st.integers(1, 5), columns=st.integers(1, 9), seed=st.integers(0, 99))
def test_int4_weights_are_those_that_were_stored(rows, columns, seed):
    """The sizes include odd numbers of weights, where the last byte is half empty."""
    weight = np.random.default_rng(seed).integers(-8, 8, (rows, columns)).astype(np.int8)
    output = helper.make_tensor_value_info("out", onnx.TensorProto.INT8, (rows, columns))
    node = helper.make_node("Identity", ["weight"], ["out"])
    graph = helper.make_graph([node], "one", [], [output], [numpy_helper.from_array(weight, "weight")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    store_as_int4(model)
    [stored] = model.graph.initializer
    assert stored.dims[0] == -(-rows * columns // 2)
    assert (session(model.SerializeToString()).run(None, {})[0] == weight).all()


def test_activations_beyond_their_range_are_clamped_on_both_sides():
    model = finished_model(("qat",))
    for layer in model.modules():
        if isinstance(layer, Int8Linear):
            layer.input_scale /= 1000  # nearly all activations are beyond: -128 for -127 would change every product
    assert torch.allclose(asked(ExportedModel(session(to_onnx(model)))), asked(model), rtol=1e-4, atol=1e-6)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The path of the record of a quick experiment, with its artifact."""
    folder = tmp_path_factory.mktemp("exported")
    experiment = Experiment(**small.quick(folder, task="mrpc", train_rows=160))
    configuration = Configuration(("qat", "mp"), 0.6)
    run(experiment, [configuration])
    return experiment.record_path(configuration)


@pytest.mark.slow
def test_a_whole_folder_is_checked_in_onnx_runtime(monkeypatch, capsys, record):
    results = record.parents[2]
    monkeypatch.chdir(results.parent)
    monkeypatch.setenv("GLUE", small.glue())
    main(str(results))
    line = dict(zip(*[row.split(",") for row in (results / EXPORTED_FILE).read_text().split()], strict=True))
    assert "1 models are measured; 0 could not be" in capsys.readouterr().out
    assert float(line["score"]) == json.loads(record.read_text())["score"] and int(line["differing"]) < 5
