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
size_measure = "paper"  # how bytes are counted: one of those on the page Real bytes
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
interpolation = "discrete"  # among models that were trained; or interpolated, along the curve between them
draws = 1000  # how often seeds and rows are drawn again for an interval
margin = 0.25  # points from 0 within which an interaction is said to add up
noises = [0.25, 0.5, 1, 2]  # standard deviations of a simulated score, points; seeds do about so much to a task
table1 = "book/paper/table1.csv"  # the paper's table, as printed
figure1 = "book/paper/figure1.csv"  # the paper's points, read off its picture

# %%
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
ours = read_results(root() / results, score, size_measure)
ours.left_out.style.hide()

# %% [markdown]
# ## Of our reductions
#
# For each size, the mean synergy over the tasks, by the search of [Table 1](reductions.py), with a 95 % confidence
# interval by Student's t, from seeds and validation rows drawn again. The verdict is *multiplicative* when all of the
# interval is within 10 % of the product, else *super-multiplicative* when all of it is above 0, *sub-multiplicative*
# below, and *not decidable* otherwise. We report no interval where more than half of the tasks are *censored*, and no
# verdict where a task has *one seed*, as the interval then lacks the noise of seeds.

# %%
import numpy as np

from compressions.analysis.bootstrap import Estimate, bootstrap, estimate, estimate_mean
from compressions.analysis.reductions import reductions
from compressions.analysis.synergy import COMBINED, OPEN, censored, synergy, verdicts


def by_task(scores: np.ndarray) -> np.ndarray:
    """Synergy on each task, (..., tasks, sizes, combinations)."""
    return synergy(reductions(scores, ours.bytes, tolerance, interpolation).ratios)


# %%
resampled = bootstrap(ours, draws)
found = estimate_mean(ours.scores, resampled, by_task, ours.freedom.sum(axis=1, keepdims=True))
ratios = reductions(ours.scores, ours.bytes, tolerance, interpolation)
unknown = censored(ratios.status)
there = ours.seeds[..., None] > 0
share = (unknown & there).sum(axis=0) / there.sum(axis=0)
matched = verdicts(found, ours, censored_share=share).assign(censored=100 * share.reshape(-1))

# %% tags=["hide-input"]
from compressions.analysis.results import PAPER, over_tasks

matched["of mean ratios"] = synergy(over_tasks(ratios.ratios)).reshape(-1)
signed = dict.fromkeys(("value", "low", "high", "of mean ratios"), "{:+.2f}")
shown = signed | {"needed": "{:.0f}", "censored": "{:.0f} %"}
matched.style.format(shown, na_rep="–").hide()

# %% [markdown]
# *Censored* is the share of tasks where for the combination or one of its methods no model reached the target, or even
# the smallest one did. *Needed* is how many seeds would bring the interval clear of 0 if the estimate stayed as it is
# and every task had as many (if it is the truth, that is an even chance); `inf` where even a thousand are too few.
# Table 1 has means of ratios over the tasks, as far as its [arithmetic](introduction.py) shows; logarithms of such
# means are in the last column, and the published values in the figure are computed from them.

# %% tags=["hide-input"]
import pandas as pd

from compressions.book.figures_by_size import draw_by_size, with_tasks
from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.published import published_values
from compressions.analysis.reductions import METHODS

published = pd.read_csv(root() / table1).set_index("architecture")[list(METHODS)]
theirs = pd.DataFrame(synergy(published.to_numpy()), published.index, COMBINED)
matched["published"] = published_values(matched, theirs)
single = synergy(ratios.ratios)
figure = draw_by_size(matched, single, theirs, "synergy, doublings", censored=unknown)
glue_figure("matched", figure, with_tasks(matched, single, ours.tasks), records=results)
glue_numbers(
    matched_questions=len(matched),
    matched_open=int(matched.says.isin(OPEN).sum()),
    censored=matched.censored.mean(),
)

# %% [markdown]
# ```{glue:figure} matched
# :name: fig-matched
# :alt: For each size the synergy of four combinations with 95 % intervals, single tasks, and the published values
#
# Of {glue:text}`matched_questions:d` questions whether a combination multiplies, {glue:text}`matched_open:d` stay open;
# on average {glue:text}`censored:.0f` % of the tasks are censored. Where more than half are censored marks are hollow.
# Published values are computed from Table 1 of {cite:t}`movva2022combining`.
# ```

