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
from compressions.progress import MakingProgress

made = make(wanted, MakingProgress()) if wanted else None

# %% [markdown]
# ## How it went
#
# Where an encoder comes from is written beside it, in `provenance.json`.

# %% tags=["hide-input"]
import json

import pandas as pd

from compressions.files import root
from compressions.sizes import SIZES, Size

files = {name: root() / "checkpoints" / name / "provenance.json" for name in SIZES}
runs = {name.upper(): json.loads(file.read_text()) for name, file in files.items() if file.is_file()}
runs |= {str(size).upper(): made} if made else {}

# %% tags=["hide-input"]
how = {
    name: {
        "pairs of sentences read, millions": f"{run['pairs'] / 1e6:.2f}",
        "tokens read, millions": f"{run['tokens'] / 1e6:.1f}",
        "minutes": f"{run['seconds'] / 60:.0f}",
        "resumed after": ", ".join(f"{shard} shards" for shard in run["resumed_at"]) or "never",
        "machine": f"{run['machine']['processor']}, {run['machine']['device']}, {run['machine']['threads']} thread(s)",
        "teacher": run["specification"]["teacher"]["name"],
        "parameters": f"{Size(name, *run['specification']['layers, width and heads']).parameters:,}",
    }
    for name, run in runs.items()
}
pd.DataFrame(how)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.pages import glue_figure, glue_numbers

LOSSES = {"states": "#8c8c8c", "matches": "#44aa99", "cosine": "#882255", "embedding": "#999933"}


def draw(axes, losses: list[dict], title: str) -> None:
    """The relative errors of one run against the tokens that the student read."""
    curves = pd.DataFrame(losses)
    for loss, colour in LOSSES.items():
        axes.plot(curves.tokens / 1e6, curves[loss], color=colour, label=loss)
    axes.set(title=title, xlabel="million tokens read", yscale="log")
    axes.spines[["top", "right"]].set_visible(False)


# %% tags=["hide-input"]
figure, panels = plt.subplots(1, len(runs), figsize=(6, 3.4), sharey=True, squeeze=False)
for axes, (name, run) in zip(panels[0], runs.items(), strict=True):
    draw(axes, run["losses"], name)
panels[0][0].set_ylabel("squared error / variance (log)")
panels[0][0].legend(frameon=False, fontsize=8)
glue_figure("losses", figure)
glue_numbers(**{f"{name.lower()}_{loss}": run["losses"][-1][loss] for name, run in runs.items() for loss in LOSSES})

# %% [markdown]
# ```{glue:figure} losses
# :name: fig-losses
# :alt: Four falling curves for each encoder: the relative error of states, matches, cosine and embedding by tokens read
#
# Mean losses of each shard. At the end TINY misses {glue:text}`tiny_cosine:.2f` of the variance of the cosine and MINI
# {glue:text}`mini_cosine:.2f`; the teacher's whole vector is harder to say from one `[CLS]`:
# {glue:text}`tiny_embedding:.2f` and {glue:text}`mini_embedding:.2f`.
# ```

# %% [markdown]
# ### Does the head that looks for likeness matter?
#
# The same run of TINY for a few minutes, once with that head and once with all heads at random; nothing else differs.

# %% tags=["hide-input"]
trials = {"with the head": "likeness", "without": "random"}
trials = {title: json.loads((root() / f"results/miniatures/{name}.json").read_text()) for title, name in trials.items()}
figure, panels = plt.subplots(1, 2, figsize=(6, 3.2), sharey=True)
for axes, (title, trial) in zip(panels, trials.items(), strict=True):
    draw(axes, trial["losses"], title)
panels[0].set_ylabel("squared error / variance (log)")
panels[1].legend(frameon=False, fontsize=8)
glue_figure("likeness", figure)
glue_numbers(
    trial_tokens=trials["without"]["tokens"] / 1e6,
    cosine_with=trials["with the head"]["losses"][-1]["cosine"],
    cosine_without=trials["without"]["losses"][-1]["cosine"],
)

# %% [markdown]
# ```{glue:figure} likeness
# :name: fig-likeness
# :alt: Two panels of loss curves, with and without the head that looks for likeness
#
# After {glue:text}`trial_tokens:.1f` million tokens, the error on the cosine of two sentences is
# {glue:text}`cosine_with:.2f` of its variance with the head and {glue:text}`cosine_without:.2f` without it.
# ```

# %% [markdown]
# ## How good they are
#
# Plain fine-tuning for three epochs on at most 8,192 training rows, three seeds, one learning rate per size, scored on
# the validation split. These are the experiment notebook's baselines, and the records that every later comparison
# begins from.

# %% tags=["hide-input"]
from compressions.records import read_all
from compressions.tasks import TASKS

METRIC = {"cola": "mcc", "stsb": "pearson"}
wanted_sizes = [name.lower() for name in runs]
ours = pd.DataFrame(
    [
        {"size": size, "task": task, "seed": f"seed {seed}", "score": record[METRIC.get(task, "accuracy")]}
        for record in read_all(root() / results)
        for size, task, seed in [[record["specification"][field] for field in ("size", "task", "seed")]]
        if record["configuration"] == "base" and size in wanted_sizes
    ],
    columns=["size", "task", "seed", "score"],
)

# %% tags=["hide-input"]
published = pd.read_csv(root() / "book/paper/miniatures.csv").pivot(
    index=["size", "task"], columns="split", values="score"
)
published.columns = [f"Google's, {split}" for split in published]
seeds = ours.pivot(index=["size", "task"], columns="seed", values="score")
means = seeds.mean(axis=1)
table = seeds.assign(mean=means).join(published)
table = table.reindex([(size, task) for size in wanted_sizes for task in TASKS if (size, task) in table.index])
titles = [f"{task}, {METRIC.get(task, 'accuracy')}" for _, task in table.index]
table.index = pd.MultiIndex.from_arrays([table.index.get_level_values(0).str.upper(), titles], names=["size", "task"])
table.style.format(precision=1, na_rep="–")

# %% tags=["hide-input"]
glue_numbers(**{f"{size}_{task}": mean for (size, task), mean in means.items()})
glue_numbers(google_tiny_stsb=published.loc[("tiny", "stsb"), "Google's, validation"])

# %% [markdown]
# Google's validation scores are means of five runs on **all** training rows, as published with M-FAC
# {cite}`frantar2021mfac`, their test scores the best of many settings on the hidden test set {cite}`turc2019well`, also
# on all rows. Ours have at most 8,192 rows, and two advantages that theirs have not: the teacher is itself a product of
# a much longer training, and it learnt sentence vectors from a billion pairs that include the training sets of QQP,
# SNLI and MultiNLI. What our encoders know of paraphrase and entailment, they know from there. So TINY reaches
# {glue:text}`tiny_stsb:.1f` on STS-B where Google's reaches {glue:text}`google_tiny_stsb:.1f`, and the paper's absolute
# scores and ours are **not comparable**; what compression takes from a score, relative to the same encoder
# uncompressed, is what later chapters compare.
#
# CoLA and RTE are at the floor for a TINY in everybody's hands: Matthews' correlation of {glue:text}`tiny_cola:.1f` and
# an accuracy of {glue:text}`tiny_rte:.1f`, where always answering the same gives 0 and about half. A task at the floor
# cannot show what compression costs.
