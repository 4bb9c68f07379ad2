"""A custom task's experiments, one a seed, from the parameters of a notebook."""

from collections.abc import Mapping

from compressions.data.csv_task import CsvTask, add_task, read_csv_task
from compressions.data.tasks import TASKS
from compressions.errors import check, require
from compressions.experiments.configurations import check_list
from compressions.experiments.experiment import Experiment, from_parameters
from compressions.files import root

# What a notebook says of its task, as `read_csv_task` calls it.
OF_TASK = ("name", "train", "validation", "text", "label", "graded")


def custom_task(names: Mapping[str, object]) -> tuple[CsvTask | None, list[Experiment]]:
    """The task that a notebook's globals describe, and its experiments, which are neither where no files are named.

    The task is kept beside its records. Raises `BadInput`, before anything is written, for a file that cannot be
    learned from or a parameter that is not allowed.
    """
    check_list("seeds", names["seeds"], "[0, 1]")
    check(bool(names["seeds"]), "seeds", names["seeds"], "at least one")
    require((names["train"] is None) == (names["validation"] is None), "train and validation are two files; give both")
    if names["train"] is None:
        return None, []
    found = read_csv_task(**{name: names[name] for name in OF_TASK})
    TASKS[found.task.name] = found.task
    asked = [from_parameters({**names, "task": found.task.name, "seed": seed}) for seed in names["seeds"]]
    experiments = list({experiment.seed: experiment for experiment in asked}.values())
    add_task(found, root() / experiments[0].results)
    return found, experiments


def facts(found: CsvTask, experiment: Experiment) -> dict[str, object]:
    """What a reader of the results wants to know of the files: rows, those in both, delimiters, labels, cut texts."""
    cut, length = experiment.data.cut, experiment.data.length
    return {
        "training rows": len(found.splits["train"]),
        "validation rows": len(found.splits["validation"]),
        "validation rows that are training rows too": found.in_both,
        "fields are separated by": " and ".join(dict.fromkeys(found.delimiters)),
        "labels": ", ".join(found.task.labels) or "numbers",
        "labels that may be the same": ", ".join(found.alike) or "none",
        f"training rows cut to {length} tokens": cut["train"],
        f"validation rows cut to {length} tokens": cut["validation"],
    }
