"""How many times smaller a combination makes a size at matched score: the search behind the paper's Table 1."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import bootstrap, estimate_mean
from compressions.analysis.pareto import at_majority_baseline
from compressions.analysis.results import PAPER, Results, over_tasks
from compressions.errors import one_of
from compressions.experiments.configurations import method_of
from compressions.parameters import number

SINGLES = ("QAT", "KD", "MP")
COMBINED = tuple("+".join(part) for count in (2, 3) for part in combinations(SINGLES, count))
METHOD_SETS = (*SINGLES, *COMBINED)
MEMBERS = {method: [place for place, name in enumerate(PAPER) if method_of(name) == method] for method in METHOD_SETS}
SEARCHES = ("discrete", "interpolated")
UNREACHED, FOUND, SMALLEST = -1, 0, 1


@dataclass(frozen=True)
class Reductions:
    """Baseline bytes over compressed bytes, `(..., tasks, sizes, methods)` in the order of `METHOD_SETS`.

    `status` says of each whether it was found; or no model reached the target (`UNREACHED`: the ratio is 1, keep the
    baseline); or the smallest one there is reached it (`SMALLEST`: the ratio is at least that).
    """

    ratios: np.ndarray
    status: np.ndarray


def reductions(scores: np.ndarray, sizes: np.ndarray, tolerance: float = 0.5, search: str = "discrete") -> Reductions:
    """The largest reduction within `tolerance` points of each size's own baseline.

    `scores` is `(..., tasks, sizes, configurations)`, NaN where a cell is missing; `sizes` `(tasks, sizes,
    configurations)` in bytes, configurations as in `PAPER`. For each task, size and method the smallest model of the
    method, of any size and sparsity, whose score is at least the baseline's less the tolerance. That search is inferred
    from Table 1 of Movva et al. (2022), which does not state it. `interpolated` goes along the method's rising
    curve between its models, linear in log bytes. Raises `BadInput` for another search or a tolerance that is none.
    """
    check_search(tolerance, search)
    targets = scores[..., 0] - tolerance
    find = _discrete if search == "discrete" else _interpolated
    columns = []
    for method in METHOD_SETS:
        candidates = scores[..., MEMBERS[method]].reshape(*scores.shape[:-2], -1)
        columns.append(find(candidates, sizes[..., MEMBERS[method]].reshape(len(sizes), -1), targets))
    smallest, status = (np.stack(parts, axis=-1) for parts in zip(*columns, strict=True))
    ratios = np.where(status == UNREACHED, 1.0, sizes[..., 0, None] / smallest)
    missing = np.isnan(scores[..., 0, None])
    return Reductions(np.where(missing, np.nan, ratios), np.where(missing, UNREACHED, status))


def reduction_table(results: Results, draws: int, tolerance: float, search: str) -> pd.DataFrame:
    """One row for each size and method: the mean reduction over the tasks, with an interval where it can have one.

    Beside `value`, `low` and `high` are `drawn`, the median when seeds and rows are drawn again; `above`, the mean
    without tasks at the majority-class baseline; and the number of tasks where `none` or the `smallest` model reached
    the target. The interval, by Student's t for the logarithm, ends at what the method's smallest model would give on
    every task. There is none where more than half of the tasks are censored, or one has a single seed.
    """
    drawn = bootstrap(results, draws)
    found = reductions(results.scores, results.bytes, tolerance, search)

    def of_task(scores: np.ndarray) -> np.ndarray:
        return reductions(scores, results.bytes, tolerance, search).ratios

    def log_mean(ratios: np.ndarray) -> np.ndarray:
        return np.log2(over_tasks(ratios))

    mean = estimate_mean(results.scores, drawn, of_task, results.freedom.sum(axis=1, keepdims=True), log_mean)
    there = results.seeds[..., None] > 0
    known = 2 * (there & (found.status == FOUND)).sum(axis=0) >= there.sum(axis=0)
    known &= np.where(there, results.seeds[..., None], 2).min(axis=0) > 1
    least = [np.nanmin(results.bytes[..., MEMBERS[method]], axis=(1, 2)) for method in METHOD_SETS]
    most = over_tasks(results.bytes[..., :1] / np.stack(least, axis=-1)[:, None])
    at_baseline = at_majority_baseline(results, drawn)
    columns = {
        "value": 2**mean.value,
        "low": np.where(known, 2**mean.low, np.nan),
        "high": np.where(known, np.minimum(2**mean.high, most), np.nan),
        "drawn": 2 ** np.median(log_mean(of_task(drawn.corrected())), axis=0),
        "above": over_tasks(np.where(at_baseline[..., None], np.nan, found.ratios)),
        "none": (there & (found.status == UNREACHED)).sum(axis=0),
        "smallest": (there & (found.status == SMALLEST)).sum(axis=0),
        "tasks": np.broadcast_to(there.sum(axis=0), mean.value.shape),
    }
    index = pd.MultiIndex.from_product(
        [[size.upper() for size in results.sizes], METHOD_SETS], names=["size", "methods"]
    )
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index).reset_index()


def _discrete(scores: np.ndarray, sizes: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bytes and status, `(..., tasks, sizes)`; candidates' `scores` are `(..., tasks, candidates)`."""
    good = scores[..., None, :] >= targets[..., None]
    smallest = np.where(good, sizes[:, None, :], np.inf).min(axis=-1)
    least = np.nanmin(sizes, axis=-1)[:, None]
    return smallest, np.where(good.any(axis=-1), np.where(smallest <= least, SMALLEST, FOUND), UNREACHED)


