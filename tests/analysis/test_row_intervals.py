"""Changes from the baseline with the noise of the validation rows."""

import numpy as np
import pandas as pd
import pytest

from compressions.analysis.row_intervals import against_seeds, change_variance, changes, compare
from compressions.experiments.records import read_all
from tests.simulated import write_records

NAMES = ("base", "qat", "mp60")
ROWS = 400


@pytest.fixture
def records(tmp_path):
    """Two tasks and two seeds of one size, of models that are right in 60 % of the rows."""
    write_records(tmp_path, sizes=("tiny",), rows=ROWS, names=NAMES)
    return read_all(tmp_path)


def test_scores_are_means_over_tasks_and_seeds_and_changes_are_from_the_baseline(tmp_path, records):
    found = changes(tmp_path, records).set_index("configuration")
    for name in NAMES:
        own = [record["score"] for record in records if record["configuration"] == name]
        assert found.score[name] == pytest.approx(np.mean(own))
    assert np.allclose(found.change, found.score - found.score["base"])
    assert found.change_low["base"] == found.change_high["base"] == 0


def test_an_interval_is_as_wide_as_the_binomial_one(tmp_path, records):
    one = [record for record in records if record["specification"]["seed"] == 0]
    found = changes(tmp_path, one).set_index("configuration").loc["base"]
    expected = 1.96 * 100 * np.sqrt(0.6 * 0.4 / ROWS / 2)  # the mean of two tasks
    assert found.high - found.score == pytest.approx(expected, rel=0.15)


def test_a_configuration_that_a_task_lacks_and_records_without_a_baseline_are_left_out(tmp_path, records):
    def lacks(record: dict) -> bool:
        return record["specification"]["task"] == "rte" and record["configuration"] == "qat"

    assert set(changes(tmp_path, [each for each in records if not lacks(each)]).configuration) == {"base", "mp60"}
    assert changes(tmp_path, [each for each in records if each["configuration"] != "base"]).empty
    assert changes(tmp_path, []).empty


def test_scores_agree_with_other_seeds_where_one_more_seed_would():
    def record(task: str, seed: int, score: float) -> dict:
        return {"specification": {"task": task, "seed": seed}, "configuration": "qat", "score": score}

    committed = [record(task, seed, 70.0 + seed) for task in ("rte", "sst2") for seed in range(3)]
    found = against_seeds([record("rte", 0, 73.0), record("sst2", 0, 75.0), record("cola", 0, 1.0)], committed)
    margin = 2.776 * 1 * np.sqrt(1 + 1 / 3)  # Student's t of four degrees of freedom
    assert found.committed.to_list() == [71.0, 71.0] and np.allclose(found.margin, margin, atol=1e-2)
    assert found.agree.to_list() == [True, False]
    assert not against_seeds([record("rte", 0, 70.0)], committed[:1]).agree.any()
    assert against_seeds([], committed).empty


def test_the_difference_of_two_changes_has_the_noise_of_seeds_and_of_both_sides(tmp_path, records):
    ours = changes(tmp_path, records)
    theirs = pd.DataFrame({"change": NAMES[1:], "value": 0.0, "low": -1.0, "high": 1.0})
    found = compare(ours, 4.0, theirs).set_index("configuration")
    own = ours.set_index("configuration")
    assert set(found.index) == set(NAMES[1:]) and np.allclose(found.difference, own.change[found.index])
    rows = (own.change_high - own.change)[found.index]
    assert np.allclose(found.difference_high - found.difference, np.sqrt(rows**2 + 1.96**2 * 4 + 1), atol=1e-3)


def test_the_variance_of_a_change_is_over_seeds_of_the_mean_over_tasks(records):
    means = pd.DataFrame([(r["specification"]["seed"], r["configuration"], r["score"]) for r in records])
    table = means.groupby([0, 1])[2].mean().unstack()
    expected = np.mean([np.var(table[name] - table["base"], ddof=1) for name in NAMES[1:]])
    assert change_variance(records) == pytest.approx(expected)
    assert np.isnan(change_variance([each for each in records if each["specification"]["seed"] == 0]))
