"""The hours of a grid that has not run, against values reckoned by hand."""

import pandas as pd
import pytest

from compressions.data.tasks import TASKS
from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration
from compressions.experiments.estimates import Gpu, baseline_seconds, examples, hours, multiply_adds, slowness
from compressions.experiments.grid import Grid

PLAN = {"sizes": ["tiny", "small"], "seeds": [0, 1], "subsets": [[], ["qat"], ["kd"]], "sparsities": []}
GRID = Grid("planned", {"tasks": ["rte"], **PLAN, "glue": "nyu-mll/glue"})


def frame(rates: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Records of every task at the same examples a second, by size and configuration."""
    rows = [(task, *key, rate, "cpu") for task in TASKS for key, rate in rates.items()]
    return pd.DataFrame(rows, columns=["task", "size", "configuration", "examples_per_second", "device"])


MEASURED = frame({("tiny", "base"): 500, ("tiny", "qat"): 400, ("tiny", "kd"): 500})


def test_multiply_adds_are_those_of_a_layers_four_attention_and_two_wide_matrices():
    assert multiply_adds("tiny") == 2 * (4 * 128 * 128 + 2 * 128 * 512) == 393_216
    assert multiply_adds("large") == 301_989_888
    with pytest.raises(BadInput, match="unknown size 'huge'; allowed: tiny, "):
        multiply_adds("huge")


def test_examples_are_rows_times_epochs_times_seeds_and_twice_that_where_rows_are_added():
    assert examples(GRID, "rte", Configuration()) == 2490 * 3 * 2
    assert examples(GRID, "rte", Configuration(("kd",))) == 2 * 2490 * 3 * 2
    cut = Grid("cut", {**GRID.content, "train_rows": 100, "epochs": 1, "augment": 2})
    assert examples(cut, "rte", Configuration(("aug",))) == 3 * 100 * 1 * 2
    with pytest.raises(BadInput, match="grid 'mine' is embedded"):
        examples(Grid("mine", {**GRID.content, "glue": "embedded"}), "rte", Configuration())


def test_a_size_that_was_not_measured_is_slower_by_its_multiply_adds():
    assert slowness(MEASURED).to_dict() == pytest.approx({"base": 1, "qat": 1.25, "kd": 1})
    small = baseline_seconds(MEASURED, "small")  # 4 layers of 512 are 32 times 2 layers of 128
    assert small.name == "tiny" and small["rte"] == pytest.approx(32 / 500)
    both = pd.concat([MEASURED, frame({("mini", "base"): 100})])
    assert baseline_seconds(both, "small")["rte"] == pytest.approx(4 / 100)
    with pytest.raises(BadInput, match="no size has a baseline's record of every task"):
        baseline_seconds(MEASURED[MEASURED.task != "rte"], "small")


def test_a_gpu_computes_or_waits_for_its_own_steps():
    gpu = Gpu(teraflops=10, step=0.02)
    assert gpu.seconds("large", 50, 32) == pytest.approx(2 * 3 * 301_989_888 * 50 / 10e12)  # 9.06 ms
    assert gpu.seconds("tiny", 50, 32) == 0.02 / 32
    with pytest.raises(BadInput, match="teraflops 0 is not allowed; take a number above 0"):
        Gpu(0, 0.02)


def test_the_hours_of_a_grid():
    found = hours(GRID, MEASURED, Gpu(10, 0.02), tokens=50)
    # 14,940 examples of the baseline, as many 1.25 times slower, and twice as many with a teacher: 4.25 baselines.
    assert found.examples.to_list() == [4 * 14_940] * 2 and found.measured.to_list() == ["tiny"] * 2
    assert found.cpu_hours["tiny"] == pytest.approx(4.25 * 14_940 / 500 / 3600)
    assert found.cpu_hours["small"] == pytest.approx(32 * found.cpu_hours["tiny"])
    assert found.gpu_hours.to_list() == pytest.approx([4.25 * 14_940 * 0.02 / 32 / 3600] * 2)
    with pytest.raises(BadInput, match="tokens 0 is not allowed"):
        hours(GRID, MEASURED, Gpu(10, 0.02), tokens=0)


def test_a_gpus_records_are_not_a_threads():
    on_gpu = frame({("tiny", "base"): 9000, ("tiny", "qat"): 1000}).assign(device="NVIDIA H100")
    both = pd.concat([MEASURED, on_gpu])
    assert slowness(both).to_dict() == slowness(MEASURED).to_dict()
    assert baseline_seconds(both, "tiny").equals(baseline_seconds(MEASURED, "tiny"))