def _interpolated(scores: np.ndarray, sizes: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(sizes, axis=-1)
    logs = np.log(np.take_along_axis(sizes, order, axis=-1))
    curve = monotone(np.take_along_axis(scores, np.broadcast_to(order, scores.shape), axis=-1))
    good = (curve[..., None, :] >= targets[..., None]) & np.isfinite(logs)[:, None, :]
    first = good.argmax(axis=-1)
    last = np.maximum(first - 1, 0)
    high, low = np.take_along_axis(curve, first, axis=-1), np.take_along_axis(curve, last, axis=-1)
    logs = np.broadcast_to(logs, curve.shape)
    right, left = np.take_along_axis(logs, first, axis=-1), np.take_along_axis(logs, last, axis=-1)
    part = np.divide(targets - low, high - low, out=np.ones_like(high), where=high > low)
    reached = good.any(axis=-1)
    found = np.where(reached, np.exp(left + part * (right - left)), np.inf)
    return found, np.where(reached, np.where(first == 0, SMALLEST, FOUND), UNREACHED)


def monotone(values: np.ndarray) -> np.ndarray:
    """The non-decreasing curve nearest to `values` along the last axis, by least squares (isotonic regression).

    By the max-min formula: at i the largest, over starts up to i, of the smallest mean to an end from i. It does all
    curves at once; SciPy's regression takes them one by one.
    """
    length = values.shape[-1]
    sums = np.concatenate([np.zeros_like(values[..., :1]), np.cumsum(values, axis=-1)], axis=-1)
    starts, ends = np.arange(length)[:, None], np.arange(1, length + 1)[None, :]
    means = (sums[..., None, 1:] - sums[..., :-1, None]) / np.maximum(ends - starts, 1)
    means = np.where((ends > starts) & ~np.isnan(means), means, np.inf)
    least = np.minimum.accumulate(means[..., ::-1], axis=-1)[..., ::-1]
    least = np.where(ends > starts, least, -np.inf)
    return np.maximum.accumulate(least, axis=-2)[..., np.arange(length), np.arange(length)]


def check_search(tolerance: float, search: str) -> None:
    """Raise `BadInput` unless the tolerance is a number of points from 0 to below 100 and the search one of ours."""
    number(0, 100, below=True).value("tolerance", tolerance)
    one_of("interpolation", search, SEARCHES)
