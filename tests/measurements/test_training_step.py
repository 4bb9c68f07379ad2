"""The bench measures what it says, on rows like GLUE's."""

import json

import numpy as np
import pytest

from compressions.measurements import training_step
from tests.conftest import ROOT


def test_its_rows_have_glues_mean_length():
    lengths = [len(row) for row in training_step.synthetic_rows(4000)["input_ids"]]
    assert np.mean(lengths) == pytest.approx(training_step.MEAN_LENGTH, rel=0.05)
    assert min(lengths) >= 4 and max(lengths) <= training_step.LONGEST


@pytest.mark.parametrize("subset", training_step.SUBSETS.values(), ids=training_step.SUBSETS)
@pytest.mark.slow
def test_it_trains_every_subset(monkeypatch, subset):
    monkeypatch.setattr(training_step, "STEPS", 2)
    assert training_step.train(subset, size="tiny").steps == 2


def test_the_committed_table_is_complete():
    measured = json.loads((ROOT / "results/bench.json").read_text())
    steps = {f"step: {name}" for name in training_step.SUBSETS if name != "plain"}
    assert set(measured["ratios"]) == steps | {"peak memory: all three", "examples per second: bucketed"}
    assert measured["machine"]["threads"] == 1
