# %% [markdown]
# # The explorer
#
# All of this edition's results in one chart to question. Choose a task or the mean of all, and how bytes are counted.
# Drag inside the chart, or the slider below it, to move the budget line and read off the best model within it; the
# horizontal line is the uncompressed score of the size you compare with, less the tolerance, and the smallest model
# above it is named too. A click in a legend keeps one method or size, with shift several, a double click all. A click
# on a point opens its record. The address of this page follows what you choose: copy it to share the view.

# %% tags=["parameters"]
results = "results/cpu"  # the folder of the records
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
draws = 1000  # how often seeds and rows are drawn again for an interval

# %%
from compressions.analysis.bootstrap import bootstrap
from compressions.files import root
from compressions.book.percent import check_parameters
from compressions.analysis.reading import read_results

check_parameters(globals())
ours = read_results(root() / results, score)

# %% tags=["hide-input"]
from pathlib import Path

from compressions.book.explorer import explorer, with_size_measures

frame = with_size_measures(ours, bootstrap(ours, draws))
folder = f"../records/{Path(results).name}"
frame["record"] = [
    f"{folder}/{row.task}/{row.size}/{row.configuration}-seed{ours.cells[row.task, row.size].seeds[0]}.json"
    if (row.task, row.size) in ours.cells
    else f"{folder}/records.csv"
    for row in frame.itertuples()
]
explorer(frame)

# %% tags=["hide-input"]
import pandas as pd

from compressions.storage.size_measures import DESCRIPTIONS

pd.Series(DESCRIPTIONS, name="counts").to_frame()

# %% [markdown]
# A point is the mean over the seeds that have every configuration; hover for its interval, how many seeds it has, and
# its bytes. The record that a click opens is its first seed's; the others lie beside it. Records that are not
# used:

# %%
ours.left_out.style.hide()
