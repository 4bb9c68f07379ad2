"""Rows that one experiment left in the cache serve another where they are the same, column and label names included."""

import datasets
import pytest

from compressions.data.glue import Rows
from compressions.data.tasks import Task
from compressions.experiments.prepared_data import PreparedData


def augmented(column: str, labels: tuple[str, ...]) -> datasets.Dataset:
    features = datasets.Features({column: datasets.Value("string"), "label": datasets.ClassLabel(names=list(labels))})
    rows = datasets.Dataset.from_dict(
        {column: ["the film was awful", "the doctor"], "label": [0, 1]}, features=features
    )
    return PreparedData(Task("mine", 2, (column,), labels), None, Rows(rows, rows), 1, 128).augmented


@pytest.mark.parametrize("column, labels", [("sentence", ("no", "yes")), ("text", ("bad", "good"))])
def test_copies_have_the_names_of_their_own_rows(column, labels):
    assert len(augmented("text", ("no", "yes"))) == 4
    rows = augmented(column, labels)
    assert rows.column_names == [column, "label"] and rows.features["label"].names == list(labels)
    assert rows[column][0] != rows[column][2]
