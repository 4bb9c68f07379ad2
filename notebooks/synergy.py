# %% [markdown]
# # Do compressions multiply?
#
# If methods did not interact, a combination would shrink a size by the product of what its methods reach alone.
# *Synergy* is how far it is from that: the logarithm, to base 2, of the combination's reduction less the sum of the
# single methods' logarithms. At 0 the methods multiply; at 1 the combination is half the size that the product
# promises; below 0 they get in each other's way. The paper's claim is that synergy is often above 0. This chapter puts
# it to a test.

# %% tags=["parameters"]
results = "results/cpu"  # the folder of the records
tolerance = 0.5  # points that a compressed model may score below the uncompressed one
ruler = "paper"  # how bytes are counted: one of those on the page Real bytes
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
interpolation = "discrete"  # among models that were trained; or interpolated, along the curve between them
draws = 1000  # how often seeds and rows are drawn again for an interval
margin = 0.25  # points from 0 within which an interaction is said to add up
noises = [0.25, 0.5, 1, 2]  # points by which a model of the simulated worlds is off; seeds do about so much to a task
table1 = "book/paper/table1.csv"  # the paper's table, as printed
figure1 = "book/paper/figure1.csv"  # the paper's points, read off its picture

# %%
from IPython.display import Markdown

from compressions.experiments.configurations import check_list
from compressions.errors import check
from compressions.parameters import number
from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.analysis.reductions import check_search
from compressions.analysis.reading import read_results

check_parameters(globals())
check_search(tolerance, interpolation)
number(0).value("margin", margin)
check_list("noises", noises, "[0.5, 1]")
check(bool(noises), "noises", noises, "at least one")
noises = [number(0).value("noises", each) for each in noises]
ours = read_results(root() / results, score, ruler)
Markdown(ours.left_out)

# %% [markdown]
# ## Of our reductions
#
# For each size, the mean synergy over the tasks, by the search of [Table 1](reductions.py). The interval is one of
# 95 %, by Student's t, from seeds and validation rows drawn again. What it allows to say: *multiplicative* when
# all of it is within 10 % of the product, else *super-multiplicative* when all of it is above 0, *sub-multiplicative*
# below, and *not decidable* otherwise. Nothing is said, whatever the interval, where more than half of the tasks are
# bounded (*not measured*); where a task has one seed only (*one seed*), for then the interval lacks the noise of seeds;
# or where models of two devices are compared (*two devices*), for [the device itself](grids.py) may make a difference.

# %%
import numpy as np

from compressions.analysis.bootstrap import Estimate, bootstrap, estimate, estimate_mean
from compressions.analysis.devices import searches_apart
from compressions.analysis.reductions import reductions, with_parts
from compressions.analysis.synergy import COMBINED, OPEN, censored, synergy, verdicts


def by_task(scores: np.ndarray) -> np.ndarray:
    """Synergy on each task, (..., tasks, sizes, combinations)."""
    return synergy(reductions(scores, ours.bytes, tolerance, interpolation).ratios)


# %%
drawn = bootstrap(ours, draws)
found = estimate_mean(ours.scores, drawn, by_task, ours.freedom.sum(axis=1, keepdims=True))
ratios = reductions(ours.scores, ours.bytes, tolerance, interpolation)
bounded = censored(ratios.status)
there = ours.seeds[..., None] > 0
share = (bounded & there).sum(axis=0) / there.sum(axis=0)
matched = verdicts(found, ours, share, apart=with_parts(searches_apart(ours))).assign(bounded=100 * share.reshape(-1))

# %% tags=["hide-input"]
from compressions.analysis.reductions import mean_reductions

matched["of mean ratios"] = synergy(mean_reductions(ratios)).reshape(-1)
signed = dict.fromkeys(("value", "low", "high", "of mean ratios"), "{:+.2f}")
shown = signed | {"needed": "{:.0f}", "bounded": "{:.0f} %"}
matched.style.format(shown, na_rep="–").hide()

