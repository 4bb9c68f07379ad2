# %% [markdown]
# # Experimental setup
#
# Which models are trained on which tasks, how bytes are counted, and how intervals are computed.

# %% tags=["parameters"]
sparsity = 0.6  # the sparsity whose sizes the table lists; the paper has 0.4 and 0.6
results = "results/glue"  # the folder of the records, which have the teacher's scores

# %%
from compressions.experiments.configurations import SPARSITY
from compressions.book.percent import check_parameters

check_parameters(globals())
sparsity = SPARSITY.value("sparsity", sparsity)

# %% [markdown]
# ## Models
#
# ```{list-table} Models
# :header-rows: 1
# :widths: 16 42 42
#
# * - Student
#   - Pretrained encoder
#   - Role
# * - TINY, MINI
#   - Made for this edition, in the shapes of {cite:t}`turc2019well`; [how](miniatures.py)
#   - Two of the paper's six sizes
# * - L3
#   - `paraphrase-MiniLM-L3-v2` {cite}`reimers2019sentence`
#   - Three layers of width 384
# * - MiniLM
#   - `all-MiniLM-L6-v2` {cite}`wang2020minilm`
#   - Six layers of width 384
# * - Teacher
#   - `all-mpnet-base-v2`, 109 million parameters
#   - BASE-sized; fine-tuned once per task, for students of all sizes
# ```
#
# TINY and MINI are not Google's, because no model hub could be reached where they were made. Their scores are therefore
# not comparable with the paper's. The teacher, L3
# and MiniLM had seen SNLI and MultiNLI in their own training, and the teacher of our encoders
# [more of GLUE's sources](miniatures.py). The paper's sizes from SMALL to LARGE were not run.
#
# The teacher is ahead of every student on every task:

# %%
from compressions.book.claims import claim
from compressions.book.score_tables import teacher_table
from compressions.experiments.records import read_all
from compressions.files import root

teacher = teacher_table(read_all(root() / results))
if len(teacher):
    claim("The teacher is ahead of every student on every task", (teacher.ahead > 0).all(), teacher.ahead)
teacher.style.format(precision=1).set_caption("The teacher, and the best student of any size and configuration").hide()

# %% [markdown]
# Only linear layers are pruned.

# %%
from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.parameter_figures import draw_parameter_shares, parameter_shares
from compressions.models.architectures import L3, MINILM, SIZES

tiny, mini, *larger = SIZES.values()
students = [tiny, mini, L3, MINILM]
shares = parameter_shares([*students, *larger])
glue_figure("shares", draw_parameter_shares(shares), shares.reset_index(names="size"))
glue_numbers(tiny_linear=shares["linear layers"]["TINY"], large_linear=shares["linear layers"]["LARGE"])
glue_numbers(tiny_embeddings=shares.embeddings["TINY"], large_embeddings=shares.embeddings["LARGE"])

# %% [markdown]
# ```{glue:figure} shares
# :name: fig-shares
# :alt: Shares of embeddings, linear layers and the rest in the parameters of our students and the paper's other sizes
#
# Only {glue:text}`tiny_linear:.0f` % of TINY's parameters can be pruned, against {glue:text}`large_linear:.0f` % of
# LARGE's.
# ```
#
# ## Tasks
#
# The tasks are those of GLUE {cite}`wang2018glue` without WNLI, on their validation splits. A *score* is the mean of a
# task's scored metrics, times 100.

# %%
import pandas as pd

from compressions.data.tasks import GLUE_TASKS

tasks = pd.DataFrame([vars(task) for task in GLUE_TASKS.values()]).set_index("name")
columns = {"rows": "training rows of GLUE", "metrics": "metrics", "scored": "scored"}
lists = {column: tasks[column].map(", ".join) for column in ("metrics", "scored")}
tasks.assign(**lists)[list(columns)].rename(columns=columns).style.format(thousands=",").set_caption("Tasks")

