"""What records let us expect of experiments that have none."""

import itertools
import math

import pytest

from compressions.data.tasks import HUB
from compressions.experiments.configurations import Configuration
from compressions.experiments.costs import BYTES_PER_ROW, SPARE_MEMORY, Costs
from compressions.experiments.experiment import Experiment
from compressions.models.architectures import SIZES

FACTOR = {"base": 1.0, "qat": 1.4, "kd": 2.0}
ROWS = {"rte": 2490, "sst2": 8192}


def record(task: str, size: str, configuration: str) -> dict:
    """One of a world in which seconds are rows times epochs times weights times the configuration's factor."""
    seconds = 1e-8 * ROWS[task] * 3 * SIZES[size].linear_weights * FACTOR[configuration]
    encoder = {"source": "folder"}
    return {
        "specification": {"task": task, "size": size, "train_rows_used": ROWS[task], "epochs": 3, "encoder": encoder},
        "configuration": configuration,
        "seconds": 0.9 * seconds,
        "evaluation_seconds": 0.1 * seconds,
        "peak_memory_bytes": 2e9,
        "machine": {"device": "cpu"},
    }


def experiment(task: str, size: str) -> Experiment:
    return Experiment(task, size, train_rows=8192, glue=HUB, checkpoints="hub", teacher="small")


@pytest.mark.parametrize(("task", "size"), [("sst2", "tiny"), ("rte", "mini"), ("sst2", "medium")])
def test_seconds_follow_the_task_the_size_and_the_configuration(task, size):
    wanted = {"kd": Configuration(("kd",)), "base": Configuration()}
    seen = itertools.product(ROWS, ("tiny", "mini", "small"), FACTOR)
    costs = Costs([record(*key) for key in seen if key not in {("sst2", "tiny", "kd"), ("rte", "mini", "kd")}])
    expected = sum(record(task, size, name)["seconds"] / 0.9 for name in wanted)
    assert costs.seconds(experiment(task, size), list(wanted.values())) == pytest.approx(expected, rel=0.1)


def test_a_gpus_records_count_where_there_are_no_others():
    on_cpu = [record(task, "tiny", "base") for task in ROWS]
    on_gpu = [{**each, "seconds": each["seconds"] / 20, "machine": {"device": "NVIDIA H100"}} for each in on_cpu]
    expected = [Costs(records).seconds(experiment("rte", "tiny"), [Configuration()]) for records in (on_cpu, on_gpu)]
    assert expected[0] > 5 * expected[1]
    both = Costs([*on_cpu, *on_gpu]).seconds(experiment("rte", "tiny"), [Configuration()])
    assert both == expected[0]


def test_without_records_nothing_is_expected_and_memory_follows_the_parameters():
    costs = Costs([])
    assert math.isnan(costs.seconds(experiment("rte", "tiny"), [Configuration()]))
    assert costs.seconds(experiment("rte", "tiny"), []) == 0
    assert 1e9 < costs.memory_bytes(experiment("rte", "tiny")) < costs.memory_bytes(experiment("rte", "large")) < 64e9
    older = record("rte", "tiny", "base")
    del older["peak_memory_bytes"]
    measured = Costs([record("rte", "tiny", "base"), older])
    # The record's rows were 2,490; what is asked for has as many, and as many again that augmentation adds.
    assert measured.memory_bytes(experiment("rte", "tiny")) == SPARE_MEMORY * (2e9 + 2490 * BYTES_PER_ROW)
    assert measured.memory_bytes(experiment("mnli", "tiny")) > measured.memory_bytes(experiment("rte", "tiny"))
