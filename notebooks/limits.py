# %% [markdown]
# # The limits of combining
#
# How far TINY can be compressed: up to 95 % sparsity and down to two bits, with and without distillation.

# %% tags=["parameters"]
results = "results/limits"  # the folder of records, below the project's

# %%
from compressions.book.percent import check_parameters

check_parameters(globals())
