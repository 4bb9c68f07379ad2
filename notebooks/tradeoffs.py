# %% [markdown]
# # Figure 1 again: score against size
#
# The paper's first figure, from this edition's own records: each point is a model that was trained, saved in real int8
# tensors with real zeros, loaded again and scored. Our encoders are [our own TINY and MINI](miniatures.py), fine-tuned
# on at most 8,192 rows a task, so a point here and a point of the paper's do not have the same height even for the same
# size; what can be compared is what a method does to a size.

# %% tags=["parameters"]
results = "results/cpu"  # the folder of the records
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
ruler = "paper"  # how bytes are counted: one of those on the page Real bytes
draws = 1000  # how often seeds and rows are drawn again for an interval
figure1 = "book/paper/figure1.csv"  # the paper's points, read off its picture

# %%
from IPython.display import Markdown

from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.analysis.reading import read_results

check_parameters(globals())
ours = read_results(root() / results, score, ruler)
Markdown(ours.left_out)

# %% [markdown]
# What is compared are tasks and sizes with all twelve configurations. Means are of {glue:text}`shared_sizes` over
# {glue:text}`shared`; a size with fewer than half as many tasks is left out of them until it has more. The bars are
# intervals of 95 %. They hold the chance of the validation rows and, where there are several seeds, of the seeds: rows
# are drawn again once per task for all models, seeds once per task and size, after the multi-bootstrap of
# {cite:t}`sellam2022multiberts`.

# %%
from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.pareto import MEAN, points

drawn = bootstrap(ours, draws)
frame = points(ours, drawn).assign(source="this edition")
means = frame[(frame.task == MEAN) & (frame.configuration != "aug")]

# %% [markdown]
# ## The mean of the tasks
#
# Ours and the paper's published points in one chart. Switch to one of them below it; click a method in the legend to
# follow it alone, with shift to compare several.

# %%
import pandas as pd

from compressions.book.figures import tradeoff
from compressions.book.published import read_figure1

theirs = read_figure1(root() / figure1)
both = pd.concat([means, theirs])
tradeoff(both, score_title="mean score")

# %% tags=["hide-input"]
import numpy as np

from compressions.book.figures import tradeoff_static
from compressions.analysis.majority import at_floor, named
from compressions.book.glue import glue_figure, glue_numbers
from compressions.analysis.pareto import difference, front, shared

glue_figure("ours", tradeoff_static(both, "mean score", "source"), both, records=results)
best = means[front(means)]
several = best.configuration.str.contains(r"\+")
by_name = means.set_index(["size", "configuration"])
tasks, sizes = shared(ours)
compared = [ours.sizes[place] for place in sizes]
floored = at_floor(ours, drawn)
small, full = compared[0], by_name.loc[(compared[0], "qat+kd+mp60")]


def costs(configuration: str, size: str) -> str:
    """What a configuration of the smallest size scores above an uncompressed size, also without tasks at a floor."""
    learned = [task for task in tasks if not floored[task].any()]
    by = [difference(ours, drawn, (small, configuration), (size, "base"), over) for over in (tasks, learned)]
    without = ", ".join(ours.tasks[task] for task in tasks if task not in learned)
    return f"{by[0].told()} points" + f" [without {without}: {by[1].value:+z.1f}]" * bool(without and learned)


against = [
    f"{by_name.loc[(size, 'base')].megabytes / full.megabytes:.1f} times smaller than the uncompressed {size.upper()}, "
    f"for {costs('qat+kd+mp60', size)}, without KD {costs('qat+mp60', size)}"
    for size in dict.fromkeys([small, compared[-1]])
]
glue_numbers(
    shared=", ".join(ours.tasks[place] for place in tasks),
    shared_sizes=", ".join(size.upper() for size in compared),
    on_front=len(best),
    combined=int(several.sum()),
    models=len(means),
    across=f"{small.upper()} with all three methods at 60 % is {', and '.join(against)}",
    names=", ".join(f"{row.size.upper()} {row.configuration}" for row in best.sort_values("megabytes").itertuples()),
)

# %% [markdown]
# ```{glue:figure} ours
# :name: fig-ours
# :alt: Two panels of mean score against megabytes by method, ours above and the paper's published points below
#
# On the front, with no other model both as small and better, are {glue:text}`on_front:d` of this edition's models:
# {glue:text}`names`. Of these {glue:text}`combined:d` combine methods; the smallest by the paper's ruler always does.
# {glue:text}`across`; over {glue:text}`shared`, with 95 % intervals. The scales of the two panels differ.
# ```

# %% [markdown]
# Which models are on the front is itself uncertain: with seeds and rows drawn again others would be. The share of draws
# in which a model is, for those above one in ten:

# %% tags=["hide-input"]
from compressions.analysis.pareto import front_share

