"""The paper's published values, in the words of this project, and what follows from them."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from compressions.analysis.reductions import COMBINED, METHOD_SETS
from compressions.analysis.results import PAPER
from compressions.analysis.synergy import interaction, synergy
from compressions.book.figures import COLORS, finish
from compressions.experiments.configurations import Configuration
from compressions.files import read_csv

SOURCE = "published"
RESTORE = "name the one of book/paper, from the project's folder or below COMPRESSIONS_ROOT"
ROUNDING = 0.05  # Table 1 has one decimal
READING = 0.05  # points to which a score could be read off the paper's picture


def read_figure1(path: Path) -> pd.DataFrame:
    """Figure 1 of Movva et al. (2022): `configuration`, `size`, `megabytes`, `score` (mean of 8 tasks), `source`.

    Raises `BadInput` where the file is not there, or is another.
    """
    points = read_csv(path, ["architecture", "methods", "sparsity", "size_mb", "mean_glue"], RESTORE)
    subsets = ["" if methods == "none" else methods.lower() for methods in points.methods]
    pairs = zip(subsets, points.sparsity, strict=True)
    names = [Configuration(tuple(filter(None, subset.split("+"))), sparsity).name for subset, sparsity in pairs]
    values = {"size": points.architecture.str.lower(), "megabytes": points.size_mb, "score": points.mean_glue}
    return pd.DataFrame({"configuration": names, **values, "source": SOURCE})


def read_table1(path: Path) -> pd.DataFrame:
    """Table 1 of Movva et al. (2022): reductions by size, in upper case, and methods.

    Raises `BadInput` where the file is not there, or is another.
    """
    return read_csv(path, ["architecture", *METHOD_SETS], RESTORE).set_index("architecture")


def published_interactions(points: pd.DataFrame) -> pd.DataFrame:
    """Interactions in points by size, in upper case, and combination, of what `read_figure1` gives."""
    curves = points.pivot(index="size", columns="configuration", values="score").loc[
        list(dict.fromkeys(points["size"]))
    ]
    return pd.DataFrame(interaction(curves[list(PAPER)].to_numpy()), curves.index.str.upper(), COMBINED)[::-1]


def reading_precision() -> np.ndarray:
    """How far off an interaction of each combination can be, in points: each is a sum of this many readings."""
    return READING * np.array([2 * len(methods.split("+")) for methods in COMBINED])


def products(table: pd.DataFrame) -> pd.DataFrame:
    """For each combination the product of its single methods' reductions; `table` is that of `read_table1`."""
    return pd.DataFrame({method: table[method.split("+")].prod(axis=1) for method in COMBINED})


def published_synergies(table: pd.DataFrame) -> pd.DataFrame:
    """Synergy in doublings, sizes by combinations."""
    return pd.DataFrame(synergy(table.to_numpy()), table.index, COMBINED)


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """For each combination at how many sizes its synergy is `above` and `below` zero.

    `surely above` and `surely below` count those where no rounding of the printed numbers changes the sign.
    """
    combined = list(COMBINED)
    low = np.log2((table[combined] - ROUNDING) / products(table + ROUNDING))
    high = np.log2((table[combined] + ROUNDING) / products(table - ROUNDING))
    signs = published_synergies(table)
    kinds = {"above": signs > 0, "surely above": low > 0, "below": signs < 0, "surely below": high < 0}
    return pd.DataFrame({kind: holds.sum() for kind, holds in kinds.items()})


def draw_synergies(values: pd.DataFrame) -> Figure:
    """The `published_synergies` as bars, one for each combination and size; at zero methods multiply exactly."""
    figure, axes = plt.subplots(figsize=(6, 3.6))
    for place, method in enumerate(values):
        positions = np.arange(len(values)) + 0.2 * (place - (values.shape[1] - 1) / 2)
        axes.bar(positions, values[method], width=0.19, color=COLORS[method], label=method)
    axes.axhline(0, color="#333333", linewidth=0.8)
    axes.set(ylabel="synergy, doublings", xticks=range(len(values)), xticklabels=values.index)
    return finish(figure, columns=4)
