"""Score against size in one visual grammar: one color a method, an interactive and a static figure."""

from collections.abc import Sequence

import altair as alt
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from compressions.analysis.pareto import pareto_front
from compressions.book.executed import in_book, show_pictures
from compressions.experiments.configurations import method_of

# Okabe and Ito's colors, which readers with any color vision can tell apart; yellow is darkened for white paper.
COLORS = {
    "none": "#4d4d4d",
    "QAT": "#0072b2",
    "KD": "#e69f00",
    "MP": "#009e73",
    "QAT+KD": "#cc79a7",
    "QAT+MP": "#56b4e9",
    "KD+MP": "#a89a00",
    "QAT+KD+MP": "#d55e00",
    "augmentation": "#b3b3b3",
}
SHAPES = {
    **{"tiny": "o", "mini": "s", "l3": "^", "small": "v", "minilm": "D"},
    **{"medium": "P", "base": "X", "large": "*"},
}
HEIGHT = 320
MEGABYTES_TIP = alt.Tooltip("megabytes:Q", format=".3~g")
FRONT = "Pareto front"
if not in_book():
    show_pictures()


def method_scale(frame: pd.DataFrame) -> alt.Scale:
    """The colors of the methods that a frame with `methods` holds, in their fixed order."""
    present = [method for method in COLORS if method in set(frame.methods)]
    return alt.Scale(domain=present, range=[COLORS[method] for method in present])


def megabytes_axis(least: float, most: float) -> alt.Axis:
    """A log axis with ticks from `least` to `most` megabytes; Vega itself has none between 10 and 20."""
    steps = (1, 1.5, 2, 3, 5, 7) if most < 20 * least else (1, 2, 5)
    ticks = [step * 10**power for power in range(-2, 5) for step in steps]
    inside = [tick for tick in ticks if least <= tick <= most]
    return alt.Axis(grid=False, values=inside, format="~g", labelOverlap="greedy")


def tradeoff(frame: pd.DataFrame, score_title: str) -> alt.Chart:
    """Score against megabytes, interactive: hover for a point's values, click a method in the legend to see it alone.

    `frame` has `configuration`, `size`, `megabytes`, `score` and `source`; where there are several sources, one can be
    switched to.
    """
    frame = frame.assign(methods=frame.configuration.map(method_of))
    picked = alt.selection_point(fields=["methods"], bind="legend")
    legend = alt.Legend(orient="bottom", columns=4, symbolSize=90)
    axis = megabytes_axis(frame.megabytes.min(), frame.megabytes.max())
    described = f"{score_title} against size in megabytes, {len(frame)} points: {', '.join(frame.methods.unique())}"
    chart = alt.Chart(frame, width="container", height=HEIGHT, description=described).mark_point(filled=True, size=90)
    chart = chart.encode(
        x=alt.X("megabytes:Q", scale=alt.Scale(type="log", nice=False, padding=20), axis=axis, title="size, MB (log)"),
        y=alt.Y("score:Q", scale=alt.Scale(zero=False), title=score_title),
        color=alt.Color("methods:N", scale=method_scale(frame), legend=legend, title=None),
        opacity=alt.condition(picked, alt.value(0.9), alt.value(0.1)),
        tooltip=["source:N", "size:N", "configuration:N", alt.Tooltip("score:Q", format=".1f"), MEGABYTES_TIP],
    ).add_params(picked)
    sources = list(dict.fromkeys(frame.source))
    if len(sources) == 1:
        return chart
    shown = alt.param(name="shown", value="all", bind=alt.binding_radio(options=["all", *sources], name="points: "))
    shapes = alt.Shape("source:N", scale=alt.Scale(domain=sources), title=None, legend=alt.Legend(orient="top"))
    return chart.encode(shape=shapes).add_params(shown).transform_filter("shown == 'all' || shown == datum.source")


def figure_without_records(command: str) -> Figure:
    """An empty figure that names the command which makes the records for it."""
    figure, axes = plt.subplots(figsize=(6, 1.2))
    axes.text(0.5, 0.5, f"no records yet: {command} makes them", ha="center", va="center")
    axes.axis("off")
    return figure


