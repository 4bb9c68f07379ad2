"""Models as points in the plane of size and score, with intervals, and which of them no other one beats."""

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import Draws, Estimate, estimate, estimate_mean
from compressions.analysis.results import ALL, PAPER, Results
from compressions.experiments.configurations import method_of
from compressions.storage.size_measures import MEGABYTE

MEAN = "mean"
COLUMNS = ["task", "size", "configuration", "methods", "megabytes", "score", "low", "high", "seeds"]


def points(results: Results, draws: Draws) -> pd.DataFrame:
    """One row for each task, size and configuration, and for the mean over the `shared` tasks.

    Megabytes are by the results' ruler; `low` and `high` are a 95 % interval of the score; `seeds` of a mean are those
    of the task with the fewest.
    """
    own = estimate(results.scores, draws, lambda scores: scores, results.freedom[..., None])
    tasks, sizes = shared(results)
    mean = estimate_mean(results.scores, draws, lambda scores: scores[..., tasks, :, :], results.freedom[tasks])
    rows = []
    for place, task in enumerate(results.tasks):
        rows += _rows(results, task, own.at(place), results.bytes[place], results.seeds[place])
    over = _rows(results, MEAN, mean, results.bytes[tasks].mean(axis=0), results.seeds[tasks].min(axis=0))
    rows += [row for row in over if results.sizes.index(row[1]) in sizes]
    return pd.DataFrame(rows, columns=COLUMNS).dropna(subset="score").reset_index(drop=True)


def difference(
    results: Results, draws: Draws, first: tuple[str, str], second: tuple[str, str], tasks: list[int] | None = None
) -> Estimate:
    """How many points more one model scores than another, the mean over tasks: the `shared` ones, or those at `tasks`.

    A model is a size and a configuration.
    """
    tasks = shared(results)[0] if tasks is None else tasks
    (one, own), (other, others) = ((results.sizes.index(size), ALL.index(name)) for size, name in (first, second))

    def between(scores: np.ndarray) -> np.ndarray:
        return (scores[..., tasks, one, own] - scores[..., tasks, other, others])[..., None, None]

    freedom = results.freedom[tasks][:, sorted({one, other})].sum(axis=1, keepdims=True)
    return estimate_mean(results.scores, draws, between, freedom).at(0, 0)


def shared(results: Results) -> tuple[list[int], list[int]]:
    """Places of the tasks that a mean is over, and of the sizes that have all of them.

    Sizes with fewer than half as many tasks as the one with most are left out, so that a size of which little has been
    run does not take the others' tasks away; all but that one where no task would be left.
    """
    there = results.seeds > 0
    counts = there.sum(axis=0)
    sizes = np.flatnonzero(2 * counts >= counts.max())
    if not there[:, sizes].all(axis=1).any():
        sizes = np.array([counts.argmax()])
    return list(np.flatnonzero(there[:, sizes].all(axis=1))), list(sizes)


def _rows(results: Results, task: str, found: Estimate, sizes: np.ndarray, seeds: np.ndarray) -> list[tuple]:
    """A row for each size and configuration; `found` and `sizes` in bytes are `(sizes, configurations)`."""
    values = np.stack([sizes / MEGABYTE, found.value, found.low, found.high], axis=-1)
    return [
        (task, size, name, method_of(name), *values[row, column], int(seeds[row]))
        for row, size in enumerate(results.sizes)
        for column, name in enumerate(ALL)
    ]


def front(frame: pd.DataFrame) -> np.ndarray:
    """Whether no other row is as small and scores higher, or smaller and scores as high, `(rows,)`."""
    return undominated(frame.megabytes.to_numpy(), frame.score.to_numpy())


def undominated(sizes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The same for `sizes` `(models,)` and any number of `scores` `(..., models)`."""
    no_worse = (sizes[None] <= sizes[:, None]) & (scores[..., None, :] >= scores[..., :, None])
    better = (sizes[None] < sizes[:, None]) | (scores[..., None, :] > scores[..., :, None])
    return ~(no_worse & better).any(axis=-1)


def front_share(results: Results, draws: Draws) -> pd.DataFrame:
    """How often each model is on the front of the `shared` tasks' means when seeds and rows are drawn again.

    One row for each size and configuration but the control: `size`, `configuration`, and `share` of the draws.
    """
    tasks, sizes = shared(results)
    places = [(row, column) for row in sizes for column in range(len(PAPER))]
    means, weights = draws.both[:, tasks].mean(axis=1), results.bytes[tasks].mean(axis=0)
    scores = np.stack([means[:, row, column] for row, column in places], axis=-1)
    share = undominated(np.array([weights[place] for place in places]), scores).mean(axis=0)
    rows = [(results.sizes[row], PAPER[column], own) for (row, column), own in zip(places, share, strict=True)]
    return pd.DataFrame(rows, columns=["size", "configuration", "share"])


def best_within(frame: pd.DataFrame, megabytes: float) -> pd.Series | None:
    """The row with the highest score of those within a budget, the smallest of equals; none if all are larger."""
    inside = frame[frame.megabytes <= megabytes].sort_values("megabytes")
    return inside.loc[inside.score.idxmax()] if len(inside) else None


def smallest_above(frame: pd.DataFrame, score: float) -> pd.Series | None:
    """The smallest row of those that score at least so much, the best of equals; none if none does."""
    good = frame[frame.score >= score].sort_values("score", ascending=False)
    return good.loc[good.megabytes.idxmin()] if len(good) else None
