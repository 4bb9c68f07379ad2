"""Figures of whether methods multiply: a heat map of interactions, and what the paper's search finds in simulations."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from compressions.analysis.reductions import COMBINED
from compressions.analysis.synergy import ADDITIVE, SETTINGS, UNTESTED
from compressions.book.figures import COLORS, draw_intervals, name_rows

MARKS = dict(zip(ADDITIVE, ("▲", "▼", "="), strict=True)) | {UNTESTED: ""}
UNDECIDED = "?"
ADDS_UP = "#dddddd"
FULL = 1.5  # points at which a color is full
TASKS = 8
PAPER = "the paper's Figure 1"


def interaction_heatmap(frame: pd.DataFrame, published: pd.DataFrame, precision: np.ndarray) -> Figure:
    """Interactions by combination and size, one panel for each of `SETTINGS` and one for the paper's.

    `frame` is that of `interactions_by_setting`, `published` the paper's by sizes and combinations, each good to
    `precision` points, `(combinations,)`. A decided cell is colored and marked: ▲ super-additive, ▼ sub-additive,
    = adds up. One that is open is white and has a question mark; so are, without one, those of one seed and the paper's
    within their precision. A size with fewer than eight tasks says how many.
    """
    settings = [name for name in SETTINGS if (frame.setting == name).any()]
    figure, panels = plt.subplots(len(settings) + 1, figsize=(6, 1.9 * (len(settings) + 1)), squeeze=False)
    for axes, setting in zip(panels[:, 0], settings, strict=False):
        part = frame[frame.setting == setting]
        cells = {
            (row.methods, row.size): (row.value, MARKS.get(row.says, UNDECIDED), (row.high - row.low) / 2)
            for row in part.itertuples()
        }
        tasks = part.groupby("size").tasks.max()
        named = {
            size: size if tasks.get(size, TASKS) == TASKS else f"{size}, {tasks[size]} tasks" for size in frame["size"]
        }
        _draw_cells(axes, setting, cells, named)
    beyond = {methods: half for methods, half in zip(COMBINED, precision, strict=True)}
    cells = {
        (methods, size): (value, "" if abs(value) <= beyond[methods] else "▲" if value > 0 else "▼", np.nan)
        for (size, methods), value in published.stack().items()
    }
    _draw_cells(panels[-1, 0], PAPER, cells, {size: size for size in published.index})
    return figure


def _draw_cells(axes: Axes, title: str, cells: dict, named: dict[str, str]) -> None:
    """One panel; a cell is a value, its mark (none, or `?`, where it is open), and half its interval's width or NaN.

    `named` has the columns' names by size.
    """
    sizes = list(named)
    shown = np.full((len(COMBINED), len(sizes)), np.nan)
    for (methods, size), (value, mark, half) in cells.items():
        place = COMBINED.index(methods), sizes.index(size)
        decided = mark not in ("", UNDECIDED)
        shown[place] = value if decided and mark != MARKS["adds up"] else np.nan
        text = f"{mark} {value:+z.1f}".strip() + (f" ±{half:.1f}" if np.isfinite(half) else "")
        light = not decided or abs(value) < 0.7 * FULL
        axes.text(place[1], place[0], text, ha="center", va="center", fontsize=9, color="#222222" if light else "white")
        if mark == MARKS["adds up"]:
            axes.add_patch(Rectangle((place[1] - 0.5, place[0] - 0.5), 1, 1, color=ADDS_UP))
    axes.imshow(shown, cmap="RdBu", vmin=-FULL, vmax=FULL, aspect="auto")
    axes.set(xticks=range(len(sizes)), xticklabels=named.values(), yticks=range(len(COMBINED)), yticklabels=COMBINED)
    axes.set_title(title, fontsize=11)
    axes.set_xticks(np.arange(len(sizes) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(COMBINED) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#bbbbbb", linewidth=0.6)
    axes.tick_params(which="both", length=0, labelsize=9)


def simulated_synergy(frame: pd.DataFrame, published: pd.Series) -> Figure:
    """Mean synergies that a search finds in simulated grids, 95 % of them a bar for each noise, and the paper's.

    `frame` is that of `simulated_intervals`.
    """
    figure, axes = plt.subplots(figsize=(6, 4))
    colors = [COLORS[methods] for methods in COMBINED]
    for place, (noise, part) in enumerate(frame.groupby("noise", sort=False)):
        at = np.arange(len(COMBINED)) + 0.6 * (place / max(1, frame.noise.nunique() - 1) - 0.5)
        draw_intervals(axes, at, part, colors, {"linewidth": 4, "alpha": 0.45}, s=20)
        for row, end in zip(at, part.high, strict=True):
            axes.annotate(f"{noise:g}", (end, row), (4, 0), textcoords="offset points", va="center", fontsize=9)
    place = {"facecolor": "white", "edgecolor": "#333333", "marker": "D", "zorder": 3, "label": "published"}
    axes.scatter(published, range(len(COMBINED)), **place)
    name_rows(axes, COMBINED)
    axes.set(xlabel="mean synergy over the six sizes, doublings")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
