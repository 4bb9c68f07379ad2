# %% [markdown]
# # Quantization-aware training
#
# A weight in fp32 takes four bytes; as int8 it takes one, and integer arithmetic is cheap. Rounding a finished network
# costs accuracy, so the network is trained to live with it: in every forward pass the weights are *fake-quantized*,
# used in the values that int8 can hold while an fp32 copy goes on learning {cite}`jacob2018quantization`. This edition
# follows Q8BERT {cite}`zafrir2019q8bert`: symmetric int8 for the weights of all linear layers and embeddings, and for
# the input of every linear layer.

# %% tags=["parameters"]
size = "tiny"  # one of our encoders, for the agreement shown at the end
seed = 0  # of the weights drawn for the figures

# %%
from compressions.models import checkpoints, sources
from compressions.book.percent import check_parameters

check_parameters(globals())
encoder = sources.encoder(size, "bundled")

# %% [markdown]
# ## The formula
#
# With a scale $s$ per row of the weight, chosen so that the largest magnitude becomes 127,
#
# $$
# s = \frac{\max_j |w_j|}{127}, \qquad
# q(w) = s \cdot \operatorname{clamp}\left(\operatorname{round}(w / s), -127, 127\right).
# $$
#
# Rounding has no useful gradient; the backward pass takes it for the identity, the *straight-through* estimator
# {cite}`bengio2013estimating`. This is the library's code:

# %% tags=["hide-input"]
import inspect

from IPython.display import Code

from compressions.methods import quantization

shown = (quantization.weight_scale, quantization.levels, quantization._StraightThrough, quantization.fake_quantize)
Code("\n\n".join(map(inspect.getsource, shown)), language="python")

# %% [markdown]
# Zero is always one of the values, so a pruned weight stays pruned under quantization. Doing it twice changes nothing,
# and no value moves by more than half a scale.

# %%
import torch

from compressions.training.choices import GRANULARITIES

torch.manual_seed(seed)
weight = torch.randn(64, 256) * torch.linspace(0.2, 3, 64)[:, None]
errors = {}
for granularity in GRANULARITIES:
    rounded = quantization.fake_quantize(weight, quantization.weight_scale(weight, granularity))
    errors[granularity] = (rounded - weight).pow(2).mean(dim=1).sqrt() / weight.pow(2).mean(dim=1).sqrt()

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.book.figures import COLORS
from compressions.book.glue import glue_figure, glue_numbers

figure, axes = plt.subplots(figsize=(6, 3))
deviation = weight.std(dim=1)
axes.semilogy(deviation, 100 * errors["tensor"], "s", color="#999999", markersize=4, label="one scale per tensor")
axes.semilogy(deviation, 100 * errors["channel"], "o", color=COLORS["QAT"], markersize=4, label="one scale per row")
axes.set(xlabel="standard deviation of the row's weights", ylabel="rounding error, % of the row")
axes.legend(frameon=False)
glue_figure("granularity", figure)
glue_numbers(tensor_error=100 * errors["tensor"].max(), channel_error=100 * errors["channel"].max())

# %% [markdown]
# ```{glue:figure} granularity
# :name: fig-granularity
# :alt: Rounding error of each row against its standard deviation, with one scale per tensor and one per row
#
# With one scale for a whole weight, a row of small weights loses up to {glue:text}`tensor_error:.1f` % to rounding;
# with a scale of its own, no row of this random weight loses more than {glue:text}`channel_error:.1f` %. Which
# of them the paper used is not known; one scale per row is the default here.
# ```

# %% [markdown]
# ## From fake to real
#
# After training, the layers are replaced by int8 ones: int8 weights and inputs, products summed in exact int32, one
# multiplication by the scales at the end. That is the model which is saved, loaded and scored.

# %% tags=["hide-input"]
Code(inspect.getsource(quantization.Int8Linear), language="python")

# %% [markdown]
# The fake-quantized model in training and the int8 model on disk should say the same. Here is TINY with a random
# head, through both, on a batch of random tokens:

# %%
from compressions.storage import artifact
from compressions.data.tasks import TASKS

model = checkpoints.load_model(encoder, TASKS["mnli"])
quantization.quantize(model)
tokens = torch.randint(5, encoder.size.vocabulary, (64, 16))
_ = model.train()(tokens)  # one pass in training mode sets the activations' ranges

# %%
with torch.inference_mode():
    fake = model.eval()(tokens).logits
    real = artifact.finish(model, "channel")(tokens).logits
glue_numbers(gap=(fake - real).abs().max(), spread=fake.std())

# %% [markdown]
# The largest difference between the two models' logits is {glue:text}`gap:.1e`, where the logits themselves vary by
# {glue:text}`spread:.2f`. What remains is fp32 summation order, which now and then moves an activation that lies on the
# edge between two int8 values.
#
# ## In the experiments
#
# Every linear layer and embedding is fake-quantized from the first step of fine-tuning; biases and layer norms stay in
# fp32, and so do the sums that follow the product. An input's scale follows a moving average of the largest magnitudes
# that training has seen. QAT changes the mean score of TINY by {glue:text}`tradeoffs.py::tiny_qat:s` points (95 % CI);
# the paper's figure has {glue:text}`tradeoffs.py::paper_tiny_qat:+.1f` ([all changes](tradeoffs.py)).
