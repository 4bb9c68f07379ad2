"""A compressed model in plain fp32: the same weights, in layers that Transformers knows."""

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from compressions.storage import artifact
from compressions.storage.plain import plain_model
from tests.storage.test_artifact import METHODS, finished_model, tokens
from tests.storage.test_artifact_bits import TOKENS, trained


@METHODS
@torch.inference_mode()
def test_transformers_reads_it_and_answers_nearly_alike(tmp_path, methods):
    with torch.inference_mode(False):
        model = finished_model(methods)
    plain_model(model).save_pretrained(tmp_path)
    found, wanted = (
        AutoModelForSequenceClassification.from_pretrained(tmp_path)(tokens()).logits,
        model(tokens()).logits,
    )
    if "qat" in methods:  # its activations are quantized
        torch.testing.assert_close(found, wanted, rtol=0.1, atol=0.1)
    else:
        assert torch.equal(found, wanted)


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_its_weights_are_the_integers_times_their_scales(bits):
    trained_model = trained(bits, 0.6)
    used = trained_model.bert.encoder.layer[1].output.dense.weight.detach().clone()
    model = artifact.finish(trained_model, "channel", bits)
    plain = plain_model(model)
    weight = plain.bert.encoder.layer[1].output.dense.weight
    torch.testing.assert_close(weight, used, rtol=1e-6, atol=0)
    assert (weight == 0).float().mean() >= 0.59 and not hasattr(plain.config, "weight_bits")
    with torch.no_grad():
        torch.testing.assert_close(plain(TOKENS).logits, model(TOKENS).logits, rtol=0.1, atol=0.1)
