# %% [markdown]
# # Results by task
#
# The scores of every configuration on each task.

# %% tags=["parameters"]
results = "results/glue"  # the folder of records, below the project's

# %%
from compressions.book.percent import check_parameters

check_parameters(globals())
