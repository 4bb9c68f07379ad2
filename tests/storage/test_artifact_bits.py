"""Weights of fewer than eight bits: stored without gaps, loaded to the products that were trained."""

import pytest
import torch
from safetensors import safe_open
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from compressions.errors import BadInput
from compressions.methods import pruning, quantization
from compressions.storage import artifact
from compressions.storage.manifest import WEIGHTS

TOKENIZER = BertTokenizerFast(vocab={"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3})
TOKENS = torch.randint(0, 60, (8, 7), generator=torch.Generator().manual_seed(1))


def trained(bits: int, sparsity: float = 0.0, granularity: str = "channel") -> torch.nn.Module:
    torch.manual_seed(0)
    shape = {"hidden_size": 20, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 44}
    model = BertForSequenceClassification(BertConfig(vocab_size=60, num_labels=3, **shape))
    pruning.prune(model)
    pruning.set_sparsity(model, sparsity)
    quantization.prepare_qat(model, granularity, bits)
    model.train()(TOKENS)
    return model.eval()


@pytest.mark.parametrize("bits", [8, 4, 3, 2])
@torch.inference_mode()
def test_the_loaded_model_predicts_what_the_trained_one_did(tmp_path, bits):
    with torch.inference_mode(False):
        model = trained(bits, 0.8)
    expected = model(TOKENS).logits
    masked = pruning.count_masked(model)
    finished = artifact.finish(model, "channel", bits)
    artifact.save_artifact(finished, TOKENIZER, tmp_path / "it")
    loaded = artifact.load_artifact(tmp_path / "it")
    assert torch.equal(loaded(TOKENS).logits, finished(TOKENS).logits)
    torch.testing.assert_close(loaded(TOKENS).logits, expected, rtol=1e-4, atol=1e-4)
    counts = artifact.count(loaded)
    assert counts.bits == bits and counts.zeros >= masked
    packed = artifact.load_packed(artifact.pack_artifact(tmp_path / "it"))
    assert torch.equal(packed(TOKENS).logits, finished(TOKENS).logits)


def test_four_bits_take_half_of_eight_on_the_disk(tmp_path):
    sizes = {}
    for bits in (8, 4):
        artifact.save_artifact(artifact.finish(trained(bits), "channel", bits), TOKENIZER, tmp_path / str(bits))
        with safe_open(tmp_path / str(bits) / WEIGHTS, framework="pt") as file:
            names = [name for name in file.keys() if f"{name}_scale" in file.keys()]  # noqa: SIM118
            sizes[bits] = sum(file.get_tensor(name).nbytes for name in names)
    assert sizes[4] == sizes[8] / 2


def test_a_stored_weight_of_another_shape_is_refused(tmp_path):
    artifact.save_artifact(artifact.finish(trained(4), "channel", 4), TOKENIZER, tmp_path / "it")
    config = (tmp_path / "it" / "config.json").read_text().replace('"hidden_size": 20', '"hidden_size": 40')
    (tmp_path / "it" / "config.json").write_text(config)
    with pytest.raises(BadInput, match="checksum differs"):
        artifact.load_artifact(tmp_path / "it")
