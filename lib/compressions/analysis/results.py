"""What records let be compared: cells that are whole, with their scores and their bytes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from compressions.analysis.scores import KINDS, scores
from compressions.data.tasks import TASKS
from compressions.experiments.configurations import CONTROL, SPARSITIES, SUBSETS, configurations

PAPER = tuple(configuration.name for configuration in configurations(SUBSETS, SPARSITIES))
ALL = (*PAPER, CONTROL)


@dataclass(frozen=True)
class Cell:
    """A task with one size: `predictions` is `(configurations, seeds, rows)`, all of them on the same rows.

    The configurations are those of `ALL`, or of `PAPER` where the control was not run. `devices`, `(configurations,
    seeds)`, are the names of those on which the models were trained.
    """

    seeds: tuple[int, ...]
    labels: np.ndarray
    predictions: np.ndarray
    devices: np.ndarray


@dataclass(frozen=True)
class Results:
    """Whole cells of a folder, by task and size, and the bytes of their models by each ruler.

    Each of `rulers` is `(tasks, sizes, configurations)`, NaN where a cell is missing; `ruler` names the one in use.
    Measured rulers are there when every size and configuration was measured; a model that was not has what those on
    other tasks have, in proportion to the uncompressed ones there. By a measured ruler, sizes that were not wholly
    measured are left out.
    `notes` say what was left out and why.
    """

    tasks: tuple[str, ...]
    sizes: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    rulers: dict[str, np.ndarray]
    ruler: str
    score: str
    notes: tuple[str, ...]

    @property
    def bytes(self) -> np.ndarray:
        """The models' bytes by the ruler in use."""
        return self.rulers[self.ruler]

    @property
    def left_out(self) -> str:
        """The notes, as a list in Markdown."""
        return "\n".join(f"- {note}" for note in self.notes or ["Nothing is left out."])

    @cached_property
    def scores(self) -> np.ndarray:
        """Mean scores over the seeds, `(tasks, sizes, configurations)`; NaN where a cell or the control is missing."""
        found = np.full(self.bytes.shape, np.nan)
        for key, cell in self.cells.items():
            found[self.place(key)] = self.drawn(key, np.ones((1, len(cell.labels))))[0].mean(axis=1)
        return found

    def drawn(self, key: tuple[str, str], counts: np.ndarray) -> np.ndarray:
        """Scores of a cell `(draws, configurations, seeds)` when its rows are there `counts` `(draws, rows)` times."""
        cell = self.cells[key]
        there, seeds, rows = cell.predictions.shape
        flat = cell.predictions.reshape(-1, rows)
        found = scores(KINDS[self.score][key[0]], cell.labels, flat, counts).reshape(-1, there, seeds)
        return np.pad(found, ((0, 0), (0, len(ALL) - there), (0, 0)), constant_values=np.nan)

    def place(self, key: tuple[str, str]) -> tuple[int, int]:
        """Where a cell stands in arrays."""
        return self.tasks.index(key[0]), self.sizes.index(key[1])

    @property
    def seeds(self) -> np.ndarray:
        """How many seeds each cell has, `(tasks, sizes)`; 0 where one is missing."""
        counts = [[len(self.cells[t, s].seeds) if (t, s) in self.cells else 0 for s in self.sizes] for t in self.tasks]
        return np.array(counts)

    def basis(self, size: str) -> str:
        """A size's name with what stands behind its numbers: how many tasks, and whether seeds were repeated."""
        own = self.seeds[:, self.sizes.index(size)]
        own = own[own > 0]
        fewest = "one seed on some" if own.min() == 1 < own.max() else "one seed" if own.max() == 1 else "several seeds"
        return f"{size.upper()} ({len(own)} {'task' if len(own) == 1 else 'tasks'}, {fewest})"

    def over(self, used: np.ndarray) -> str:
        """Those of the tasks that are `used`, `(tasks,)`, in words: all, where they are all of the paper's."""
        names = [task for task, each in zip(self.tasks, used, strict=True) if each]
        glue = {name for name, task in TASKS.items() if not task.custom}
        return "all tasks" if glue <= set(names) else ", ".join(names)

    @property
    def freedom(self) -> np.ndarray:
        """Degrees of freedom of each cell's seeds, `(tasks, sizes)`; 0 where there is one, or none."""
        return np.maximum(self.seeds - 1, 0)

    @property
    def floors(self) -> np.ndarray:
        """The score of the majority-class baseline on each task, `(tasks,)`: the best constant answer."""
        found = []
        for task in self.tasks:
            labels = next(cell.labels for key, cell in self.cells.items() if key[0] == task)
            constant = np.stack([np.full_like(labels, answer) for answer in range(max(1, len(TASKS[task].labels)))])
            found.append(scores(KINDS[self.score][task], labels, constant, np.ones((1, len(labels)))).max())
        return np.array(found)


def over_tasks(values: np.ndarray) -> np.ndarray:
    """The mean over the tasks that are there, NaN for none: `(..., sizes, n)` of `(..., tasks, sizes, n)`."""
    there = ~np.isnan(values)
    counts = there.sum(axis=-3)
    return np.where(counts, np.where(there, values, 0).sum(axis=-3) / np.maximum(counts, 1), np.nan)