# %% [markdown]
# ## The same question in points
#
# The search needs a model of another size that scores just as well, and with few sizes there often is none. A question
# that needs no search: does a combination lose more points than its methods lose one by one? The *interaction* is the
# combination's change of score less the sum of its methods' changes, at an unchanged size; where a combination prunes,
# its mean over both sparsities. The paper's Figure 1 can be asked the same. Where a doubling of the size is worth the
# same number of points throughout, by the paper's size measure and at no tolerance, a positive interaction and a
# positive synergy are the same. It has faults of its own. Near the majority-class baseline there is little left to
# lose, so that losses cannot add up. And where a doubling is worth less the larger the model is, methods that multiply
# exactly lose fewer points together. Both make interactions look more positive than they are.

# %%
from compressions.book.published import read_figure1
from compressions.analysis.synergy import IN_POINTS, interaction

inside = estimate_mean(ours.scores, resampled, interaction, ours.freedom)
points = verdicts(inside, ours, margin, IN_POINTS)
figure_points = read_figure1(root() / figure1)
curves = figure_points.pivot(index="size", columns="configuration", values="score")[list(PAPER)]
theirs_points = pd.DataFrame(interaction(curves.to_numpy()), curves.index.str.upper(), COMBINED)
points["published"] = published_values(points, theirs_points)
points.style.format(shown | {"published": "{:+.2f}"}, na_rep="–").hide()

# %% [markdown]
# The paper's points were read off a picture, each good to 0.05, so that its value for a pair is good to 0.2, for all
# three to 0.3.

# %% tags=["hide-input"]
from compressions.analysis.simulation import simulate_multiplicative

SLACK = 0.05 * np.array([2 * len(methods.split("+")) for methods in COMBINED])
# What the same sizes would show if methods multiplied exactly and no score had noise.
neutral = interaction(simulate_multiplicative(figure_points, 0, tasks=1, draws=1)[0][0, 0])
alone = interaction(ours.scores)
figure = draw_by_size(points, alone, theirs_points, "interaction, points")
glue_figure("points", figure, with_tasks(points, alone, ours.tasks), records=results)
glue_numbers(
    questions=len(points),
    open=int(points.says.isin(OPEN).sum()),
    excluding_zero=int(((points.low > 0) | (points.high < 0)).sum()),
    published_above=int((theirs_points > SLACK).sum().sum()),
    published_below=int((theirs_points < -SLACK).sum().sum()),
    published_all=theirs_points.size,
    neutral_above=int((neutral > SLACK).sum()),
    neutral_below=int((neutral < -SLACK).sum()),
    neutral_most=neutral.max(),
    largest=theirs_points.max().max(),
)

# %% [markdown]
# ```{glue:figure} points
# :name: fig-points
# :alt: For each size the interaction in points of four combinations with intervals, single tasks and published values
#
# Of {glue:text}`questions:d` questions in points {glue:text}`open:d` are open; {glue:text}`excluding_zero:d` intervals
# exclude 0. In the paper's Figure 1 {glue:text}`published_above:d` of {glue:text}`published_all:d` interactions are
# above 0 and {glue:text}`published_below:d` below by more than reading them off can explain; if its methods multiplied
# exactly, {glue:text}`neutral_above:d` would be above, by up to {glue:text}`neutral_most:.1f` points, and
# {glue:text}`neutral_below:d` below. Its largest is {glue:text}`largest:+.1f`.
# ```

# %% [markdown]
# ### Tasks with several seeds
#
# A mean with a task of one seed gets no verdict above. Over those tasks alone that have several:

# %%
repeated = np.broadcast_to((ours.seeds > 1)[..., None], alone.shape)


def interaction_on(used: np.ndarray) -> Estimate:
    """The mean interactions, (sizes, combinations), over the tasks that are used, (tasks, sizes, combinations)."""
    return estimate_mean(
        ours.scores, resampled, lambda scores: np.where(used, interaction(scores), np.nan), ours.freedom
    )


several = interaction_on(repeated)
over_several = verdicts(several, ours, margin, IN_POINTS, used=repeated)
for row, column in np.argwhere(repeated.any(axis=0)):
    methods = COMBINED[column].lower().replace("+", "_")
    glue_numbers(**{f"{ours.sizes[row]}_{methods}": several.text(row, column)})
