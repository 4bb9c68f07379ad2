# %% [markdown]
# # Real milliseconds
#
# Does a smaller model answer sooner? Compressed models are run by ONNX Runtime on one thread of a CPU, in turn with an
# fp32 model of the same shape.
#
# Int8 is {glue:text}`int8_min:.1f` to {glue:text}`int8_max:.1f` times faster than fp32, {glue:text}`int8_median:.1f`
# at the median of sizes and batches. Pruning an fp32 model to 60 % changes nothing
# ({glue:text}`pruned_median:.2f`), because a kernel multiplies unstructured zeros like any number.

# %% tags=["parameters"]
timings = "results/latency.json"  # what `make latency` measured
results = ["results/glue", "results/limits"]  # folders of records whose exported models `make exported` scored

# %% tags=["hide-input"]
from compressions.book.latency_figures import machine_facts, read_latency
from compressions.book.percent import check_parameters
from compressions.book.missing import read_or_stop
from compressions.files import root

check_parameters(globals())
found = read_or_stop(read_latency, root() / timings)

# %%
from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.latency_figures import speed_figure

rows, content = found
glue_figure("speed", speed_figure(rows), rows)

# %% [markdown]
# ```{glue:figure} speed
# :name: fig-speed
# :alt: For four shapes of a batch how many times faster int8, pruned and both are than fp32, by size, with OpenVINO
#
# Times faster than fp32 in ONNX Runtime; bars are the middle half of the rounds.
# ```

# %% tags=["hide-input"]
from compressions.book.claims import claim

ratios = rows.pivot(index=["size", "shape"], columns="configuration", values="ratio")
int8, pruned, four_bits = ratios.qat, ratios.mp60.median(), (ratios.qat / ratios.qat4).median()
claim("Int8 is faster than fp32 for every size and batch", (int8 > 1).all(), int8)
claim("Pruning an fp32 model changes nothing", 0.95 < pruned < 1.05, pruned)
claim("Weights of 4 bits take about as long as those of 8", 0.95 < four_bits < 1.05, four_bits)
claim("Small models gain least", int8["TINY"].mean() < int8.drop("TINY", level="size").mean(), int8)
glue_numbers(
    int8_min=int8.min(), int8_max=int8.max(), int8_median=int8.median(), pruned_median=pruned, four_bits=four_bits
)

# %% [markdown]
# Small models gain least: attention's products, softmax, GELU and LayerNorm stay in fp32 and weigh most there. Weights
# of 4 bits take {glue:text}`four_bits:.2f` times as long as those of 8: they are unpacked at load.
#
# ## Which runtime
#
# Against a model that OpenVINO, Intel's runtime, quantized itself, ours in ONNX Runtime is faster for
# {glue:text}`ours:d` of {glue:text}`pairs:d` pairs of size and batch, and slower for {glue:text}`theirs:d`, mostly
# batches of 8. Exported to OpenVINO's format, ours is nowhere clearly slower.

# %%
from IPython.display import Markdown

from compressions.book.latency_figures import compare_runtimes, runtimes_table

compared = compare_runtimes(rows)
unmeasured = f"OpenVINO was not installed where `{timings}` was measured."
caption = "Time of our QAT model, by its runtime, over that of OpenVINO's own int8 model"
runtimes_table(compared).set_caption(caption) if len(compared) else Markdown(unmeasured)

# %% tags=["hide-input"]
in_onnx, in_openvino = (compared[compared.runtime == runtime] for runtime in ("ONNX Runtime", "OpenVINO"))
faster, slower = in_onnx[in_onnx.high < 1], in_onnx[in_onnx.low > 1]
glue_numbers(pairs=len(in_onnx), ours=len(faster), theirs=len(slower), **machine_facts(content))
if len(compared):
    of_eight = slower["shape"].str.startswith("batch 8").mean()
    claim("ONNX Runtime is slower mostly for batches of 8", len(slower) == 0 or of_eight > 0.5, slower.ratio)
    claim("In OpenVINO's format ours is nowhere clearly slower", not (in_openvino.low > 1).any(), in_openvino.ratio)

# %% [markdown]
# Brackets hold the middle half of rounds; bold is slower. Only ONNX Runtime answers as the trained
# artifact does: OpenVINO computes in bf16 what is not int8, where the processor can, and its own model multiplies
# queries, keys and values in int8 too.
#
# ## How it was measured
#
# On one thread of {glue:text}`processor` ({glue:text}`cores` cores, load {glue:text}`load` before the run, instructions
# {glue:text}`instructions`) with ONNX Runtime {glue:text}`onnxruntime`. Weights are random: time depends on the shape
# alone. Every round runs each model once, in a drawn order; ratios are within a round. `make latency` measures all
# sizes but LARGE in four minutes.
#
# ## What could be wrong
#
# Other processors and more threads give other ratios. Without VNNI instructions int8 is as slow as fp32, because
# ONNX Runtime's fast kernel is then not exact.

# %% tags=["hide-cell"]
from compressions.book.latency_figures import milliseconds_table

milliseconds_table(rows)

# %% [markdown]
# Trained models in ONNX Runtime against their records, on whole validation splits:

# %% tags=["hide-input"]
import pandas as pd

from compressions.book.latency_figures import exported_table
from compressions.measurements.exported import read_exported

checked = pd.concat([read_exported(root() / folder) for folder in results])
if len(checked):
    off = (checked.onnx_score - checked.score).abs().max()
    claim("No exported model's score is off by half a point", off < 0.5, off)
missing = f"No exported model of {', '.join(results)} was scored: `make exported` scores them."
exported_table(checked).set_caption("Exported models against their records") if len(checked) else Markdown(missing)
