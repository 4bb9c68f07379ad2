# %% [markdown]
# # This machine's run
#
# Does the experiment give the same on your machine? `make reproduce` trains our TINY with every subset of the methods
# on two small real tasks, and this page compares it with the committed records on GLUE.
#
# The change of the mean score agrees for {glue:text}`agreeing:d` of {glue:text}`compared:d` configurations.

# %% tags=["parameters"]
results = "results/builtin"  # the folder of this machine's records
committed = "results/glue"  # the folder of the records to compare with
draws = 500  # how often the validation rows are drawn again for an interval

# %%
from compressions.book.missing import note_without_records
from compressions.book.percent import check_parameters
from compressions.experiments.records import read_all
from compressions.files import root

check_parameters(globals())
records = read_all(root() / results)
note_without_records(results, records, "make reproduce")

# %%
from compressions.analysis.row_intervals import changes, compare

size = records[0]["specification"]["size"] if records else "tiny"
here = changes(root() / results, [each for each in records if each["specification"]["size"] == size], draws)
there = [each for each in read_all(root() / committed) if each["specification"]["size"] == size]
both = compare(here, changes(root() / committed, there, draws))

# %%
from compressions.book.figures import figure_without_records, tradeoff_static
from compressions.book.glue import glue_figure, glue_numbers

drawn = here.assign(size=size)
figure = tradeoff_static(drawn, "mean score of two tasks") if len(here) else figure_without_records("make reproduce")
glue_figure("here", figure, here)
glue_numbers(size=size.upper(), compared=max(0, len(both) - 1), agreeing=int(both.agree[1:].sum()), models=len(here))

# %% [markdown]
# ```{glue:figure} here
# :name: fig-here
# :alt: Mean score against megabytes on a log axis, one point with an interval for each subset of the methods
#
# The {glue:text}`models:d` models of {glue:text}`size` that this machine has trained, by the paper's size measure.
# ```
#
# Intervals of 95 % hold the noise of validation rows. There is one seed here, and what another would change is not in
# them.

# %% [markdown]
# ## Against the committed records
#
# The table has the change of the mean score by each configuration, in points. Two changes agree where the 95 % interval
# of their difference holds 0. The tasks differ: two here, those of GLUE there. So do the teachers: here MINI teaches
# on original rows alone, there MPNet teaches with synonym-replaced copies.

# %%
from compressions.book.outcomes import agreement_table

agreement_table(both)

# %% [markdown]
# ## Task by task
#
# Chance is 50 for sentiment and 33 for inference.

# %%
from compressions.book.outcomes import task_scores

task_scores(records, list(here.configuration))