# %% [markdown]
# *Bounded* is the share of tasks where the combination or one of its methods was not measured: no model reached the
# target, or even the smallest one did; there is no interval where that is more than half of them. *Needed* is how many
# seeds would bring the interval clear of 0 if the estimate stayed as it is and every task had as many (if it is the
# truth, that is an even chance); `inf` where even a thousand are too few, and – where one seed says nothing of seeds,
# or nothing was measured. Table 1 has means of ratios over the tasks, as far as its [arithmetic](paper.py) shows;
# logarithms of such means are in the last column, and the published values in the figure are computed from them.

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import pandas as pd

from compressions.book.figures_by_size import draw_by_size, with_tasks
from compressions.book.figures import COLORS
from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.published import beside
from compressions.analysis.reductions import METHODS

published = pd.read_csv(root() / table1).set_index("architecture")[list(METHODS)]
theirs = pd.DataFrame(synergy(published.to_numpy()), published.index, COMBINED)
matched["published"] = beside(matched, theirs)
single = synergy(ratios.ratios)

# %% tags=["hide-input"]
figure = draw_by_size(matched, single, theirs, "synergy, doublings", bounded=bounded)
glue_figure("matched", figure, with_tasks(matched, single, ours.tasks), records=results)

# %% tags=["hide-input"]
said = matched[~matched.says.isin(OPEN)]
glue_numbers(
    matched_questions=len(matched),
    matched_said=", ".join(f"{one['size']} {one.methods} is {one.says}" for _, one in said.iterrows()) or "none",
    matched_unsaid=len(matched) - len(said),
    bounded=matched.bounded.mean(),
)

# %% [markdown]
# ```{glue:figure} matched
# :name: fig-matched
# :alt: For each size the synergy of four combinations with 95 % intervals, single tasks, and the published values
#
# Of {glue:text}`matched_questions:d` questions whether a combination multiplies, {glue:text}`matched_unsaid:d` stay
# open; on average {glue:text}`bounded:.0f` % of the tasks are bounded and not measured. Answered:
# {glue:text}`matched_said`. Where more than half are bounded marks are hollow. Published values are computed from Table
# 1 of {cite:t}`movva2022combining`.
# ```

# %% [markdown]
# ## The same question in points
#
# The search needs a model of another size that scores just as well, and with few sizes there often is none. A question
# that needs no search: does a combination lose more points than its methods lose one by one? The *interaction* is the
# combination's change of score less the sum of its methods' changes, at an unchanged size; where a combination prunes,
# its mean over both sparsities. The paper's Figure 1 can be asked the same. Where a doubling of the size is worth the
# same number of points throughout, by the paper's ruler and at no tolerance, a positive interaction and a positive
# synergy are the same. It has faults of its own. Near the score of a constant answer there is little left to lose, so
# that losses cannot add up. And where a doubling is worth less the larger the model is, methods that multiply exactly
# lose fewer points together. Both make interactions look more positive than they are.

# %%
from compressions.book.published import read_figure1
from compressions.analysis.results import PAPER, over_tasks
from compressions.analysis.synergy import IN_POINTS, agreement, interaction

inside = estimate_mean(ours.scores, drawn, interaction, ours.freedom)
points = verdicts(inside, ours, np.zeros_like(share), margin, IN_POINTS)
figure_points = read_figure1(root() / figure1)
curves = figure_points.pivot(index="size", columns="configuration", values="score")[list(PAPER)]
theirs_points = pd.DataFrame(interaction(curves.to_numpy()), curves.index.str.upper(), COMBINED)

# %% [markdown]
# *To the paper* compares the sign of an answer with that of the paper's value. Its points were read off a picture, each
# good to 0.05; where all that could add up to its value, its side is not known.

# %% tags=["hide-input"]
SLACK = 0.05 * np.array([2 * len(methods.split("+")) for methods in COMBINED])
points["published"] = beside(points, theirs_points)
slack = points.methods.map(dict(zip(COMBINED, SLACK, strict=True)))
points["to the paper"] = agreement(points, points.published, slack)
points.style.format(shown | {"published": "{:+.2f}"}, na_rep="–").hide()

