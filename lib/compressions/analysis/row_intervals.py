"""Mean scores over tasks, and their changes from the baseline, with the noise of the validation rows alone."""

from pathlib import Path

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import Z, row_counts
from compressions.analysis.scores import scores
from compressions.data.csv_task import find_task
from compressions.experiments.records import read_predictions

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


def compare(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Two tables of `changes` side by side, by configuration; the second's columns end in `_there`.

    They `agree` where the 95 % interval of the difference of both changes holds 0.
    """
    both = ours.merge(theirs, on="configuration", suffixes=("", "_there"))
    half, there = (both[f"change_high{end}"] - both[f"change{end}"] for end in ("", "_there"))
    return both.assign(agree=(both.change - both.change_there).abs() <= np.hypot(half, there))


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
