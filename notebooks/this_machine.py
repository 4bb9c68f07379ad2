# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # This machine's run
#
# `make reproduce` runs the embedded grid: every configuration on eight generated tasks with miniatures trained from
# scratch. What this page shows was computed where the book was built. It shows that the whole chain works and in which
# direction each method pulls. It is **not** evidence on the paper's claim: the sentences are generated, the encoders
# are tiny, and there is one seed.

# %% tags=["parameters"]
results = "results/embedded"  # the folder of the grid's records

# %%
from IPython.display import Markdown

from compressions.files import root
from compressions.percent import check_parameters
from compressions.records import read_all

check_parameters(In)
records = read_all(root() / results)
Markdown(f"{len(records)} records in `{results}`." if records else f"`{results}` is empty; `make reproduce` fills it.")

# %%
import pandas as pd

fields = ["configuration", "score", "megabytes", "artifact_bytes", "total_seconds"]
rows = [{field: record[field] for field in fields} | record["specification"] for record in records]
frame = pd.DataFrame(rows, columns=[*fields, "task", "size", "seed"])

# %% [markdown]
# ## Score by size and configuration
#
# The mean over the tasks of the score on the validation split. Only configurations that all tasks have are averaged.

# %%
from compressions.sizes import SIZES

order = frame.configuration.drop_duplicates().tolist()
means = frame.pivot_table("score", ["size", "configuration"], "task").dropna().mean(axis=1)
table = means.unstack("size").reindex(index=order, columns=[name for name in SIZES if name in set(frame["size"])])
table.style.format(precision=1, na_rep="–")

# %%
from compressions.figures import tradeoff

sizes = frame.groupby(["size", "configuration"]).megabytes.mean()
drawn = pd.DataFrame({"score": means, "megabytes": sizes}).dropna().reset_index().assign(source="ours")
tradeoff(drawn.assign(size=drawn["size"].str.upper()), score_title="mean score") if len(drawn) else None

# %% [markdown]
# ## Task by task

# %%
base = frame[frame.configuration == "base"].pivot_table("score", "task", "size")
base.reindex(columns=[name for name in SIZES if name in base]).style.format(precision=1)
