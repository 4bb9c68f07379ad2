"""The limits: changes and interactions of every bits and sparsity, from whatever records there are."""

import numpy as np
import pytest

from compressions.analysis.grid_results import read_grid_results
from compressions.analysis.limits import PLANNED, best_by_budget, by_task, contrasts, limits_table, parts
from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.experiments.run import run
from compressions.storage.size_measures import megabytes
from tests import small
from tests.limits import DISTILLED, TOGETHER, rightness, write_limits
from tests.simulated import write_one, write_records

SMALL = tuple(each for each in PLANNED if each.bits in (8, 2) and each.sparsity in (0.0, 0.6, 0.95))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("limits")
    write_limits(place)
    return place


@pytest.fixture(scope="module")
def frame(folder):
    return limits_table(read_grid_results(folder, PLANNED), draws=100)


def test_a_configuration_has_the_parts_that_it_combines():
    assert [each.name for each in parts(Configuration(("qat", "kd", "mp"), 0.9, 2))] == ["qat2", "kd", "mp90"]


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
    changes = by_task(read_grid_results(folder, PLANNED), "change")
    assert list(changes) == ["sst2", "rte"] and changes.index[0] == ("tiny", "base")
    assert changes.mean(axis=1).to_numpy() == pytest.approx(frame.change.to_numpy())


def test_the_best_model_within_a_budget_is_small_enough_and_may_be_distilled(frame):
    best = best_by_budget(frame, [0.1, 2.0, 100.0])
    assert list(best.of) == ["without KD", "all"] * 2 and (best.megabytes <= best.budget).all()
    assert list(best.configuration[best.budget == 100]) == ["base", "kd"]
    assert best.megabytes.max() == pytest.approx(megabytes(4385920, 32), rel=0.01)


def test_one_seed_has_no_interval(tmp_path):
    write_limits(tmp_path, seeds=(0,), tasks=("rte",), rows=200, names=SMALL)
    frame = limits_table(read_grid_results(tmp_path, PLANNED), draws=20)
    assert frame.change.notna().all() and frame[["change_low", "interaction_high", "score_low"]].isna().all().all()


def test_a_cell_that_is_not_whole_is_left_out_and_counted(tmp_path):
    write_limits(tmp_path, tasks=("sst2",), seeds=(0, 1), rows=200, names=SMALL)
    (tmp_path / "sst2/tiny/qat2+mp95-seed1.json").unlink()
    ours = read_grid_results(tmp_path, PLANNED)
    assert ours.results.seeds.tolist() == [[1]] and ours.names == SMALL
    assert ours.results.left_out.to_dict("records") == [
        {"task": "sst2", "size": "TINY", "seed": 1, "why": "configurations are missing", "records": len(SMALL) - 1}
    ]


def test_a_grid_that_has_just_begun_is_shown_as_far_as_it_goes(tmp_path):
    write_limits(tmp_path, tasks=("rte",), seeds=(0,), rows=200, names=(Configuration(("qat",)), Configuration()))
    frame = limits_table(read_grid_results(tmp_path, PLANNED), draws=20)
    assert frame.change.notna().all() and frame.interaction.isna().all()


def test_without_records_all_is_unknown(tmp_path):
    frame = limits_table(read_grid_results(tmp_path, PLANNED), draws=20)
    assert len(frame) == 40 and frame[["change", "interaction", "megabytes", "at_baseline"]].isna().all().all()
    assert best_by_budget(frame, [1.0]).empty


def test_contrasts_without_the_baseline_are_unknown():
    weights = contrasts((Configuration(("kd",)), Configuration(("qat", "kd"))))
    assert np.isnan(weights["change"]).all() and np.isfinite(weights["score"]).all()


def test_bytes_that_were_not_measured_are_unknown(folder):
    frame = limits_table(read_grid_results(folder, PLANNED, size_measure="packed"), draws=10)
    assert frame.megabytes.isna().all() and best_by_budget(frame, [100.0]).empty
    with pytest.raises(BadInput, match="unknown size_measure 'tar'; allowed: paper, dense"):
        read_grid_results(folder, PLANNED, size_measure="tar")


def test_the_control_of_another_grid_is_left_away(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    frame = limits_table(read_grid_results(tmp_path, PLANNED), draws=10)
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
    frame = limits_table(read_grid_results(tmp_path / "results", PLANNED, size_measure="packed"), draws=10)
    both = frame.set_index("configuration")
    assert both.megabytes.idxmin() == "qat2+mp95" and both.megabytes.idxmax() == "base"
    assert np.isfinite(both.interaction["qat2+mp95"])


def test_bytes_that_records_have_are_used(tmp_path):
    labels = np.arange(100) % 2
    measured = {"size_measures": {"model": {"packed": 3_000_000}}}
    write_one(tmp_path, "base", labels, labels, {"task": "rte", "size": "tiny", "seed": 0}, **measured)
    frame = limits_table(read_grid_results(tmp_path, PLANNED, size_measure="packed"), draws=20)
    assert frame.megabytes.tolist() == [3.0]
