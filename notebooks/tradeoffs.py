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
from compressions.percent import check_parameters
from compressions.reading import read_results

check_parameters(In)
ours = read_results(root() / results, score, ruler)
Markdown(ours.left_out)

# %% [markdown]
# What is compared are tasks and sizes with all twelve configurations. Means are of {glue:text}`shared_sizes` over
# {glue:text}`shared`; a size with fewer than half as many tasks is left out of them until it has more. The bars are
# intervals of 95 %. They hold the chance of the validation rows and, where there are several seeds, of the seeds: rows
# are drawn again once per task for all models, seeds once per task and size, after the multi-bootstrap of
# {cite:t}`sellam2022multiberts`.

# %%
from compressions.bootstrap import bootstrap
from compressions.points import MEAN, points

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

from compressions.figures import tradeoff
from compressions.published import read_figure1

theirs = read_figure1(root() / figure1)
both = pd.concat([means, theirs])
tradeoff(both, score_title="mean score")

# %% tags=["hide-input"]
import numpy as np

from compressions.bootstrap import estimate_mean
from compressions.figures import tradeoff_static
from compressions.pages import glue_figure, glue_numbers
from compressions.points import front, shared
from compressions.results import PAPER

glue_figure("ours", tradeoff_static(both, "mean score", "source"), both, records=results)
best = means[front(means)]
several = best.configuration.str.contains(r"\+")
triple = PAPER.index("qat+kd+mp60")
by_name = means.set_index(["size", "configuration"])
tasks, sizes = shared(ours)
compared = [ours.sizes[place] for place in sizes]
smallest, plain = by_name.loc[(compared[0], "qat+kd+mp60")], by_name.loc[(compared[-1], "base")]


def between(scores: np.ndarray) -> np.ndarray:
    """From the largest uncompressed encoder to the smallest with all three methods, in points, (..., tasks, 1, 1)."""
    return (scores[..., tasks, sizes[0], triple] - scores[..., tasks, sizes[-1], 0])[..., None, None]


own_freedom = ours.freedom[tasks][:, sorted({sizes[0], sizes[-1]})].sum(axis=1, keepdims=True)
ends = estimate_mean(ours.scores, drawn, between, own_freedom).at(0, 0)
times = plain.megabytes / smallest.megabytes
glue_numbers(
    shared=", ".join(ours.tasks[place] for place in tasks),
    shared_sizes=", ".join(size.upper() for size in compared),
    on_front=len(best),
    combined=int(several.sum()),
    across=f"{compared[0].upper()} with all three methods at 60 % is {times:.1f} times smaller than the uncompressed "
    f"{compared[-1].upper()} and changes the score by {ends.value:+.1f} ({ends.low:+.2f} to {ends.high:+.2f})",
    names=", ".join(f"{row.size.upper()} {row.configuration}" for row in best.sort_values("megabytes").itertuples()),
)

# %% [markdown]
# ```{glue:figure} ours
# :name: fig-ours
# :alt: Two panels of mean score against megabytes by method, ours above and the paper's published points below
#
# On the front, with no other model both as small and better, are {glue:text}`on_front:d` of this edition's models:
# {glue:text}`names`. Of these {glue:text}`combined:d` combine methods; the smallest by the paper's ruler always does.
# {glue:text}`across` points, over {glue:text}`shared`.
# ```

# %% [markdown]
# Which models are on the front is itself uncertain: with seeds and rows drawn again others would be. The share of draws
# in which a model is, for those above one in ten:

# %% tags=["hide-input"]
from compressions.points import front_share

often = front_share(ours, drawn).merge(means[["size", "configuration", "megabytes", "score"]])
often = often[often.share > 0.1].sort_values("megabytes").assign(share=100 * often.share)
glue_numbers(certain=int((often.share > 95).sum()), possible=len(often))
often.style.format({"share": "{:.0f} %", "megabytes": "{:.2f}", "score": "{:.1f}"}).hide()

# %% [markdown]
# {glue:text}`possible:d` models are on the front in one draw of ten or more, {glue:text}`certain:d` in more than 95 %.

