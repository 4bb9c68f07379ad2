# %% [markdown]
# # Which method first?
#
# What one method more is worth at each step, from no compression to all three.

# %% tags=["parameters"]
results = "results/glue"  # the folder of records, below the project's

# %%
from compressions.book.percent import check_parameters

check_parameters(globals())