over_several.style.format(shown, na_rep="–").hide()

# %% [markdown]
# ### Task by task
#
# The interaction of all three methods on single tasks, with 95 % confidence intervals; those of tasks with few seeds
# are wide, as their noise is hardly known, and those with one seed (*) lack it. † marks tasks at the
# [majority-class baseline](tradeoffs.py) for a size.

# %%
from compressions.analysis.pareto import at_majority_baseline

on_task = estimate(ours.scores, resampled, interaction, ours.freedom[..., None])
at_baseline = at_majority_baseline(ours, resampled)
marks = np.where(ours.seeds == 1, " *", "").astype(object) + np.where(at_baseline, " †", "")
texts = [
    [on_task.text(task, row, -1) + marks[task, row] for row in range(len(ours.sizes))]
    for task in range(len(ours.tasks))
]
clear = repeated & ((on_task.low > 0) | (on_task.high < 0))
glue_numbers(single=int(repeated.sum()), clear=int(clear.sum()), by_chance=0.05 * repeated.sum())
pd.DataFrame(texts, ours.tasks, [size.upper() for size in ours.sizes])

# %% [markdown]
# Of {glue:text}`single:d` interactions of a combination on a task with several seeds {glue:text}`clear:d` exclude 0;
# {glue:text}`by_chance:.1f` would by chance. Without tasks at the majority-class baseline the means over the tasks are:

# %% tags=["hide-input"]
used = np.broadcast_to(~at_baseline[..., None], alone.shape)
beyond = verdicts(interaction_on(used), ours, margin, IN_POINTS, used=used)
beyond.drop(columns="needed").style.format(signed, na_rep="–").hide()

# %% [markdown]
# ### Leaving a task out
#
# If one task carried a result, leaving it out would turn it around. The lowest and the highest interaction with any one
# task left out, which task that is, and the 95 % confidence interval without it:

# %% tags=["hide-input"]
left = [interaction_on(np.arange(len(ours.tasks))[:, None, None] != place) for place in range(len(ours.tasks))]
rows = []
for row, column in np.ndindex(left[0].value.shape):
    values = np.where(ours.seeds[:, row] > 0, [each.value[row, column] for each in left], np.nan)
    if np.isfinite(values).any():
        ends = int(np.nanargmin(values)), int(np.nanargmax(values))
        texts = [text for place in ends for text in (left[place].text(row, column, digits=2), ours.tasks[place])]
        rows.append((ours.sizes[row].upper(), COMBINED[column], *texts))
pd.DataFrame(rows, columns=["size", "methods", "lowest", "without", "highest", "without "]).style.hide()

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
fewest = {row: int(column[column > 1].min()) for row, column in enumerate(ours.seeds.T) if (column > 1).any()}
chances = pd.DataFrame(
    [
        (ours.sizes[row].upper(), effect, count, 100 * chance)
        for row, seeds in fewest.items()
        for effect in EFFECTS
        for count, chance in zip(wanted, power(effect, several.at(row, -1), seeds, wanted), strict=True)
    ],
    columns=["size", "effect", "seeds", "chance"],
)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3.4))
for place, (size, part) in enumerate(chances.groupby("size", sort=False)):
    for effect, curve in part.groupby("effect"):
        style = {"color": ["#d55e00", "#333333", "#0072b2"][place % 3], "linestyle": EFFECTS[effect]}
        axes.plot(curve.seeds, curve.chance, label=f"{size}, {effect:.1f} points", **style)
axes.set(xlabel="seeds", ylabel="chance to decide, %", ylim=(0, 101))
axes.spines[["top", "right"]].set_visible(False)
if len(chances):
    axes.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False, fontsize=10)
glue_figure("power", figure, chances, records=results)

# %% [markdown]
# ```{glue:figure} power
# :name: fig-power
# :alt: Curves of the chance to decide by the number of seeds for three sizes of the effect
#
# The chance that a 95 % interval excludes 0. Sizes whose tasks all have one seed have no curve.
# ```
#
# The fewest seeds for a chance of four in five; a dash where more than 40 are needed:

