"""The paper's eight GLUE tasks (all but WNLI): their columns, labels and metrics, and the sources of their rows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compressions.errors import require

HUB = "nyu-mll/glue"
REVISION = "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"


@dataclass(frozen=True)
class CsvFiles:
    """Where a custom task's rows are: two CSV files, their column of text, or two, and the one with the label."""

    train: str
    validation: str
    text: tuple[str, ...]
    label: str


@dataclass(frozen=True)
class Task:
    """One GLUE task. `metrics` are the official ones and accuracy; `scored` are those whose mean is the *score*.

    `rows` is how many training rows the hub's revision has. An empty `labels` means a graded task with float labels.
    A task is `custom` when it is none of GLUE's but read from CSV `files`.
    """

    name: str
    rows: int
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    metrics: tuple[str, ...] = ("accuracy",)
    scored: tuple[str, ...] = ("accuracy",)
    validation: str = "validation"
    files: CsvFiles | None = None

    @property
    def custom(self) -> bool:
        """Whether the task is none of GLUE's."""
        return self.files is not None

    def predictions(self, logits: np.ndarray) -> np.ndarray:
        """Class numbers (uint8) from logits `(rows, labels)`, or similarities (float32) from `(rows, 1)`."""
        return logits.argmax(axis=1).astype(np.uint8) if self.labels else logits[:, 0].astype(np.float32)


PAIR = ("sentence1", "sentence2")
ENTAILMENT = ("entailment", "not_entailment")
WITH_F1 = ("accuracy", "f1")
CORRELATIONS = ("pearson", "spearman")

TASKS = {
    task.name: task
    for task in (
        Task("cola", 8551, ("sentence",), ("unacceptable", "acceptable"), ("accuracy", "mcc")),
        Task("sst2", 67349, ("sentence",), ("negative", "positive")),
        Task("mrpc", 3668, PAIR, ("not_equivalent", "equivalent"), WITH_F1, WITH_F1),
        Task("stsb", 5749, PAIR, (), CORRELATIONS, CORRELATIONS),
        Task("qqp", 363846, ("question1", "question2"), ("not_duplicate", "duplicate"), WITH_F1, WITH_F1),
        Task(
            "mnli",
            392702,
            ("premise", "hypothesis"),
            ("entailment", "neutral", "contradiction"),
            validation="validation_matched",
        ),
        Task("qnli", 104743, ("question", "sentence"), ENTAILMENT),
        Task("rte", 2490, PAIR, ENTAILMENT),
    )
}


def check_source(glue: str) -> None:
    """Raise `BadInput` unless `glue` is `embedded`, the hub's data set, or a folder that exists."""
    known = glue in ("embedded", HUB) or Path(glue).is_dir()
    require(known, f"glue {glue!r} is no such folder; allowed: embedded, {HUB}, or a local folder in its layout")