# %% [markdown]
# Our copy of GLUE is incomplete for three tasks. MNLI has 39,678 training rows and QNLI 20,534. QQP has 21,714
# (43 % are duplicates, where GLUE has 37 %) and 8,402 of its 40,430 validation rows. The same grid on the hub's GLUE
# gives other records for these three. Every size is trained on at most 8,192 rows of a task.
#
# ## How bytes are counted
#
# The paper counts
#
# $$
# \text{MB} = \frac{\text{non-zero parameters} \times b}{10^6},
# \qquad b = \begin{cases} 4 & \text{fp32} \\ 1 & \text{int8} \end{cases}
# $$
#
# with embeddings included, and without masks, scales or the classification head. We call such a rule a *size measure*.
# [Real bytes](size_measures.py) has those of files.

# %%
sizes = {
    "fp32": [size.megabytes() for size in students],
    "int8": [size.megabytes(bits=8) for size in students],
    f"fp32, {sparsity:.0%} pruned": [size.megabytes(sparsity=sparsity) for size in students],
    f"int8, {sparsity:.0%} pruned": [size.megabytes(8, sparsity) for size in students],
}
frame = pd.DataFrame(sizes, index=pd.Index([size.name.upper() for size in students], name="MB"))
frame.style.format(precision=2).set_caption("Megabytes by the paper's size measure")

# %% tags=["hide-input"]
published = pd.read_csv(root() / "book/paper/figure1.csv")
counted = [
    SIZES[row.architecture.lower()].megabytes(8 if "QAT" in row.methods else 32, row.sparsity)
    for row in published.itertuples()
]
difference = 100 * ((published.size_mb - counted).abs() / published.size_mb).max()
glue_numbers(points=len(published), largest_difference=difference)
claim("The size measure gives the sizes of the paper's Figure 1", difference < 0.5, difference)

# %% [markdown]
# From shapes alone this rule gives all {glue:text}`points` sizes of the paper's Figure 1, with a largest difference of
# {glue:text}`largest_difference:.2f` %, if the pooler's matrix is pruned, too.
#
# ## Training
#
# All configurations of a cell (task, size, seed) take the same number of steps: {glue:text}`epochs:d` epochs in batches
# of {glue:text}`batch:d` rows, so at most {glue:text}`most_steps:d` steps. Three epochs of the whole of MNLI would be
# {glue:text}`mnli_steps:,`. The learning rate was [chosen on held-out training rows](rates.py) for the uncompressed
# encoder, once for each width. Nothing is tuned on a
# validation split. The model that is scored is the compressed one, saved and loaded again.
# [What the paper leaves open](../book/open_questions.md) lists every other choice.

# %% tags=["hide-input"]
from compressions.experiments.experiment import EPOCHS, Experiment
from compressions.experiments.grid import read_grid

batch, rows = Experiment.batch_size, read_grid("glue").content["train_rows"]
whole = GLUE_TASKS["mnli"].rows
glue_numbers(epochs=EPOCHS, batch=batch, most_steps=EPOCHS * rows // batch, mnli_steps=EPOCHS * -(-whole // batch))

# %% [markdown]
# ## Statistics
#
# A reported score is the mean over seeds. A seed decides the classification head's first weights, the order of rows and
# the dropout. Intervals are 95 % confidence intervals (CI) by the multi-bootstrap {cite}`sellam2022multiberts`, which
# resamples seeds and validation rows. Rows are drawn once per task, and seeds once per task and size, for all
# configurations, so that differences between configurations stay paired.
#
# Of $S$ seeds we draw $S-1$, which makes the variance over seeds, $v_s$, unbiased. With the variance over rows, $v_r$,
# the interval is
#
# $$
# \bar{x} \pm t_{0.975,\,\nu} \sqrt{v_s + v_r}, \qquad
# \nu = (f + 2) \left(\frac{v_s + v_r}{v_s}\right)^2 - 2,
# $$
#
# where $t$ is Student's and $f$ are the degrees of freedom of $v_s$. For one task $f = S - 1$. For a mean over tasks
# with variances $v_k$ over seeds,
#
# $$
# f = \frac{\left(\sum_k v_k\right)^2}{\sum_k v_k^2 / (S_k + 1)} - 2,
# $$
#
# the rule of Welch and Satterthwaite with unbiased estimates of both sums. From one seed $v_s$ is not known, so a size
# with one seed has no interval.
#
# Intervals are conditional on what was drawn once: one teacher, one draw of synonyms, and one pretraining of each size.
# The eight tasks are taken as given.
