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
taken = l3[0.0001] if 0.0001 in l3 else float("nan")
claim("L3 scores less at each higher rate", not (l3[l3.index > 0.0001] >= taken).any(), l3)
claim("A lower rate brings L3 little", not (l3[l3.index < 0.0001] > taken + 1).any(), l3)
glue_numbers(l3_rates=(l3.index > 0.0001).sum(), l3_taken=taken, l3_lower=l3.iloc[0] if len(l3) else float("nan"))

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
# rate is at a disadvantage. L3 has MiniLM's width and takes its rate, at which it scored {glue:text}`l3_taken:.1f` on
# STS-B; at half of it {glue:text}`l3_lower:.1f`, at {glue:text}`l3_rates:d` higher ones less.

# %% [markdown]
# All {glue:text}`runs:d` runs are below. A dash is a run that was not made, because its rate had lost many points on
# the tasks before; L3 was run on STS-B alone.

# %% tags=["hide-output"]
table.style.format(precision=1, na_rep="–").format_index("{:g}", level="learning_rate")
