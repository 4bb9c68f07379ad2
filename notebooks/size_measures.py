# %% [markdown]
# # Real bytes: what the paper's ruler leaves out
#
# The paper counts a model's bytes as its non-zero parameters times the bits of each. By that ruler quantization divides
# by four whatever was pruned, and pruning divides the matrices that are pruned by 1 / (1 - sparsity) whatever was
# quantized (TINY as a whole, most of which is embeddings, by little): for one shape the two multiply **by
# construction**, before anything is measured. A file is another matter. It has to say *where* the zeros are, and its
# values, once they are int8, hold less that could still be left out. This chapter counts the same models by nine
# rulers, among them the file that this project packs, and asks the paper's question again under each.

# %% tags=["parameters"]
results = "results/cpu"  # the folder of the records
sparser = "results/sparser"  # a folder of models pruned further, else made alike; None: there is none
tolerance = 0.5  # points that a compressed model may score below the uncompressed one
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
interpolation = "discrete"  # among models that were trained; or interpolated, along the curve between them
draws = 1000  # how often seeds and rows are drawn again for an interval

# %%
from IPython.display import Markdown

from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.analysis.reductions import check_search
from compressions.storage.size_measures import RULER_WORDS
from compressions.analysis.byte_synergy import weighed

check_parameters(globals())
check_search(tolerance, interpolation)
frame = weighed([root() / folder for folder in (results, sparser) if folder])
Markdown("\n".join(f"- **{name}**: {words}" for name, words in RULER_WORDS.items()))

# %% [markdown]
# ## What was measured
#
# Models are not committed, so their bytes are, as `make rulers` measured them while the models lay on the disk. By the
# rulers that count, bytes do not depend on the task or the seed; by those that compress they do, most in fp32. The
# largest deviation of a model from the mean of its size and configuration, by any ruler, stands last. A model whose
# artifact was not kept has its task's uncompressed bytes times the ratio measured on other tasks; to measure it,
# make it again with `make grid` and then `make rulers`.

# %% tags=["hide-input"]
from compressions.storage.size_measures import WHOLE
from compressions.analysis.byte_synergy import ALL_RULERS

whole = frame[frame.part == WHOLE]
groups = whole.groupby(["size", "configuration"])
spread = (whole[list(ALL_RULERS)] / groups[list(ALL_RULERS)].transform("mean") - 1).abs().max(axis=1)
counted = (
    whole.assign(deviation=100 * spread)
    .groupby(["size", "configuration"])
    .agg(models=("task", "size"), tasks=("task", "nunique"), deviation=("deviation", "max"))
)
counted.deviation = counted.deviation.where(counted.models > 1)
counted.unstack("size").style.format("{:.0f}", na_rep="–").format("{:.2f} %", subset="deviation", na_rep="–")

# %% [markdown]
# ## One model, nine rulers
#
# Megabytes of the whole model, embeddings and all: the mean of what was measured, the largest packed file first. Not
# all configurations were measured on the same tasks, on which what gzip and xz save of an fp32 model depends.

# %%
from compressions.storage.size_measures import MEGABYTE
from compressions.analysis.byte_synergy import mean_bytes

means = mean_bytes(frame, WHOLE).sort_values(["parameters", "packed"], ascending=[True, False])
megabytes = means.set_index(["size", "configuration"])[list(ALL_RULERS)] / MEGABYTE
megabytes.style.format("{:.2f}")

# %% tags=["hide-input"]
from compressions.book.glue import glue_figure, glue_numbers

shown = megabytes.xs(megabytes.index[0][0], level="size")
both, plain = (shown.loc[name] for name in ("qat+mp60", "base"))
glue_numbers(
    smaller=int((megabytes.packed < megabytes.paper).sum()),
    models=len(megabytes),
    named=megabytes.index[0][0].upper(),
    **{f"{ruler}_times": plain[ruler] / both[ruler] for ruler in ("paper", "packed")},
)

# %% [markdown]
# The packed file is smaller than the paper's count for {glue:text}`smaller:d` of {glue:text}`models:d` kinds of models,
# so the paper's ruler does not flatter a model. It flatters a *reduction*, for the uncompressed encoder can be packed
# as well: quantization with 60 % pruning makes {glue:text}`named` {glue:text}`paper_times:.1f` times smaller by the
# paper's ruler, and {glue:text}`packed_times:.1f` times where both are packed.
#
# ## Bits a weight
#
# In the encoder's layers alone, where the pruned matrices are, a ruler shows what it is made of. A mask costs a bit a
# weight at once; sparse rows cost three bytes a kept int8 weight and pay only when few are left; general compressors
# get near what masks and values hold, and coding the two apart nearer. The *entropy* is what no code of masks and
# values one by one can go below; of fp32 values it takes each byte by itself, and a compressor that sees more than a
# byte can go below. In whole fp32 models xz does: our encoders are published in fp16, and the embeddings of words that
# a task never shows keep their values but for weight decay, so that the same bytes come again and again. That saving is
# of the fine-tuning and not of a compression, and it is gone in int8.

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
        for ruler, (line, marker, color) in LINES.items():
            axes.plot(100 * part.sparsity, part[ruler], line, marker=marker, color=color, markersize=4, label=ruler)
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
    **{f"{ruler}_60": by.xs(paper_most, level="sparsity")[ruler].mean() for ruler in ("paper", "packed", "xz", "csr")},
    **{f"{ruler}_most": by.xs(most, level="sparsity")[ruler].mean() for ruler in ("paper", "packed", "xz", "csr")},
)

