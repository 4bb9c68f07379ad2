# %% [markdown]
# # This machine's run
#
# `make reproduce` runs the embedded grid: every subset on four generated tasks with miniatures trained from
# scratch. What this page shows was computed where the book was built. It shows that the whole chain works and in which
# direction each method pulls. It is **not** evidence on the paper's claim: the sentences are generated, the encoders
# are tiny, and there is one seed. Distillation comes with augmentation and so trains on twice the rows; part of its
# gain is theirs, and the control that would tell them apart is left out to keep the run short.

# %% tags=["parameters"]
results = "results/embedded"  # the folder of the grid's records

# %%
from IPython.display import Markdown

from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.experiments.records import read_all

check_parameters(globals())
records = read_all(root() / results)
Markdown(f"{len(records)} records in `{results}`." if records else f"`{results}` is empty; `make reproduce` fills it.")

# %%
import pandas as pd

fields = ["configuration", "score", "megabytes"]
rows = [{field: record[field] for field in fields} | record["specification"] for record in records]
frame = pd.DataFrame(rows, columns=[*fields, "task", "size", "seed", "sparsity"])

# %%
from compressions.experiments.configurations import SUBSETS, configurations
from compressions.models.architectures import SIZES

sparsities = sorted(set(frame.sparsity) - {0.0}) or [0.4, 0.6]
order = [each.name for each in configurations(SUBSETS, sparsities) if each.name in set(frame.configuration)]
sizes = [size for size in SIZES if size in set(frame["size"])]

# %% [markdown]
# ## Score by size and configuration
#
# The mean over the tasks of the score on the validation split, for configurations that all tasks have.

# %%
means = frame.pivot_table("score", ["size", "configuration"], "task").dropna().mean(axis=1)
means.unstack("size").reindex(index=order, columns=sizes).style.format(precision=1, na_rep="–")

# %%
from compressions.book.figures import tradeoff

megabytes = frame.groupby(["size", "configuration"]).megabytes.mean()
drawn = pd.DataFrame({"score": means, "megabytes": megabytes}).dropna().reset_index()
tradeoff(drawn.assign(source="this machine"), score_title="mean score") if len(drawn) else None

# %% [markdown]
# ## Task by task
#
# The score of the largest size that was run. Where a task is learned whole, compression has little left to hurt; where
# it is half learned, there is more for a teacher and more rows to give.

# %%
largest = frame[frame["size"] == sizes[-1]] if sizes else frame
largest.pivot_table("score", "configuration", "task").reindex(order).style.format(precision=1, na_rep="–")
