"""Simulated grids in which methods multiply exactly: what the search behind Table 1 makes of them."""

import numpy as np
import pandas as pd

from compressions.analysis.reductions import COMBINED, SINGLES, reductions
from compressions.analysis.results import PAPER, over_tasks
from compressions.analysis.synergy import synergy
from compressions.experiments.configurations import method_of

# In the paper's Table 1 the first is far below the product of its methods, the second far above.
BOTH = "QAT+MP and QAT+KD+MP"


def mean_gains(points: pd.DataFrame) -> dict[str, float]:
    """By how many doublings each single method's models are smaller than uncompressed ones of equal score, on average.

    `points` has `configuration`, `size`, `megabytes` and `score`; the uncompressed curve is linear between its sizes in
    log megabytes. Points above the largest uncompressed or below the smallest one are left out.
    """
    base = points[points.configuration == "base"].sort_values("megabytes")
    inside = points[points.score.between(base.score.min(), base.score.max())]
    equal = np.interp(inside.score, base.score, np.log2(base.megabytes))
    gained = (equal - np.log2(inside.megabytes)).groupby(inside.configuration.map(method_of)).mean()
    return {method: float(gained[method]) for method in SINGLES}


def simulate_multiplicative(
    points: pd.DataFrame, noise: float, tasks: int, draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """Scores `(draws, tasks, sizes, configurations)` and bytes of grids with the points' sizes and single methods.

    A model scores what an uncompressed one would that is as many doublings larger as its methods gain, the sum of the
    single methods' `mean_gains`, plus normal noise with a standard deviation of `noise` points. Outside the sizes the
    uncompressed curve goes on with its first and last slope. Every task has the mean's curve.
    """
    base = points[points.configuration == "base"].sort_values("megabytes")
    megabytes = points.pivot(index="size", columns="configuration", values="megabytes").loc[base["size"], list(PAPER)]
    gains = mean_gains(points)
    gained = [sum(gains.get(part, 0) for part in method_of(name).split("+")) for name in PAPER]
    at, places = np.log2(megabytes.to_numpy()) + gained, np.log2(base.megabytes.to_numpy())
    slopes = np.diff(base.score) / np.diff(places)
    truth = np.interp(at, places, base.score)
    truth += np.minimum(at - places[0], 0) * slopes[0] + np.maximum(at - places[-1], 0) * slopes[-1]
    scores = truth + noise * np.random.default_rng(0).normal(size=(draws, tasks, *truth.shape))
    return scores, np.broadcast_to(megabytes.to_numpy(), (tasks, *truth.shape))


def simulated_synergies(points: pd.DataFrame, noises: list[float], draws: int) -> dict[float, np.ndarray]:
    """By the noise of a score: the mean synergies over the sizes, `(draws, combinations)`, that `reductions` finds.

    The grids, of eight tasks, are those of `simulate_multiplicative`, so that the truth is 0. Means over the tasks are
    of ratios, as in the paper's Table 1.
    """
    found = {}
    for noise in noises:
        scores, sizes = simulate_multiplicative(points, noise, tasks=8, draws=draws)
        found[noise] = synergy(over_tasks(reductions(scores, sizes).ratios)).mean(axis=-2)
    return found


def simulated_intervals(found: dict[float, np.ndarray]) -> pd.DataFrame:
    """One row for each noise of a score and combination: the mean `value`, and the ends of what 95 % of grids have."""
    parts = []
    for noise, values in found.items():
        low, high = np.quantile(values, [0.025, 0.975], axis=0)
        own = {"value": values.mean(axis=0), "low": low, "high": high}
        parts.append(pd.DataFrame({"noise": noise, "methods": COMBINED, **own}))
    return pd.concat(parts, ignore_index=True)


def as_extreme(found: dict[float, np.ndarray], published: np.ndarray) -> pd.DataFrame:
    """Percentages of the simulated grids whose mean synergy is at least as far from 0 as the published one.

    One row for each noise, one column for each combination: as far above where the published value is above 0, else as
    far below. The column `BOTH` is of the grids where that is so of both combinations that it names.
    """
    rows = {}
    for noise, values in found.items():
        far = np.where(published >= 0, values >= published, values <= published)
        both = far[:, [COMBINED.index(methods) for methods in BOTH.split(" and ")]].all(axis=1)
        rows[noise] = 100 * np.r_[far.mean(axis=0), both.mean()]
    return pd.DataFrame(rows, [*COMBINED, BOTH]).T
