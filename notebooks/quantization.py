# %% [markdown]
# # Quantization-aware training
#
# A weight in fp32 takes four bytes, as int8 one. Rounding a finished network costs accuracy, so quantization-aware
# training (QAT) rounds during fine-tuning and lets the network adapt {cite}`jacob2018quantization`. We follow Q8BERT
# {cite}`zafrir2019q8bert`: symmetric int8 for the weights of all linear layers and embeddings, and for the input of
# every linear layer.

# %% tags=["parameters"]
size = "tiny"  # one of our encoders, for the comparison at the end
seed = 0  # of the weights drawn for the figure

# %%
from compressions.models import checkpoints, sources
from compressions.book.percent import check_parameters

check_parameters(globals())
encoder = sources.encoder(size, "bundled")

# %% [markdown]
# ## The formula
#
# Each row of a weight has a scale $s$ that maps its largest magnitude to 127:
#
# $$
# s = \frac{\max_j |w_j|}{127}, \qquad
# q(w) = s \cdot \operatorname{clamp}\left(\operatorname{round}(w / s), -127, 127\right).
# $$
#
# Training uses $q(w)$ in the forward pass and updates the fp32 weight $w$. Rounding has no useful gradient; the
# backward pass treats it as the identity, the *straight-through* estimator {cite}`bengio2013estimating`. Zero is a
# value of int8, so a pruned weight stays zero.

# %% tags=["hide-input"]
from compressions.book.glue import listing
from compressions.methods import quantization

listing(quantization.weight_scale, quantization.levels, quantization.fake_quantize)

# %% [markdown]
# ## Why one scale per row
#
# Rows of a weight differ in magnitude. The figure rounds a random weight whose rows have standard deviations from 0.2
# to 3.

# %%
import torch

from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.method_figures import draw_rounding_errors, rounding_errors

torch.manual_seed(seed)
weight = torch.randn(64, 256) * torch.linspace(0.2, 3, 64)[:, None]
errors = rounding_errors(weight)
glue_figure("granularity", draw_rounding_errors(errors), errors.reset_index())
glue_numbers(tensor_error=errors.tensor.max(), channel_error=errors.channel.max())

# %% [markdown]
# ```{glue:figure} granularity
# :name: fig-granularity
# :alt: Relative rounding error of each row against its standard deviation, with one scale per tensor and one per row
#
# With one scale per tensor, rows of small weights lose up to {glue:text}`tensor_error:.1f` % to rounding; with one
# per row, at most {glue:text}`channel_error:.1f` %.
# ```
#
# ## From fake to real
#
# After training each layer is replaced by an int8 layer: int8 weights and inputs, exact int32 sums, one multiplication
# by the scales. This model is saved, loaded again and scored.

# %% tags=["hide-input"]
listing(quantization.Int8Linear)

# %% [markdown]
# Both models should give the same answers. Here is the encoder with a random head, on random tokens:

# %%
from compressions.storage import artifact
from compressions.data.tasks import TASKS

model = checkpoints.load_model(encoder, TASKS["mnli"])
quantization.prepare_qat(model)
tokens = torch.randint(5, encoder.size.vocabulary, (64, 16))
_ = model.train()(tokens)  # one pass in training mode sets the activations' ranges

# %%
from compressions.book.claims import claim

with torch.inference_mode():
    fake = model.eval()(tokens).logits
    real = artifact.finish(model, "channel")(tokens).logits
gap, spread = (fake - real).abs().max(), fake.std()
glue_numbers(gap=gap, spread=spread)
claim("The int8 model gives the fake-quantized model's logits", bool(gap < 0.1 * spread), float(gap), float(spread))

# %% [markdown]
# Their logits differ by at most {glue:text}`gap:.1e`, where the logits themselves have a standard deviation of
# {glue:text}`spread:.2f`. What remains is the order of fp32 sums, which can move an activation to the next int8 value.
#
# ## In the experiments
#
# Every linear layer and embedding is fake-quantized from the first step. An input's scale follows a moving average of
# the largest magnitude in a batch. Biases, LayerNorm, softmax and the products of activations stay in fp32. What QAT
# does to the scores is in [Score against size](tradeoffs.py).
