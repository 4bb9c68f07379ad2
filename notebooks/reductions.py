# %% [markdown]
# # Table 1 again: how far each method shrinks a size
#
# The paper's table says how many times smaller a size becomes at almost the same score. How its entries were computed
# is not known. Entries like them come out if, for each task, one takes the smallest model of the method, *of any size
# and sparsity*, that scores at least the size's own uncompressed score less half a point. That definition is
# **inferred** from the table's [arithmetic](introduction.py). Here it is applied to our records. With so few sizes its
# ratios say how far the search could look rather than what a method can do: in {glue:text}`smallest:.0f` %
# of our searches even the smallest model was good enough, in {glue:text}`none:.0f` % none was.

# %% tags=["parameters"]
results = "results/cpu"  # the folder of the records
tolerance = 0.5  # points that a compressed model may score below the uncompressed one
size_measure = "paper"  # how bytes are counted: one of those on the page Real bytes
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
interpolation = "discrete"  # among models that were trained; or interpolated, along the curve between them
draws = 1000  # how often seeds and rows are drawn again for an interval
table1 = "book/paper/table1.csv"  # the paper's table, as printed

# %%
from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.analysis.reductions import check_search
from compressions.analysis.reading import read_results

check_parameters(globals())
check_search(tolerance, interpolation)
ours = read_results(root() / results, score, size_measure)
ours.left_out.style.hide()

# %% [markdown]
# ## The search
#
# A ratio is the baseline's bytes over those of the model that was found. Where no model reaches the target the ratio is
# 1: one keeps the uncompressed model. Where even the method's smallest model reaches it, the ratio is a lower bound,
# for a smaller one might have too. With two sizes that happens often, and the table marks it. A ratio below 1 means
# that only a model of a larger size reached the target: the search that we infer takes it, as the paper's own 0.7 for
# TINY with pruning requires, though one would in practice keep the uncompressed model.

# %%
from compressions.analysis.reductions import FOUND, METHODS, SMALLEST, UNREACHED, reductions

found = reductions(ours.scores, ours.bytes, tolerance, interpolation)

# %% tags=["hide-input"]
import pandas as pd

MARKS = {UNREACHED: "1 (none)", SMALLEST: "≥ {:.1f}"}
rows = [
    {
        "size": size.upper(),
        "task": task,
        **{
            method: MARKS.get(found.status[place][column], "{:.1f}").format(found.ratios[place][column])
            for column, method in enumerate(METHODS)
        },
    }
    for size in ours.sizes
    for task in ours.tasks
    if (place := ours.place((task, size))) and (task, size) in ours.cells
]
pd.DataFrame(rows).set_index(["size", "task"])

# %% [markdown]
# ## The mean over the tasks, beside the paper's
#
# An interval is one of 95 % for the logarithm, by Student's t, from seeds and validation rows drawn again; it ends at
# what the method's smallest model would give on every task. It is a rough one: the search is a step, a model that
# scores a little less is not found at all, and what is found when seeds and rows are drawn again (*drawn*, the median)
# can lie far from the value. There is no interval where more than half of the tasks are censored.

# %%
import numpy as np

from compressions.analysis.bootstrap import bootstrap, estimate_mean
from compressions.analysis.results import over_tasks


def by_task(scores: np.ndarray) -> np.ndarray:
    """The reduction on each task, (..., tasks, sizes, methods)."""
    return reductions(scores, ours.bytes, tolerance, interpolation).ratios


def logs(ratios: np.ndarray) -> np.ndarray:
    """The logarithm of the mean reduction, (..., sizes, methods)."""
    return np.log2(over_tasks(ratios))


resampled = bootstrap(ours, draws)
table = estimate_mean(ours.scores, resampled, by_task, ours.freedom.sum(axis=1, keepdims=True), logs)
median = 2 ** np.median(logs(by_task(resampled.corrected())), axis=0)

# %%
from compressions.analysis.pareto import at_majority_baseline
from compressions.analysis.reductions import MEMBERS

there = ours.seeds[..., None] > 0
censored = found.status != FOUND
known = 2 * (~censored & there).sum(axis=0) >= there.sum(axis=0)
least = [np.nanmin(ours.bytes[..., MEMBERS[method]], axis=(1, 2)) for method in METHODS]
most = over_tasks(ours.bytes[..., :1] / np.stack(least, axis=-1)[:, None])
at_baseline = at_majority_baseline(ours, resampled)
above = over_tasks(np.where(at_baseline[..., None], np.nan, found.ratios))

# %% tags=["hide-input"]
from compressions.book.published import published_values

published = pd.read_csv(root() / table1).set_index("architecture")
columns = {
    "value": 2**table.value,
    "low": np.where(known, 2**table.low, np.nan),
    "high": np.where(known, np.minimum(2**table.high, most), np.nan),
    "drawn": median,
    "above the baseline": above,
    "none reaches": (there & (found.status == UNREACHED)).sum(axis=0),
    "smallest reaches": (there & (found.status == SMALLEST)).sum(axis=0),
}
index = pd.MultiIndex.from_product([[size.upper() for size in ours.sizes], METHODS], names=["size", "methods"])
frame = pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index).reset_index()
frame["published"] = published_values(frame, published[list(METHODS)])
decimals = dict.fromkeys(("value", "low", "high", "drawn", "above the baseline", "published"), "{:.1f}")
frame.style.format(decimals, na_rep="–").hide()

# %% [markdown]
# *None reaches* counts the tasks where no model of the method is good enough, *smallest reaches* those where its
# smallest is, so that the value is a lower bound. *Above the baseline* is the mean without tasks at the
# [majority-class baseline](tradeoffs.py) for the size: there the uncompressed model has little to lose, and the search
# finds whatever is smallest.

# %% tags=["hide-input"]
from compressions.book.figures_by_size import draw_by_size, with_tasks
from compressions.book.glue import glue_figure, glue_numbers

figure = draw_by_size(frame, found.ratios, published, "reduction, times (log)", log=True, censored=censored)
glue_figure("reductions", figure, with_tasks(frame, found.ratios, ours.tasks), records=results)
best = frame.loc[frame["value"].idxmax()]
searches = there.sum() * len(METHODS)
glue_numbers(
    best=best["value"],
    best_size=best["size"],
    best_methods=best.methods,
    best_censored=best["smallest reaches"],
    smallest=100 * frame["smallest reaches"].sum() / searches,
    none=100 * frame["none reaches"].sum() / searches,
    tolerance=tolerance,
)

# %% [markdown]
# ```{glue:figure} reductions
# :name: fig-reductions
# :alt: For each size the reduction by each method, ours with intervals and the published ones
#
# At a tolerance of {glue:text}`tolerance:.1f` points the largest reduction is {glue:text}`best:.1f` times, for
# {glue:text}`best_size` by {glue:text}`best_methods`; on {glue:text}`best_censored:d` tasks it is a lower bound. Marks
# are hollow where more than half of the tasks are censored. Published: Table 1 of {cite:t}`movva2022combining`.
# ```

# %% [markdown]
# ## What the definition does
#
# Two things about the search are worth knowing before a ratio is read. It **rounds down**: a method that would allow a
# model 3 times smaller is credited only with the next larger model that was trained. And each entry is
# granted the tolerance once, so that a product of single entries has it two or three times: [synergy](synergy.py) shows
# what both do to the question whether methods multiply.
