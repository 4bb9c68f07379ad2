"""Reads a folder of records into what can be compared, and says what was left out and why."""

from pathlib import Path

import numpy as np
import pandas as pd

from compressions.analysis.devices import from_base
from compressions.analysis.results import ALL, PAPER, Cell, Results, over_tasks
from compressions.analysis.scores import KINDS
from compressions.data.tasks import TASKS
from compressions.errors import one_of, require
from compressions.experiments.configurations import CONTROL
from compressions.experiments.records import read_all, read_predictions
from compressions.storage.size_measures import MEASURED, RULERS, WHOLE, read_measures

# What all records of a task, of a size and of a configuration must have been made with to be compared.
SHARED = {
    "task": ("train_fingerprint", "validation_fingerprint", "train_rows_used", "max_length", "epochs", "teacher"),
    "size": ("encoder", "learning_rate", "batch_size", "weight_decay", "warmup"),
    "configuration": (
        *("granularity", "prune_begin", "prune_end", "prune_every"),
        *("temperature", "alpha", "augment", "synonyms"),
    ),
}


def read_results(folder: Path, score: str = "score", ruler: str = "paper") -> Results:
    """The whole cells of a folder: a task with a size, of which some seed has all twelve of the paper's configurations.

    Raises `BadInput` for an unknown score or ruler, one that was not measured, a folder without records or without a
    whole cell, and for records that were not made alike, as those of two grids.
    """
    one_of("score", score, KINDS)
    one_of("ruler", ruler, (*RULERS, *MEASURED))
    records = read_all(folder)
    require(bool(records), f"{folder} holds no records; `make grid` with a grid of grids/ makes them")
    _check_alike(records)
    grouped = _grouped(records)
    cells = {key: _cell(folder, found) for key, found in grouped.items() if _whole_seeds(found)}
    require(bool(cells), f"no task of {folder} has all of {', '.join(PAPER)}; {_lacking(grouped)}")
    measures, notes = _measures(folder, records), _notes(_sizes(records), grouped, cells)
    if ruler in MEASURED:
        cells, lacking = _only_measured(cells, measures)
        require(
            bool(cells), f"no size of {folder} has all configurations measured by {ruler}; make rulers measures them"
        )
        notes += [f"{size} has configurations of which no artifact was measured, and is left out." for size in lacking]
    tasks = tuple(task for task in TASKS if any(key[0] == task for key in cells))
    sizes = tuple(size for size in _sizes(records) if any(key[1] == size for key in cells))
    rulers = _counted(grouped, cells, tasks, sizes)
    if all(_complete(measures, size) for size in sizes):
        rulers |= _measured(measures, cells, tasks, sizes)
    return Results(tasks, sizes, cells, rulers, ruler, score, tuple(notes))


