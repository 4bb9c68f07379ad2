"""The figures' common grammar: one colour per method, interactive to ask and static to cite."""

import altair as alt
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

# Okabe and Ito's colours, which readers with any colour vision can tell apart; yellow is darkened for white paper.
COLOURS = {
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
MARKERS = {"none": "o", "QAT": "s", "KD": "^", "MP": "v", "QAT+KD": "D", "QAT+MP": "P", "KD+MP": "X", "QAT+KD+MP": "*"}
HEIGHT = 320


def method_of(configuration: str) -> str:
    """The methods of a configuration as figures name them: `qat+mp40` is `QAT+MP`, `base` is `none`."""
    special = {"base": "none", "aug": "augmentation"}
    parts = [part.rstrip("0123456789.").upper() for part in configuration.split("+")]
    return special.get(configuration, "+".join(parts))


def with_methods(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a column `methods` made from `configuration`."""
    return frame.assign(methods=frame.configuration.map(method_of))


def method_scale(frame: pd.DataFrame) -> alt.Scale:
    """The colours of the methods that a frame with `methods` holds, in their fixed order."""
    present = [method for method in COLOURS if method in set(frame.methods)]
    return alt.Scale(domain=present, range=[COLOURS[method] for method in present])


def tradeoff(frame: pd.DataFrame, score_title: str) -> alt.Chart:
    """Score against megabytes, to ask: hover for a point's values, click a method in the legend to follow it alone.

    `frame` has `configuration`, `size`, `megabytes`, `score` and `source`; megabytes are by the paper's ruler.
    """
    frame = with_methods(frame)
    picked = alt.selection_point(fields=["methods"], bind="legend")
    legend = alt.Legend(orient="bottom", columns=4, symbolSize=90)
    axis = alt.Axis(grid=False)
    chart = alt.Chart(frame, width="container", height=HEIGHT).mark_point(filled=True, size=90)
    return chart.encode(
        x=alt.X("megabytes:Q", scale=alt.Scale(type="log", nice=False, padding=20), axis=axis, title="size, MB (log)"),
        y=alt.Y("score:Q", scale=alt.Scale(zero=False), title=score_title),
        color=alt.Color("methods:N", scale=method_scale(frame), legend=legend, title=None),
        opacity=alt.condition(picked, alt.value(0.9), alt.value(0.1)),
        tooltip=[
            "source:N",
            "size:N",
            "configuration:N",
            alt.Tooltip("score:Q", format=".1f"),
            alt.Tooltip("megabytes:Q", format=".3~g"),
        ],
    ).add_params(picked)


def tradeoff_static(frame: pd.DataFrame, score_title: str) -> Figure:
    """The same figure as a picture, to cite."""
    frame = with_methods(frame)
    figure, axes = plt.subplots(figsize=(6, 4.5))
    for method in (method for method in COLOURS if method in set(frame.methods)):
        points = frame[frame.methods == method]
        style = {"color": COLOURS[method], "marker": MARKERS.get(method, "."), "s": 36, "alpha": 0.9, "label": method}
        axes.scatter(points.megabytes, points.score, **style)
    for row in frame[frame.configuration == "base"].itertuples():
        axes.annotate(row.size.upper(), (row.megabytes, row.score), (0, -12), textcoords="offset points", fontsize=8)
    axes.set(xscale="log", xlabel="size, MB (log)", ylabel=score_title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False, fontsize=9, columnspacing=1)
    figure.tight_layout()
    plt.close(figure)
    return figure
