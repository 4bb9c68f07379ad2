"""Synergy, what may be said of it, and that its intervals hold the truth as often as they say."""

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compressions.analysis.bootstrap import Draws, Estimate, Z, bootstrap, estimate, estimate_mean
from compressions.analysis.reading import read_results
from compressions.analysis.reductions import COMBINED, FOUND, METHOD_SETS, SINGLES, SMALLEST, reductions
from compressions.analysis.simulation import BOTH, as_extreme, mean_gains, simulate_multiplicative, simulated_synergies
from compressions.analysis.synergy import (
    ADDITIVE,
    MARGIN,
    SETTINGS,
    censored,
    count_verdicts,
    interaction,
    interactions,
    interactions_by_setting,
    seeds_to_decide,
    synergies,
    synergy,
    verdict,
    verdicts,
)
from compressions.book.published import read_figure1
from tests.conftest import ROOT
from tests.simulated import GAINS, simulated_results, write_records

MIDDLE = slice(2, 3)  # sizes whose reductions lie within what was trained


def test_synergy_is_the_log_of_observed_over_product():
    ratios = dict(zip(METHOD_SETS, [4, 2, 1.5, 12, 6, 3, 9], strict=True))
    found = dict(zip(COMBINED, synergy(np.array(list(ratios.values()))), strict=True))
    assert found == pytest.approx({"QAT+KD": log2(12 / 8), "QAT+MP": 0, "KD+MP": 0, "QAT+KD+MP": log2(9 / 12)})


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_a_product_has_no_synergy(logs):
    single = dict(zip(SINGLES, logs, strict=True))
    ratios = np.array([2.0 ** sum(single[part] for part in method.split("+")) for method in METHOD_SETS])
    assert np.allclose(synergy(ratios), 0, atol=1e-9)


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
        (-0.2, 0.5, "open"),
    ],
)
def test_a_verdict_says_no_more_than_the_interval(low, high, says):
    assert verdict(low, high, MARGIN) == says


def test_there_is_no_verdict_for_one_seed_and_no_interval_for_what_is_censored():
    certain = Estimate(np.full((5, 4), 0.5), np.full((5, 4), 1e-4), np.full((5, 4), 1e-4))
    several, single = simulated_results(0, seeds=2, rows=10), simulated_results(0, seeds=1, rows=10)
    assert set(verdicts(certain, several).says) == {"super-multiplicative"}
    unknown = verdicts(certain, several, censored_share=np.ones((5, 4)))
    assert set(unknown.says) == {"censored"} and unknown[["low", "high", "needed"]].isna().all(axis=None)
    assert set(verdicts(certain, single).says) == {"one seed"}
    assert set(verdicts(certain, several, 1.0, ADDITIVE).says) == {"adds up"}


def test_a_combination_is_censored_where_one_of_its_methods_is():
    status = np.full(len(METHOD_SETS), FOUND)
    assert not censored(status).any()
    status[METHOD_SETS.index("KD")] = SMALLEST
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
    assert seeds_to_decide(Estimate(np.float64(0.1), np.float64(0.5), np.float64(0.1)), 3) == np.inf
    assert np.isnan(seeds_to_decide(one, 1))


def middle(results, drawn, tolerance=0.0, how="interpolated"):
    """The estimate of the mean synergy over the tasks, at the middle size, `(combinations,)`."""

    def of_task(scores):
        return synergy(reductions(scores, results.bytes, tolerance, how).ratios)[..., MIDDLE, :]

    return estimate_mean(results.scores, drawn, of_task, results.freedom.sum(axis=1, keepdims=True)).at(0)


@pytest.mark.parametrize("truth, runs, least, most", [(0.0, 100, 0.92, 0.98), (0.6, 50, 0.88, 1.0)])
@pytest.mark.slow
def test_the_interval_holds_the_truth_as_often_as_it_says(truth, runs, least, most):
    hits = []
    for run in range(runs):
        results = simulated_results(run, synergy=truth, seeds=5, rows=800, seed_noise=0.3)
        found = middle(results, bootstrap(results, 60, run))
        hits.append((found.low <= truth) & (truth <= found.high))
    assert least <= np.mean(hits) <= most


