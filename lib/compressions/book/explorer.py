"""One chart of all results: every choice is a parameter of the chart, computed in the browser."""

from dataclasses import replace

import altair as alt
import pandas as pd

from compressions.analysis.bootstrap import Draws
from compressions.analysis.pareto import COLUMNS, MEAN, model_table
from compressions.analysis.results import Results
from compressions.book.figures import MEGABYTES_TIP, megabytes_axis, method_scale

HEIGHT = 380
SHAPES = ["circle", "triangle-up", "square", "diamond", "cross", "triangle-down"]


def with_size_measures(results: Results, draws: Draws) -> pd.DataFrame:
    """The `model_table` of results with a column of megabytes for each size measure."""
    frames = {name: model_table(replace(results, size_measure=name), draws) for name in results.bytes_by}
    frame = frames[results.size_measure].drop(columns="megabytes")
    return frame.assign(**{name: other.megabytes for name, other in frames.items()})


def with_records(frame: pd.DataFrame, results: Results, folder: str) -> pd.DataFrame:
    """The frame with each point's `record` below a folder's address: its first seed's, or the table for a mean."""
    records = [
        f"{folder}/{row.task}/{row.size}/{row.configuration}-seed{results.cells[row.task, row.size].seeds[0]}.json"
        if (row.task, row.size) in results.cells
        else f"{folder}/records.csv"
        for row in frame.itertuples()
    ]
    return frame.assign(record=records)


def explorer(frame: pd.DataFrame) -> alt.LayerChart:
    """The chart of a frame with `task`, `size`, `configuration`, `methods`, `score`, `low`, `high`, `seeds`, `record`
    and a column of megabytes for each size measure.

    Its parameters are `task`, `size_measure`, `reference`, `tolerance` and `budget`; the selections `methods_picked`
    and `sizes_picked` are the legends'.
    """
    measures = frame.drop(columns=[*COLUMNS, "record"], errors="ignore")
    least, most = measures.min().min(), measures.max().max()
    shown = _chosen(frame)
    kept = shown.transform_filter(METHODS_PICKED).transform_filter(SIZES_PICKED)
    within = kept.transform_filter("datum.megabytes <= budget")
    above = kept.transform_filter("datum.score >= datum.threshold")
    budget = alt.Chart(alt.InlineData([{}])).transform_calculate(megabytes="budget")
    threshold = shown.transform_filter("datum.reference_score != null").transform_calculate(score="datum.threshold")
    layers = [
        threshold.mark_rule(color="#333333", strokeDash=[4, 4]).encode(y="score:Q"),
        budget.mark_rule(color="#333333", strokeWidth=2).encode(x="megabytes:Q"),
        kept.mark_rule(opacity=0.25).encode(x=_axes()["x"], y=alt.Y("low:Q", title="score"), y2="high:Q"),
        _points(shown, frame, megabytes_axis(least, most)),
        _best(within, alt.SortField("score", "descending"), "'within ' + format(budget, '.3~g') + ' MB: '", -34),
        _best(above, alt.SortField("megabytes", "ascending"), "'above the line: '", -16),
    ]
    tasks = sorted(dict.fromkeys(frame.task), key=lambda task: task != MEAN)
    largest = frame[frame.task == tasks[0]]["size"].iloc[-1]
    slide = alt.binding_range(min=round(least, 2), max=round(most, 2), step=0.01, name="budget, MB ")
    points = alt.binding_range(min=0, max=10, step=0.1, name="tolerance, points ")
    chart = alt.layer(*layers).add_params(
        _select("task", tasks[0], tasks, "task "),
        _select("size_measure", measures.columns[0], list(measures), "size measure "),
        _select("reference", largest, list(dict.fromkeys(frame["size"])), "compare with "),
        alt.param("tolerance", value=0.5, bind=points),
        alt.param("budget", value=round((least * most) ** 0.5, 2), bind=slide),
    )
    said = "Score against size of every configuration, by task, size measure and tolerance as chosen below the chart"
    embed = {"embedOptions": {"loader": {"target": "_blank"}}}
    return chart.properties(width="container", height=HEIGHT, description=said, usermeta=embed)


METHODS_PICKED = alt.selection_point(name="methods_picked", fields=["methods"], bind="legend")
SIZES_PICKED = alt.selection_point(name="sizes_picked", fields=["size"], bind="legend")


def _select(name: str, value: str, options: list[str], label: str) -> alt.Parameter:
    return alt.param(name, value=value, bind=alt.binding_select(options=options, name=label))


def _chosen(frame: pd.DataFrame) -> alt.Chart:
    """The points of the task, with `megabytes` by the size measure and the `threshold` they are compared with."""
    reference = "datum.size == reference && datum.configuration == 'base' ? datum.score : null"
    chart = alt.Chart(frame).transform_filter("datum.task == task")
    chart = chart.transform_calculate(megabytes="datum[size_measure]", reference_score=reference)
    chart = chart.transform_joinaggregate(uncompressed="max(reference_score)")
    return chart.transform_calculate(threshold="datum.uncompressed - tolerance")


def _axes() -> dict:
    x = alt.X("megabytes:Q", scale=alt.Scale(type="log", nice=False, padding=15), title="size, MB (log)")
    return {"x": x.axis(grid=False), "y": alt.Y("score:Q", scale=alt.Scale(zero=False), title="score")}


def _points(shown: alt.Chart, frame: pd.DataFrame, axis: alt.Axis) -> alt.Chart:
    sizes, axes = list(dict.fromkeys(frame["size"])), _axes()
    shapes = alt.Scale(domain=sizes, range=SHAPES[: len(sizes)])
    legends = [alt.Legend(orient="bottom", columns=columns, symbolSize=90) for columns in (3, 1)]
    scores = [alt.Tooltip(f"{name}:Q", format=".1f") for name in ("score", "low", "high")]
    chart = shown.mark_point(filled=True, size=90).encode(
        x=axes["x"].axis(axis),
        y=axes["y"],
        color=alt.Color("methods:N", scale=method_scale(frame), legend=legends[0], title=None),
        shape=alt.Shape("size:N", scale=shapes, legend=legends[1], title=None),
        opacity=alt.condition(METHODS_PICKED & SIZES_PICKED, alt.value(0.95), alt.value(0.08)),
        href="record:N",
        tooltip=["size:N", "configuration:N", *scores, MEGABYTES_TIP, "seeds:Q", "record:N"],
    )
    return chart.add_params(METHODS_PICKED, SIZES_PICKED)


def _best(kept: alt.Chart, order: alt.SortField, says: str, height: int) -> alt.LayerChart:
    """The first point of an order: a ring about it, and its name above the chart."""
    first = kept.transform_window(place="row_number()", sort=[order]).transform_filter("datum.place == 1")
    first = first.transform_calculate(
        says=f"{says} + upper(datum.size) + ' ' + datum.configuration"
        " + ', ' + format(datum.score, '.1f') + ', ' + format(datum.megabytes, '.3~g') + ' MB'"
    )
    ring = first.mark_point(size=320, color="#333333", strokeWidth=1.5).encode(**_axes())
    text = first.mark_text(align="left", fontSize=12).encode(x=alt.value(-40), y=alt.value(height), text="says:N")
    return ring + text
