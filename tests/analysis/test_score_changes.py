"""What methods and controls change: the values are those of the records, and one seed has no interval."""

import numpy as np
import pytest

from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.pareto import MEAN
from compressions.analysis.reading import read_results
from compressions.analysis.score_changes import (
    DISTILLATION,
    Interval,
    control_changes,
    only,
    score_changes,
    teacher_scores,
)
from compressions.experiments.records import read_all, read_predictions, record_path, write_record
from tests.simulated import write_records

CONTROLS = ("fp16", "ptq", "ptq4", "shot40", "shot60", "shot80", "shot90")


@pytest.fixture
def folder(tmp_path):
    """Two tasks with two seeds of TINY, and one seed of MINI."""
    write_records(tmp_path, sizes=("tiny",))
    write_records(tmp_path, sizes=("mini",), seeds=(0,))
    return tmp_path


def add_controls(folder, task, size, seed, right):
    """Let the base record hold controls that answer `right` rows correctly and no other."""
    path = record_path(folder, task, size, "base", seed)
    (record,) = [each for each in read_all(folder) if folder / each["path"] == path]
    predictions, labels = read_predictions(path)
    said = np.where(np.arange(len(labels)) < right, labels, 1 - labels)
    kept = {key: value for key, value in record.items() if key not in ("path", "sha256", "predictions_sha256")}
    write_record(path, kept, predictions, labels, dict.fromkeys(CONTROLS, said))


def test_changes_are_those_of_the_records_and_their_mean(folder):
    results = read_results(folder)
    found = score_changes(results, bootstrap(results, 50))
    accuracy = {record["path"]: record["accuracy"] for record in read_all(folder)}
    own = [accuracy[f"sst2/tiny/qat-seed{seed}.json"] - accuracy[f"sst2/tiny/base-seed{seed}.json"] for seed in (0, 1)]
    assert only(found, task="sst2", size="tiny", change="qat").value == pytest.approx(np.mean(own))
    of_tasks = [only(found, task=task, size="tiny", change="qat").value for task in ("sst2", "rte")]
    mean = only(found, task=MEAN, size="tiny", change="qat")
    assert mean.value == pytest.approx(np.mean(of_tasks)) and mean.low < mean.value < mean.high


def test_one_seed_has_a_value_and_no_interval(folder):
    results = read_results(folder)
    one = only(score_changes(results, bootstrap(results, 20)), task=MEAN, size="mini", change="mp60")
    assert np.isfinite(one.value) and np.isnan(one.low) and one.text.endswith("(one seed)")


def test_distillation_is_its_rows_and_its_teacher(folder):
    results = read_results(folder)
    found = score_changes(results, bootstrap(results, 20), DISTILLATION)
    kd, added, taught = (only(found, task=MEAN, size="tiny", change=name).value for name in DISTILLATION)
    assert kd == pytest.approx(added + taught)


def test_what_is_not_there_is_unknown(folder):
    results = read_results(folder)
    one = only(score_changes(results, bootstrap(results, 20)), task=MEAN, size="base", change="qat")
    assert np.isnan(one.value) and one.text == Interval().text == "–"


def test_controls_are_compared_with_the_methods_that_train(folder):
    results = read_results(folder)
    assert control_changes(folder, results, 20).empty
    add_controls(folder, "rte", "tiny", 0, right=90)
    (one,) = control_changes(folder, results, 20).seeds.unique()
    assert one == 1
    add_controls(folder, "rte", "tiny", 1, right=90)
    found = control_changes(folder, results, 20)
    assert set(found.task) == {"rte", MEAN} and set(found["size"]) == {"tiny"}
    base, qat = results.scores[results.tasks.index("rte"), 0, [0, 1]]
    assert only(found, task="rte", size="tiny", change="ptq").value == pytest.approx(90 - base)
    assert only(found, task="rte", size="tiny", change="qat - ptq").value == pytest.approx(qat - 90)


def test_teachers_are_those_of_the_records(folder):
    assert teacher_scores(folder).empty
    path = record_path(folder, "rte", "tiny", "kd", 0)
    (record,) = [each for each in read_all(folder) if folder / each["path"] == path]
    kept = {key: value for key, value in record.items() if key not in ("path", "sha256", "predictions_sha256")}
    write_record(path, {**kept, "teacher": {"score": 71.5}}, *read_predictions(path))
    assert teacher_scores(folder).to_dict() == {"rte": 71.5}
