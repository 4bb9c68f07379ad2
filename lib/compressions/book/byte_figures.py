"""Figures of real bytes: bits a weight against sparsity, and what size measures say of QAT and MP together."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from compressions.book.figures import draw_intervals, finish, name_rows, shape_of

STORED = ("fp32", "int8")
# Each size measure's line, marker and color; `dense` and `file` differ by a fraction of a percent.
LINES = {
    "paper": (":", "", "#333333"),
    "dense": ("-", "", "#bbbbbb"),
    "bitmask": ("--", "", "#777777"),
    "csr": ("-", "x", "#aa4499"),
    "gzip": ("-", "s", "#88ccee"),
    "xz": ("-", "^", "#44aa99"),
    "packed": ("-", "o", "#882255"),
    "entropy": ("--", "", "#882255"),
}
SIZE_COLORS = ("#56b4e9", "#08306b", "#e69f00", "#009e73", "#cc79a7", "#777777")


def bits_figure(bits: pd.DataFrame, size: str) -> Figure:
    """Bits a weight of one size's layers against sparsity, a panel for fp32 and one for int8.

    `bits` is that of `bits_a_weight`.
    """
    figure, panels = plt.subplots(1, 2, figsize=(6, 3.4))
    for axes, stored in zip(panels, STORED, strict=True):
        part = bits[(bits["size"] == size) & (bits.stored == stored)]
        for measure, (line, marker, color) in LINES.items():
            one = part[part.size_measure == measure]
            style = {"marker": marker, "color": color, "markersize": 4, "label": measure}
            axes.plot(100 * one.sparsity, one.bits, line, **(style if len(one) else style | {"label": None}))
        top = part.bits[part.size_measure == "dense"].max()
        axes.set(title=f"{size.upper()}, {stored}", xlabel="sparsity, %", ylim=(0, 1.3 * top if top > 0 else 1))
    panels[0].set(ylabel="bits a weight")
    return finish(figure, columns=4)


def byte_synergy_figure(parts: dict[str, pd.DataFrame], sparsity: float) -> Figure:
    """Synergy of QAT and MP in bytes at one sparsity under each size measure, a panel for each of the named parts.

    Each part is a frame of `byte_synergy`; a color is a size.
    """
    figure, panels = plt.subplots(1, len(parts), figsize=(6, 3.6), sharex=True, sharey=True)
    for axes, (title, frame) in zip(np.atleast_1d(panels), parts.items(), strict=True):
        _draw_by_measure(axes, frame[frame.sparsity == sparsity])
        axes.set(title=title, xlabel="doublings")
    return finish(figure, columns=4)


def _draw_by_measure(axes: plt.Axes, frame: pd.DataFrame) -> None:
    """A row for each size measure and a mark with its interval for each size, about 0."""
    sizes, measures = list(dict.fromkeys(frame["size"])), list(dict.fromkeys(frame.size_measure))
    for place, size in enumerate(sizes):
        part, color = frame[frame["size"] == size], SIZE_COLORS[place % len(SIZE_COLORS)]
        at = np.array([measures.index(name) for name in part.size_measure]) + 0.2 * (place - (len(sizes) - 1) / 2)
        line = {"linewidth": 2, "alpha": 0.6}
        draw_intervals(axes, at, part, color, line, s=25, marker=shape_of(size), label=size.upper())
    name_rows(axes, measures)
