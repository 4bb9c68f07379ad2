"""Simulated grids in which methods multiply exactly: what the search behind Table 1 makes of them."""

import numpy as np
import pandas as pd

from compressions.analysis.reductions import SINGLES
from compressions.analysis.results import PAPER
from compressions.experiments.configurations import method_of


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
    points: pd.DataFrame, noise: float, tasks: int, draws: int, seed: int = 0
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
    scores = truth + noise * np.random.default_rng(seed).normal(size=(draws, tasks, *truth.shape))
    return scores, np.broadcast_to(megabytes.to_numpy(), (tasks, *truth.shape))
