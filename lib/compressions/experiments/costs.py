"""What experiments cost: learned from records, expected of the configurations that have none."""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from compressions.data import embedded
from compressions.data.tasks import TASKS
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.models.architectures import SHAPES, embedded_size

LEVELS = ["task", "size", "configuration"]
MEASURED = [*LEVELS, "log_weights", "seconds", "memory"]
RIDGE = 0.1
SPARE_MEMORY = 1.5
UNMEASURED_MEMORY = 2e9
BYTES_PER_PARAMETER = 60
BYTES_PER_ROW = 2500  # a tokenized training row with logits, as Python objects


class Costs:
    """Seconds and memory of configurations on one thread, from records, as though all CPUs were alike.

    The log of the seconds for an example is a sum of one number for the task, one for the size and one for the
    configuration, and a slope times the log of the encoder's linear weights, by which it reaches sizes without records.
    """

    def __init__(self, records: list[dict]) -> None:
        """`records` as `records.read_all` gives them; those made on a GPU only count where there are no others."""
        of_cpu = [record for record in records if record["machine"]["device"] == "cpu"]
        measured = pd.DataFrame([_measured(record) for record in of_cpu or records], columns=MEASURED)
        self.memory = measured.groupby("size").memory.max().dropna().to_dict()
        self.measured = measured.dropna(subset=["log_weights"])
        columns = make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), LEVELS), ("passthrough", ["log_weights"])
        )
        self.model = make_pipeline(columns, Ridge(alpha=RIDGE))
        if len(self.measured):
            self.model.fit(self.measured, np.log(self.measured.seconds) - self.measured.log_weights)

    def seconds(self, experiment: Experiment, wanted: list[Configuration]) -> float:
        """What the wanted configurations of an experiment take on one worker; `nan` without any record."""
        if not len(self.measured) or not wanted:
            return 0.0 if not wanted else float("nan")
        log_weights = np.log(experiment.encoder.size.linear_weights)
        rows = pd.DataFrame({"configuration": [each.name for each in wanted]})
        rows = rows.assign(task=experiment.task, size=experiment.size, log_weights=log_weights)
        return float(np.exp(self.model.predict(rows) + log_weights).sum() * _examples(experiment))

    def memory_bytes(self, experiment: Experiment) -> float:
        """Memory to ask for: half as much again as was measured, or guessed from the parameters of a new size.

        Both are without the rows, which are added: those of one task may be hundreds of times another's.
        """
        guess = UNMEASURED_MEMORY + BYTES_PER_PARAMETER * experiment.encoder.size.parameters
        rows = _rows(experiment) * (1 + experiment.augment)
        return SPARE_MEMORY * (self.memory.get(experiment.size, guess) + BYTES_PER_ROW * rows)


def _measured(record: dict) -> dict:
    specification = record["specification"]
    examples = specification["train_rows_used"] * specification["epochs"]
    return {
        "task": specification["task"],
        "size": specification["size"],
        "configuration": record["configuration"],
        "log_weights": np.log(_linear_weights(specification)),
        # Without what was done once for all: a record may count the making of its teacher.
        "seconds": (record["seconds"] + record["evaluation_seconds"]) / examples,
        # The first records do not state it.
        "memory": record.get("peak_memory_bytes", float("nan")) - BYTES_PER_ROW * specification["train_rows_used"],
    }


def _linear_weights(specification: dict) -> float:
    """Of the encoder that a record is of; `nan` for a user's own, whose shape a record does not hold."""
    name = specification["size"]
    if specification["encoder"]["source"] == "embedded":
        return embedded_size(name).linear_weights
    return SHAPES[name].linear_weights if name in SHAPES else float("nan")


def _rows(experiment: Experiment) -> int:
    """Training rows, without those that augmentation adds."""
    rows = embedded.train_rows(experiment.task) if experiment.glue == "embedded" else TASKS[experiment.task].rows
    return min(rows, experiment.train_rows or rows)


def _examples(experiment: Experiment) -> float:
    """Rows of the task times epochs; the rows that augmentation adds are part of a configuration's cost."""
    return _rows(experiment) * experiment.choices.epochs