# %% [markdown]
# ## Task by task
#
# The mean hides that tasks differ: where a task is at its floor for an encoder compression has nothing to take, and
# where validation rows are few the intervals are wide.

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
# on {glue:text}`narrowest_task`, at the median over models. The line joins the models of the front.
# ```

# %% [markdown]
# ## What each configuration changes
#
# The score of a configuration less the uncompressed one's, of the same size, seeds and rows; the mean over all tasks
# that the size has, with a 95 % interval. `aug` is the control: the rows that distillation adds, without the teacher.

# %%
from compressions.results import ALL

changes = estimate_mean(ours.scores, drawn, lambda scores: scores - scores[..., :1], ours.freedom)
columns = {
    (size.upper(), name): part[row]
    for row, size in enumerate(ours.sizes)
    for name, part in {"change": changes.value, "low": changes.low, "high": changes.high}.items()
}
pd.DataFrame(columns, index=list(ALL)).drop("base").style.format("{:+.1f}", na_rep="–")

# %% tags=["hide-input"]
kd, aug = ALL.index("kd"), ALL.index("aug")
teacher = estimate_mean(ours.scores, drawn, lambda scores: scores[..., [kd]] - scores[..., [aug]], ours.freedom)
curve = theirs.pivot(index="size", columns="configuration", values="score")
gains = (curve.kd - curve.base).map("{:+.1f}".format).reindex(ours.sizes, fill_value="none")
said = [
    f"{ours.basis(size)}: {changes.value[row, kd]:+.1f} ({changes.low[row, kd]:+.1f} to {changes.high[row, kd]:+.1f}) "
    f"points with KD, where the paper's figure has {gains[size]}; "
    f"{changes.value[row, aug]:+.1f} with the added rows alone, so that the teacher itself adds "
    f"{teacher.value[row, 0]:+.1f} ({teacher.low[row, 0]:+.1f} to {teacher.high[row, 0]:+.1f})"
    for row, size in enumerate(ours.sizes)
    if not np.isnan(teacher.value[row, 0])
]
net = [
    f"{size.upper()} changes by {changes.value[row, kd]:+.1f} ({changes.low[row, kd]:+.1f} to "
    f"{changes.high[row, kd]:+.1f}) points, where the paper's figure has {gains[size]}; the added rows alone change it "
    f"by {changes.value[row, aug]:+.1f}, and the teacher gives {teacher.value[row, 0]:+.1f} "
    f"({teacher.low[row, 0]:+.1f} to {teacher.high[row, 0]:+.1f})"
    for row, size in enumerate(ours.sizes)
    if 2 * (ours.seeds[:, row] > 0).sum() >= len(ours.tasks) and not np.isnan(teacher.value[row, 0])
]
glue_numbers(control="; ".join(said) or "the control was not run", net="; ".join(net) or "no size has enough tasks")

# %% [markdown]
# {glue:text}`control`.
#
# ## The teacher
#
# What a teacher can give is limited by what it knows. Scores of the teacher of each task, and of the uncompressed
# students, on the validation split:

# %% tags=["hide-input"]
from compressions.records import read_all

taught = [record for record in read_all(root() / results) if record.get("teacher")]
known = pd.Series({record["specification"]["task"]: record["teacher"]["score"] for record in taught}, dtype=float)
plain = {f"{size.upper()} base": ours.scores[:, row, 0] for row, size in enumerate(ours.sizes)}
students = pd.DataFrame({"teacher": known.reindex(ours.tasks), **plain}, index=ours.tasks)
ahead = students.teacher - students.drop(columns="teacher").max(axis=1)
glue_numbers(
    weak=", ".join(f"{task} ({students.teacher[task]:.1f})" for task in ahead.index[ahead < 0]) or "no task",
    ahead=(students.teacher - students.iloc[:, 1]).mean(),
    first_student=ours.sizes[0].upper(),
)
students.style.format("{:.1f}", na_rep="–")

# %% [markdown]
# The teacher is behind one of its students on {glue:text}`weak`; over all tasks it differs by {glue:text}`ahead:+.1f`
# points from the uncompressed {glue:text}`first_student`. From a teacher that knows no more, distillation cannot gain
# what the paper's gains from LARGE.
