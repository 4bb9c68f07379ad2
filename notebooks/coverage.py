# %% [markdown]
# # What has been run, and what it cost
#
# Which cells of the grids have records, which machines made them, and how much time did that take? A cell is a task, a
# size and a seed.
#
# Grid `glue` has {glue:text}`there:d` of {glue:text}`wanted:d` records, which took {glue:text}`hours:.1f` hours.
# {glue:text}`whole:d` of its {glue:text}`cells:d` cells are whole; only these enter the findings.

# %% tags=["parameters"]
results = "results/glue"  # the folder of the records whose machines and hours are counted
shown = ["glue", "limits"]  # the grids of the figure, files in grids/
measured = "results/bench.json"  # what `make bench` wrote

# %%
from compressions.book.percent import check_parameters
from compressions.errors import check, one_of
from compressions.experiments.grid import names, read_grid
from compressions.experiments.records import read_all
from compressions.files import root

check_parameters(globals())
check(bool(shown), "shown", shown, "at least one grid")
for name in shown:
    one_of("grid", name, names())

# %%
import pandas as pd

from compressions.book.coverage import cells, coverage_figure
from compressions.book.glue import glue_figure, glue_numbers

grids = [read_grid(name) for name in shown]
parts = {grid.name: cells(grid, read_all(root() / grid.own_results)) for grid in grids}
glue_figure("coverage", coverage_figure(parts), pd.concat(parts, names=["grid"]).reset_index(level=0), results)
first = parts[shown[0]]
whole = int((first.there == first.wanted).sum())
glue_numbers(there=first.there.sum(), wanted=first.wanted.sum(), whole=whole, cells=len(first))

# %% [markdown]
# ```{glue:figure} coverage
# :name: fig-coverage
# :alt: Heat maps of how many configurations have a record, for each size, seed and task of the grids
#
# How many configurations of a cell have a record; an empty cell has none.
# ```

# %% [markdown]
# ## Machines and hours
#
# Hours in all include fine-tuning the teacher, reading rows and scoring. Workers often shared a machine with others, so
# these hours are an upper bound.

# %%
from compressions.book.coverage import hours, worker
from compressions.book.missing import note_without_records
from compressions.experiments.table import table

records = read_all(root() / results)
frame = table(records).assign(worker=lambda frame: worker(frame))
note_without_records(results, records)

# %%
by_worker = hours(frame, ["processor", "worker", "precision", "size"])
glue_numbers(hours=by_worker["hours in all"].sum())
by_worker.style.format(precision=1)

# %% [markdown]
# Each record also states its commit, package versions, and the checksums of its rows and encoder.
# `results/glue/README.md` lists them.

# %% [markdown]
# ## What a method adds to a training step
#
# `make bench` trains each subset in turn with plain training of the same encoder, MINI's shape with random weights, on
# one thread. Batches have 32 rows with lengths like GLUE's.

# %%
import json

from compressions.errors import require

path = root() / measured
require(path.is_file(), f"{measured} is not there; `make bench` makes it")
bench = json.loads(path.read_text())
ratios = pd.Series(bench["ratios"], name="ratio to plain training").rename_axis("measured").to_frame()
ratios.style.format(precision=2)

# %%
from compressions.book.claims import claim

all_three, qat = (bench["ratios"][f"step: {name}"] for name in ("all three", "qat"))
bucketed = bench["ratios"]["examples per second: bucketed"]
glue_numbers(all_three=all_three, qat=qat, bucketed=bucketed, processor=bench["machine"]["processor"])
claim("Quantization accounts for most of what all three add", qat - 1 > (all_three - 1) / 2, qat, all_three)

# %% [markdown]
# All three methods make a step {glue:text}`all_three:.2f` times as long. Quantization accounts for most of it:
# {glue:text}`qat:.2f` times alone. Pruning renews its masks only now and then, and the teacher's logits are computed
# once. From run to run a ratio moves by some hundredths. Every experiment batches rows of similar length, which
# handles {glue:text}`bucketed:.1f` times as many rows per second as random batches. Measured on:
# {glue:text}`processor`.

# %% [markdown]
# ## How near to the processor's rate
#
# The floating-point operations per second of plain training, as a share of those of one large matrix product on the
# same thread.

# %%
shares = pd.Series(bench["product_shares"], name="share").rename_axis("size, precision")
shares.to_frame().style.format("{:.0%}")
