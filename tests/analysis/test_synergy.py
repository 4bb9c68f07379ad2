"""Synergy, what may be said of it, and that its intervals hold the truth as often as they say."""

from math import log2

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compressions.analysis.bootstrap import Draws, Estimate, Z, bootstrap, estimate, estimate_mean
from compressions.analysis.devices import changes_apart, interactions_apart, repeated, searches_apart, shares
from compressions.analysis.reading import read_results
from compressions.analysis.reductions import COMBINED, FOUND, METHODS, SINGLES, SMALLEST, reductions, with_parts
from compressions.analysis.results import ALL
from compressions.analysis.simulation import gains, multiplying
from compressions.analysis.synergy import (
    IN_POINTS,
    MARGIN,
    agreement,
    censored,
    interaction,
    power,
    seeds_to_decide,
    shapley,
    synergy,
    verdict,
    verdicts,
)
from compressions.book.published import read_figure1
from compressions.data.tasks import GLUE_TASKS
from tests.conftest import ROOT
from tests.simulated import GAINS, on_gpu, world, write_records

MIDDLE = slice(2, 3)  # sizes whose reductions lie within what was trained


def test_synergy_is_the_log_of_observed_over_product():
    ratios = dict(zip(METHODS, [4, 2, 1.5, 12, 6, 3, 9], strict=True))
    found = dict(zip(COMBINED, synergy(np.array(list(ratios.values()))), strict=True))
    assert found == pytest.approx({"QAT+KD": log2(12 / 8), "QAT+MP": 0, "KD+MP": 0, "QAT+KD+MP": log2(9 / 12)})


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_a_product_has_no_synergy_and_its_shares_are_the_single_methods(logs):
    single = dict(zip(SINGLES, logs, strict=True))
    ratios = np.array([2.0 ** sum(single[part] for part in method.split("+")) for method in METHODS])
    assert np.allclose(synergy(ratios), 0, atol=1e-9)
    assert np.allclose(shapley(np.log2(ratios)), logs, atol=1e-9)


@given(st.lists(st.floats(-3, 3), min_size=7, max_size=7))
def test_shares_sum_to_what_all_three_reach(logs):
    assert shapley(np.array(logs)).sum() == pytest.approx(logs[METHODS.index("QAT+KD+MP")], abs=1e-9)


def test_interaction_is_what_is_lost_together_less_what_is_lost_one_by_one():
    scores = np.array([80, 79, 81, 78, 76, 80, 77, 75, 79, 77, 78.5, 76.5])
    found = dict(zip(COMBINED, interaction(scores), strict=True))
    # QAT -1, KD +1, MP -3 (the mean of -2 and -4); QAT+KD 0, QAT+MP -4, KD+MP -2, all three -2.5.
    assert found == pytest.approx({"QAT+KD": 0, "QAT+MP": 0, "KD+MP": 0, "QAT+KD+MP": 0.5})


@pytest.mark.parametrize(
    "low, high, says",
    [
        (0.1, 0.9, "super-multiplicative"),
        (-0.9, -0.1, "sub-multiplicative"),
        (-0.1, 0.1, "multiplicative"),
        (0.01, 0.1, "multiplicative"),
        (-0.2, 0.5, "not decidable"),
    ],
)
def test_a_verdict_says_no_more_than_the_interval(low, high, says):
    assert verdict(low, high, MARGIN) == says


def test_nothing_is_said_of_one_seed_or_of_what_was_not_measured():
    certain = Estimate(np.full((5, 4), 0.5), np.full((5, 4), 1e-4), np.full((5, 4), 1e-4))
    several, single = world(0, seeds=2, rows=10), world(0, seeds=1, rows=10)
    assert set(verdicts(certain, several, np.zeros((5, 4))).says) == {"super-multiplicative"}
    unmeasured = verdicts(certain, several, np.ones((5, 4)))
    assert set(unmeasured.says) == {"not measured"} and unmeasured[["low", "high", "needed"]].isna().all(axis=None)
    assert set(verdicts(certain, single, np.zeros((5, 4))).says) == {"one seed"}
    assert set(verdicts(certain, several, np.zeros((5, 4)), 1.0, IN_POINTS).says) == {"adds up"}


def test_agreement_with_the_paper_is_claimed_only_where_both_sides_are_known():
    says = ["less lost together", "less lost together", "more lost together", "adds up", "one seed", "not decidable"]
    table = pd.DataFrame({"says": [*says, "less lost together", "less lost together"]})
    published = pd.Series([1, -1, -1, 1, 1, 1, 0.1, np.nan])
    stands = ["same side", "other side", "same side", "adds up", "open", "open", "not comparable", "not comparable"]
    assert list(agreement(table, published, pd.Series(0.2, table.index))) == stands


def test_a_ratio_that_is_only_bounded_is_marked():
    status = np.full(len(METHODS), FOUND)
    assert not censored(status).any()
    status[METHODS.index("KD")] = SMALLEST
    assert dict(zip(COMBINED, censored(status), strict=True)) == {
        "QAT+KD": True,
        "QAT+MP": False,
        "KD+MP": True,
        "QAT+KD+MP": True,
    }


