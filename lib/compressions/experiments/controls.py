"""Controls that cost no training: the trained baseline quantized afterwards, pruned in one shot, or stored in fp16.

They say what *aware* training buys: each is what a user gets from a finished model in seconds.
"""

import copy
from collections.abc import Callable, Iterator

import datasets
import numpy as np
from torch import nn

from compressions.experiments.prepared_data import PreparedData
from compressions.methods import pruning, quantization
from compressions.storage import artifact
from compressions.storage.size_measures import megabytes
from compressions.training import metrics, trainer

CALIBRATION_ROWS = 512
SPARSITIES = (0.4, 0.6, 0.8, 0.9)


def controls(model: nn.Module, data: PreparedData, granularity: str) -> tuple[dict[str, dict], dict[str, np.ndarray]]:
    """Scores and megabytes of each control by name, and its predictions `(validation rows,)`.

    `model` is a trained baseline, which stays as it is. Names are `fp16`, `ptq` and `ptq4` (post-training
    quantization to 8 and 4 bits, activation ranges from 512 training rows), and `shot40`, …: pruned once, not trained
    again.
    """
    calibration = data.training_rows(False)
    calibration = calibration.select(range(min(CALIBRATION_ROWS, len(calibration))))
    found, predictions = {}, {}
    for name, make in _makers(calibration, data.tokenizer, granularity):
        control = copy.deepcopy(model).eval()
        masked = make(control)
        logits = trainer.predict(control, data.validation, data.tokenizer).numpy()
        predictions[name] = data.task.predictions(logits)
        counts = artifact.count(control)
        bits = 16 if name == "fp16" else counts.bits
        size = {"bits": bits, "megabytes": megabytes(counts.parameters - masked, bits)}
        found[name] = metrics.scores(data.task, data.labels, predictions[name]) | size
    return found, predictions


def _makers(rows: datasets.Dataset, tokenizer, granularity: str) -> Iterator[tuple[str, Callable[[nn.Module], int]]]:
    """Each control's name, and what changes a model in place and gives the number of weights that it pruned."""

    def to_half(model: nn.Module) -> int:
        model.half().float()  # the values that fp16 holds, computed in fp32 as on a CPU
        return 0

    def quantized(bits: int) -> Callable[[nn.Module], int]:
        def make(model: nn.Module) -> int:
            quantization.quantize(model, granularity, bits)
            _calibrate(model, rows, tokenizer)
            artifact.finish(model, granularity, bits)
            return 0

        return make

    def pruned(sparsity: float) -> Callable[[nn.Module], int]:
        def make(model: nn.Module) -> int:
            pruning.prune(model)
            pruning.set_sparsity(model, sparsity)
            masked = pruning.count_masked(model)
            artifact.finish(model, None)
            return masked

        return make

    yield "fp16", to_half
    yield "ptq", quantized(8)
    yield "ptq4", quantized(4)
    for sparsity in SPARSITIES:
        yield f"shot{100 * sparsity:g}", pruned(sparsity)


def _calibrate(model: nn.Module, rows: datasets.Dataset, tokenizer) -> None:
    """Let the activation ranges follow what the model sees, without dropout and without a gradient."""
    ranges = [module for module in model.modules() if isinstance(module, quantization.ActivationRange)]
    for each in ranges:
        each.observing = True
    trainer.predict(model, rows, tokenizer)
    for each in ranges:
        each.observing = False
