"""Worlds of which the truth is known: predictions of models whose methods multiply, or do not."""

import numpy as np
from scipy.stats import norm

from compressions.configurations import method_of
from compressions.results import PAPER, Cell, Results

TASKS = ("sst2", "mrpc", "qqp", "mnli", "qnli", "rte")
SIZES = tuple(f"size{place}" for place in range(6))
POINTS_PER_DOUBLING = 3.0
GAINS = {"QAT": 2.0, "KD": 0.7, "MP": 0.5}  # log2 of the single methods' reductions


def gain(method: str, synergy: float) -> float:
    """The log2 of a method's reduction; a combination has the synergy besides the sum of its parts."""
    parts = [] if method == "none" else method.split("+")
    return sum(GAINS[part] for part in parts) + (synergy if len(parts) > 1 else 0)


def log_bytes() -> np.ndarray:
    """`(sizes, configurations)`: each size four times the one before."""
    by_method = {"qat": 2.0, "mp40": 0.25, "mp60": 0.4}
    saved = [sum(by_method.get(part, 0) for part in name.split("+")) for name in PAPER]
    return 2.0 * np.arange(len(SIZES))[:, None] - np.array(saved)


def world(seed: int, synergy: float = 0.0, seeds: int = 5, rows: int = 400, seed_noise: float = 1.0) -> Results:
    """Results in which a model's true score is linear in its log bytes and its method's gain, so that ratios are exact.

    Rows are of unequal difficulty, the same for all models; each seed of a model is off by `seed_noise` points.
    """
    generator = np.random.default_rng(seed)
    logs = log_bytes()
    truth = 60 + POINTS_PER_DOUBLING * (logs + [gain(method_of(name), synergy) for name in PAPER])
    cells = {}
    for task in TASKS:
        difficulty = generator.normal(size=rows)
        for place, size in enumerate(SIZES):
            scores = truth[place][:, None] + seed_noise * generator.normal(size=(len(PAPER), seeds))
            ease = norm.ppf(np.clip(scores / 100, 0.01, 0.99))[..., None]
            own = generator.normal(size=(len(PAPER), seeds, rows))
            right = np.sqrt(0.5) * difficulty + np.sqrt(0.5) * own < ease
            cells[task, size] = Cell(tuple(range(seeds)), np.ones(rows), right.astype(np.uint8))
    with_control = np.pad(2.0**logs, ((0, 0), (0, 1)), constant_values=np.nan)
    rulers = {"paper": np.broadcast_to(with_control, (len(TASKS), *with_control.shape))}
    return Results(TASKS, SIZES, cells, rulers, "paper", "first", ())
