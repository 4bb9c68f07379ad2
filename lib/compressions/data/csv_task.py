"""A task of one's own: CSV files of labeled texts, checked and laid out as GLUE is, so that an experiment takes it."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from compressions.data.glue import labeled
from compressions.data.tasks import CORRELATIONS, TASKS, WITH_F1, Task
from compressions.errors import BadInput, one_of, require
from compressions.files import fingerprint, root, whole_folder

SPLITS = ("train", "validation")
MOST_LABELS = 255
TASK = "task.json"
LAYOUT = """---
configs:
- config_name: {name}
  data_files:
  - {{split: train, path: {name}/train-*}}
  - {{split: validation, path: {name}/validation-*}}
---
"""


def place(name: str) -> Path:
    """Where the rows of a task of one's own are kept."""
    return root() / "_build" / "own" / name


def find_task(name: str) -> Task:
    """The task of a record: GLUE's, or one's own as `add_task` left it. Raises `BadInput` with the names there are."""
    own = {path.parent.name: path for path in place("").glob(f"*/{TASK}")}
    if name in own and name not in TASKS:
        kept = json.loads(own[name].read_text())
        del kept["content"]
        TASKS[name] = Task(**{key: tuple(value) if isinstance(value, list) else value for key, value in kept.items()})
    one_of("task", name, {**TASKS, **own})
    return TASKS[name]


def add_task(
    name: str, train: str, validation: str, text: list[str], label: str, graded: bool
) -> tuple[Task, dict[str, int]]:
    """Make a task of two CSV files, write its rows to its `place` in GLUE's layout, and let experiments know it.

    `text` names one column, or two for pairs; a graded task has numbers as labels. Gives the task, and the rows of each
    split. Raises `BadInput`, before anything is written, for a file that is missing, not UTF-8 or not CSV, a column
    that is not there, an empty text or label (with its line), or labels that cannot be learned or scored.
    """
    _check_names(name, (train, validation), text, label)
    frames = {split: _read(path, [*text, label]) for split, path in zip(SPLITS, (train, validation), strict=True)}
    labels = () if graded else _labels(frames, label)
    values = {split: _values(frame[label], split, labels) for split, frame in frames.items()}
    metrics = CORRELATIONS if graded else WITH_F1 if len(labels) == 2 else ("accuracy",)
    scored = CORRELATIONS if graded else ("accuracy",)
    task = Task(name, len(frames["train"]), tuple(text), labels, metrics, scored, custom=True)
    texts = [frames[split][text].to_numpy().tolist() for split in SPLITS]
    content = fingerprint(str(task), str(texts), str(values))
    _check_same(name, content)
    _write(task, frames, values, content)
    TASKS[name] = task
    return task, {split: len(frame) for split, frame in frames.items()}


def _check_names(name: str, files: tuple[str, str], text: list[str], label: str) -> None:
    fits = isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_-]*", name)
    require(bool(fits), f"name {name!r} is not allowed; take such as reviews-2")
    for file in files:
        require(isinstance(file, str), f"the file {file!r} is not allowed; take the path of a CSV file")
    known = TASKS.get(name)
    require(known is None or known.custom, f"name {name!r} is a task of GLUE; take another")
    require(
        1 <= len(text) <= 2 and len(set(text)) == len(text), f"text {text!r} must be one column or two different ones"
    )
    require("label" not in text and label not in text, f"text {text!r} must not hold the label, nor a column 'label'")


def _read(path: str, columns: list[str]) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8; save it as UTF-8") from error
    except (OSError, EOFError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as CSV: {str(error).splitlines()[0]}") from error
    for column in columns:
        one_of(f"column of {path}", column, frame.columns)
    require(len(frame) > 0, f"{path} has no rows below its first line")
    for column in columns:
        empty = frame.index[frame[column].str.strip() == ""]
        require(
            len(empty) == 0, f"{path} has nothing in column {column!r} in row {int(empty[0]) + 1 if len(empty) else 0}"
        )
    return frame


def _labels(frames: dict[str, pd.DataFrame], label: str) -> tuple[str, ...]:
    """The training labels in alphabetical order, of which the validation split may have no others."""
    labels = sorted(set(frames["train"][label]))
    require(len(labels) > 1, f"all training rows have the label {labels[0]!r}; there is nothing to learn")
    most = f"{label!r} has {len(labels)} different labels; at most {MOST_LABELS} are taken, or say graded"
    require(len(labels) <= MOST_LABELS, most)
    for value in frames["validation"][label]:
        one_of("label in the validation rows", value, labels)
    return tuple(labels)


def _values(column: pd.Series, split: str, labels: tuple[str, ...]) -> list:
    """Class numbers, or the numbers of a graded task, which must differ for a correlation to exist."""
    if labels:
        return [labels.index(value) for value in column]
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column[~np.isfinite(numbers)]
    require(len(wrong) == 0, f"the label {wrong.iloc[0] if len(wrong) else ''!r} of a graded task is no number")
    require(
        numbers.nunique() > 1, f"all {split} rows have the grade {column.iloc[0]}; nothing can be correlated with it"
    )
    return numbers.tolist()


def _check_same(name: str, content: str) -> None:
    """Raise `BadInput` where the rows of an earlier call are others, which records may be of."""
    kept = place(name) / TASK
    same = not kept.is_file() or json.loads(kept.read_text())["content"] == content
    require(same, f"the task {name!r} has other rows from an earlier call; take another name, or delete {place(name)}")


def _write(task: Task, frames: dict[str, pd.DataFrame], values: dict[str, list], content: str) -> None:
    with whole_folder(place(task.name)) as new:
        (new / TASK).write_text(json.dumps(asdict(task) | {"content": content}))
        (new / "README.md").write_text(LAYOUT.format(name=task.name))
        (new / task.name).mkdir()
        for split, frame in frames.items():
            texts = {column: frame[column].tolist() for column in task.columns}
            labeled(task, {**texts, "label": values[split]}).to_parquet(
                new / task.name / f"{split}-00000-of-00001.parquet"
            )