# %% tags=["hide-input"]
from compressions.analysis.simulation import multiplying

# What the same sizes would show if methods multiplied exactly and no score had noise.
neutral = interaction(multiplying(figure_points, 0, tasks=1, draws=1)[0][0, 0])
pure = pd.DataFrame(neutral, theirs_points.index, COMBINED)
highest = theirs_points.stack().idxmax()
alone = interaction(ours.scores)
figure = draw_by_size(points, alone, theirs_points, "interaction, points")
glue_figure("points", figure, with_tasks(points, alone, ours.tasks), records=results)
named = pd.Series([f"{one['size']} {one.methods} ({one.value:+.1f})" for _, one in points.iterrows()])
WHERE = {
    "same side": "on the paper's side",
    "other side": "on the other side",
    "adds up": "adding up",
    "not comparable": "clear, where the paper's side is not known",
}
WHY = {
    "not decidable": "intervals of {} hold 0",
    "one seed": "tasks with one seed at {}",
    "two devices": "models of two devices at {}",
}
stands = [f"{words}: {', '.join(named[points['to the paper'] == word])}" for word, words in WHERE.items()]
stands = [part for part in stands if not part.endswith(": ")]
undecided = points[points["to the paper"] == "open"]
why = [WHY[says].format(" and ".join(of.unique())) for says, of in undecided.groupby("says", sort=False)["size"]]
many = f"all {len(points)}" if len(undecided) == len(points) else f"{len(undecided)} of {len(points)}"
glue_numbers(
    answers="; ".join([*stands, f"{many} questions are open ({'; '.join(why)})" if why else "none open"]),
    published_above=int((theirs_points > SLACK).sum().sum()),
    published_below=int((theirs_points < -SLACK).sum().sum()),
    published_all=theirs_points.size,
    neutral_above=int((neutral > SLACK).sum()),
    neutral_below=int((neutral < -SLACK).sum()),
    neutral_most=neutral.max(),
    largest=f"{highest[0]}'s {highest[1]}, {theirs_points.loc[highest]:+.1f}, would be {pure.loc[highest]:+z.1f}",
)

# %% [markdown]
# ```{glue:figure} points
# :name: fig-points
# :alt: For each size the interaction in points of four combinations with intervals, single tasks and published values
#
# In points, {glue:text}`answers`. In the paper's Figure 1 {glue:text}`published_above:d` of
# {glue:text}`published_all:d` interactions are above 0 and {glue:text}`published_below:d` below by more than reading
# them off can explain; if its methods multiplied exactly, {glue:text}`neutral_above:d` would be above, by up to
# {glue:text}`neutral_most:.1f` points, and {glue:text}`neutral_below:d` below. The largest, {glue:text}`largest`.
# ```

# %% [markdown]
# ### The tasks that can answer
#
# Where a task has one seed nothing is known of the noise of seeds, and where a seed's models come from two devices that
# may be what makes a difference; above nothing is said of a mean with such a task. Over those tasks alone that have
# neither fault for a question:

# %% tags=["hide-input"]
from compressions.analysis.devices import interactions_apart, repeated, shares
from compressions.book.glue import told_by_tasks

sure = repeated(ours, interactions_apart(ours))


def of_sure(scores: np.ndarray) -> np.ndarray:
    """Interactions, (..., tasks, sizes, combinations), of the tasks that have neither fault."""
    return np.where(sure, interaction(scores), np.nan)


faultless = estimate_mean(ours.scores, drawn, of_sure, ours.freedom)
held = verdicts(faultless, ours, np.zeros_like(share), margin, IN_POINTS, sure)
rows = {size.upper(): row for row, size in enumerate(ours.sizes)}
held["over"] = [ours.over(sure[:, rows[one["size"]], COMBINED.index(one.methods)]) for _, one in held.iterrows()]
held.style.format(shown, na_rep="–").hide()

