# %% [markdown]
# # How the learning rates were chosen
#
# Was any result tuned on the rows that it is scored on? No: each size has one learning rate for all tasks and
# configurations, chosen on a tenth of the *training* rows that was held out of training.

# %% tags=["parameters"]
results = "results/rates"  # the folder of the runs, with one folder of records for each rate

# %%
from compressions.book.percent import check_parameters
from compressions.book.rates import chosen_rates, rate_table, read_runs
from compressions.files import root

check_parameters(globals())
runs = read_runs(root() / results)
table = rate_table(runs)
chosen_rates(table).to_frame().style.format("{:g}")

# %%
from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.rates import rate_figure

glue_figure("rates", rate_figure(table), table.reset_index())
glue_numbers(runs=len(runs), held_out=100 * runs.held_out.max())

# %% tags=["hide-input"]
from compressions.book.claims import claim

l3 = table.query("size == 'l3'").stsb.droplevel("size")
claim("L3 scores less at each higher rate", l3.is_monotonic_decreasing, l3)
glue_numbers(l3_rates=len(l3) - 1, l3_first=l3.max())

# %% [markdown]
# ```{glue:figure} rates
# :name: fig-rates
# :alt: Mean held-out score against the learning rate, a line for each size
#
# Mean score of the uncompressed encoder on {glue:text}`held_out:.0f` % of the training rows, held out; one seed.
# ```
#
# The rule was fixed before the first run: the highest mean score of the uncompressed encoder over four tasks.
# Compressed models take the rate of their size. No method was tuned more than another, but a method that needs another
# rate is at a disadvantage. L3 has MiniLM's width and takes its rate, at which it scored {glue:text}`l3_first:.1f` on
# STS-B; at {glue:text}`l3_rates:d` higher ones it scored less, and none lower was tried.

# %% [markdown]
# All {glue:text}`runs:d` runs are below. A dash is a run that was not made, because its rate had lost many points on
# the tasks before; L3 was run on STS-B alone.

# %% tags=["hide-output"]
table.style.format(precision=1, na_rep="–").format_index("{:g}", level="learning_rate")
