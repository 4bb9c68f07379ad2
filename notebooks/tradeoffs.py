# %% [markdown]
# # Score against size
#
# Which methods make a model smaller at almost the same score?
#
# All three methods with 60 % sparsity make {glue:text}`small` {glue:text}`full_times:.1f` times smaller, and change its
# mean score by {glue:text}`full_change` points (95 % CI). Without distillation the change is {glue:text}`light_change`.

# %% tags=["parameters"]
results = "results/glue"  # the folder of the records
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
size_measure = "paper"  # how bytes are counted: one of those on the page Real bytes
draws = 1000  # how often seeds and rows are drawn again for an interval
figure1 = "book/paper/figure1.csv"  # the paper's points, read off its picture

# %% tags=["hide-input"]
from compressions.analysis.reading import read_results
from compressions.book.percent import check_parameters
from compressions.book.published import read_figure1
from compressions.book.missing import read_or_stop
from compressions.files import root

check_parameters(globals())
theirs = read_figure1(root() / figure1)
ours = read_or_stop(read_results, root() / results, score, size_measure)

# %%
from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.pareto import MEAN, model_table
from compressions.analysis.score_changes import score_changes

resampled = bootstrap(ours, draws)
models = model_table(ours, resampled).assign(source="this edition")
changes = score_changes(ours, resampled)

# %% tags=["hide-input"]
from compressions.book.change_figures import changes_by_configuration
from compressions.book.glue import glue_figure

means = models[(models.task == MEAN) & (models.configuration != "aug")]
small = means["size"].iloc[0]
megabytes = means[means["size"] == small].set_index("configuration").megabytes
of_means = changes[(changes.task == MEAN) & (changes.change != "aug")]
figure = changes_by_configuration(of_means, theirs, megabytes["base"] / megabytes)
glue_figure("changes", figure, of_means, records=results)

# %% tags=["hide-input"]
from compressions.analysis.pareto import shared
from compressions.analysis.score_changes import only
from compressions.book.claims import claim
from compressions.book.glue import glue_numbers

ALL_THREE = "qat+kd+mp60"
times = megabytes["base"] / megabytes[ALL_THREE]
full, light = (only(changes, task=MEAN, size=small, change=name) for name in (ALL_THREE, "qat+mp60"))
claim("All three methods make the smallest size at least four times smaller", times > 4, times)
claim("All three methods cost the smallest size less than a point", full.low > -1, full.low)
glue_numbers(small=small.upper(), full_times=times, full_change=full.text, light_change=light.text)
glue_numbers(seeds=int(ours.seeds[:, 0].max()))

# %% [markdown]
# ```{glue:figure} changes
# :name: fig-changes
# :alt: Change of the mean score by each configuration, with intervals, a shape for each size, beside the paper's
#
# Change of the mean score with 95 % CI (none of one seed), and how many times smaller {glue:text}`small` becomes;
# `mp40` and `mp60` are pruned to 40 and 60 %.
# ```
#
# ## What each method changes
#
# - **Quantization** changes TINY's score by {glue:text}`tiny_qat` points, so it costs less than half a point. The paper
#   reports {glue:text}`paper_tiny_qat:+.1f`.
# - **Pruning** to 60 % changes it by {glue:text}`tiny_mp60`, and costs less than in the paper:
#   {glue:text}`paper_tiny_mp60:+.1f`.
# - **Distillation** changes it by {glue:text}`tiny_kd` at equal steps, less than in the paper:
#   {glue:text}`paper_tiny_kd:+.1f`. No task gains clearly, RTE most: {glue:text}`kd_rte`. STS-B loses:
#   {glue:text}`kd_stsb`.
#
# MINI and L3 have one seed. L3, larger but weaker than TINY, gains {glue:text}`l3_kd:+.1f` by distillation, mostly on
# STS-B, of which it learns little alone: {glue:text}`l3_stsb_kd:+.1f` from {glue:text}`l3_stsb:.0f`.

# %% tags=["hide-input"]
tiny = {name: only(changes, task=MEAN, size="tiny", change=name) for name in ("qat", "kd", "mp60")}
curve = theirs[theirs["size"] == "tiny"].set_index("configuration").score
paper = {name: curve[name] - curve["base"] for name in ("qat", "kd", "mp60")}
glue_numbers(**{f"tiny_{name}": each.text for name, each in tiny.items()})
glue_numbers(**{f"paper_tiny_{name}": each for name, each in paper.items()})

# %% tags=["hide-input"]
qat, kd, mp60 = (tiny[name] for name in ("qat", "kd", "mp60"))
claim("Quantization costs TINY less than half a point", qat.low > -0.5, qat.low)
claim("Pruning to 60 % costs TINY less than in the paper", mp60.low > paper["mp60"], mp60.low)
claim("Distillation brings TINY less than in the paper", kd.high < paper["kd"], kd.high)
by_task = changes[(changes["size"] == "tiny") & (changes.change == "kd") & (changes.task != MEAN)].set_index("task")
rte, stsb = (only(changes, task=task, size="tiny", change="kd") for task in ("rte", "stsb"))
claim("No task gains clearly, RTE most", not (by_task.low > 0).any() and rte.value == by_task.value.max(), by_task)
claim("STS-B loses", stsb.high < 0, stsb)
glue_numbers(kd_rte=rte.text, kd_stsb=stsb.text)

