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
from compressions.results import read_results

check_parameters(In)
ours = read_results(root() / results, score, ruler)
Markdown(ours.left_out)

# %% [markdown]
# What is compared are tasks and sizes with all twelve configurations. Means are of {glue:text}`shared_sizes` over
# {glue:text}`shared`; a size with fewer than half as many tasks is left out of them until it has more. The bars are 95
# % intervals. They hold the chance of the validation rows and, where there are several seeds, of the seeds: rows are
# drawn again once per task for all models, seeds once per task and size, after the multi-bootstrap of
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
from compressions.figures import tradeoff_static
from compressions.pages import glue_figure, glue_numbers
from compressions.points import front, shared

glue_figure("ours", tradeoff_static(both, "mean score", "source"), both, records=results)
best = means[front(means)]
several = best.configuration.str.contains(r"\+")
by_name = means.set_index(["size", "configuration"])
tasks, sizes = shared(ours)
compared = [ours.sizes[place] for place in sizes]
smallest, plain = by_name.loc[(compared[0], "qat+kd+mp60")], by_name.loc[(compared[-1], "base")]
glue_numbers(
    shared=", ".join(ours.tasks[place] for place in tasks),
    shared_sizes=", ".join(size.upper() for size in compared),
    on_front=len(best),
    combined=int(several.sum()),
    shrunk=plain.megabytes / smallest.megabytes,
    change=smallest.score - plain.score,
    names=", ".join(f"{row.size.upper()} {row.configuration}" for row in best.sort_values("megabytes").itertuples()),
)

# %% [markdown]
# ```{glue:figure} ours
# :name: fig-ours
# :alt: Two panels of mean score against megabytes by method, ours above and the paper's published points below
#
# Of this edition's models {glue:text}`on_front:d` have no better one of their size, and {glue:text}`combined:d` of
# these combine methods: {glue:text}`names`. The smallest by the paper's ruler always does. From the largest
# uncompressed encoder to the smallest with all three methods it is {glue:text}`shrunk:.0f` times fewer megabytes, and
# the score changes by {glue:text}`change:+.1f` points.
# ```

# %% [markdown]
# Which models have no better one of their size is itself uncertain: with seeds and rows drawn again others would be
# there. The share of draws in which a model is, for those above one in ten:

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
# on {glue:text}`narrowest_task`, at the median over models. The line joins the models that have no better one of their
# size.
# ```

# %% [markdown]
# ## What each configuration changes
#
# The score of a configuration less the uncompressed one's, of the same size, seeds and rows; the mean over all tasks
# that the size has, with a 95 % interval. `aug` is the control: the rows that distillation adds, without the teacher.

# %%
import numpy as np

from compressions.bootstrap import estimate
from compressions.results import ALL, over_tasks

freedom = ours.freedom.sum(axis=0)[:, None]
changes = estimate(ours.scores, drawn, lambda scores: over_tasks(scores - scores[..., :1]), freedom)
columns = {
    (size.upper(), name): part[row]
    for row, size in enumerate(ours.sizes)
    for name, part in {"change": changes.value, "low": changes.low, "high": changes.high}.items()
}
pd.DataFrame(columns, index=list(ALL)).drop("base").style.format("{:+.1f}", na_rep="–")

# %% tags=["hide-input"]
kd, aug = ALL.index("kd"), ALL.index("aug")
teacher = estimate(ours.scores, drawn, lambda scores: over_tasks(scores[..., [kd]] - scores[..., [aug]]), freedom)
said = [
    f"{size.upper()} changes by {changes.value[row, aug]:+.1f} points with the added rows alone, and the teacher adds "
    f"{teacher.value[row, 0]:+.1f} ({teacher.low[row, 0]:+.1f} to {teacher.high[row, 0]:+.1f})"
    for row, size in enumerate(ours.sizes)
    if not np.isnan(teacher.value[row, 0])
]
glue_numbers(control="; ".join(said) or "the control was not run")

# %% [markdown]
# What the teacher adds is `kd` less `aug`: {glue:text}`control`.
