# %% [markdown]
# # Knowledge distillation
#
# A student learns from a larger *teacher* as well as from the labels {cite}`hinton2015distilling`. The teacher's logits
# say more than a label: that a sentence is positive, but nearly neutral; that two classes are often confused. In the
# paper distillation comes with *augmentation*, more training rows made by replacing words with synonyms, which the
# teacher labels too.

# %% tags=["parameters"]
temperature = 2.0  # the default of the experiments
copies = 4  # synonym-replaced copies shown of one sentence

# %%
from compressions.errors import require
from compressions.book.percent import check_parameters

check_parameters(globals())
positive = isinstance(temperature, int | float) and temperature > 0
require(positive, f"temperature {temperature!r} is not allowed; take a number above 0")
require(isinstance(copies, int) and copies >= 0, f"copies {copies!r} is not allowed; take a whole number from 0")

# %% [markdown]
# ## The formula
#
# With the student's logits $z$, the teacher's $v$ and $p_T(\cdot) = \operatorname{softmax}(\cdot / T)$,
#
# $$
# L = (1 - \alpha) \, L_{\text{labels}} + \alpha \, T^2 \, \mathrm{KL}\left(p_T(v) \,\|\, p_T(z)\right).
# $$
#
# The factor $T^2$ keeps the gradient's size when $T$ changes. STS-B has no classes; there the second term is the mean
# squared error between the two similarities. The paper's $T$, $\alpha$ and teacher are
# [not known](../book/open_questions.md); here they are parameters of every experiment.

# %% tags=["hide-input"]
import inspect

from IPython.display import Code

from compressions.methods import distillation

shown = (distillation.soft_loss, distillation.distillation_loss)
Code("\n\n".join(map(inspect.getsource, shown)), language="python")

# %% [markdown]
# The temperature decides how much of the teacher's second thoughts the student sees. Take a teacher with logits 4, 2
# and 0 for three classes:

# %%
import torch

logits = torch.tensor([4.0, 2.0, 0.0])
temperatures = torch.linspace(0.5, 8, 60)
soft = torch.softmax(logits / temperatures[:, None], dim=1)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt

from compressions.book.figures import COLORS
from compressions.book.glue import glue_figure, glue_numbers

figure, axes = plt.subplots(figsize=(6, 3))
for name, style, probability in zip(("first class", "second", "third"), ("-", "--", "-."), soft.T, strict=True):
    axes.plot(temperatures, probability, style, color=COLORS["KD"], label=name)
axes.axvline(temperature, color="#555555", linestyle=":")
axes.set(xlabel="temperature", ylabel="the teacher's probability", ylim=(0, 1))
axes.legend(frameon=False)
glue_figure("softened", figure)
glue_numbers(
    hard_second=100 * torch.softmax(logits, dim=0)[1],
    soft_second=100 * torch.softmax(logits / temperature, dim=0)[1],
    chosen_temperature=temperature,
)

# %% [markdown]
# ```{glue:figure} softened
# :name: fig-softened
# :alt: Three curves of probability against temperature that approach each other as the temperature rises
#
# At temperature {glue:text}`chosen_temperature:g` (dotted) the second class has {glue:text}`soft_second:.0f` %
# instead of {glue:text}`hard_second:.0f` % of the teacher's belief: the student is shown what else was likely.
# ```

# %% [markdown]
# ## Augmentation
#
# Some of a row's words, {glue:text}`share:.0f` % of them but at least one, are replaced by a synonym
# {cite}`wei2019eda`, where WordNet {cite}`miller1995wordnet` has one that fits: both words must have one dominant
# sense, the same. Names, adjectives and most inflected forms stay. Each epoch shows a row or its copy, so that
# distillation takes no more steps than any other method, and a copy is learned from the teacher alone. Augmentation
# without a teacher is a configuration of its own, the control `aug`. Here is a sentence of the task `sentiment`
# with its copies; where no WordNet is installed they are equal to it:

# %%
import random

from compressions.data.augmentation import SHARE, replace_synonyms
from compressions.data.glue import load
from compressions.data import wordnet
from compressions.data.tasks import TASKS

texts = load(TASKS["sentiment"], "builtin").validation["text"]
synonyms = wordnet.synonyms if wordnet.installed() else lambda word: []
rng = random.Random(0)
sentence = next((text for text in texts if replace_synonyms(text, synonyms, rng) != text), texts[0])
glue_numbers(share=100 * SHARE)
[sentence, *(replace_synonyms(sentence, synonyms, rng) for _ in range(copies))]

# %% tags=["hide-input"]
from compressions.experiments.experiment import Experiment

glue_numbers(default_temperature=Experiment.temperature, default_alpha=Experiment.alpha)

# %% [markdown]
# ## In the experiments
#
# $T$ is {glue:text}`default_temperature:g` and $\alpha$ {glue:text}`default_alpha:g`. The teacher is one encoder of
# [MiniLM](../book/discussion.md)'s, fine-tuned on the task's rows, for students of all sizes. KD changes the mean
# score of TINY by {glue:text}`tradeoffs.py::tiny_kd:s` points (95 % CI); the [control](tradeoffs.py), the added rows
# alone, by {glue:text}`tradeoffs.py::tiny_added:s`.
