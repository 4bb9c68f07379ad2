# %% [markdown]
# # Reproducibility checklist
#
# Can somebody else repeat this work? This page answers the items of the
# [Machine Learning Reproducibility Checklist](https://www.cs.mcgill.ca/~jpineau/ReproducibilityChecklist.pdf), version
# 2.0. Every number comes from the committed records.

# %% tags=["parameters"]
results = "results/glue"  # the folder of the records
chosen_on = "results/rates"  # the folder of the runs that chose the learning rates

# %%
from compressions.book.coverage import worker
from compressions.book.missing import note_without_records
from compressions.book.percent import check_parameters
from compressions.experiments.records import read_all
from compressions.experiments.table import table
from compressions.files import root

check_parameters(globals())
records = read_all(root() / results)
frame = table(records).assign(worker=lambda frame: worker(frame))
note_without_records(results, records)

# %%
from compressions.book.coverage import hours
from compressions.book.glue import glue_numbers
from compressions.book.pretraining import read_provenances
from compressions.book.rates import read_runs

made = read_provenances(root() / "checkpoints").values()
by_worker = hours(frame, ["worker", "size"])
glue_numbers(records=len(frame), hours=by_worker["hours in all"].sum())
glue_numbers(cells=len(frame[["task", "size", "seed"]].drop_duplicates()), seeds=frame.seed.nunique())
glue_numbers(tasks=frame.task.nunique(), rate_runs=len(read_runs(root() / chosen_on)))
glue_numbers(encoders=len(made), encoder_hours=sum(each["seconds"] for each in made) / 3600)

# %% [markdown]
# ## Models and algorithms
#
# - **Setting, algorithm, model:** yes, in [the methods](../book/methods.md) with their formulas and code, and in the
#   [setup](setup.py).
# - **Assumptions:** yes, in [what the article leaves open](../book/open_questions.md) and in
#   [discussion and limitations](../book/discussion.md).
# - **Complexity:** yes, as [seconds and memory of a training step](coverage.py), [bytes](size_measures.py) and
#   [milliseconds](latency.py).
# - **Theoretical claims:** none.
#
# ## Data
#
# - **Statistics and splits:** yes, below for {glue:text}`tasks:d` tasks. Scores are on GLUE's validation split; its
#   test labels are not public.
# - **Excluded rows and preprocessing:** training rows are capped, the same for every size. The [setup](setup.py) names
#   the tasks of which only a part was at hand.
# - **Download:** `nyu-mll/glue` on the Hugging Face hub, at a pinned revision.
# - **New data:** none was collected. [Licenses](../book/licenses.md) lists those of data, weights and packages.

# %%
from compressions.book.coverage import rows_table

rows_table(frame).style.set_caption("Rows of each task")

# %% [markdown]
# ## Code
#
# - **Dependencies:** yes, `requirements.lock` has every version.
# - **Training and evaluation code:** yes, under the MIT license.
# - **Pretrained models:** yes, {glue:text}`encoders:d` encoders in `checkpoints/`, with their provenance
#   ([miniatures](miniatures.py)).
# - **Commands and results:** yes. `make reproduce` needs no account and no hub. `make grid GRID=glue` makes the
#   records, and every figure names its command.
#
# ## Experimental results
#
# - **Hyperparameters:** every record holds all of its choices. Learning rates were chosen by
#   {glue:text}`rate_runs:d` runs on rows [held out of the training split](rates.py), where the
#   [choices of distillation](distillation_choices.py) are compared, too. The others are defaults.
# - **Runs:** {glue:text}`records:d` trained models of {glue:text}`cells:d` cells (task, size, seed), with
#   at most {glue:text}`seeds:d` seeds. Each is scored once.
# - **Measure:** the task's score and the [paper's size measure](setup.py).
# - **Central tendency and variation:** means with 95 % confidence intervals over seeds and validation rows.
# - **Runtime:** {glue:text}`hours:.1f` hours, teachers and scoring included, and {glue:text}`encoder_hours:.1f` hours
#   to make the encoders. Energy was not measured.
# - **Infrastructure:** below, and for each run in its record.

# %%
by_worker.style.format(precision=1).set_caption("Hours of computing")
