"""Changes from the baseline with the noise of the validation rows."""

import numpy as np
import pytest

from compressions.analysis.row_intervals import changes, compare
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


def test_changes_agree_where_the_interval_of_their_difference_holds_zero(tmp_path, records):
    ours = changes(tmp_path, records)
    assert compare(ours, ours).agree.all()
    moved = ours.assign(**{name: ours[name] + 30 for name in ("change", "change_low", "change_high")})
    assert not compare(ours, moved).query("configuration != 'base'").agree.any()
    assert compare(ours.iloc[:0], moved).empty
