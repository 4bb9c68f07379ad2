# %% [markdown]
# # What training with compression costs
#
# Every method adds work to a training step. The numbers below are ratios: each subset against plain training of the
# same encoder (MINI's shape, random weights, batches of 32 rows with lengths like GLUE's), in turn, in one run, on one
# thread. `make bench` measures them anew.

# %% tags=["parameters"]
measured = "results/bench.json"  # what `make bench` wrote

# %%
import json

from compressions.errors import require
from compressions.files import root
from compressions.book.percent import check_parameters

check_parameters(globals())
path = root() / measured
require(path.is_file(), f"{measured} is not there; `make bench` makes it")
bench = json.loads(path.read_text())

# %%
import pandas as pd

ratios = pd.Series(bench["ratios"], name="ratio to plain training").rename_axis("measured").to_frame()
ratios.style.format(precision=2)

# %%
from compressions.book.glue import glue_numbers

glue_numbers(
    all_three=bench["ratios"]["step: all three"],
    qat=bench["ratios"]["step: qat"],
    bucketed=bench["ratios"]["examples per second: bucketed"],
    processor=bench["machine"]["processor"],
)

# %% [markdown]
# All three methods together make a step {glue:text}`all_three:.2f` times as long as plain training, quantization alone
# {glue:text}`qat:.2f` times; from run to run such a ratio moves by some hundredths. Pruning recomputes its masks only
# now and then, and distillation reads logits that the teacher gave once. Batches of rows of similar length, which
# every experiment uses, handle {glue:text}`bucketed:.1f` times as many rows per second as random ones. Measured on:
# {glue:text}`processor`.
#
# The table counts a row's cost, not an experiment's: with doubled steps, configurations with distillation also train on
# the added rows.
