# %% [markdown]
# # Real milliseconds
#
# Fewer bytes are not fewer milliseconds. Here the compressed models are exported to ONNX and run by ONNX Runtime on one
# thread of a CPU, in turn with an fp32 model of the same shape: int8 layers in int8 kernels, pruned weights as the
# zeros they are. Time depends on a model's shape and not on what it has learned, so the weights that are timed are
# **random**, and all six of the paper's sizes can be timed. That an exported model answers like the one it was made
# from is checked with trained ones below.

# %% tags=["parameters"]
timings = "results/latency.json"  # what `make latency` measured
results = "results/cpu"  # the folder of records whose exported models were scored by `make exported`

# %%
import json

from compressions.errors import require
from compressions.files import root
from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.percent import check_parameters

check_parameters(globals())
require((root() / timings).is_file(), f"timings {timings!r} is no file; make latency writes results/latency.json")
measured = json.loads((root() / timings).read_text())
glue_numbers(processor=measured["machine"]["processor"])

# %% [markdown]
# ## Milliseconds a batch
#
# Measured on one thread of {glue:text}`processor`; other processors give other ratios. The median over rounds in which
# every model ran once; a round's ratio is the fp32 time over the model's own, so that what disturbs one disturbs all.
# In brackets the middle half of the ratios.

# %%
import pandas as pd


def shaped(rows: list[dict]) -> pd.DataFrame:
    """Measured rows with the shape of their batch and their ratio as they are shown."""
    frame = pd.DataFrame(rows)
    frame["shape"] = "batch " + frame.batch.astype(str) + ", " + frame.length.astype(str) + " tokens"
    frame["interval"] = [f"{row.ratio:.2f} ({row.low:.2f}–{row.high:.2f})" for row in frame.itertuples()]
    return frame


frame = shaped(measured["rows"])
sizes, shapes = list(dict.fromkeys(frame["size"])), list(dict.fromkeys(frame["shape"]))
milliseconds = frame.pivot(index=["size", "shape"], columns="configuration", values="ms")
milliseconds.reindex(pd.MultiIndex.from_product([sizes, shapes])).style.format("{:.2f}")

# %% tags=["hide-input"]
ratios = frame[frame.configuration != "base"].pivot(index=["size", "shape"], columns="configuration", values="interval")
ratios.reindex(pd.MultiIndex.from_product([sizes, shapes]))

# %% [markdown]
# ## What int8 gains, and pruning hardly
#
# Unstructured zeros are multiplied like any number: a kernel that would skip them has to find them first, and at these
# sparsities finding them costs more than it saves.

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.experiments.configurations import method_of
from compressions.book.figures import COLORS

STYLES = dict(zip(shapes, ("o", "s", "^", "D"), strict=False))
OFFSETS = {"mp60": 0.0, "qat": -0.12, "qat+mp60": 0.12}
figure, axes = plt.subplots(figsize=(6, 4))
for row in frame[frame.configuration != "base"].itertuples():
    at = sizes.index(row.size) + OFFSETS[row.configuration]
    color = COLORS[method_of(row.configuration)]
    axes.plot([at, at], [row.low, row.high], color=color, linewidth=1)
    axes.plot(at, row.ratio, STYLES[row.shape], color=color, markersize=5, alpha=0.85)
axes.axhline(1, color="#333333", linewidth=0.8)
axes.set(ylabel="times faster than fp32", xticks=range(len(sizes)), xticklabels=[size.upper() for size in sizes])
axes.set_ylim(bottom=0)
axes.spines[["top", "right"]].set_visible(False)
marks = [plt.Line2D([], [], linestyle="", marker="o", color=COLORS[method_of(name)]) for name in OFFSETS]
marks += [plt.Line2D([], [], linestyle="", marker=mark, color="#888888") for mark in STYLES.values()]
figure.legend(
    marks, [*map(method_of, OFFSETS), *STYLES], loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False
)
glue_figure("speed", figure, frame.drop(columns="interval"))

