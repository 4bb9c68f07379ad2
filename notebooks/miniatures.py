# %% [markdown]
# # Miniatures: making the size axis
#
# The paper's size axis is a row of pretrained encoders. LARGE and BASE are BERT {cite}`devlin2019bert`; the four
# smaller ones are the miniatures of {cite:t}`turc2019well`, who showed that a small encoder, too, has to be
# *pretrained* before it is fine-tuned or taught. They come from a hub. Where there is none, or for a size that nobody
# published, this chapter makes one: any BERT shape, from a pretrained teacher and plain text, without a label.
#
# It made the two encoders in `checkpoints/` on which this edition's own results stand. **They bear the paper's names
# TINY and MINI and have its shapes and its vocabulary, but they are ours, not Google's**: other weights, made in about
# an hour on one thread of a CPU. The table at the end sets their scores beside the published ones.

# %% [markdown]
# ## Parameters
#
# `papermill notebooks/miniatures.py out.ipynb -p size small -p out checkpoints/small` makes an encoder; without `out`
# the page shows the two that are there. A run that was stopped, or killed, goes on from its last checkpoint when the
# same command is given again.

# %% tags=["parameters"]
size = "tiny"  # tiny, mini, small, medium, base, large, or a list of layers, width and heads such as [3, 192, 3]
out = None  # the folder that the encoder goes to; None: nothing is made
teacher = "sentence-transformers/all-MiniLM-L6-v2"  # or the folder of a BERT with the same vocabulary
text = "wikimedia/wikipedia"  # or a folder of parquet files with a column `text`, or a plain text file
minutes = 60  # of training, checkpoints not counted; None: only `tokens` ends it
tokens = None  # that the student reads; whichever of the two is used up first ends the training
batch_size = 64  # pairs of sentences in a step
learning_rate = None  # None: by width, 2e-3 for TINY down to 2e-4; it rises at first and falls to nothing at the end
passes = 4  # times that each sentence is paired anew before the next sentences are read; the teacher is asked once
seed = 0  # of the random weights, the corrupted copies and the pairs
likeness = True  # the first head begins as one that looks for likeness, see below; False: at random, like the others
bfloat16 = True  # arithmetic in 16 bits, half again as fast where the processor has it; the weights stay in 32
resume = True  # go on with the run that `out` holds; False: refuse it
results = "results/cpu"  # folder of the records that the table of scores reads

# %%
from compressions.miniature import from_parameters
from compressions.percent import check_parameters

check_parameters(In)
wanted = from_parameters(globals()) if out else None

# %% [markdown]
# ## What the student learns
#
# The teacher, all-MiniLM-L6-v2, turns a sentence into a vector, so that the cosine of two vectors says how alike two
# sentences are. The text is read 2,048 sentences at a time. Each gets a corrupted copy: some words lost, some
# exchanged, perhaps turned round. The teacher is asked once about each; then every text is paired a few times with a
# copy, with the text that is closest by the teacher's cosine, with a neighbour or with a random one, or stays alone.
# The student reads a pair as BERT does, `[CLS] A [SEP] B [SEP]`, and each of four linear maps has to say something from
# its states:
#
# - **states**: from a token's state after each layer, the teacher's state after the mapped layer, as in TinyBERT
#   {cite}`jiao2020tinybert`; the teacher read that text alone.
# - **matches**: from a token's state after each layer, the highest cosine of its teacher state with those of the other
#   text: is there anything like this word over there?
# - **cosine**: from the pooled `[CLS]` of a pair, the cosine of the teacher's two vectors.
# - **embedding**: from the pooled `[CLS]` of a single text, the teacher's vector itself.
#
# Every loss is a squared error over the variance of what was to be said, so 1 is the mean guessed and 0 is perfect; the
# four are added. The maps are thrown away, the encoder stays.

# %% [markdown]
# ## What the student begins with
#
# Two things are not left to chance. Word and position embeddings are the teacher's, narrowed to their principal
# directions, where words weigh by the root of their frequency. And the **first head of the first layer looks for
# likeness**: its queries and keys are one and the same projection on the principal directions of the words, so that a
# token attends to itself and to its like in the other sentence from the first step. A student of two layers whose heads
# begin at random learns to compare sentences very late: with the same losses its error on the cosine is as good as a
# guess of the mean for a long time.

# %% [markdown]
# ## Making it

# %%
from compressions.general_training import make
from compressions.progress import ShardProgress

made = make(wanted, ShardProgress()) if wanted else None

# %% [markdown]
# ## How it went
#
# Where an encoder comes from is written beside it, in `provenance.json`.

# %% tags=["hide-input"]
import json

import pandas as pd

from compressions.files import root
from compressions.sizes import SIZES

files = {name: root() / "checkpoints" / name / "provenance.json" for name in SIZES}
runs = {name.upper(): json.loads(file.read_text()) for name, file in files.items() if file.is_file()}
if made:
    runs[str(size).upper()] = made
how = pd.DataFrame(
    {
        name: {
            "million tokens": run["tokens"] / 1e6,
            "million pairs": run["pairs"] / 1e6,
            "minutes": run["seconds"] / 60,
            "times resumed": len(run["resumed_at"]),
            "machine": run["machine"]["processor"] if run["machine"]["device"] == "cpu" else run["machine"]["device"],
            "threads": run["machine"]["threads"],
        }
        for name, run in runs.items()
    }
)
how.style.format(lambda value: f"{value:.1f}" if isinstance(value, float) else value)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.pages import glue_figure

LOSSES = {"states": "#8c8c8c", "matches": "#44aa99", "cosine": "#882255", "embedding": "#999933"}
figure, panels = plt.subplots(1, len(runs), figsize=(6, 3.2), sharey=True, squeeze=False)
for axes, (name, run) in zip(panels[0], runs.items(), strict=True):
    curves = pd.DataFrame(run["losses"])
    for loss, colour in LOSSES.items():
        axes.plot(curves.tokens / 1e6, curves[loss], color=colour, label=loss)
    axes.set(title=name, xlabel="million tokens read", yscale="log")
    axes.spines[["top", "right"]].set_visible(False)
panels[0][0].set_ylabel("squared error / variance (log)")
figure.legend(*panels[0][0].get_legend_handles_labels(), ncols=4, loc="upper center", frameon=False, fontsize=9)
figure.subplots_adjust(top=0.8)
glue_figure("losses", figure)
