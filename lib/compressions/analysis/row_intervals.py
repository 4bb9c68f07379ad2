"""Mean scores over tasks and their changes from the baseline, with the noise of rows, and a run beside other ones."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from compressions.analysis.bootstrap import Z, row_counts
from compressions.analysis.scores import scores
from compressions.data.csv_task import find_task
from compressions.experiments.records import read_predictions
from compressions.experiments.table import table

BASE = "base"
COLUMNS = ["configuration", "megabytes", "score", "low", "high", "change", "change_low", "change_high"]


def changes(folder: Path, records: list[dict], draws: int = 500) -> pd.DataFrame:
    """One row for each configuration that every task of the records has, baseline first; none without a baseline.

    `records` are of one size, read from `folder`; several seeds are averaged. `score` is the mean over the tasks and
    `change` its difference to the baseline's. Both have a 95 % interval, from validation rows that are drawn again,
    once per task for all configurations.
    """
    tasks: dict[str, list[dict]] = {}
    for record in records:
        tasks.setdefault(record["specification"]["task"], []).append(record)
    drawn = [_drawn(folder, task, own, draws) for task, own in tasks.items()]
    shared = [name for name in (drawn[0] if drawn else {}) if all(name in own for own in drawn)]
    means = {name: np.mean([own[name] for own in drawn], axis=0) for name in shared}
    megabytes = {record["configuration"]: record["megabytes"] for record in records}
    rows = [
        (name, megabytes[name], *_interval(mean), *_interval(mean - means[BASE]))
        for name, mean in means.items()
        if BASE in means
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def compare(ours: pd.DataFrame, seeds: float, theirs: pd.DataFrame) -> pd.DataFrame:
    """Changes of `changes` beside other ones, by configuration, with the 95 % interval of their difference.

    `seeds` is the variance over seeds of one of `ours`, as from `change_variance`. `theirs` has the columns `change`
    (the configuration), `value`, `low` and `high`, an interval that holds the noise of seeds and of rows.
    """
    both = ours.merge(theirs[["change", "value", "low", "high"]], left_on="configuration", right_on="change")
    both = both.rename(columns={"change_x": "change", "value": "there", "low_y": "there_low", "high_y": "there_high"})
    rows, there = both.change_high - both.change, both.there_high - both.there
    difference, half = both.change - both.there, np.sqrt(rows**2 + Z**2 * seeds + there**2)
    ends = {"difference": difference, "difference_low": difference - half, "difference_high": difference + half}
    names = ["configuration", *COLUMNS[-3:], "there", "there_low", "there_high"]
    return both[names].assign(**ends)


def change_variance(records: list[dict]) -> float:
    """The variance over seeds of a mean change from the baseline, over all configurations; NaN with one seed."""
    means = table(records).groupby(["seed", "configuration"]).score.mean().unstack()
    if BASE not in means:
        return np.nan
    return float(means.drop(columns=BASE).sub(means[BASE], axis=0).var().mean())


def against_seeds(records: list[dict], committed: list[dict]) -> pd.DataFrame:
    """Scores `here` beside the `committed` means over S seeds, by task and configuration, and whether they `agree`.

    They do where they differ by no more than the `margin` within which 95 % of single seeds are expected,

        t · s · √(1 + 1/S),

    with s² the variance over seeds, pooled over tasks and configurations, and Student's t of its degrees of freedom.
    """
    keys = ["task", "configuration"]
    groups = table(committed).groupby(keys, sort=False).score
    free, count = groups.size() - 1, groups.size()
    deviation = np.sqrt((groups.var() * free).sum() / free.sum()) if free.sum() else np.nan
    margin = stdtrit(free.sum(), 0.975) * deviation * np.sqrt(1 + 1 / count)
    here = table(records).groupby(keys, sort=False).score.mean()
    both = pd.DataFrame({"here": here, "committed": groups.mean(), "margin": margin}).dropna(
        subset=["here", "committed"]
    )
    return both.assign(agree=(both.here - both.committed).abs() <= both.margin)


def _drawn(folder: Path, task: str, records: list[dict], draws: int) -> dict[str, np.ndarray]:
    """Scores `(1 + draws,)` of each configuration of a task: on the rows as they are, then on rows drawn again."""
    read = [read_predictions(folder / record["path"]) for record in records]
    labels = read[0][1]
    again = row_counts(np.random.default_rng(0), draws, len(labels))
    counts = np.vstack([np.ones((1, len(labels)), np.float32), again])
    found = scores(find_task(task, folder).scored, labels, np.stack([predictions for predictions, _ in read]), counts)
    names = [record["configuration"] for record in records]
    return {name: found[:, [each == name for each in names]].mean(axis=1) for name in dict.fromkeys(names)}


def _interval(drawn: np.ndarray) -> tuple[float, float, float]:
    """The first value, and the ends of its 95 % interval by the deviation of the others."""
    half = Z * drawn[1:].std()
    return drawn[0], drawn[0] - half, drawn[0] + half