# %% tags=["hide-input"]
held["told"] = [
    f"{one.methods} {faultless.told(rows[one['size']], COMBINED.index(one.methods))}" for _, one in held.iterrows()
]
clear = int(((held.low > 0) | (held.high < 0)).sum())
off = held.methods.map(dict(zip(COMBINED, SLACK, strict=True)))
held["published"] = beside(held, theirs_points)
outside = (held.published - off > held.high) | (held.published + off < held.low)
far = held[outside & (held.over == "all tasks")]
wrong = np.where(ours.seeds[..., None] > 0, interaction(shares(ours)), np.nan)
bias = [
    f"{size}'s by {', '.join(f'{part:+z.1f} d for {methods}' for methods, part in zip(COMBINED, own, strict=True))}"
    for size, own in zip(rows, over_tasks(wrong), strict=True)
    if np.abs(np.nan_to_num(own)).max() >= 0.05
]
glue_numbers(
    chance=f"{clear} of the {len(held)} intervals that hold all noise exclude 0, by chance alone "
    f"{0.05 * len(held):.2f} would",
    measured=told_by_tasks(held) or "no task is so",
    far=", ".join(f"{one['size']} {one.methods} ({one.published:+.1f})" for _, one in far.iterrows()) or "none",
    bias=f"these would be off: {'; '.join(bias)}" if bias else "none would be off by as much as 0.05 d",
)

# %% [markdown]
# In words: {glue:text}`measured`; {glue:text}`chance`. The paper's value lies outside, among those over all tasks like
# its own, for {glue:text}`far`. The paper's own noise is not known. If a model scored d points more wherever another
# device than its uncompressed one's trained it, of the means over all tasks in the table above {glue:text}`bias`.

# %% [markdown]
# ### Task by task
#
# The interaction of all three methods on single tasks, with 95 % intervals; those of tasks with few seeds are wide, as
# their noise is hardly known, and those with one seed (*) lack it; some mix two devices (‡). A task is *at its floor*
# (†) for a size where the uncompressed model is not certainly better than the best constant answer: it has little to
# lose there, and a model that learns less, and so answers more alike, may even score more.

# %%
from compressions.analysis.majority import at_floor, named

apart = estimate(ours.scores, drawn, interaction, ours.freedom[..., None])
floored = at_floor(ours, drawn)

# %% tags=["hide-input"]
crossed = interactions_apart(ours)


def told(task: int, row: int) -> str:
    """The interaction of all three methods, with its marks."""
    faults = {"*": ours.seeds[task, row] == 1, "†": floored[task, row], "‡": crossed[task, row, -1]}
    return " ".join([apart.told(task, row, -1), *(mark for mark, there in faults.items() if there)])


cells = {
    size.upper(): [told(task, row) if ours.seeds[task, row] else "–" for task in range(len(ours.tasks))]
    for row, size in enumerate(ours.sizes)
}
pd.DataFrame(cells, index=ours.tasks)

# %% tags=["hide-input"]
clear = sure & ((apart.low > 0) | (apart.high < 0))
glue_numbers(
    single=int(sure.sum()), clear=int(clear.sum()), single_chance=0.05 * sure.sum(), floored=named(ours, floored)
)

# %% [markdown]
# Of {glue:text}`single:d` interactions of a combination on a task that can answer {glue:text}`clear:d` exclude 0;
# {glue:text}`single_chance:.1f` would by chance. At their floor: {glue:text}`floored`. Without these, the means over
# the tasks are:


# %% tags=["hide-input"]
def above_floor(scores: np.ndarray) -> np.ndarray:
    """Interactions, (..., tasks, sizes, combinations), of the tasks that are not at their floor."""
    return np.where(floored[..., None], np.nan, interaction(scores))


learned = estimate_mean(ours.scores, drawn, above_floor, ours.freedom)
beyond = verdicts(learned, ours, np.zeros_like(share), margin, IN_POINTS, ~floored[..., None])
beyond.drop(columns="needed").style.format(signed | {"value": "{:+.2f}"}, na_rep="–").hide()

# %% [markdown]
# ### Leaving a task out
#
# If one task carried a result, leaving it out would turn it around. The lowest and the highest interaction with any one
# task left out, which task that is, and the 95 % interval without it:


