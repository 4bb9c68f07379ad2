# %% [markdown]
# # What makes distillation work
#
# Which temperature, weight and rows distillation needs, on rows held out of the training split.

# %% tags=["parameters"]
results = "results/distillation"  # the folder of records, below the project's

# %%
from compressions.book.percent import check_parameters

check_parameters(globals())
