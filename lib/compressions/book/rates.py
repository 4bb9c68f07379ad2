"""The runs that chose the learning rates: a table of held-out scores, the rule, and a figure."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from compressions.book.figures import finish, plain_ticks
from compressions.errors import require
from compressions.experiments.records import read_all

LINES = ("-", "--", ":", "-.")


def read_runs(folder: Path) -> pd.DataFrame:
    """One row a run below `folder`, which has a folder of records for each rate; smaller sizes first.

    Raises `BadInput` without records, or for one that was not scored on rows held out of the training split.
    """
    records = [record for each in sorted(folder.glob("*/")) for record in read_all(each)]
    require(bool(records), f"{folder} holds no records; run experiments with -p held_out 0.1 -p learning_rate …")
    kept = [{**each["specification"], "score": each["score"], "parameters": each["parameters"]} for each in records]
    runs = pd.DataFrame(kept).sort_values("parameters", kind="stable")
    held_out = "held_out" in runs and bool((runs.held_out > 0).all())
    require(held_out, f"{folder} has records that were not scored on rows held out of the training split")
    return runs


def rate_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Scores by `size` and `learning_rate`, a column a task, and their `mean` where no task is missing."""
    found = runs.pivot_table("score", ["size", "learning_rate"], "task").reindex(runs["size"].unique(), level="size")
    return found.assign(mean=found.mean(axis=1, skipna=False))


def chosen_rates(found: pd.DataFrame) -> pd.Series:
    """For each size the rate with the highest mean of a `rate_table`."""
    best = found["mean"].dropna().groupby("size", sort=False).idxmax()
    return pd.Series({size.upper(): rate for size, (_, rate) in best.items()}, name="learning rate")


def rate_figure(found: pd.DataFrame) -> Figure:
    """The mean of a `rate_table` against the learning rate, a line for each size with its name at its best rate."""
    figure, axes = plt.subplots(figsize=(6, 3.4))
    for place, (size, part) in enumerate(found["mean"].dropna().groupby("size", sort=False)):
        rates = part.index.get_level_values("learning_rate")
        axes.plot(rates, part, LINES[place % len(LINES)], color="#333333", marker="o")
        best = (rates[part.argmax()], part.max())
        axes.annotate(size.upper(), best, (0, 7), textcoords="offset points", ha="center", fontsize=10)
    axes.set(xscale="log", xlabel="peak learning rate (log)", ylabel="mean held-out score")
    plain_ticks(axes.xaxis)
    axes.margins(y=0.15)
    return finish(figure)
