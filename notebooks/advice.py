# %% [markdown]
# # What to combine
#
# Two questions of somebody who has to ship a model. Which method should be tried first, and what does each add once the
# others are there? And, for so many megabytes or so little loss, which size with which methods?

# %% tags=["parameters"]
results = "results/cpu"  # the folder of the records
tolerance = 0.5  # points that a compressed model may score below the uncompressed one
size_measure = "paper"  # how bytes are counted: one of those on the page Real bytes
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
interpolation = "discrete"  # among models that were trained; or interpolated, along the curve between them
draws = 1000  # how often seeds and rows are drawn again for an interval
budgets = [3, 5, 8, 12, 20, 45]  # megabytes, by the size measure, for which a recipe is named
losses = [0, 0.5, 1, 2, 4, 8]  # points below the best uncompressed mean score, for which one is named
table1 = "book/paper/table1.csv"  # the paper's table, as printed
figure1 = "book/paper/figure1.csv"  # the paper's points, read off its picture

# %%
from compressions.experiments.configurations import check_list
from compressions.parameters import number
from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.analysis.reductions import check_search
from compressions.analysis.reading import read_results
from compressions.analysis.results import ALL, over_tasks

check_parameters(globals())
check_search(tolerance, interpolation)
for name, values in {"budgets": budgets, "losses": losses}.items():
    check_list(name, values, "[1, 2]")
    values[:] = [number(0).value(name, value) for value in values]
ours = read_results(root() / results, score, size_measure)
ours.left_out.style.hide()

# %% [markdown]
# ## Which method first
#
# What a method adds depends on what is there already. Its *Shapley value* is the mean of what it adds over all six
# orders in which the three can be added, here to the logarithm of the reduction: 1 is a doubling. The three values sum
# to the reduction by all three together. The paper ranks quantization first, distillation second and pruning third.

# %%
import numpy as np

from compressions.analysis.bootstrap import bootstrap, estimate_mean
from compressions.analysis.reductions import FOUND, METHODS, SINGLES, reductions
from compressions.analysis.synergy import shapley


def values(scores: np.ndarray) -> np.ndarray:
    """Shapley values of each task's log reduction, (..., tasks, sizes, methods)."""
    return shapley(np.log2(reductions(scores, ours.bytes, tolerance, interpolation).ratios))


resampled = bootstrap(ours, draws)
searched = ours.freedom.sum(axis=1, keepdims=True)
found = estimate_mean(ours.scores, resampled, values, searched)

# %% tags=["hide-input"]
import pandas as pd

there = ours.seeds > 0
censored = (reductions(ours.scores, ours.bytes, tolerance, interpolation).status != FOUND) & there[..., None]
most_censored = 2 * censored.mean(axis=-1).sum(axis=0) > there.sum(axis=0)
published = pd.read_csv(root() / table1).set_index("architecture")[list(METHODS)]
theirs = pd.DataFrame(shapley(np.log2(published.to_numpy())), published.index, SINGLES)[::-1]
index = pd.MultiIndex.from_product([[size.upper() for size in ours.sizes], SINGLES], names=["size", "method"])
parts = {"doublings": found.value, "low": found.low, "high": found.high}
own = pd.DataFrame({name: part.ravel() for name, part in parts.items()}, index).reset_index()
own["settled"] = np.repeat(~most_censored & (ours.seeds != 1).all(axis=0), len(SINGLES))
stacked = theirs.rename_axis("size").melt(ignore_index=False, var_name="method", value_name="doublings").reset_index()
both = {"this edition": own, "published": stacked.assign(settled=True)}
frame = pd.concat(both, names=["source"]).reset_index("source").reset_index(drop=True)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.book.figures import COLORS
from compressions.book.glue import glue_figure, glue_numbers

