# %% [markdown]
# # One experiment, live
#
# How do you compress one encoder on one task? This chapter fine-tunes an encoder *size* on a *task* with one *seed*,
# once for every *configuration* you ask for. Each leaves one record and one compressed model.
#
# This page trained while the book was built: our own TINY, on 2,390 sentences from reviews, a
# [task that the project ships](../book/licenses.md). Here {glue:text}`first` scored {glue:text}`first_score:.1f`, and
# {glue:text}`last`, {glue:text}`times:.1f` times smaller by the paper's size measure, {glue:text}`last_score:.1f`. With
# GLUE and the encoders of the Hugging Face hub, run
#
# ```bash
# papermill notebooks/experiment.py out.ipynb -p task mrpc -p size tiny -p checkpoints hub \
#     -p teacher small -y 'subsets: [[qat, kd]]'
# ```

# %% [markdown]
# ## Parameters
#
# What we do not know of the paper is a parameter. The comments give the reason for each default. `null` (None) means
# the default of the encoder or of the data.

# %% tags=["parameters"]
task = "sentiment"  # or "nli", both in `glue` "builtin"; from GLUE cola, sst2, mrpc, stsb, qqp, mnli, qnli or rte
size = "tiny"  # a size of the paper, or any encoder's name in `checkpoints`
subsets = [[], ["qat"], ["qat", "mp"]]  # any of the eight, such as ["qat", "kd", "mp"], and the control ["aug"]
sparsities = [0.6]  # the higher of the paper's two, 0.4 and 0.6; any value from 0 to below 1
bits = [8]  # of a quantized weight: the paper's 8, or 4, 3 and 2
seed = 0  # of the head, the order of rows and dropout; the teacher and the added rows do not depend on it
epochs = None  # None: 3, as in the paper
learning_rate = None  # None: by width, 5e-4 for TINY down to 2e-5 for LARGE; the paper's is not known
batch_size = 32  # the usual choice for GLUE; the paper's is not known
weight_decay = 0.01  # BERT's
warmup = 0.1  # share of the steps in which the learning rate rises, BERT's
train_rows = None  # a cap on the training rows, the same random ones for every size and seed; None: all
held_out = 0.0  # share of the training rows that is scored instead of the validation split, to choose parameters on
max_length = 128  # tokens of a row; few of GLUE's are longer
precision = "float32"  # of training, the same everywhere; "auto" or "bfloat16": twice as fast where a GPU or CPU has it
granularity = "channel"  # one int8 scale per row of a weight; "tensor": one per weight
prune_begin = 0.1  # pruning starts where the learning rate has risen: the paper has some warm-up
prune_end = 0.7  # and leaves the last third of training to recover
prune_every = 16  # steps between two masks: often enough for a smooth schedule, and cheap
prune_schedule = "linear"  # how sparsity rises, as in the paper; "cubic": fast at first (Zhu & Gupta 2017)
prune_scope = "matrix"  # each matrix to the sparsity; "global": the smallest weights of all
teacher = None  # a name in `checkpoints`, a folder, an artifact, org/name@revision; None: the largest at hand
teacher_labels = None  # {LABEL_0: entailment, …} where a fine-tuned teacher names its labels otherwise; None: by name
teacher_rows = None  # a cap on the rows that the teacher is fine-tuned on; None: all, as better teachers teach better
teacher_epochs = None  # None: as many as the student's
teacher_learning_rate = None  # None: by the teacher's width
teacher_precision = "auto"  # bfloat16 where a GPU or CPU has it, which is faster; or "float32", "bfloat16"
teacher_logits = None  # a file or folder to keep its logits in; where there are some, the teacher itself is not needed
temperature = 2.0  # of the softened logits, Hinton's small end
alpha = 0.5  # weight of the teacher against the labels: neither is preferred
hard_labels = "original"  # which rows' labels a student learns from; "all": those of copies too, as the first results
steps = "equal"  # copies are shown in the stead of their rows; "doubled": beside them, as in the paper
augment = None  # synonym-replaced copies of each row where there is a teacher; None: 1 if there is a WordNet, else 0
glue = None  # by the task: "builtin", or for GLUE's "nyu-mll/glue"; or a local folder in its layout; GLUE overrides it
checkpoints = "bundled"  # or "hub", or a folder with one directory per size; the variable CHECKPOINTS overrides it
results = "results/local"  # folder of the records; RESULTS overrides it
artifacts = "artifacts"  # folder of the compressed models; None: not kept
threads = None  # that training computes with; None: one up to MINI's width, else the cores that nobody uses
force = False  # True: run again what has a record
asked = ["I would buy it again.", "It broke after a week.", "The food was cold and the waiter rude."]  # at the end

# %% [markdown]
# A wrong value ends here, in one line that says what is allowed.

# %%
from compressions.book.percent import check_parameters
from compressions.experiments.configurations import configurations
from compressions.experiments.experiment import from_parameters

check_parameters(globals())
wanted = configurations(subsets, sparsities, bits)
experiment = from_parameters(globals())
experiment.check(wanted)

# %% [markdown]
# ## A row of the data

# %%
from html import escape

import datasets
from IPython.display import Markdown

datasets.disable_progress_bars()
rows = experiment.data.rows
example = rows.validation[0]
Markdown("\n".join(f"- **{name}**: {escape(str(value))}" for name, value in example.items() if name != "idx"))

# %% [markdown]
# ## Training
#
# Every configuration starts from the same pretrained encoder and takes as many steps. A teacher is fine-tuned first,
# once, unless the cache has it. A configuration that has a record is not run again.

# %%
from compressions.experiments.run import run
from compressions.training.callbacks import Progress

records = run(experiment, wanted, watch=Progress())

# %% [markdown]
# ## Results
#
# The score is that of the saved model, loaded again: int8 tensors and zeros as they lie on disk. The paper's size
# measure counts non-zero parameters, four bytes or one each.

# %%
from compressions.book.outcomes import outcome_points, outcome_table, outcomes

found = outcomes(records)
outcome_table(found)

# %%
from compressions.book.glue import glue_numbers

first, last = found.iloc[0], found.iloc[-1]
glue_numbers(first=first.name, first_score=first.score, last=last.name, last_score=last.score)
glue_numbers(times=first.megabytes / last.megabytes)

# %% [markdown]
# This is one seed on one task: a difference of a point or two can be chance.

# %%
from compressions.book.figures import tradeoff

tradeoff(outcome_points(found, size), score_title=f"{task} score")

# %% [markdown]
# ## Ask the compressed model
#
# The last model, read from its file, answers new sentences. On a task about pairs it answers the first rows of the
# validation split.

# %%
from compressions.delivery.ask import ask, kept_model

columns = experiment.data.task.columns
pairs = [[row[name] for name in columns] for row in rows.validation.take(3)]
texts = [[text] for text in asked] if len(columns) == 1 else pairs
folder = kept_model(experiment.record_path(wanted[-1]))
ask(folder, experiment.data.task, texts, experiment.max_length).style.format(
    precision=2, escape="html"
) if folder and texts else None