def test_more_seeds_help_until_the_rows_forbid():
    one = Estimate(np.float64(1.0), np.float64(0.5), np.float64(0.1))
    # 1.96² (0.5 · 3 / s + 0.1) < 1 from s = 10 on: (1 / 1.96)² - 0.1 = 0.1603, and 1.5 / 0.1603 = 9.4.
    assert seeds_to_decide(one, 3) == 10
    chances = power(1.0, one, 3, np.array([9, 10, 1000]))
    assert chances[0] < 0.5 < chances[1] < chances[2]
    assert seeds_to_decide(Estimate(np.float64(0.1), np.float64(0.5), np.float64(0.1)), 3) == np.inf
    assert np.isnan(seeds_to_decide(one, 1))


def middle(results, drawn, tolerance=0.0, how="interpolated"):
    """The estimate of the mean synergy over the tasks, at the middle size, `(combinations,)`."""

    def of_task(scores):
        return synergy(reductions(scores, results.bytes, tolerance, how).ratios)[..., MIDDLE, :]

    return estimate_mean(results.scores, drawn, of_task, results.freedom.sum(axis=1, keepdims=True)).at(0)


@pytest.mark.parametrize("truth, runs, least, most", [(0.0, 150, 0.92, 0.98), (0.6, 50, 0.88, 1.0)])
def test_the_interval_holds_the_truth_as_often_as_it_says(truth, runs, least, most):
    hits = []
    for run in range(runs):
        results = world(run, synergy=truth, seeds=5, rows=800, seed_noise=0.3)
        found = middle(results, bootstrap(results, 60, run))
        hits.append((found.low <= truth) & (truth <= found.high))
    assert least <= np.mean(hits) <= most


def test_the_interval_of_the_discrete_search_holds_what_other_grids_find_and_not_the_truth():
    found = []
    for run in range(25):
        results = world(run, seeds=5, rows=800, seed_noise=0.3)
        one = middle(results, bootstrap(results, 60, run), 0.5, "discrete")
        found.append((one.value, one.low, one.high))
    value, low, high = np.array(found).transpose(1, 0, 2)
    typical = value.mean(axis=0)
    assert np.mean((low <= typical) & (typical <= high)) > 0.93
    # The worlds multiply: without noise the search finds 0 there, with noise it rounds sums down less than their parts.
    pair = COMBINED.index("QAT+KD")
    assert typical[pair] > 0.3 and np.mean(low[:, pair] <= 0) < 0.9


def test_equal_tasks_add_their_degrees_of_freedom_and_a_noisy_one_has_its_own():
    shape = (20_000, 4, 1, 1)
    generator = np.random.default_rng(0)
    for noise, wanted in (((1, 1, 1, 1), 8), ((0, 0, 0, 1), 2), ((1, 1, 0, 0), 4)):
        drawn = Draws(*(generator.normal(size=shape) * np.reshape(noise, (4, 1, 1)) for _ in range(3)))
        found = estimate_mean(np.zeros(shape[1:]), drawn, lambda scores: scores, np.full((4, 1), 2))
        assert found.freedom == pytest.approx(np.full((1, 1), wanted), rel=0.02)


def test_the_interval_of_two_seeds_of_one_task_is_wide_enough():
    hits = []
    for run in range(300):
        results = world(run, seeds=2, rows=400, seed_noise=1.5)
        drawn = bootstrap(results, 50, run)
        found = estimate(results.scores, drawn, lambda scores: interaction(scores), results.freedom[..., None])
        one = found.at(0, 2, 0)
        hits.append(one.low <= 0 <= one.high)
    assert np.mean(hits) >= 0.92


def test_one_seed_has_no_noise_of_seeds_and_the_table_says_so():
    results = world(0, seeds=1)
    found = estimate(results.scores, bootstrap(results, 50), lambda scores: interaction(scores).mean(axis=-3))
    assert np.allclose(found.of_seeds, 0, atol=1e-9) and (found.of_rows > 0.01).all()
    none = estimate(
        results.scores, bootstrap(results, 50), lambda scores: interaction(scores), results.freedom[..., None]
    )
    assert np.allclose(none.half, Z * none.error)
    table = verdicts(found, results, np.zeros(found.value.shape))
    assert (table.seeds == 1).all() and table.needed.isna().all()


def test_a_world_that_multiplies_has_none_by_interpolation_and_some_by_search():
    points = read_figure1(ROOT / "book/paper/figure1.csv")
    scores, sizes = multiplying(points, noise=0.5, tasks=8, draws=100)
    exact = synergy(reductions(scores, sizes, 0.0, "interpolated").ratios)[..., 1:5, :].mean(axis=(0, 1, 2))
    searched = synergy(reductions(scores, sizes, 0.5, "discrete").ratios)[..., 1:5, :].mean(axis=(0, 1, 2))
    assert abs(exact).max() < abs(searched).max()
    assert set(gains(points)) == set(GAINS)


