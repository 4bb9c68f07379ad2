"""Which method first: prices are points over halvings of the bytes, the paper's and ours alike."""

from math import log2

import numpy as np
import pytest

from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.ranking import ALONE, LAST, price_difference, published_steps, steps
from compressions.analysis.reading import read_results
from compressions.book.published import read_figure1
from tests.conftest import ROOT
from tests.simulated import POINTS_PER_DOUBLING, simulated_results, write_records


def at(frame, size, step, order):
    (row,) = frame[(frame["size"] == size) & (frame.step == step) & (frame.order == order)].itertuples()
    return row


def test_the_papers_prices_are_those_of_its_points():
    found = published_steps(read_figure1(ROOT / "book/paper/figure1.csv"))
    qat, pruned = at(found, "base", "QAT", ALONE), at(found, "base", "MP 60 %", ALONE)
    assert qat.price == pytest.approx((86.76 - 87.42) / 2, abs=0.01) and qat.saved == pytest.approx(75)
    assert pruned.price == pytest.approx((86.48 - 87.42) / log2(437.92 / 232.67))
    assert np.isnan(at(found, "base", "KD", LAST).price) and at(found, "base", "KD", LAST).value > 0


def test_where_methods_multiply_a_step_costs_the_same_first_and_last():
    results = simulated_results(0, seeds=3, rows=4000, seed_noise=0.05)
    found = steps(results, bootstrap(results, 50))
    for step, gain in (("QAT", 2.0 - 2.0), ("KD", 0.7), ("MP 60 %", 0.5 - 0.4)):
        for order in (ALONE, LAST):
            row = at(found, "size2", step, order)
            assert row.value == pytest.approx(POINTS_PER_DOUBLING * gain, abs=1.2)
    assert at(found, "size2", "QAT", ALONE).halvings == 2
    mp = at(found, "size2", "MP 60 %", LAST)
    assert mp.price == pytest.approx(mp.value / 0.4) and mp.price_low < mp.price < mp.price_high


def test_a_difference_of_prices_is_paired_and_unknown_where_it_cannot_be_had(tmp_path):
    results = simulated_results(0, seeds=3, rows=400)
    drawn = bootstrap(results, 50)
    found = steps(results, drawn)
    one = price_difference(results, drawn, "size2", "QAT", "MP 60 %")
    prices = [at(found, "size2", step, ALONE).price for step in ("QAT", "MP 60 %")]
    assert one.value == pytest.approx(prices[0] - prices[1], abs=1e-6) and one.low < one.value < one.high
    assert np.isnan(price_difference(results, drawn, "base", "QAT", "MP 60 %").value)
    write_records(tmp_path, sizes=("tiny",), seeds=(0,))
    single = read_results(tmp_path)
    one = price_difference(single, bootstrap(single, 20), "tiny", "QAT", "MP 60 %")
    assert np.isfinite(one.value) and np.isnan(one.low)
