"""Tasks on which an uncompressed model is not certainly better than a constant answer.

Compression has little to take there, and a model that learns less, and so answers more alike, may even score more.
"""

import numpy as np

from compressions.analysis.bootstrap import Draws, estimate
from compressions.analysis.results import Results


def at_floor(results: Results, draws: Draws) -> np.ndarray:
    """Whether an uncompressed score, its 95 % interval, reaches down to the best constant answer, `(tasks, sizes)`."""
    base = estimate(results.scores, draws, lambda scores: scores[..., 0], results.freedom)
    return base.low <= results.floors[:, None]


def named(results: Results, floored: np.ndarray) -> str:
    """The tasks at their floor in words, by size, with the score and the floor; `none` where there are none."""
    by_size = {
        size.upper(): ", ".join(
            f"{results.tasks[task]} ({results.scores[task, row, 0]:.1f}, the constant {results.floors[task]:.1f})"
            for task in np.flatnonzero(floored[:, row])
        )
        for row, size in enumerate(results.sizes)
    }
    return "; ".join(f"{tasks} for {size}" for size, tasks in by_size.items() if tasks) or "none"
