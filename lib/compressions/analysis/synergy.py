"""Whether methods multiply: synergy, interaction, their verdicts, and how many seeds would decide."""

from math import log2

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import Draws, Estimate, estimate_mean
from compressions.analysis.pareto import at_majority_baseline, shared
from compressions.analysis.reductions import COMBINED, FOUND, MEMBERS, METHOD_SETS, SINGLES, reductions
from compressions.analysis.results import Results

# Within this of the product, in doublings, a combination is said to multiply.
MARGIN = log2(1.1)
MULTIPLYING = ("super-multiplicative", "sub-multiplicative", "multiplicative")
ADDITIVE = ("super-additive", "sub-additive", "adds up")
SETTINGS = ("this project's score", "GLUE's official metrics", "tasks above the baseline")
UNTESTED = "one seed"
OPEN = ("open", "censored", UNTESTED)
MOST_SEEDS = 1000


def synergy(ratios: np.ndarray) -> np.ndarray:
    """Synergy in doublings, `(..., combinations)` as in `COMBINED`, of reductions `(..., methods)` as in `METHOD_SETS`.

    The logarithm to base 2 of a combination's reduction less the sum of its single methods' logarithms: 0 is the
    product, 1 twice as small as the product.
    """
    logs = np.log2(ratios)
    singles = {method: logs[..., METHOD_SETS.index(method)] for method in SINGLES}
    products = [sum(singles[part] for part in method.split("+")) for method in COMBINED]
    return logs[..., len(SINGLES) :] - np.stack(products, axis=-1)


def interaction(scores: np.ndarray) -> np.ndarray:
    """What methods cost together less what they cost one by one, in points, `(..., combinations)`.

    At an unchanged size: the score of the combination less the baseline's, less the same differences of its single
    methods. `scores` is `(..., configurations)`; where a combination prunes it is the mean over the two sparsities.
    """
    change = {method: scores[..., MEMBERS[method]].mean(axis=-1) - scores[..., 0] for method in METHOD_SETS}
    return np.stack([change[m] - sum(change[part] for part in m.split("+")) for m in COMBINED], axis=-1)


def interactions(results: Results, draws: Draws, margin: float, used: np.ndarray | None = None) -> pd.DataFrame:
    """The `verdicts` on each combination's mean interaction over a size's tasks, for the sizes that `shared` names.

    `used`, `(tasks, sizes)`, leaves out more tasks. The verdict is `adds up` within `margin` points of 0.
    """
    of_size = np.isin(np.arange(len(results.sizes)), shared(results)[1])
    there = np.broadcast_to(((results.seeds > 0) & of_size)[..., None], (*results.seeds.shape, len(COMBINED)))
    there = there if used is None else there & used[..., None]
    found = estimate_mean(
        results.scores, draws, lambda scores: np.where(there, interaction(scores), np.nan), results.freedom
    )
    return verdicts(found, results, margin, ADDITIVE, used=there)


def interactions_by_setting(
    ours: Results, draws: Draws, official: Results, official_draws: Draws, margin: float
) -> pd.DataFrame:
    """The `interactions` under each of `SETTINGS`, named by the column `setting`.

    `ours` and `official` are the same records by this project's score and by GLUE's own metrics, which differ in CoLA:
    accuracy and Matthews correlation. The last setting is the first without tasks `at_majority_baseline`.
    """
    above = ~at_majority_baseline(ours, draws)
    found = [
        interactions(ours, draws, margin),
        interactions(official, official_draws, margin),
        interactions(ours, draws, margin, above),
    ]
    named = [frame.assign(setting=name) for frame, name in zip(found, SETTINGS, strict=True)]
    return pd.concat(named, ignore_index=True)


def count_verdicts(found: pd.DataFrame) -> dict[str, int]:
    """How many of `interactions_by_setting` say what in the first setting, and how many say another in the others.

    `excluding_zero` are the first setting's intervals without 0, those within the margin included. `super`, `sub` and
    `adds` are `decided`; the others are `open`, or `untested` because of one seed. `metric` counts those that differ
    under GLUE's official metrics, `baseline` those that differ where tasks at the majority-class baseline are left out
    and others remain.
    """
    says = found.pivot(index=["size", "methods"], columns="setting", values="says").reindex(columns=list(SETTINGS))
    score, official, above = (says[name] for name in SETTINGS)
    kinds = {name: int((score == word).sum()) for name, word in zip(("super", "sub", "adds"), ADDITIVE, strict=True)}
    decided = sum(kinds.values())
    others = {"metric": official, "baseline": above}
    changed = {name: int((other.notna() & (other != score)).sum()) for name, other in others.items()}
    first = found[found.setting == SETTINGS[0]]
    clear = int(((first.low > 0) | (first.high < 0)).sum())
    untested = int((first.says == UNTESTED).sum())
    still = len(first) - decided - untested
    return {**kinds, "decided": decided, "open": still, "untested": untested, "excluding_zero": clear, **changed}


