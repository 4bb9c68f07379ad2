# %% [markdown]
# # Real bytes: what the paper's size measure leaves out
#
# The paper counts a model's bytes as its non-zero parameters times the bits of each. By that *size measure*,
# quantization divides by four whatever was pruned, and pruning divides the matrices that are pruned by 1 / (1 -
# sparsity) whatever was quantized (TINY as a whole, most of which is embeddings, by little): for one shape the two
# multiply **by construction**, before anything is measured. A file is another matter. It has to say *where* the zeros
# are, and its values, once they are int8, hold less that could still be left out. This chapter counts the same models
# by nine size measures, among them the file that this project packs, and asks the paper's question again under each.

# %% tags=["parameters"]
results = "results/cpu"  # the folder of the records
sparser = "results/sparser"  # a folder of models pruned further, else made alike; None: there is none
tolerance = 0.5  # points that a compressed model may score below the uncompressed one
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
interpolation = "discrete"  # among models that were trained; or interpolated, along the curve between them
draws = 1000  # how often seeds and rows are drawn again for an interval

# %%
import pandas as pd

from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.analysis.reductions import check_search
from compressions.storage.size_measures import DESCRIPTIONS
from compressions.analysis.byte_synergy import load_size_measures

check_parameters(globals())
check_search(tolerance, interpolation)
frame = load_size_measures([root() / folder for folder in (results, sparser) if folder])
pd.Series(DESCRIPTIONS, name="counts").to_frame().style

# %% [markdown]
# ## What was measured
#
# Models are not committed, so their bytes are, as `make size-measures` measured them while the models lay on the disk.
# By the size measures that count, bytes do not depend on the task or the seed; by those that compress they do, most in
# fp32. The largest deviation of a model from the mean of its size and configuration, by any size measure, stands last.
# A model whose artifact was not kept has its task's uncompressed bytes times the ratio measured on other tasks; to
# measure it, make it again with `make grid` and then `make size-measures`.

# %% tags=["hide-input"]
from compressions.storage.size_measures import SIZE_MEASURES, WHOLE

whole = frame[frame.part == WHOLE]
groups = whole.groupby(["size", "configuration"])
spread = (whole[list(SIZE_MEASURES)] / groups[list(SIZE_MEASURES)].transform("mean") - 1).abs().max(axis=1)
counted = (
    whole.assign(deviation=100 * spread)
    .groupby(["size", "configuration"])
    .agg(models=("task", "size"), tasks=("task", "nunique"), deviation=("deviation", "max"))
)
counted.deviation = counted.deviation.where(counted.models > 1)
counted.unstack("size").style.format("{:.0f}", na_rep="–").format("{:.2f} %", subset="deviation", na_rep="–")

# %% [markdown]
# ## One model, nine size measures
#
# Megabytes of the whole model, embeddings and all: the mean of what was measured, the largest packed file first. Not
# all configurations were measured on the same tasks, on which what gzip and xz save of an fp32 model depends.

# %%
from compressions.storage.size_measures import MEGABYTE
from compressions.analysis.byte_synergy import mean_bytes

means = mean_bytes(frame, WHOLE).sort_values(["parameters", "packed"], ascending=[True, False])
megabytes = means.set_index(["size", "configuration"])[list(SIZE_MEASURES)] / MEGABYTE
megabytes.style.format("{:.2f}")

# %% tags=["hide-input"]
from compressions.book.glue import glue_figure, glue_numbers

shown = megabytes.xs(megabytes.index[0][0], level="size")
both, plain = (shown.loc[name] for name in ("qat+mp60", "base"))
glue_numbers(
    smaller=int((megabytes.packed < megabytes.paper).sum()),
    models=len(megabytes),
    size=megabytes.index[0][0].upper(),
    **{f"{measure}_times": plain[measure] / both[measure] for measure in ("paper", "packed")},
)

