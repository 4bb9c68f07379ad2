"""Which method first: the points that a method costs for the bytes it saves, alone and on top of the others."""

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import Draws, Interval, estimate_mean
from compressions.analysis.pareto import MEAN
from compressions.analysis.results import Results, over_tasks
from compressions.analysis.score_changes import score_changes

ALONE, LAST = "alone", "after the others"
PRICE = ("price", "price_low", "price_high")
# Of each step the models with and without it: of the method alone, and of the method added to the other two.
STEPS = {
    ("QAT", ALONE): ("qat", "base"),
    ("KD", ALONE): ("kd", "base"),
    ("MP 40 %", ALONE): ("mp40", "base"),
    ("MP 60 %", ALONE): ("mp60", "base"),
    ("QAT", LAST): ("qat+kd+mp60", "kd+mp60"),
    ("KD", LAST): ("qat+kd+mp60", "qat+mp60"),
    ("MP 40 %", LAST): ("qat+kd+mp40", "qat+kd"),
    ("MP 60 %", LAST): ("qat+kd+mp60", "qat+kd"),
}


def steps(results: Results, draws: Draws) -> pd.DataFrame:
    """One row for each size and step: what it changes in the mean score over the size's tasks, and what it saves.

    `value`, `low` and `high` are in points. `saved` is the percentage of the bytes that are saved, `halvings` their
    log2 ratio, and `price` the points for a halving, with its own interval; NaN where a step saves nothing, as KD.
    """
    pairs = {" ".join(step): pair for step, pair in STEPS.items()}
    changes = score_changes(results, draws, pairs)
    changes = changes[changes.task == MEAN]
    places = changes.change.map(list(pairs).index)
    rows = changes["size"].map(results.sizes.index)
    step, order = zip(*(list(STEPS)[place] for place in places), strict=True)
    found = changes[["size", "value", "low", "high"]].assign(step=step, order=order)
    return with_prices(found.assign(halvings=_halvings(results)[rows, places]))


def with_prices(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `saved` and the columns of `price`, from `halvings`, `value`, `low` and `high`."""
    halvings = frame.halvings.where(frame.halvings > 0)
    prices = {name: frame[own] / halvings for name, own in zip(PRICE, ("value", "low", "high"), strict=True)}
    return frame.assign(saved=100 * (1 - 2.0**-frame.halvings), **prices).reset_index(drop=True)


def published_steps(points: pd.DataFrame) -> pd.DataFrame:
    """The same of the paper's Figure 1, as `read_figure1` gives it: without intervals."""
    scores = points.pivot(index="size", columns="configuration", values="score")
    logs = np.log2(points.pivot(index="size", columns="configuration", values="megabytes"))
    sizes = list(dict.fromkeys(points["size"]))[::-1]  # smallest first
    scores, logs = scores.loc[sizes], logs.loc[sizes]
    rows = [
        (size, *step, change, np.nan, np.nan, halvings)
        for step, (with_it, without) in STEPS.items()
        for size, change, halvings in zip(
            scores.index, scores[with_it] - scores[without], logs[without] - logs[with_it], strict=True
        )
    ]
    return with_prices(pd.DataFrame(rows, columns=["size", "step", "order", "value", "low", "high", "halvings"]))


def price_difference(results: Results, draws: Draws, size: str, step: str, other: str) -> Interval:
    """The points per halving of one step alone less those of another at a size; unknown for one seed."""
    if size not in results.sizes:
        return Interval()
    row, halvings = results.sizes.index(size), _halvings(results)
    tasks = np.flatnonzero(results.seeds[:, row])
    places = [list(STEPS).index((each, ALONE)) for each in (step, other)]
    pairs = [tuple(map(results.column, STEPS[each, ALONE])) for each in (step, other)]

    def of_task(scores: np.ndarray) -> np.ndarray:
        here = scores[..., tasks, row, :]
        first, second = (
            (here[..., with_it] - here[..., without]) / halvings[row, place]
            for place, (with_it, without) in zip(places, pairs, strict=True)
        )
        return (first - second)[..., None, None]

    found = estimate_mean(results.scores, draws, of_task, results.freedom[tasks][:, [row]])
    return found.interval(results.seeds[tasks, row].min(), 0, 0)


def _halvings(results: Results) -> np.ndarray:
    """How many times each step halves the mean bytes over a size's tasks, `(sizes, steps)`."""
    logs = np.log2(over_tasks(results.bytes))
    return np.stack([logs[:, results.column(b)] - logs[:, results.column(a)] for a, b in STEPS.values()], axis=-1)
