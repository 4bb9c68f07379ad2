"""Figures of what methods change in the score: by task, and against the bytes they save."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from compressions.analysis.ranking import ALONE
from compressions.book.figures import COLORS, SHAPES, finish, shape_of
from compressions.experiments.configurations import method_of

# The color of a step, its line, and where its name stands beside its last mark.
STEPS = {
    "QAT": (COLORS["QAT"], "-", (16, -4)),
    "KD": (COLORS["KD"], "-", (16, 14)),
    "MP 40 %": (COLORS["MP"], ":", (7, 5)),
    "MP 60 %": (COLORS["MP"], "-", (7, -13)),
}


def changes_by_task(frame: pd.DataFrame, change: str) -> Figure:
    """One configuration's change of the score: a row for each task and the mean, a shape for each size.

    `frame` is that of `score_changes`; marks without an interval are hollow.
    """
    frame = frame[frame.change == change]
    tasks, sizes = list(dict.fromkeys(frame.task)), list(dict.fromkeys(frame["size"]))
    figure, axes = plt.subplots(figsize=(6, 1.2 + 0.42 * len(tasks)))
    color = COLORS[method_of(change)]
    for place, size in enumerate(sizes):
        part = frame[frame["size"] == size]
        at = np.array([tasks.index(task) for task in part.task]) + 0.8 * ((place + 1) / (len(sizes) + 1) - 0.5)
        axes.hlines(at, part.low, part.high, color=color, linewidth=1.2)
        fill = [color if known else "white" for known in part.low.notna()]
        axes.scatter(part.value, at, s=36, c=fill, edgecolor=color, marker=shape_of(size), zorder=3, label=size.upper())
    axes.axvline(0, color="#333333", linewidth=0.8, zorder=0)
    axes.set(yticks=range(len(tasks)), yticklabels=tasks, xlabel=f"change of the score by {method_of(change)}, points")
    axes.invert_yaxis()
    return finish(figure, columns=4)


def changes_by_configuration(frame: pd.DataFrame, published: pd.DataFrame, times: pd.Series) -> Figure:
    """Change of the mean score by each configuration: a row each, a shape for each size, the paper's hollow and gray.

    `frame` is of `score_changes` for the mean, `published` of `read_figure1`; `times` says how many times smaller a
    configuration is, and orders the rows.
    """
    names = [name for name in times.sort_values(kind="stable").index if name in set(frame.change)]
    sizes = list(dict.fromkeys(frame["size"]))
    figure, axes = plt.subplots(figsize=(6, 1.2 + 0.42 * len(names)))
    for place, size in enumerate(sizes):
        part = frame[frame["size"] == size].set_index("change").reindex(names)
        at = np.arange(len(names)) + 0.8 * ((place + 1) / (len(sizes) + 1) - 0.5)
        colors = [COLORS[method_of(name)] for name in names]
        axes.hlines(at, part.low, part.high, color=colors, linewidth=1.2)
        fill = [color if known else "white" for color, known in zip(colors, part.low.notna(), strict=True)]
        style = {"marker": shape_of(size), "s": 36, "zorder": 3}
        axes.scatter(part.value, at, c=fill, edgecolor=colors, **style)
        axes.scatter([], [], color="#4d4d4d", label=size.upper(), **style)
        theirs = published[published["size"] == size].set_index("configuration").score
        if len(theirs):
            gray = {"c": "white", "edgecolor": "#4d4d4d", "label": f"the paper's {size.upper()}"}
            axes.scatter(theirs[names] - theirs["base"], at, **style, **gray)
    axes.axvline(0, color="#333333", linewidth=0.8, zorder=0)
    labels = [f"{name}, {times[name]:.1f}×" for name in names]
    axes.set(yticks=range(len(names)), yticklabels=labels, xlabel="change of the mean score, points")
    axes.invert_yaxis()
    return finish(figure, columns=4)


def price_figure(ours: pd.DataFrame, published: pd.DataFrame) -> Figure:
    """What each method alone changes in the score against the share of the bytes that it saves, ours and the paper's.

    Both are frames of `steps`; a size is a shape, and the line of a method joins its sizes.
    """
    figure, panels = plt.subplots(2, figsize=(6, 6.4), sharex=True, sharey=True)
    for axes, (title, frame) in zip(panels, {"this edition": ours, "published": published}.items(), strict=True):
        for step in STEPS:
            _draw_step(axes, step, frame[(frame.step == step) & (frame.order == ALONE)].sort_values("saved"))
        axes.axhline(0, color="#333333", linewidth=0.8, zorder=0)
        axes.set(title=title, ylabel="change of the score")
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set(xlabel="share of the bytes that is saved, %", xlim=(-6, 94))
    there = {*ours["size"], *published["size"]}
    sizes = [size for size in SHAPES if size in there] + sorted(there - SHAPES.keys())
    marks = [Line2D([], [], color="#4d4d4d", marker=shape_of(size), linestyle="") for size in sizes]
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": 4, "frameon": False, "fontsize": 10}
    figure.legend(marks, [size.upper() for size in sizes], **place)
    return figure


def _draw_step(axes: Axes, step: str, part: pd.DataFrame) -> None:
    color, line, place = STEPS[step]
    if part.saved.round().nunique() > 1:
        axes.plot(part.saved, part.value, color=color, linewidth=0.8, linestyle=line)
    # Where all sizes save the same, their marks stand beside each other.
    apart = 1.3 * (np.arange(len(part)) - (len(part) - 1) / 2) if part.saved.round().nunique() == 1 else 0
    for row in part.assign(at=part.saved + apart).itertuples():
        axes.vlines(row.at, row.low, row.high, color=color, linewidth=1.2)
        axes.scatter(row.at, row.value, s=34, color=color, marker=shape_of(row.size), zorder=3, label=step)
    if len(part):
        last = part.iloc[-1]
        axes.annotate(step, (last.saved, last.value), place, textcoords="offset points", color=color, fontsize=10)
