# %% [markdown]
# # This machine's run
#
# Does the experiment give here what it gave where the committed records were made? `make reproduce` trains our TINY on
# two small real tasks that the project ships, sentiment of reviews and inference between sentences, with every subset
# of the three methods, and this page compares what came out with the committed grid on GLUE. Everything on it was
# computed where this book was built.

# %% tags=["parameters"]
results = "results/builtin"  # the folder of this machine's records
committed = "results/cpu"  # the folder of the records to compare with
draws = 500  # how often the validation rows are drawn again for an interval

# %%
from IPython.display import Markdown

from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.experiments.records import read_all

check_parameters(globals())
records = read_all(root() / results)
Markdown(f"{len(records)} records in `{results}`." if records else f"`{results}` is empty; `make reproduce` fills it.")

# %% [markdown]
# ## Score against size
#
# The mean score of both tasks. The intervals of 95 % hold the chance of the validation rows; there is one seed, and
# what another would change is not in them.

# %%
from compressions.analysis.row_intervals import changes, compare

size = records[0]["specification"]["size"] if records else "tiny"
here = changes(root() / results, [each for each in records if each["specification"]["size"] == size], draws)
there = [each for each in read_all(root() / committed) if each["specification"]["size"] == size]
both = compare(here, changes(root() / committed, there, draws))

# %% tags=["hide-input"]
from compressions.book.figures import figure_without_records, tradeoff_static
from compressions.book.glue import glue_figure, glue_numbers

drawn = here.assign(size=size)
figure = tradeoff_static(drawn, "mean score of two tasks") if len(here) else figure_without_records("make reproduce")
glue_figure("here", figure, here)
glue_numbers(size=size.upper(), compared=max(0, len(both) - 1), agreeing=int(both.agree[1:].sum()), models=len(here))

# %% [markdown]
# ```{glue:figure} here
# :name: fig-here
# :alt: Mean score against megabytes on a log axis, one point with an interval for each subset of the methods
#
# Score against size of {glue:text}`models:d` models of {glue:text}`size` that this machine has trained, as in
# [Figure 1](tradeoffs.py). Megabytes are by the paper's size measure.
# ```

# %% [markdown]
# ## Against the committed grid
#
# What each configuration changes in the mean score of the same encoder, in points: here, and in the committed records,
# whose mean is over the eight tasks of GLUE. Two changes agree where the 95 % interval of their difference holds 0.
# Of {glue:text}`compared:d` configurations {glue:text}`agreeing:d` agree. Distillation differs by design: here MINI
# teaches on the original rows alone, there MiniLM teaches with copies whose words were replaced by synonyms.

# %% tags=["hide-input"]
spans = {
    "here": ("change", "change_low", "change_high"),
    "committed": [f"change{end}_there" for end in ("", "_low", "_high")],
}
shown = both.query("configuration != 'base'").set_index("configuration")
told = {
    name: [f"{v:+.1f} ({low:+.1f} to {high:+.1f})" for v, low, high in shown[list(columns)].to_numpy()]
    for name, columns in spans.items()
}
shown.assign(**told)[["megabytes", "here", "committed", "agree"]].style.format({"megabytes": "{:.2f}"})

# %% [markdown]
# ## Task by task
#
# The score on each task; chance is 50 for sentiment and 33 for inference.

# %%
import pandas as pd

scores = [{**each["specification"], "configuration": each["configuration"], "score": each["score"]} for each in records]
frame = pd.DataFrame(scores, columns=["task", "configuration", "score"])
frame.pivot_table("score", "configuration", "task").reindex(here.configuration).style.format(precision=1, na_rep="–")
