"""A custom task's experiments, from what a notebook says of it."""

import pytest

from compressions.data.tasks import TASKS
from compressions.errors import BadInput
from compressions.experiments.custom_task import custom_task, facts
from tests import small
from tests.data.test_csv_task import no_task_stays, write  # noqa: F401


def given(tmp_path, rows=((" the film ", "0"), ("the film was awful", "1")), **more) -> dict:
    """A notebook's globals: the words of a task with the same rows for training and validation."""
    path = write(tmp_path / "a.csv", *rows, names=["text", "label"], delimiter=";")
    task = {"name": "mine", "train": path, "validation": path, "text": ["text"], "label": "label", "graded": False}
    places = {"results": str(tmp_path / "results"), "checkpoints": small.encoders()}
    return {**task, "seeds": [0], "size": "narrow", "teacher": "wide", **places, **more}


def test_every_choice_of_an_experiment_is_taken(tmp_path):
    chosen = {"max_length": "7", "weight_decay": "1e-3", "held_out": "0.5", "force": "true", "threads": "null"}
    found, experiments = custom_task(given(tmp_path, seeds=["3", 4], **chosen))
    assert [each.seed for each in experiments] == [3, 4] and experiments[0].task == found.task.name == "mine"
    first = experiments[0]
    taken = (first.max_length, first.weight_decay, first.held_out, first.force, first.threads)
    assert taken == (7, 0.001, 0.5, True, None)


@pytest.mark.parametrize("length, cut", [(5, 2), (6, 1), (7, 1), (8, 0), (99, 0)])
def test_rows_that_are_cut_are_counted(tmp_path, length, cut):
    rows = (("the film was awful and awful", "0"), ("the film was awful", "1"), ("the", "0"))
    found, (experiment,) = custom_task(given(tmp_path, rows, max_length=length))
    about = facts(found, experiment)
    shown = min(length, small.POSITIONS)
    assert about[f"training rows cut to {shown} tokens"] == about[f"validation rows cut to {shown} tokens"] == cut
    assert about["validation rows that are training rows too"] == 3 and about["fields are separated by"] == "semicolon"


@pytest.mark.parametrize(
    "change, says",
    [
        ({"seeds": []}, r"seeds \[\] is not allowed; take at least one"),
        ({"seeds": 0}, "seeds must be a list"),
        ({"seeds": [2**32]}, "seed 4294967296 is not allowed"),
        ({"train": None}, "give both"),
        ({"graded": "maybe"}, "graded 'maybe' is not allowed; take true or false"),
        ({"text": "text"}, "text must be a list such as"),
        ({"max_length": 1}, "max_length 1 is not allowed"),
        ({"results": None}, "results None is not allowed"),
    ],
)
def test_what_is_not_allowed_is_named_before_anything_is_written(tmp_path, change, says):
    with pytest.raises(BadInput, match=says):
        custom_task(given(tmp_path, **change))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("graded", ["false", "False", False])
def test_false_is_false(tmp_path, graded):
    assert custom_task(given(tmp_path, graded=graded))[0].task.labels == ("0", "1")


def test_without_files_there_is_nothing(tmp_path):
    assert custom_task(given(tmp_path, train=None, validation=None)) == (None, [])
    assert "mine" not in TASKS


def test_a_seed_that_is_asked_for_twice_is_one_experiment(tmp_path):
    assert [each.seed for each in custom_task(given(tmp_path, seeds=[0, "0", 1, 0]))[1]] == [0, 1]
