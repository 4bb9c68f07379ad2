"""The paper's eight GLUE tasks (all but WNLI) and the built-in ones: columns, labels, metrics, sources of rows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compressions.errors import one_of, require

BUILTIN = "builtin"
HUB = "nyu-mll/glue"
REVISION = "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"


@dataclass(frozen=True)
class CsvFiles:
    """Where a custom task's rows are: two CSV files, their column of text, or two, and the one with the label.

    `checksums` are the SHA-256 of both files, where they are known to be what they must be.
    """

    train: str
    validation: str
    text: tuple[str, ...]
    label: str
    checksums: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One task. `metrics` are the official ones and accuracy; `scored` are those whose mean is the *score*.

    `rows` is how many training rows there are. An empty `labels` means a graded task with float labels.
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

GLUE_TASKS = {
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


def _builtin(name: str, text: tuple[str, ...], *checksums: str) -> CsvFiles:
    paths = (str(Path(__file__).parent / BUILTIN / f"{name}-{split}.csv") for split in ("train", "validation"))
    return CsvFiles(*paths, text, "label", checksums)


# Two small real tasks that the project ships; the README beside their files says where they come from.
BUILTIN_TASKS = {
    "sentiment": Task(
        "sentiment",
        2390,
        ("text",),
        ("negative", "positive"),
        WITH_F1,
        files=_builtin(
            "sentiment",
            ("text",),
            "74da70a5c8194ebf1be42b946a60d31fa673afc446f18e9cf681bbdce6a14d20",
            "dfa034974c800b88d353ed6f7a253a01b8a22aa21cfd9c941729c3807aba090e",
        ),
    ),
    "nli": Task(
        "nli",
        6000,
        ("premise", "hypothesis"),
        ("contradiction", "entailment", "neutral"),
        files=_builtin(
            "nli",
            ("premise", "hypothesis"),
            "ab5b1e735c4e5ccd0baf23d2b2618d6c52d389bd7d36e8e49a63a7a57a5aedda",
            "64bc8088b1e9a5f952771ccf781d264f041266b591f3ae42d2a7bb243eca8df1",
        ),
    ),
}

# Every task that is known by its name; other custom ones are added when their files are read.
TASKS = {**GLUE_TASKS, **BUILTIN_TASKS}


def check_source(name: str, glue: str) -> None:
    """Raise `BadInput` unless a task is known, and `glue` is a place where its rows may be.

    That is the hub's data set or a folder in its layout for a task of GLUE; a custom task brings its own files.
    """
    one_of("task", name, TASKS)
    if TASKS[name].custom:
        return
    offered = f"{BUILTIN} has {', '.join(BUILTIN_TASKS)}; for GLUE's tasks take {HUB} or a local folder in its layout"
    require(glue != BUILTIN, f"task {name!r} is not in glue {BUILTIN}: {offered}")
    known = glue == HUB or Path(glue).is_dir()
    require(known, f"glue {glue!r} is no such folder; allowed: {BUILTIN}, {HUB}, or a local folder in its layout")
