# %% [markdown]
# # The limits of combining
#
# How few bits and how few weights can a small encoder have before it stops working? And does quantization with pruning
# then cost more than the two alone?
#
# At 8 bits and 60 % sparsity the mean score of {glue:text}`size` changes by {glue:text}`mild:s` points, at 2 bits and
# 95 % by {glue:text}`extreme:s`.
#
# Whether combining costs more than its parts is open at 2 bits and 95 %: the mean changes by {glue:text}`broken:s`
# points beyond their sum, with distillation by {glue:text}`broken_kd:s`. STS-B loses {glue:text}`stsb_beyond:.0f`
# beyond it. But 2 bits alone bring QNLI to {glue:text}`qnli:.0f`, which distillation keeps at {glue:text}`qnli_kd:.0f`,
# and on RTE and MRPC pruning alone leaves nothing to lose. At 8 and 4 bits the loss is clearly larger than the sum for
# {glue:text}`clear:d` of {glue:text}`gentle:d` combinations without distillation and {glue:text}`clear_kd:d` with it.

# %% tags=["parameters"]
results = "results/limits"  # the folder of the records
score = "score"  # ours; or official, GLUE's own; or first, the first that GLUE lists
size_measure = "packed"  # how bytes are counted: one of those of Real bytes
margin = 1.0  # points that a combination must lose beyond its parts
budgets = [1.2, 2.5, 5.0, 20.0]  # megabytes that a model may have
draws = 1000  # how often seeds and rows are drawn again

# %%
from compressions.analysis.limits import PLANNED, limits_table
from compressions.analysis.reading import read_results
from compressions.book.missing import read_or_stop
from compressions.book.percent import check_parameters
from compressions.files import root
from compressions.parameters import number

check_parameters(globals())
budgets = [number(0).value("budgets", budget) for budget in budgets]
ours = read_or_stop(read_results, root() / results, score, size_measure, comparable=False, planned=PLANNED)

# %% tags=["hide-input"]
frame = limits_table(ours, draws)

# %% tags=["hide-input"]
from compressions.analysis.limits import CHANGE, INTERACTION
from compressions.analysis.score_changes import only
from compressions.book.claims import claim
from compressions.book.glue import glue_figure, glue_numbers

first = frame[frame["size"] == ours.sizes[0]]
named = {"mild": "qat+mp60", "extreme": "qat2+mp95"}
glue_numbers(size=ours.sizes[0].upper(), margin=margin)
glue_numbers(**{key: only(first, CHANGE, configuration=name).text for key, name in named.items()})

