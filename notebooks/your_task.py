# %% [markdown]
# # A custom task and model
#
# Two CSV files of labeled texts and a BERT are enough, one of ours, of the hub's six, or any in a folder with its
# tokenizer and weights: this chapter compresses it on the task with the subsets you name, and reports what each
# costs and saves. From the command line:
#
# ```bash
# papermill notebooks/your_task.py out.ipynb -p train my.csv -p validation held-out.csv \
#     -y 'subsets: [[], [qat], [qat, kd, mp]]'
# ```
#
# In the book it trains nothing, for it knows none of your files; it only says what it would do.

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
# ## The files
#
# Fields are separated by commas, semicolons or tabs, whichever finds the columns in the first line. Everything is
# checked before anything is trained: rows with more or fewer fields, missing columns, empty texts, labels that only one
# of the files has, a file in another encoding. The table counts what is allowed but may surprise: validation rows that
# are training rows too, which make a score too good, and rows that `max_length` cuts.

# %%
import pandas as pd

from compressions.experiments.configurations import configurations
from compressions.experiments.custom_task import custom_task, facts
from compressions.book.percent import check_parameters

check_parameters(globals())
wanted = configurations(subsets, sparsities, bits)
found, experiments = custom_task(globals())
about = facts(found, experiments[0]) if found else {"files": "none were given, nothing is trained"}
pd.DataFrame({name: about})

# %% [markdown]
# ## Training
#
# One experiment a seed, as in [One experiment, live](experiment.py): the same code, the same records. What has a record
# is not run again.

# %%
from compressions.training.callbacks import Progress
from compressions.experiments.run import run

progress = Progress()
records = [record for experiment in experiments for record in run(experiment, wanted, watch=progress)]

# %% [markdown]
# ## What came out
#
# The mean over the seeds, and the standard deviation where there are several. Megabytes are by the paper's size
# measure, non-zero parameters times four bytes or one; the file is what the disk holds.

# %%
columns = ["configuration", "score", "megabytes", "artifact_bytes"]
frame = pd.DataFrame(records, columns=columns)
table = frame.groupby("configuration", sort=False).agg(
    score=("score", "mean"),
    spread=("score", "std"),
    megabytes=("megabytes", "mean"),
    file_MB=("artifact_bytes", "mean"),
)
table = table.assign(file_MB=table.file_MB / 1e6)
table.style.format({"score": "{:.1f}", "spread": "{:.1f}", "megabytes": "{:.3g}", "file_MB": "{:.3g}"}, na_rep="–")

# %%
from compressions.book.figures import tradeoff

points = table.reset_index().assign(size=size, source="this run")
tradeoff(points, score_title=f"{name}, score") if len(points) else None

# %% [markdown]
# `make package RECORD=` with the path of a record, `results/own/<name>/<size>/…json`, writes its model as a folder to
# take away, which predicts without torch, while the CSV files are where they were; `make pack RECORD=` writes it as one
# small file.
