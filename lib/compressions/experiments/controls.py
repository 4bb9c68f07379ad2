"""Controls that cost no training: the trained baseline quantized afterwards, pruned in one shot, or stored in fp16.

They say what *aware* training buys: each is what a user gets from a finished model in seconds.
"""

import copy

import datasets
import numpy as np
from torch import nn
from transformers import PreTrainedTokenizerBase

from compressions.experiments.prepared_data import PreparedData
from compressions.methods import pruning, quantization
from compressions.storage import artifact
from compressions.storage.size_measures import megabytes
from compressions.training import metrics, trainer

CALIBRATION_ROWS = 512
SHOT_SPARSITIES = (0.4, 0.6, 0.8, 0.9)


def controls(model: nn.Module, data: PreparedData, granularity: str) -> tuple[dict[str, dict], dict[str, np.ndarray]]:
    """Scores and megabytes of each control by name, and its predictions `(validation rows,)`.

    `model` is a trained baseline, which stays as it is. Names are `fp16`, `ptq` and `ptq4` (post-training
    quantization to 8 and 4 bits, activation ranges from 512 training rows), and `shot40`, …: pruned once, not trained
    again.
    """
    calibration = data.training_rows(False)
    calibration = calibration.select(range(min(CALIBRATION_ROWS, len(calibration))))
    found, predictions = {}, {}

    def measure(name: str, control: nn.Module, masked: int = 0) -> None:
        logits = trainer.predict(control, data.validation, data.tokenizer).numpy()
        predictions[name] = data.task.predictions(logits)
        counts = artifact.count(control)
        bits = 16 if name == "fp16" else counts.bits
        size = {"bits": bits, "megabytes": megabytes(counts.parameters - masked, bits)}
        found[name] = metrics.scores(data.task, data.labels, predictions[name]) | size

    measure("fp16", copy.deepcopy(model).half().float().eval())  # the values that fp16 holds, computed in fp32
    for name, bits in (("ptq", 8), ("ptq4", 4)):
        control = copy.deepcopy(model)
        quantization.prepare_qat(control, granularity, bits)
        _calibrate(control, calibration, data.tokenizer)
        measure(name, artifact.finish(control, granularity, bits))
    for sparsity in SHOT_SPARSITIES:
        control = copy.deepcopy(model)
        pruning.prune(control)
        pruning.set_sparsity(control, sparsity)
        masked = pruning.count_masked(control)
        measure(f"shot{100 * sparsity:g}", artifact.finish(control, None), masked)
    return found, predictions


def _calibrate(model: nn.Module, rows: datasets.Dataset, tokenizer: PreTrainedTokenizerBase) -> None:
    """Let the activation ranges follow what the model sees, without dropout and without a gradient."""
    ranges = [module for module in model.modules() if isinstance(module, quantization.ActivationRange)]
    for each in ranges:
        each.observing = True
    trainer.predict(model, rows, tokenizer)
    for each in ranges:
        each.observing = False
