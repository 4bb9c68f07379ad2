# %% [markdown]
# # This machine's run
#
# Does the experiment give the same on your machine? `make reproduce` trains our TINY with every subset of the methods
# on two small real tasks, and this page compares its scores with ours of the same experiment.
#
# Of {glue:text}`compared:d` scores {glue:text}`agreeing:d` are within ±{glue:text}`margin:s` points of ours, where
# 95 % of runs with another seed are expected. The largest difference is {glue:text}`largest:s` points.

# %% tags=["parameters"]
results = "results/builtin"  # the folder of this machine's records
same = "results/builtin_seeds"  # the folder of ours: the same experiment with two seeds
committed = "results/glue"  # the folder of the records on GLUE
draws = 1000  # how often rows, and on GLUE seeds, are drawn again for an interval

# %%
from compressions.book.missing import note_without_records
from compressions.book.percent import check_parameters
from compressions.experiments.records import read_all
from compressions.files import root

check_parameters(globals())
records, ours = read_all(root() / results), read_all(root() / same)
note_without_records(results, records)

# %%
from compressions.analysis.row_intervals import against_seeds
from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.outcomes import agreement_table

both = against_seeds(records, ours)
largest, margin = (both.here - both.committed).abs().max(), both.margin.max()
told = {name: f"{value:.1f}".replace("nan", "–") for name, value in {"margin": margin, "largest": largest}.items()}
glue_numbers(compared=len(both), agreeing=both.agree.sum(), **told)
agreement_table(both).set_caption("Scores here, and means of our seeds; chance is 50 and 33") if len(both) else None

# %%
from compressions.analysis.row_intervals import changes
from compressions.book.figures import figure_without_records, tradeoff_static

size = records[0]["specification"]["size"] if records else "tiny"
here = changes(root() / results, [each for each in records if each["specification"]["size"] == size], draws)
drawn = here.assign(size=size)
figure = tradeoff_static(drawn, "mean score of two tasks") if len(here) else figure_without_records("make reproduce")
glue_figure("here", figure, here)
glue_numbers(size=size.upper(), models=len(here))

# %% [markdown]
# ```{glue:figure} here
# :name: fig-here
# :alt: Mean score against megabytes on a log axis, one point with an interval for each subset of the methods
#
# The {glue:text}`models:d` models of {glue:text}`size` that this machine has trained, by the paper's size measure; bars
# of 95 % hold the noise of validation rows.
# ```
#
# ## Why the changes are not those on GLUE
#
# The two need not agree, because the experiments differ. Here few rows leave a pruned model few steps in which to
# recover, and the small MINI teaches on original rows alone. On GLUE MPNet teaches, with synonym-replaced copies. The
# difference's interval holds the noise of seeds and rows on both sides.

# %%
from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.pareto import MEAN
from compressions.analysis.reading import read_results
from compressions.analysis.row_intervals import change_variance, compare
from compressions.analysis.score_changes import score_changes
from compressions.book.outcomes import difference_table

on_glue = read_results(root() / committed)
there = score_changes(on_glue, bootstrap(on_glue, draws))
there = there[(there.task == MEAN) & (there["size"] == size)]
differences = compare(here, change_variance(ours), there)
difference_table(differences).set_caption("Change of the mean score, in points (95 % CI)")
