"""Whether methods multiply: synergy, interaction, their verdicts, and how many seeds would decide."""

from math import log2

import numpy as np
import pandas as pd
from scipy.special import nctdtr, stdtrit

from compressions.analysis.bootstrap import Estimate
from compressions.analysis.reductions import COMBINED, FOUND, MEMBERS, METHODS, SINGLES
from compressions.analysis.results import Results

# Within this of the product, in doublings, a combination is said to multiply.
MARGIN = log2(1.1)
MULTIPLYING = ("super-multiplicative", "sub-multiplicative", "multiplicative")
IN_POINTS = ("less lost together", "more lost together", "adds up")
OPEN = ("not decidable", "censored", "one seed")
MOST_SEEDS = 1000


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


def verdict(low: float, high: float, margin: float, words: tuple[str, str, str] = MULTIPLYING) -> str:
    """What an interval allows to say: all above 0, all below, all within the margin about it, which goes first."""
    if -margin < low and high < margin:
        return words[2]
    if low > 0:
        return words[0]
    return words[1] if high < 0 else "not decidable"


def power(effect: float, found: Estimate, seeds: int, wanted: np.ndarray) -> np.ndarray:
    """The chance that a 95 % interval excludes 0 when the truth is `effect`, for each number of seeds `wanted`.

    `found` is one estimate from `seeds` seeds, two or more; by the noncentral t.
    """
    then = found.with_seeds(seeds, wanted)
    degrees = np.minimum(then.degrees, 1e4)  # beyond, t is the normal distribution
    ends = stdtrit(then.degrees, 0.975)
    shift = np.minimum(abs(effect) / np.maximum(then.standard_error, 1e-9), 30)  # beyond, the chance is 1
    # The lower end is hardly ever passed; where it is out of reach, SciPy gives NaN.
    return 1 - nctdtr(degrees, shift, ends) + np.nan_to_num(nctdtr(degrees, shift, -ends))


def seeds_to_decide(found: Estimate, seeds: int) -> float:
    """The fewest seeds at which an interval about this estimate, from `seeds` seeds, would exclude 0.

    Infinite when a thousand are too few, as where the validation rows alone make it too wide; NaN for one seed, which
    says nothing of their noise.
    """
    if seeds < 2 or np.isnan(found.value):
        return np.nan
    wanted = np.arange(2, MOST_SEEDS + 1)
    enough = found.with_seeds(seeds, wanted).half_width < abs(found.value)
    return float(wanted[enough.argmax()]) if enough.any() else np.inf


def verdicts(
    found: Estimate,
    results: Results,
    margin: float = MARGIN,
    words: tuple[str, str, str] = MULTIPLYING,
    censored_share: np.ndarray | None = None,
    used: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row for each size and combination of an estimate: verdict, interval, seeds there and `needed` to decide.

    `found` and `censored_share`, the share of tasks that are censored, are `(sizes, combinations)`. There is no
    interval where more than half of the tasks are censored, and no verdict where a task has one seed, as the interval
    lacks the noise of seeds. The estimate is one over the tasks that are `used`, `(tasks, sizes, combinations)`: all by
    default; what has none has no row.
    """
    rows = []
    there = np.broadcast_to(results.seeds[..., None] > 0, (*results.seeds.shape, len(COMBINED)))
    used = there if used is None else there & used
    for row, column in np.argwhere(used.any(axis=0)):
        one, seeds = found.at(row, column), int(results.seeds[used[:, row, column], row].min())
        low, high, needed = one.low, one.high, seeds_to_decide(one, seeds)
        says = "one seed" if seeds < 2 else verdict(low, high, margin, words)
        if censored_share is not None and censored_share[row, column] > 0.5:
            low, high, needed, says = np.nan, np.nan, np.nan, "censored"
        rows.append((results.sizes[row].upper(), COMBINED[column], says, one.value, low, high, seeds, needed))
    return pd.DataFrame(rows, columns=["size", "methods", "says", "value", "low", "high", "seeds", "needed"])


def censored(status: np.ndarray) -> np.ndarray:
    """Whether a combination's synergy is censored, `(..., combinations)`, from `Reductions.status` `(..., methods)`.

    It is where for the combination or one of its methods no model reached the target, or even the smallest one did.
    """
    parts = [[METHODS.index(part) for part in (method, *method.split("+"))] for method in COMBINED]
    return np.stack([(status != FOUND)[..., each].any(axis=-1) for each in parts], axis=-1)


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
