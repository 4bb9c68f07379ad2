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


def softened(logits: Tensor) -> pd.DataFrame:
    """Probabilities of a teacher's logits `(classes,)`, a column each, by temperature."""
    temperatures = torch.linspace(0.5, 8, 60)
    soft = torch.softmax(logits / temperatures[:, None], dim=1)
    index = pd.Index(temperatures.numpy(), name="temperature")
    return pd.DataFrame(soft.numpy(), index, [f"logit {logit:g}" for logit in logits])


def draw_softened(soft: pd.DataFrame, chosen: float) -> Figure:
    """The probabilities of `softened`, with the chosen temperature marked."""
    figure, axes = plt.subplots(figsize=(6, 3))
    soft.plot(ax=axes, color=COLORS["KD"], style=["-", "--", "-.", ":"][: soft.shape[1]])
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


def weight_counts(weight: Tensor, kept: Tensor) -> pd.DataFrame:
    """How many weights are in each of 61 bins from -4 to 4, by its `middle`: all `before`, those kept `after`."""
    bins = {"bins": 61, "range": (-4, 4)}
    (before, edges), (after, _) = (np.histogram(values.numpy(), **bins) for values in (weight, weight[kept]))
    return pd.DataFrame({"middle": (edges[1:] + edges[:-1]) / 2, "before": before, "after": after})


def draw_schedule(sparsities: pd.DataFrame, counts: pd.DataFrame) -> Figure:
    """Left the sparsities of `pruned_gradually`, right the `weight_counts`."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3))
    left.plot(sparsities.wanted, ":", color=GRAY, label="schedule")
    left.plot(sparsities.reached, color=COLORS["MP"], label="reached")
    left.set(xlabel="step", ylabel="sparsity, %", ylim=(0, 100))
    for name, color in (("before", "#c8c8c8"), ("after", COLORS["MP"])):
        right.fill_between(counts.middle, counts[name], step="mid", color=color, linewidth=0, label=name)
    right.set(xlabel="weight", ylabel="number of weights", ylim=(0, None))
    return _finished(figure)


def bits_per_weight() -> pd.DataFrame:
    """Bits a weight of a pruned matrix, by its sparsity in %: by the paper's size measure, and with a bitmask."""
    sparsities = np.linspace(0, 95, 20)
    columns = {}
    for bits in (32, 8):
        counted = bits * (1 - sparsities / 100)
        columns |= {f"{bits}-bit, the paper's size measure": counted, f"{bits}-bit, with a bitmask": counted + 1}
    return pd.DataFrame(columns, pd.Index(sparsities, name="sparsity"))


def draw_bits_per_weight(bits: pd.DataFrame) -> Figure:
    """The columns of `bits_per_weight` as lines."""
    figure, axes = plt.subplots(figsize=(6, 3))
    bits.plot(ax=axes, color=[GRAY, GRAY, COLORS["QAT"], COLORS["QAT"]], style=[":", "-"] * 2)
    axes.set(xlabel="sparsity, %", ylabel="bits per weight", ylim=(0, 34))
    return _finished(figure)


def _finished(figure: Figure) -> Figure:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=10)
    return figure
