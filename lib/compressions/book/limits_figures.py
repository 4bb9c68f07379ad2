"""Heat maps of the limits: bits by sparsity, without distillation and with it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from compressions.analysis.limits import FULL

PANELS = {False: "no distillation", True: "with distillation"}


def draw_limits(frame: pd.DataFrame, value: str, title: str, margin: float | None = None) -> Figure:
    """A column of `limits_table` as heat maps, a row of panels each size; cells show values and halves of intervals.

    With a `margin`, cells below its negative are framed, in full where the whole interval is. Cells where half of the
    tasks or more are at the majority-class baseline are hatched.
    """
    sizes, most = list(dict.fromkeys(frame["size"])), np.nanmax([*frame[value].abs(), 0.1])
    figure, panels = plt.subplots(len(sizes), 2, figsize=(7.4, 3.1 * len(sizes)), sharey=True, squeeze=False)
    for row, size in zip(panels, sizes, strict=True):
        for axes, (distilled, says) in zip(row, PANELS.items(), strict=True):
            _draw_panel(axes, frame[(frame["size"] == size) & (frame.distilled == distilled)], value, most, margin)
            axes.set(title=f"{title}\n{size.upper()}, {says}")
    for axes in panels[-1]:
        axes.set(xlabel="sparsity, %")
    for axes in panels[:, 0]:
        axes.set(ylabel="bits of a weight")
    return figure


def _draw_panel(axes: Axes, part: pd.DataFrame, value: str, most: float, margin: float | None) -> None:
    table = part.pivot(index="bits", columns="sparsity", values=value).sort_index(ascending=False)
    axes.imshow(table, cmap="RdBu", norm=TwoSlopeNorm(0, -most, most), aspect="auto")
    axes.set(xticks=range(table.shape[1]), xticklabels=[f"{100 * each:g}" for each in table.columns])
    axes.set(yticks=range(table.shape[0]), yticklabels=[_bits(each) for each in table.index])
    for cell in part.dropna(subset=[value]).to_dict("records"):
        place = (table.columns.get_loc(cell["sparsity"]), table.index.get_loc(cell["bits"]))
        color = "white" if abs(cell[value]) > 0.6 * most else "black"
        half = (cell[f"{value}_high"] - cell[f"{value}_low"]) / 2
        shown = f"{cell[value]:+z.1f}" + ("" if np.isnan(half) else f"\n±{half:.1f}")
        axes.text(*place, shown, ha="center", va="center", color=color, fontsize=9)
        axes.add_patch(_frame(place, cell, value, margin))


def _frame(place: tuple[int, int], cell: dict, value: str, margin: float | None) -> Rectangle:
    """The outline and the hatching of a cell."""
    low = margin is not None and cell[value] < -margin
    known = low and cell[f"{value}_high"] < -margin
    style = {"linewidth": 2 if low else 0, "linestyle": "-" if known else ":", "edgecolor": "black"}
    hatch = "////" if cell["at_baseline"] >= 0.5 else None
    inset = (place[0] - 0.47, place[1] - 0.45)
    return Rectangle(inset, 0.94, 0.9, fill=False, hatch=hatch, hatchcolor=(0.3, 0.3, 0.3, 0.35), **style)


def _bits(bits: int) -> str:
    return "32 (fp32)" if bits == FULL else str(bits)
