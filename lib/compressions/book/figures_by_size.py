"""A value of each method by size, with intervals, single tasks and the paper's values: one panel a size."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from compressions.book.figures import COLORS, finish, plain_ticks


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
        axes.axvline(1 if log else 0, color="#333333", linewidth=0.8, zorder=0)
        axes.set(title=size)
    if log:
        axes.set(xscale="log")
        axes.set_xlim(left=max(axes.get_xlim()[0], tasks[tasks > 0].min() / 2))
        plain_ticks(axes.xaxis)
    axes.set_xlabel(title)
    return finish(figure)


def _draw_values(axes: Axes, part: pd.DataFrame, tasks: np.ndarray, censored: np.ndarray) -> None:
    colors = [COLORS[methods] for methods in part.methods]
    axes.hlines(part.index, part.low, part.high, color=colors, linewidth=3, alpha=0.5)
    fill = [color if known else "none" for color, known in zip(colors, part.low.notna(), strict=True)]
    axes.scatter(part.value, part.index, s=50, c=fill, edgecolor=colors, zorder=3, label="this edition, 95 % CI")
    for place in part.index:
        for hollow, label in ((False, "a task"), (True, "a task, censored")):
            values = tasks[censored[:, place] == hollow, place]
            style = {"facecolor": "none" if hollow else colors[place], "edgecolor": colors[place]}
            at, label = np.full(len(values), place + 0.25), label if len(values) else None
            axes.scatter(values, at, s=12, alpha=0.8, label=label, **style)
    axes.set(yticks=part.index, yticklabels=part.methods)
    axes.invert_yaxis()


def with_tasks(frame: pd.DataFrame, tasks: np.ndarray, names: tuple[str, ...]) -> pd.DataFrame:
    """What `draw_by_size` draws, as one table: the frame, with a column for each task."""
    return frame.assign(**dict(zip(names, tasks.reshape(len(tasks), -1), strict=True)))
