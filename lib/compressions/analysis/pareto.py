"""Score against size: a table of all models with intervals, the majority-class baseline, and the Pareto front."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import Draws, Estimate, estimate, estimate_mean
from compressions.analysis.results import PAPER, Results
from compressions.experiments.configurations import method_of
from compressions.storage.size_measures import MEGABYTE

MEAN = "mean"
COLUMNS = ["task", "size", "configuration", "methods", "megabytes", "score", "low", "high", "seeds"]


def model_table(results: Results, draws: Draws) -> pd.DataFrame:
    """One row for each task, size and configuration, and for the mean over the `shared` tasks.

    Megabytes are by the results' size measure; `low` and `high` are the ends of the score's 95 % confidence interval,
    NaN for one seed, of whose noise nothing is known; `seeds` of a mean are those of the task with the fewest.
    """
    single = estimate(results.scores, draws, lambda scores: scores, results.freedom[..., None])
    tasks, sizes = shared(results)
    mean = estimate_mean(results.scores, draws, lambda scores: scores[..., tasks, :, :], results.freedom[tasks])
    axes = ["task", "size", "configuration"]
    fewest, columns = results.seeds[tasks].min(axis=0), [*axes, "score", "low", "high", "seeds"]
    frame = by_task_and_mean(results, columns, results.configurations, single, mean, fewest, sizes)
    megabytes = np.concatenate([results.bytes, results.bytes[tasks].mean(axis=0)[None]]) / MEGABYTE
    names = [(*results.tasks, MEAN), results.sizes, results.configurations]
    places = tuple(frame[axis].map(own.index) for axis, own in zip(axes, names, strict=True))
    return frame.assign(methods=frame.configuration.map(method_of), megabytes=megabytes[places])[COLUMNS]


def by_task_and_mean(
    results: Results,
    columns: list[str],
    names: Sequence[str],
    single: Estimate,
    mean: Estimate,
    seeds: np.ndarray,
    sizes: list[int],
) -> pd.DataFrame:
    """One row for each task, size and name of an estimate, and for the `mean` of the `sizes`, without what is NaN.

    `single` is `(tasks, sizes, names)`, `mean` `(sizes, names)`, of `seeds` `(sizes,)`. The `columns` name the task,
    the size, the name, the value, its interval's ends (NaN for one seed), and the number of seeds.
    """
    parts = [
        (task, single.at(row), results.seeds[row], range(len(results.sizes))) for row, task in enumerate(results.tasks)
    ]
    rows = [
        (task, results.sizes[row], name, *found.interval(count[row], row, column), int(count[row]))
        for task, found, count, there in [*parts, (MEAN, mean, seeds, sizes)]
        for row in there
        for column, name in enumerate(names)
    ]
    return pd.DataFrame(rows, columns=columns).dropna(subset=columns[3]).reset_index(drop=True)


def difference(results: Results, draws: Draws, first: tuple[str, str], second: tuple[str, str]) -> Estimate:
    """The paired difference of two models' scores, the mean over the `shared` tasks.

    A model is a size and a configuration.
    """
    tasks = shared(results)[0]
    (row, column), (other, against) = (
        (results.sizes.index(size), results.column(name)) for size, name in (first, second)
    )

    def between(scores: np.ndarray) -> np.ndarray:
        return (scores[..., tasks, row, column] - scores[..., tasks, other, against])[..., None, None]

    freedom = results.freedom[tasks][:, sorted({row, other})].sum(axis=1, keepdims=True)
    return estimate_mean(results.scores, draws, between, freedom).at(0, 0)


def shared(results: Results) -> tuple[list[int], list[int]]:
    """Places of the tasks that a mean is over, and of the sizes that have all of them.

    Where no task has all sizes, the size with most tasks is taken alone.
    """
    there = results.seeds > 0
    sizes = np.arange(there.shape[1])
    if not there.all(axis=1).any():
        sizes = there.sum(axis=0).argmax(keepdims=True)
    return list(np.flatnonzero(there[:, sizes].all(axis=1))), list(sizes)


def at_majority_baseline(results: Results, draws: Draws) -> np.ndarray:
    """Whether an uncompressed model's 95 % confidence interval reaches the majority-class baseline, `(tasks, sizes)`.

    Compression has little to take there, and a model that learns less, and predicts the majority more, may score more.
    """
    base = estimate(results.scores, draws, lambda scores: scores[..., 0], results.freedom)
    return base.low <= results.majority_scores[:, None]


def pareto_front(sizes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Whether no other model is as small and scores higher, or smaller and scores as high, `(..., models)`.

    `sizes` are `(models,)`, `scores` `(..., models)`.
    """
    no_worse = (sizes[None] <= sizes[:, None]) & (scores[..., None, :] >= scores[..., :, None])
    better = (sizes[None] < sizes[:, None]) | (scores[..., None, :] > scores[..., :, None])
    return ~(no_worse & better).any(axis=-1)


def pareto_share(results: Results, draws: Draws) -> pd.DataFrame:
    """The share of draws of seeds and rows in which each model is on the Pareto front of the `shared` tasks' means.

    One row for each size and configuration but the control: `size`, `configuration` and `share`.
    """
    tasks, sizes = shared(results)
    index = np.ix_(sizes, range(len(PAPER)))
    means = draws.corrected()[:, tasks].mean(axis=1)[:, *index].reshape(len(draws.both), -1)
    front = pareto_front(results.bytes[tasks].mean(axis=0)[index].reshape(-1), means)
    models = [(results.sizes[row], name) for row in sizes for name in PAPER]
    return pd.DataFrame(models, columns=["size", "configuration"]).assign(share=front.mean(axis=0))


def best_within(frame: pd.DataFrame, megabytes: float) -> pd.Series | None:
    """The row with the highest score of those within a budget, the smallest of equals; none if all are larger."""
    inside = frame[frame.megabytes <= megabytes].sort_values("megabytes")
    return inside.loc[inside.score.idxmax()] if len(inside) else None


def smallest_above(frame: pd.DataFrame, score: float) -> pd.Series | None:
    """The smallest row of those that score at least so much, the best of equals; none if none does."""
    good = frame[frame.score >= score].sort_values("score", ascending=False)
    return good.loc[good.megabytes.idxmin()] if len(good) else None