# %% [markdown]
# The packed file is smaller than the paper's count for {glue:text}`smaller:d` of {glue:text}`models:d` kinds of models,
# so the paper's size measure does not flatter a model. It flatters a *reduction*, for the uncompressed encoder can be
# packed as well: quantization with 60 % pruning makes {glue:text}`size` {glue:text}`paper_times:.1f` times smaller by
# the paper's size measure, and {glue:text}`packed_times:.1f` times where both are packed.
#
# ## Bits a weight
#
# In the encoder's layers alone, where the pruned matrices are, a size measure shows what it is made of. A mask costs a
# bit a weight at once; sparse rows cost three bytes a kept int8 weight and pay only when few are left; general
# compressors get near what masks and values hold, and coding the two apart nearer. The *entropy* is what no code of
# masks and values one by one can go below; of fp32 values it takes each byte by itself, and a compressor that sees more
# than a byte can go below. In whole fp32 models xz does: our encoders are published in fp16, and the embeddings of
# words that a task never shows keep their values but for weight decay, so that the same bytes come again and again.
# That saving is of the fine-tuning and not of a compression, and it is gone in int8.

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.storage.size_measures import LAYERS

LINES = {
    "paper": (":", "", "#333333"),
    "dense": ("-", "", "#bbbbbb"),
    "bitmask": ("--", "", "#777777"),
    "csr": ("-", "x", "#aa4499"),
    "gzip": ("-", "s", "#88ccee"),
    "xz": ("-", "^", "#44aa99"),
    "packed": ("-", "o", "#882255"),
    "entropy": ("--", "", "#882255"),
}
layers = mean_bytes(frame, LAYERS)
bits = layers[list(LINES)].mul(8 / layers.parameters, axis=0).assign(**layers[["size", "subset", "sparsity"]])
alone = bits[bits.subset.isin(["base", "mp", "qat", "qat+mp"])]
alone = alone.assign(stored=alone.subset.str.contains("qat").map({True: "int8", False: "fp32"}))

# %% tags=["hide-input"]
measured = alone["size"][alone.subset == "qat+mp"]
sizes = sorted(dict.fromkeys(measured), key=lambda size: layers[layers["size"] == size].parameters.iloc[0])
figure, panels = plt.subplots(len(sizes), 2, figsize=(6, 2.6 * len(sizes)), sharex=True, squeeze=False)
for row, size in enumerate(sizes):
    for axes, stored in zip(panels[row], ("fp32", "int8"), strict=True):
        part = alone[(alone["size"] == size) & (alone.stored == stored)].sort_values("sparsity")
        for measure, (line, marker, color) in LINES.items():
            axes.plot(100 * part.sparsity, part[measure], line, marker=marker, color=color, markersize=4, label=measure)
        axes.set(title=f"{size.upper()}, {stored}", ylim=(0, 1.3 * part.dense.max()))
        axes.spines[["top", "right"]].set_visible(False)
for axes in panels[-1]:
    axes.set(xlabel="sparsity, %")
for axes in panels[:, 0]:
    axes.set(ylabel="bits a weight")
