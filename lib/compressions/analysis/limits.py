"""Where few bits and much sparsity end: what each combination loses, and whether it is more than its parts lose."""

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import Estimate, bootstrap, estimate_mean
from compressions.analysis.pareto import best_within
from compressions.analysis.results import Results, over_tasks
from compressions.experiments.configurations import SUBSETS, configurations, parse
from compressions.storage.size_measures import MEGABYTE

CHANGE, INTERACTION = (tuple(name + end for end in ("", "_low", "_high")) for name in ("change", "interaction"))
FULL = 32  # bits of a weight that is not quantized
PLANNED = tuple(each.name for each in configurations(SUBSETS, [0.6, 0.8, 0.9, 0.95], [8, 4, 2]))
BASE = "base"
NEAR = 1.0  # points above the majority-class baseline within which a model has learned next to nothing


def limits_table(results: Results, draws: int = 1000) -> pd.DataFrame:
    """One row for each size and configuration, of means over the tasks.

    `change` is the score less the uncompressed model's; `interaction` the change less the sum of the changes by its
    methods alone, NaN for fewer than two methods. All have a 95 % confidence interval of seeds and validation rows,
    NaN where a task has one seed. `megabytes` are by the results' size measure, `at_baseline` is the share of tasks
    with a score within `NEAR` of the majority-class baseline, `seeds` those of the task with fewest.
    """
    names, resampled = results.configurations, bootstrap(results, draws)
    seeds = np.where(results.seeds > 0, results.seeds, results.seeds.max()).min(axis=0)
    excess = results.scores - results.majority_scores[:, None, None]
    at_baseline = over_tasks(np.where(np.isnan(excess), np.nan, excess <= NEAR))
    columns = {
        "size": np.repeat(results.sizes, len(names)),
        **{name: np.tile(values, len(results.sizes)) for name, values in _described(names).items()},
        "megabytes": over_tasks(results.bytes).ravel() / MEGABYTE,
        "at_baseline": at_baseline.ravel(),
        "seeds": np.repeat(seeds, len(names)),
    }
    for name, weights in contrasts(names).items():
        found = estimate_mean(results.scores, resampled, lambda scores, w=weights: scores @ w.T, results.freedom)
        columns |= _with_interval(name, found, known=(seeds > 1)[:, None])
    return pd.DataFrame(columns)


def _described(names: tuple[str, ...]) -> dict[str, list]:
    found = [parse(name) for name in names]
    return {
        "configuration": list(names),
        "distilled": [each.uses("kd") for each in found],
        "bits": [each.bits if each.uses("qat") else FULL for each in found],
        "sparsity": [each.sparsity for each in found],
    }


def _with_interval(name: str, found: Estimate, known: np.ndarray) -> dict[str, np.ndarray]:
    """An estimate `(sizes, configurations)` as a column and, where the noise of seeds is known, its interval's ends."""
    ends = {f"{name}_{end}": np.where(known, getattr(found, end), np.nan).ravel() for end in ("low", "high")}
    return {name: found.value.ravel(), **ends}


def contrasts(names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Weights `(configurations, configurations)` that make scores, changes and interactions of scores.

    They are NaN where there is no interaction, or where what it is compared with was not run.
    """
    missing = np.full(len(names), np.nan)
    scores = dict(zip(names, np.eye(len(names)), strict=True))
    changes = {name: own - scores.get(BASE, missing) for name, own in scores.items()}
    interactions = [
        changes[name] - np.sum([changes.get(part, missing) for part in name.split("+")], axis=0)
        if "+" in name
        else missing
        for name in names
    ]
    found = {"score": scores.values(), "change": changes.values(), "interaction": interactions}
    return {name: np.stack(list(rows)) for name, rows in found.items()}


def by_task(results: Results, value: str) -> pd.DataFrame:
    """Each task's `score`, `change` or `interaction`, a row for each size and configuration, a column for each task."""
    index = pd.MultiIndex.from_product([results.sizes, results.configurations], names=["size", "configuration"])
    found = results.scores @ contrasts(results.configurations)[value].T
    return pd.DataFrame(found.reshape(len(results.tasks), len(index)).T, index, results.tasks)


def best_by_budget(frame: pd.DataFrame, budgets: list[float]) -> pd.DataFrame:
    """The model with the highest score within each budget of megabytes, of those `without KD` and of all.

    Where a budget is too small for any, its `configuration` is `none`.
    """
    there = frame.dropna(subset=["score", "megabytes"])
    kinds = {"without KD": there[~there.distilled], "all": there}
    best = {(budget, kind): best_within(part, budget) for budget in budgets for kind, part in kinds.items()}
    none = {"configuration": "none"}
    rows = [{"budget": budget, "of": kind, **(none if row is None else row)} for (budget, kind), row in best.items()]
    return pd.DataFrame(rows, columns=["budget", "of", *frame.columns])