# %% tags=["hide-input"]
both = first[(first.bits < 32) & (first.sparsity > 0)]
gentle = both[both.bits > 2]
clear = (gentle.interaction_high < 0).groupby(gentle.distilled).sum().reindex([False, True], fill_value=0)
beyond = {"broken": named["extreme"], "broken_kd": "qat2+kd+mp95"}
broken = both[both.configuration.isin(beyond.values())]
glue_numbers(gentle=len(gentle) // 2, clear=clear[False], clear_kd=clear[True])
glue_numbers(**{key: only(first, INTERACTION, configuration=name).text for key, name in beyond.items()})
if len(both) and both.interaction.notna().all():
    excluding = (broken.interaction_high < 0) | (broken.interaction_low > 0)
    claim("Whether 2 bits and 95 % cost more than their parts is open", not excluding.any(), broken)

# %% tags=["hide-input"]
from compressions.book.limits_figures import draw_limits

glue_figure("limits-change", draw_limits(frame, "change", "change of score, points"), frame, records=results)

# %% [markdown]
# ```{glue:figure} limits-change
# :name: fig-limits-change
# :alt: Heat maps of the change of the mean score by bits and sparsity, without distillation and with it
#
# Change of the mean score from the uncompressed model without a teacher, in points. Below each value is half of its
# 95 % confidence interval. In hatched cells half of the tasks or more are at the majority-class baseline.
# ```
#
# ## Does combining cost more than its parts?
#
# The *interaction* is a combination's change less the sum of the changes by each of its methods alone, as strong. With
# distillation that is of all three methods.

# %% tags=["hide-input"]
figure = draw_limits(frame, "interaction", "interaction, points", margin)
glue_figure("limits-interaction", figure, frame, records=results)

# %% [markdown]
# ```{glue:figure} limits-interaction
# :name: fig-limits-interaction
# :alt: Heat maps of the interaction by bits and sparsity, without distillation and with it
#
# Interactions, in points. A frame marks those below −{glue:text}`margin:g`; it is drawn in full where the whole
# interval is.
# ```
#
# Interactions at 2 bits and 95 %, by task:

# %%
from compressions.analysis.limits import by_task

by_name = by_task(ours, "interaction").loc[ours.sizes[0]]
by_name.reindex(list(beyond.values())).style.format("{:+.1f}", na_rep="–")

# %% [markdown]
# ## The best model within a number of megabytes
#
# The highest mean score among all models of at most so many megabytes, by the size measure
# {glue:text}`size_measure`. The change is in points.

# %%
from compressions.analysis.limits import best_by_budget

glue_numbers(size_measure=size_measure)
best = best_by_budget(frame, budgets).sort_values(["of", "budget"])
shown = best[["of", "budget", "size", "configuration", "megabytes", "score", "change"]]
form = {"budget": "{:.1f}", "megabytes": "{:.2f}", "score": "{:.1f}", "change": "{:+.1f}"}
shown.style.format(form, na_rep="–").hide().set_caption("The best models")

# %% [markdown]
# ## How it was measured
#
# The grid `limits` trains every pair of bits (32, 8, 4, 2) and sparsity (0, 60, 80, 90, 95 %), with a teacher and
# without, on {glue:text}`task_names`, with {glue:text}`seeds:d` seeds each or more.

# %% tags=["hide-input"]
from compressions.models.architectures import SHAPES

shape = SHAPES.get(ours.sizes[0], SHAPES["tiny"])
prunable = 100 * shape.linear_weights / shape.parameters
glue_numbers(task_names=", ".join(ours.tasks), seeds=int(first.seeds.min()), prunable=prunable)
glue_numbers(hatched=int((first.at_baseline >= 0.5).sum()), models=len(first))
claim("less than a fifth of the parameters can be pruned", prunable < 20, prunable)

# %% tags=["hide-input"]
scores = by_task(ours, "score").loc[ours.sizes[0]]
stsb_base, stsb_extreme = scores.reindex(["base", named["extreme"]], columns=["stsb"])["stsb"]
qnli_base, qnli, qnli_kd = scores.reindex(["base", "qat2", "qat2+kd"], columns=["qnli"])["qnli"]
interactions = by_name.reindex(list(beyond.values()), columns=list(ours.tasks))
stsb_beyond = -interactions.reindex(columns=["stsb"])["stsb"].iloc[0]
glue_numbers(stsb_base=stsb_base, stsb_extreme=stsb_extreme, stsb_beyond=stsb_beyond)
glue_numbers(qnli=qnli, qnli_kd=qnli_kd)

# %% tags=["hide-input"]
from compressions.analysis.limits import NEAR

lowest = dict(zip(ours.tasks, ours.majority_scores, strict=True))
claim("distillation keeps QNLI up at 2 bits", not qnli_kd < (qnli + qnli_base) / 2, qnli, qnli_kd, qnli_base)
if interactions.notna().all(axis=None):
    claim("2 bits and 95 % cost STS-B most", (interactions.idxmin(axis=1) == "stsb").all(), interactions)
    claim("STS-B has no baseline to stop at", stsb_extreme < stsb_base / 2, stsb_extreme)
for task in {"mrpc", "rte"} & lowest.keys():
    left = scores[task].get("mp95", float("nan")) - lowest[task]
    claim(f"pruning to 95 % leaves {task} nothing to lose", not left > NEAR, left)

# %% [markdown]
# ## What could be wrong
#
# - A model at the majority-class baseline has nothing left to lose, which makes its interaction look positive. Half of
#   the tasks or more are there in {glue:text}`hatched:d` of {glue:text}`models:d` configurations.
# - STS-B has no such baseline: it falls from {glue:text}`stsb_base:.0f` to {glue:text}`stsb_extreme:.0f`.
# - Pruning leaves the embeddings alone, and only {glue:text}`prunable:.0f` % of the parameters of {glue:text}`size` can
#   be pruned.
# - Two-bit weights are ternary, with the scale of {cite:t}`li2016ternary`.
# - The best model of a budget is chosen and scored on the same rows, which flatters it.
#
# ## All values

# %% tags=["hide-cell"]
columns = ["size", "configuration", "megabytes", "score", "change", "interaction", "at_baseline", "seeds"]
frame[columns].style.format(precision=2, na_rep="–").hide()

# %% [markdown]
# The change of each task's score, in points, and the cells that are not used because they are not whole:

# %% tags=["hide-cell"]
by_task(ours, "change").style.format("{:+.1f}", na_rep="–")

# %% tags=["hide-cell"]
ours.left_out.style.hide()
