"""Milliseconds of compressed models as a figure and a table: how many times faster than fp32, by size and batch."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pandas.io.formats.style import Styler

from compressions.analysis.reading import NoResults
from compressions.book.figures import COLORS, finish
from compressions.errors import BadInput, require
from compressions.experiments.configurations import method_of, parse
from compressions.measurements.runtimes import OURS, PEER

COLORS_BY_NAME = {
    **{"mp60": COLORS["MP"], "qat": COLORS["QAT"], "qat+mp60": COLORS["QAT+MP"]},
    **{OURS: COLORS["QAT"], PEER: "#000000"},
}
MARKS = dict(zip(COLORS_BY_NAME, "vsPDX", strict=True))
MEASURED = {"size", "configuration", "batch", "length", "ms", "ratio", "low", "high"}
RUNTIMES = {"qat": "ONNX Runtime", OURS: "OpenVINO"}  # what our QAT model runs in, by the names of rows


def read_latency(path: Path) -> tuple[pd.DataFrame, dict]:
    """What `make latency` measured: its rows, with sizes as they are shown and the `shape` of a batch, and the machine.

    Raises `NoResults` where the file is not there, and `BadInput` for another one.
    """
    if not path.is_file():
        raise NoResults(f"{path.name} is not there; `make latency` measures it in about five minutes")
    try:
        content = json.loads(path.read_text())
        rows = pd.DataFrame(content["rows"])
        require(set(rows) >= MEASURED, "rows of another kind")
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} holds no timings; name a file that `make latency` wrote") from error
    rows["size"] = rows["size"].str.upper()
    rows["shape"] = [f"batch {row.batch}, {row.length} tokens" for row in rows.itertuples()]
    return rows, content


def machine_facts(content: dict) -> dict[str, str]:
    """The machine and the runtimes that were measured, by name; `unknown` for what an older file does not say."""
    about, runtimes = content["machine"], content.get("runtimes", {})
    return {
        "processor": about["processor"],
        "cores": str(about["cores"]),
        "instructions": ", ".join(about.get("instructions", [])) or "unknown",
        "load": f"{about['load']:.1f}" if "load" in about else "unknown",
        "onnxruntime": runtimes.get("onnxruntime", "unknown"),
    }


def speed_figure(rows: pd.DataFrame) -> Figure:
    """Times faster than fp32 in ONNX Runtime against size, a panel for each shape of a batch; bars are quartiles."""
    shapes, sizes = list(dict.fromkeys(rows["shape"])), list(dict.fromkeys(rows["size"]))
    figure, panels = plt.subplots(-(-len(shapes) // 2), 2, figsize=(6, 5.6), sharex=True, sharey=True, squeeze=False)
    for axes, shape in zip(panels.flat, shapes, strict=False):
        for offset, (name, color) in zip((-0.28, -0.14, 0, 0.14, 0.28), COLORS_BY_NAME.items(), strict=True):
            part = rows[(rows["shape"] == shape) & (rows.configuration == name)]
            at = [sizes.index(size) + offset for size in part["size"]]
            axes.vlines(at, part.low, part.high, color=color, linewidth=1)
            label = (name if name in (OURS, PEER) else method_of(name)) if len(part) else None
            fill = "none" if name == OURS else "full"
            axes.plot(at, part.ratio, MARKS[name], color=color, markersize=4.5, fillstyle=fill, label=label)
        axes.axhline(1, color="#333333", linewidth=0.8, zorder=0)
        axes.set_title(shape)
        axes.set_xticks(range(len(sizes)), sizes, rotation=60)
    for axes in panels[:, 0]:
        axes.set(ylabel="times faster than fp32")
    panels[0, 0].set_ylim(0, 1.05 * rows.high.max())
    return finish(figure, columns=3)


def milliseconds_table(rows: pd.DataFrame) -> Styler:
    """Milliseconds of each size and shape by configuration."""
    order = [list(dict.fromkeys(rows[axis])) for axis in ("size", "shape")]
    table = rows.pivot(index=["size", "shape"], columns="configuration", values="ms")
    table = table[list(dict.fromkeys(rows.configuration))].rename(columns={"base": "fp32"})
    return table.reindex(pd.MultiIndex.from_product(order, names=["size", "shape"])).style.format("{:.2f}", na_rep="–")


def compare_runtimes(rows: pd.DataFrame) -> pd.DataFrame:
    """Our QAT model's time over that of OpenVINO's own int8 model, `ratio`, with quartiles `low` and `high`.

    One row for each `size`, `shape` and `runtime` of our model; none where OpenVINO was not measured.
    """
    columns = ["size", "shape", "runtime", "ratio", "low", "high"]
    if "peer_ratio" not in rows:
        return pd.DataFrame(columns=columns)
    ours = rows[rows.configuration.isin(RUNTIMES)].drop(columns=["ratio", "low", "high"])
    ours = ours.assign(runtime=ours.configuration.map(RUNTIMES))
    return ours.rename(columns=lambda name: name.removeprefix("peer_"))[columns]


def runtimes_table(compared: pd.DataFrame) -> Styler:
    """The ratios of `compare_runtimes` with their quartiles, sizes by shapes; bold where our model is the slower."""
    texts = [f"{row.ratio:.2f} ({row.low:.2f}–{row.high:.2f})" for row in compared.itertuples()]
    styles = np.where(compared.low > 1, "font-weight: bold", "")
    axes = ["runtime", "size"]
    table = compared.assign(text=texts, style=styles).pivot(index=axes, columns="shape", values=["text", "style"])
    order = {axis: list(dict.fromkeys(compared[axis])) for axis in (*axes, "shape")}
    index = pd.MultiIndex.from_product([order[axis] for axis in axes], names=axes)
    text, style = (table[name].reindex(index=index, columns=order["shape"]) for name in ("text", "style"))
    return text.style.apply(lambda _: style.fillna(""), axis=None)


def exported_table(checked: pd.DataFrame) -> Styler:
    """For each size and kind of weights: models, answers, those that differ from the record's, largest score change."""
    off = (checked.onnx_score - checked.score).abs()
    keys = {"size": checked["size"].str.upper(), "stored": checked.configuration.map(_stored), "off": off}
    groups = checked.assign(**keys).groupby(["size", "stored"], sort=False)
    largest = "largest change of a score"
    columns = {"models": ("rows", "size"), "answers": ("rows", "sum"), "other answers": ("differing", "sum")}
    table = groups.agg(**columns, **{largest: ("off", "max")})
    return table.style.format({largest: "{:.2f}", "answers": "{:,}"})


def _stored(configuration: str) -> str:
    """How the weights of a configuration are stored, by its name: `fp32`, or `int8`, `int4`, … with QAT."""
    found = parse(configuration)
    return f"int{found.bits}" if found.uses("qat") else "fp32"
