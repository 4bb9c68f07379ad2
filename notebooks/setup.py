# %% [markdown]
# # Sizes, tasks and the size measure
#
# The paper's experiment has three axes: six encoders, eight tasks, and the subsets of three methods. This chapter
# states the first two and the *size measure*, the way the paper counts megabytes. Nothing is downloaded: a shape is
# enough to count.

# %% tags=["parameters"]
sparsity = 0.6  # the sparsity whose sizes the last table lists; the paper has 0.4 and 0.6

# %%
from compressions.experiments.configurations import SPARSITY
from compressions.book.percent import check_parameters

check_parameters(globals())
SPARSITY.value("sparsity", sparsity)

# %% [markdown]
# ## Six sizes
#
# All six are BERT encoders {cite}`devlin2019bert`, uncased, with a vocabulary of 30,522 WordPieces. LARGE and BASE are
# the original ones; the other four are the miniatures of {cite:t}`turc2019well`. Their hub names are
# in the library, with a pinned revision but for SMALL and MEDIUM; a record says which commit its encoder came from.

# %%
import pandas as pd

from compressions.models.architectures import SIZES

sizes = pd.DataFrame([vars(size) | {"parameters": size.parameters} for size in SIZES.values()]).set_index("name")
sizes[["layers", "hidden", "heads", "parameters", "hub"]].style.format(thousands=" ")

# %% [markdown]
# Where the parameters lie decides what a method can gain. Pruning takes weights of the linear layers, and in the small
# encoders most parameters are embeddings.

# %% tags=["hide-input"]
parts = pd.DataFrame(
    {
        "embeddings": [size.embeddings for size in SIZES.values()],
        "linear layers": [size.linear_weights for size in SIZES.values()],
        "biases, LayerNorm": [size.parameters - size.embeddings - size.linear_weights for size in SIZES.values()],
    },
    index=[name.upper() for name in SIZES],
)
shares = 100 * parts.div(parts.sum(axis=1), axis=0)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.book.figures import COLORS
from compressions.book.glue import glue_figure, glue_numbers

figure, axes = plt.subplots(figsize=(6, 3))
shares.plot.barh(stacked=True, ax=axes, color=["#8c8c8c", COLORS["MP"], "#d0d0d0"], width=0.7)
axes.set(xlabel="share of the parameters, %", ylabel="")
axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.45, 1), frameon=False, fontsize=10)
glue_figure("shares", figure)
glue_numbers(
    tiny_linear=shares.loc["TINY", "linear layers"],
    large_linear=shares.loc["LARGE", "linear layers"],
)

# %% [markdown]
# ```{glue:figure} shares
# :name: fig-shares
# :alt: Shares of embeddings, linear layers and the rest in the parameters of the six sizes
#
# Only {glue:text}`tiny_linear:.0f` % of TINY's parameters can be pruned, against {glue:text}`large_linear:.0f` % of
# LARGE's: the same sparsity is a different compression at each size.
# ```

# %% [markdown]
# ## Eight tasks
#
# All of GLUE {cite}`wang2018glue` but WNLI. The record of every run holds all metrics of its task; *score* is the mean
# of those marked as scored, times 100, on the validation split.

# %%
from compressions.data.tasks import GLUE_TASKS

tasks = pd.DataFrame([vars(task) for task in GLUE_TASKS.values()]).set_index("name")
tasks = tasks.assign(**{column: tasks[column].map(", ".join) for column in ("columns", "labels", "metrics", "scored")})
tasks[["columns", "labels", "metrics", "scored"]]

# %% [markdown]
# ## The size measure
#
# The paper's size of a model is
#
# $$
# \text{MB} = \frac{\text{non-zero parameters} \times b}{10^6},
# \qquad b = \begin{cases} 4 & \text{fp32} \\ 1 & \text{int8} \end{cases}
# $$
#
# with embeddings included, and nothing counted for masks, indexes, scales or the classification head. A pruned weight
# costs nothing and a quantized one a quarter, so the sizes of pruning and quantization multiply by construction. Real
# files pay for knowing *which* weights are gone; each record therefore also states the bytes of the saved file.

# %%

sized = pd.DataFrame(
    {
        "fp32 MB": [size.megabytes() for size in SIZES.values()],
        "int8 MB": [size.megabytes(bits=8) for size in SIZES.values()],
        f"fp32, {sparsity:.0%} pruned": [size.megabytes(sparsity=sparsity) for size in SIZES.values()],
        f"int8, {sparsity:.0%} pruned": [size.megabytes(8, sparsity) for size in SIZES.values()],
    },
    index=[name.upper() for name in SIZES],
)
sized.style.format(precision=2)

# %% [markdown]
# These are the sizes on the paper's Figure 1. From shapes alone the size measure gives every published point, if the
# pooler's matrix counts as one of those that are pruned:

# %%
from compressions.files import root

published = pd.read_csv(root() / "book/paper/figure1.csv")
counted = [
    SIZES[row.architecture.lower()].megabytes(8 if "QAT" in row.methods else 32, row.sparsity)
    for row in published.itertuples()
]
difference = (published.size_mb - counted).abs() / published.size_mb
glue_numbers(points=len(published), largest_difference=100 * difference.max())

# %% [markdown]
# Over all {glue:text}`points` points the largest difference is {glue:text}`largest_difference:.2f` %, which is the
# rounding of the published values.
