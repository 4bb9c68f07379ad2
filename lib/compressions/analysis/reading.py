"""Reads a folder of records into results, and counts what is left out and why."""

from collections import defaultdict
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
    "task": ("train_fingerprint", "validation_fingerprint", "train_rows_used", "max_length", "epochs", "teacher"),
    "size": ("encoder", "learning_rate", "batch_size", "weight_decay", "warmup"),
    "configuration": (
        *("granularity", "prune_begin", "prune_end", "prune_every"),
        *("temperature", "alpha", "augment", "synonyms"),
    ),
}
MISSING, MIXED = "configurations are missing", "trained on a CPU and a GPU"
ONE_SEED = "one seed, where most of the size's tasks have several"

Records = dict[tuple[str, int], dict]  # those of a task and size, by configuration and seed


class NoResults(BadInput):
    """A folder without records that could be compared: what is missing, and the command that makes it."""


def read_results(folder: Path, score: str = "score", size_measure: str = "paper", several: bool = True) -> Results:
    """The whole cells of a folder: a task, size and seed with all of the paper's configurations.

    A cell of which some records are of a CPU and some of a GPU is not used. With `several`, nor is a task's only seed
    where most tasks of the size have more: it says nothing of the noise of seeds, and a mean over both could say
    nothing either. Raises `BadInput` for an unknown score or
    size measure, and `NoResults` for one that was not measured, for a folder without records or whole cells, and for
    records of two grids.
    """
    one_of("score", score, KINDS)
    one_of("size_measure", size_measure, SIZE_MEASURES)
    records = read_all(folder)
    is_grid = (root() / "grids" / f"{folder.name}.yml").is_file()
    grid = folder.name if is_grid else "<one of grids/>"
    _require(bool(records), f"{folder} holds no records; `make grid GRID={grid}` makes them")
    for record in records:
        held_out = record["specification"].get("held_out")
        _require(not held_out, f"{record['path']} scores a held-out part of the training rows")
    check_alike(records)
    grouped: dict[tuple[str, str], Records] = {}
    for record in records:
        chosen = record["specification"]
        of_cell = grouped.setdefault((chosen["task"], chosen["size"]), {})
        of_cell[record["configuration"], chosen["seed"]] = record
    whole = {
        key: seeds for key, found in grouped.items() if (seeds := [s for s in _seeds(found) if not _why(found, s)])
    }
    whole = _with_several_seeds(whole) if several else whole
    _require(bool(whole), f"no task of {folder} has all of {', '.join(PAPER)}; {_fullest(grouped)}")
    measures = read_size_measures(folder, records)
    ours = measures.artifact_sha256.isin([record["artifact_sha256"] for record in records])
    measures = measures[ours & (measures.part == WHOLE)]
    measured = measures[measures[size_measure].notna()]
    complete = {size for _, size in whole if set(PAPER) <= set(measured.configuration[measured["size"] == size])}
    used = {key: seeds for key, seeds in whole.items() if size_measure in COUNTED or key[1] in complete}
    _require(
        bool(used),
        f"no size of {folder} has all configurations measured by {size_measure}; make size-measures measures them",
    )
    names = {task for task, _ in used}
    tasks = (*(task for task in TASKS if task in names), *sorted(names - TASKS.keys()))
    parameters = {record["specification"]["size"]: record["parameters"] for record in records}
    sizes = tuple(size for size in sorted(parameters, key=parameters.get) if size in {size for _, size in used})
    bytes_by = _counted(grouped, used, tasks, sizes)
    if complete >= set(sizes):
        bytes_by |= _measured(measures, used, tasks, sizes)
    cells = {key: _cell(folder, grouped[key], seeds) for key, seeds in used.items()}
    graded = {task: "pearson" in next(iter(grouped[task, size].values())) for task, size in used}
    scored = {task: scored_metrics(score, task, graded[task]) for task in tasks}
    of_one = {(task, size) for (task, size), found in grouped.items() if (task, size) not in whole}
    left_out = _left_out(grouped, used, {key: ONE_SEED for key in of_one}, f"not measured by {size_measure}")
    return Results(tasks, sizes, cells, bytes_by, size_measure, scored, left_out)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise NoResults(message)