# %% tags=["hide-input"]
def without(place: int) -> Estimate:
    """The mean interactions with one task left out, (sizes, combinations)."""
    others = np.arange(len(ours.tasks))[:, None, None] != place
    return estimate_mean(ours.scores, drawn, lambda scores: np.where(others, interaction(scores), np.nan), ours.freedom)


left = [without(place) for place in range(len(ours.tasks))]
rows = []
for row, column in np.ndindex(left[0].value.shape):
    own = np.where(ours.seeds[:, row] > 0, [each.value[row, column] for each in left], np.nan)
    if np.isfinite(own).any():
        ends = {"lowest": int(np.nanargmin(own)), "highest": int(np.nanargmax(own))}
        named = {"size": ours.sizes[row].upper(), "methods": COMBINED[column]}
        for end, place in ends.items():
            low, high = left[place].low[row, column], left[place].high[row, column]
            named[end] = f"{own[place]:+.2f} ({low:+.2f} to {high:+.2f}) without {ours.tasks[place]}"
        rows.append(named)
pd.DataFrame(rows, columns=["size", "methods", "lowest", "highest"]).style.hide()

# %% [markdown]
# ## How many seeds would decide
#
# The chance that the interval excludes 0, by the number of seeds, if the truth were an interaction of so many points:
# for all three methods at once, over the tasks with several seeds, with the noise measured on them. Where validation
# rows are few, more seeds end at a ceiling.

# %% tags=["hide-input"]
from compressions.analysis.synergy import power

EFFECTS = {0.5: ":", 1.0: "--", 2.0: "-"}
wanted = np.arange(2, 41)


def of_several(scores: np.ndarray) -> np.ndarray:
    """Interactions, (..., tasks, sizes, combinations), of the tasks with several seeds."""
    return np.where((ours.seeds > 1)[..., None], interaction(scores), np.nan)


several = estimate_mean(ours.scores, drawn, of_several, ours.freedom)
fewest = {row: int(column[column > 1].min()) for row, column in enumerate(ours.seeds.T) if (column > 1).any()}
chances = [
    pd.DataFrame({"size": ours.sizes[row].upper(), "effect": effect, "seeds": wanted, "chance": 100 * chance})
    for row, seeds in fewest.items()
    for effect in EFFECTS
    for chance in [power(effect, several.at(row, len(COMBINED) - 1), seeds, wanted)]
]

# %% tags=["hide-input"]
chances = pd.concat(chances) if chances else pd.DataFrame(columns=["size", "effect", "seeds", "chance"])
figure, axes = plt.subplots(figsize=(6, 3.4))
for place, (size, part) in enumerate(chances.groupby("size", sort=False)):
    for effect, curve in part.groupby("effect"):
        style = {"color": ["#d55e00", "#333333", "#0072b2"][place % 3], "linestyle": EFFECTS[effect]}
        axes.plot(curve.seeds, curve.chance, label=f"{size}, {effect:.1f} points", **style)
axes.set(xlabel="seeds", ylabel="chance to decide, %", ylim=(0, 101))
axes.spines[["top", "right"]].set_visible(False)
if len(chances):
    axes.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False, fontsize=10)
else:
    axes.text(0.5, 0.5, "one seed says nothing of the noise of seeds", ha="center", transform=axes.transAxes)
glue_figure("power", figure, chances, records=results)
enough = chances[chances.chance >= 80].groupby(["size", "effect"]).seeds.min()
needed = [f"{seeds} for {size} at {effect:.1f} points" for (size, effect), seeds in enough.items()]
unknown = "no number of seeds drawn here is enough" if len(chances) else "not known, as there is one seed only"
over = [f"{ours.sizes[row].upper()} over {ours.over(ours.seeds[:, row] > 1)}" for row in fewest]
glue_numbers(enough="; ".join(needed) or unknown, noise_over="; ".join(over) or "no size")

# %% [markdown]
# ```{glue:figure} power
# :name: fig-power
# :alt: Curves of the chance to decide by the number of seeds for three sizes of the effect
#
# Seeds for a chance of four in five: {glue:text}`enough`; where a size and effect are not named, more than 40. Noise is
# that of {glue:text}`noise_over`, where the difference of two devices counts as noise.
# ```

