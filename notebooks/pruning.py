# %% [markdown]
# # Magnitude pruning
#
# Magnitude pruning removes the weights that are smallest in absolute value, on the view that they matter least.
# Removing them all at once hurts; removing them gradually while training goes on lets the rest adapt
# {cite}`zhu2017prune`. The paper raises the share of zeros, the *sparsity*, linearly after some warm-up. It prunes the
# encoder's linear layers and leaves the embeddings whole.

# %% tags=["parameters"]
target = 0.6  # the sparsity at the end
steps = 200  # of the training that is drawn
begin = 0.1  # share of training after which pruning starts
end = 0.7  # share of training at which the target is reached
every = 16  # steps between two masks
seed = 0  # of the weight drawn for the figures

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
# At step $t$ of $T$, with pruning from the share $b$ of training to the share $e$, each matrix has the sparsity
#
# $$
# s_t = s \cdot \min\left(1, \max\left(0, \frac{t/T - b}{e - b}\right)\right)
# $$
#
# and a mask $m$ with zeros at its $\operatorname{round}(s_t \, n)$ smallest magnitudes; the network uses $w \odot m$.
# What is masked counts as zero when the next mask is made, so masks are nested: a weight that is gone stays gone.

# %% tags=["hide-input"]
import inspect

from IPython.display import Code

from compressions.methods import pruning

Code(inspect.getsource(pruning.sparsity_at) + "\n\n" + inspect.getsource(pruning.MagnitudeMask), language="python")

# %%
import torch

torch.manual_seed(seed)
weight = torch.randn(256, 256)
mask, reached = pruning.MagnitudeMask(weight), []
for step in range(steps):
    if step % every == 0 or step == round(end * steps):
        mask.update(weight, pruning.sparsity_at(step, steps, target, begin, end))
    reached.append(1 - float(mask.mask.mean()))

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.book.figures import COLORS
from compressions.book.glue import glue_figure, glue_numbers

figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3))
left.plot([100 * pruning.sparsity_at(t, steps, target, begin, end) for t in range(steps)], ":", color="#555555")
left.plot([100 * share for share in reached], color=COLORS["MP"])
left.set(xlabel="step", ylabel="sparsity, %", title="wanted (dotted) and reached", ylim=(0, 100))
kept = (weight * mask.mask)[mask.mask.bool()]
for name, values, color in (("before", weight.flatten(), "#c8c8c8"), ("after", kept, COLORS["MP"])):
    right.hist(values, bins=61, range=(-4, 4), color=color, histtype="stepfilled", label=name)
right.set(xlabel="weight", ylabel="count", title="kept weights")
right.legend(frameon=False)
glue_figure("schedule", figure)
glue_numbers(final=100 * reached[-1], threshold=kept.abs().min())

# %% [markdown]
# ```{glue:figure} schedule
# :name: fig-schedule
# :alt: Sparsity rises in steps along its linear schedule; a histogram of weights with the middle cut out
#
# The mask follows the schedule in steps and ends with {glue:text}`final:.2f` % zeros. In this normally distributed
# weight everything within ±{glue:text}`threshold:.2f` standard deviations is gone, and nothing else.
# ```

# %% [markdown]
# ## What a zero saves
#
# By the paper's size measure a zero costs nothing. In a file it costs as much as any other number unless the format
# leaves it out and says where it was: a bitmask costs one bit for every weight, kept or not.

# %% tags=["hide-input"]
import numpy as np

densities = 1 - np.linspace(0, 0.95, 20)
figure, axes = plt.subplots(figsize=(6, 3))
for bits, color in ((32, "#555555"), (8, COLORS["QAT"])):
    axes.plot(100 * (1 - densities), bits * densities, ":", color=color, label=f"{bits}-bit, the paper's size measure")
    axes.plot(100 * (1 - densities), bits * densities + 1, color=color, label=f"{bits}-bit, with a bitmask")
axes.set(xlabel="sparsity, %", ylabel="bits per weight of the matrix", ylim=(0, 34))
axes.legend(frameon=False, fontsize=10)
glue_figure("bitmask", figure)
overhead = {f"overhead_{name}": 100 / (bits * (1 - target)) for name, bits in (("fp32", 32), ("int8", 8))}
glue_numbers(sparsity=100 * target, **overhead)

# %% [markdown]
# ```{glue:figure} bitmask
# :name: fig-bitmask
# :alt: Bits per weight against sparsity for 32-bit and 8-bit weights, by the paper's size measure and with a bitmask
#
# At {glue:text}`sparsity:.0f` % sparsity a bitmask adds {glue:text}`overhead_fp32:.0f` % to what fp32 weights take and
# {glue:text}`overhead_int8:.0f` % to int8 ones: the same mask weighs four times as much beside quantized weights. A
# size measure that counts it makes pruning and quantization less than multiplicative.
# ```

# %% tags=["hide-input"]
from compressions.experiments.experiment import Experiment

glue_numbers(begin=100 * Experiment.prune_begin, end=100 * Experiment.prune_end, every=Experiment.prune_every)

# %% [markdown]
# ## In the experiments
#
# The linear weights of encoder and pooler are pruned, each matrix to the same sparsity; embeddings, of which most of a
# small encoder is made, are not. Masks are made every {glue:text}`every:d` steps from {glue:text}`begin:.0f` % of
# training to {glue:text}`end:.0f` %. Pruning TINY to 60 % sparsity changes its mean score by
# {glue:text}`tradeoffs.py::tiny_mp60:s` points (95 % CI); the paper's figure has
# {glue:text}`tradeoffs.py::paper_tiny_mp60:+.1f` ([all changes](tradeoffs.py)).