def check_alike(records: list[dict]) -> None:
    """Raise `NoResults` that names two records, and their `path`, which differ in what those of a grid share."""
    first: dict = {}
    for record in records:
        chosen, path = record["specification"] | {"configuration": record["configuration"]}, record["path"]
        for axis, fields in SHARED.items():
            for field in (field for field in fields if field in chosen):
                value, other = first.setdefault((axis, chosen[axis], field), (chosen[field], path))
                same = value == chosen[field]
                _require(same, f"{path} and {other} differ in {field}: these are records of two grids")


def _seeds(found: Records) -> list[int]:
    return sorted({seed for _, seed in found})


def _why(found: Records, seed: int) -> str | None:
    """Why a seed is not used, if it is not."""
    if not all((name, seed) in found for name in PAPER):
        return MISSING
    kinds = {record["machine"]["device"] == "cpu" for (_, own), record in found.items() if own == seed}
    return MIXED if len(kinds) > 1 else None


def _fullest(grouped: dict[tuple[str, str], Records]) -> str:
    """What is wrong with the cell that has most records, and what to do."""
    (task, size), found = max(grouped.items(), key=lambda item: len(item[1]))
    seed = max(_seeds(found), key=lambda seed: _count(found, seed))
    absent = ", ".join(name for name in PAPER if (name, seed) not in found)
    if not absent:
        return f"{task} with {size}, seed {seed}, was {MIXED}; train all its configurations on one kind of device"
    return f"{task} with {size}, seed {seed}, lacks {absent}; `make grid` makes what is missing"


def _with_several_seeds(whole: dict[tuple[str, str], list[int]]) -> dict[tuple[str, str], list[int]]:
    """The cells without the tasks of one seed, for each size of which more than half of the tasks have several."""
    of_size = defaultdict(list)
    for (_, size), seeds in whole.items():
        of_size[size].append(len(seeds) > 1)
    most = {size for size, several in of_size.items() if 2 * sum(several) > len(several)}
    return {(task, size): seeds for (task, size), seeds in whole.items() if size not in most or len(seeds) > 1}


def _left_out(grouped: dict[tuple[str, str], Records], used: dict, known: dict, otherwise: str) -> pd.DataFrame:
    rows = [
        (
            size.upper(),
            _why(found, seed) or known.get((task, size), otherwise),
            task,
            sum(own == seed for _, own in found),
        )
        for (task, size), found in grouped.items()
        for seed in _seeds(found)
        if seed not in used.get((task, size), [])
    ]
    frame = pd.DataFrame(rows, columns=["size", "why", "tasks", "records"])
    groups = frame.groupby(["size", "why"], sort=False, as_index=False)
    return groups.agg({"tasks": lambda names: ", ".join(dict.fromkeys(names)), "records": "sum"})


def _count(found: Records, seed: int) -> int:
    return sum(own == seed for _, own in found)


def _cell(folder: Path, found: Records, seeds: list[int]) -> Cell:
    names = ALL if all((CONTROL, seed) in found for seed in seeds) else PAPER
    read = [[read_predictions(folder / found[name, seed]["path"]) for seed in seeds] for name in names]
    predictions = np.array([[predictions for predictions, _ in row] for row in read])
    return Cell(tuple(seeds), read[0][0][1], predictions)


def _counted(grouped: dict, used: dict, tasks: tuple[str, ...], sizes: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Bytes by the size measures that records are enough for."""
    found = {measure: np.full((len(tasks), len(sizes), len(ALL)), np.nan) for measure in COUNTED}
    for task, size in used:
        by_name = {record["configuration"]: record for record in grouped[task, size].values()}
        for measure, count in COUNTED.items():
            values = [count(by_name[name]) if name in by_name else np.nan for name in ALL]
            found[measure][tasks.index(task), sizes.index(size)] = values
    return found


def _measured(
    measures: pd.DataFrame, used: dict, tasks: tuple[str, ...], sizes: tuple[str, ...]
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