# %% [markdown]
# ```{glue:figure} bits
# :name: fig-bits
# :alt: Bits a weight against sparsity by eight rulers, for fp32 and int8 layers of each size
#
# At 60 % sparsity an int8 weight of the layers costs {glue:text}`paper_60:.1f` bits by the paper's ruler and
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
# they are compared with, as most past 60 % do, gzip and xz differ by the tasks, too; the other rulers hardly.

# %%
import pandas as pd

from compressions.analysis.byte_synergy import byte_synergy

both = pd.concat({part: byte_synergy(frame, part) for part in (WHOLE, LAYERS)}, names=["part"]).reset_index("part")
both["shown"] = [f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f})" for one in both.itertuples()]
named = both.assign(sparsity=[f"{100 * sparsity:.0f} %" for sparsity in both.sparsity])
wide = named.pivot(index=["part", "size", "sparsity"], columns="ruler", values="value")[list(ALL_RULERS)]
wide.style.format("{:+.2f}")

# %% tags=["hide-input"]
SHADES = {0.4: "#a6cee3", 0.6: "#56b4e9", 0.8: "#1f78b4", 0.9: "#08306b"}
figure, panels = plt.subplots(len(sizes), 2, figsize=(6, 2.6 * len(sizes)), sharey=True, squeeze=False)
for row, size in enumerate(sizes):
    for axes, (part, says) in zip(panels[row], {WHOLE: "whole", LAYERS: "layers"}.items(), strict=True):
        own = both[(both["size"] == size) & (both.part == part)]
        for sparsity, values in own.groupby("sparsity"):
            at = [ALL_RULERS.index(ruler) for ruler in values.ruler]
            axes.plot(values.value, at, "o", color=SHADES.get(sparsity, "#333333"), label=f"{100 * sparsity:.0f} %")
            axes.hlines(at, values.low, values.high, color=SHADES.get(sparsity, "#333333"))
        axes.axvline(0, color="#333333", linewidth=0.8, zorder=0)
        axes.set(title=f"{size.upper()}, {says}", yticks=range(len(ALL_RULERS)), yticklabels=ALL_RULERS)
        axes.spines[["top", "right"]].set_visible(False)
panels[0, 0].invert_yaxis()
for axes in panels[-1]:
    axes.set(xlabel="doublings")
