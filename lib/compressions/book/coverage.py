"""What of the grids has been run: a figure of their cells, and tables of machines and hours."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from compressions.experiments.grid import Grid
from compressions.experiments.table import table

ROW_INCHES = 0.27
DONE_COLORS = "Greens"


def overview(grids: list[Grid], records: dict[str, list[dict]]) -> pd.DataFrame:
    """One row a file of grids: its axes, how many records it asks for, and how many of `records`, by grid, are there.

    The variants of a file are counted together; its axes are those of the first.
    """
    rows: dict[str, dict] = {}
    for grid in grids:
        axes = {
            "tasks": len(grid.content["tasks"]),
            "sizes": ", ".join(grid.content["sizes"]),
            "seeds": len(grid.content["seeds"]),
            "records wanted": 0,
            "there": 0,
        }
        row = rows.setdefault(grid.name.partition("/")[0], axes)
        row["records wanted"] += len(grid.keys) * len(grid.configurations)
        row["there"] += len(records[grid.name])
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("grid")


def cells(grid: Grid, records: list[dict]) -> pd.DataFrame:
    """One row a cell of the grid: `task`, `size`, `seed`, and of how many `wanted` configurations records are `there`.

    Records that the grid does not ask for are not counted.
    """
    names, frame = {configuration.name for configuration in grid.configurations}, table(records)
    there = frame[frame.configuration.isin(names)].groupby(["task", "size", "seed"]).size()
    rows = [(*key, there.get(key, 0), len(names)) for key in grid.keys]
    return pd.DataFrame(rows, columns=["task", "size", "seed", "there", "wanted"])


def coverage_figure(parts: dict[str, pd.DataFrame]) -> Figure:
    """A panel for each grid's `cells`: a row for each size and seed, a column a task, the darker the more is there."""
    rows = [part.groupby(["size", "seed"]).ngroups for part in parts.values()]
    height = ROW_INCHES * sum(rows) + 0.9 * len(parts)
    figure, panels = plt.subplots(len(parts), figsize=(6, height), squeeze=False, height_ratios=rows)
    for axes, (name, part) in zip(panels[:, 0], parts.items(), strict=True):
        _draw_cells(axes, part)
        axes.set_title(f"{name}: {part.there.sum()} of {part.wanted.sum()} records", fontsize=11)
    return figure


def _draw_cells(axes: Axes, part: pd.DataFrame) -> None:
    rows = list(dict.fromkeys(zip(part["size"], part.seed, strict=True)))
    rows.sort(key=lambda row: list(dict.fromkeys(part["size"])).index(row[0]))
    tasks = list(dict.fromkeys(part.task))
    there = part.pivot(index=["size", "seed"], columns="task", values="there").reindex(rows)[tasks].to_numpy()
    wanted = part.wanted.iloc[0]
    axes.imshow(there / wanted, cmap=DONE_COLORS, vmin=0, vmax=1, aspect="auto")
    for row, column in np.argwhere(there > 0):
        color = "white" if there[row, column] > wanted / 2 else "black"
        place = {"ha": "center", "va": "center", "fontsize": 9}
        axes.text(column, row, there[row, column], color=color, **place)
    axes.set(xticks=range(len(tasks)), yticks=range(len(rows)))
    axes.set_xticklabels(tasks, fontsize=10)
    axes.set_yticklabels([f"{size.upper()}, seed {seed}" for size, seed in rows], fontsize=10)


def hours(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Records, and hours of training and in all (teachers, scoring and starts included), of a table of records.

    `frame` is the `table` of records; its groups are by the columns `by`.
    """
    starts = frame.drop_duplicates([*by, "task", "size", "seed", "startup_seconds"])
    order = [name if name != "size" else "parameters" for name in by]
    groups = frame.sort_values(order, kind="stable").groupby(by, sort=False)
    found = groups.agg(records=("record", "size"), training=("seconds", "sum"), all=("total_seconds", "sum"))
    found["all"] += starts.groupby(by).startup_seconds.sum()
    found[["training", "all"]] /= 3600
    return found.rename(columns={"training": "hours of training", "all": "hours in all"})


def worker(frame: pd.DataFrame) -> pd.Series:
    """What computed each record of a table, in words: the threads of a CPU, or the GPU's name."""
    threads = frame.threads.map(lambda count: "1 CPU thread" if count == 1 else f"{count:g} CPU threads")
    return frame.device.where(frame.device != "cpu", threads).rename("worker")


def rows_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Training and validation rows of each task of a table of records, and the first digits of their checksums."""
    columns = ["train_rows", "validation_rows", "train_checksum", "validation_checksum"]
    rows = frame[["task", *columns]].drop_duplicates().set_index("task")
    short = {name: rows[name].str[:12] for name in columns[2:]} if len(rows) else {}
    return rows.assign(**short).rename(columns=lambda name: name.replace("train_", "training ").replace("_", " "))