def tradeoff_static(frame: pd.DataFrame, score_title: str, panels: str | None = None) -> Figure:
    """The same as a static figure: one panel for each value of the column `panels`, each with its Pareto front.

    A method is a color, a size a shape. Where `frame` has `low` and `high`, they are drawn as intervals. Panels share
    their sizes, not their scores, which need not be comparable.
    """
    frame = frame.assign(methods=frame.configuration.map(method_of))
    parts = list(frame.groupby(panels, sort=False)) if panels else [(None, frame)]
    height = 4.5 if len(parts) == 1 else 3.4 * len(parts)
    figure, grid = plt.subplots(len(parts), figsize=(6, height), sharex=True, squeeze=False)
    for axes, (title, part) in zip(grid.flat, parts, strict=True):
        _draw_tradeoff(axes, part)
        axes.set(title=title, ylabel=score_title)
    axes.set(xlabel="size, MB (log)")
    return finish(figure, (*COLORS, FRONT), columns=4)


def shape_of(size: str) -> str:
    """The marker of a size, in lower or upper case; a circle for one that has none of its own."""
    return SHAPES.get(size.lower(), "o")


def _draw_tradeoff(axes: Axes, frame: pd.DataFrame) -> None:
    best = frame[pareto_front(frame.megabytes.to_numpy(), frame.score.to_numpy())].sort_values("megabytes")
    axes.plot(best.megabytes, best.score, color="#333333", linewidth=0.8, zorder=0, label=FRONT)
    for (size, method), points in frame.groupby(["size", "methods"], sort=False):
        style = {"color": COLORS[method], "marker": shape_of(size), "alpha": 0.9, "label": method}
        axes.scatter(points.megabytes, points.score, s=32, **style)
        if "low" in frame:
            axes.vlines(points.megabytes, points.low, points.high, color=COLORS[method], linewidth=0.8, alpha=0.6)
    for row in frame[frame.configuration == "base"].itertuples():
        alike = frame[(frame["size"] == row.size) & (frame.megabytes > row.megabytes / 2)]  # all in fp32
        bottom = alike[["score", "low"] if "low" in frame else ["score"]].min(axis=None)
        style = {"textcoords": "offset points", "fontsize": 10, "ha": "center"}
        axes.annotate(row.size.upper(), (row.megabytes, bottom), (0, -16), **style)
    axes.margins(y=0.12)  # room for a name below the lowest mark
    axes.set(xscale="log")
    plain_ticks(axes.xaxis)


def finish(figure: Figure, order: tuple[str, ...] | None = None, columns: int = 3) -> Figure:
    """The figure with panels open at the top and right, and above them one legend of all their marks.

    Each name is there once, in an order or as they come.
    """
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    found = [axes.get_legend_handles_labels() for axes in figure.axes]
    marks = {name: mark for handles, names in found for mark, name in zip(handles, names, strict=True)}
    names = [name for name in order or marks if name in marks]
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": columns, "columnspacing": 1}
    if names:
        figure.legend([marks[name] for name in names], names, frameon=False, fontsize=10, **place)
    return figure


def draw_intervals(
    axes: Axes, at: np.ndarray, frame: pd.DataFrame, color: str | list[str], line: dict, **mark: object
) -> None:
    """The column `value` of a frame in the rows `at`, on lines from `low` to `high`; hollow where these are NaN.

    `color` is one, or one for each row.
    """
    colors = np.broadcast_to(color, len(frame))
    axes.hlines(at, frame.low, frame.high, color=colors, **line)
    fill = np.where(frame.low.notna(), colors, "none")
    axes.scatter(frame.value, at, c=fill, edgecolor=colors, zorder=3, **mark)


def name_rows(axes: Axes, names: Sequence[str], neutral: float = 0) -> None:
    """A row for each name from the top, and a line where nothing is changed."""
    axes.axvline(neutral, color="#333333", linewidth=0.8, zorder=0)
    axes.set(yticks=range(len(names)), yticklabels=names)
    if not axes.yaxis_inverted():  # as it is where panels share it
        axes.invert_yaxis()


def plain_ticks(axis: Axis) -> None:
    """Ticks of a log axis at 1, 2 and 5 times powers of ten, written out."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
