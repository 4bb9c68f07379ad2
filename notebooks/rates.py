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
table = table.reindex(order, level="size")
table.style.format(precision=1, na_rep="–").format_index("{:g}", level="learning_rate")

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.book.glue import glue_figure, glue_numbers

STYLES = {"tiny": ":", "mini": "--", "minilm": "-"}
figure, axes = plt.subplots(figsize=(6, 3.4))
for size, part in table.dropna().groupby("size", sort=False):
    rates = part.index.get_level_values("learning_rate")
    axes.plot(rates, part["mean"], STYLES.get(size, "-"), color="#333333", marker="o", label=size.upper())
axes.set(xscale="log", xlabel="peak learning rate (log)", ylabel="mean held-out score")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
glue_figure("rates", figure, table.reset_index())
glue_numbers(runs=len(runs), held_out=100 * runs.held_out.max())

# %% [markdown]
# ```{glue:figure} rates
# :name: fig-rates
# :alt: Mean held-out score against the learning rate for each size
#
# All {glue:text}`runs:d` runs are shown, each on {glue:text}`held_out:.0f` % of the training rows held out, one seed.
# ```
#
# The rule chooses:

# %%
best = table["mean"].dropna().groupby("size", sort=False).idxmax()
chosen = pd.Series({size.upper(): rate for size, (_, rate) in best.items()}, name="learning rate")
chosen.to_frame().style.format("{:g}")

# %% [markdown]
# Compressed students get the rate of their uncompressed self. That is fair in the sense that no method was tuned more
# than another, and unfair to a method that would like another rate: quantization and pruning may.
