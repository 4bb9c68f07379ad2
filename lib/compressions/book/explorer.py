"""One chart to question all results with: every choice is a parameter of the chart, computed in the browser."""

from dataclasses import replace

import altair as alt
import pandas as pd

from compressions.analysis.bootstrap import Draws
from compressions.analysis.pareto import MEAN, points
from compressions.analysis.results import Results
from compressions.book.figures import megabytes_axis, method_scale

HEIGHT = 380
SHAPES = ["circle", "triangle-up", "square", "diamond", "cross", "triangle-down"]


def with_rulers(results: Results, draws: Draws) -> pd.DataFrame:
    """The `points` of results with a column of megabytes for each ruler."""
    frames = {name: points(replace(results, ruler=name), draws) for name in results.rulers}
    frame = frames[results.ruler].drop(columns="megabytes")
    return frame.assign(**{name: own.megabytes for name, own in frames.items()})


def explorer(frame: pd.DataFrame) -> alt.LayerChart:
    """The chart of a frame with `task`, `size`, `configuration`, `methods`, `score`, `low`, `high`, `seeds`, `record`
    and a column of megabytes for each ruler.

    Its parameters are `task`, `ruler`, `reference`, `tolerance` and `budget`; the selections `methods_picked` and
    `sizes_picked` are the legends'.
    """
    shown = _chosen(frame)
    kept = shown.transform_filter(METHODS_PICKED).transform_filter(SIZES_PICKED)
    within, above = (
        kept.transform_filter("datum.megabytes <= budget"),
        kept.transform_filter("datum.score >= datum.floor"),
    )
    layers = [
        *(_floor(shown), _budget(), _intervals(kept), _points(shown, frame)),
        _named(within, alt.SortField("score", "descending"), "'within ' + format(budget, '.3~g') + ' MB: '", -34),
        _named(above, alt.SortField("megabytes", "ascending"), "'above the line: '", -16),
    ]
    chart = alt.layer(*layers).add_params(*_parameters(frame))
    return chart.properties(
        width="container",
        height=HEIGHT,
        description="Score against size of every configuration, by task, ruler and tolerance as chosen below the chart",
        usermeta={"embedOptions": {"loader": {"target": "_blank"}}},
    )


COLUMNS = ["task", "size", "configuration", "methods", "score", "low", "high", "seeds", "record"]
METHODS_PICKED = alt.selection_point(name="methods_picked", fields=["methods"], bind="legend")
SIZES_PICKED = alt.selection_point(name="sizes_picked", fields=["size"], bind="legend")


def _by_ruler(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[name for name in frame.columns if name not in COLUMNS]]


def _span(frame: pd.DataFrame) -> tuple[float, float]:
    """The fewest and the most megabytes by any ruler."""
    return _by_ruler(frame).min().min(), _by_ruler(frame).max().max()


def _parameters(frame: pd.DataFrame) -> list[alt.Parameter]:
    rulers = list(_by_ruler(frame))
    sizes = list(dict.fromkeys(frame["size"]))
    tasks = sorted(dict.fromkeys(frame.task), key=lambda task: task != MEAN)
    largest = frame[frame.task == tasks[0]]["size"].iloc[-1]
    least, most = _span(frame)
    slide = alt.binding_range(min=round(least, 2), max=round(most, 2), step=0.01, name="budget, MB ")
    return [
        alt.param("task", value=tasks[0], bind=alt.binding_select(options=tasks, name="task ")),
        alt.param("ruler", value=rulers[0], bind=alt.binding_select(options=rulers, name="ruler ")),
        alt.param("reference", value=largest, bind=alt.binding_select(options=sizes, name="compare with ")),
        alt.param("tolerance", value=0.5, bind=alt.binding_range(min=0, max=10, step=0.1, name="tolerance, points ")),
        alt.param("budget", value=round((least * most) ** 0.5, 2), bind=slide),
    ]


def _chosen(frame: pd.DataFrame) -> alt.Chart:
    """The points of the task, with `megabytes` by the ruler and the `floor` that they are compared with."""
    chart = (
        alt.Chart(frame)
        .transform_filter("datum.task == task")
        .transform_calculate(
            megabytes="datum[ruler]",
            own="datum.size == reference && datum.configuration == 'base' ? datum.score : null",
        )
    )
    chart = chart.transform_joinaggregate(uncompressed="max(own)")
    return chart.transform_calculate(floor="datum.uncompressed - tolerance")


def _axes() -> dict:
    x = alt.X("megabytes:Q", scale=alt.Scale(type="log", nice=False, padding=15), title="size, MB (log)")
    return {"x": x.axis(grid=False), "y": alt.Y("score:Q", scale=alt.Scale(zero=False), title="score")}


def _points(shown: alt.Chart, frame: pd.DataFrame) -> alt.Chart:
    sizes = list(dict.fromkeys(frame["size"]))
    legend = alt.Legend(orient="bottom", columns=3, symbolSize=90)
    shapes = alt.Scale(domain=sizes, range=SHAPES[: len(sizes)])
    picked = METHODS_PICKED & SIZES_PICKED
    axes = _axes()
    axes["x"] = axes["x"].axis(megabytes_axis(*_span(frame)))
    return (
        shown.mark_point(filled=True, size=90)
        .encode(
            **axes,
            color=alt.Color("methods:N", scale=method_scale(frame), legend=legend, title=None),
            shape=alt.Shape(
                "size:N", scale=shapes, legend=alt.Legend(orient="bottom", columns=1, symbolSize=90), title=None
            ),
            opacity=alt.condition(picked, alt.value(0.95), alt.value(0.08)),
            href="record:N",
            tooltip=[
                "size:N",
                "configuration:N",
                *(alt.Tooltip(f"{name}:Q", format=".1f") for name in ("score", "low", "high")),
                alt.Tooltip("megabytes:Q", format=".3~g"),
                "seeds:Q",
                "record:N",
            ],
        )
        .add_params(METHODS_PICKED, SIZES_PICKED)
    )


def _intervals(kept: alt.Chart) -> alt.Chart:
    return kept.mark_rule(opacity=0.25).encode(x=_axes()["x"], y=alt.Y("low:Q", title="score"), y2="high:Q")


def _budget() -> alt.Chart:
    line = alt.Chart(alt.InlineData([{}])).transform_calculate(megabytes="budget")
    return line.mark_rule(color="#333333", strokeWidth=2).encode(x="megabytes:Q")


def _floor(shown: alt.Chart) -> alt.Chart:
    own = shown.transform_filter("datum.own != null").transform_calculate(score="datum.floor")
    return own.mark_rule(color="#333333", strokeDash=[4, 4]).encode(y="score:Q")


def _named(kept: alt.Chart, order: alt.SortField, says: str, height: int) -> alt.LayerChart:
    """The first point of an order: a ring about it, and its name above the chart."""
    first = kept.transform_window(place="row_number()", sort=[order]).transform_filter("datum.place == 1")
    first = first.transform_calculate(
        says=f"{says} + upper(datum.size) + ' ' + datum.configuration"
        " + ', ' + format(datum.score, '.1f') + ', ' + format(datum.megabytes, '.3~g') + ' MB'"
    )
    ring = first.mark_point(size=320, color="#333333", strokeWidth=1.5).encode(**_axes())
    text = first.mark_text(align="left", fontSize=12).encode(x=alt.value(-40), y=alt.value(height), text="says:N")
    return ring + text
