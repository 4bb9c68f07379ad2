# %% [markdown]
# # The grids, and what is there of them
#
# A *grid* is a set of experiments, written down in one file: `cpu` is the one whose records this book's results on real
# tasks are made of, `paper` the paper's sizes and tasks, with our seeds and control, for which nobody here has the
# machines, and `builtin` is what `make reproduce` runs on each machine. `make grid GRID=cpu` runs what is missing of
# one and may be stopped at any moment.

# %% tags=["parameters"]
grid = "cpu"  # the grid whose coverage and speed is shown, a file in grids/
planned = "paper"  # the grid whose hours are reckoned from the speed of `cpu`, a file in grids/
gpu_teraflops = 9.35  # assumed of a GPU: a V100 in fp32, with which NVIDIA trained LARGE on 40.32 × 128 tokens a second
gpu_step = 0.02  # seconds that a GPU's step takes at least, assumed: Python and the start of kernels
tokens = 35.1  # of an example, the mean over the eight tasks' training rows as BERT's tokenizer cuts 3,000 of each

# %%
from compressions.errors import one_of
from compressions.experiments.grid import names, read_grid
from compressions.book.percent import check_parameters

check_parameters(globals())
one_of("grid", grid, names())
one_of("grid to plan", planned, names())
grids = [read_grid(name) for name in names()]

# %% [markdown]
# The last column counts the records that this book was built with.

# %%
import pandas as pd

from compressions.files import root
from compressions.experiments.records import read_all

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
from compressions.experiments.table import table

chosen = next(each for each in grids if each.name == grid)
frame = table(records[grid])
order = [configuration.name for configuration in chosen.configurations]
seeds = frame.pivot_table("seed", ["size", "configuration"], "task", aggfunc="count")

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.book.glue import glue_figure, glue_numbers

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
glue_figure("coverage", figure, records=chosen.own_results)
wanted = len(chosen.keys) * len(order)
glue_numbers(there=len(frame), wanted=wanted, part=100 * len(frame) / wanted)

# %% [markdown]
# ```{glue:figure} coverage
# :name: fig-coverage
# :alt: Heat map of the number of seeds for each size, configuration and task of the grid
#
# {glue:text}`there:d` of {glue:text}`wanted:d` records are there ({glue:text}`part:.0f` %); an empty cell is an
# experiment that has not been run. Every record counts here; the chapters of findings say which they do not use.
# ```
#
# One table of all records, with the meaning of its columns, and what was run where, by which commit and on which rows
# and encoders, lie beside the records: `records.csv`, `records.parquet` and `README.md` in `results/cpu`.

# %% [markdown]
# ## Speed
#
# Examples per second in training, the median over seeds and over the tasks that have most configurations of a size: of
# one thread of a CPU, or of one process on a GPU, which others shared. The records come from machines of several kinds,
# often busy with other work, so that [timings of a single step](coverage.py) compare the methods better.

# %%
frame["worker"] = frame.device.where(frame.device != "cpu", "one CPU thread")
counts = frame.groupby(["worker", "size", "task"]).configuration.transform("nunique")
full = frame[counts == counts.groupby([frame.worker, frame["size"]]).transform("max")]
speed = full.pivot_table("examples_per_second", "configuration", ["worker", "size"], aggfunc="median")
speed = speed.reindex([name for name in order if name in speed.index]).reindex(sizes, axis=1, level="size")
speed.style.format(precision=0, na_rep="–")

# %% [markdown]
# And which part of all seconds were training, the rest being tokenizing, teachers, scoring and starts (the longest of
# which stands last).

# %%
timed = frame.dropna(subset=["startup_seconds"])
starts = timed.groupby(["worker", "task", "size", "startup_seconds"]).size().reset_index("startup_seconds")
starts = starts.groupby("worker").startup_seconds.agg(["sum", "max"])
spent = timed.groupby("worker")[["seconds", "total_seconds"]].sum()
every = spent.total_seconds + starts["sum"]
shares = {"hours": every / 3600, "% training": 100 * spent.seconds / every, "longest start, s": starts["max"]}
pd.DataFrame(shares).style.format(precision=1)

# %% [markdown]
# Hours are those of all workers together; records made before starts were timed are not counted.

# %% [markdown]
# ## What the paper's grid would take
#
# The paper's grid needs GPUs and has not run: its hours are arithmetic, not a measurement. First the examples that one
# size trains on with one seed: rows × epochs for a configuration, and twice as many where synonym replacement adds
# rows, for the paper's grid is planned with the paper's doubled steps.

# %%
from compressions.experiments.estimates import Speeds, examples, hours
from compressions.data.tasks import TASKS

plan = next(each for each in grids if each.name == planned)
plain, added = ([each for each in plan.configurations if each.augments is kind] for kind in (False, True))
rows = [
    {
        "task": task,
        "rows": TASKS[task].rows,
        f"{len(plain)} configurations": sum(examples(plan, task, each) for each in plain),
        f"{len(added)} with added rows": sum(examples(plan, task, each) for each in added),
    }
    for task in plan.content["tasks"]
]
pd.DataFrame(rows).set_index("task").style.format(thousands=" ", precision=0)

# %% [markdown]
# Then the seconds of an example. On one thread they are those measured in `cpu`. A size that has not run takes the
# speed of the largest that has, in inverse proportion to the weights of its matrices. A GPU does six operations for
# each of these weights and each token (two forward, four backward) at the assumed rate, but no training step takes less
# than the assumed minimum.

# %%
speeds = Speeds(records["cpu"])
estimate = hours(plan, speeds, tokens, gpu_teraflops, gpu_step)
titles = {"measured": "speed of", "cpu_hours": "hours of one thread", "gpu_hours": "hours of one GPU"}
estimate.rename(columns=titles).style.format(thousands=" ", precision=0)

# %% tags=["hide-input"]
glue_numbers(
    planned_largest=estimate.index[-1].upper(),
    planned_examples=estimate.examples.iloc[-1] / 1e6,
    planned_years=estimate.cpu_hours.sum() / (365 * 24),
    planned_hours=estimate.gpu_hours.sum(),
    planned_share=100 * estimate.gpu_hours.iloc[-1] / estimate.gpu_hours.sum(),
    planned_rate=gpu_teraflops,
    planned_step=1000 * gpu_step,
    planned_tokens=tokens,
)

# %% [markdown]
# All sizes together take {glue:text}`planned_years:.0f` years of one thread, or {glue:text}`planned_hours:.0f` hours of
# one GPU at {glue:text}`planned_rate:.2f` teraflops, {glue:text}`planned_share:.0f` % of them for
# {glue:text}`planned_largest`. Each size trains on {glue:text}`planned_examples:.0f` million examples of
# {glue:text}`planned_tokens:.0f` tokens.
#
# A thread's hours are an upper bound. The records were made on machines that did other work as well; a large encoder
# uses a processor better than a small one, so its time grows more slowly than its weights; and synonym replacement adds
# less than one row for each. The GPU's hours are rather a lower bound: those of the narrow sizes are all steps of
# {glue:text}`planned_step:.0f` ms, and fake quantization is assumed to take no time. Teachers, scoring and starts are
# not counted.
