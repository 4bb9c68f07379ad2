"""Time and memory of experiments that have not run, against values worked out by hand."""

import math

import pandas as pd
import pytest

from compressions.data.tasks import HUB, TASKS
from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration
from compressions.experiments.estimates import Speeds, examples, gpu_seconds, hours, memory_bytes, seconds
from compressions.experiments.experiment import Experiment
from compressions.experiments.grid import Grid
from compressions.models.architectures import SIZES
from tests.conftest import ROOT

BASE, QAT, KD = Configuration(), Configuration(("qat",)), Configuration(("kd",))
PLAN = {"sizes": ["tiny", "small"], "seeds": [0, 1], "subsets": [[], ["qat"], ["kd"]], "sparsities": []}
GRID = Grid("planned", {"tasks": ["rte"], **PLAN, "glue": HUB})
DOUBLED = Grid("doubled", {**GRID.content, "steps": "doubled"})
TINY = ("rte", "tiny", 0)
WEIGHTS = {name: size.linear_weights for name, size in SIZES.items()}


def records(speeds: dict[tuple[str, str], float], device: str = "cpu") -> list[dict]:
    """Records of RTE with the given examples per second, by size and configuration."""
    return [
        {
            "specification": {"task": "rte", "size": size},
            "configuration": configuration,
            "examples_per_second": speed,
            "machine": {"device": device},
        }
        for (size, configuration), speed in speeds.items()
    ]


MEASURED = records({("tiny", "base"): 500, ("tiny", "qat"): 400, ("tiny", "kd"): 500})


def test_examples_are_rows_times_epochs_and_twice_that_where_rows_are_added():
    assert examples(GRID, TINY, BASE) == examples(GRID, TINY, KD) == 2490 * 3
    assert examples(DOUBLED, TINY, BASE) == 2490 * 3 and examples(DOUBLED, TINY, KD) == 2 * 2490 * 3
    cut = Grid("cut", {**DOUBLED.content, "train_rows": 100, "epochs": 1, "augment": 2})
    assert examples(cut, TINY, Configuration(("aug",))) == 3 * 100 * 1


def test_an_experiment_has_the_choices_of_its_overrides():
    overrides = [{"seeds": [1], "train_rows": 50, "epochs": 10}, {"sizes": ["small"], "batch_size": 8}]
    grid = Grid("own", {**GRID.content, "train_rows": 100, "overrides": overrides})
    assert examples(grid, TINY, BASE) == 300 and examples(grid, ("rte", "tiny", 1), BASE) == 500
    found = hours(grid, Speeds(MEASURED), tokens=50, gpu_teraflops=10, gpu_step=0.02)
    assert found.examples.to_list() == [3 * 800] * 2
    assert found.gpu_hours.to_list() == pytest.approx([3 * 800 * 0.02 / batch / 3600 for batch in (32, 8)])


def test_a_speed_is_the_measured_one_or_that_of_the_nearest_measured_experiment():
    speeds = Speeds([*MEASURED, *records({("tiny", "base"): 700})])
    assert speeds.examples_per_second("rte", "tiny", "base") == 600  # the median of two seeds
    assert speeds.examples_per_second("rte", "tiny", "mp40") == 500  # the median of all
    scaled = 400 * WEIGHTS["tiny"] / WEIGHTS["small"]
    assert speeds.examples_per_second("rte", "small", "qat") == pytest.approx(scaled)
    assert speeds.examples_per_second("mrpc", "tiny", "base") == 500
    assert math.isnan(speeds.examples_per_second("rte", "my_encoder", "base"))


def test_a_gpus_records_count_only_where_there_are_no_others():
    on_gpu = records({("tiny", "base"): 9000}, "NVIDIA H100")
    assert Speeds([*MEASURED, *on_gpu]).examples_per_second("rte", "tiny", "base") == 500
    assert Speeds(on_gpu).examples_per_second("rte", "tiny", "base") == 9000


def test_seconds_are_examples_over_speed_and_unknown_without_records():
    assert seconds(Speeds(MEASURED), GRID, TINY, [BASE, QAT]) == pytest.approx(7470 / 500 + 7470 / 400)
    assert math.isnan(seconds(Speeds([]), GRID, TINY, [BASE]))
    assert seconds(Speeds([]), GRID, TINY, []) == 0


def test_a_gpu_computes_or_waits_for_its_own_steps():
    computing = 6 * WEIGHTS["large"] * 50 / 10e12  # 9.1 ms
    assert gpu_seconds("large", 50, 32, gpu_teraflops=10, gpu_step=0.02) == pytest.approx(computing)
    assert gpu_seconds("tiny", 50, 32, gpu_teraflops=10, gpu_step=0.02) == 0.02 / 32
    with pytest.raises(BadInput, match="gpu_teraflops 0 is not allowed; take a number above 0"):
        gpu_seconds("tiny", 50, 32, gpu_teraflops=0, gpu_step=0.02)


def test_the_hours_of_a_grid():
    found = hours(DOUBLED, Speeds(MEASURED), tokens=50, gpu_teraflops=10, gpu_step=0.02)
    assert found.examples.to_list() == [2 * 4 * 7470] * 2 and found.measured.to_list() == ["tiny"] * 2
    # Of each seed once at 500 and once at 400 examples per second, and twice as many with a teacher at 500.
    assert found.cpu_hours["tiny"] == pytest.approx(2 * 7470 * (1 / 500 + 1 / 400 + 2 / 500) / 3600)
    assert found.cpu_hours["small"] == pytest.approx(found.cpu_hours["tiny"] * WEIGHTS["small"] / WEIGHTS["tiny"])
    assert found.gpu_hours.to_list() == pytest.approx([8 * 7470 * 0.02 / 32 / 3600] * 2)


def test_memory_covers_every_committed_record_and_grows_with_the_model_and_the_rows():
    frame = pd.read_csv(ROOT / "results/glue/records.csv")
    bundled = {"glue": HUB, "checkpoints": "bundled", "teacher": "mini"}
    of_cpu = frame[frame.device == "cpu"]
    for size, most in of_cpu.groupby("size").peak_memory_bytes.max().items():
        assert all(memory_bytes(Experiment(task, size, train_rows=8192, **bundled)) > most for task in TASKS)
    given = {"glue": HUB, "checkpoints": "hub", "teacher": "small"}
    tiny, full, large = (
        memory_bytes(Experiment("mnli", size, train_rows=rows, **given))
        for size, rows in (("tiny", 8192), ("tiny", None), ("large", 8192))
    )
    assert tiny < full < large < 64e9


def test_the_hours_of_a_custom_encoder_on_a_gpu_are_unknown():
    found = hours(Grid("own", {**GRID.content, "sizes": ["tiny", "my_encoder"]}), Speeds(MEASURED), 40, 10, 0.01)
    assert found.gpu_hours["tiny"] > 0 and math.isnan(found.gpu_hours["my_encoder"])
