"""Read a folder of records into results, and count what is left out and why."""

from collections import Counter, defaultdict
from collections.abc import Sized
from pathlib import Path

import numpy as np
import pandas as pd

from compressions.analysis.results import ALL, PAPER, Cell, Results
from compressions.analysis.scores import KINDS, scored_metrics
from compressions.data.tasks import TASKS
from compressions.errors import BadInput, one_of
from compressions.experiments.configurations import CONTROL
from compressions.experiments.records import read_all, read_predictions
from compressions.files import root
from compressions.storage.size_measures import COUNTED, KEY, MEASURED, SIZE_MEASURES, WHOLE, key_of, read_size_measures

# What all records of a task, of a size and of a configuration must share to be compared.
SHARED = {
    ("task",): ("train_fingerprint", "validation_fingerprint", "train_rows_used", "max_length", "epochs"),
    ("task", "distilled"): ("teacher",),
    ("size",): ("encoder", "learning_rate", "batch_size", "weight_decay", "warmup"),
    ("configuration",): (
        *("granularity", "prune_begin", "prune_end", "prune_every", "prune_schedule", "prune_scope"),
        *("temperature", "alpha", "augment", "synonyms", "steps", "hard_labels"),
    ),
}
MISSING, MIXED = "configurations are missing", "trained on a CPU and a GPU, or in two precisions"
ONE_SEED = "one seed, where most of the size's tasks have several"
FEW_TASKS = "of the size fewer than three quarters of the tasks are whole"

Models = dict[str, dict]  # the records of a task, size and seed, by configuration
Cells = dict[tuple[str, str], dict[int, Models]]  # by task and size, and by seed


class NoResults(BadInput):
    """A folder without records that could be compared: what is missing, and the command that makes it."""


def read_results(
    folder: str | Path,
    score: str = "score",
    size_measure: str = "paper",
    comparable: bool = True,
    planned: tuple[str, ...] | None = None,
) -> Results:
    """The whole cells of a folder: a task, size and seed with all of the paper's configurations.

    The folder is found from here, or else from the project's folder. With `planned` they are those of the cell with
    most instead, in that order, without the control. A cell with records of a CPU and of a GPU, or of two precisions,
    is not used. Nor is, where all are to be `comparable`, a task's only seed where most tasks of the size have more, as
    it says nothing of the noise of seeds; and a size with fewer than three quarters as many tasks as the one with most,
    as a mean over few tasks is of other tasks. Raises `BadInput` for an unknown score or size measure, and `NoResults`
    for one that was not measured, for a folder without records or whole cells, and for records of two grids.
    """
    folder = Path(folder) if Path(folder).exists() else root() / folder
    one_of("score", score, KINDS)
    one_of("size_measure", size_measure, SIZE_MEASURES)
    records = _read_records(folder)
    cells = group(records)
    names = PAPER if planned is None else _fullest_names(cells, planned)
    whole = _whole_seeds(cells, names)
    _require(bool(whole), f"no task of {folder} has all of {', '.join(names)}; {_fullest(cells, names)}")
    sizes_in_bytes = _read_bytes(folder, records)
    there = sizes_in_bytes.reindex(columns=names, level="configuration").notna()
    measured = {key: seeds for key, seeds in whole.items() if there.loc[key, size_measure].all()}
    _require(
        bool(measured),
        f"no task of {folder} has all configurations measured by {size_measure}; make size-measures measures them, "
        "and size_measure paper needs none",
    )
    several = _with_several_seeds(measured) if comparable else measured
    used = _with_most_tasks(several) if comparable else measured
    tasks, sizes, scored = axes(used, records, score)
    every = names if planned else ALL
    index = pd.MultiIndex.from_product([tasks, sizes])
    bytes_by = {
        measure: sizes_in_bytes.loc[list(used), measure].reindex(index, columns=every).to_numpy(float)
        for measure in SIZE_MEASURES
        if there.loc[list(used), measure].all(axis=None)
    }
    bytes_by = {measure: values.reshape(len(tasks), len(sizes), -1) for measure, values in bytes_by.items()}
    found = {}
    for key, seeds in used.items():
        controlled = all(CONTROL in models for models in seeds.values())
        found[key] = read_cell(folder, seeds, every if controlled else names)
    why = dict.fromkeys(several, FEW_TASKS) | dict.fromkeys(measured.keys() - several.keys(), ONE_SEED)
    left_out = _left_out(cells, used, names, why, f"not measured by {size_measure}")
    return Results(tasks, sizes, every, found, bytes_by, size_measure, scored, left_out)


