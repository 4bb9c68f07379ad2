"""Estimates with the noise of random seeds and of validation rows, by the multi-bootstrap (Sellam et al. 2022)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

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

    def each(self, statistic: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A statistic of the draws of seeds, of rows, and of both."""
        return statistic(self.seeds), statistic(self.rows), statistic(self.both)

    def corrected(self) -> np.ndarray:
        """Draws of seeds and rows whose variance is that of `Estimate`, for statistics that need whole distributions.

        In `both` the noise that a seed and a row have only together counts three times (Owen 2007), here once.
        """
        rows = self.rows - self.rows.mean(axis=0)
        variance, raw = _variances(self.seeds, self.rows, self.both)[1], rows.var(axis=0)
        return self.seeds + rows * np.sqrt(np.divide(variance, raw, out=np.ones_like(raw), where=raw > 0))


class Interval(NamedTuple):
    """A value with its 95 % confidence interval; what is unknown is NaN, such as the interval from one seed."""

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan

    def __neg__(self) -> "Interval":
        return Interval(-self.value, -self.high, -self.low)

    @property
    def text(self) -> str:
        """Such as `+0.3 (-0.1 to +0.7)`, without an interval `+0.3 (one seed)`, and `–` where nothing is known."""
        return interval_text(*self, alone=" (one seed)")


@dataclass(frozen=True)
class Estimate:
    """Values of a statistic, and their variances: what more seeds would shrink, and what only more rows would.

    `freedom` are the degrees of freedom of the seeds' variance; the rows' variance is taken as known.
    """

    value: np.ndarray
    of_seeds: np.ndarray
    of_rows: np.ndarray
    freedom: np.ndarray | float = np.inf

    def at(self, *place: int) -> "Estimate":
        """One of the estimates."""
        freedom = np.broadcast_to(self.freedom, self.value.shape)
        return Estimate(*(each[place] for each in (self.value, self.of_seeds, self.of_rows, freedom)))

    def interval(self, seeds: int, *place: int) -> Interval:
        """One of the estimates with its interval; without one from a single seed, of whose noise nothing is known."""
        one = self.at(*place)
        return Interval(float(one.value), *((float(one.low), float(one.high)) if seeds > 1 else ()))

    @property
    def standard_error(self) -> np.ndarray:
        """The square root of both variances' sum."""
        return np.sqrt(self.of_seeds + self.of_rows)

    @property
    def degrees(self) -> np.ndarray:
        """Degrees of freedom of the whole variance, after Welch and Satterthwaite, corrected as in `estimate_mean`."""
        total = self.of_seeds + self.of_rows
        share = np.divide(self.of_seeds, total, out=np.zeros_like(total), where=total > 0)
        known = (share > 0) & (np.asarray(self.freedom) > 0)  # of one seed there is no variance, but rounding
        return np.divide(self.freedom + 2, share**2, out=np.full_like(share, np.inf), where=known) - 2

    @property
    def half_width(self) -> np.ndarray:
        """Half the width of the 95 % confidence intervals, by Student's t."""
        return stdtrit(self.degrees, 0.975) * self.standard_error

    def with_seeds(self, seeds: int, wanted: np.ndarray) -> "Estimate":
        """What to expect of `wanted` seeds a task, where this estimate has `seeds`, two or more."""
        freedom = self.freedom * (wanted - 1) / (seeds - 1)
        return Estimate(self.value, self.of_seeds * seeds / wanted, self.of_rows, freedom)

    @property
    def low(self) -> np.ndarray:
        """The lower ends of the 95 % confidence intervals."""
        return self.value - self.half_width

    @property
    def high(self) -> np.ndarray:
        """The upper ends of the 95 % confidence intervals."""
        return self.value + self.half_width


def interval_text(value: float, low: float, high: float, signed: bool = True, alone: str = "") -> str:
    """A value with its interval, such as `+0.3 (-0.1 to +0.7)`; `alone` after it without one, `–` where it is NaN."""
    if np.isnan(value):
        return "–"
    form = "+z.1f" if signed else ".1f"
    return f"{value:{form}}" + (alone if np.isnan(low) else f" ({low:{form}} to {high:{form}})")


def bootstrap(results: Results, draws: int = 1000, seed: int = 0) -> Draws:
    """Resample seeds and rows, stratified by task.

    Rows are drawn once per task for all sizes and configurations, seeds once per task and size for all configurations,
    so that comparisons stay paired. Of S seeds S - 1 are drawn: then the variance of their mean is the unbiased
    estimate s²/S (Rao & Wu 1988). From one seed nothing can be drawn, and its noise stays unknown.
    """
    generator = np.random.default_rng(seed)
    found = Draws(*np.full((3, draws, *results.bytes.shape), np.nan, np.float32))
    for task in results.tasks:
        keys = [key for key in results.cells if key[0] == task]
        length = len(results.cells[keys[0]].labels)
        weights = {key: _seed_weights(generator, draws, len(results.cells[key].seeds)) for key in keys}
        for key in keys:
            observed = results.resampled_scores(key, np.ones((1, length), np.float32))[0]
            found.seeds[(slice(None), *results.place(key))] = weights[key] @ observed.T
        for start in range(0, draws, BLOCK):
            block = slice(start, min(start + BLOCK, draws))
            counts = row_counts(generator, block.stop - start, length)
            for key in keys:
                drawn = results.resampled_scores(key, counts)
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
    return Estimate(statistic(scores), *_variances(*draws.each(statistic)), freedom)


def estimate_mean(
    scores: np.ndarray,
    draws: Draws,
    of_task: Callable[[np.ndarray], np.ndarray],
    freedom: np.ndarray,
    summary: Callable[[np.ndarray], np.ndarray] = over_tasks,
) -> Estimate:
    """The same for the mean over tasks of what `of_task` gives for each, `(..., tasks, sizes, n)`; NaN leaves one out.

    `freedom` f, `(tasks, sizes)` or `(tasks, 1)`, is each task's: its seeds less one, or for what is searched among all
    sizes the sum over them. With each task's variance v over seeds, the mean's degrees of freedom are

        (Σ v)² / Σ(v² / (f + 2)) - 2,

    which is Welch and Satterthwaite's (Σ σ²)² / Σ(σ⁴ / f) with unbiased estimates of both sums: of a variance with f
    degrees of freedom E v² = σ⁴ (f + 2) / f, hence E(Σ v)² = (Σ σ²)² + 2 Σ(σ⁴ / f). `summary` is another function of
    the tasks' values than their mean, near to linear in each.
    """
    parts = draws.each(of_task)
    variance = np.nan_to_num(parts[0].var(axis=0)) * (freedom > 0)[..., None]
    squares = (variance**2 / (freedom + 2)[..., None]).sum(axis=0)
    pooled = np.divide(variance.sum(axis=0) ** 2, squares, out=np.full_like(squares, 2), where=squares > 0) - 2
    return Estimate(summary(of_task(scores)), *_variances(*(summary(part) for part in parts)), pooled)


def _variances(seeds: np.ndarray, rows: np.ndarray, both: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variances by seeds and by rows of a statistic's draws, the noise of a seed and a row together counted once.

    Where both are drawn that noise counts three times (Owen 2007), once in the draws of seeds and once in those of
    rows; the difference is that noise, and is counted once.
    """
    of_seeds, of_rows, of_both = (part.var(axis=0) for part in (seeds, rows, both))
    return of_seeds, of_rows - np.clip(of_both - of_seeds - of_rows, 0, np.minimum(of_seeds, of_rows))
