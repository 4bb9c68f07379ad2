# %% [markdown]
# # Scores by task
#
# What does each configuration score on each task? The tables below have every whole cell: the mean over its seeds, with
# a 95 % confidence interval where there are several.

# %% tags=["parameters"]
results = "results/glue"  # the folder of the records
score = "score"  # or "official", GLUE's own metrics, or "first", the first that GLUE lists
draws = 500  # how often seeds and validation rows are drawn again for an interval

# %%
from compressions.analysis.scores import KINDS
from compressions.book.percent import check_parameters
from compressions.book.score_tables import folded_tables
from compressions.errors import one_of
from compressions.files import root

check_parameters(globals())
one_of("score", score, KINDS)
folded_tables(root() / results, score, draws)

# %% [markdown]
# Controls need no training: the baseline stored in fp16, quantized after training, or pruned in one shot. Their rows
# are means over the seeds, by the score of the [setup](setup.py). `mp40` and `mp60` are pruned to 40 % and 60 %; `aug`
# is augmentation without a teacher. [Score against size](tradeoffs.py) has the means over the tasks.