often = front_share(ours, drawn).merge(means[["size", "configuration", "megabytes", "score"]])
often = often[often.share > 0.1].sort_values("megabytes").assign(share=100 * often.share)
glue_numbers(certain=int((often.share > 95).sum()), possible=len(often))
often.style.format({"share": "{:.0f} %", "megabytes": "{:.2f}", "score": "{:.1f}"}).hide()

# %% [markdown]
# {glue:text}`possible:d` models are on the front in one draw of ten or more, {glue:text}`certain:d` in more than 95 %.

# %% [markdown]
# ## Task by task
#
# The mean hides that tasks differ. Where validation rows are few the intervals are wide. And where an uncompressed
# encoder is not certainly better than the best constant answer, a task is at its floor for it: compression has little
# to take there, and a model that learns less, and so answers more alike, may score more. That is {glue:text}`floored`.

# %% tags=["hide-input"]
separate = frame[(frame.task != MEAN) & (frame.configuration != "aug")]
glue_figure("by-task", tradeoff_static(separate, "score", "task", columns=2), separate, records=results)
width = (separate.high - separate.low).groupby(separate.task).median() / 2
glue_numbers(
    floored=named(ours, floored),
    widest=width.max(),
    widest_task=width.idxmax(),
    narrowest=width.min(),
    narrowest_task=width.idxmin(),
)

# %% [markdown]
# ```{glue:figure} by-task
# :name: fig-by-task
# :alt: Small multiples, one per task, of score against megabytes by method, with intervals
#
# Half an interval's width is {glue:text}`widest:.1f` points on {glue:text}`widest_task` and {glue:text}`narrowest:.1f`
# on {glue:text}`narrowest_task`, at the median over models. The line joins the models of the front.
# ```

# %% [markdown]
# ## What each configuration changes
#
# The score of a configuration less the uncompressed one's, of the same size, seeds and rows; the mean over all tasks
# that the size has, with a 95 % interval, over those that are not at their floor (*learned*), and over those with
# several seeds, each of whose two models come from one device (*repeated*). `aug` is the control: the rows that
# distillation adds, without the teacher.

# %%
from compressions.analysis.bootstrap import estimate_mean
from compressions.analysis.devices import changes_apart, repeated
from compressions.analysis.results import ALL


def change(scores: np.ndarray, left_out: np.ndarray | bool = False) -> np.ndarray:
    """What each configuration changes, (..., tasks, sizes, configurations); NaN where it is left out."""
    return np.where(left_out, np.nan, scores - scores[..., :1])


changes = estimate_mean(ours.scores, drawn, change, ours.freedom)
learned = estimate_mean(ours.scores, drawn, lambda scores: change(scores, floored[..., None]), ours.freedom)
mixed = changes_apart(ours)
sure = repeated(ours, mixed)
faultless = estimate_mean(ours.scores, drawn, lambda scores: change(scores, ~sure), ours.freedom)

# %% tags=["hide-input"]
curves = theirs.pivot(index="size", columns="configuration", values="score").reindex(columns=list(ALL))
published = curves.sub(curves.base, axis=0).reindex(list(ours.sizes))
printed = published.map("{:+.1f}".format).replace("+nan", "–")
rows = [
    (size.upper(), name, *(each.told(row, column) for each in (changes, learned, faultless)), printed.loc[size, name])
    for row, size in enumerate(ours.sizes)
    for column, name in enumerate(ALL)
    if column
]
shown = pd.DataFrame(rows, columns=["size", "configuration", "change", "learned", "repeated", "the paper's"])
shown.replace(".*nan.*", "–", regex=True).style.hide()

# %% tags=["hide-input"]
from compressions.book.figures_by_size import draw_by_size, with_tasks
from compressions.experiments.configurations import method_of

SHOWN = [ALL.index(name) for name in ("qat", "kd", "aug", "mp60", "qat+kd", "qat+mp60", "kd+mp60", "qat+kd+mp60")]
rows = [
    (size.upper(), method_of(ALL[column]), *(part[row, column] for part in (changes.value, changes.low, changes.high)))
    for row, size in enumerate(ours.sizes)
    for column in SHOWN
]
moved = pd.DataFrame(rows, columns=["size", "methods", "value", "low", "high"])
by_task = change(ours.scores)[..., SHOWN]
their = published.iloc[:, SHOWN].set_axis(published.columns[SHOWN].map(method_of), axis=1).rename(index=str.upper)
figure = draw_by_size(moved, by_task, their, "change of the score, points")
glue_figure("changes", figure, with_tasks(moved, by_task, ours.tasks), records=results)

# %% tags=["hide-input"]
from compressions.book.glue import told_by_tasks

kd, aug = ALL.index("kd"), ALL.index("aug")


def controlled(scores: np.ndarray) -> np.ndarray:
    """What each configuration changes, on the tasks whose control was run."""
    return change(scores, np.isnan(scores[..., [aug]]))