# %% tags=["hide-input"]
by_shape = frame.pivot(index=["size", "shape"], columns="configuration", values="ratio")
int8, pruned, added = by_shape.qat, by_shape.mp60, 100 * (by_shape.qat / by_shape["qat+mp60"] - 1)
alone = frame[(frame.configuration == "qat") & (frame.batch == 1)].groupby("size").ratio
glue_numbers(
    **{f"int8_{name}": int8.agg(name) for name in ("min", "median", "max")},
    **{f"pruned_{name}": pruned.agg(name) for name in ("min", "median", "max")},
    **{f"beside_{name}": added.agg(name) for name in ("min", "median", "max")},
    int8_small=alone.min().get("small", float("nan")),
)

# %% [markdown]
# ```{glue:figure} speed
# :name: fig-speed
# :alt: For each size how many times faster int8, pruned and both are than fp32, for four shapes of a batch
#
# Int8 is {glue:text}`int8_min:.1f` to {glue:text}`int8_max:.1f` times faster than fp32, {glue:text}`int8_median:.1f` at
# the median, and at least {glue:text}`int8_small:.1f` for SMALL at batch 1. Pruning an fp32 model to 60 % changes
# nothing: a ratio of {glue:text}`pruned_min:.2f` to {glue:text}`pruned_max:.2f`, {glue:text}`pruned_median:.2f` at the
# median. Beside int8 it changes the time by {glue:text}`beside_min:+.0f` to {glue:text}`beside_max:+.0f` %,
# {glue:text}`beside_median:+.0f` % at the median, for reasons that were not traced.
# ```
#
# Int8 divides a plain file by four, and time by {glue:text}`int8_median:.1f` at the median: attention's own products,
# softmax, GELU and LayerNorm stay in fp32, and activations are quantized anew before every layer. Small models gain
# least, for in them those parts weigh most.

# %% [markdown]
# ## Against OpenVINO
#
# OpenVINO is the runtime that a user of an Intel processor would pick. `make latency` measures it where it is installed
# (`pip install openvino nncf`): NNCF quantizes an fp32 model of the same shape after training, and the two runtimes
# take turns on one thread. Below 1, a ratio of our time over OpenVINO's means that ours is faster.
#
# The two do not compute the same. OpenVINO's model multiplies queries, keys and values in int8 too, and computes the
# rest in bf16 where the processor can. Ours answers as the trained artifact does: int8 where it was trained for int8,
# and fp32 elsewhere. Of the last layer it computes the first token only, for the classifier reads no other.

# %% tags=["hide-input"]
from IPython.display import Markdown

compared = Markdown("OpenVINO was not installed where these milliseconds were measured.")
if measured.get("peers"):
    peers = shaped(measured["peers"])
    compared = peers.pivot(index=["size", "shape"], columns="configuration", values="ms").round(2)
    compared["ours / OpenVINO's"] = peers[peers.configuration != "qat"].set_index(["size", "shape"]).interval
    compared = compared.reindex(pd.MultiIndex.from_product([sizes, shapes])).dropna()
compared

# %% [markdown]
# ## Does the exported model say the same?
#
# Trained models, exported, and run by ONNX Runtime on their tasks' whole validation splits, against their records. The
# sums inside an int8 layer are exact in both; the few fp32 steps between are rounded in another order, and now and then
# that can move an activation across the border between two int8 numbers.

# %% tags=["hide-input"]
path = root() / results / "exported.csv"
require(path.is_file(), f"{results} holds no exported.csv; make exported scores the models whose artifacts are kept")
checked = pd.read_csv(path)
checked["off"] = (checked.onnx_score - checked.score).abs()
checked["stored"] = checked.configuration.str.contains("qat").map({True: "int8", False: "fp32"})
totals = checked.groupby(["size", "task", "stored"]).agg(
    **{"models": ("rows", "size"), "answers": ("rows", "sum"), "other answers": ("differing", "sum")},
    **{"largest change of a score": ("off", "max")},
)
totals.style.format({"largest change of a score": "{:.2f}", "answers": "{:,}"})

# %% tags=["hide-input"]
int8 = checked[checked.stored == "int8"]
glue_numbers(checked=len(int8), answers=int8.rows.sum(), differing=int8.differing.sum(), off=int8.off.max())

# %% [markdown]
# Answers that differ from the record's: {glue:text}`differing:d` of {glue:text}`answers:,`, by {glue:text}`checked:d`
# int8 models; the largest change of a score: {glue:text}`off:.2f` points. `make package` writes a record's model as a
# folder with this file, a card and a `predict.py` that needs neither torch nor transformers.