def test_the_interval_of_the_discrete_search_holds_what_other_grids_find_and_not_the_truth():
    found = []
    for run in range(25):
        results = simulated_results(run, seeds=5, rows=800, seed_noise=0.3)
        one = middle(results, bootstrap(results, 60, run), 0.5, "discrete")
        found.append((one.value, one.low, one.high))
    value, low, high = np.array(found).transpose(1, 0, 2)
    typical = value.mean(axis=0)
    assert np.mean((low <= typical) & (typical <= high)) > 0.93
    # Methods multiply: without noise the search finds 0, with noise it rounds sums down less than their parts.
    pair = COMBINED.index("QAT+KD")
    assert typical[pair] > 0.3 and np.mean(low[:, pair] <= 0) < 0.9


@pytest.mark.parametrize("noise, wanted", [((1, 1, 1, 1), 8), ((0, 0, 0, 1), 2), ((2, 1, 1, 1), 98 / 19)])
def test_degrees_of_freedom_are_those_of_welch_and_satterthwaite(noise, wanted):
    """From tasks' variances with two degrees of freedom each: both sums of (Σσ²)² / Σ(σ⁴/2) are unbiased."""
    generator, runs, shape = np.random.default_rng(0), 2000, (50, 4, 1, 1)
    standard = generator.normal(size=shape)
    standard = (standard - standard.mean(axis=0)) / standard.std(axis=0)
    totals, squares = [], []
    for _ in range(runs):
        variances = np.reshape(noise, (4, 1, 1)) ** 2 * generator.chisquare(2, size=(4, 1, 1)) / 2
        drawn = Draws(*(standard * np.sqrt(variances) for _ in range(3)))
        found = estimate_mean(np.zeros(shape[1:]), drawn, lambda scores: scores, np.full((4, 1), 2)).freedom.item()
        totals.append(variances.sum() ** 2)
        squares.append(totals[-1] / (found + 2))
    assert np.mean(totals) / np.mean(squares) - 2 == pytest.approx(wanted, rel=0.15)


def test_corrected_draws_have_the_variance_of_the_interval():
    results = simulated_results(0, seeds=5, rows=400, seed_noise=0.0)  # all noise is of a seed and a row together
    drawn = bootstrap(results, 2000)
    found = estimate(results.scores, drawn, lambda scores: scores)
    variance = (found.of_seeds + found.of_rows)[..., :12]
    assert np.allclose(drawn.corrected().var(axis=0)[..., :12], variance, rtol=0.2)
    assert (drawn.both.var(axis=0)[..., :12] > 1.2 * variance).mean() > 0.9


@pytest.mark.slow
def test_the_interval_of_two_seeds_of_one_task_is_wide_enough():
    hits = []
    for run in range(150):
        results = simulated_results(run, seeds=2, rows=400, seed_noise=1.5)
        drawn = bootstrap(results, 50, run)
        found = estimate(results.scores, drawn, lambda scores: interaction(scores), results.freedom[..., None])
        one = found.at(0, 2, 0)
        hits.append(one.low <= 0 <= one.high)
    assert np.mean(hits) >= 0.92


def test_one_seed_has_no_noise_of_seeds_and_the_table_says_so():
    results = simulated_results(0, seeds=1)
    found = estimate(results.scores, bootstrap(results, 50), lambda scores: interaction(scores).mean(axis=-3))
    assert np.allclose(found.of_seeds, 0, atol=1e-9) and (found.of_rows > 0.01).all()
    none = estimate(
        results.scores, bootstrap(results, 50), lambda scores: interaction(scores), results.freedom[..., None]
    )
    assert np.allclose(none.half_width, Z * none.standard_error)
    table = verdicts(found, results)
    assert (table.seeds == 1).all() and table.needed.isna().all()


def test_a_world_that_multiplies_has_none_by_interpolation_and_some_by_search():
    points = read_figure1(ROOT / "book/paper/figure1.csv")
    scores, sizes = simulate_multiplicative(points, noise=0.5, tasks=8, draws=100)
    exact = synergy(reductions(scores, sizes, 0.0, "interpolated").ratios)[..., 1:5, :].mean(axis=(0, 1, 2))
    searched = synergy(reductions(scores, sizes, 0.5, "discrete").ratios)[..., 1:5, :].mean(axis=(0, 1, 2))
    assert abs(exact).max() < abs(searched).max()
    assert set(mean_gains(points)) == set(GAINS)


