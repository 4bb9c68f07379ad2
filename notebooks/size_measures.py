# %% [markdown]
# # Real bytes
#
# How many bytes does a compressed model really take? The paper counts non-zero parameters times their bits; a file must
# also say where the zeros are.
#
# At 60 % sparsity an int8 weight of the encoder's layers takes {glue:text}`paper_60:.1f` bits by the paper's count and
# {glue:text}`packed_60:.1f` in our packed file. So quantization and pruning together save only
# {glue:text}`kept:.0f` % of the product of what each saves there.

# %% tags=["parameters"]
results = "results/glue"  # the folder of the records
sparser = "results/limits"  # a folder of models pruned further, else made alike; None: there is none
tolerance = 0.5  # points that a compressed model may score below the uncompressed one
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
interpolation = "discrete"  # among models that were trained; or interpolated, along the curve between them
draws = 1000  # how often seeds and rows are drawn again for an interval

# %% tags=["hide-input"]
from compressions.analysis.reading import read_results
from compressions.analysis.reductions import check_search
from compressions.book.percent import check_parameters
from compressions.book.missing import read_or_stop
from compressions.files import root

check_parameters(globals())
check_search(tolerance, interpolation)
ours = read_or_stop(read_results, root() / results, score)

# %% tags=["hide-input"]
from compressions.analysis.byte_synergy import bits_a_weight, load_size_measures

frame = read_or_stop(load_size_measures, [root() / folder for folder in (results, sparser) if folder])

# %%
from compressions.book.byte_figures import bits_figure
from compressions.book.glue import glue_figure

bits = bits_a_weight(frame)
size = bits.groupby("size", sort=False).sparsity.nunique().idxmax()
glue_figure("bits", bits_figure(bits, size), bits, records=results)

# %% [markdown]
# ```{glue:figure} bits
# :name: fig-bits
# :alt: Bits a weight of the layers against sparsity by each size measure, fp32 at the left and int8 at the right
#
# Bits a weight of {glue:text}`size`'s layers. Dense stores all weights, bitmask and csr (sparse rows, which leave the
# int8 panel) only non-zeros with their places, packed is our file, entropy that of masks and values.
# ```
#
# A mask costs a bit a weight at once. Sparse rows cost three bytes a kept int8 weight, so they pay only when few are
# left. Our packed file codes masks and values apart, {glue:text}`over:.1f` % above the entropy of the two on average.

# %% tags=["hide-input"]
from compressions.analysis.byte_synergy import mean_bytes
from compressions.book.claims import claim
from compressions.book.glue import glue_numbers
from compressions.storage.size_measures import LAYERS, WHOLE

int8 = bits[(bits["size"] == size) & (bits.stored == "int8") & (bits.sparsity == 0.6)].groupby("size_measure").bits
paper, packed, csr, dense = (int8.mean().get(name, float("nan")) for name in ("paper", "packed", "csr", "dense"))
means = mean_bytes(frame, WHOLE)
claim("At 60 % a packed int8 weight takes more than the paper counts, and less than a byte", paper < packed < 8, packed)
claim("Sparse rows do not pay for int8 at 60 %", csr > dense, csr, dense)
glue_numbers(paper_60=paper, packed_60=packed, size=size.upper(), over=100 * (means.packed / means.entropy - 1).mean())

# %% [markdown]
# ## Do bytes multiply?

# %%
from compressions.analysis.byte_synergy import byte_synergy
from compressions.book.byte_figures import byte_synergy_figure

parts = {"layers": byte_synergy(frame, LAYERS), "whole model": byte_synergy(frame, WHOLE)}
glue_figure("bytes-multiply", byte_synergy_figure(parts, 0.6), parts["layers"], records=results)

# %% tags=["hide-input"]
layers, whole = (part[(part.sparsity == 0.6) & (part.size_measure == "packed")] for part in parts.values())
sparse = parts["layers"].query("size_measure not in ['paper', 'dense', 'file']").value
claim("In the layers all formats that leave zeros out save less together", (sparse < 0).all(), sparse)
claim("Whole models lose less of the product than their layers", whole.value.mean() > layers.value.mean(), whole.value)
own = layers[layers["size"] == size].value
glue_numbers(kept=100 * (2**own).mean(), lost=100 * (1 - 2**whole.value).mean())

# %% [markdown]
# ```{glue:figure} bytes-multiply
# :name: fig-bytes-multiply
# :alt: For each size measure and size how far QAT and MP together are from the product, in the layers and whole models
#
# Reduction by QAT and MP at 60 % over the product of both, in doublings: below 0 they save less together. Marks hide
# most 95 % CIs; `file` is the dense file as saved.
# ```
#
# Dense files multiply trivially: pruning saves nothing there. All formats that leave zeros out pay for their places; a
# bitmask pays a bit a weight, a thirty-second of an fp32 weight and an eighth of an int8 one. Whole models lose
# {glue:text}`lost:.0f` % of the product, because embeddings, which are most of these models, are not pruned.
#
# ## How it was measured
#
# Every experiment measures its saved model, whole and its layers alone, and its record keeps the bytes. Intervals come
# from models of one configuration that differ in task and seed.
#
# ## What could be wrong
#
# The uncompressed model packs as well, which makes every reduction smaller than by the paper's count.

# %% tags=["hide-cell"]
from compressions.analysis.byte_synergy import measured
from compressions.storage.size_measures import DESCRIPTIONS, MEGABYTE

shown = measured(frame)
megabytes = means.set_index(["size", "configuration"])[shown] / MEGABYTE
base, both = (megabytes.xs(name, level="configuration").reindex([size]).iloc[0] for name in ("base", "qat+mp60"))
glue_numbers(paper_times=base.paper / both.paper, packed_times=base.packed / both.packed)
megabytes.style.format("{:.2f}").set_caption("; ".join(f"{name}: {DESCRIPTIONS[name]}" for name in shown))

# %% [markdown]
# Does the size measure change the [synergy at matched score](synergy.py)? Synergy of QAT+MP in doublings:

# %% tags=["hide-cell"]
from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.byte_synergy import matched_synergy

matched = matched_synergy(ours, bootstrap(ours, draws), tolerance, interpolation)
pairs = matched[matched.methods == "QAT+MP"][["size", "size_measure", "value", "low", "high", "says"]]
pairs.style.format(dict.fromkeys(("value", "low", "high"), "{:+.2f}"), na_rep="–").hide()
