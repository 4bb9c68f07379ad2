"""What follows from the paper's Table 1."""

import numpy as np
import pandas as pd
import pytest

from compressions.analysis.reductions import METHOD_SETS
from compressions.book.published import (
    counted,
    draw_synergies,
    products,
    published_synergies,
    read_figure1,
    read_table1,
)
from compressions.errors import BadInput
from tests.conftest import ROOT

MULTIPLIES, FALLS_SHORT, NEARLY = (4, 1, 2, 4, 8, 2, 8), (2, 1, 2, 2, 2, 2, 4), (1, 1, 1, 1, 1.1, 1, 1)
TABLE = pd.DataFrame([MULTIPLIES, FALLS_SHORT, NEARLY], ["LARGE", "TINY", "MINI"], list(METHOD_SETS), float)


def test_methods_that_multiply_have_no_synergy_and_a_factor_of_two_is_one_doubling():
    assert products(TABLE)["QAT+MP"].tolist() == [8, 4, 1]
    assert published_synergies(TABLE)["QAT+MP"].tolist() == pytest.approx([0, -1, np.log2(1.1)])


def test_signs_are_counted_with_and_without_what_rounding_could_change():
    assert counted(TABLE).loc["QAT+MP"].to_dict() == {"above": 1, "surely above": 0, "below": 1, "surely below": 1}


def test_the_papers_table_has_six_architectures_and_four_combinations():
    table = read_table1(ROOT / "book/paper/table1.csv")
    assert published_synergies(table).shape == (6, 4)
    assert published_synergies(table).loc["LARGE", "QAT+KD+MP"] == pytest.approx(np.log2(18.1 / (3.6 * 3.4 * 1.7)))
    bars = draw_synergies(published_synergies(table)).axes[0].patches
    assert {bar.get_height() for bar in bars} == set(published_synergies(table).to_numpy().ravel())


@pytest.mark.parametrize("name", ["README.md", "book/paper/table1.csv", "book/paper/figure1.csv", "nothing.csv"])
def test_a_file_that_is_not_the_papers_is_named(name):
    other = read_table1 if "figure1" in name else read_figure1
    with pytest.raises(BadInput, match=f"{name} is no table with the columns architecture, .*; name the one"):
        other(ROOT / name)
