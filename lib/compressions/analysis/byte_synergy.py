"""Bytes of the same models by every size measure, and whether the bytes of methods multiply."""

from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from compressions.errors import require
from compressions.storage.size_measures import SIZE_MEASURES, read_size_measures


def load_size_measures(folders: list[Path]) -> pd.DataFrame:
    """The measured bytes of several folders' models, with a model's `subset` and `sparsity`.

    Raises `BadInput` where nothing was measured.
    """
    frames = [frame for frame in map(read_size_measures, folders) if len(frame)]
    names = ", ".join(map(str, folders))
    require(bool(frames), f"no model of {names} was measured; make size-measures GRID=… measures kept artifacts")
    frame = pd.concat(frames, ignore_index=True)
    sparsity = frame.configuration.str.extract(r"mp([\d.]+)", expand=False).astype(float).fillna(0) / 100
    subset = frame.configuration.str.replace(r"mp[\d.]+", "mp", regex=True)
    return frame.assign(subset=subset, sparsity=sparsity)


def mean_bytes(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    """Mean bytes by every size measure of the `models` of each size and configuration."""
    groups = frame[frame.part == part].groupby(["size", "configuration", "subset", "sparsity"], sort=False)
    return groups[["parameters", *SIZE_MEASURES]].mean().assign(models=groups.size()).reset_index()


def byte_synergy(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    """For each size, sparsity and size measure, how far bytes under QAT and MP together are from the product of both.

    `value` is the synergy in doublings of one and the same shape: log2 of the reduction by both less those of each;
    below 0 they save less together. `low` and `high` are a 95 % confidence interval, from the spread of log bytes among
    models that differ in task and seed only, taken as the same for all configurations of a size measure; NaN where no
    two do. Models of the same tasks are compared, where all four configurations have one in common.
    """
    logs = frame[frame.part == part].assign(**{measure: np.log2(frame[measure]) for measure in SIZE_MEASURES})
    groups = logs.groupby(["size", "subset", "sparsity"])[list(SIZE_MEASURES)]
    counts = groups.size()
    freedom = len(logs) - len(counts)
    squares = groups.var(ddof=0).mul(counts, axis=0).sum()
    spread = squares / freedom if freedom else pd.Series(np.nan, squares.index)
    rows = []
    for size, sparsity in sorted({(size, sparsity) for size, _, sparsity in counts.index if sparsity}):
        places = [(size, "qat", 0), (size, "mp", sparsity), (size, "base", 0), (size, "qat+mp", sparsity)]
        if not all(place in counts.index for place in places):
            continue
        cells = [logs.loc[groups.groups[place]] for place in places]
        common = set.intersection(*(set(cell.task) for cell in cells))
        cells = [cell[cell.task.isin(common)] for cell in cells] if common else cells
        qat, mp, base, both = (cell[list(SIZE_MEASURES)].mean() for cell in cells)
        half = stdtrit(max(freedom, 1), 0.975) * sqrt(sum(1 / len(cell) for cell in cells)) * np.sqrt(spread)
        value = qat + mp - base - both
        low, high = value - half, value + half
        rows += [(size, sparsity, name, value[name], low[name], high[name]) for name in SIZE_MEASURES]
    return pd.DataFrame(rows, columns=["size", "sparsity", "size_measure", "value", "low", "high"])
