# %% [markdown]
# # Figure 1 again: score against size
#
# The paper's first figure, from this edition's own records: each point is a model that was trained, saved in real int8
# tensors with real zeros, loaded again and scored. Our encoders are [our own TINY and MINI](miniatures.py), fine-tuned
# on at most 8,192 rows a task, so a point here and a point of the paper's do not have the same height even for the same
# size. What can be compared is what a method does to a size.

# %% tags=["parameters"]
results = "results/cpu"  # the folder of the records
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
size_measure = "paper"  # how bytes are counted: one of those on the page Real bytes
draws = 1000  # how often seeds and rows are drawn again for an interval
figure1 = "book/paper/figure1.csv"  # the paper's points, read off its picture

# %%
from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.analysis.reading import read_results

check_parameters(globals())
ours = read_results(root() / results, score, size_measure)
ours.left_out.style.hide()

# %% [markdown]
# A cell is a task, a size and a seed. It is used where all twelve configurations are there and were trained on the same
# kind of device; the table counts the records that are not used. Means are over the {glue:text}`shared_tasks:d` tasks
# that all compared sizes have. A size with fewer than half as many tasks as the one with most is left out of the means.
# Bars are 95 % confidence intervals. They include the noise of the validation rows and, where there are several seeds,
# of the seeds: rows are drawn again once per task for all models, seeds once per task and size, after the
# multi-bootstrap of {cite:t}`sellam2022multiberts`.

# %%
from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.pareto import MEAN, model_table

resampled = bootstrap(ours, draws)
frame = model_table(ours, resampled).assign(source="this edition")
means = frame[(frame.task == MEAN) & (frame.configuration != "aug")]

# %% [markdown]
# ## The mean of the tasks
#
# Ours and the paper's published points in one chart. Switch to one of them below it; click a method in the legend to
# see it alone, with shift to compare several.

# %% tags=["web-only"]
import pandas as pd

from compressions.book.figures import tradeoff
from compressions.book.published import read_figure1

theirs = read_figure1(root() / figure1)
both = pd.concat([means, theirs])
tradeoff(both, score_title="mean score")

# %% tags=["hide-input"]
from compressions.book.figures import tradeoff_static
from compressions.book.glue import glue_figure, glue_numbers
from compressions.analysis.pareto import difference, pareto_front, shared

glue_figure("ours", tradeoff_static(both, "mean score", "source"), both, records=results)
best = means[pareto_front(means.megabytes.to_numpy(), means.score.to_numpy())]
tasks, sizes = shared(ours)
small = ours.sizes[sizes[0]]
small_models = means[means["size"] == small].set_index("configuration")
costs = {name: difference(ours, resampled, (small, name), (small, "base")) for name in ("qat+kd+mp60", "qat+mp60")}
glue_numbers(
    shared_tasks=len(tasks),
    on_front=len(best),
    combined=int(best.configuration.str.contains(r"\+").sum()),
    models=len(means),
    small=small.upper(),
    full_times=small_models.megabytes["base"] / small_models.megabytes["qat+kd+mp60"],
    full_change=costs["qat+kd+mp60"].text(),
    light_change=costs["qat+mp60"].text(),
)

# %% [markdown]
# ```{glue:figure} ours
# :name: fig-ours
# :alt: Two panels of mean score against megabytes by method, ours above and the paper's published points below
#
# {glue:text}`on_front:d` of this edition's {glue:text}`models:d` models are on the Pareto front, with no other model
# both as small and better; {glue:text}`combined:d` of these combine methods. With all three methods at 60 % sparsity
# {glue:text}`small` is {glue:text}`full_times:.1f` times smaller and its mean score changes by
# {glue:text}`full_change` points (95 % CI), without KD by {glue:text}`light_change`. The scales of the two panels
# differ.
# ```

# %% [markdown]
# Which models are on the Pareto front is itself uncertain: with seeds and rows drawn again others would be. The share
# of draws in which a model is, for those above one in ten:

# %% tags=["hide-input"]
from compressions.analysis.pareto import pareto_share

often = pareto_share(ours, resampled).merge(means[["size", "configuration", "megabytes", "score"]])
often = often[often.share > 0.1].sort_values("megabytes").assign(share=100 * often.share)
glue_numbers(certain=int((often.share > 95).sum()), possible=len(often))
often.style.format({"share": "{:.0f} %", "megabytes": "{:.2f}", "score": "{:.1f}"}).hide()

# %% [markdown]
# {glue:text}`possible:d` models are on the Pareto front in one draw of ten or more, {glue:text}`certain:d` in more than
# 95 %.

# %% [markdown]
# ## Task by task
#
# The mean hides that tasks differ. Where validation rows are few the intervals are wide.

# %% tags=["hide-input"]
separate = frame[(frame.task != MEAN) & (frame.configuration != "aug")]
glue_figure("by-task", tradeoff_static(separate, "score", "task", columns=2), separate, records=results)
width = (separate.high - separate.low).groupby(separate.task).median() / 2
glue_numbers(widest=width.max(), widest_task=width.idxmax(), narrowest=width.min(), narrowest_task=width.idxmin())

# %% [markdown]
# ```{glue:figure} by-task
# :name: fig-by-task
# :alt: Small multiples, one per task, of score against megabytes by method, with intervals
#
# Half an interval's width is {glue:text}`widest:.1f` points on {glue:text}`widest_task` and {glue:text}`narrowest:.1f`
# on {glue:text}`narrowest_task`, at the median over models. The line joins the models of the Pareto front.
# ```
#
# A task is *at the majority-class baseline* for a size where the interval of the uncompressed score reaches the score
# of predicting the majority. Compression has little to take there, and a model that learns less, and predicts the
# majority more often, may even score more.

