"""Results of a grid with configurations of its own, where `reading` takes the paper's; whatever of it is there."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from compressions.analysis.reading import MISSING, MIXED, check_alike
from compressions.analysis.results import Cell, Results
from compressions.analysis.scores import KINDS, scored_metrics
from compressions.data.tasks import TASKS
from compressions.errors import one_of
from compressions.experiments.configurations import CONTROL, Configuration
from compressions.experiments.records import read_all, read_predictions
from compressions.storage.size_measures import COUNTED, SIZE_MEASURES, WHOLE

Models = dict[Configuration, dict]  # the records of a task, size and seed
NOTHING = ("tiny",)  # the sizes where there are no records


@dataclass(frozen=True)
class GridResults:
    """Results whose configurations are `names`, in the order of the last axis; no task where there are no records."""

    names: tuple[Configuration, ...]
    results: Results


def read_grid_results(
    folder: Path, planned: tuple[Configuration, ...], score: str = "score", size_measure: str = "paper"
) -> GridResults:
    """The cells of a folder with as many configurations as the one with most, in the order that was `planned`.

    A cell with fewer, or of a CPU and a GPU, is not used, and is in `left_out`. Without records there are no tasks, and
    all configurations that were planned. Bytes that were not measured are NaN; the control is left away. Raises
    `BadInput` for an unknown score or size measure, and for records of two grids.
    """
    one_of("score", score, KINDS)
    one_of("size_measure", size_measure, SIZE_MEASURES)
    records = [each for each in read_all(folder) if CONTROL not in each["specification"]["subset"]]
    check_alike(records)
    cells: dict[tuple[str, str, int], Models] = {}
    for record in records:
        chosen = record["specification"]
        configuration = Configuration(tuple(chosen["subset"]), chosen["sparsity"], chosen.get("bits", 8))
        cells.setdefault((chosen["task"], chosen["size"], chosen["seed"]), {})[configuration] = record
    fullest = max(cells.values(), key=len, default=dict.fromkeys(planned))
    names = tuple(sorted(fullest, key=lambda name: planned.index(name) if name in planned else len(planned)))
    used: dict[tuple[str, str], dict[int, Models]] = {}
    for (task, size, seed), models in sorted(cells.items()):
        if not _why(models, names):
            used.setdefault((task, size), {})[seed] = models
    tasks = tuple(task for task in TASKS if task in {task for task, _ in used})
    parameters = {record["specification"]["size"]: record["parameters"] for record in records}
    sizes = tuple(size for size in sorted(parameters, key=parameters.get) if size in {size for _, size in used})
    sizes = sizes or NOTHING
    bytes_by = {size_measure: np.full((len(tasks), len(sizes), len(names)), np.nan)}
    for (task, size), seeds in used.items():
        found = [[_model_bytes(models[name], size_measure) for models in seeds.values()] for name in names]
        bytes_by[size_measure][tasks.index(task), sizes.index(size)] = np.mean(found, axis=1)
    graded = {record["specification"]["task"]: "pearson" in record for record in records}
    scored = {task: scored_metrics(score, task, graded[task]) for task in tasks}
    of_cells = {key: _cell(folder, seeds, names) for key, seeds in used.items()}
    return GridResults(names, Results(tasks, sizes, of_cells, bytes_by, size_measure, scored, _left_out(cells, names)))


def _model_bytes(record: dict, measure: str) -> float:
    measured = record.get("size_measures", {}).get(WHOLE, {})
    if measure in measured:
        return measured[measure]
    return COUNTED[measure](record) if measure in COUNTED else np.nan


def _why(models: Models, names: tuple[Configuration, ...]) -> str | None:
    """Why a cell is not used, if it is not."""
    if any(name not in models for name in names):
        return MISSING
    return MIXED if len({record["machine"]["device"] == "cpu" for record in models.values()}) > 1 else None


def _left_out(cells: dict[tuple[str, str, int], Models], names: tuple[Configuration, ...]) -> pd.DataFrame:
    rows = [
        (task, size.upper(), seed, why, len(models))
        for (task, size, seed), models in cells.items()
        if (why := _why(models, names))
    ]
    return pd.DataFrame(rows, columns=["task", "size", "seed", "why", "records"])


def _cell(folder: Path, seeds: dict[int, Models], names: tuple[Configuration, ...]) -> Cell:
    read = [[read_predictions(folder / models[name]["path"]) for models in seeds.values()] for name in names]
    predictions = np.array([[predictions for predictions, _ in row] for row in read])
    return Cell(tuple(seeds), read[0][0][1], predictions)
