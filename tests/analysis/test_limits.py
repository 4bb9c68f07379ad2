"""The limits: changes and interactions of every bits and sparsity, from whatever records there are."""

import numpy as np
import pytest

from compressions.analysis import limits
from compressions.analysis.limits import best_by_budget, by_task, contrasts, limits_table
from compressions.analysis.reading import NoResults, read_results
from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.experiments.run import run
from compressions.storage.size_measures import megabytes
from tests import small
from tests.limits import DISTILLED, PLANNED, TOGETHER, rightness, write_limits
from tests.simulated import write_one, write_records

SMALL = tuple(each for each in PLANNED if each.bits in (8, 2) and each.sparsity in (0.0, 0.6, 0.95))


def read_limits(folder, size_measure="paper"):
    return read_results(folder, size_measure=size_measure, comparable=False, planned=limits.PLANNED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("limits")
    write_limits(place)
    return place


@pytest.fixture(scope="module")
def frame(folder):
    return limits_table(read_limits(folder), draws=100)


def test_changes_and_interactions_are_those_of_the_models(frame):
    assert len(frame) == len(PLANNED) == 40 and (frame.seeds == 2).all()
    truth = [100 * (rightness(each) - rightness(Configuration())) for each in PLANNED]
    assert frame.change.to_numpy() == pytest.approx(truth, abs=1.5)
    both = frame.set_index("configuration")
    assert np.isnan(both.interaction[["base", "qat2", "kd", "mp95"]]).all()
    assert both.interaction["qat+mp60"] == pytest.approx(0, abs=1.5)
    assert both.interaction["qat2+mp95"] == pytest.approx(-100 * TOGETHER, abs=1.5)
    assert both.interaction_high["qat2+mp95"] < 0 < both.interaction_high["qat+mp60"]
    assert both.change["kd"] == pytest.approx(100 * DISTILLED, abs=1)
    assert both.megabytes["qat2"] == pytest.approx(both.megabytes["base"] / 16)


def test_the_mean_of_the_tasks_changes_is_the_change(folder, frame):
    changes = by_task(read_limits(folder), "change")
    assert list(changes) == ["sst2", "rte"] and changes.index[0] == ("tiny", "base")
    assert changes.mean(axis=1).to_numpy() == pytest.approx(frame.change.to_numpy())


def test_the_best_model_within_a_budget_is_small_enough_and_may_be_distilled(frame):
    best = best_by_budget(frame, [0.1, 2.0, 100.0])
    assert list(best.of) == ["without KD", "all"] * 3
    assert list(best.configuration[best.budget == 0.1]) == ["none", "none"]
    there = best.dropna(subset="megabytes")
    assert len(there) == 4 and (there.megabytes <= there.budget).all()
    assert list(best.configuration[best.budget == 100]) == ["base", "kd"]
    assert best.megabytes.max() == pytest.approx(megabytes(4385920, 32), rel=0.01)


def test_one_seed_has_no_interval(tmp_path):
    write_limits(tmp_path, seeds=(0,), tasks=("rte",), rows=200, names=SMALL)
    frame = limits_table(read_limits(tmp_path), draws=20)
    assert frame.change.notna().all() and frame[["change_low", "interaction_high", "score_low"]].isna().all().all()


def test_a_cell_that_is_not_whole_is_left_out_and_counted(tmp_path):
    write_limits(tmp_path, tasks=("sst2",), seeds=(0, 1), rows=200, names=SMALL)
    (tmp_path / "sst2/tiny/qat2+mp95-seed1.json").unlink()
    ours = read_limits(tmp_path)
    assert ours.seeds.tolist() == [[1]] and ours.configurations == tuple(each.name for each in SMALL)
    assert ours.left_out.to_dict("records") == [
        {"size": "TINY", "why": "configurations are missing", "tasks": "sst2", "records": len(SMALL) - 1}
    ]


def test_a_grid_that_has_just_begun_is_shown_as_far_as_it_goes(tmp_path):
    write_limits(tmp_path, tasks=("rte",), seeds=(0,), rows=200, names=(Configuration(("qat",)), Configuration()))
    frame = limits_table(read_limits(tmp_path), draws=20)
    assert frame.change.notna().all() and frame.interaction.isna().all()


def test_records_of_held_out_rows_are_refused(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,), held_out=0.1)
    with pytest.raises(NoResults, match="scores a held-out part of the training rows"):
        read_limits(tmp_path)


def test_contrasts_without_the_baseline_are_unknown():
    weights = contrasts(("kd", "qat+kd"))
    assert np.isnan(weights["change"]).all() and np.isfinite(weights["score"]).all()


def test_bytes_that_were_not_measured_are_an_error(folder):
    with pytest.raises(NoResults, match="measured by packed; make size-measures .* size_measure paper needs none"):
        read_limits(folder, size_measure="packed")
    with pytest.raises(BadInput, match="unknown size_measure 'tar'; allowed: paper, dense"):
        read_limits(folder, size_measure="tar")


def test_the_control_of_another_grid_is_left_away(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    frame = limits_table(read_limits(tmp_path), draws=10)
    assert "aug" not in set(frame.configuration) and frame.interaction.notna().sum() == 7


@pytest.mark.slow
def test_records_of_experiments_have_real_bytes(tmp_path):
    names = [
        PLANNED[0],
        Configuration(("qat",), bits=2),
        Configuration(("mp",), 0.95),
        Configuration(("qat", "mp"), 0.95, 2),
    ]
    run(Experiment(**small.quick(tmp_path, train_rows=64)), names)
    frame = limits_table(read_limits(tmp_path / "results", size_measure="packed"), draws=10)
    both = frame.set_index("configuration")
    assert both.megabytes.idxmin() == "qat2+mp95" and both.megabytes.idxmax() == "base"
    assert np.isfinite(both.interaction["qat2+mp95"])


def test_bytes_that_records_have_are_used(tmp_path):
    labels = np.arange(100) % 2
    measured = {"size_measures": {"model": {"packed": 3_000_000}}}
    write_one(tmp_path, "base", labels, labels, {"task": "rte", "size": "tiny", "seed": 0}, **measured)
    frame = limits_table(read_limits(tmp_path, size_measure="packed"), draws=20)
    assert frame.megabytes.tolist() == [3.0]
