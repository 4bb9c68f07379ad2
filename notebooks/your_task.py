# %% [markdown]
# # Your task, your encoder
#
# How do you compress a BERT for a custom task? You need two CSV files of labeled texts, and an encoder: one of ours,
# one from the hub, or your own folder.
#
# ```bash
# papermill notebooks/your_task.py out.ipynb -p train my.csv -p validation held-out.csv \
#     -y 'subsets: [[], [qat], [qat, kd, mp]]'
# ```
#
# In the book this page has no files and trains nothing.

# %% tags=["parameters"]
train = None  # a CSV file in UTF-8 with a first line of column names; None: nothing is trained
validation = None  # another, of rows that are not in the first; scores are on it
name = "mine"  # what to call the task, in small letters; other files need another name, as records are kept by it
text = ["text"]  # the column with the text, or two columns for a task about pairs
label = "label"  # the column with the label
graded = False  # True: labels are numbers on a scale, scored by correlation
size = "tiny"  # the encoder's name in `checkpoints`
checkpoints = "bundled"  # our TINY and MINI; or "hub", or a folder with one directory per encoder
subsets = [[], ["qat"], ["mp"], ["qat", "mp"]]  # with "kd" a teacher is fine-tuned first
sparsities = [0.6]  # any value from 0 to below 1
bits = [8]  # of a quantized weight: 8, 4, 3 or 2
seeds = [0]  # one experiment each; a difference within the spread of several is chance
teacher = None  # a name in `checkpoints`, a folder, org/name@revision; None: the largest at hand
teacher_labels = None  # {LABEL_0: good, …} where a fine-tuned teacher names its labels otherwise; None: by name
teacher_rows = None  # a cap on the rows that the teacher is fine-tuned on; None: all
teacher_epochs = None  # None: as many as the student's
teacher_learning_rate = None  # None: by the teacher's width
teacher_precision = "auto"  # bfloat16 where a GPU or CPU has it, which is faster; or "float32", "bfloat16"
teacher_logits = None  # a file to keep the teacher's logits in; where there is one, the teacher is not needed
augment = 0  # synonym-replaced copies where there is a teacher, which need WordNet; the paper augments
train_rows = None  # a cap on the training rows; None: all
epochs = None  # None: 3
learning_rate = None  # None: by the encoder's width
batch_size = 32  # rows of a step
weight_decay = 0.01  # BERT's
warmup = 0.1  # share of the steps in which the learning rate rises
held_out = 0.0  # share of the training rows that is scored instead of the validation rows, to choose parameters on
max_length = 128  # tokens of a row; what is longer is cut, and counted below
precision = "float32"  # of training, the same everywhere; "auto" or "bfloat16": twice as fast where a GPU or CPU has it
granularity = "channel"  # one int8 scale per row of a weight; "tensor": one per weight
prune_begin = 0.1  # share of the steps after which pruning starts
prune_end = 0.7  # and after which it is done
prune_every = 16  # steps between two masks
prune_schedule = "linear"  # how sparsity rises; "cubic": fast at first
prune_scope = "matrix"  # each matrix to the sparsity; "global": the smallest weights of all
temperature = 2.0  # of the teacher's softened logits
alpha = 0.5  # weight of the teacher against the labels
hard_labels = "original"  # which rows' labels are learned; "all": those of copies too
steps = "equal"  # copies are shown in the stead of their rows; "doubled": beside them
results = "results/own"  # folder of the records
artifacts = "artifacts"  # folder of the compressed models; None: not kept
threads = None  # that training computes with; None: one up to MINI's width, else the cores that nobody uses
force = False  # True: run again what has a record

# %% [markdown]
# ## Your files
#
# A file is in UTF-8. Its first line names the columns, which commas, semicolons or tabs separate. Before training, a
# file is refused for rows with more or fewer fields, missing columns, empty texts, or labels that only one file has.
# The table counts what is allowed but may surprise: validation rows that are training rows too, and rows that
# `max_length` cuts.

# %%
import pandas as pd

from compressions.book.percent import check_parameters
from compressions.experiments.configurations import configurations
from compressions.experiments.custom_task import custom_task, facts

check_parameters(globals())
wanted = configurations(subsets, sparsities, bits)
found, experiments = custom_task(globals())
about = facts(found, experiments[0]) if found else {"files": "none were given, nothing is trained"}
pd.DataFrame({name: about})

# %% [markdown]
# ## Your encoder
#
# `checkpoints` may be a folder with one directory per encoder. A directory is what Transformers' `save_pretrained`
# writes for a BERT and its tokenizer; its name is the `size`. For `encoders/mine`:
#
# ```bash
# papermill notebooks/your_task.py out.ipynb -p train my.csv -p validation held-out.csv \
#     -p checkpoints encoders -p size mine
# ```
#
# Any number of layers, width and vocabulary is allowed, and so is a model that was already fine-tuned: its head is
# replaced. Other architectures, relative positions and weights quantized by another library are refused before
# training. A teacher may have another architecture. [Making a miniature](miniatures.py) pretrains a new encoder.

# %% [markdown]
# ## Training
#
# Each seed is one experiment, as in [One experiment, live](experiment.py). What has a record is not run again.

# %%
from compressions.experiments.run import run
from compressions.training.callbacks import Progress

progress = Progress()
records = [record for experiment in experiments for record in run(experiment, wanted, watch=progress)]

# %% [markdown]
# ## Results
#
# Scores are means over the seeds, with their standard deviation where there are several.

# %%
from compressions.book.outcomes import outcome_points, outcome_table, outcomes

means = outcomes(records)
outcome_table(means) if records else None

# %%
from compressions.book.figures import tradeoff

tradeoff(outcome_points(means, size), score_title=f"{name}, score") if records else None

# %% [markdown]
# ## Take the model away
#
# `make package RECORD=results/own/<name>/<size>/…json` writes the model as a folder that predicts without torch.
# `make pack RECORD=…` writes it as one small file. Both need the CSV files where they were.