def _read_records(folder: Path) -> list[dict]:
    """All records of a folder. Raises `NoResults` where there are none, or none that can be compared."""
    records = read_all(folder)
    require_records(folder, records)
    for record in records:
        held_out = record["specification"].get("held_out")
        _require(not held_out, f"{record['path']} scores a held-out part of the training rows")
    check_alike(records, SHARED, "these are records of two grids")
    return records


def require_records(folder: Path, records: Sized) -> None:
    """Raise `NoResults` where a folder has no records, with the command that makes a grid's."""
    of_task = any(folder.glob("*/*-seed*.json"))
    _require(not of_task, f"{folder} holds the records of one task; name the folder of all, {folder.parent}")
    is_grid = (root() / "grids" / f"{folder.name}.yml").is_file()
    makes = f"`make grid GRID={folder.name}` makes them" if is_grid else "name one that a grid or an experiment wrote"
    _require(bool(records), f"{folder} holds no records; {makes}")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise NoResults(message)


def check_alike(records: list[dict], shared: dict[tuple[str, ...], tuple[str, ...]], otherwise: str) -> None:
    """Raise `NoResults` that names two records by their `path` which differ in what they must share.

    `shared` has the fields of the specification that records of the same task, size, … must have in common. A field
    that a specification leaves out is at its default.
    """
    first: dict = {}
    for record in records:
        chosen, path = record["specification"], record["path"]
        named = chosen | {"configuration": record["configuration"], "distilled": "kd" in chosen["subset"]}
        for axes, fields in shared.items():
            place = tuple(named[axis] for axis in axes)
            for field in fields:
                value, other = first.setdefault((axes, place, field), (chosen.get(field), path))
                _require(value == chosen.get(field), f"{path} and {other} differ in {field}: {otherwise}")


def group(records: list[dict]) -> Cells:
    """Records by task and size, by seed in order, and by configuration."""
    cells: Cells = {}
    for record in records:
        chosen = record["specification"]
        seeds = cells.setdefault((chosen["task"], chosen["size"]), {})
        seeds.setdefault(chosen["seed"], {})[record["configuration"]] = record
    return {key: dict(sorted(seeds.items())) for key, seeds in cells.items()}


def _why_unused(models: Models, names: tuple[str, ...]) -> str | None:
    """Why a seed is not used, if it is not: models are missing, or are of two devices or precisions."""
    if not models.keys() >= set(names):
        return MISSING
    ways = {(each["machine"]["device"] == "cpu", each["specification"].get("precision")) for each in models.values()}
    return MIXED if len(ways) > 1 else None


def _whole_seeds(cells: Cells, names: tuple[str, ...]) -> Cells:
    """The cells' seeds that are used, and no cell without any."""
    kept = {key: {s: own for s, own in seeds.items() if not _why_unused(own, names)} for key, seeds in cells.items()}
    return {key: seeds for key, seeds in kept.items() if seeds}


def axes(used: Cells, records: list[dict], score: str) -> tuple[tuple[str, ...], tuple[str, ...], dict]:
    """The cells' tasks, GLUE's in their order first; their sizes, smallest first; and the tasks' `scored_metrics`."""
    names = {task for task, _ in used}
    tasks = (*(task for task in TASKS if task in names), *sorted(names - TASKS.keys()))
    parameters = {record["specification"]["size"]: record["parameters"] for record in records}
    sizes = tuple(size for size in sorted(parameters, key=parameters.get) if size in {size for _, size in used})
    graded = {record["specification"]["task"]: "pearson" in record for record in records}
    return tasks, sizes, {task: scored_metrics(score, task, graded[task]) for task in tasks}


