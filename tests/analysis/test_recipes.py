"""What is advised for a budget fits it, and nothing is advised where nothing fits."""

import numpy as np
import pytest

from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.pareto import model_table
from compressions.analysis.reading import read_results
from compressions.analysis.recipes import packed_megabytes, recipes, saved_bytes
from compressions.book.published import read_figure1
from tests.conftest import ROOT
from tests.simulated import record_measures, write_records

BUDGETS, LOSSES = [1, 5, 20, 50], [0, 2]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    write_records(folder)
    record_measures(folder, ("packed",))
    return read_results(folder)


@pytest.fixture(scope="module")
def found(results):
    return recipes(results, bootstrap(results, 50), read_figure1(ROOT / "book/paper/figure1.csv"), BUDGETS, LOSSES)


def test_a_recipe_is_the_best_that_fits(results, found):
    means = model_table(results, bootstrap(results, 50)).query("task == 'mean' and configuration != 'aug'")
    for budget in BUDGETS[1:]:
        row = found[found.asked == f"≤ {budget} MB"].iloc[0]
        assert row.megabytes <= budget and row.score == means[means.megabytes <= budget].score.max()
    least = means[means.configuration == "base"].score.max() - 2
    row = found[found.asked == "≤ 2 points lost"].iloc[0]
    assert row.score >= least and row.megabytes == means[means.score >= least].megabytes.min()


def test_nothing_is_advised_where_nothing_fits(found):
    assert found["size"].iloc[0] == "" and np.isnan(found.score.iloc[0]) and found.as_good.iloc[0] == 0


def test_a_recipe_says_how_many_others_are_as_good_and_what_the_paper_would_take(found):
    assert found.as_good[1:].between(0, 22).all() and (found.as_good > 0).any()
    for row in found[found["size"] != ""].itertuples():
        assert row.simplest.count("+") <= row.configuration.count("+") and (
            row.as_good or row.configuration in row.simplest
        )
    assert found.paper.iloc[1] == "TINY qat+kd+mp40"


def test_packed_megabytes_are_those_measured(results, found):
    row = found.iloc[1]
    assert row.packed == pytest.approx(packed_megabytes(results, row["size"], row.configuration)) and row.packed > 0


def test_saved_bytes_are_percentages_of_each_sizes_own(results):
    assert saved_bytes(results, "qat").tolist() == pytest.approx([75, 75], abs=0.1)
    assert (saved_bytes(results, "mp60") < 20).all()
