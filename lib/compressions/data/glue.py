"""A task's rows, read from its own files, the hub or a local folder, and checked."""

import tempfile
from dataclasses import dataclass

import datasets
from datasets import ClassLabel, Value

from compressions.data import csv_task
from compressions.data.tasks import HUB, REVISION, Task, check_source
from compressions.errors import BadInput, one_of, require
from compressions.files import fingerprint


@dataclass(frozen=True)
class Rows:
    """A task's training and validation rows, with columns named by the task and `label`."""

    train: datasets.Dataset
    validation: datasets.Dataset


def load(task: Task, glue: str, train_rows: int | None = None) -> Rows:
    """The rows of a task from its own files, the hub or a local folder; the training split cut to `train_rows`.

    The cut is the same random subset for every size, configuration and seed. Raises `BadInput` for a source without the
    task, with other columns or labels, or out of reach.
    """
    splits = csv_task.read_files(task).splits if task.custom else _load_splits(task, glue)
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


def labeled(task: Task, columns: dict[str, list]) -> datasets.Dataset:
    """Rows in GLUE's layout from a task's columns of text and `label`: with the labels' names, and numbered."""
    kind = ClassLabel(names=list(task.labels)) if task.labels else Value("float32")
    features = dict.fromkeys(task.columns, Value("string")) | {"label": kind, "idx": Value("int32")}
    numbered = {**columns, "idx": list(range(len(columns["label"])))}
    return datasets.Dataset.from_dict(numbered, features=datasets.Features(features))


def _load_splits(task: Task, glue: str) -> datasets.DatasetDict:
    check_source(task.name, glue)
    try:
        if glue == HUB:
            return datasets.load_dataset(glue, task.name, revision=REVISION)
        # The library's cache knows a local folder by its name alone, and has no checksums: each time a fresh one.
        with tempfile.TemporaryDirectory() as fresh:
            return datasets.load_dataset(glue, task.name, cache_dir=fresh, keep_in_memory=True)
    except (OSError, ConnectionError) as error:
        raise BadInput(f"glue {glue!r} is out of reach ({_first_line(error)}); take a local folder") from error
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
