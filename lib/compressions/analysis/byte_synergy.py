"""Bytes of the same models by every size measure, and whether the bytes of methods multiply."""

from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from compressions.analysis.bootstrap import Draws
from compressions.analysis.reading import NoResults
from compressions.analysis.results import Results
from compressions.analysis.synergy import synergies
from compressions.experiments.configurations import parse
from compressions.experiments.records import read_all
from compressions.storage.size_measures import LAYERS, SIZE_MEASURES, read_size_measures

ALONE = {"base": "fp32", "mp": "fp32", "qat": "int8", "qat+mp": "int8"}  # how a subset without KD stores its weights


def load_size_measures(folders: list[Path]) -> pd.DataFrame:
    """The measured bytes of several folders' models, with a model's `subset` and `sparsity`.

    Raises `NoResults` where nothing was measured.
    """
    frames = [frame for folder in folders if len(frame := read_size_measures(folder, read_all(folder)))]
    if not frames:
        names = " and ".join(map(str, folders))
        raise NoResults(
            f"no model of {names} was measured; `make grid GRID={folders[0].name}` trains and measures some"
        )
    frame = pd.concat([frame.dropna(axis="columns", how="all") for frame in frames], ignore_index=True)
    found = frame.configuration.map(parse)
    subset = [each.name.replace(f"mp{100 * each.sparsity:g}", "mp") for each in found]
    return frame.assign(subset=subset, sparsity=[each.sparsity for each in found])


def measured(frame: pd.DataFrame) -> list[str]:
    """The size measures that a frame of models has, in the order of `SIZE_MEASURES`."""
    return [name for name in SIZE_MEASURES if name in frame]


def mean_bytes(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    """Mean bytes by every size measure of the `models` of each size and configuration."""
    groups = frame[frame.part == part].groupby(["size", "configuration", "subset", "sparsity"], sort=False)
    return groups[["parameters", *measured(frame)]].mean().assign(models=groups.size()).reset_index()


def bits_a_weight(frame: pd.DataFrame) -> pd.DataFrame:
    """Bits a weight of the layers by each size measure, of models without KD.

    One row for each `size`, smallest first, how it is `stored`, fp32 or int8, `sparsity` and `size_measure`; its `bits`
    are those of a weight.
    """
    layers = mean_bytes(frame, LAYERS)
    layers = layers[layers.subset.isin(ALONE)].assign(stored=layers.subset.map(ALONE))
    layers = layers.sort_values(["parameters", "sparsity"])
    bits = layers[measured(frame)].mul(8 / layers.parameters, axis=0)
    keys = ["size", "stored", "sparsity"]
    return bits.join(layers[keys]).melt(keys, var_name="size_measure", value_name="bits")


def byte_synergy(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    """For each size, sparsity and size measure, how far bytes under QAT and MP together are from the product of both.

    `value` is the synergy in doublings of one and the same shape: log2 of the reduction by both less those of each;
    below 0 they save less together. `low` and `high` are a 95 % confidence interval, from the spread of log bytes among
    models that differ in task and seed only, taken as the same for all configurations of a size measure; NaN where no
    two do. Models of the same tasks are compared, where all four configurations have one in common.
    """
    measures = measured(frame)
    logs = frame[frame.part == part].assign(**{measure: np.log2(frame[measure]) for measure in measures})
    groups = logs.groupby(["size", "subset", "sparsity"])[measures]
    counts = groups.size()
    freedom = len(logs) - len(counts)
    squares = groups.var(ddof=0).mul(counts, axis=0).sum()
    spread = squares / freedom if freedom else pd.Series(np.nan, squares.index)
    rows = []
    pruned = frame[(frame.part == part) & (frame.sparsity > 0)].sort_values(["dense", "sparsity"])
    for size, sparsity in dict.fromkeys(zip(pruned["size"], pruned.sparsity, strict=True)):
        places = [(size, "qat", 0), (size, "mp", sparsity), (size, "base", 0), (size, "qat+mp", sparsity)]
        if not all(place in counts.index for place in places):
            continue
        cells = [logs.loc[groups.groups[place]] for place in places]
        common = set.intersection(*(set(cell.task) for cell in cells))
        cells = [cell[cell.task.isin(common)] for cell in cells] if common else cells
        qat, mp, base, both = (cell[measures].mean() for cell in cells)
        half = stdtrit(max(freedom, 1), 0.975) * sqrt(sum(1 / len(cell) for cell in cells)) * np.sqrt(spread)
        value = qat + mp - base - both
        low, high = value - half, value + half
        rows += [(size, sparsity, name, value[name], low[name], high[name]) for name in measures]
    return pd.DataFrame(rows, columns=["size", "sparsity", "size_measure", "value", "low", "high"])


def matched_synergy(results: Results, draws: Draws, tolerance: float, search: str) -> pd.DataFrame:
    """The `synergies` at matched score under each size measure of the results, named by the column `size_measure`."""
    each = {name: replace(results, size_measure=name) for name in results.bytes_by}
    found = [synergies(one, draws, tolerance, search).assign(size_measure=name) for name, one in each.items()]
    return pd.concat(found, ignore_index=True)