def _counted(grouped: dict, cells: dict, tasks: tuple[str, ...], sizes: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The rulers that records are enough for."""
    rulers = {name: np.full((len(tasks), len(sizes), len(ALL)), np.nan) for name in RULERS}
    for task, size in cells:
        by_name = {record["configuration"]: record for record in grouped[task, size].values()}
        for name, count in RULERS.items():
            counted = [count(by_name[each]) if each in by_name else np.nan for each in ALL]
            rulers[name][tasks.index(task), sizes.index(size)] = counted
    return rulers


def _measures(folder: Path, records: list[dict]) -> pd.DataFrame:
    """What was measured on whole models that are the records' own."""
    frame = read_measures(folder)
    known = frame.artifact_sha256.isin([record["artifact_sha256"] for record in records])
    return frame[known & (frame.part == WHOLE)]


def _complete(measures: pd.DataFrame, size: str) -> bool:
    """Whether each of the paper's configurations of a size was measured on some model."""
    return set(PAPER) <= set(measures.configuration[measures["size"] == size])


def _only_measured(cells: dict, measures: pd.DataFrame) -> tuple[dict, list[str]]:
    """The cells of sizes that were wholly measured, and the other sizes' names."""
    kept = {key: cell for key, cell in cells.items() if _complete(measures, key[1])}
    return kept, sorted({size.upper() for _, size in cells.keys() - kept.keys()})


def _measured(
    measures: pd.DataFrame, cells: dict, tasks: tuple[str, ...], sizes: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """The rulers that models were measured by.

    What compresses a file depends on the task, too. So a model that was not has the bytes of the uncompressed one on
    its task times the mean ratio of the two on others. Where that was not measured either, it is inferred from what was
    measured on the task by the same ratios; and where nothing was, it has the mean of other tasks.
    """
    places = [list(dict.fromkeys([*tasks, *measures.task])), sizes, ALL]
    axes = ["task", "size", "configuration"]
    means = measures.groupby(axes)[list(MEASURED)].mean().reindex(pd.MultiIndex.from_product(places, names=axes))
    own = means.to_numpy(float).T.reshape(len(MEASURED), *map(len, places))
    plain = own[..., :1]
    ratio = _or(over_tasks(own / plain), over_tasks(own) / over_tasks(plain))[:, None]
    inferred = over_tasks(np.swapaxes(own / ratio, 1, 3))[..., None]  # (rulers, sizes, tasks, 1)
    base = _or(plain, np.swapaxes(inferred, 1, 2))
    found = _or(own, _or(base, over_tasks(base)[:, None]) * ratio)[:, : len(tasks)]
    there = np.array([[[(task, size) in cells] for size in sizes] for task in tasks])
    return dict(zip(MEASURED, np.where(there, found, np.nan), strict=True))


def _or(values: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), otherwise, values)


def _check_alike(records: list[dict]) -> None:
    first: dict = {}
    for record in records:
        chosen, path = record["specification"] | {"configuration": record["configuration"]}, record["path"]
        require(not chosen.get("held_out"), f"{path} scores a held-out part of the training rows")
        for axis, fields in SHARED.items():
            for field in (field for field in fields if field in chosen):
                value, other = first.setdefault((axis, chosen[axis], field), (chosen[field], path))
                same = value == chosen[field]
                require(same, f"{path} and {other} differ in {field}: these are records of two grids")


def _sizes(records: list[dict]) -> list[str]:
    """The sizes, the smallest first."""
    parameters = {record["specification"]["size"]: record["parameters"] for record in records}
    return sorted(parameters, key=parameters.get)


def _grouped(records: list[dict]) -> dict[tuple[str, str], dict[tuple[str, int], dict]]:
    grouped: dict = {}
    for record in records:
        chosen = record["specification"]
        found = grouped.setdefault((chosen["task"], chosen["size"]), {})
        found[record["configuration"], chosen["seed"]] = record
    return grouped


def _whole_seeds(found: dict[tuple[str, int], dict]) -> list[int]:
    seeds = sorted({seed for _, seed in found})
    return [seed for seed in seeds if all((name, seed) in found for name in PAPER)]


def _cell(folder: Path, found: dict[tuple[str, int], dict]) -> Cell:
    seeds = _whole_seeds(found)
    names = ALL if all((CONTROL, seed) in found for seed in seeds) else PAPER
    read = [[read_predictions(folder / found[name, seed]["path"]) for seed in seeds] for name in names]
    predictions = np.array([[predictions for predictions, _ in row] for row in read])
    devices = np.array([[found[name, seed]["machine"]["device"] for seed in seeds] for name in names])
    return Cell(tuple(seeds), read[0][0][1], predictions, devices)


def _lacking(grouped: dict) -> str:
    (task, size), found = max(grouped.items(), key=lambda item: len(item[1]))
    seed = max((seed for _, seed in found), key=lambda seed: sum(key[1] == seed for key in found))
    absent = [name for name in PAPER if (name, seed) not in found]
    return f"{task} with {size}, seed {seed}, lacks {', '.join(absent)}; `make grid` makes what is missing"


def _notes(sizes: list[str], grouped: dict, cells: dict) -> list[str]:
    """What is not compared and what is not known of the rest, a sentence each."""
    notes = []
    for size in sizes:
        lacking: dict[int, list[str]] = {}
        for task in (task for task in TASKS if (task, size) in grouped and (task, size) not in cells):
            names = {name for name, _ in grouped[task, size]}
            lacking.setdefault(sum(name in names for name in PAPER), []).append(task)
        for count, tasks in sorted(lacking.items()):
            there = f"{count} of the {len(PAPER)} configurations on {', '.join(tasks)}"
            notes.append(f"{size.upper()} has {there}, where it is left out until `make grid` has made the others.")
        single = [task for task in TASKS if (task, size) in cells and len(cells[task, size].seeds) == 1]
        if single:
            named = f"{size.upper()} has one seed with every configuration on {', '.join(single)}"
            notes.append(f"{named}: nothing is known of its seed noise.")
        apart = [task for task in TASKS if (task, size) in cells and from_base(cells[task, size]).any()]
        if apart:
            named = f"{size.upper()}'s uncompressed models on {', '.join(apart)}"
            notes.append(f"{named} were trained on another device than some that are compared with them.")
        unused = _unused(size, grouped, cells)
        if unused:
            beyond = f"Of {size.upper()} on {', '.join(unused)}, seeds that lack a configuration are not used"
            notes.append(f"{beyond}: records left out, {sum(unused.values())}.")
    return notes


def _unused(size: str, grouped: dict, cells: dict) -> dict[str, int]:
    """How many records of a size are of seeds that are not whole, by task, where other seeds are."""
    keys = {task: (task, size) for task in TASKS if (task, size) in cells}
    counts = {task: sum(seed not in cells[key].seeds for _, seed in grouped[key]) for task, key in keys.items()}
    return {task: count for task, count in counts.items() if count}
