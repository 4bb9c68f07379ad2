# %% [markdown]
# # Explorer
#
# Which model is best for your task and budget? Choose a task, a size measure and a tolerance below the chart; the
# address of this page follows your choice, so copy it to share a view.
#
# - Drag inside the chart, or the slider, to move the budget: the best model within it is named.
# - The dashed line is the uncompressed score of the size you compare with, less the tolerance; the smallest model above
#   it is named too.
# - Click a legend to see one method or size, with shift several. Click a point to open its record.

# %% tags=["parameters"]
results = "results/glue"  # the folder of the records
score = "score"  # this project's score of each task; or official, GLUE's own; or first, the first metric GLUE lists
draws = 1000  # how often seeds and rows are drawn again for an interval

# %% tags=["hide-input"]
from compressions.analysis.reading import read_results
from compressions.book.percent import check_parameters
from compressions.book.missing import read_or_stop
from compressions.files import root

check_parameters(globals())
ours = read_or_stop(read_results, root() / results, score)

# %% tags=["hide-input"]
from pathlib import Path

from compressions.analysis.bootstrap import bootstrap
from compressions.book.explorer import explorer, with_records, with_size_measures

frame = with_size_measures(ours, bootstrap(ours, draws))
explorer(with_records(frame, ours, f"../records/{Path(results).name}"))

# %% [markdown]
# A point is the mean over the seeds that have every configuration; hover for its 95 % CI and its bytes. The size
# measures, and the records that are not used:

# %% tags=["hide-cell"]
import pandas as pd

from compressions.storage.size_measures import DESCRIPTIONS

pd.Series({name: DESCRIPTIONS[name] for name in ours.bytes_by}, name="counts").to_frame()

# %% tags=["hide-cell"]
ours.left_out.style.hide()