# %% tags=["hide-input"]
enough = chances[chances.chance >= 80].groupby(["size", "effect"]).seeds.min().unstack()
enough.reindex(columns=list(EFFECTS)).style.format("{:.0f}", na_rep="–").format_index("{:.1f} points", axis=1)

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
# ## What the search finds where methods multiply
#
# A test needs to know what one would see if the claim were not true. We simulate grids in which methods multiply
# *exactly*: the paper's six sizes with their published scores as the curve, the gains of the single methods as Figure 1
# shows them, each a fixed number of doublings, and every combination their sum. On each of eight tasks each score has
# noise of some points, as from seeds and rows. The search of Table 1, run on many such grids, should report no synergy.

# %%
HOW = {
    "as in Table 1": (0.5, "discrete"),
    "interpolated": (0.5, "interpolated"),
    "interpolated, no tolerance": (0.0, "interpolated"),
}
grids = {noise: simulate_multiplicative(figure_points, noise, tasks=8, draws=draws) for noise in noises}
seen = {
    (how, noise): synergy(over_tasks(reductions(scores, sizes, *choice).ratios)).mean(axis=-2)
    for noise, (scores, sizes) in grids.items()
    for how, choice in HOW.items()
}

# %% tags=["hide-input"]
means = {(how, f"{noise:g}"): pd.Series(values.mean(axis=0), COMBINED) for (how, noise), values in seen.items()}
null = pd.DataFrame(means).T
null.index.names = ["search", "noise, points"]
null.loc[("published", "–"), :] = mean
null.sort_index(level=0, sort_remaining=False).style.format("{:+.2f}")

# %% [markdown]
# How many of these grids have a mean synergy at least as far above 0 as the paper's table, or for quantization with
# pruning, which the table has below 0, as far below, by the search as in Table 1; and how many have both at once, what
# the table shows of that pair and what it shows of all three:

# %% tags=["hide-input"]
BOTH = "QAT+MP and all three"
tails = {}
for noise in noises:
    simulated = seen["as in Table 1", noise]
    as_far = np.where(mean >= 0, simulated >= mean.to_numpy(), simulated <= mean.to_numpy())
    both = as_far[:, COMBINED.index("QAT+MP")] & as_far[:, COMBINED.index("QAT+KD+MP")]
    tails[f"{noise:g} points"] = 100 * np.r_[as_far.mean(axis=0), both.mean()]
tails = pd.DataFrame(tails, [*COMBINED, BOTH]).T.rename_axis("noise")
tails.style.format("{:.0f} %")

# %% tags=["hide-input"]
from compressions.book.figures import COLORS

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
    simulated=draws * len(noises),
    printed=mean["QAT+KD+MP"],
    printed_pair=mean["QAT+KD"],
    printed_qat_mp=mean["QAT+MP"],
    least_noise=min(noises),
    most_noise=max(noises),
)

# %% [markdown]
# ```{glue:figure} null
# :name: fig-null
# :alt: Bars of the synergy that the search finds where methods multiply, by noise, with published means as diamonds
#
# Where nothing interacts, the search of Table 1 still reports between {glue:text}`search_min:+.2f` and
# {glue:text}`search_max:+.2f` doublings of synergy for all three methods, and between {glue:text}`search_pair_min:+.2f`
# and {glue:text}`search_pair_max:+.2f` for QAT+KD, as models are off by {glue:text}`least_noise:.2f` to
# {glue:text}`most_noise:.2f` points (the number beside each bar, which holds 95 % of such grids). Published, as
# diamonds, are {glue:text}`printed:+.2f` and {glue:text}`printed_pair:+.2f`: so much or more is found in
# {glue:text}`tail_qat_kd_mp_min:.0f` to {glue:text}`tail_qat_kd_mp_max:.0f` % and {glue:text}`tail_qat_kd_min:.0f` to
# {glue:text}`tail_qat_kd_max:.0f` % of the grids, by noise. QAT+MP, {glue:text}`printed_qat_mp:+.2f`, is so low in
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
# {glue:text}`with_both:d` of {glue:text}`simulated:,` grids. That was looked at after seeing the table, and these grids
# have one curve for all tasks and independent noise; as far as it goes, the search alone does not make this pattern.
#
# The intervals on this page that come from the search as in Table 1 cover what a second grid of this kind would give,
# as simulated grids confirm. They do not cover the value that a grid without noise would give.
