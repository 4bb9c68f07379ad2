"""The official metrics of the tasks, by scikit-learn and SciPy as in GLUE's own evaluation."""

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from compressions.data.tasks import Task

METRICS = {
    "accuracy": accuracy_score,
    "f1": f1_score,
    "mcc": matthews_corrcoef,
    "pearson": lambda labels, predictions: pearsonr(labels, predictions).statistic,
    "spearman": lambda labels, predictions: spearmanr(labels, predictions).statistic,
}


def scores(task: Task, labels: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Every metric of the task and its `score`, the mean of the scored ones; all times 100.

    Both arrays are `(rows,)`: class numbers, or graded similarities. A metric that is undefined because all predictions
    are equal counts as 0.
    """
    values = {name: 100 * float(np.nan_to_num(METRICS[name](labels, predictions))) for name in task.metrics}
    return {**values, "score": float(np.mean([values[name] for name in task.scored]))}
