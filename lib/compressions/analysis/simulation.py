"""Worlds in which methods multiply exactly: what the search behind Table 1 makes of them."""

import numpy as np
import pandas as pd

from compressions.analysis.reductions import SINGLES
from compressions.analysis.results import PAPER
from compressions.experiments.configurations import method_of


def gains(points: pd.DataFrame) -> dict[str, float]:
    """How many doublings smaller each single method is than an uncompressed encoder of the same score, on average.

    `points` has `configuration`, `size`, `megabytes` and `score`; the uncompressed curve is linear between its sizes in
    log megabytes. Points above the largest uncompressed or below the smallest one are left out.
    """
    base = points[points.configuration == "base"].sort_values("megabytes")
    inside = points[points.score.between(base.score.min(), base.score.max())]
    equal = np.interp(inside.score, base.score, np.log2(base.megabytes))
    gained = (equal - np.log2(inside.megabytes)).groupby(inside.configuration.map(method_of)).mean()
    return {method: float(gained[method]) for method in SINGLES}


def multiplying(
    points: pd.DataFrame, noise: float, tasks: int, draws: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores `(draws, tasks, sizes, configurations)` and bytes of a world with the points' sizes and single methods.

    A model scores what an uncompressed one would that is as many doublings larger as its methods gain, the sum of the
    single methods' `gains`, plus `noise` points (the standard deviation) of its own. Every task has the mean's curve.
    """
    base = points[points.configuration == "base"].sort_values("megabytes")
    megabytes = points.pivot(index="size", columns="configuration", values="megabytes").loc[base["size"], list(PAPER)]
    gained = gains(points)
    added = [sum(gained.get(part, 0) for part in method_of(name).split("+")) for name in PAPER]
    truth = _extended(np.log2(megabytes.to_numpy()) + added, np.log2(base.megabytes.to_numpy()), base.score.to_numpy())
    generator = np.random.default_rng(seed)
    scores = truth + noise * generator.normal(size=(draws, tasks, *truth.shape))
    return scores, np.broadcast_to(megabytes.to_numpy(), (tasks, *truth.shape))


def _extended(at: np.ndarray, places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Linear interpolation that goes on with the first and the last slope outside."""
    slopes = np.diff(values) / np.diff(places)
    below, above = np.minimum(at - places[0], 0) * slopes[0], np.maximum(at - places[-1], 0) * slopes[-1]
    return np.interp(at, places, values) + below + above
