"""Training time and memory of experiments: measured examples per second, and arithmetic for what was not measured."""

import operator

import pandas as pd

from compressions.data.tasks import TASKS
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import EPOCHS, Experiment
from compressions.experiments.grid import Grid
from compressions.experiments.table import table
from compressions.models.architectures import SHAPES
from compressions.parameters import number

# Bytes to ask for: half as much again as the committed records' processes held at most.
PROCESS_BYTES, BYTES_PER_PARAMETER, BYTES_PER_ROW = 3e9, 90, 3750
Key = tuple[str, str, int]  # task, size and seed of one of a grid's experiments
GPU_OPERATIONS = 6  # of each weight and token: a multiply-add forward, and twice that backward


class Speeds:
    """Training examples per second of one worker: medians over the seeds of records, by task, size and configuration.

    Records of a GPU count only where there are no others.
    """

    def __init__(self, records: list[dict]) -> None:
        frame = table(records)
        frame = frame[(frame.device == "cpu") | (frame.device != "cpu").all()]
        self.medians = {}
        for level in (["task", "size", "configuration"], ["task", "size"], "size"):
            self.medians |= frame.groupby(level).examples_per_second.median().to_dict()
        self.sizes = set(frame["size"])

    def measured_size(self, size: str) -> str | None:
        """The size whose speed is taken: `size` itself, or else the largest measured one; `None` without records."""
        known = self.sizes & SHAPES.keys() if size in SHAPES else set()
        return size if size in self.sizes else max(known, key=lambda name: SHAPES[name].linear_weights, default=None)

    def examples_per_second(self, task: str, size: str, configuration: str) -> float:
        """Speed of one configuration; `nan` without records.

        What has no records of its own takes the median of the task and size, or else of the size. A size without
        records takes the speed of the largest measured one, in inverse proportion to its linear weights.
        """
        measured = self.measured_size(size)
        keys = ((task, measured, configuration), (task, measured), measured)
        speed = next((self.medians[key] for key in keys if key in self.medians), float("nan"))
        if measured in (size, None):
            return speed
        return speed * SHAPES[measured].linear_weights / SHAPES[size].linear_weights


def examples(grid: Grid, key: Key, configuration: Configuration) -> float:
    """Examples that one training reads: rows × epochs; with doubled steps each possible copy counts in full.

    `key` is the task, size and seed of one of the grid's experiments.
    """
    chosen, rows = grid.choices(key), TASKS[key[0]].rows
    copies = chosen.get("augment")
    doubled = configuration.augments and chosen.get("steps") == "doubled"
    added = (1 if copies is None else copies) if doubled else 0
    return min(rows, chosen.get("train_rows") or rows) * (1 + added) * (chosen.get("epochs") or EPOCHS)


def seconds(speeds: Speeds, grid: Grid, key: Key, wanted: list[Configuration]) -> float:
    """Training time of the wanted configurations on one thread; `nan` where nothing was measured."""
    task, size, _ = key
    return sum(examples(grid, key, each) / speeds.examples_per_second(task, size, each.name) for each in wanted)


def memory_bytes(experiment: Experiment) -> float:
    """Memory to ask for, with spare: of a process, its model and the tokenized rows."""
    rows = min(TASKS[experiment.task].rows, experiment.train_rows or TASKS[experiment.task].rows)
    model = BYTES_PER_PARAMETER * experiment.encoder.size.parameters
    return PROCESS_BYTES + model + BYTES_PER_ROW * rows * (1 + experiment.copies)


def gpu_seconds(size: str, tokens: float, batch: int, gpu_teraflops: float, gpu_step: float) -> float:
    """Training time of one example of `tokens` tokens on a GPU that reaches `gpu_teraflops`; `nan` for another shape.

    A training step of `batch` examples takes no less than `gpu_step` seconds. Attention's own products, a few percent,
    are not counted.
    """
    for name, value in (("tokens", tokens), ("gpu_teraflops", gpu_teraflops), ("gpu_step", gpu_step)):
        number(0, above=True).value(name, value)
    if size not in SHAPES:
        return float("nan")
    return max(GPU_OPERATIONS * SHAPES[size].linear_weights * tokens / (gpu_teraflops * 1e12), gpu_step / batch)


def hours(grid: Grid, speeds: Speeds, tokens: float, gpu_teraflops: float, gpu_step: float) -> pd.DataFrame:
    """Training time of a whole grid by size; teachers, scoring and starts are not counted.

    Columns: `examples`; `measured`, the size whose speed was taken; `cpu_hours` of one thread; `gpu_hours` of a GPU
    with the properties that `gpu_seconds` takes, on which all configurations count as equally fast.
    """
    rows = {}
    for size in grid.content["sizes"]:
        keys = [key for key in grid.keys if key[1] == size]
        counts = [sum(examples(grid, key, each) for each in grid.configurations) for key in keys]
        batches = [grid.choices(key).get("batch_size", Experiment.batch_size) for key in keys]
        of_gpu = [gpu_seconds(size, tokens, batch, gpu_teraflops, gpu_step) for batch in batches]
        rows[size] = {
            "examples": sum(counts),
            "measured": speeds.measured_size(size),
            "cpu_hours": sum(seconds(speeds, grid, key, grid.configurations) for key in keys) / 3600,
            "gpu_hours": sum(map(operator.mul, counts, of_gpu)) / 3600,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("size")
