# %% [markdown]
# # The grids, and what is there of them
#
# A *grid* is a set of experiments, written down in one file: `cpu` is the one whose records this book's results on real
# tasks are made of, `paper` is the paper's own, for which nobody here has the machines, and `embedded` is what `make
# reproduce` runs on each machine. `make grid GRID=cpu` runs what is missing of one and may be stopped at any moment.

# %% tags=["parameters"]
grid = "cpu"  # the grid whose coverage and speed is shown, a file in grids/

# %%
from compressions.errors import one_of
from compressions.grids import names, read_grid
from compressions.percent import check_parameters

check_parameters(In)
one_of("grid", grid, names())
grids = [read_grid(name) for name in names()]

# %% [markdown]
# The last column counts the records that this book was built with.

# %%
import pandas as pd

from compressions.files import root
from compressions.records import read_all

records = {each.name: read_all(root() / each.own_results) for each in grids}
rows = [
    {
        "grid": each.name,
        "tasks": len(each.content["tasks"]),
        "sizes": ", ".join(each.content["sizes"]),
        "seeds": len(each.content["seeds"]),
        "configurations": len(each.configurations),
        "records wanted": len(each.keys) * len(each.configurations),
        "there": len(records[each.name]),
    }
    for each in grids
]
pd.DataFrame(rows).set_index("grid").style.format(thousands=" ")

# %% [markdown]
# ## Coverage
#
# How many seeds each configuration has, on each task and with each size.

# %%
from compressions.table import table

chosen = next(each for each in grids if each.name == grid)
frame = table(records[grid])
order = [configuration.name for configuration in chosen.configurations]
seeds = frame.pivot_table("seed", ["size", "configuration"], "task", aggfunc="count")

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.pages import glue_figure, glue_numbers

tasks, sizes, most = chosen.content["tasks"], chosen.content["sizes"], len(chosen.content["seeds"])
figure, axes = plt.subplots(len(sizes), figsize=(5, 3.3 * len(sizes)), sharex=True, squeeze=False)
for ax, size in zip(axes[:, 0], sizes, strict=True):
    index = pd.MultiIndex.from_product([[size], order])
    counts = seeds.reindex(index=index, columns=tasks).fillna(0).to_numpy()
    ax.imshow(counts, cmap="Greens", vmin=0, vmax=most, aspect="auto")
    for (row, column), count in ((place, count) for place, count in pd.DataFrame(counts).stack().items() if count):
        ax.text(column, row, f"{count:.0f}", ha="center", va="center", color="white" if count > most / 2 else "black")
    ax.set(title=size.upper(), xticks=range(len(tasks)), yticks=range(len(order)))
    ax.set_xticklabels(tasks, rotation=90)
    ax.set_yticklabels(order)
glue_figure("coverage", figure)
wanted = len(chosen.keys) * len(order)
glue_numbers(there=len(frame), wanted=wanted, part=100 * len(frame) / wanted)

# %% [markdown]
# ```{glue:figure} coverage
# :name: fig-coverage
# :alt: Heat map of the number of seeds for each size, configuration and task of the grid
#
# {glue:text}`there:d` of {glue:text}`wanted:d` records are there ({glue:text}`part:.0f` %); an empty cell is an
# experiment that has not been run. Nothing that was run is left out.
# ```
#
# One table of all records, with the meaning of its columns, and what was run where, by which commit and on which rows
# and encoders, lie beside the records: `records.csv`, `records.parquet` and `README.md` in `results/cpu`.

# %% [markdown]
# ## Speed
#
# Examples per second in training, on one thread, the median over tasks and seeds; and which part of all seconds were
# training, the rest being starts, tokenising, teachers and scoring.

# %%
speed = frame.pivot_table("examples_per_second", "configuration", "size", aggfunc="median")
present = [name for name in order if name in speed.index], [size for size in sizes if size in speed.columns]
speed.reindex(index=present[0], columns=present[1]).style.format(precision=0, na_rep="–")

# %%
timed = frame.dropna(subset=["startup_seconds"])
if len(timed):
    starts = timed.groupby(["task", "size", "startup_seconds"]).size().index.get_level_values("startup_seconds")
    glue_numbers(
        share=100 * timed.seconds.sum() / (timed.total_seconds.sum() + starts.to_series().sum()),
        longest_start=starts.max(),
        hours=(timed.total_seconds.sum() + starts.to_series().sum()) / 3600,
    )

# %% [markdown]
# In {glue:text}`hours:.1f` hours of one worker, {glue:text}`share:.0f` % were training; no experiment took longer than
# {glue:text}`longest_start:.1f` s to start. Records made before starts were timed are not counted.
