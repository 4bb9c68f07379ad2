"""What the rulers say of the same models: bits a weight, and whether the bytes of methods multiply."""

from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from compressions.errors import require
from compressions.storage.size_measures import MEASURED, RULERS, read_measures

ALL_RULERS = (*RULERS, *MEASURED)


def weighed(folders: list[Path]) -> pd.DataFrame:
    """All measures of several folders, with a model's `subset` and `sparsity` beside them.

    Raises `BadInput` where nothing was measured.
    """
    frames = [frame for frame in map(read_measures, folders) if len(frame)]
    named = ", ".join(map(str, folders))
    require(
        bool(frames), f"no model of {named} was measured; make rulers GRID=… measures those whose artifacts are kept"
    )
    frame = pd.concat(frames, ignore_index=True)
    pruned = frame.configuration.str.extract(r"mp([\d.]+)", expand=False).astype(float).fillna(0) / 100
    subset = frame.configuration.str.replace(r"mp[\d.]+", "mp", regex=True)
    return frame.assign(subset=subset, sparsity=pruned)


def mean_bytes(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    """Mean bytes by every ruler of the `models` of each size and configuration."""
    groups = frame[frame.part == part].groupby(["size", "configuration", "subset", "sparsity"], sort=False)
    return groups[["parameters", *ALL_RULERS]].mean().assign(models=groups.size()).reset_index()


def byte_synergy(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    """For each size, sparsity and ruler, how far bytes under QAT and MP together are from the product of both.

    `value` is the synergy in doublings of one and the same shape: log2 of the reduction by both less those of each;
    below 0 they save less together. `low` and `high` are a 95 % interval, from the spread of log bytes among models
    that differ in task and seed only, taken as the same for all configurations of a ruler; NaN where no two do. Models
    of the same tasks are compared, where all four configurations have one in common.
    """
    logs = frame[frame.part == part].assign(**{ruler: np.log2(frame[ruler]) for ruler in ALL_RULERS})
    groups = logs.groupby(["size", "subset", "sparsity"])[list(ALL_RULERS)]
    counts = groups.size()
    freedom = len(logs) - len(counts)
    spread = (
        (groups.var(ddof=0).mul(counts, axis=0)).sum() / freedom if freedom else pd.Series(np.nan, list(ALL_RULERS))
    )
    rows = []
    for size, sparsity in sorted({(size, sparsity) for size, _, sparsity in counts.index if sparsity}):
        places = [(size, "qat", 0), (size, "mp", sparsity), (size, "base", 0), (size, "qat+mp", sparsity)]
        if all(place in counts.index for place in places):
            cells = _paired([logs.loc[groups.groups[place]] for place in places])
            qat, mp, base, both = (cell[list(ALL_RULERS)].mean() for cell in cells)
            error = sqrt(sum(1 / len(cell) for cell in cells)) * np.sqrt(spread)
            half = stdtrit(max(freedom, 1), 0.975) * error
            value = qat + mp - base - both
            rows += [(size, sparsity, r, value[r], value[r] - half[r], value[r] + half[r]) for r in ALL_RULERS]
    return pd.DataFrame(rows, columns=["size", "sparsity", "ruler", "value", "low", "high"])


def _paired(cells: list[pd.DataFrame]) -> list[pd.DataFrame]:
    shared = set.intersection(*(set(cell.task) for cell in cells))
    return [cell[cell.task.isin(shared)] for cell in cells] if shared else cells
