"""Whether methods multiply: synergy, what the data allow to say of it, and how many seeds would decide."""

from math import log2

import numpy as np
import pandas as pd
from scipy.stats import norm

from compressions.bootstrap import Estimate, Z
from compressions.reductions import COMBINED, FOUND, MEMBERS, METHODS, SINGLES
from compressions.results import Results

# Within this of the product, in doublings, a combination is said to multiply.
MARGIN = log2(1.1)
# What a verdict is called where points are compared and not sizes.
IN_POINTS = {
    "super-multiplicative": "less lost together",
    "sub-multiplicative": "more lost together",
    "multiplicative": "adds up",
}


def synergy(ratios: np.ndarray) -> np.ndarray:
    """Synergy in doublings, `(..., combinations)` as in `COMBINED`, of reductions `(..., methods)` as in `METHODS`.

    The logarithm to base 2 of a combination's reduction less the sum of its single methods' logarithms: 0 is the
    product, 1 twice as small as the product.
    """
    logs = np.log2(ratios)
    singles = {method: logs[..., METHODS.index(method)] for method in SINGLES}
    products = [sum(singles[part] for part in method.split("+")) for method in COMBINED]
    return logs[..., len(SINGLES) :] - np.stack(products, axis=-1)


def interaction(scores: np.ndarray) -> np.ndarray:
    """What methods cost together less what they cost one by one, in points, `(..., combinations)`.

    At an unchanged size: the score of the combination less the baseline's, less the same differences of its single
    methods. `scores` is `(..., configurations)`; where a combination prunes it is the mean over the two sparsities.
    """
    change = {method: scores[..., MEMBERS[method]].mean(axis=-1) - scores[..., 0] for method in METHODS}
    return np.stack([change[m] - sum(change[part] for part in m.split("+")) for m in COMBINED], axis=-1)


def verdict(low: float, high: float, bounded: float = 0.0, margin: float = MARGIN) -> str:
    """What an interval of the synergy allows to say, where a share of the tasks is `bounded` and not measured."""
    if bounded > 0.5:
        return "not measured"
    if np.isnan(low) or np.isnan(high):
        return "not there"
    if -margin < low and high < margin:
        return "multiplicative"
    if low > 0:
        return "super-multiplicative"
    return "sub-multiplicative" if high < 0 else "not decidable"


def power(effect: float, found: Estimate, seeds: int, wanted: np.ndarray) -> np.ndarray:
    """The chance that a 95 % interval excludes 0 when the truth is `effect`, for each number of seeds `wanted`.

    `found` is one estimate from `seeds` seeds; the normal approximation.
    """
    error = np.sqrt(found.of_seeds * seeds / wanted + found.of_rows)
    return norm.cdf(abs(effect) / error - Z) + norm.cdf(-abs(effect) / error - Z)


def seeds_to_decide(found: Estimate, seeds: int) -> float:
    """The fewest seeds at which an interval about this estimate, from `seeds` seeds, would exclude 0.

    Infinite when the validation rows alone make it too wide; NaN for one seed, which says nothing of their noise.
    """
    room = (found.value / Z) ** 2 - found.of_rows
    if seeds < 2 or np.isnan(found.value):
        return np.nan
    return float(max(1, np.ceil(found.of_seeds * seeds / room))) if room > 0 else np.inf


def verdicts(found: Estimate, results: Results, bounded: np.ndarray) -> pd.DataFrame:
    """One row for each size and combination of an estimate: interval, verdict, seeds.

    `found` and `bounded`, the share of tasks that are not measured, are `(sizes, combinations)`.
    """
    rows = []
    for row, size in enumerate(results.sizes):
        counts = results.seeds[:, row]
        seeds = int(counts[counts > 0].min())
        for column, methods in enumerate(COMBINED):
            one = found.at(row, column)
            says = verdict(one.low, one.high, bounded[row, column])
            rows.append((size.upper(), methods, one.value, one.low, one.high, says, seeds, seeds_to_decide(one, seeds)))
    return pd.DataFrame(rows, columns=["size", "methods", "value", "low", "high", "says", "seeds", "seeds to decide"])


def censored(status: np.ndarray) -> np.ndarray:
    """Whether a combination's synergy is bounded and not measured, `(..., combinations)`, from `Reductions.status`.

    It is where the combination or one of its methods had no model that reached the target, or none smaller to try.
    """
    bounded = status != FOUND
    parts = [[METHODS.index(part) for part in (method, *method.split("+"))] for method in COMBINED]
    return np.stack([bounded[..., each].any(axis=-1) for each in parts], axis=-1)


def shapley(logs: np.ndarray) -> np.ndarray:
    """Shapley values, `(..., 3)`: each single method's mean gain in log reduction over all orders of adding the three.

    `logs` is `(..., methods)` as in `METHODS`, the log reduction of each subset; that of none is 0.
    """
    value = {frozenset(method.split("+")): logs[..., place] for place, method in enumerate(METHODS)}
    value[frozenset()] = np.zeros(logs.shape[:-1])
    shares = []
    for method in SINGLES:
        others = [other for other in SINGLES if other != method]
        alone, all_ = value[frozenset([method])], value[frozenset(SINGLES)] - value[frozenset(others)]
        second = sum(value[frozenset([method, other])] - value[frozenset([other])] for other in others)
        shares.append(alone / 3 + second / 6 + all_ / 3)
    return np.stack(shares, axis=-1)
