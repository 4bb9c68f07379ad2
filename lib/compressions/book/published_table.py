"""The paper's Table 1 and what follows from it: how far a combination's reduction is from its methods' product."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from compressions.book.figures import COLORS

ROUNDING = 0.05  # the table has one decimal


def read_table1(path: Path) -> pd.DataFrame:
    """Table 1 of Movva et al. (2022): reductions, architectures by methods, as printed."""
    table = pd.read_csv(path).set_index("architecture")
    return table[[method for method in COLORS if method in table]]


def products(table: pd.DataFrame) -> pd.DataFrame:
    """For each combination the product of its single methods' reductions."""
    return pd.DataFrame({method: table[method.split("+")].prod(axis=1) for method in _combinations(table)})


def synergies(table: pd.DataFrame) -> pd.DataFrame:
    """Synergy, log2 of a combination's reduction over its product: architectures by combinations."""
    return np.log2(table[_combinations(table)] / products(table))


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """For each combination in how many architectures its synergy is `above` and `below` zero.

    `surely above` and `surely below` count those where no rounding of the printed numbers changes the sign.
    """
    combined = _combinations(table)
    low = np.log2((table[combined] - ROUNDING) / products(table + ROUNDING))
    high = np.log2((table[combined] + ROUNDING) / products(table - ROUNDING))
    signs = synergies(table)
    kinds = {"above": signs > 0, "surely above": low > 0, "below": signs < 0, "surely below": high < 0}
    return pd.DataFrame({kind: holds.sum() for kind, holds in kinds.items()})


def draw_synergies(table: pd.DataFrame) -> Figure:
    """Synergy as one bar for each combination and architecture, about zero, where methods multiply exactly."""
    values = synergies(table)
    figure, axes = plt.subplots(figsize=(6, 3.6))
    for place, method in enumerate(values):
        positions = np.arange(len(values)) + 0.2 * (place - (values.shape[1] - 1) / 2)
        axes.bar(positions, values[method], width=0.19, color=COLORS[method], label=method)
    axes.axhline(0, color="#333333", linewidth=0.8)
    axes.set(ylabel="synergy, doublings", xticks=range(len(values)), xticklabels=values.index)
    axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False, fontsize=10, columnspacing=1)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _combinations(table: pd.DataFrame) -> list[str]:
    return [method for method in table if "+" in method]
