"""Whole cells of records, with their scores, their bytes and the majority-class baseline."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from compressions.analysis.scores import scores
from compressions.experiments.configurations import CONTROL, SPARSITIES, SUBSETS, configurations

PAPER = tuple(configuration.name for configuration in configurations(SUBSETS, SPARSITIES))
ALL = (*PAPER, CONTROL)


@dataclass(frozen=True)
class Cell:
    """The whole seeds of a task with one size: `predictions` is `(configurations, seeds, rows)`, all on the same rows.

    The configurations are those of the results, without the control where it was not run.
    """

    seeds: tuple[int, ...]
    labels: np.ndarray
    predictions: np.ndarray


@dataclass(frozen=True)
class Results:
    """Cells by task and size, and the bytes of their models by each size measure.

    Each of `bytes_by` is `(tasks, sizes, configurations)`, NaN where a cell is missing; `size_measure` names the one in
    use. Those that need the saved models are there when all models of the cells were measured. `scored` are the metrics
    whose mean is a task's score. `left_out` counts the records that are not used: size, why, tasks, records.
    """

    tasks: tuple[str, ...]
    sizes: tuple[str, ...]
    configurations: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    bytes_by: dict[str, np.ndarray]
    size_measure: str
    scored: dict[str, tuple[str, ...]]
    left_out: pd.DataFrame

    @property
    def bytes(self) -> np.ndarray:
        """The models' bytes by the size measure in use."""
        return self.bytes_by[self.size_measure]

    @cached_property
    def scores(self) -> np.ndarray:
        """Mean scores over the seeds, `(tasks, sizes, configurations)`; NaN where a cell or the control is missing."""
        found = np.full(self.bytes.shape, np.nan)
        for key, cell in self.cells.items():
            found[self.place(key)] = self.resampled_scores(key, np.ones((1, len(cell.labels))))[0].mean(axis=1)
        return found

    def resampled_scores(self, key: tuple[str, str], counts: np.ndarray) -> np.ndarray:
        """Scores of a cell, `(draws, configurations, seeds)`, with each row repeated `counts` `(draws, rows)` times."""
        cell = self.cells[key]
        names, seeds, rows = cell.predictions.shape
        flat = cell.predictions.reshape(-1, rows)
        found = scores(self.scored[key[0]], cell.labels, flat, counts).reshape(-1, names, seeds)
        absent = len(self.configurations) - names
        return np.pad(found, ((0, 0), (0, absent), (0, 0)), constant_values=np.nan)

    def place(self, key: tuple[str, str]) -> tuple[int, int]:
        """The index of a cell in arrays over tasks and sizes."""
        return self.tasks.index(key[0]), self.sizes.index(key[1])

    def column(self, configuration: str) -> int:
        """The index of a configuration in arrays over configurations."""
        return self.configurations.index(configuration)

    @property
    def seeds(self) -> np.ndarray:
        """The number of seeds of each cell, `(tasks, sizes)`; 0 where one is missing."""
        counts = [[len(self.cells[t, s].seeds) if (t, s) in self.cells else 0 for s in self.sizes] for t in self.tasks]
        return np.array(counts, int).reshape(len(self.tasks), len(self.sizes))

    @property
    def freedom(self) -> np.ndarray:
        """Degrees of freedom of each cell's variance over seeds, `(tasks, sizes)`; 0 for one seed, or none."""
        return np.maximum(self.seeds - 1, 0)

    @property
    def majority_scores(self) -> np.ndarray:
        """The score of the majority-class baseline, the best constant answer, on each task, `(tasks,)`."""
        found = []
        for task in self.tasks:
            labels = next(cell.labels for key, cell in self.cells.items() if key[0] == task)
            classes = labels[:1] if "pearson" in self.scored[task] else np.unique(labels)
            constant = np.repeat(classes[:, None], len(labels), axis=1)
            found.append(scores(self.scored[task], labels, constant, np.ones((1, len(labels)))).max())
        return np.array(found)


def over_tasks(values: np.ndarray) -> np.ndarray:
    """The mean over the tasks that are not NaN, NaN for none: `(..., sizes, n)` of `(..., tasks, sizes, n)`."""
    there = ~np.isnan(values)
    counts = there.sum(axis=-3)
    return np.where(counts, np.where(there, values, 0).sum(axis=-3) / np.maximum(counts, 1), np.nan)