# %% tags=["hide-input"]
uncompressed = models[models.configuration == "base"].set_index(["size", "task"]).score
l3, tiny_alone = (uncompressed.get((size, MEAN), float("nan")) for size in ("l3", "tiny"))
gained = changes[(changes["size"] == "l3") & (changes.change == "kd")].set_index("task").value
claim("L3 scores less than TINY", not l3 >= tiny_alone, l3, tiny_alone)
claim("Distillation brings L3 most on STS-B", not len(gained) or gained.idxmax() == "stsb", gained)
glue_numbers(l3_kd=gained.get(MEAN, float("nan")), l3_stsb_kd=gained.get("stsb", float("nan")))
glue_numbers(l3_stsb=uncompressed.get(("l3", "stsb"), float("nan")))

# %% tags=["hide-input"]
from compressions.book.change_figures import changes_by_task

gains = changes[changes.change == "kd"]
glue_figure("distilled", changes_by_task(changes, "kd"), gains, records=results)

# %% [markdown]
# ```{glue:figure} distilled
# :name: fig-distilled
# :alt: Change of the score by distillation on each task and in their mean, a shape for each size, with intervals
#
# What distillation changes on each task, at equal steps; hollow marks have one seed.
# ```
#
# The change has two parts: the rows that distillation adds, and the teacher given these rows.

# %% tags=["hide-input"]
from compressions.analysis.score_changes import DISTILLATION
from compressions.book.tables import distillation_table

parts = score_changes(ours, resampled, DISTILLATION)
distillation_table(parts).set_caption("What distillation changes, in points")

# %% [markdown]
# ## What training buys
#
# A trained model can also be stored in fp16, quantized afterwards, or pruned in one shot. QAT scores
# {glue:text}`tiny_aware_qat` points more at TINY than quantization to 8 bits afterwards. Gradual pruning to 60 % scores
# {glue:text}`tiny_aware_mp60` more than one shot.

# %%
from compressions.analysis.score_changes import control_changes

controls = control_changes(root() / results, ours, draws)

# %% tags=["hide-input"]
from compressions.book.tables import controls_table

aware = {
    name: only(controls, task=MEAN, size="tiny", change=f"{name} - {control}")
    for name, control in [("qat", "ptq"), ("mp60", "shot60")]
}
glue_numbers(**{f"tiny_aware_{name}": each.text for name, each in aware.items()})
controls_table(controls).set_caption("Controls that need no training, in points")

# %% [markdown]
# ## The paper's Figure 1 again

# %% tags=["hide-input"]
import pandas as pd

from compressions.book.figures import tradeoff_static

both = pd.concat([means, theirs])
glue_figure("ours", tradeoff_static(both, "mean score", "source"), both, records=results)

# %% [markdown]
# ```{glue:figure} ours
# :name: fig-ours
# :alt: Two panels of mean score against megabytes by method, ours above and the paper's published points below
#
# Mean score against size. A color is a method, a shape a size, a bar a 95 % CI. Their encoders differ, so compare
# changes, not heights.
# ```
#
# ## How it was measured
#
# Means are over {glue:text}`shared_tasks:d` tasks; a size with fewer than three quarters of them is left
# out ([its scores](tasks.py)). Intervals draw seeds and validation rows again ([setup](setup.py)); a size with
# one seed has none. Of {glue:text}`models:d` models
# {glue:text}`on_front:d` are on the Pareto front, {glue:text}`certain:d` of them in more than 95 % of the draws.

# %% tags=["hide-input"]
from compressions.analysis.pareto import pareto_front, pareto_share

shares = pareto_share(ours, resampled)
front = means[pareto_front(means.megabytes.to_numpy(), means.score.to_numpy())]
smallest = set(front.loc[front.megabytes.idxmin(), "configuration"].split("+"))
claim("The smallest model on the Pareto front is quantized and pruned", {"qat", "mp60"} <= smallest, len(front))
counts = {"on_front": len(front), "certain": (shares.share > 0.95).sum(), "possible": (shares.share > 0.1).sum()}
glue_numbers(shared_tasks=len(shared(ours)[0]), models=len(means), **counts)

# %% [markdown]
# ## What could be wrong
#
# A weak teacher is not why distillation brings little: it is ahead of the uncompressed {glue:text}`small` on every
# task, by {glue:text}`teacher_ahead:.1f` points on average.
#
# ## Details
#
# Hover over points, or click the legend.

# %% tags=["hide-input", "web-only"]
from compressions.book.figures import tradeoff

tradeoff(both, score_title="mean score")

# %% tags=["hide-input"]
from compressions.analysis.score_changes import teacher_scores

teachers = teacher_scores(root() / results).reindex(ours.tasks)
students = pd.Series(ours.scores[:, ours.sizes.index(small), 0], ours.tasks)
ahead = (teachers - students).dropna()
claim("The teacher is ahead of the smallest size on every task", (ahead > 0).all(), ahead)
glue_numbers(teacher_ahead=ahead.mean())

# %% [markdown]
# All scores; the models that may be on the Pareto front; and the majority-class baseline, with † where an uncompressed
# model's interval reaches it, so that compression has little to take:

# %% tags=["hide-cell"]
from compressions.book.tables import scores_table

scores_table(models, changes, theirs)

# %% tags=["hide-cell"]
from compressions.book.tables import pareto_table

pareto_table(shares, models)

# %% tags=["hide-cell"]
from compressions.analysis.pareto import at_majority_baseline
from compressions.book.tables import majority_table

at_baseline = pd.DataFrame(at_majority_baseline(ours, resampled), list(ours.tasks), list(ours.sizes))
majority_table(ours.tasks, ours.majority_scores, models, at_baseline)
