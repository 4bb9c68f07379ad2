# %% [markdown]
# # Knowledge distillation
#
# In knowledge distillation (KD) a *student* learns from the logits of a larger *teacher* as well as from the labels
# {cite}`hinton2015distilling`. Logits say more than a label: that a sentence is positive but nearly neutral, or which
# classes are easily confused. The paper combines distillation with *augmentation*: it adds training rows in which
# words are replaced by synonyms.

# %% tags=["parameters"]
temperature = 2.0  # the default of the experiments
examples = 3  # rows shown with their synonym-replaced copy

# %%
from compressions.errors import require
from compressions.book.percent import check_parameters

check_parameters(globals())
positive = isinstance(temperature, int | float) and temperature > 0
require(positive, f"temperature {temperature!r} is not allowed; take a number above 0")
require(isinstance(examples, int) and examples >= 0, f"examples {examples!r} is not allowed; take a whole number")

# %% [markdown]
# ## The formula
#
# With the student's logits $z$, the teacher's $v$ and $p_T(\cdot) = \operatorname{softmax}(\cdot / T)$,
#
# $$
# L = (1 - \alpha) \, L_{\text{labels}} + \alpha \, T^2 \, \mathrm{KL}\left(p_T(v) \,\|\, p_T(z)\right).
# $$
#
# The factor $T^2$ keeps the size of the gradient when $T$ changes. STS-B has no classes; there the second term is the
# squared error between the two similarities.

# %% tags=["hide-input"]
from compressions.book.glue import listing
from compressions.methods import distillation

listing(distillation.soft_loss, distillation.distillation_loss)

# %% [markdown]
# The temperature decides how much the student sees of the less likely classes. Take logits of 4, 2 and 0:

# %%
import torch

from compressions.book.glue import glue_figure, glue_numbers
from compressions.book.method_figures import draw_softened, softened

logits = torch.tensor([4.0, 2.0, 0.0])
curves = softened(logits)
glue_figure("softened", draw_softened(curves, temperature), curves.reset_index())
hard, soft = (100 * torch.softmax(logits / each, dim=0)[1] for each in (1, temperature))
glue_numbers(hard_second=hard, soft_second=soft, chosen_temperature=temperature)

# %% [markdown]
# ```{glue:figure} softened
# :name: fig-softened
# :alt: Three curves of probability against temperature that approach each other as the temperature rises
#
# At temperature {glue:text}`chosen_temperature:g` (dotted) the second class has {glue:text}`soft_second:.0f` %
# instead of {glue:text}`hard_second:.0f` % of the teacher's probability.
# ```
#
# ## Augmentation
#
# Up to {glue:text}`share:.0f` % of a row's words, but at least one, are replaced by synonyms {cite}`wei2019eda` from
# WordNet {cite}`miller1995wordnet`. A word is replaced only if it and its synonym have the same dominant sense, so
# most rows have no copy. An epoch shows a row or its copy, so KD takes no more steps than any other configuration.
# A copy is learned from the teacher alone. These are rows of the task `sentiment` that have a copy (none without
# WordNet installed):

# %%
import random

from compressions.data.augmentation import SHARE, replace_synonyms
from compressions.data.glue import load
from compressions.data import wordnet
from compressions.data.tasks import TASKS

rows = load(TASKS["sentiment"], "builtin").validation["text"]
synonyms = wordnet.synonyms if wordnet.installed() else lambda word: []
rng = random.Random(0)
pairs = [(row, replace_synonyms(row, synonyms, rng)) for row in rows if len(row) < 80]

# %%
import pandas as pd

glue_numbers(share=100 * SHARE)
replaced = [pair for pair in pairs if pair[0] != pair[1]]
pd.DataFrame(replaced[:examples], columns=["row", "copy"]).style.hide().set_caption("Rows and their copies")

# %% [markdown]
# ## In the experiments
#
# One fine-tuned [teacher](setup.py) per task serves students of all sizes. Augmentation without a teacher is a
# configuration of its own, the control `aug`. Temperature
# ({glue:text}`distillation_choices.py::grid_temperature:g`) and $\alpha$
# ({glue:text}`distillation_choices.py::grid_alpha:g`) were set before [a comparison on held-out training
# rows](distillation_choices.py), which chose another; the paper's are not known. What KD does to the scores is
# in [Score against size](tradeoffs.py).
