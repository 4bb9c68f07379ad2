"""Figures of what methods change, by task, by size, and against the bytes they save."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from compressions.analysis.ranking import ALONE
from compressions.book.figures import COLORS, SHAPES, draw_intervals, finish, name_rows, plain_ticks, shape_of
from compressions.experiments.configurations import method_of

LINE = {"linewidth": 1.2}  # of an interval
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
        at = np.array([tasks.index(task) for task in part.task]) + _beside(place, len(sizes))
        draw_intervals(axes, at, part, color, LINE, s=36, marker=shape_of(size), label=size.upper())
    name_rows(axes, tasks)
    axes.set(xlabel=f"change of the score by {method_of(change)}, points")
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
        at = np.arange(len(names)) + _beside(place, len(sizes))
        style = {"marker": shape_of(size), "s": 36}
        draw_intervals(axes, at, part, [COLORS[method_of(name)] for name in names], LINE, **style)
        axes.scatter([], [], color="#4d4d4d", label=size.upper(), **style)
        theirs = published[published["size"] == size].set_index("configuration").score
        if len(theirs):
            gray = {"facecolor": "none", "edgecolor": "#4d4d4d", "label": f"the paper's {size.upper()}", "zorder": 3}
            axes.scatter(theirs[names] - theirs["base"], at, **style, **gray)
    name_rows(axes, [f"{name}, {times[name]:.1f}×" for name in names])
    axes.set(xlabel="change of the mean score, points")
    return finish(figure, columns=4)


def _beside(place: int, count: int) -> float:
    """How far the mark of one of `count` sizes is from the middle of its row."""
    return 0.8 * ((place + 1) / (count + 1) - 0.5)


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
    panels[-1].set(xlabel="share of the bytes that is saved, %", xlim=(-6, 94))
    there = {*ours["size"], *published["size"]}
    sizes = [size for size in SHAPES if size in there] + sorted(there - SHAPES.keys())
    for size in sizes:
        axes.plot([], [], shape_of(size), color="#4d4d4d", label=size.upper())
    return finish(figure, columns=4)


def _draw_step(axes: Axes, step: str, part: pd.DataFrame) -> None:
    color, line, place = STEPS[step]
    if part.saved.round().nunique() > 1:
        axes.plot(part.saved, part.value, color=color, linewidth=0.8, linestyle=line)
    # Where all sizes save the same, their marks stand beside each other.
    apart = 1.3 * (np.arange(len(part)) - (len(part) - 1) / 2) if part.saved.round().nunique() == 1 else 0
    for row in part.assign(at=part.saved + apart).itertuples():
        axes.vlines(row.at, row.low, row.high, color=color, linewidth=1.2)
        axes.scatter(row.at, row.value, s=34, color=color, marker=shape_of(row.size), zorder=3)
    if len(part):
        last = part.iloc[-1]
        axes.annotate(step, (last.saved, last.value), place, textcoords="offset points", color=color, fontsize=10)


def draw_by_size(
    frame: pd.DataFrame,
    tasks: np.ndarray,
    published: pd.DataFrame,
    title: str,
    log: bool = False,
    censored: np.ndarray | None = None,
) -> Figure:
    """Values of methods with intervals, hollow without, one panel a size, about 0 or, on a log axis, about 1.

    `frame` has `size`, `methods`, `value`, `low` and `high`; `tasks`, `(tasks, sizes, methods)`, are the single tasks'
    values, hollow where they are `censored`, and `published` the paper's, sizes by methods.
    """
    censored = np.zeros(tasks.shape, bool) if censored is None else censored
    sizes, methods = list(dict.fromkeys(frame["size"])), list(dict.fromkeys(frame.methods))
    shape = (6, (0.6 + 0.34 * len(methods)) * len(sizes))
    figure, panels = plt.subplots(len(sizes), figsize=shape, sharex=True, squeeze=False)
    for row, (axes, size) in enumerate(zip(panels[:, 0], sizes, strict=True)):
        part = frame[frame["size"] == size].reset_index(drop=True)
        _draw_values(axes, part, tasks[:, row], censored[:, row])
        if size in published.index:
            theirs = {"facecolor": "none", "edgecolor": "#333333", "marker": "D", "label": "published"}
            axes.scatter(published[methods].loc[size], part.index, **theirs)
        name_rows(axes, part.methods, neutral=1 if log else 0)
        axes.set(title=size)
    if log:
        axes.set(xscale="log")
        axes.set_xlim(left=max(axes.get_xlim()[0], tasks[tasks > 0].min() / 2))
        plain_ticks(axes.xaxis)
    axes.set_xlabel(title)
    return finish(figure)


def _draw_values(axes: Axes, part: pd.DataFrame, tasks: np.ndarray, censored: np.ndarray) -> None:
    colors = [COLORS[methods] for methods in part.methods]
    thick = {"linewidth": 3, "alpha": 0.5}
    draw_intervals(axes, part.index, part, colors, thick, s=50, label="this edition, 95 % CI")
    for place in part.index:
        for hollow, label in ((False, "a task"), (True, "a task, censored")):
            values = tasks[censored[:, place] == hollow, place]
            style = {"facecolor": "none" if hollow else colors[place], "edgecolor": colors[place]}
            at, label = np.full(len(values), place + 0.25), label if len(values) else None
            axes.scatter(values, at, s=12, alpha=0.8, label=label, **style)


def with_tasks(frame: pd.DataFrame, tasks: np.ndarray, names: tuple[str, ...]) -> pd.DataFrame:
    """What `draw_by_size` draws, as one table: the frame, with a column for each task."""
    return frame.assign(**dict(zip(names, tasks.reshape(len(tasks), -1), strict=True)))