def synergies(results: Results, draws: Draws, tolerance: float, search: str) -> pd.DataFrame:
    """The `verdicts` on each size's and combination's mean synergy, with the `censored` percentage of the tasks."""

    def of_task(scores: np.ndarray) -> np.ndarray:
        return synergy(reductions(scores, results.bytes, tolerance, search).ratios)

    found = estimate_mean(results.scores, draws, of_task, results.freedom.sum(axis=1, keepdims=True))
    unknown = censored(reductions(results.scores, results.bytes, tolerance, search).status)
    there = results.seeds[..., None] > 0
    share = (unknown & there).sum(axis=0) / there.sum(axis=0)
    return verdicts(found, results, censored_share=share).assign(censored=100 * share.reshape(-1))


def verdict(low: float, high: float, margin: float, words: tuple[str, str, str] = MULTIPLYING) -> str:
    """What an interval allows to say: all above 0, all below, all within the margin about it, which goes first."""
    if -margin < low and high < margin:
        return words[2]
    if low > 0:
        return words[0]
    return words[1] if high < 0 else "open"


def seeds_to_decide(found: Estimate, seeds: int) -> float:
    """The fewest seeds at which an interval about this estimate, from `seeds` seeds, would exclude 0.

    Infinite when a thousand are too few, as where the validation rows alone make it too wide; NaN for one seed, which
    says nothing of their noise.
    """
    if seeds < 2 or np.isnan(found.value):
        return np.nan
    wanted = np.arange(2, MOST_SEEDS + 1)
    enough = found.with_seeds(seeds, wanted).half_width < abs(found.value)
    return float(wanted[enough.argmax()]) if enough.any() else np.inf


def verdicts(
    found: Estimate,
    results: Results,
    margin: float = MARGIN,
    words: tuple[str, str, str] = MULTIPLYING,
    censored_share: np.ndarray | None = None,
    used: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row for each size and combination of an estimate: verdict, interval, seeds, seeds `needed`, tasks.

    `found` and `censored_share`, the share of tasks that are censored, are `(sizes, combinations)`. There is no
    interval where more than half of the tasks are censored or where a task has one seed, as it would lack the noise of
    seeds. The estimate is one over the tasks that are `used`, `(tasks, sizes, combinations)`: all by
    default; what has none has no row.
    """
    rows = []
    there = np.broadcast_to(results.seeds[..., None] > 0, (*results.seeds.shape, len(COMBINED)))
    used = there if used is None else there & used
    for row, column in np.argwhere(used.any(axis=0)):
        one, seeds = found.at(row, column), int(results.seeds[used[:, row, column], row].min())
        low, high, needed = one.low, one.high, seeds_to_decide(one, seeds)
        says = verdict(low, high, margin, words)
        if seeds < 2:
            low, high, says = np.nan, np.nan, UNTESTED
        if censored_share is not None and censored_share[row, column] > 0.5:
            low, high, needed, says = np.nan, np.nan, np.nan, "censored"
        tasks = int(used[:, row, column].sum())
        rows.append((results.sizes[row].upper(), COMBINED[column], says, one.value, low, high, seeds, needed, tasks))
    return pd.DataFrame(rows, columns=["size", "methods", "says", "value", "low", "high", "seeds", "needed", "tasks"])


def censored(status: np.ndarray) -> np.ndarray:
    """Whether a combination's synergy is censored, `(..., combinations)`, from `Reductions.status` `(..., methods)`.

    It is where for the combination or one of its methods no model reached the target, or even the smallest one did.
    """
    parts = [[METHOD_SETS.index(part) for part in (method, *method.split("+"))] for method in COMBINED]
    return np.stack([(status != FOUND)[..., each].any(axis=-1) for each in parts], axis=-1)
