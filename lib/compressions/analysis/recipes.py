"""What to ship: the best model within a budget of megabytes, and the smallest that loses no more than some points."""

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import Draws
from compressions.analysis.pareto import MEAN, best_within, difference, model_table, shared, smallest_above
from compressions.analysis.results import Results
from compressions.experiments.configurations import CONTROL
from compressions.storage.size_measures import MEGABYTE

COLUMNS = [
    "asked",
    "size",
    "configuration",
    "megabytes",
    "packed",
    "score",
    "low",
    "high",
    "as_good",
    "simplest",
    "paper",
]

Model = tuple[str, str]  # a size and a configuration


def recipes(
    results: Results, draws: Draws, published: pd.DataFrame, budgets: list[float], losses: list[float]
) -> pd.DataFrame:
    """One row for each budget in megabytes, and each loss in points of the best uncompressed mean score.

    Columns are `COLUMNS`: `megabytes` by the results' size measure, `packed` those of our packed file, NaN where they
    were not measured; `score` over the `shared` tasks with its 95 % confidence interval; `as_good` counts the other
    models that fit and, paired, are not clearly worse than the recipe, or than what was asked for; `simplest` names
    the one with the fewest methods of those and the recipe, of several the best. `paper` names the recipe among the
    paper's points, `published`. `size` is empty where no model fits.
    """
    means = model_table(results, draws)
    means = means[(means.task == MEAN) & (means.configuration != CONTROL)].reset_index(drop=True)
    best, paper_best = _uncompressed(means), _uncompressed(published)
    rows = []
    for budget in budgets:
        one = best_within(means, budget)
        inside = means[means.megabytes <= budget]
        good = inside if one is None else _as_good(results, draws, inside, one, one, 0)
        rows.append(_row(results, f"≤ {budget:g} MB", one, good, best_within(published, budget)))
    for loss in losses:
        one = smallest_above(means, best.score - loss)
        inside = means[means.megabytes <= one.megabytes]
        good = _as_good(results, draws, inside, one, best, loss)
        theirs = smallest_above(published, paper_best.score - loss)
        rows.append(_row(results, f"≤ {loss:g} {'point' if loss == 1 else 'points'} lost", one, good, theirs))
    return pd.DataFrame(rows, columns=COLUMNS)


def _uncompressed(frame: pd.DataFrame) -> pd.Series:
    """The row of the size whose uncompressed model scores most."""
    return frame.loc[frame[frame.configuration == "base"].score.idxmax()]


def _model(row: pd.Series) -> Model:
    return row["size"], row.configuration


def _as_good(
    results: Results, draws: Draws, inside: pd.DataFrame, one: pd.Series, reference: pd.Series, loss: float
) -> pd.DataFrame:
    """The rows of `one` and of the models that may score as much as the reference less the loss."""
    models = [_model(row) for _, row in inside.iterrows()]
    return inside[
        [
            model == _model(one) or difference(results, draws, model, _model(reference)).high + loss >= 0
            for model in models
        ]
    ]


def _simplest(models: pd.DataFrame) -> pd.Series:
    methods = models.configuration.map(lambda name: 0 if name == "base" else name.count("+") + 1)
    fewest = models[methods == methods.min()]
    return fewest.loc[fewest.score.idxmax()]


def _row(results: Results, asked: str, one: pd.Series | None, as_good: pd.DataFrame, theirs: pd.Series | None) -> tuple:
    paper = "none" if theirs is None else recipe_name(theirs)
    if one is None:
        return (asked, "", "", *(np.nan,) * 5, 0, "", paper)
    measured = (one.megabytes, packed_megabytes(results, *_model(one)), one.score, one.low, one.high)
    return (asked, *_model(one), *measured, len(as_good) - 1, recipe_name(_simplest(as_good)), paper)


def recipe_name(row: pd.Series) -> str:
    """A model's size and configuration, such as `TINY qat+kd`; `none` where the size is empty."""
    return f"{row['size'].upper()} {row.configuration}" if row["size"] else "none"


def packed_megabytes(results: Results, size: str, configuration: str) -> float:
    """Mean megabytes of a model's packed file over the `shared` tasks; NaN where they were not measured."""
    packed = results.bytes_by.get("packed")
    if packed is None:
        return np.nan
    return float(packed[shared(results)[0], results.sizes.index(size), results.column(configuration)].mean()) / MEGABYTE


def saved_bytes(results: Results, configuration: str) -> pd.Series:
    """The share of each size's uncompressed bytes that a configuration saves, in percent, the mean over its tasks."""
    ratio = results.bytes[..., results.column(configuration)] / results.bytes[..., 0]
    return pd.Series(100 - 100 * np.nanmean(ratio, axis=0), results.sizes)
