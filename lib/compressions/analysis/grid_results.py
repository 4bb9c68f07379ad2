"""Results of any grid, with all configurations that it has run; `reading` is for the paper's twelve."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from compressions.analysis.reading import SHARED, axes, check_alike, group, read_cell, whole_seeds, why_unused
from compressions.analysis.results import Results
from compressions.analysis.scores import KINDS
from compressions.errors import one_of
from compressions.experiments.configurations import CONTROL, Configuration
from compressions.experiments.records import read_all
from compressions.storage.size_measures import COUNTED, SIZE_MEASURES, WHOLE

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

    A cell with fewer, or trained in two ways, is not used, and is in `left_out`. Without records there are no tasks,
    and all configurations that were planned. Bytes that were not measured are NaN; the control is left away. Raises
    `BadInput` for an unknown score or size measure, and for records of two grids.
    """
    one_of("score", score, KINDS)
    one_of("size_measure", size_measure, SIZE_MEASURES)
    records = [each for each in read_all(folder) if CONTROL not in each["specification"]["subset"]]
    check_alike(records, SHARED, "these are records of two grids")
    cells = group(records)
    fullest = max((models for seeds in cells.values() for models in seeds.values()), key=len, default={})
    chosen = [each["specification"] for each in fullest.values()]
    there = [Configuration(tuple(each["subset"]), each["sparsity"], each.get("bits", 8)) for each in chosen]
    configurations = sorted(there or planned, key=lambda own: planned.index(own) if own in planned else len(planned))
    names = tuple(each.name for each in configurations)
    used = whole_seeds(cells, names)
    tasks, sizes, scored = axes(used, records, score)
    sizes = sizes or NOTHING
    bytes_by = {size_measure: np.full((len(tasks), len(sizes), len(names)), np.nan)}
    for (task, size), seeds in used.items():
        found = [[_model_bytes(models[name], size_measure) for models in seeds.values()] for name in names]
        bytes_by[size_measure][tasks.index(task), sizes.index(size)] = np.mean(found, axis=1)
    left_out = [
        (task, size.upper(), seed, why, len(models))
        for (task, size), seeds in cells.items()
        for seed, models in seeds.items()
        if (why := why_unused(models, names))
    ]
    left_out = pd.DataFrame(left_out, columns=["task", "size", "seed", "why", "records"])
    of_cells = {key: read_cell(folder, seeds, names) for key, seeds in used.items()}
    results = Results(tasks, sizes, of_cells, bytes_by, size_measure, scored, left_out)
    return GridResults(tuple(configurations), results)


def _model_bytes(record: dict, measure: str) -> float:
    measured = record.get("size_measures", {}).get(WHOLE, {})
    if measure in measured:
        return measured[measure]
    return COUNTED[measure](record) if measure in COUNTED else np.nan
