# %% [markdown]
# # Making a miniature
#
# How do you get a small BERT that nobody has published? This chapter pretrains any BERT shape from a teacher and plain
# text, without a label. It made the two encoders in `checkpoints/`.
#
# **TINY and MINI have the paper's shapes and vocabulary, but are ours, not Google's**
# {cite}`turc2019well`.
#
# ```bash
# papermill notebooks/miniatures.py out.ipynb -p size small -p out checkpoints/small
# ```
#
# The same command continues a run that was killed.

# %% tags=["parameters"]
size = "tiny"  # tiny, mini, small, medium, base, large, or a list of layers, width and heads such as [3, 192, 3]
out = None  # the folder that the encoder goes to; None: nothing is made
teacher = "sentence-transformers/all-MiniLM-L6-v2"  # or the folder of a BERT that gives sentence vectors by their mean
text = "wikimedia/wikipedia"  # or a folder of parquet files with a column `text`, or a plain text file
minutes = 60  # of teacher and student at work; None: only `tokens` ends the run
tokens = None  # that the student reads; whichever of the two is used up first ends the run
batch_size = 64  # texts or pairs of texts in a step
learning_rate = None  # None: by width, 2e-3 for TINY down to 2e-4; it rises at first and falls to nothing at the end
passes = 4  # times that each text is paired anew before the next ones are read; the teacher is asked once
seed = 0  # of the random weights, the corrupted copies and the pairs
similarity_head = True  # initialize the first head to attend to similar words, see below; False: at random
bfloat16 = True  # arithmetic in 16 bits, faster where the processor has it; the student's weights stay in 32
resume = True  # go on with the run that `out` holds; False: refuse it
results = "results/glue"  # folder of the records that the table of scores reads

# %%
from compressions.book.percent import check_parameters
from compressions.pretraining.miniature import from_parameters

check_parameters(globals())
wanted = from_parameters(globals()) if out else None

# %%
made = {}
if wanted:
    from compressions.pretraining.run import make, show

    made = {"this run": make(wanted, show())}

# %% [markdown]
# ## What the student learns
#
# The cosine of two of the teacher's vectors says how similar two texts are. The teacher is all-MiniLM-L6-v2
# {cite}`wang2020minilm,reimers2019sentence`. The student reads a text alone, or paired with a corrupted copy, a
# neighbor, a similar text or a random one. Linear maps, thrown away afterwards, predict from its states:
#
# - **states**: the teacher's state of each token at the mapped layer, as in TinyBERT {cite}`jiao2020tinybert`
# - **matches**: for each token, its highest cosine with a token of the other text
# - **cosine**: from the pooled `[CLS]` of a pair, the cosine of the teacher's two vectors
# - **embedding**: from the pooled `[CLS]` of a single text, the teacher's vector
#
# The four losses, squared errors divided by the target's variance, are added. Word embeddings start as the teacher's,
# projected on their principal directions. The first head starts as a *similarity head*: with this projection as queries
# and keys, a token attends to similar ones.

# %% [markdown]
# ## How it went

# %%
from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.pretraining import last_loss, losses, losses_figure, provenance_table, read_provenances
from compressions.files import root

runs = read_provenances(root() / "checkpoints") | made
glue_figure("losses", losses_figure(losses(runs)), losses(runs))
ends = {f"{size.lower()}_cosine": last_loss(runs[size], "cosine") for size in ("TINY", "MINI")}
glue_numbers(**ends)

# %% [markdown]
# ```{glue:figure} losses
# :name: fig-losses
# :alt: Falling curves for each encoder: the relative error of states, matches, cosine and embedding by tokens read
#
# Losses while they are learned; the cosine's ends at {glue:text}`tiny_cosine:.2f` for TINY and
# {glue:text}`mini_cosine:.2f` for MINI.
# ```

# %% tags=["hide-output"]
provenance_table(runs)

# %% [markdown]
# The text was 12,644 articles of English Wikipedia. TINY was made with `-p minutes 42`, MINI with `-p minutes 100
# -p passes 2`; a repeatable run takes `tokens` instead of minutes.

# %% [markdown]
# ## Does the similarity head matter?
#
# TINY was made twice more, from one seed and for as many tokens, with the head and without it.

# %%
import json

from compressions.book.claims import claim

kept = {"with the head": "likeness.json", "without it": "random.json"}
trials = {title: json.loads((root() / "results/miniatures" / name).read_text()) for title, name in kept.items()}
glue_figure("similarity", losses_figure(losses(trials)), losses(trials))
with_head, without = (last_loss(run, "cosine", shards=1) for run in trials.values())
glue_numbers(cosine_with=with_head, cosine_without=without)
claim("The head more than halves the error on the cosine", with_head < without / 2, with_head, without)

# %% [markdown]
# ```{glue:figure} similarity
# :name: fig-similarity
# :alt: Two panels of loss curves, with and without the similarity head
#
# The head more than halves the error on the cosine: {glue:text}`cosine_with:.2f` instead of
# {glue:text}`cosine_without:.2f`.
# ```

# %% [markdown]
# ## Would another teacher be better?
#
# TINY was also made with MPNet as the teacher, and with a loss on masked words. Neither way is better than today's on
# 4,096 held-out training rows. Both read less text.

# %%
from compressions.book.pretraining import trial_table

titles = {"bundled": "today's, MiniLM", "mpnet": "MPNet", "masking": "MiniLM and masked words"}
trial = trial_table(root() / "results/miniatures/trial.json", titles)
claim("Neither way is better than today's", trial["mean"].idxmax() == titles["bundled"], trial["mean"])
trial.style.format(precision=1)

# %% [markdown]
# ## How good they are
#
# Scores of uncompressed encoders. Google's on validation rows are means of five runs by {cite:t}`frantar2021mfac`;
# those on test rows are from the README of google-research/bert.

# %%
import pandas as pd

from compressions.book.missing import note_without_records
from compressions.book.pretraining import baseline_table
from compressions.experiments.records import read_all

records = read_all(root() / results)
scores = baseline_table(records, pd.read_csv(root() / "book/paper/miniatures.csv"))
scores.style.format(precision=1, na_rep="–").format("{:.0f}", subset=["seeds"], na_rep="–")

# %%
note_without_records(results, records)

# %% [markdown]
# Our encoders saw far less text, and at most 8,192 training rows a task. But their teacher learned its vectors from a
# billion pairs, among them Quora's duplicate questions, SNLI, MultiNLI, SQuAD and captions. QQP, MNLI, QNLI and a part
# of STS-B come from the same sources, so their validation rows may have been among these pairs.
