# %% [markdown]
# # How the learning rates were chosen
#
# Each size has one learning rate, the same for every task and configuration. It was chosen once, on a tenth of the
# *training* rows that was held out of training; the validation split had no part in it. The rule was fixed before the
# first run: the highest mean score of the uncompressed encoder over four tasks with one seed. This page shows every
# run.

# %% tags=["parameters"]
results = "results/rates"  # the folder of the runs, with one folder of records for each rate

# %%
from compressions.errors import require
from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.experiments.records import read_all

check_parameters(globals())
folders = sorted((root() / results).iterdir()) if (root() / results).is_dir() else []
records = [record for folder in folders for record in read_all(folder)]
require(bool(records), f"{root() / results} holds no records; run experiments with -p held_out 0.1 -p learning_rate …")

# %%
import pandas as pd

runs = pd.DataFrame([record["specification"] | {"score": record["score"]} for record in records])
require((runs.held_out > 0).all(), f"{results} has records that were not scored on rows held out of the training split")
table = runs.pivot_table("score", ["size", "learning_rate"], "task")
table["mean"] = table.mean(axis=1, skipna=False)

# %% [markdown]
# Scores on the held-out rows. A dash is a run that was not made: a rate that had lost many points on the tasks before
# was given up.

# %%
order = [size for size in ("tiny", "mini", "minilm") if size in table.index.levels[0]]
shown = table.reindex(order, level="size")
shown.style.format(precision=1, na_rep="–").format_index("{:g}", level="learning_rate")

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np

from compressions.book.glue import glue_figure, glue_numbers

STYLES = {"tiny": ":", "mini": "--", "minilm": "-"}
figure, axes = plt.subplots(figsize=(6, 3.4))
for size, part in shown.dropna().groupby("size", sort=False):
    rates = part.index.get_level_values("learning_rate")
    axes.plot(rates, part["mean"], STYLES.get(size, "-"), color="#333333", marker="o", label=size.upper())
axes.set(xscale="log", xlabel="peak learning rate (log)", ylabel="mean held-out score")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
drawn = shown.reset_index()
glue_figure("rates", figure, drawn)

# %% tags=["hide-input"]
best = shown["mean"].dropna().groupby("size").idxmax()
whole = shown["mean"].groupby("size").agg(lambda means: np.ptp(means) if means.notna().all() else np.nan)
steady = whole.dropna()
losses = shown.drop(columns="mean") - shown.drop(columns="mean").groupby("size").transform("max")
gave_up = [
    f"{size.upper()} at {rate:g}, {losses.loc[(size, rate)].min():+.0f} points on {losses.loc[(size, rate)].idxmin()}"
    for size, rate in shown.index[shown["mean"].isna()]
]
glue_numbers(
    chosen=", ".join(f"{best[size][1]:g} for {size.upper()}" for size in order),
    runs=len(runs),
    held_out=100 * runs.held_out.max(),
    steady=steady.idxmin().upper() if len(steady) else "no size",
    spread=steady.min(),
    gave_up="; ".join(gave_up) or "none",
)

# %% [markdown]
# ```{glue:figure} rates
# :name: fig-rates
# :alt: Mean held-out score against the learning rate for each size
#
# The rule chooses {glue:text}`chosen`. All {glue:text}`runs:d` runs are shown, each on {glue:text}`held_out:.0f` % of
# the training rows held out, one seed. For {glue:text}`steady`, the least sensitive of the sizes with all rates, the
# means lie within {glue:text}`spread:.1f` points. Given up: {glue:text}`gave_up`.
# ```
#
# Compressed students get the rate of their uncompressed self. That is fair in the sense that no method was tuned more
# than another, and unfair to a method that would like another rate: quantization and pruning may.