figure.legend(*axes.get_legend_handles_labels(), loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
glue_figure("bits", figure, alone, records=results)

# %% tags=["hide-input"]
over = 100 * (means.packed / means.entropy - 1)
by = alone[alone.subset == "qat+mp"].set_index(["size", "sparsity"])
most = by.index.get_level_values("sparsity").max()
paper_most = by.index.get_level_values("sparsity").intersection([0.6]).max()
glue_numbers(
    over_min=over.min(),
    over_max=over.max(),
    most=100 * most,
    **{f"{name}_60": by.xs(paper_most, level="sparsity")[name].mean() for name in ("paper", "packed", "xz", "csr")},
    **{f"{name}_most": by.xs(most, level="sparsity")[name].mean() for name in ("paper", "packed", "xz", "csr")},
)

# %% [markdown]
# ```{glue:figure} bits
# :name: fig-bits
# :alt: Bits a weight against sparsity by eight size measures, for fp32 and int8 layers of each size
#
# At 60 % sparsity an int8 weight of the layers costs {glue:text}`paper_60:.1f` bits by the paper's size measure and
# {glue:text}`packed_60:.1f` in our packed file (xz {glue:text}`xz_60:.1f`, sparse rows {glue:text}`csr_60:.1f`), at
# {glue:text}`most:.0f` % {glue:text}`paper_most:.1f` and {glue:text}`packed_most:.1f` ({glue:text}`xz_most:.1f`,
# {glue:text}`csr_most:.1f`). Sparse rows leave the int8 panels at the top. Packed files are
# {glue:text}`over_min:+.1f` to {glue:text}`over_max:+.1f` % from the entropy of their tensors.
# ```

# %% [markdown]
# ## Do bytes multiply?
#
# One shape, no search for another size: the reduction by QAT and MP together over the product of both reductions, in
# doublings. At 0 they multiply, below they save less together than their product promises. Intervals (95 %) come from
# the spread among models that differ in task and seed only. Where models of a sparsity come from other tasks than those
# they are compared with, as most past 60 % do, gzip and xz differ by the tasks, too; the other measures hardly.

# %%
from compressions.analysis.byte_synergy import byte_synergy

both = pd.concat({part: byte_synergy(frame, part) for part in (WHOLE, LAYERS)}, names=["part"]).reset_index("part")
wide = both.pivot(index=["part", "size", "sparsity"], columns="size_measure", values="value")[list(SIZE_MEASURES)]
wide.style.format("{:+.2f}").format_index("{:.0%}", level="sparsity")

# %% tags=["hide-input"]
SHADES = {0.4: "#a6cee3", 0.6: "#56b4e9", 0.8: "#1f78b4", 0.9: "#08306b"}
figure, panels = plt.subplots(len(sizes), 2, figsize=(6, 2.6 * len(sizes)), sharey=True, squeeze=False)
for row, size in enumerate(sizes):
    for axes, (part, says) in zip(panels[row], {WHOLE: "whole", LAYERS: "layers"}.items(), strict=True):
        for sparsity, values in both[(both["size"] == size) & (both.part == part)].groupby("sparsity"):
            at = [SIZE_MEASURES.index(measure) for measure in values.size_measure]
            axes.plot(values.value, at, "o", color=SHADES.get(sparsity, "#333333"), label=f"{100 * sparsity:.0f} %")
            axes.hlines(at, values.low, values.high, color=SHADES.get(sparsity, "#333333"))
        axes.axvline(0, color="#333333", linewidth=0.8, zorder=0)
        axes.set(title=f"{size.upper()}, {says}", yticks=range(len(SIZE_MEASURES)), yticklabels=SIZE_MEASURES)
        axes.spines[["top", "right"]].set_visible(False)
panels[0, 0].invert_yaxis()
for axes in panels[-1]:
    axes.set(xlabel="doublings")
figure.legend(*axes.get_legend_handles_labels(), loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
glue_figure("bytes-multiply", figure, both, records=results)

# %% tags=["hide-input"]
layers_alone = both[both.part == LAYERS].groupby("size_measure")
counts = pd.DataFrame(
    {"compared": layers_alone.size(), "below 0": layers_alone.high.agg(lambda high: (high < 0).sum())}
)
glue_numbers(
    short=int((counts["below 0"] == counts.compared).sum()),
    measures=len(SIZE_MEASURES),
    packed_least=2 ** wide.loc[LAYERS, "packed"].min(),
)
counts.reindex(SIZE_MEASURES)

# %% [markdown]
# ```{glue:figure} bytes-multiply
# :name: fig-bytes-multiply
# :alt: For each size measure and sparsity how far QAT and MP together are from the product, whole models and layers
#
# In the layers QAT and MP save less together than their product at every sparsity by {glue:text}`short:d` of
# {glue:text}`measures:d` size measures. At worst the packed layers keep {glue:text}`packed_least:.2f` of the product's
# reduction.
# ```
#
# Dense files multiply in the emptiest way: pruning saves nothing there, alone or with int8. The others pay for where
# the zeros are, and that price, up to a bit a weight, is a thirty-second of an fp32 weight and an eighth of an int8
# one.

# %% [markdown]
# ## Table 1 and synergy under every size measure
#
# The paper's question again, now with the search for a size at matched score: the mean reduction over the tasks, and
# the synergy with 95 % confidence intervals from seeds and validation rows drawn again, as on the pages
# [Table 1 again](reductions.py) and [Do compressions multiply?](synergy.py), which explain both.

# %%
import numpy as np

from compressions.analysis.bootstrap import bootstrap, estimate_mean
from compressions.analysis.reductions import METHODS, reductions
from compressions.analysis.reading import read_results
from compressions.analysis.results import over_tasks
from compressions.analysis.synergy import censored, synergy, verdicts

ours = read_results(root() / results, score, "packed")
resampled = bootstrap(ours, draws)
there = ours.seeds[..., None] > 0
ours.left_out.style.hide()

# %% tags=["hide-input"]
tables, answers = {}, []
for measure in SIZE_MEASURES:
    found = reductions(ours.scores, ours.bytes_by[measure], tolerance, interpolation)
    tables[measure] = pd.DataFrame(over_tasks(found.ratios), [size.upper() for size in ours.sizes], METHODS)

    def by_task(scores: np.ndarray, sizes: np.ndarray = ours.bytes_by[measure]) -> np.ndarray:
        """Synergy on each task, (..., tasks, sizes, combinations)."""
        return synergy(reductions(scores, sizes, tolerance, interpolation).ratios)

    share = (censored(found.status) & there).sum(axis=0) / there.sum(axis=0)
    synergies = estimate_mean(ours.scores, resampled, by_task, ours.freedom.sum(axis=1, keepdims=True))
    answers.append(verdicts(synergies, ours, censored_share=share).assign(size_measure=measure))
order = pd.MultiIndex.from_product([[size.upper() for size in ours.sizes], SIZE_MEASURES], names=["size", "measure"])
table = pd.concat(tables, names=["measure", "size"]).swaplevel().reindex(order)
table.style.format("{:.1f}")

# %% tags=["hide-input"]
matched = pd.concat(answers, ignore_index=True)
pairs = matched[matched.methods == "QAT+MP"].drop(columns=["methods", "needed"])
signed = dict.fromkeys(("value", "low", "high"), "{:+.2f}")
pairs[["size", "size_measure", "value", "low", "high", "seeds", "says"]].style.format(signed, na_rep="–").hide()

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(6, 3.4))
for place, (size, part) in enumerate(pairs.groupby("size", sort=False)):
    at = np.arange(len(part)) + 0.25 * (place - (len(ours.sizes) - 1) / 2)
    color = ["#56b4e9", "#08306b", "#777777"][place % 3]
    axes.hlines(at, part.low, part.high, color=color, linewidth=2, alpha=0.6)
    axes.plot(part.value, at, "os^"[place % 3], color=color, label=size)
axes.axvline(0, color="#333333", linewidth=0.8, zorder=0)
axes.set(yticks=range(len(SIZE_MEASURES)), yticklabels=SIZE_MEASURES, xlabel="synergy of QAT+MP, doublings")
axes.invert_yaxis()
axes.spines[["top", "right"]].set_visible(False)
figure.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
glue_figure("synergy-by-measure", figure, matched, records=results)
wide = pairs.pivot(index="size_measure", columns="size", values="value")
moves = wide.sub(wide.loc["paper"], axis=1)
glue_numbers(change_low=moves.min().min(), change_high=moves.max().max())

# %% [markdown]
# ```{glue:figure} synergy-by-measure
# :name: fig-synergy-by-measure
# :alt: For each size measure the synergy of QAT and MP at matched score with intervals, one row of marks a size
#
# Another size measure than the paper's moves the synergy of QAT+MP at matched score by {glue:text}`change_low:+.2f` to
# {glue:text}`change_high:+.2f` doublings. Censored means have no interval.
# ```
#
# Where one seed or censored tasks leave nothing to say at matched score, the bytes themselves still answer for the
# layers: in every format that leaves zeros out the two save less together than their product. In whole models of these
# sizes, most of which is embeddings, the packed file loses a few hundredths of a doubling.
