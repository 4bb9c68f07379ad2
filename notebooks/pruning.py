# %% [markdown]
# # Magnitude pruning
#
# Magnitude pruning (MP) sets the weights of smallest magnitude to zero. Doing so at once hurts; doing so gradually lets
# the other weights adapt {cite}`zhu2017prune`. The paper raises the share of zeros, the *sparsity*, linearly after some
# warm-up. It prunes linear layers and leaves the embeddings whole.

# %% tags=["parameters"]
target = 0.6  # the sparsity at the end
steps = 200  # of the training that is drawn
begin = 0.1  # share of training after which pruning starts
end = 0.7  # share of training at which the target is reached
every = 16  # steps between two masks
seed = 0  # of the weight drawn for the figure

# %%
from compressions.experiments.configurations import SPARSITY
from compressions.errors import require
from compressions.book.percent import check_parameters

check_parameters(globals())
SPARSITY.value("sparsity", target)
require(0 <= begin < end <= 1, f"begin {begin!r} and end {end!r} are not allowed; take 0 <= begin < end <= 1")
whole = all(isinstance(value, int) and value > 0 for value in (steps, every))
require(whole, f"steps {steps!r} and every {every!r} are not allowed; take whole numbers from 1")

# %% [markdown]
# ## The formula
#
# Pruning runs from the share $b$ of the $T$ training steps to the share $e$. At step $t$ each matrix has the sparsity
#
# $$
# s_t = s \cdot \min\left(1, \max\left(0, \frac{t/T - b}{e - b}\right)\right)
# $$
#
# and a mask $m$ that is zero at its $\operatorname{round}(s_t \, n)$ smallest magnitudes; the network uses $w \odot m$.
# A masked weight counts as zero when the next mask is made, so it stays masked.

# %% tags=["hide-input"]
from compressions.book.glue import listing
from compressions.methods import pruning

listing(pruning.sparsity_at, pruning.magnitude_mask, pruning.MagnitudeMask)

# %%
import pandas as pd
import torch

from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.method_figures import draw_schedule, pruned_gradually, weight_counts

torch.manual_seed(seed)
weight = torch.randn(256, 256)
sparsities, kept = pruned_gradually(weight, steps, target, begin, end, every)
counts = weight_counts(weight, kept)
data = pd.concat([sparsities.reset_index(names="step"), counts], axis=1)
glue_figure("schedule", draw_schedule(sparsities, counts), data)
glue_numbers(final=sparsities.reached.iloc[-1], threshold=weight[kept].abs().min())

# %% [markdown]
# ```{glue:figure} schedule
# :name: fig-schedule
# :alt: Sparsity rises in steps along its linear schedule; a histogram of weights with the middle cut out
#
# The mask follows the schedule in steps to {glue:text}`final:.0f` % zeros and removes exactly the weights within
# ±{glue:text}`threshold:.2f` of a normally distributed matrix.
# ```
#
# ## What a zero saves
#
# A zero costs nothing by the paper's size measure. A file must also say where the zeros are: a bitmask costs one bit
# for each weight, kept or not.

# %%
from compressions.book.method_figures import bits_per_weight, draw_bits_per_weight

glue_figure("bitmask", draw_bits_per_weight(bits_per_weight()), bits_per_weight().reset_index())
fp32, int8 = (100 / (bits * (1 - target)) for bits in (32, 8))
glue_numbers(sparsity=100 * target, overhead_fp32=fp32, overhead_int8=int8)

# %% [markdown]
# ```{glue:figure} bitmask
# :name: fig-bitmask
# :alt: Bits per weight against sparsity for 32-bit and 8-bit weights, by the paper's size measure and with a bitmask
#
# At {glue:text}`sparsity:.0f` % sparsity a bitmask adds {glue:text}`overhead_fp32:.0f` % to fp32 weights and
# {glue:text}`overhead_int8:.0f` % to int8 weights.
# ```
#
# Counting the mask therefore makes pruning and quantization save less together than their product. [Real
# bytes](size_measures.py) has the sizes of files.

# %% tags=["hide-input"]
from compressions.experiments.experiment import Experiment

glue_numbers(begin=100 * Experiment.prune_begin, end=100 * Experiment.prune_end, every=Experiment.prune_every)

# %% [markdown]
# ## In the experiments
#
# The matrices of encoder and pooler are pruned, each to the same sparsity. Embeddings, most of a small encoder, are
# not. A mask is made every {glue:text}`every:d` steps from {glue:text}`begin:.0f` % to {glue:text}`end:.0f` % of
# training; the rest of training lets the kept weights recover. What MP does to the scores is in
# [Score against size](tradeoffs.py).