def test_nothing_is_said_where_models_of_two_devices_are_compared(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny", "mini"))
    on_gpu(tmp_path, "rte", "mini", 1, ("qat",))
    results = read_results(tmp_path)
    found = estimate_mean(results.scores, bootstrap(results, 50), interaction, results.freedom)
    table = verdicts(found, results, np.zeros((2, len(COMBINED))), margin=1e9).set_index(["size", "methods"]).says
    assert set(table["TINY"]) == {"multiplicative"}
    # What QAT has no part in is asked of models of one device.
    assert table["MINI"].to_dict() == dict.fromkeys(COMBINED, "two devices") | {"KD+MP": "multiplicative"}


def test_more_seeds_narrow_the_interval_by_their_noise_and_by_t():
    found = Estimate(np.array(1.0), np.array(0.5), np.array(0.0), freedom=2.0)  # of three seeds, the rows without noise
    six = found.with_seeds(3, np.array(6))
    # Variance 0.5 of three seeds is 0.25 of six; Student's t with five degrees of freedom is 2.5706.
    assert six.half == pytest.approx(2.5706 * 0.5, rel=1e-4)


def test_a_large_effect_is_certain_to_be_seen_and_none_is_in_one_of_twenty():
    one = Estimate(np.float64(0.5), np.float64(0.1), np.float64(0.0), freedom=2.0)
    assert power(50.0, one, 3, np.array([3, 5, 10, 30])) == pytest.approx(1)
    assert power(0.0, one, 3, np.array([3, 5, 10, 30])) == pytest.approx(0.05)


def test_a_search_over_sizes_compares_all_their_devices(tmp_path):
    write_records(tmp_path, tasks=("rte", "sst2"), sizes=("tiny", "mini"))
    on_gpu(tmp_path, "rte", "mini", 1, ALL)
    results = read_results(tmp_path)
    assert not changes_apart(results).any() and not interactions_apart(results).any()
    assert searches_apart(results).tolist() == [[[task == "rte"] * len(METHODS)] * 2 for task in results.tasks]


def test_a_search_is_asked_for_the_devices_of_its_own_method_alone(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny", "mini"))
    on_gpu(tmp_path, "rte", "mini", 1, ("kd+mp40",))
    found = searches_apart(read_results(tmp_path))
    assert (found == [method == "KD+MP" for method in METHODS]).all()
    # All three together are asked of themselves and of single methods, not of pairs.
    assert (with_parts(found) == [method == "KD+MP" for method in COMBINED]).all()


def test_a_question_is_answered_over_the_tasks_that_can_answer_it(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",))
    write_records(tmp_path, tasks=("sst2",), sizes=("tiny",), seeds=(0, 1, 2))
    write_records(tmp_path, tasks=("stsb",), sizes=("tiny",), seeds=(0,))
    on_gpu(tmp_path, "rte", "tiny", 1, ("mp60",))
    on_gpu(tmp_path, "sst2", "tiny", 1, ("kd",))
    results = read_results(tmp_path)
    used = repeated(results, interactions_apart(results))
    over = {methods: results.over(used[:, 0, place]) for place, methods in enumerate(COMBINED)}
    assert over == {"QAT+KD": "rte", "QAT+MP": "sst2", "KD+MP": "", "QAT+KD+MP": ""}
    draws = bootstrap(results, 50)
    found = estimate_mean(
        results.scores, draws, lambda scores: np.where(used, interaction(scores), np.nan), results.freedom
    )
    said = verdicts(found, results, np.zeros((1, len(COMBINED))), margin=1e9, used=used)
    assert said[["methods", "seeds", "says"]].to_numpy().tolist() == [
        ["QAT+KD", 2, "multiplicative"],
        ["QAT+MP", 3, "multiplicative"],
    ]
    assert said.value.tolist() == [interaction(results.scores)[2, 0, 0], interaction(results.scores)[0, 0, 1]]


def test_a_device_by_which_all_models_of_a_seed_gain_alike_changes_nothing(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",))
    on_gpu(tmp_path, "rte", "tiny", 1, ALL)
    results = read_results(tmp_path)
    assert not interactions_apart(results).any() and not shares(results).any() and searches_apart(results).all()


def test_what_a_device_adds_is_found_in_what_mixes_it(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",))
    on_gpu(tmp_path, "rte", "tiny", 0, ("qat", "mp40", "qat+mp40", "qat+mp60"))
    # Of two seeds one: QAT and QAT+MP gain half of a point, MP at one of two sparsities a quarter.
    found = dict(zip(COMBINED, interaction(shares(read_results(tmp_path)))[0, 0], strict=True))
    assert found == {"QAT+KD": -0.5, "QAT+MP": 0.5 - 0.5 - 0.25, "KD+MP": -0.25, "QAT+KD+MP": -0.75}


def test_all_tasks_are_all_of_the_papers(tmp_path):
    write_records(tmp_path, tasks=tuple(GLUE_TASKS), sizes=("tiny",), seeds=(0,), rows=10)
    results = read_results(tmp_path)
    assert results.over(np.ones(8, bool)) == "all tasks"
    assert results.over(np.arange(8) > 5) == "qnli, rte"