def read_cell(folder: Path, seeds: dict[int, Models], names: tuple[str, ...]) -> Cell:
    """The predictions of a cell's configurations, from the files beside their records."""
    read = [[read_predictions(folder / models[name]["path"]) for models in seeds.values()] for name in names]
    predictions = np.array([[predictions for predictions, _ in row] for row in read])
    return Cell(tuple(seeds), read[0][0][1], predictions)


def _fullest_names(cells: Cells, planned: tuple[str, ...]) -> tuple[str, ...]:
    """The configurations but the control of the cell with most: as they were planned, then others."""
    fullest = max((models for seeds in cells.values() for models in seeds.values()), key=len)
    there = [name for name in fullest if name != CONTROL]
    return tuple(sorted(there, key=lambda name: planned.index(name) if name in planned else len(planned)))


def _fullest(cells: Cells, names: tuple[str, ...]) -> str:
    """What is wrong with the cell that has most records, and what to do."""
    (task, size), seeds = max(cells.items(), key=lambda item: sum(map(len, item[1].values())))
    seed, models = max(seeds.items(), key=lambda item: len(item[1]))
    absent = ", ".join(name for name in names if name not in models)
    if not absent:
        return f"{task} with {size}, seed {seed}, was {MIXED}; train all its configurations in one way"
    return f"{task} with {size}, seed {seed}, lacks {absent}; run a grid that has them"


def _with_most_tasks(whole: Cells) -> Cells:
    """The cells of the sizes with at least three quarters as many tasks as the one with most."""
    counts = Counter(size for _, size in whole)
    return {key: seeds for key, seeds in whole.items() if 4 * counts[key[1]] >= 3 * max(counts.values())}


def _with_several_seeds(whole: Cells) -> Cells:
    """The cells without the tasks of one seed, for each size of which more than half of the tasks have several."""
    of_size = defaultdict(list)
    for (_, size), seeds in whole.items():
        of_size[size].append(len(seeds) > 1)
    most = {size for size, several in of_size.items() if 2 * sum(several) > len(several)}
    return {(task, size): seeds for (task, size), seeds in whole.items() if size not in most or len(seeds) > 1}


def _left_out(
    cells: Cells, used: Cells, names: tuple[str, ...], why: dict[tuple[str, str], str], otherwise: str
) -> pd.DataFrame:
    """How many records are not used, by size and why: not whole, what `why` says of a cell, or `otherwise`."""
    rows = [
        (key[1].upper(), _why_unused(models, names) or why.get(key, otherwise), key[0], len(models))
        for key, seeds in cells.items()
        for seed, models in seeds.items()
        if seed not in used.get(key, {})
    ]
    frame = pd.DataFrame(rows, columns=["size", "why", "tasks", "records"])
    groups = frame.groupby(["size", "why"], sort=False, as_index=False)
    return groups.agg({"tasks": lambda names: ", ".join(dict.fromkeys(names)), "records": "sum"})


def _read_bytes(folder: Path, records: list[dict]) -> pd.DataFrame:
    """Mean bytes over the seeds: a row for each task and size, a column for each size measure and configuration.

    NaN by a size measure that needs the saved model where none of the seeds' was measured.
    """
    counted = [key_of(record) | {name: count(record) for name, count in COUNTED.items()} for record in records]
    measures = read_size_measures(folder, records)
    ours = measures.artifact_sha256.isin([record["artifact_sha256"] for record in records])
    measured = measures[ours & (measures.part == WHOLE)].set_index(KEY)[list(MEASURED)].astype(float)
    models = pd.DataFrame(counted).set_index(KEY).join(measured)
    return models.groupby(["task", "size", "configuration"]).mean().unstack()
