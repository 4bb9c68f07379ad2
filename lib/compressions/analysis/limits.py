"""Where few bits and much sparsity end: what each combination loses, and whether it is more than its parts lose."""

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import Estimate, bootstrap, estimate_mean, interval_text
from compressions.analysis.grid_results import GridResults
from compressions.analysis.pareto import best_within
from compressions.analysis.results import over_tasks
from compressions.experiments.configurations import SUBSETS, Configuration, configurations
from compressions.storage.size_measures import MEGABYTE

FULL = 32  # bits of a weight that is not quantized
PLANNED = tuple(configurations(SUBSETS, [0.6, 0.8, 0.9, 0.95], [8, 4, 2]))
BASE = Configuration()
NEAR = 1.0  # points above the majority-class baseline within which a model has learned next to nothing


def limits_table(ours: GridResults, draws: int = 1000) -> pd.DataFrame:
    """One row for each size and configuration, of means over the tasks; all NaN without records.

    `change` is the score less the uncompressed model's; `interaction` the change less the sum of the changes by its
    methods alone, NaN for fewer than two methods. All have a 95 % confidence interval of seeds and validation rows,
    NaN where a task has one seed. `megabytes` are by the results' size measure, `at_baseline` is the share of tasks
    with a score within `NEAR` of the majority-class baseline, `seeds` those of the task with fewest.
    """
    results, resampled = ours.results, bootstrap(ours.results, draws)
    seeds = np.where(results.seeds > 0, results.seeds, np.inf).min(axis=0, initial=np.inf)
    excess = results.scores - results.majority_scores[:, None, None]
    at_baseline = over_tasks(np.where(np.isnan(excess), np.nan, excess <= NEAR))
    columns = {
        "size": np.repeat(results.sizes, len(ours.names)),
        **{name: np.tile(values, len(results.sizes)) for name, values in _described(ours.names).items()},
        "megabytes": over_tasks(results.bytes).ravel() / MEGABYTE,
        "at_baseline": at_baseline.ravel(),
        "seeds": np.repeat(np.where(np.isinf(seeds), 0, seeds).astype(int), len(ours.names)),
    }
    for name, weights in contrasts(ours.names).items():
        found = estimate_mean(results.scores, resampled, lambda scores, w=weights: scores @ w.T, results.freedom)
        columns |= _with_interval(name, found, known=(seeds > 1)[:, None])
    return pd.DataFrame(columns)


def _described(names: tuple[Configuration, ...]) -> dict[str, list]:
    return {
        "configuration": [each.name for each in names],
        "distilled": [each.uses("kd") for each in names],
        "bits": [each.bits if each.uses("qat") else FULL for each in names],
        "sparsity": [each.sparsity for each in names],
    }


def _with_interval(name: str, found: Estimate, known: np.ndarray) -> dict[str, np.ndarray]:
    """An estimate `(sizes, configurations)` as a column and, where the noise of seeds is known, its interval's ends."""
    ends = {f"{name}_{end}": np.where(known, getattr(found, end), np.nan).ravel() for end in ("low", "high")}
    return {name: found.value.ravel(), **ends}


def contrasts(names: tuple[Configuration, ...]) -> dict[str, np.ndarray]:
    """Weights `(configurations, configurations)` that make scores, changes and interactions of scores.

    They are NaN where there is no interaction, or where what it is compared with was not run.
    """
    missing = np.full(len(names), np.nan)
    scores = dict(zip(names, np.eye(len(names)), strict=True))
    changes = {name: own - scores.get(BASE, missing) for name, own in scores.items()}
    interactions = [
        changes[name] - np.sum([changes.get(part, missing) for part in parts(name)], axis=0)
        if len(name.subset) > 1
        else missing
        for name in names
    ]
    found = {"score": scores.values(), "change": changes.values(), "interaction": interactions}
    return {name: np.stack(list(rows)) for name, rows in found.items()}


def by_task(ours: GridResults, value: str) -> pd.DataFrame:
    """Each task's `score`, `change` or `interaction`, a row for each size and configuration, a column for each task."""
    index = pd.MultiIndex.from_product(
        [ours.results.sizes, [each.name for each in ours.names]], names=["size", "configuration"]
    )
    found = ours.results.scores @ contrasts(ours.names)[value].T
    return pd.DataFrame(found.reshape(len(ours.results.tasks), len(index)).T, index, ours.results.tasks)


def parts(configuration: Configuration) -> list[Configuration]:
    """Each method of a configuration alone, as strong."""
    strength = {"mp": {"sparsity": configuration.sparsity}, "qat": {"bits": configuration.bits}}
    return [Configuration((method,), **strength.get(method, {})) for method in configuration.subset]


def best_by_budget(frame: pd.DataFrame, budgets: list[float]) -> pd.DataFrame:
    """The model with the highest score within each budget of megabytes, of those `without KD` and of all."""
    there = frame.dropna(subset=["score", "megabytes"])
    kinds = {"without KD": there[~there.distilled], "all": there}
    best = {(budget, kind): best_within(part, budget) for budget in budgets for kind, part in kinds.items()}
    rows = [{"budget": budget, "of": kind, **row} for (budget, kind), row in best.items() if row is not None]
    return pd.DataFrame(rows, columns=["budget", "of", *frame.columns])


def interval_of(frame: pd.DataFrame, configuration: str, name: str) -> str:
    """A value of the smallest size such as `-2.1 (-3.0 to -1.2)`, without its interval of one seed; `–` if unknown."""
    rows = frame[frame.configuration == configuration]
    return interval_text(*rows[[name, f"{name}_low", f"{name}_high"]].to_numpy()[0]) if len(rows) else "–"