def test_more_seeds_narrow_the_interval_by_their_noise_and_by_t():
    found = Estimate(np.array(1.0), np.array(0.5), np.array(0.0), freedom=2.0)  # of three seeds, the rows without noise
    six = found.with_seeds(3, np.array(6))
    # Variance 0.5 of three seeds is 0.25 of six; Student's t with five degrees of freedom is 2.5706.
    assert six.half_width == pytest.approx(2.5706 * 0.5, rel=1e-4)


def test_a_question_is_answered_over_the_tasks_that_are_used(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",))
    write_records(tmp_path, tasks=("sst2",), sizes=("tiny",), seeds=(0, 1, 2))
    write_records(tmp_path, tasks=("stsb",), sizes=("tiny",), seeds=(0,))
    results = read_results(tmp_path, comparable=False)
    used = np.zeros((3, 1, len(COMBINED)), bool)
    used[results.tasks.index("rte"), 0, 0] = used[results.tasks.index("sst2"), 0, 1] = True
    draws = bootstrap(results, 50)
    found = estimate_mean(
        results.scores, draws, lambda scores: np.where(used, interaction(scores), np.nan), results.freedom
    )
    said = verdicts(found, results, margin=1e9, used=used)
    assert said[["methods", "seeds", "says"]].to_numpy().tolist() == [
        ["QAT+KD", 2, "multiplicative"],
        ["QAT+MP", 3, "multiplicative"],
    ]
    assert said.value.tolist() == [interaction(results.scores)[2, 0, 0], interaction(results.scores)[0, 0, 1]]


def test_interactions_without_noise_are_found_in_all_settings_and_counted():
    results = simulated_results(0, synergy=0.5, seeds=5, rows=4000, seed_noise=0.05)
    drawn = bootstrap(results, 100)
    found = interactions_by_setting(results, drawn, results, drawn, margin=0.25)
    # Half a doubling at 3 points each is 1.5 points; predictions on rows and seeds are noisy.
    middle = found[found["size"] == "SIZE2"]
    # All labels are alike, so that no task is above the majority-class baseline.
    assert list(dict.fromkeys(found.setting)) == list(SETTINGS[:2])
    assert len(middle) == 2 * len(COMBINED) and (abs(middle.value - 1.5) < 0.6).all()
    counts = count_verdicts(found)
    assert counts["decided"] == counts["super"] + counts["sub"] + counts["adds"]
    assert counts["decided"] + counts["open"] == 5 * len(COMBINED) and counts["super"] > 10
    assert counts["metric"] == 0  # both scores are accuracy


def test_one_seed_leaves_every_interaction_untested_and_without_an_interval():
    results = simulated_results(0, seeds=1, rows=50)
    found = interactions(results, bootstrap(results, 20), margin=0.25)
    assert set(found.says) == {"one seed"} and found[["low", "high"]].isna().all(axis=None)
    assert count_verdicts(found.assign(setting=SETTINGS[0])) == {
        **dict.fromkeys(("super", "sub", "adds", "decided", "open", "metric", "baseline", "excluding_zero"), 0),
        "untested": 20,
    }


def test_a_size_with_few_tasks_takes_no_part_in_the_means(tmp_path):
    write_records(tmp_path, tasks=("sst2", "rte", "mrpc", "qnli"), sizes=("tiny",))
    write_records(tmp_path, tasks=("sst2",), sizes=("mini",))
    results = read_results(tmp_path)
    assert set(interactions(results, bootstrap(results, 20), margin=0.25)["size"]) == {"TINY"}


def test_synergies_are_censored_where_there_is_no_smaller_model(tmp_path):
    write_records(tmp_path, tasks=("sst2", "rte"), sizes=("tiny",))
    results = read_results(tmp_path)
    assert set(synergies(results, bootstrap(results, 20), 99, "discrete").says) == {"censored"}


def test_simulated_grids_are_counted_that_are_as_extreme_as_the_paper():
    points = read_figure1(ROOT / "book/paper/figure1.csv")
    seen = simulated_synergies(points, [0.5], draws=40)
    shares = as_extreme(seen, np.array([-9, 9, 0, -9]))
    assert shares.loc[0.5, ["QAT+KD", "QAT+MP", "QAT+KD+MP", BOTH]].tolist() == [0, 0, 0, 0]
    assert shares.loc[0.5, "KD+MP"] == pytest.approx(100 * (seen[0.5][:, COMBINED.index("KD+MP")] >= 0).mean())
