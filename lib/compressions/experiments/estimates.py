"""How long a grid would take where it has not run: arithmetic on the speed of one thread, and on an assumed GPU."""

from dataclasses import dataclass

import pandas as pd

from compressions.data.tasks import TASKS
from compressions.errors import check, number, one_of, require
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import PRETRAINED_EPOCHS, Experiment
from compressions.experiments.grid import Grid
from compressions.models.architectures import SHAPES

PASSES = 3  # of a training step, counted in forward passes: the backward pass does twice the forward's work
OPERATIONS = 2  # of a multiply-add
HOUR = 3600


@dataclass(frozen=True)
class Gpu:
    """What is assumed of a GPU: the teraflops it reaches in training, and the seconds that a step takes at least."""

    teraflops: float
    step: float

    def __post_init__(self) -> None:
        for name in ("teraflops", "step"):
            value = getattr(self, name)
            check(number(value) and value > 0, name, value, "a number above 0")

    def seconds(self, size: str, tokens: float, batch: int) -> float:
        """Seconds that training takes for one example of `tokens` tokens, in batches of `batch`."""
        operations = OPERATIONS * PASSES * multiply_adds(size) * tokens
        return max(operations / (self.teraflops * 1e12), self.step / batch)


def multiply_adds(size: str) -> int:
    """Multiply-adds that a token's way through the encoder's matrices takes, once forward.

    Attention adds a part of tokens / (6 × width) to it, which is left out: a few percent for the narrowest.
    """
    one_of("size", size, SHAPES)
    return 12 * SHAPES[size].layers * SHAPES[size].hidden ** 2


def examples(grid: Grid, task: str, configuration: Configuration) -> float:
    """Examples that one size trains on for a task's configuration: rows × epochs × seeds, augmented ones included.

    Each copy that augmentation makes counts in full, which is the most it can add. Raises `BadInput` for a grid of
    embedded tasks, which have other rows.
    """
    require(grid.content.get("glue", "embedded") != "embedded", f"grid {grid.name!r} is embedded; its hours are known")
    rows = min(TASKS[task].rows, grid.content.get("train_rows") or TASKS[task].rows)
    copies = 1 + configuration.augments * grid.content.get("augment", Experiment.augment)
    return rows * copies * (grid.content.get("epochs") or PRETRAINED_EPOCHS) * len(grid.content["seeds"])


def slowness(frame: pd.DataFrame) -> pd.Series:
    """How many times a baseline's seconds an example of each configuration takes: the median over tasks and sizes.

    `frame` is a `table` of records; those of a GPU are left out. A configuration that was not measured is missing.
    """
    seconds = 1 / frame[frame.device == "cpu"].pivot_table(
        "examples_per_second", ["task", "size"], "configuration", aggfunc="median"
    )
    return seconds.div(seconds["base"], axis=0).median()


def baseline_seconds(frame: pd.DataFrame, size: str) -> pd.Series:
    """Seconds in which one thread trains a baseline of a size on one example, by task.

    A size that was not measured takes those of the largest one that was, in proportion to their multiply-adds. Raises
    `BadInput` when no size has a baseline of every task.
    """
    base = frame[(frame.configuration == "base") & (frame.device == "cpu") & frame["size"].isin(SHAPES)]
    seconds = 1 / base.pivot_table("examples_per_second", "size", "task", aggfunc="median").reindex(columns=list(TASKS))
    complete = seconds.dropna()
    require(len(complete) > 0, "no size has a baseline's record of every task, of which the hours could be reckoned")
    nearest = size if size in complete.index else max(complete.index, key=multiply_adds)
    return (complete.loc[nearest] * multiply_adds(size) / multiply_adds(nearest)).rename(nearest)


def hours(grid: Grid, frame: pd.DataFrame, gpu: Gpu, tokens: float) -> pd.DataFrame:
    """What each size of a grid would take, from the records in `frame`; teachers and scoring are not counted.

    Columns: `examples` to train on; `measured`, the size whose speed was taken; hours of one thread (`cpu_hours`) and
    of the GPU (`gpu_hours`) with examples of `tokens` tokens in the mean.
    """
    check(number(tokens) and tokens > 0, "tokens", tokens, "a number above 0")
    count = {c.name: [examples(grid, task, c) for task in grid.content["tasks"]] for c in grid.configurations}
    count = pd.DataFrame(count, index=grid.content["tasks"])
    thread = {size: baseline_seconds(frame, size) for size in grid.content["sizes"]}
    # As many examples of the baseline take the same time, by task.
    slowed = (count * slowness(frame).reindex(count.columns).fillna(1)).sum(axis=1)
    batch = grid.content.get("batch_size", Experiment.batch_size)
    columns = {
        "examples": count.to_numpy().sum(),
        "measured": {size: seconds.name for size, seconds in thread.items()},
        "cpu_hours": {size: (slowed * seconds[slowed.index]).sum() / HOUR for size, seconds in thread.items()},
        "gpu_hours": {size: slowed.sum() * gpu.seconds(size, tokens, batch) / HOUR for size in thread},
    }
    return pd.DataFrame(columns, index=pd.Index(thread, name="size"))
