# %% [markdown]
# # How much smaller at the same score
#
# How many times smaller can a model be at almost the same score? This chapter computes the paper's Table 1 from this
# edition's records.
#
# Quantization alone makes TINY at least {glue:text}`tiny_qat:.1f` times smaller; the paper reports
# {glue:text}`paper_tiny_qat:.1f`. MINI, with one seed, becomes {glue:text}`mini_qat:.1f` times smaller by quantization
# (paper: {glue:text}`paper_mini_qat:.1f`) and {glue:text}`mini_all:.1f` times by all three methods (paper:
# {glue:text}`paper_mini_all:.1f`). Most ratios are only bounds: in {glue:text}`smallest:.0f` % of the searches even a
# method's smallest model was good enough, and we trained none that is smaller.

# %% tags=["parameters"]
results = "results/glue"  # the folder of the records
tolerance = 0.5  # points that a compressed model may score below the uncompressed one
size_measure = "paper"  # how bytes are counted: one of those on the page Real bytes
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
interpolation = "discrete"  # among models that were trained; or interpolated, along the curve between them
draws = 1000  # how often seeds and rows are drawn again for an interval
table1 = "book/paper/table1.csv"  # the paper's table, as printed

# %% tags=["hide-input"]
from compressions.analysis.reading import read_results
from compressions.analysis.reductions import check_search
from compressions.book.percent import check_parameters
from compressions.book.published import read_table1
from compressions.book.missing import read_or_stop
from compressions.files import root

check_parameters(globals())
check_search(tolerance, interpolation)
published = read_table1(root() / table1)
ours = read_or_stop(read_results, root() / results, score, size_measure)

# %%
from compressions.analysis.reductions import reduction_table
from compressions.book.tables import reductions_table

found = reduction_table(ours, draws, tolerance, interpolation)
reductions_table(found, published).set_caption("Reductions, here and in the paper")

# %% tags=["hide-input"]
from compressions.book.claims import claim
from compressions.book.glue import glue_numbers

searches = found.tasks.sum()
smallest, none = (100 * found[name].sum() / searches for name in ("smallest", "none"))
tiny_qat = found[(found["size"] == "TINY") & (found.methods == "QAT")].value.mean()
claim("Quantization alone makes TINY smaller", tiny_qat > 1, tiny_qat)
claim("Most ratios are only bounds", smallest + none > 50, smallest, none)
glue_numbers(smallest=smallest, none=none, tiny_qat=tiny_qat, paper_tiny_qat=published.loc["TINY", "QAT"])
glue_numbers(tolerance=tolerance)

# %% tags=["hide-input"]
both = {"qat": "QAT", "all": "QAT+KD+MP"}
mini = found[found["size"] == "MINI"].set_index("methods").value.reindex(list(both.values()))
glue_numbers(**{f"mini_{name}": mini[methods] for name, methods in both.items()})
glue_numbers(**{f"paper_mini_{name}": published.loc["MINI", methods] for name, methods in both.items()})

# %% [markdown]
# A ratio with ≥ is a lower bound on most tasks; with †, no model was good enough on most.
#
# ## How it was measured
#
# The paper does not say how its entries were computed; their [arithmetic](introduction.py) fits one search. For each
# task, take the smallest model of the method, *of any size and sparsity*, that scores at least the size's uncompressed
# score less {glue:text}`tolerance:.1f` points. The ratio is the uncompressed bytes over that model's bytes, 1 where no
# model is good enough. It can be below 1: then only a larger size, compressed, was good enough. L3 scores less than
# TINY, so compressed TINYs stand in for it, and its bounds are high.

# %% tags=["hide-input"]
from compressions.analysis.reductions import FOUND, reductions
from compressions.book.change_figures import draw_by_size, with_tasks
from compressions.book.glue import glue_figure

tasks = reductions(ours.scores, ours.bytes, tolerance, interpolation)
title = "reduction, times (log)"
figure = draw_by_size(found, tasks.ratios, published, title, log=True, censored=tasks.status != FOUND)
glue_figure("reductions", figure, with_tasks(found, tasks.ratios, ours.tasks), records=results)

# %% [markdown]
# ```{glue:figure} reductions
# :name: fig-reductions
# :alt: For each size the reduction by each method, ours with intervals and the published ones
#
# The mean reduction, that on each task, and Table 1 of {cite:t}`movva2022combining`; small hollow marks are censored.
# ```
#
# ## What could be wrong
#
# - The search **rounds down**: a method that would allow a model 3 times smaller is credited with the next larger one.
# - Each entry is granted the tolerance once, a product of entries two or three times. [Do methods
#   multiply?](synergy.py) shows what both do.
# - The search is a step, so an interval is rough. There is none where more than half of the tasks are censored.
#
# The table in full: *drawn* is the median over the draws, *above* the mean without tasks at the
# [majority-class baseline](tradeoffs.py), *none* and *smallest* count the tasks that are censored.

# %% tags=["hide-cell"]
found.style.format(precision=1, na_rep="–").hide()
