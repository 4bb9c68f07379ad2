# %% [markdown]
# # Reproducibility checklist
#
# This page answers the questions that machine-learning conferences ask about a paper's evidence. They are in the order
# of the [NeurIPS checklist](https://neurips.cc/public/guides/PaperChecklist). Every number comes from the committed
# records.

# %% tags=["parameters"]
results = "results/cpu"  # the folder of the records

# %%
from compressions.book.percent import check_parameters
from compressions.experiments.records import read_all
from compressions.experiments.table import table
from compressions.files import root

check_parameters(globals())
records = table(read_all(root() / results))
records["device"] = records.device.replace("cpu", "CPU, one thread")

# %% tags=["hide-input"]
import json

from compressions.book.glue import glue_numbers

made = [json.loads(path.read_text()) for path in (root() / "checkpoints").glob("*/provenance.json")]
glue_numbers(
    records=len(records),
    cells=len(records[["task", "size", "seed"]].drop_duplicates()),
    seeds=records.seed.nunique(),
    tasks=records.task.nunique(),
    most_rows=records.train_rows.max(),
    hours=records.total_seconds.sum() / 3600,
    encoders=len(made),
    encoder_hours=sum(each["seconds"] for each in made) / 3600,
)

# %% [markdown]
# 1. **Claims.** Yes. The first page states the findings and links each to the chapter that measures it. A claim that
#    the records contradict stops the build of the book.
# 2. **Limitations.** Yes, in [Limitations](../book/discussion.md).
# 3. **Theory.** Not applicable. The book proves no theorem.
# 4. **Reproducibility.** Yes. `make reproduce` installs the locked packages, trains on small real tasks and builds the
#    book, without an account or a model hub. `make grid GRID=cpu` makes the records of the findings.
# 5. **Code and data.** Yes. Code, records and predictions are in the repository under the MIT license. GLUE is read
#    from the Hugging Face hub at a pinned revision, or from a local folder.
# 6. **Experimental details.** Yes. Each record holds all choices of its training run. [The
#    experiment](experiment.py) lists them with their reasons, and [learning rates](rates.py) says how rates were
#    chosen. Nothing was tuned on a validation split.
# 7. **Statistical significance.** Yes. Intervals are 95 % confidence intervals. They cover validation rows and, where
#    an experiment has several seeds, random seeds. The records have {glue:text}`seeds:d` seeds on
#    {glue:text}`tasks:d` tasks, with at most {glue:text}`most_rows:,.0f` training rows a task.
# 8. **Compute.** Yes. The {glue:text}`records:d` records of {glue:text}`cells:d` experiments took
#    {glue:text}`hours:.1f` hours, teachers and scoring included. Making the {glue:text}`encoders:d` encoders took
#    another {glue:text}`encoder_hours:.1f` hours. Hours by device:

# %%
hours = records.groupby(["device", "size"])[["seconds", "total_seconds"]].sum() / 3600
hours.insert(0, "records", records.groupby(["device", "size"]).size())
hours.columns = ["records", "hours of training", "hours in all"]
hours.style.format(precision=1)

# %% [markdown]
# 9. **Ethics.** Yes. The work uses public benchmarks of English text and published encoders. It involves no human
#    subjects.
# 10. **Broader impact.** Smaller models need less energy and run on cheaper devices. A compressed model may err more
#     often on rare groups than its average score shows. The book does not measure this.
# 11. **Safeguards.** Not applicable. The released encoders classify text and generate none.
# 12. **Licenses.** Yes. [Licenses](../book/licenses.md) lists those of every package, and of the data and weights in
#     the repository.
# 13. **New assets.** Yes. The encoders are described in [Miniatures](miniatures.py), and a provenance file lies
#     beside their weights.
# 14. **Crowdsourcing and human subjects.** Not applicable.
#
# The README of each folder of records names the commit, machine and package versions of every run, with checksums of
# the rows and encoders.