figure, panels = plt.subplots(2, figsize=(6, 6), sharex=True, height_ratios=[len(ours.sizes) + 1, len(theirs) + 1])
for axes, (source, part) in zip(panels, frame.groupby("source", sort=False), strict=True):
    sizes = list(dict.fromkeys(part["size"]))
    for place, (method, rows) in enumerate(part.groupby("method", sort=False)):
        at = np.array([sizes.index(size) for size in rows["size"]]) + 0.22 * (place - 1)
        fill = [COLORS[method] if settled else "none" for settled in rows.settled]
        axes.barh(at, rows.doublings, height=0.2, color=fill, edgecolor=COLORS[method], label=method)
        axes.hlines(at, rows.low, rows.high, color="#333333", linewidth=1)
    axes.set(title=source, yticks=range(len(sizes)), yticklabels=sizes)
    axes.axvline(0, color="#333333", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.invert_yaxis()
panels[-1].legend(loc="lower left", frameon=False, fontsize=10)
panels[-1].set_xlabel("what a method adds on average, doublings")
glue_figure("shapley", figure, frame, records=results)

# %% tags=["hide-input"]
example = ours.sizes[int(there.sum(axis=0).argmax())]
saved = 100 - 100 * over_tasks(ours.bytes[..., [ALL.index("mp60"), ALL.index("qat")]] / ours.bytes[..., :1])
in_order = (theirs.QAT > theirs.KD) & (theirs.KD > theirs.MP)
glue_numbers(
    example=example.upper(),
    pruned=saved[ours.sizes.index(example), 0],
    in_int8=np.nanmedian(saved[:, 1]),
    agree=int(in_order.sum()),
    sizes=len(theirs),
)

# %% [markdown]
# ```{glue:figure} shapley
# :name: fig-shapley
# :alt: Bars of what quantization, distillation and pruning add on average, ours with intervals above the published ones
#
# What each method adds on average, in doublings, with 95 % confidence intervals. Bars are hollow where a task has one
# seed or most searches are censored. In the paper's Table 1 the three come in its order in {glue:text}`agree:d` of
# {glue:text}`sizes:d` sizes. KD includes the synonyms, which [cost score here](tradeoffs.py). Of {glue:text}`example`'s
# bytes pruning to 60 % takes {glue:text}`pruned:.0f` %, for embeddings are not pruned; int8 takes
# {glue:text}`in_int8:.0f` %. Published: computed from Table 1 of {cite:t}`movva2022combining`.
# ```
#
# Whether one method adds more than another is a paired question: the difference of two Shapley values, in doublings,
# over all tasks and without those at the [majority-class baseline](tradeoffs.py), with 95 % confidence intervals.

# %%
from itertools import combinations

from compressions.analysis.pareto import at_majority_baseline

PAIRS = list(combinations(range(len(SINGLES)), 2))
at_baseline = at_majority_baseline(ours, resampled)


def paired(scores: np.ndarray, left_out: np.ndarray | bool = False) -> np.ndarray:
    """Differences of Shapley values, (..., tasks, sizes, pairs); NaN where a task is left out."""
    added = np.where(left_out, np.nan, values(scores))
    return np.stack([added[..., one] - added[..., other] for one, other in PAIRS], axis=-1)


every = estimate_mean(ours.scores, resampled, paired, searched)
above = estimate_mean(ours.scores, resampled, lambda scores: paired(scores, at_baseline[..., None]), searched)
rows = [
    (size.upper(), f"{SINGLES[one]} − {SINGLES[other]}", every.text(row, pair), above.text(row, pair))
    for row, size in enumerate(ours.sizes)
    for pair, (one, other) in enumerate(PAIRS)
]
pd.DataFrame(rows, columns=["size", "difference", "all tasks", "above the baseline"]).style.hide()

# %% [markdown]
# Order by order: what is added by the first, the second and the third method, for {glue:text}`example`. There are no
# intervals here; it is to be read as an example.

# %% tags=["hide-input"]
from itertools import permutations

ratios = reductions(ours.scores, ours.bytes, tolerance, interpolation).ratios
logs = over_tasks(np.log2(ratios))[ours.sizes.index(example)]
reached = {frozenset(method.split("+")): log for method, log in zip(METHODS, logs, strict=True)} | {frozenset(): 0.0}
steps = [
    (" → ".join(order), *np.diff([reached[frozenset(order[:count])] for count in range(4)]))
    for order in permutations(SINGLES)
]
table = pd.DataFrame(steps, columns=["order", "first adds", "second adds", "third adds"]).set_index("order")
table.style.format("{:+.2f}")

# %% [markdown]
# ## Recipes
#
# The best model within a budget, and the smallest one that loses no more than so many points on average against the
# best uncompressed encoder; the mean is over the tasks that [Figure 1 again](tradeoffs.py) names. A recipe is not a
# discovery where others do as well: the last column counts the other models that fit and are not clearly worse than
# the recipe, or than what was asked for (95 %, paired).

# %%
from compressions.analysis.pareto import MEAN, best_within, difference, model_table, smallest_above
from compressions.book.published import read_figure1

means = model_table(ours, resampled)
means = means[(means.task == MEAN) & (means.configuration != "aug")]
figure_points = read_figure1(root() / figure1)


# %% tags=["hide-input"]
def model(row: pd.Series) -> tuple[str, str]:
    """A model of ours by its size and configuration."""
    return row["size"], row.configuration


def as_good(inside: pd.DataFrame, one: pd.Series, other: pd.Series, loss: float = 0) -> int:
    """How many of our models but `one` may score as much as `other` less the loss."""
    rivals = [row for _, row in inside.iterrows() if model(row) != model(one)]
    return sum(difference(ours, resampled, model(row), model(other)).high + loss >= 0 for row in rivals)


def recipes(frame: pd.DataFrame, budgets: list[float], count=lambda *_: 0) -> pd.DataFrame:
    """The recipes for budgets, and for the chapter's losses; `count` says how many others are as good."""
    top, rows = frame.loc[frame[frame.configuration == "base"].score.idxmax()], []
    asked = [(f"≤ {budget:g} MB", best_within(frame, budget), budget, None) for budget in budgets]
    for loss in losses:
        one = smallest_above(frame, top.score - loss)
        asked.append((f"≤ {loss:g} {'point' if loss == 1 else 'points'} lost", one, None, loss))
    for words, one, budget, loss in asked:
        if one is None:
            rows.append((words, "none", np.nan, np.nan, np.nan))
            continue
        inside = frame[frame.megabytes <= (budget or one.megabytes)]
        rivals = count(inside, one, one) if loss is None else count(inside, one, top, loss)
        rows.append((words, f"{one['size'].upper()} {one.configuration}", one.megabytes, one.score, rivals))
    table = pd.DataFrame(rows, columns=["asked", "recipe", "megabytes", "score", "as good"])
    same = table.groupby(["recipe", "as good"], sort=False, dropna=False, as_index=False)
    return same.agg({"asked": "; ".join, "megabytes": "first", "score": "first"})[list(table.columns)]


# %% [markdown]
# From this edition's records. The models of the sizes with enough tasks compete:

# %% tags=["hide-input"]
own = recipes(means, budgets, as_good)
own.style.format({"megabytes": "{:.1f}", "score": "{:.1f}", "as good": "{:.0f}"}, na_rep="–").hide()

# %% [markdown]
# From the paper's Figure 1, for all its sizes:

# %% tags=["hide-input"]
paper = recipes(figure_points, [5, 10, 20, 50, 100, 200])
paper = paper.groupby("recipe", sort=False, as_index=False).agg(
    {"asked": "; ".join, "megabytes": "first", "score": "first"}
)
paper[["asked", "recipe", "megabytes", "score"]].style.format({"megabytes": "{:.1f}", "score": "{:.1f}"}).hide()


# %% tags=["hide-input"]
def counted(table: pd.DataFrame, prefix: str) -> dict[str, int]:
    """How many models a table of recipes names, and how many of them combine methods."""
    recipes = table.recipe[table.recipe != "none"].drop_duplicates()
    return {f"{prefix}asked": len(recipes), f"{prefix}combined": int(recipes.str.contains(r"\+").sum())}


glue_numbers(**counted(own, ""), **counted(paper, "paper_"))

# %% [markdown]
# {glue:text}`combined:d` of our {glue:text}`asked:d` models so named combine methods, and
# {glue:text}`paper_combined:d` of {glue:text}`paper_asked:d` from the paper's figure.
