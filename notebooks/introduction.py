# %% [markdown]
# # What the paper found
#
# {cite:t}`movva2022combining` fine-tuned six BERT encoders on eight tasks with every subset of three compressions, and
# asked how small a model can be that scores almost as well as the uncompressed one. This chapter draws the paper's own
# numbers, from its Table 1 and its Figure 1: nothing here was measured by this edition, which had
# [neither its full text nor its appendix](../book/open_questions.md).

# %% tags=["parameters"]
figure1 = "book/paper/figure1.csv"  # read off the published picture, good to about 0.05 points
table1 = "book/paper/table1.csv"  # as printed

# %%
from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.book.published import read_figure1

check_parameters(globals())
points = read_figure1(root() / figure1)

# %% [markdown]
# ## Figure 1: score against size
#
# Each point is a model's mean score on the eight tasks at its size by the paper's [size measure](setup.py). Hover for a
# point's values; click a method in the legend to see it alone, with shift to compare several.

# %% tags=["web-only"]
from compressions.book.figures import tradeoff

tradeoff(points, score_title="mean GLUE score")

# %% [markdown]
# The same figure to cite:

# %%
from compressions.book.figures import tradeoff_static
from compressions.book.glue import glue_figure, glue_numbers
from compressions.storage.size_measures import MEGABYTE
from compressions.models.architectures import SIZES

glue_figure("figure1", tradeoff_static(points, score_title="mean GLUE score"))
by_name = points.set_index(["size", "configuration"])
small, plain = by_name.loc[("small", "qat+kd+mp60")], by_name.loc[("large", "base")]
mask = SIZES["small"].linear_weights / 8 / MEGABYTE  # one bit for each weight that could have been pruned
glue_numbers(
    shrunk=plain.megabytes / small.megabytes,
    masked=plain.megabytes / (small.megabytes + mask),
    lost=plain.score - small.score,
)

# %% [markdown]
# ```{glue:figure} figure1
# :name: fig-figure1
# :alt: Mean GLUE score against size in megabytes for eight subsets of the methods; combinations lie upper left
#
# Combinations make the Pareto front: SMALL with all three methods at 60 % sparsity takes {glue:text}`shrunk:.0f`
# times fewer megabytes than the uncompressed LARGE and scores {glue:text}`lost:.1f` points less. Data: Figure 1 of
# {cite:t}`movva2022combining`, read off the picture.
# ```

# %% [markdown]
# ## Table 1: how far each method shrinks a size
#
# The largest reduction, by that size measure, among models that score within half a point of an architecture's
# uncompressed self, averaged over the eight tasks:

# %%
import pandas as pd

from compressions.book.figures import COLORS

reductions = pd.read_csv(root() / table1).set_index("architecture")
methods = [method for method in COLORS if method in reductions]
reductions[methods].style.format(precision=1)

# %% [markdown]
# How an entry was searched for is not known. This would give such entries: for each task take the smallest model of the
# method *of any architecture and sparsity* that reaches the baseline's score less 0.5, divide the baseline's size by
# its size, keep 1.0 where no model reaches it, and average the ratios over the tasks. Several entries are, as printed,
# the mean of eight ratios that this can give: TINY with QAT 3.4 = (6 × 4 + 2 × 1.57) / 8. TINY with pruning, below 1,
# is the tell-tale: a larger pruned model was taken where no smaller one was good enough. The definition is
# **inferred**, not quoted; scores task by task, which would confirm it, are not published.
#
# ## Does a combination multiply?
#
# If methods did not interact, a combination would reduce by the product of its single methods' reductions. *Synergy* is
# the logarithm of the reduction less the sum of those logarithms: above zero, the combination beats the product.

# %%
import numpy as np

combined = [method for method in methods if "+" in method]
products = pd.DataFrame({method: reductions[method.split("+")].prod(axis=1) for method in combined})
synergy = np.log2(reductions[combined] / products)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3.6))
for place, method in enumerate(combined):
    positions = np.arange(len(synergy)) + 0.2 * (place - 1.5)
    axes.bar(positions, synergy[method], width=0.19, color=COLORS[method], label=method)
axes.axhline(0, color="#333333", linewidth=0.8)
axes.set(ylabel="synergy, log₂", xticks=range(len(synergy)), xticklabels=synergy.index)
axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False, fontsize=10, columnspacing=1)
axes.spines[["top", "right"]].set_visible(False)
glue_figure("synergy", figure)

# %% tags=["hide-input"]
above = (synergy > 0).sum()
# Each entry is rounded to one decimal: the least synergy that the true ones can have, and the most.
least = {m: np.log2((reductions[m] - 0.05) / (reductions[m.split("+")] + 0.05).prod(axis=1)) for m in combined}
most = np.log2((reductions["QAT+MP"] + 0.05) / (reductions[["QAT", "MP"]] - 0.05).prod(axis=1))
glue_numbers(
    **{f"above_{method.lower().replace('+', '_')}": above[method] for method in combined},
    **{f"certain_{method.lower().replace('+', '_')}": (least[method] > 0).sum() for method in combined},
    below_qat_mp=len(synergy) - above["QAT+MP"],
    certain_below_qat_mp=(most < 0).sum(),
    sizes=len(synergy),
    observed_large=reductions.loc["LARGE", "QAT+KD+MP"],
    product_large=products.loc["LARGE", "QAT+KD+MP"],
)

# %% [markdown]
# ```{glue:figure} synergy
# :name: fig-synergy
# :alt: Bars of synergy by size for four combinations, most of them above zero
#
# Quantization and distillation together beat their product in {glue:text}`above_qat_kd` of {glue:text}`sizes` sizes as
# printed (in {glue:text}`certain_qat_kd` whatever the rounding to one decimal), quantization and pruning in
# {glue:text}`above_qat_mp` ({glue:text}`certain_qat_mp`), distillation and pruning in {glue:text}`above_kd_mp`
# ({glue:text}`certain_kd_mp`), all three in {glue:text}`above_qat_kd_mp` ({glue:text}`certain_qat_kd_mp`). Quantization
# with pruning is the exception that the paper itself names: together they give less than their product more often than
# more. LARGE is the exception for all three: {glue:text}`observed_large:.1f` observed,
# {glue:text}`product_large:.1f` as a product. Computed from Table 1 of {cite:t}`movva2022combining`.
# ```

# %%
both = pd.concat({"observed": reductions[combined], "product": products}, axis=1).swaplevel(axis=1)
both[[(method, kind) for method in combined for kind in ("observed", "product")]].style.format(precision=1)

# %% [markdown]
# ## What a careful reader will ask
#
# - **The size measure.** Non-zero parameters times bits makes the bytes of quantization and pruning multiply by
#   construction, for one shape (at matched score the paper's pair falls short of its product); a file must also say
#   *which* weights are zero. With one bit for each that could have been pruned, SMALL with all three is
#   {glue:text}`masked:.0f` times smaller than LARGE instead of {glue:text}`shrunk:.0f`. [Real bytes](size_measures.py)
#   has what files take.
# - **The noise.** A tolerance of half a point is less than chance allows on the smaller validation sets, and the number
#   of seeds is not known.
# - **The confound.** Distillation comes with augmentation; the control, augmentation without a teacher, is a
#   configuration of [every experiment](experiment.py) here.
