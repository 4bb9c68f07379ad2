"""The paper's sizes, from shapes alone."""

import pandas as pd
import pytest

from compressions.errors import BadInput
from compressions.models.architectures import SIZES, Size
from compressions.storage.size_measures import megabytes
from tests.conftest import ROOT

FIGURE = pd.read_csv(ROOT / "book/paper/figure1.csv")


def test_all_72_published_sizes_are_counted_from_shapes():
    assert len(FIGURE) == 72
    for row in FIGURE.itertuples():
        counted = SIZES[row.architecture.lower()].megabytes(8 if "QAT" in row.methods else 32, row.sparsity)
        # Published sizes are read to 0.01 MB, the fp32 ones as four times an int8 one.
        assert counted == pytest.approx(row.size_mb, abs=0.01 if "QAT" in row.methods else 0.04), row


def test_parameters_are_those_of_the_published_checkpoints():
    counted = {name: size.parameters for name, size in SIZES.items()}
    assert counted["base"] == 109_482_240  # bert-base-uncased with pooler
    assert counted["tiny"] == 4_385_920
    assert counted["mini"] == 11_170_560


def test_a_pruned_weight_is_free_and_an_int8_one_costs_a_quarter():
    assert megabytes(10**6, 32) == 4
    assert megabytes(10**6, 8) == 1


def test_heads_must_divide_the_width():
    with pytest.raises(BadInput, match="5 heads do not divide a width of 128"):
        Size("odd", 2, 128, 5)
