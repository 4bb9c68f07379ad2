"""A task's rows, read from its own files, the hub or a local folder, and checked."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import datasets
import numpy as np
import pyarrow
from datasets import ClassLabel, Value
from httpx2 import HTTPError
from pyarrow import parquet

from compressions.data import csv_task
from compressions.data.tasks import HUB, REVISION, Task, check_source
from compressions.errors import BadInput, first_line, one_of, require
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
    if task.custom:
        splits = csv_task.read_files(task).splits
    else:
        splits = _load_hub(task) if glue == HUB else _load_folder(task, glue)
    for split in ("train", task.validation):
        one_of(f"split of {task.name} in {glue}", split, splits)
        require(len(splits[split]) > 0, f"the {split} split of {task.name} in {glue} has no rows")
    train = splits["train"]
    if train_rows is not None and train_rows < len(train):
        train = train.shuffle(seed=0).select(range(train_rows)).flatten_indices()
    return Rows(train, splits[task.validation])


def hold_out(rows: Rows, share: float) -> Rows:
    """A random share of the training rows in the place of the validation split, to choose hyper-parameters on."""
    count = len(rows.train)
    require(math.ceil(share * count) < count, f"held_out {share} of {count} training rows leaves none to train on")
    parts = rows.train.train_test_split(share, seed=0)
    return Rows(parts["train"].flatten_indices(), parts["test"].flatten_indices())


def _load_hub(task: Task) -> datasets.DatasetDict:
    try:
        return datasets.load_dataset(HUB, task.name, revision=REVISION)
    except (OSError, HTTPError) as error:
        raise BadInput(f"glue {HUB!r} is out of reach ({first_line(error)}); take a local folder") from error


def _load_folder(task: Task, glue: str) -> dict[str, datasets.Dataset]:
    """The two splits that are used, from the parquet files in a folder's `<task>`, whatever else lies there."""
    check_source(task.name, glue)
    found = sorted((Path(glue) / task.name).glob("*.parquet"))
    splits = {}
    for split in ("train", task.validation):
        files = [path for path in found if path.stem == split or path.name.startswith(f"{split}-")]
        needed = f"needed: {task.name}/{split}-*.parquet, as in {HUB}"
        require(bool(files), f"glue {glue!r} does not hold the task {task.name!r}; {needed}")
        splits[split] = datasets.concatenate_datasets([_read_file(task, path) for path in files])
    return splits


def _read_file(task: Task, path: Path) -> datasets.Dataset:
    """A file's rows, checked one by one; label numbers without names are those of the hub, grades are float32."""
    try:
        rows = datasets.Dataset(parquet.read_table(path))
    except (OSError, pyarrow.ArrowException, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {first_line(error)}") from error
    for column in (*task.columns, "label"):
        one_of(f"column of {path}", column, rows.column_names)
    for column in task.columns:
        _check_column(path, column, rows, _is_text, "texts")
    wanted = pyarrow.types.is_integer if task.labels else _is_number
    _check_column(path, "label", rows, wanted, "label numbers" if task.labels else "numbers")
    names = getattr(rows.features["label"], "names", None)
    wanted = f"the labels of {task.name} in {path} are {names}; needed, in this order: {list(task.labels)}"
    require(names is None or tuple(names) == task.labels, wanted)
    _check_labels(task, path, rows)
    kind = ClassLabel(names=list(task.labels)) if task.labels else Value("float32")
    rows = rows.select_columns([*task.columns, "label"])
    return rows if rows.features["label"] == kind else rows.cast_column("label", kind)


def _is_text(kind: pyarrow.DataType) -> bool:
    return pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)


def _is_number(kind: pyarrow.DataType) -> bool:
    return pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind)


def _check_column(path: Path, column: str, rows: datasets.Dataset, fits: Callable, wanted: str) -> None:
    """Raise `BadInput` for a column of another type, or the first row of it with nothing."""
    kind = rows.data.schema.field(column).type
    require(fits(kind), f"{path} has {kind} in column {column!r}; needed: {wanted}")
    if rows.data.column(column).null_count:
        row = rows.data.column(column).is_null().to_pylist().index(True) + 1
        raise BadInput(f"{path}, row {row} has nothing in column {column!r}")


def _check_labels(task: Task, path: Path, rows: datasets.Dataset) -> None:
    labels = rows.data.column("label").to_numpy()
    wrong = (labels < 0) | (labels >= len(task.labels)) if task.labels else ~np.isfinite(labels)
    if wrong.any():
        row, allowed = int(wrong.argmax()), f"0 to {len(task.labels) - 1}" if task.labels else "finite numbers"
        raise BadInput(f"{path}, row {row + 1} has the label {labels[row]}; allowed: {allowed}")


def rows_fingerprint(task: Task, rows: datasets.Dataset) -> str:
    """SHA-256 over all texts and labels, in order: two sets with the same rows have the same fingerprint."""
    columns = (*task.columns, "label")
    return fingerprint(*(str(value) for column in columns for value in rows[column]))
