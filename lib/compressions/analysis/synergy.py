"""Whether methods multiply: synergy, what the data allow to say of it, and how many seeds would decide."""

from math import log2

import numpy as np
import pandas as pd
from scipy.special import nctdtr, stdtrit

from compressions.analysis.bootstrap import Estimate
from compressions.analysis.devices import interactions_apart
from compressions.analysis.reductions import COMBINED, FOUND, MEMBERS, METHODS, SINGLES, with_parts
from compressions.analysis.results import Results

# Within this of the product, in doublings, a combination is said to multiply.
MARGIN = log2(1.1)
MULTIPLYING = ("super-multiplicative", "sub-multiplicative", "multiplicative")
IN_POINTS = ("less lost together", "more lost together", "adds up")
# What is said where nothing can be: nothing about an interval that lacks some noise, or that lies on both sides of 0.
LACKING = ("one seed", "two devices")
OPEN = ("not decidable", "not measured", *LACKING)
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
    shift = np.minimum(abs(effect) / np.maximum(then.error, 1e-9), 30)  # beyond, the chance is 1
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
    enough = found.with_seeds(seeds, wanted).half < abs(found.value)
    return float(wanted[enough.argmax()]) if enough.any() else np.inf


def verdicts(
    found: Estimate,
    results: Results,
    bounded: np.ndarray,
    margin: float = MARGIN,
    words: tuple[str, str, str] = MULTIPLYING,
    used: np.ndarray | None = None,
    apart: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row for each size and combination of an estimate: verdict, interval, seeds there and `needed` to decide.

    `found` and `bounded`, the share of tasks that are not measured, are `(sizes, combinations)`. Nothing is said where
    more than half of the tasks are bounded, and no interval is given there; where a task has one seed, for its interval
    lacks the noise of seeds; or where models of two devices are compared, which may differ by themselves. The estimate
    is one over the tasks that are `used`, `(tasks, sizes, combinations)`: all by default; what has none has no row.
    `apart`, of the same shape, says where devices are mixed: `interactions_apart` by default.
    """
    rows = []
    there = np.broadcast_to(results.seeds[..., None] > 0, (*results.seeds.shape, len(COMBINED)))
    used = there if used is None else there & used
    crossed = (used & (interactions_apart(results) if apart is None else apart)).any(axis=0)
    for row, column in np.argwhere(used.any(axis=0)):
        size, methods, one = results.sizes[row], COMBINED[column], found.at(row, column)
        seeds = int(results.seeds[used[:, row, column], row].min())
        says = verdict(one.low, one.high, margin, words)
        says = "two devices" if crossed[row, column] else says
        measured = bounded[row, column] <= 0.5
        says = "one seed" if seeds < 2 else says if measured else "not measured"
        low, high, needed = (one.low, one.high, seeds_to_decide(one, seeds)) if measured else [np.nan] * 3
        rows.append((size.upper(), methods, says, one.value, low, high, seeds, needed))
    return pd.DataFrame(rows, columns=["size", "methods", "says", "value", "low", "high", "seeds", "needed"])


def agreement(table: pd.DataFrame, published: pd.Series, slack: pd.Series) -> pd.Series:
    """How each row of `verdicts` in points stands to the paper: same or other side, adds up, open, not comparable.

    The paper's side is known where its value is further from 0 than `slack`, to which reading off its picture may add.
    """
    above, below, neither = IN_POINTS
    side = table.says.map({above: 1, below: -1})
    known = published.abs() > slack
    stands = np.where(side == np.sign(published), "same side", "other side")
    stands = np.where(known, stands, "not comparable")
    stands = np.where(table.says == neither, "adds up", stands)
    return pd.Series(np.where(side.isna() & (table.says != neither), "open", stands), table.index)


def censored(status: np.ndarray) -> np.ndarray:
    """Whether a combination's synergy is bounded and not measured, `(..., combinations)`, from `Reductions.status`.

    It is where the combination or one of its methods had no model that reached the target, or none smaller to try.
    """
    return with_parts(status != FOUND)


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