figure.legend(*axes.get_legend_handles_labels(), loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
glue_figure("bytes-multiply", figure, both.drop(columns="shown"), records=results)

# %% tags=["hide-input"]
below = both[(both.high < 0) & (both.part == LAYERS)].groupby("ruler").size()
possible = both[both.part == LAYERS].groupby("ruler").size()
short = [ruler for ruler in ALL_RULERS if below.get(ruler, 0) == possible.get(ruler, 0) > 0]
named = both[(both.part == WHOLE) & (both.sparsity == paper_most) & (both.ruler == "packed")]
glue_numbers(
    short=", ".join(short) or "none",
    even=", ".join(ruler for ruler in ALL_RULERS if ruler not in short) or "none",
    packed_whole=", ".join(f"{one.size.upper()} {one.shown}" for one in named.itertuples()),
    packed_least=2 ** wide.loc[LAYERS, "packed"].min(),
)

# %% [markdown]
# ```{glue:figure} bytes-multiply
# :name: fig-bytes-multiply
# :alt: For each ruler and sparsity how far QAT and MP together are from the product, whole models and layers
#
# In the layers QAT and MP save less together than their product at every sparsity by {glue:text}`short`; not by
# {glue:text}`even`. Whole models at 60 % in the packed file: {glue:text}`packed_whole` doublings. At worst the layers
# keep {glue:text}`packed_least:.2f` of the product's reduction.
# ```
#
# Dense files multiply in the emptiest way: pruning saves nothing there, alone or with int8. The others pay for where
# the zeros are, and that price, up to a bit a weight, is a thirty-second of an fp32 weight and an eighth of an int8
# one.

# %% [markdown]
# ## Table 1 and synergy under every ruler
#
# The paper's question again, now with the search for a size at matched score: the mean reduction over the tasks, and
# the synergy with 95 % intervals from seeds and validation rows drawn again, as on the pages
# [Table 1 again](reductions.py) and [Do compressions multiply?](synergy.py), which explain both.

# %%
import numpy as np

from compressions.analysis.bootstrap import bootstrap, estimate_mean
from compressions.analysis.devices import searches_apart
from compressions.analysis.reductions import METHODS, mean_reductions, reductions, with_parts
from compressions.analysis.reading import read_results
from compressions.analysis.synergy import COMBINED, censored, synergy, verdicts

ours = read_results(root() / results, score, "packed")
drawn = bootstrap(ours, draws)
there = ours.seeds[..., None] > 0
searched = ours.freedom.sum(axis=1, keepdims=True)
apart = with_parts(searches_apart(ours))
Markdown(ours.left_out)

# %% tags=["hide-input"]
tables, answers = {}, []
for ruler in ALL_RULERS:
    found = reductions(ours.scores, ours.rulers[ruler], tolerance, interpolation)
    tables[ruler] = pd.DataFrame(mean_reductions(found), [size.upper() for size in ours.sizes], METHODS)

    def by_task(scores: np.ndarray, sizes: np.ndarray = ours.rulers[ruler]) -> np.ndarray:
        """Synergy on each task, (..., tasks, sizes, combinations)."""
        return synergy(reductions(scores, sizes, tolerance, interpolation).ratios)

    bounded = (censored(found.status) & there).sum(axis=0) / there.sum(axis=0)
    synergies = estimate_mean(ours.scores, drawn, by_task, searched)
    answers.append(verdicts(synergies, ours, bounded, apart=apart).assign(ruler=ruler))
order = pd.MultiIndex.from_product([[size.upper() for size in ours.sizes], ALL_RULERS], names=["size", "ruler"])
table = pd.concat(tables, names=["ruler", "size"]).swaplevel().reindex(order)
table.style.format("{:.1f}")

# %% tags=["hide-input"]
matched = pd.concat(answers, ignore_index=True)
spans = [f" ({one.low:+.2f} to {one.high:+.2f})" * pd.notna(one.low) for one in matched.itertuples()]
matched["shown"] = [
    f"{one.value:+.2f}{span}, {one.says}" for one, span in zip(matched.itertuples(), spans, strict=True)
]
matched.pivot(index=["size", "ruler"], columns="methods", values="shown").reindex(order)[list(COMBINED)]

# %% tags=["hide-input"]
pair = matched[matched.methods == "QAT+MP"].pivot(index="ruler", columns="size", values="value")[
    [size.upper() for size in ours.sizes]
]
figure, axes = plt.subplots(figsize=(6, 3.4))
for place, size in enumerate(pair.columns):
    own = matched[(matched["size"] == size) & (matched.methods == "QAT+MP")].set_index("ruler").loc[list(ALL_RULERS)]
    at = np.arange(len(ALL_RULERS)) + 0.25 * (place - (len(pair.columns) - 1) / 2)
    color = ["#56b4e9", "#08306b", "#777777"][place % 3]
    axes.hlines(at, own.low, own.high, color=color, linewidth=2, alpha=0.6)
    axes.plot(own.value, at, "os^"[place % 3], color=color, label=size)
axes.axvline(0, color="#333333", linewidth=0.8, zorder=0)
axes.set(yticks=range(len(ALL_RULERS)), yticklabels=ALL_RULERS, xlabel="synergy of QAT+MP, doublings")
axes.invert_yaxis()
axes.spines[["top", "right"]].set_visible(False)
figure.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
glue_figure("synergy-by-ruler", figure, matched.drop(columns="shown"), records=results)

# %% tags=["hide-input"]
WORDS = {
    "one seed": "open, for some tasks have one seed",
    "two devices": "open, for models of two devices are compared",
    "not measured": "bounded and not measured",
}


def listed(rulers: pd.Series) -> str:
    """The names of rulers, each once."""
    each = list(dict.fromkeys(rulers))
    return "every ruler" if len(each) == len(ALL_RULERS) else ", ".join(each)


said = matched[matched.methods == "QAT+MP"].groupby(["size", "says"], sort=False).ruler.agg(listed)
change = pair.sub(pair.loc["paper"], axis=1).drop("paper")
glue_numbers(
    pair_says="; ".join(f"for {size} {WORDS.get(says, says)}, by {rulers}" for (size, says), rulers in said.items()),
    change_low=change.min().min(),
    change_high=change.max().max(),
)

# %% [markdown]
# ```{glue:figure} synergy-by-ruler
# :name: fig-synergy-by-ruler
# :alt: For each ruler the synergy of QAT and MP at matched score with intervals, one row of marks a size
#
# QAT+MP at matched score is {glue:text}`pair_says:s`. Another ruler than the paper's moves its synergy by
# {glue:text}`change_low:+.2f` to {glue:text}`change_high:+.2f` doublings.
# ```
#
# Where one seed or bounded tasks leave nothing to say at matched score, the bytes themselves still answer for the
# layers: in every format that leaves zeros out the two save less together than their product. In whole models of these
# sizes, most of which is embeddings, the packed file loses a few hundredths of a doubling.
