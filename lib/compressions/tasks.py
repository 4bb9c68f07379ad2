"""The paper's eight GLUE tasks (all but WNLI): columns, labels, metrics, and the rows themselves."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import datasets
import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from compressions import embedded
from compressions.errors import BadInput, one_of, require
from compressions.files import fingerprint

HUB = "nyu-mll/glue"
REVISION = "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c"

METRICS = {
    "accuracy": accuracy_score,
    "f1": f1_score,
    "mcc": matthews_corrcoef,
    "pearson": lambda labels, predictions: pearsonr(labels, predictions).statistic,
    "spearman": lambda labels, predictions: spearmanr(labels, predictions).statistic,
}


@dataclass(frozen=True)
class Task:
    """One GLUE task. `metrics` are the official ones and accuracy; `scored` are those whose mean is the *score*.

    `rows` is how many training rows the hub's revision has. An empty `labels` means a graded task with float labels.
    A task is one's `own` when it is none of GLUE's but read from files.
    """

    name: str
    rows: int
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    metrics: tuple[str, ...] = ("accuracy",)
    scored: tuple[str, ...] = ("accuracy",)
    validation: str = "validation"
    own: bool = False

    def scores(self, labels: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
        """Every metric of the task and the `score`, all times 100.

        Both arrays are `(rows,)`: class numbers, or graded similarities. A metric that is undefined because all
        predictions are equal counts as 0.
        """
        values = {name: 100 * float(np.nan_to_num(METRICS[name](labels, predictions))) for name in self.metrics}
        return {**values, "score": float(np.mean([values[name] for name in self.scored]))}

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


@dataclass(frozen=True)
class Rows:
    """A task's training and validation rows, with columns named by the task and `label`."""

    train: datasets.Dataset
    validation: datasets.Dataset


def check_source(glue: str) -> None:
    """Raise `BadInput` unless `glue` is `embedded`, the hub's data set, or a folder that exists."""
    known = glue in ("embedded", HUB) or Path(glue).is_dir()
    require(known, f"glue {glue!r} is no such folder; allowed: embedded, {HUB}, or a local folder in its layout")


def load(task: Task, glue: str, train_rows: int | None = None) -> Rows:
    """The rows of a task from `embedded`, the hub or a local folder; the training split cut to `train_rows`.

    The cut is the same random subset for every size, configuration and seed. Raises `BadInput` for a source without the
    task, with other columns or labels, or out of reach.
    """
    splits = embedded.generate(task.name) if glue == "embedded" else _load_splits(task, glue)
    for split in ("train", task.validation):
        _check_split(task, glue, splits, split)
    train = splits["train"]
    if train_rows is not None and train_rows < len(train):
        train = train.shuffle(seed=0).select(range(train_rows)).flatten_indices()
    return Rows(train, splits[task.validation])


def hold_out(rows: Rows, share: float) -> Rows:
    """A random share of the training rows in the place of the validation split, to choose hyper-parameters on."""
    parts = rows.train.train_test_split(share, seed=0)
    return Rows(parts["train"].flatten_indices(), parts["test"].flatten_indices())


def _load_splits(task: Task, glue: str) -> datasets.DatasetDict:
    check_source(glue)
    try:
        if glue == HUB:
            return datasets.load_dataset(glue, task.name, revision=REVISION)
        # The library's cache knows a local folder by its name alone, and has no checksums: each time a fresh one.
        with tempfile.TemporaryDirectory() as fresh:
            return datasets.load_dataset(glue, task.name, cache_dir=fresh, keep_in_memory=True)
    except (OSError, ConnectionError) as error:
        raise BadInput(
            f"glue {glue!r} is out of reach ({_first_line(error)}); take a local folder or embedded"
        ) from error
    except Exception as error:
        raise BadInput(f"glue {glue!r} does not hold the task {task.name!r}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _check_split(task: Task, glue: str, splits: datasets.DatasetDict, split: str) -> None:
    one_of(f"split of {task.name} in {glue}", split, splits)
    for column in (*task.columns, "label"):
        one_of(f"column of {task.name} in {glue}", column, splits[split].column_names)
    names = tuple(getattr(splits[split].features["label"], "names", ()))
    require(
        names == task.labels,
        f"the labels of {task.name} in {glue} are {list(names)}; needed, in this order: {list(task.labels)}",
    )


def rows_fingerprint(task: Task, rows: datasets.Dataset) -> str:
    """SHA-256 over all texts and labels, in order: two sets with the same rows have the same fingerprint."""
    columns = (*task.columns, "label")
    return fingerprint(*(str(value) for column in columns for value in rows[column]))
