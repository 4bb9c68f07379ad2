"""Scores of drawn rows are those that scikit-learn and SciPy give for the same rows written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compressions.analysis.scores import KINDS, scored_metrics, scores
from compressions.data.tasks import TASKS
from compressions.training import metrics


def material(task: str, rows: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Labels and three models' predictions, the last of which says the same of every row."""
    if not TASKS[task].labels:
        labels = np.round(5 * generator.random(rows), 1).astype(np.float32)
        said = [labels + generator.normal(size=rows), np.round(labels), np.full(rows, 2.5)]
        return labels, np.array(said, np.float32)
    classes = len(TASKS[task].labels)
    labels = generator.integers(0, classes, rows)
    guesses = np.where(generator.random((2, rows)) < 0.7, labels, generator.integers(0, classes, (2, rows)))
    return labels, np.array([*guesses, np.ones(rows, int)], np.uint8)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), rows=st.integers(20, 200))
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.filterwarnings("ignore")
def test_scores_of_drawn_rows_are_those_of_the_rows_written_out(task, seed, rows):
    generator = np.random.default_rng(seed)
    labels, predictions = material(task, rows, generator)
    drawn = generator.integers(rows, size=(4, rows))
    counts = np.array([np.bincount(each, minlength=rows) for each in drawn])
    found = scores(TASKS[task].scored, labels, predictions, counts)
    wanted = [
        [metrics.scores(TASKS[task], labels[each], said[each])["score"] for said in predictions] for each in drawn
    ]
    assert np.allclose(found, wanted, atol=2e-3)


def test_the_kinds_of_score_name_metrics_of_the_task():
    for kind in KINDS:
        for name, task in TASKS.items():
            assert set(scored_metrics(kind, name, not task.labels)) <= set(task.metrics)
    assert scored_metrics("official", "cola", False) == ("mcc",) == scored_metrics("first", "cola", False)
    assert scored_metrics("score", "mrpc", False) == ("accuracy", "f1")
    assert scored_metrics("first", "stsb", True) == ("pearson",)
    assert {scored_metrics(kind, "reviews", False) for kind in KINDS} == {("accuracy",)}
    assert scored_metrics("official", "similarity", True) == ("pearson", "spearman")
