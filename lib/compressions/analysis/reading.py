"""Read a folder of records into results with the paper's configurations, and count what is left out and why."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from compressions.analysis.results import ALL, PAPER, Cell, Results, over_tasks
from compressions.analysis.scores import KINDS, scored_metrics
from compressions.data.tasks import TASKS
from compressions.errors import BadInput, one_of
from compressions.experiments.configurations import CONTROL
from compressions.experiments.records import read_all, read_predictions
from compressions.files import root
from compressions.storage.size_measures import COUNTED, MEASURED, SIZE_MEASURES, WHOLE, read_size_measures

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


def read_results(folder: Path, score: str = "score", size_measure: str = "paper", comparable: bool = True) -> Results:
    """The whole cells of a folder: a task, size and seed with all of the paper's configurations.

    A cell with records of a CPU and of a GPU, or of two precisions, is not used. Nor is, where all are to be
    `comparable`, a size with fewer than three quarters as many tasks as the one with most, as a mean over few tasks is
    of other tasks; and a task's only seed where most tasks of the size have more, as it says nothing of the noise of
    seeds. Raises `BadInput` for an unknown score or size measure, and `NoResults` for one that was not measured, for a
    folder without records or whole cells, and for records of two grids.
    """
    one_of("score", score, KINDS)
    one_of("size_measure", size_measure, SIZE_MEASURES)
    records = _read_records(folder)
    cells = group(records)
    whole = whole_seeds(cells, PAPER)
    several = _with_several_seeds(whole) if comparable else whole
    kept = _with_most_tasks(several) if comparable else whole
    _require(bool(kept), f"no task of {folder} has all of {', '.join(PAPER)}; {_fullest(cells)}")
    measures = read_size_measures(folder, records)
    ours = measures.artifact_sha256.isin([record["artifact_sha256"] for record in records])
    measures = measures[ours & (measures.part == WHOLE)]
    measured = measures[measures[size_measure].notna()]
    complete = {size for _, size in kept if set(PAPER) <= set(measured.configuration[measured["size"] == size])}
    used = {key: seeds for key, seeds in kept.items() if size_measure in COUNTED or key[1] in complete}
    _require(
        bool(used),
        f"no size of {folder} has all configurations measured by {size_measure}; make size-measures measures them",
    )
    tasks, sizes, scored = axes(used, records, score)
    bytes_by = _counted(cells, used, tasks, sizes)
    if complete >= set(sizes):
        bytes_by |= _measured(measures, used, tasks, sizes)
    found = {}
    for key, seeds in used.items():
        controlled = all(CONTROL in models for models in seeds.values())
        found[key] = read_cell(folder, seeds, ALL if controlled else PAPER)
    why = dict.fromkeys(kept, f"not measured by {size_measure}")
    why |= dict.fromkeys(several.keys() - kept.keys(), FEW_TASKS)
    left_out = _left_out(cells, used, why)
    return Results(tasks, sizes, found, bytes_by, size_measure, scored, left_out)


def _read_records(folder: Path) -> list[dict]:
    """All records of a folder. Raises `NoResults` where there are none, or none that can be compared."""
    records = read_all(folder)
    is_grid = (root() / "grids" / f"{folder.name}.yml").is_file()
    grid = folder.name if is_grid else "<one of grids/>"
    _require(bool(records), f"{folder} holds no records; `make grid GRID={grid}` makes them")
    for record in records:
        held_out = record["specification"].get("held_out")
        _require(not held_out, f"{record['path']} scores a held-out part of the training rows")
    check_alike(records, SHARED, "these are records of two grids")
    return records


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


def why_unused(models: Models, names: tuple[str, ...]) -> str | None:
    """Why a seed is not used, if it is not: models are missing, or are of two devices or precisions."""
    if not models.keys() >= set(names):
        return MISSING
    ways = {(each["machine"]["device"] == "cpu", each["specification"].get("precision")) for each in models.values()}
    return MIXED if len(ways) > 1 else None


def whole_seeds(cells: Cells, names: tuple[str, ...]) -> Cells:
    """The cells' seeds that are used, and no cell without any."""
    kept = {key: {s: own for s, own in seeds.items() if not why_unused(own, names)} for key, seeds in cells.items()}
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


def _fullest(cells: Cells) -> str:
    """What is wrong with the cell that has most records, and what to do."""
    (task, size), seeds = max(cells.items(), key=lambda item: sum(map(len, item[1].values())))
    seed, models = max(seeds.items(), key=lambda item: len(item[1]))
    absent = ", ".join(name for name in PAPER if name not in models)
    if not absent:
        return f"{task} with {size}, seed {seed}, was {MIXED}; train all its configurations in one way"
    return f"{task} with {size}, seed {seed}, lacks {absent}; `make grid` makes what is missing"


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


def _left_out(cells: Cells, used: Cells, why: dict[tuple[str, str], str]) -> pd.DataFrame:
    """How many records are not used, by size and why: not whole, what `why` says of a cell, or a task's only seed."""
    rows = []
    for key, seeds in cells.items():
        for seed, models in seeds.items():
            if seed not in used.get(key, {}):
                reason = why_unused(models, PAPER) or why.get(key, ONE_SEED)
                rows.append((key[1].upper(), reason, key[0], len(models)))
    frame = pd.DataFrame(rows, columns=["size", "why", "tasks", "records"])
    groups = frame.groupby(["size", "why"], sort=False, as_index=False)
    return groups.agg({"tasks": lambda names: ", ".join(dict.fromkeys(names)), "records": "sum"})


def _counted(cells: Cells, used: Cells, tasks: tuple[str, ...], sizes: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Bytes by the size measures that records are enough for."""
    found = {measure: np.full((len(tasks), len(sizes), len(ALL)), np.nan) for measure in COUNTED}
    for task, size in used:
        by_name = {name: record for models in cells[task, size].values() for name, record in models.items()}
        for measure, count in COUNTED.items():
            values = [count(by_name[name]) if name in by_name else np.nan for name in ALL]
            found[measure][tasks.index(task), sizes.index(size)] = values
    return found


def _measured(
    measures: pd.DataFrame, used: Cells, tasks: tuple[str, ...], sizes: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Bytes by the size measures that need the saved model, those by which every configuration was measured.

    What compresses a file depends on the task, too. So a model that was not measured has the bytes of the uncompressed
    one on its task times the mean ratio of the two on others. Where that was not measured either, it is inferred from
    what was measured on the task by the same ratios; and where nothing was, it has the mean of other tasks.
    """
    places = [list(dict.fromkeys([*tasks, *measures.task])), sizes, ALL]
    axes = ["task", "size", "configuration"]
    means = measures.groupby(axes)[list(MEASURED)].mean().reindex(pd.MultiIndex.from_product(places, names=axes))
    own = means.to_numpy(float).T.reshape(len(MEASURED), *map(len, places))
    base = own[..., :1]
    ratio = _or(over_tasks(own / base), over_tasks(own) / over_tasks(base))[:, None]
    inferred = over_tasks(np.swapaxes(own / ratio, 1, 3))[..., None]  # (measures, sizes, tasks, 1)
    base = _or(base, np.swapaxes(inferred, 1, 2))
    found = _or(own, _or(base, over_tasks(base)[:, None]) * ratio)[:, : len(tasks)]
    there = np.array([[[(task, size) in used] for size in sizes] for task in tasks])
    whole = (~np.isnan(found[..., : len(PAPER)]) | ~there).all(axis=(1, 2, 3))
    named = zip(MEASURED, np.where(there, found, np.nan), whole, strict=True)
    return {name: values for name, values, every in named if every}


def _or(values: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), otherwise, values)