# %% [markdown]
# ## The paper's own table
#
# Table 1 gives one number a size and method, so seeds and rows cannot be drawn again. What can be done: its six sizes
# taken as a sample, though they share tasks, rows and teacher; and the rounding of its entries to one decimal.

# %% tags=["hide-input"]
from scipy.special import stdtrit

mean, error = theirs.mean(), theirs.sem()
half = stdtrit(len(theirs) - 1, 0.975) * error
rounding = np.log2((published + 0.05) / published)
slack = pd.Series({methods: rounding[[methods, *methods.split("+")]].sum(axis=1).mean() for methods in COMBINED})
table = pd.DataFrame({"mean synergy": mean, "low": mean - half, "high": mean + half, "above 0 in": (theirs > 0).sum()})
table["by rounding up to ±"] = slack
table.style.format("{:+.2f}", subset=["mean synergy", "low", "high"]).format("{:.2f}", subset="by rounding up to ±")

# %% [markdown]
# ## What the search makes of a world that multiplies
#
# A test needs to know what one would see if the claim were not true. Take a world in which methods multiply *exactly*:
# the paper's six sizes with their published scores as the curve, the gains of the single methods as Figure 1 shows
# them, each a fixed number of doublings, and every combination their sum. On each of eight tasks each model is off by
# some points, as seeds and rows make it. The search of Table 1, run on many such worlds, should report no synergy.

# %%
HOW = {
    "as in Table 1": (0.5, "discrete"),
    "interpolated": (0.5, "interpolated"),
    "interpolated, no tolerance": (0.0, "interpolated"),
}
worlds = {noise: multiplying(figure_points, noise, tasks=8, draws=draws) for noise in noises}
seen = {
    (how, noise): synergy(mean_reductions(reductions(scores, sizes, *choice))).mean(axis=-2)
    for noise, (scores, sizes) in worlds.items()
    for how, choice in HOW.items()
}

# %% tags=["hide-input"]
means = {(how, f"{noise:g}"): pd.Series(values.mean(axis=0), COMBINED) for (how, noise), values in seen.items()}
null = pd.DataFrame(means).T
null.index.names = ["search", "noise, points"]
null.loc[("published", "–"), :] = mean
null.sort_index(level=0, sort_remaining=False).style.format("{:+.2f}")

# %% [markdown]
# How many of these worlds have a mean synergy at least as far above 0 as the paper's table, or for quantization with
# pruning, which the table has below 0, as far below, by the search as in Table 1; and how many have both at once, what
# the table shows of that pair and what it shows of all three:

# %% tags=["hide-input"]
BOTH = "QAT+MP and all three"
tails = {}
for noise in noises:
    worlds_have = seen["as in Table 1", noise]
    as_far = np.where(mean >= 0, worlds_have >= mean.to_numpy(), worlds_have <= mean.to_numpy())
    both = as_far[:, COMBINED.index("QAT+MP")] & as_far[:, COMBINED.index("QAT+KD+MP")]
    tails[f"{noise:g} points"] = 100 * np.r_[as_far.mean(axis=0), both.mean()]
tails = pd.DataFrame(tails, [*COMBINED, BOTH]).T.rename_axis("noise")
tails.style.format("{:.0f} %")

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(6, 4.4))
for place, noise in enumerate(noises):
    values = seen["as in Table 1", noise]
    low, high = np.quantile(values, [0.025, 0.975], axis=0)
    at = np.arange(len(COMBINED)) + 0.6 * (place / max(1, len(noises) - 1) - 0.5)
    axes.hlines(at, low, high, color=[COLORS[methods] for methods in COMBINED], linewidth=4, alpha=0.45)
    axes.scatter(values.mean(axis=0), at, color=[COLORS[methods] for methods in COMBINED], s=20)
    for row, end in zip(at, high, strict=True):
        axes.annotate(f"{noise:g}", (end, row), (4, 0), textcoords="offset points", va="center", fontsize=9)
