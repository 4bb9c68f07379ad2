# %% [markdown]
# # Grids and clusters
#
# How do you run many experiments, here or on a cluster? A *grid* is one file in `grids/`: tasks, sizes, seeds, subsets,
# and any parameter of [the experiment](experiment.py), for all cells or in `overrides` for some.

# %% tags=["parameters"]
example = "builtin"  # the grid whose file is shown; one of grids/, or its variant
planned = "paper"  # the grid whose hours are estimated
measured = "glue"  # the grid whose records give the speed of one CPU thread
gpu_teraflops = 9.35  # assumed of a GPU: a V100 in fp32, with which NVIDIA trained LARGE on 40.32 × 128 tokens a second
gpu_step = 0.02  # seconds that a GPU's step takes at least, assumed: Python and the start of kernels
tokens = 35.1  # of an example, the mean over the eight tasks' training rows as BERT's tokenizer cuts 3,000 of each

# %%
from IPython.display import Code

from compressions.book.percent import check_parameters
from compressions.errors import one_of
from compressions.experiments.grid import names, read_grid
from compressions.files import root

check_parameters(globals())
for given in (example, planned, measured):
    one_of("grid", given, names())
Code((root() / read_grid(example).file).read_text(), language="yaml")

# %% [markdown]
# ```bash
# make grid GRID=glue CORES=2                  # runs what is missing; GLUE=path/to/glue reads local rows
# make grid-status GRID=glue                   # done, running, missing, failed, and the hours left
# make grid GRID=distillation                  # all variants of a file; GRID=distillation/alpha05 is one
# make grid GRID=glue GPUS=1                   # one experiment at a time on a GPU
# make grid GRID=glue PROFILE=slurm GPUS=1     # on a cluster with SLURM
# ```
#
# A grid may be stopped or killed at any moment. The same command continues it, and repeats no finished configuration.
# Snakemake schedules the experiments. On SLURM it asks for each one's memory, minutes and GPU, and `OPTIONS` adds your
# partition and account. The profile for Kubernetes was tried only against a stand-in for its API; the README says what
# to adapt.

# %%
from compressions.book.coverage import overview
from compressions.experiments.records import read_all

grids = [read_grid(name) for name in names()]
records = {grid.name: read_all(root() / grid.own_results) for grid in grids}
overview(grids, records).style.format(thousands=" ")

# %% [markdown]
# [What has been run](coverage.py) shows which cells are there. Records of `builtin` are made on each machine.

# %% [markdown]
# ## What would the paper's grid take?
#
# It needs GPUs and has not run: these hours are arithmetic. One CPU thread has the speed of the records. A size without
# records takes the speed of the largest that has some, in inverse proportion to the weights of its matrices. A GPU does
# six operations for each weight and token.

# %%
from compressions.experiments.estimates import Speeds, hours

estimate = hours(read_grid(planned), Speeds(records[measured]), tokens, gpu_teraflops, gpu_step)
titles = {"measured": "speed of", "cpu_hours": "hours of one thread", "gpu_hours": "hours of one GPU"}
estimate.rename(columns=titles).style.format(thousands=" ", precision=0, na_rep="–")

# %%
from compressions.book.glue import glue_numbers
from compressions.book.missing import note_without_records

gpu_hours = estimate.gpu_hours
years = estimate.cpu_hours.sum(skipna=False) / (365 * 24)
glue_numbers(years=years, gpu=gpu_hours.sum(), rate=gpu_teraflops)
glue_numbers(share=100 * gpu_hours.iloc[-1] / gpu_hours.sum(), largest=estimate.index[-1].upper())
note_without_records(f"results/{measured}", records[measured])

# %% [markdown]
# That is {glue:text}`gpu:.0f` hours of one GPU at {glue:text}`rate:.2f` teraflops, {glue:text}`share:.0f` % of them for
# {glue:text}`largest`, or {glue:text}`years:.0f` years of one CPU thread. The thread's hours are an upper bound,
# because a large encoder uses a processor better than a small one. The GPU's are rather a lower bound. Teachers and
# scoring are not counted.