taught = estimate_mean(ours.scores, drawn, controlled, ours.freedom)
SINGLE = ("qat", "mp40", "mp60", "kd")
singles = pd.DataFrame(
    [
        (size.upper(), f"{name} {faultless.told(row, column)}", ours.over(sure[:, row, column]))
        for row, size in enumerate(ours.sizes)
        for name in SINGLE
        for column in [ALL.index(name)]
        if sure[:, row, column].any()
    ],
    columns=["size", "told", "over"],
)
like_theirs = [
    size
    for size in ours.sizes
    if published.loc[size, "base"] == 0
    if (singles.over[singles["size"] == size.upper()] == "all tasks").sum() == len(SINGLE)
]


def without_worst(row: int) -> str:
    """The change by KD without the task that takes most from its mean, in words."""
    own = pd.Series(controlled(ours.scores)[:, row, kd], ours.tasks).dropna()
    worst = own.idxmin()
    return f"{own.drop(worst).mean():+z.1f} without {worst}, its worst" if len(own) > 1 else "of one task"


TWO = " with models of two devices"
said = [
    f"{ours.basis(size)}{TWO * bool(mixed[:, row, [kd, aug]].any())} {taught.told(row, kd)} points "
    f"({without_worst(row)}; {learned.value[row, kd]:+z.1f} without tasks at their floor; the paper's figure has "
    f"{printed.kd[size]}), of which the added rows alone are "
    f"{taught.value[row, aug]:+.1f} and the teacher, given these rows, "
    f"{taught.value[row, kd] - taught.value[row, aug]:+.1f}"
    for row, size in enumerate(ours.sizes)
    if not np.isnan(taught.value[row, aug])
]
READ_OFF = 0.1  # points by which the difference of two points of the paper's picture may be off
other = [
    f"{size.upper()} {name} {changes.told(row, column)}, the paper's {printed.loc[size, name]}"
    for row, size in enumerate(ours.sizes)
    for name in SINGLE
    if size in like_theirs and (column := ALL.index(name))
    if not changes.low[row, column] - READ_OFF <= published.loc[size, name] <= changes.high[row, column] + READ_OFF
]
alone = {
    f"{name}_alone": "; ".join(
        f"{size.upper()} {changes.told(row, ALL.index(name))} points, in the paper {printed.loc[size, name]}"
        for row, size in enumerate(ours.sizes)
        if size in like_theirs
    )
    or "not known"
    for name in ("qat", "kd", "mp60")
}
elsewhere = told_by_tasks(singles[~singles["size"].isin([size.upper() for size in like_theirs])])
glue_numbers(
    **alone,
    control="; ".join(said) or "the control was not run",
    disagree="; ".join(other) or "none",
    comparable=", ".join(size.upper() for size in like_theirs) or "no size",
    repeated=f"Elsewhere, over tasks with several seeds trained on one device, the changes are: {elsewhere}"
    if elsewhere
    else "No other size has tasks with several seeds trained on one device",
)

# %% [markdown]
# ```{glue:figure} changes
# :name: fig-changes
# :alt: For each size the change of the score by method with 95 % intervals, single tasks and the paper's values
#
# With KD, the added rows and all, the score changes so: {glue:text}`control`. Changes by a single method whose interval
# leaves out the paper's value, whose own noise is not known, at sizes whose tasks are all as in *repeated*
# ({glue:text}`comparable`): {glue:text}`disagree`. {glue:text}`repeated`.
# Where pruning is on it is to 60 %; small dots are single tasks, augmentation is the control.
# ```
#
# ## The teacher
#
# What a teacher can give is limited by what it knows. Scores of the teacher of each task, and of the uncompressed
# students, on the validation split:

# %% tags=["hide-input"]
from compressions.experiments.records import read_all

distilled = [record for record in read_all(root() / results) if record.get("teacher")]
known = pd.Series({record["specification"]["task"]: record["teacher"]["score"] for record in distilled}, dtype=float)
plain = {f"{size.upper()} base": ours.scores[:, row, 0] for row, size in enumerate(ours.sizes)}
students = pd.DataFrame({"teacher": known.reindex(ours.tasks), **plain}, index=ours.tasks)
own = students.drop(columns="teacher")
behind, sizes = own.gt(students.teacher, axis=0).sum(axis=1), own.notna().sum(axis=1)
lower = {
    "every uncompressed student's": (behind > 0) & (behind == sizes),
    "some student's": behind.between(1, sizes - 1),
}
weak = [
    f"than {whose} on {', '.join(f'{task} ({students.teacher[task]:.1f})' for task in students.index[there])}"
    for whose, there in lower.items()
    if there.any()
]
ahead = [f"{(students.teacher - students[name]).mean():+.1f} points from {name.split()[0]}'s" for name in plain]
glue_numbers(weak=", ".join(weak) or "than a student's on no task", ahead=", ".join(ahead))
students.style.format("{:.1f}", na_rep="–")

# %% [markdown]
# On average over the tasks the teacher's score differs by {glue:text}`ahead`, uncompressed; it is lower
# {glue:text}`weak`. From a teacher that knows little more, distillation cannot gain what the paper's gains from
# one of LARGE's size or above.
