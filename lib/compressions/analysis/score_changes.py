"""What methods and controls change in the score: paired differences on each task and in their mean, with intervals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import Draws, Interval, bootstrap, estimate, estimate_mean
from compressions.analysis.pareto import by_task_and_mean, shared
from compressions.analysis.results import ALL, Cell, Results
from compressions.experiments.records import read_all, read_controls, record_path
from compressions.experiments.table import table

COLUMNS = ["task", "size", "change", "value", "low", "high", "seeds"]
CHANGES = {name: (name, "base") for name in ALL if name != "base"}
# KD's change is that of the rows it adds, the control's, and that of the teacher given these rows.
DISTILLATION = {"KD": ("kd", "base"), "added rows": ("aug", "base"), "teacher": ("kd", "aug")}
# What a trained baseline gives without more training, and the method that trains for as much.
TRAINED = ("base", "qat", "mp40", "mp60")
AWARE = {"fp16": None, "ptq": "qat", "ptq4": None, "shot40": "mp40", "shot60": "mp60", "shot80": None, "shot90": None}


def only(frame: pd.DataFrame, columns: tuple[str, str, str] = ("value", "low", "high"), **where: str) -> Interval:
    """The interval, from its `columns`, of a frame's first row with these values; unknown where there is none."""
    rows = frame[np.logical_and.reduce([frame[name] == value for name, value in where.items()])]
    return Interval(*map(float, rows.iloc[0][list(columns)])) if len(rows) else Interval()


def score_changes(results: Results, draws: Draws, pairs: dict[str, tuple[str, str]] = CHANGES) -> pd.DataFrame:
    """One row for each task, and for the mean over a size's tasks, each size and each of the pairs, by its name.

    A pair are two configurations on the same seeds and rows; `value` is the first's score less the second's. There is
    no interval where a task has one seed, as nothing is known of the noise of seeds. Means are of the sizes that
    `shared` names, each over all tasks that it has.
    """
    first, second = (list(map(results.column, names)) for names in zip(*pairs.values(), strict=True))

    def between(scores: np.ndarray) -> np.ndarray:
        return scores[..., first] - scores[..., second]

    single = estimate(results.scores, draws, between, results.freedom[..., None])
    mean = estimate_mean(results.scores, draws, between, results.freedom)
    fewest = np.where(results.seeds > 0, results.seeds, results.seeds.max()).min(axis=0)
    return by_task_and_mean(results, COLUMNS, list(pairs), single, mean, fewest, shared(results)[1])


def control_changes(folder: Path, results: Results, draws: int) -> pd.DataFrame:
    """What each control changes from the baseline, and what training adds to it, from the records of a folder.

    Rows are those of `score_changes`; `change` is a control's or a method's name, or `qat - ptq` and the like for a
    method less the control that stores as much. Seeds whose base records hold no controls are left out.
    """
    controlled = _with_controls(folder, results)
    pairs = {name: (name, "base") for name in controlled.configurations[1:]}
    pairs |= {f"{method} - {name}": (method, name) for name, method in AWARE.items() if method}
    if not controlled.cells:
        return pd.DataFrame(columns=COLUMNS)
    return score_changes(controlled, bootstrap(controlled, draws), pairs)


def _with_controls(folder: Path, results: Results) -> Results:
    """The seeds whose base records hold the controls, with these and the configurations that are `TRAINED`."""
    names, cells = tuple(AWARE), {}
    for (task, size), cell in results.cells.items():
        read = [read_controls(record_path(folder, task, size, "base", seed)) for seed in cell.seeds]
        places = [place for place, found in enumerate(read) if set(names) <= found.keys()]
        if places:
            trained = cell.predictions[list(map(results.column, TRAINED))][:, places]
            controls = [[read[place][name] for place in places] for name in names]
            seeds = tuple(cell.seeds[place] for place in places)
            cells[task, size] = Cell(seeds, cell.labels, np.concatenate([trained, controls]))
    tasks, sizes = (
        tuple(name for name in names if any(name in key for key in cells)) for names in (results.tasks, results.sizes)
    )
    none = {results.size_measure: np.full((len(tasks), len(sizes), len(TRAINED) + len(names)), np.nan)}
    return replace(results, tasks=tasks, sizes=sizes, configurations=(*TRAINED, *names), cells=cells, bytes_by=none)


def teacher_scores(folder: Path) -> pd.Series:
    """The teacher's score by task, as the records of distilled models below a folder have it."""
    taught = table(read_all(folder)).dropna(subset="teacher_score").drop_duplicates("task", keep="last")
    return taught.set_index("task").teacher_score