axes.scatter(mean, range(len(COMBINED)), facecolor="white", edgecolor="#333333", marker="D", zorder=3)
axes.axvline(0, color="#333333", linewidth=0.8, zorder=0)
axes.set(xlabel="mean synergy over the six sizes, doublings", yticks=range(len(COMBINED)), yticklabels=COMBINED)
axes.invert_yaxis()
axes.spines[["top", "right"]].set_visible(False)
glue_figure("null", figure, null.reset_index())

# %% tags=["hide-input"]
by_search = null.loc["as in Table 1"]
glue_numbers(
    **{f"search_{name}": by_search["QAT+KD+MP"].agg(name) for name in ("min", "max")},
    **{f"search_pair_{name}": by_search["QAT+KD"].agg(name) for name in ("min", "max")},
    **{f"left_{name}": null.loc["interpolated, no tolerance"]["QAT+KD+MP"].agg(name) for name in ("min", "max")},
    **{
        f"tail_{methods.lower().replace('+', '_')}_{name}": tails[methods].agg(name)
        for methods in ("QAT+KD", "QAT+MP", "QAT+KD+MP")
        for name in ("min", "max")
    },
    with_both=round(tails[BOTH].sum() * draws / 100),
    worlds=f"{draws * len(noises):,}",
    printed=mean["QAT+KD+MP"],
    printed_pair=mean["QAT+KD"],
    printed_qat_mp=mean["QAT+MP"],
    least_noise=min(noises),
    most_noise=max(noises),
)

# %% [markdown]
# ```{glue:figure} null
# :name: fig-null
# :alt: Bars of the synergy that the search finds in worlds that multiply, by noise, with published means as diamonds
#
# Where nothing interacts, the search of Table 1 still reports between {glue:text}`search_min:+.2f` and
# {glue:text}`search_max:+.2f` doublings of synergy for all three methods, and between {glue:text}`search_pair_min:+.2f`
# and {glue:text}`search_pair_max:+.2f` for QAT+KD, as models are off by {glue:text}`least_noise:.2f` to
# {glue:text}`most_noise:.2f` points (the number beside each bar, which holds 95 % of such worlds). Published, as
# diamonds, are {glue:text}`printed:+.2f` and {glue:text}`printed_pair:+.2f`: so much or more is found in
# {glue:text}`tail_qat_kd_mp_min:.0f` to {glue:text}`tail_qat_kd_mp_max:.0f` % and {glue:text}`tail_qat_kd_min:.0f` to
# {glue:text}`tail_qat_kd_max:.0f` % of the worlds, by noise. QAT+MP, {glue:text}`printed_qat_mp:+.2f`, is so low in
# {glue:text}`tail_qat_mp_min:.0f` to {glue:text}`tail_qat_mp_max:.0f` %.
# ```
#
# Three causes pull in different directions. The search **rounds down** to models that exist, and a combination is
# rounded down once, its product two or three times: that makes synergy out of nothing. The **tolerance** is granted
# once to the combination but once to each of its methods in the product: that takes synergy away, the more the flatter
# the curve. And at **both ends** of the sizes there is no smaller or no larger model to find, so that ratios are cut
# off. Interpolated and without tolerance the two first are gone, and between {glue:text}`left_min:+.2f` and
# {glue:text}`left_max:+.2f` are left for all three methods. The noise of the paper's scores is not known, nor are its
# curves task by task; so this is a warning about the measure, not a refutation. A single ratio above the product is no
# evidence by itself. The table as a whole is another matter: little noise leaves quantization with pruning never so far
# *below* its product, much noise leaves all three hardly ever so far above, and both together are found in
# {glue:text}`with_both:d` of {glue:text}`worlds:s` worlds. That was looked at after seeing the table, and these worlds
# have one curve for all tasks and independent noise; as far as it goes, the search alone does not make this pattern.
#
# The intervals on this page that come from the search as in Table 1 cover what a second grid of this kind would give,
# as simulated grids confirm. They do not cover the value that a grid without noise would give.
