# %% [markdown]
# # One experiment, live
#
# This chapter is the paper's experiment as a program: it fine-tunes one encoder *size* on one *task* with one *seed*,
# for every *configuration* asked for, and leaves one record and one compressed model for each. A configuration is a
# subset of the three methods, quantization-aware training (`qat`), knowledge distillation (`kd`) and magnitude pruning
# (`mp`), with the sparsity where pruning is on.
#
# What you read here was trained while the book was built: our own TINY, on 2,390 sentences from reviews of products,
# films and restaurants, a [task that the project ships](../book/licenses.md). At the end the compressed model is asked
# about sentences that it has not seen. With GLUE and the paper's encoders the same script is run as
#
# ```bash
# papermill notebooks/experiment.py out.ipynb -p task mrpc -p size tiny -p glue nyu-mll/glue -p checkpoints hub \
#     -p teacher small -y 'subsets: [[qat, kd]]'
# ```

# %% [markdown]
# ## Parameters
#
# Everything that we do not know of the paper is a parameter. The comments give each default's reason; `null` (None)
# means the default of the encoder or of the data.

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
glue = "builtin"  # or "nyu-mll/glue", or a local folder in its layout; the variable GLUE overrides it
checkpoints = "bundled"  # or "hub", or a folder with one directory per size; the variable CHECKPOINTS overrides it
results = "results/local"  # folder of the records; RESULTS overrides it
artifacts = "artifacts"  # folder of the compressed models; None: not kept
threads = None  # that training computes with; None: one up to MINI's width, else the cores that nobody uses
force = False  # True: run again what has a record
asked = ["I would buy it again.", "It broke after a week.", "The food was cold and the waiter rude."]  # at the end

# %% [markdown]
# A wrong value ends here, with one line that says what is allowed.

# %%
from compressions.experiments.configurations import configurations
from compressions.experiments.experiment import from_parameters
from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.book.published import read_figure1

check_parameters(globals())
wanted = configurations(subsets, sparsities, bits)
experiment = from_parameters(globals())
experiment.check(wanted)
published = read_figure1(root() / "book/paper/figure1.csv").query("size == @size")

# %% [markdown]
# ## The rows
#
# The training rows are the same for every configuration but for the copies that augmentation adds.

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
# Each configuration is a single training run from the same pretrained encoder: quantization and pruning are
# parametrizations of the weights, distillation is a term of the loss. The teacher is fine-tuned first, once, if no
# earlier run left it in the cache. A configuration whose record is there already is not run again.

# %%
from compressions.training.callbacks import Progress
from compressions.experiments.run import run

records = run(experiment, wanted, watch=Progress())

# %% [markdown]
# ## What came out
#
# The score is that of the saved model, loaded again: int8 tensors and zeros as they lie on disk. Megabytes are by the
# paper's size measure, non-zero parameters times four bytes or one; the file is what the disk holds.

# %%
import pandas as pd

table = pd.DataFrame(records).assign(file_MB=lambda frame: frame.artifact_bytes / 1e6)

# %% tags=["hide-input"]
columns = {
    "score": (f"{task} score", "{:.1f}"),
    "megabytes": ("MB by the paper's size measure", "{:.3g}"),
    "file_MB": ("MB of the file", "{:.3g}"),
    "non_zeros": ("non-zeros", "{:,}"),
    "augmented_rows": ("added rows", "{:,}"),
    "seconds": ("seconds of training", "{:.1f}"),
}
shown = table.set_index("configuration")[list(columns)].rename(columns={name: columns[name][0] for name in columns})
shown.style.format(dict(columns.values()), na_rep="–")

# %% [markdown]
# One seed on one task: a difference of a point or two between two configurations can be chance.

# %%
from compressions.book.figures import tradeoff

ours = table[["configuration", "megabytes", "score"]].assign(size=size, source="this run")
tradeoff(ours, score_title=f"{task} score")

# %% [markdown]
# The paper published these points for the size of that name: means of eight tasks, read off its Figure 1.

# %%
tradeoff(published, score_title="the paper: mean GLUE score") if len(published) else None

# %% [markdown]
# ## Asked
#
# The last of the models, compressed, read from its file. A task about pairs is asked the first rows of its validation
# split.

# %%
from compressions.delivery.ask import ask

columns = experiment.data.task.columns
texts = (
    [[text] for text in asked]
    if len(columns) == 1
    else [[row[name] for name in columns] for row in rows.validation.take(3)]
)
folder = experiment.artifact_folder(wanted[-1])
ask(folder, experiment.data.task, texts).style.format(precision=2, escape="html") if folder else None
