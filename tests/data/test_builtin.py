"""The tasks that come with the project: whole, as they were shipped, and with their licenses."""

from dataclasses import replace
from pathlib import Path

import pytest

from compressions.data import tasks
from compressions.data.glue import load
from compressions.data.tasks import BUILTIN, BUILTIN_TASKS
from compressions.errors import BadInput

every_task = pytest.mark.parametrize("task", BUILTIN_TASKS.values(), ids=BUILTIN_TASKS)
VALIDATION = {"sentiment": 600, "nli": 1500}


@every_task
def test_rows_labels_and_splits_are_those_that_the_task_states(task):
    rows = load(task, BUILTIN)
    assert (len(rows.train), len(rows.validation)) == (task.rows, VALIDATION[task.name])
    for split in (rows.train, rows.validation):
        labels = list(split["label"])
        assert min(map(labels.count, range(len(task.labels)))) > 0.9 * len(labels) / len(task.labels)
        assert all(text.strip() for column in task.columns for text in split[column])
    first = task.columns[0]
    assert not set(rows.train[first]) & set(rows.validation[first])


@every_task
def test_a_file_that_was_changed_on_disk_or_is_gone_is_named(task, tmp_path):
    path = tmp_path / "validation.csv"
    path.write_bytes(Path(task.files.validation).read_bytes() + b" ")
    changed = replace(task, files=replace(task.files, validation=str(path)))
    for _ in range(2):
        with pytest.raises(BadInput, match=f"{path} is not the file that the project ships; restore it"):
            load(changed, BUILTIN)
        path.unlink(missing_ok=True)


def test_source_and_license_of_each_file_lie_beside_it():
    folder = Path(tasks.__file__).parent / BUILTIN
    about = (folder / "README.md").read_text()
    assert all(f"`{path.name}`" in about for path in folder.glob("*.csv"))
    assert "CC BY 4.0" in about and "CC BY-SA 4.0" in about
