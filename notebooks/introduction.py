# %% [markdown]
# # Introduction
#
# A small BERT encoder can store its weights in fewer bits, set its smallest weights to zero, and learn from a larger
# model's answers. Can these compressions be combined, and do their savings multiply?
#
# The answer decides what runs on a phone or in a browser. If a factor of four by quantization and a factor of two by
# pruning give a factor of eight, use both. If they give no more than four, one is enough.
#
# ## What was known
#
# Each method works alone. Q8BERT {cite}`zafrir2019q8bert` fine-tunes BERT in eight bits. Gradual magnitude pruning
# {cite}`zhu2017prune` removes weights during training. Distillation {cite}`hinton2015distilling` has made small
# BERTs such as TinyBERT {cite}`jiao2020tinybert` and MiniLM {cite}`wang2020minilm`.
#
# {cite:t}`movva2022combining` trained six encoders, TINY to LARGE, on eight GLUE tasks with every subset of
# quantization-aware training (QAT), knowledge distillation (KD) and magnitude pruning (MP). This page shows the numbers
# that they published; nothing on it was measured by this edition.

# %% tags=["parameters"]
figure1 = "book/paper/figure1.csv"  # read off the published picture, good to about 0.05 points
table1 = "book/paper/table1.csv"  # as printed

# %%
from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.book.published import read_figure1

check_parameters(globals())
points = read_figure1(root() / figure1)

# %%
from compressions.book.figures import tradeoff_static
from compressions.book.glue import glue_figure, glue_numbers

glue_figure("figure1", tradeoff_static(points, score_title="mean GLUE score"), points)
by_name = points.set_index(["size", "configuration"])
small, large = by_name.loc[("small", "qat+kd+mp60")], by_name.loc[("large", "base")]
glue_numbers(shrunk=large.megabytes / small.megabytes, lost=large.score - small.score)

# %% [markdown]
# ```{glue:figure} figure1
# :name: fig-figure1
# :alt: Mean GLUE score against size in megabytes for eight subsets of the methods; combinations lie upper left
#
# The paper's Figure 1, read off its picture: combinations make the Pareto front.
# ```
#
# SMALL with all three methods at 60 % sparsity takes {glue:text}`shrunk:.0f` times fewer megabytes than the
# uncompressed LARGE and scores {glue:text}`lost:.1f` points less. Megabytes are counted by the paper's
# [size measure](setup.py).
#
# ## Do savings multiply in the paper?
#
# Table 1 of the paper has *reductions*: the uncompressed size over the smallest size that scores within half a point,
# averaged over the tasks.

# %%
from compressions.book.published import counted, draw_synergies, published_synergies, read_table1

reductions = read_table1(root() / table1)
reductions.style.format(precision=1).set_caption("The paper's reductions")

# %% [markdown]
# Methods that do not interact would multiply. The *synergy* of a combination is the base-2 logarithm of its reduction
# over the product of its methods' reductions.

# %%
synergies = published_synergies(reductions)
glue_figure("synergy", draw_synergies(synergies), synergies.reset_index())
counts = counted(reductions)
glue_numbers(
    sizes=len(reductions),
    above_qat_kd=counts.above["QAT+KD"],
    certain_qat_kd=counts["surely above"]["QAT+KD"],
    above_qat_kd_mp=counts.above["QAT+KD+MP"],
    below_qat_mp=counts.below["QAT+MP"],
    certain_below_qat_mp=counts["surely below"]["QAT+MP"],
)

# %% tags=["hide-input"]
from compressions.book.claims import claim

most = len(reductions) / 2
claim("QAT with KD exceeds its product at most sizes", counts.above["QAT+KD"] > most, most)
claim("All three exceed their product at most sizes", counts.above["QAT+KD+MP"] > most, most)
claim("QAT with MP falls short at more sizes than not", counts.below["QAT+MP"] > most, most)

# %% [markdown]
# ```{glue:figure} synergy
# :name: fig-synergy
# :alt: Bars of synergy by size for four combinations, most of them above zero
#
# Synergy of the paper's combinations, computed from its Table 1: most bars are above the product.
# ```
#
# QAT with KD exceeds its product in {glue:text}`above_qat_kd` of {glue:text}`sizes` sizes
# ({glue:text}`certain_qat_kd` whatever the rounding of the printed numbers), and all three methods in
# {glue:text}`above_qat_kd_mp`. QAT with MP falls short in {glue:text}`below_qat_mp`
# ({glue:text}`certain_below_qat_mp` whatever the rounding), as the paper says.
#
# How an entry was found is not known to us. We infer it from entries such as TINY's with QAT, where
# 3.4 = (6 × 4 + 2 × 1.57) / 8. For each task, take the smallest model of a method, *of any architecture and sparsity*,
# that reaches the target. Count 1.0 where there is none, and average over the tasks. [Table 1 again](reductions.py)
# does so with our records.