# %% tags=["hide-input"]
import numpy as np

from compressions.analysis.pareto import at_majority_baseline

at_baseline = at_majority_baseline(ours, resampled)
uncompressed = pd.DataFrame({"majority class": ours.majority_scores}, index=ours.tasks)
for row, size in enumerate(ours.sizes):
    uncompressed[f"{size.upper()} base"] = ours.scores[:, row, 0]
    uncompressed[f"{size.upper()} at the baseline"] = np.where(at_baseline[:, row], "yes", "")
uncompressed.style.format(precision=1, na_rep="–")

# %% [markdown]
# ## What each configuration changes
#
# The score of a configuration less the uncompressed one's, of the same size, seeds and rows: the mean over all tasks
# that the size has with a 95 % confidence interval, over those that are not at the majority-class baseline, and over
# those with several seeds. `aug` is the control: the rows that distillation adds, without the teacher.

# %%
from compressions.analysis.bootstrap import estimate_mean
from compressions.analysis.results import ALL


def change(scores: np.ndarray, left_out: np.ndarray | bool = False) -> np.ndarray:
    """What each configuration changes, (..., tasks, sizes, configurations); NaN where it is left out."""
    return np.where(left_out, np.nan, scores - scores[..., :1])


single = (ours.seeds < 2)[..., None]
changes = estimate_mean(ours.scores, resampled, change, ours.freedom)
above = estimate_mean(ours.scores, resampled, lambda scores: change(scores, at_baseline[..., None]), ours.freedom)
several = estimate_mean(ours.scores, resampled, lambda scores: change(scores, single), ours.freedom)

# %% tags=["hide-input"]
curves = theirs.pivot(index="size", columns="configuration", values="score").reindex(columns=list(ALL))
published = curves.sub(curves.base, axis=0).reindex(list(ours.sizes))
cells = [(row, column) for row in range(len(ours.sizes)) for column in range(1, len(ALL))]
rows = [
    (ours.sizes[row].upper(), ALL[column], *(each.text(row, column) for each in (changes, above, several)))
    for row, column in cells
]
shown = pd.DataFrame(rows, columns=["size", "configuration", "change", "above the baseline", "several seeds"])
shown["the paper's"] = [published.loc[ours.sizes[row], ALL[column]] for row, column in cells]
for row in shown[~shown.configuration.str.contains(r"\+")].itertuples():
    key = f"{row.size.lower()}_{row.configuration}"
    glue_numbers(**{key: row.change, f"paper_{key}": row[-1]})
shown.style.format({"the paper's": "{:+.1f}"}, na_rep="–").hide()

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

# %% [markdown]
# ```{glue:figure} changes
# :name: fig-changes
# :alt: For each size the change of the score by method with 95 % intervals, single tasks and the paper's values
#
# Change of the mean score by each method. Where pruning is on it is to 60 %; small dots are single tasks, augmentation
# is the control.
# ```
#
# KD comes with added rows and, in these records, steps. Its change is that of the control, these rows and steps alone,
# and that of the teacher given them, their paired difference; over the tasks whose control was run:

# %% tags=["hide-input"]
kd, aug = ALL.index("kd"), ALL.index("aug")


def by_part(scores: np.ndarray) -> np.ndarray:
    """Changes by KD, by its added rows and by its teacher, (..., tasks, sizes, 3); NaN where no control was run."""
    base, taught, added = scores[..., 0], scores[..., kd], scores[..., aug]
    return np.stack([taught - base + 0 * added, added - base, taught - added], axis=-1)


parts = estimate_mean(ours.scores, resampled, by_part, ours.freedom)
texts = [[parts.text(row, part) for part in range(3)] for row in range(len(ours.sizes))]
taught = pd.DataFrame(texts, list(ours.sizes), ["KD", "added rows", "teacher"])
for size, row in taught.iterrows():
    glue_numbers(**{f"{size}_added": row["added rows"], f"{size}_teacher": row.teacher})
taught.rename(index=str.upper)

# %% [markdown]
# ## The teacher
#
# What a teacher can give is limited by what it knows. Scores of the teacher of each task, and of the uncompressed
# students, on the validation split:

# %% tags=["hide-input"]
from compressions.experiments.records import read_all

distilled = [record for record in read_all(root() / results) if record.get("teacher")]
known = pd.Series({record["specification"]["task"]: record["teacher"]["score"] for record in distilled}, dtype=float)
plain = {size.upper(): ours.scores[:, row, 0] for row, size in enumerate(ours.sizes)}
students = pd.DataFrame({"teacher": known.reindex(ours.tasks), **plain}, index=ours.tasks)
glue_numbers(
    teacher_ahead=(students.teacher - students[small.upper()]).mean(),
    teacher_behind=int((students[small.upper()] > students.teacher).sum()),
)
students.style.format("{:.1f}", na_rep="–")

# %% [markdown]
# On average over the tasks the teacher's score differs by {glue:text}`teacher_ahead:+.1f` points from that of the
# uncompressed {glue:text}`small`; it is lower on {glue:text}`teacher_behind:d` tasks. From a teacher that knows little
# more, distillation cannot gain what the paper's gains from one of LARGE's size or above.
