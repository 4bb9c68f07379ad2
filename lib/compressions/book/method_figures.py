"""Figures of the chapters on methods: what a formula does, drawn from the library's own functions."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from compressions.book.figures import COLORS
from compressions.methods.pruning import MagnitudeMask, sparsity_at
from compressions.methods.quantization import fake_quantize, weight_scale
from compressions.training.choices import GRANULARITIES

GRAY = "#6b6b6b"
GRANULARITY_STYLES = {"tensor": ("s", "#999999", "one scale per tensor"), "channel": ("o", COLORS["QAT"], "per row")}


def rounding_errors(weight: Tensor) -> pd.DataFrame:
    """Root mean square rounding error of each row in int8, in % of the row's own, for one scale by tensor and by row.

    `weight` is `(rows, columns)`; the index is the standard deviation of a row.
    """
    size = weight.pow(2).mean(dim=1).sqrt()
    errors = {}
    for granularity in GRANULARITIES:
        rounded = fake_quantize(weight, weight_scale(weight, granularity))
        errors[granularity] = (100 * (rounded - weight).pow(2).mean(dim=1).sqrt() / size).numpy()
    return pd.DataFrame(errors, index=pd.Index(weight.std(dim=1).numpy(), name="deviation"))


def draw_rounding_errors(errors: pd.DataFrame) -> Figure:
    """The errors of `rounding_errors` against the rows' standard deviations."""
    figure, axes = plt.subplots(figsize=(6, 3))
    for granularity, (marker, color, label) in GRANULARITY_STYLES.items():
        axes.semilogy(errors.index, errors[granularity], marker, color=color, markersize=4, label=label)
    axes.set(xlabel="standard deviation of the row's weights", ylabel="rounding error, %")
    return _finished(figure)


def draw_softened(logits: Tensor, chosen: float) -> Figure:
    """Probabilities of a teacher's logits `(classes,)` against the temperature, with the chosen one marked."""
    temperatures = torch.linspace(0.5, 8, 60)
    soft = torch.softmax(logits / temperatures[:, None], dim=1)
    figure, axes = plt.subplots(figsize=(6, 3))
    for place, probability in enumerate(soft.T):
        style = ("-", "--", "-.", ":")[place % 4]
        axes.plot(temperatures, probability, style, color=COLORS["KD"], label=f"logit {logits[place]:g}")
    axes.axvline(chosen, color=GRAY, linestyle=":")
    axes.set(xlabel="temperature", ylabel="teacher's probability", ylim=(0, 1))
    return _finished(figure)


def pruned_gradually(
    weight: Tensor, steps: int, target: float, begin: float, end: float, every: int
) -> tuple[pd.DataFrame, Tensor]:
    """Sparsity wanted and reached at each of `steps`, in %, and the mask that the weight has at the end.

    A mask is made every `every` steps, and at the end of the schedule, as in training; the weight itself stays.
    """
    mask, reached = MagnitudeMask(weight), []
    wanted = [sparsity_at(step, steps, target, begin, end) for step in range(steps)]
    for step in range(steps):
        if step % every == 0 or step == round(end * steps):
            mask.update(weight, wanted[step])
        reached.append(1 - float(mask.mask.mean()))
    return 100 * pd.DataFrame({"wanted": wanted, "reached": reached}), mask.mask.bool()


def draw_schedule(sparsities: pd.DataFrame, weight: Tensor, kept: Tensor) -> Figure:
    """Left the sparsities of `pruned_gradually`, right the weight's values before and those the mask keeps."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3))
    left.plot(sparsities.wanted, ":", color=GRAY, label="schedule")
    left.plot(sparsities.reached, color=COLORS["MP"], label="reached")
    left.set(xlabel="step", ylabel="sparsity, %", ylim=(0, 100))
    for name, values, color in (("before", weight.flatten(), "#c8c8c8"), ("after", weight[kept], COLORS["MP"])):
        right.hist(values, bins=61, range=(-4, 4), color=color, histtype="stepfilled", label=name)
    right.set(xlabel="weight", ylabel="number of weights")
    return _finished(figure)


def draw_bits_per_weight() -> Figure:
    """Bits a weight of a pruned matrix against its sparsity: by the paper's size measure, and with a bitmask."""
    sparsities = np.linspace(0, 95, 20)
    figure, axes = plt.subplots(figsize=(6, 3))
    for bits, color in ((32, GRAY), (8, COLORS["QAT"])):
        counted = bits * (1 - sparsities / 100)
        axes.plot(sparsities, counted, ":", color=color, label=f"{bits}-bit, the paper's size measure")
        axes.plot(sparsities, counted + 1, color=color, label=f"{bits}-bit, with a bitmask")
    axes.set(xlabel="sparsity, %", ylabel="bits per weight", ylim=(0, 34))
    return _finished(figure)


def _finished(figure: Figure) -> Figure:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=10)
    return figure
