"""Scores of many predictions under many resamplings of the validation rows, vectorized."""

import numpy as np

from compressions.data.tasks import CORRELATIONS, GLUE_TASKS

KINDS = ("score", "official", "first")  # this project's choice of metrics, GLUE's own, or the first that GLUE lists


def scored_metrics(kind: str, task: str, graded: bool) -> tuple[str, ...]:
    """The metrics whose mean is the score of a task, by one of `KINDS`; those of a custom task are the same for all."""
    if task not in GLUE_TASKS:
        return CORRELATIONS if graded else ("accuracy",)
    if kind == "score":
        return GLUE_TASKS[task].scored
    official = ("mcc",) if task == "cola" else GLUE_TASKS[task].metrics
    return official if kind == "official" else official[:1]


def scores(scored: tuple[str, ...], labels: np.ndarray, predictions: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Scores times 100, `(draws, cells)`, of predictions `(cells, rows)` when row i is there `counts[:, i]` times.

    `scored` names the metrics whose mean is the score, `labels` is `(rows,)`, `counts` `(draws, rows)`; each draw has
    as many rows as there are. A metric that is undefined, because all predictions are equal, counts as 0.
    """
    values = [METRICS[name](labels, predictions, counts.astype(np.float32)) for name in scored]
    return 100 * np.mean(values, axis=0)


def _totals(counts: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """`(draws, cells)`: how many of the drawn rows a condition `(cells, rows)` holds for."""
    return (counts @ columns.astype(np.float32).T).astype(np.float64)


def _accuracy(labels: np.ndarray, predictions: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return _totals(counts, predictions == labels) / len(labels)


def _f1(labels: np.ndarray, predictions: np.ndarray, counts: np.ndarray) -> np.ndarray:
    both = _totals(counts, (predictions == 1) & (labels == 1))
    return _ratio(2 * both, _totals(counts, predictions == 1) + _totals(counts, (labels == 1)[None]))


def _mcc(labels: np.ndarray, predictions: np.ndarray, counts: np.ndarray) -> np.ndarray:
    rows = len(labels)
    both = _totals(counts, (predictions == 1) & (labels == 1)) / rows
    said, true = _totals(counts, predictions == 1) / rows, _totals(counts, (labels == 1)[None]) / rows
    return _ratio(both - said * true, np.sqrt(said * (1 - said) * true * (1 - true)))


def _pearson(labels: np.ndarray, predictions: np.ndarray, counts: np.ndarray) -> np.ndarray:
    rows = len(labels)
    # Centered first: single precision keeps the small differences of large numbers only so.
    true = (labels - labels.mean(dtype=np.float64))[None]
    said = predictions - predictions.mean(axis=1, keepdims=True, dtype=np.float64)
    means = _totals(counts, true) / rows, _totals(counts, said) / rows
    spreads = _totals(counts, true**2) / rows - means[0] ** 2, _totals(counts, said**2) / rows - means[1] ** 2
    return _ratio(_totals(counts, true * said) / rows - means[0] * means[1], np.sqrt(spreads[0] * spreads[1]))


def _spearman(labels: np.ndarray, predictions: np.ndarray, counts: np.ndarray) -> np.ndarray:
    # All draws of a row lie together, which is faster; single precision holds ranks exactly, sums are of doubles.
    columns = np.ascontiguousarray(counts.T, np.float32)
    order, ranks = _ranks(labels, columns)
    drawn = np.empty_like(columns)
    drawn[order] = columns[order] * ranks
    spread, found = _sums(drawn[order], ranks), []
    for cell in predictions:
        order, ranks = _ranks(cell, columns)
        found.append(_ratio(_sums(drawn[order], ranks), np.sqrt(spread * _sums(columns[order] * ranks, ranks))))
    return np.stack(found, axis=1)


def _sums(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (left * right).sum(axis=0, dtype=np.float64)


def _ranks(values: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order of the values `(rows,)`, and in that order their ranks when rows are drawn `columns` `(rows, draws)`.

    Equal values share the mean of their ranks; ranks count from the middle of all, so that their mean is zero.
    """
    order = np.argsort(values, kind="stable")
    _, group, sizes = np.unique(values[order], return_inverse=True, return_counts=True)
    tied = np.flatnonzero(sizes[group] > 1)
    last = np.cumsum(sizes)[group[tied]] - 1  # the place of the last equal of each tied value
    upto = np.cumsum(columns[order], axis=0)
    before = upto - columns[order]
    before[tied], upto[tied] = before[last - sizes[group[tied]] + 1], upto[last]
    return order, (before + upto - len(values)) / 2


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 1e-12)


METRICS = {"accuracy": _accuracy, "f1": _f1, "mcc": _mcc, "pearson": _pearson, "spearman": _spearman}
