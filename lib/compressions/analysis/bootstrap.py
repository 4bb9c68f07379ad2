"""Estimates with the noise of seeds and of validation rows, after the multi-bootstrap (Sellam et al. 2022)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from compressions.analysis.results import Results, over_tasks

BLOCK = 100  # draws at a time, so that QQP's 40,000 rows stay in memory
Z = ndtri(0.975)


@dataclass(frozen=True)
class Draws:
    """Scores `(draws, tasks, sizes, configurations)` with the seeds drawn again, the validation rows, or both."""

    seeds: np.ndarray
    rows: np.ndarray
    both: np.ndarray


@dataclass(frozen=True)
class Estimate:
    """Values of a statistic, and their variances: what more seeds would shrink, and what only more rows would.

    `freedom` is how many degrees of freedom the seeds' variance has: the fewer, the less it is known itself.
    """

    value: np.ndarray
    of_seeds: np.ndarray
    of_rows: np.ndarray
    freedom: np.ndarray | float = np.inf

    def at(self, *place: int) -> "Estimate":
        """One of the estimates."""
        freedom = np.broadcast_to(self.freedom, self.value.shape)
        return Estimate(*(each[place] for each in (self.value, self.of_seeds, self.of_rows, freedom)))

    def told(self, *place: int, digits: int = 1) -> str:
        """One of the estimates with its 95 % interval, in words."""
        one = self.at(*place)
        value, low, high = (f"{each:+z.{digits}f}" for each in (one.value, one.low, one.high))
        return f"{value} ({low} to {high})"

    @property
    def error(self) -> np.ndarray:
        """The standard errors."""
        return np.sqrt(self.of_seeds + self.of_rows)

    @property
    def degrees(self) -> np.ndarray:
        """Degrees of freedom of the whole variance, after Welch and Satterthwaite; the rows' counts as known."""
        share = np.divide(self.of_seeds, self.error**2, out=np.zeros_like(self.error), where=self.error > 0)
        known = (share > 0) & (np.asarray(self.freedom) > 0)  # of one seed there is no variance, but rounding
        return np.maximum(np.divide(self.freedom, share**2, out=np.full_like(share, np.inf), where=known), 1)

    @property
    def half(self) -> np.ndarray:
        """Half the width of 95 % intervals, by Student's t."""
        return stdtrit(self.degrees, 0.975) * self.error

    def with_seeds(self, seeds: int, wanted: np.ndarray) -> "Estimate":
        """The same from so many seeds a task, where it is one from `seeds`, two or more."""
        freedom = self.freedom * (wanted - 1) / (seeds - 1)
        return Estimate(self.value, self.of_seeds * seeds / wanted, self.of_rows, freedom)

    @property
    def low(self) -> np.ndarray:
        """The lower ends of 95 % intervals."""
        return self.value - self.half

    @property
    def high(self) -> np.ndarray:
        """The upper ends of 95 % intervals."""
        return self.value + self.half


def bootstrap(results: Results, draws: int = 1000, seed: int = 0) -> Draws:
    """Draw seeds and rows again, stratified by task.

    Rows are drawn once per task for all sizes and configurations, seeds once per task and size for all configurations:
    comparisons stay paired. Of S seeds S - 1 are drawn, for then the variance of their mean is the unbiased estimate
    s²/S (Rao & Wu 1988); of one seed nothing can be drawn, and the noise that it adds stays unknown.
    """
    generator = np.random.default_rng(seed)
    found = Draws(*(np.full((draws, *results.bytes.shape), np.nan, np.float32) for _ in range(3)))
    for task in results.tasks:
        keys = [key for key in results.cells if key[0] == task]
        length = len(results.cells[keys[0]].labels)
        weights = {key: _seed_weights(generator, draws, len(results.cells[key].seeds)) for key in keys}
        for key in keys:
            own = results.drawn(key, np.ones((1, length), np.float32))[0]
            found.seeds[(slice(None), *results.place(key))] = weights[key] @ own.T
        for start in range(0, draws, BLOCK):
            block = slice(start, min(start + BLOCK, draws))
            counts = row_counts(generator, block.stop - start, length)
            for key in keys:
                drawn = results.drawn(key, counts)
                found.rows[(block, *results.place(key))] = drawn.mean(axis=-1)
                found.both[(block, *results.place(key))] = np.einsum("bcs,bs->bc", drawn, weights[key][block])
    return found


def row_counts(generator: np.random.Generator, draws: int, rows: int) -> np.ndarray:
    """How often each row is drawn, `(draws, rows)`."""
    counts = [np.bincount(generator.integers(rows, size=rows), minlength=rows) for _ in range(draws)]
    return np.array(counts, np.float32)


def _seed_weights(generator: np.random.Generator, draws: int, seeds: int) -> np.ndarray:
    """The weight of each seed in a draw's mean, `(draws, seeds)`."""
    if seeds == 1:
        return np.ones((draws, 1))
    return generator.multinomial(seeds - 1, np.full(seeds, 1 / seeds), size=draws) / (seeds - 1)


def estimate(
    scores: np.ndarray,
    draws: Draws,
    statistic: Callable[[np.ndarray], np.ndarray],
    freedom: np.ndarray | float = np.inf,
) -> Estimate:
    """A statistic of scores `(..., tasks, sizes, configurations)`, with its variances from the draws.

    `freedom`, of the seeds' variance, is for one task its seeds less one; `estimate_mean` is for means over tasks.
    """
    return _from_draws(statistic(scores), [statistic(each) for each in _kinds(draws)], freedom)


def estimate_mean(
    scores: np.ndarray,
    draws: Draws,
    of_task: Callable[[np.ndarray], np.ndarray],
    freedom: np.ndarray,
    summary: Callable[[np.ndarray], np.ndarray] = over_tasks,
) -> Estimate:
    """The same for the mean over tasks of what `of_task` gives for each, `(..., tasks, sizes, n)`; NaN leaves one out.

    `freedom`, `(tasks, sizes)` or `(tasks, 1)`, is each task's: its seeds less one, or for what is searched among all
    sizes the sum over them. The mean's is Welch and Satterthwaite's: little where one task's seeds are the noisiest.
    `summary` is another function of the tasks' values, near to linear in each.
    """
    parts = [of_task(each) for each in _kinds(draws)]
    own = np.nan_to_num(parts[0].var(axis=0)) * (freedom > 0)[..., None]
    squares = (own**2 / np.maximum(freedom, 1)[..., None]).sum(axis=0)
    pooled = np.divide(own.sum(axis=0) ** 2, squares, out=np.zeros_like(squares), where=squares > 0)
    return _from_draws(summary(of_task(scores)), [summary(part) for part in parts], pooled)


def _kinds(draws: Draws) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return draws.seeds, draws.rows, draws.both


def _from_draws(value: np.ndarray, drawn: list[np.ndarray], freedom: np.ndarray | float) -> Estimate:
    """A statistic's value with the variances of its draws, in the order of `_kinds`.

    Where both are drawn, noise that is a seed's and a row's alone counts three times (Owen 2007), once in the draws of
    seeds and once in those of rows; the difference is that noise, and is counted once.
    """
    of_seeds, of_rows, of_both = (part.var(axis=0) for part in drawn)
    shared = np.clip(of_both - of_seeds - of_rows, 0, np.minimum(of_seeds, of_rows))
    return Estimate(value, of_seeds, of_rows - shared, freedom)
