"""The paper's Table 1 and what follows from it: how far a combination's reduction is from its methods' product."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from compressions.analysis.reductions import COMBINED
from compressions.analysis.synergy import synergy
from compressions.book.figures import COLORS, finish

ROUNDING = 0.05  # the table has one decimal


def products(table: pd.DataFrame) -> pd.DataFrame:
    """For each combination the product of its single methods' reductions; `table` is that of `read_table1`."""
    return pd.DataFrame({method: table[method.split("+")].prod(axis=1) for method in COMBINED})


def synergies(table: pd.DataFrame) -> pd.DataFrame:
    """Synergy in doublings, sizes by combinations."""
    return pd.DataFrame(synergy(table.to_numpy()), table.index, COMBINED)


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """For each combination at how many sizes its synergy is `above` and `below` zero.

    `surely above` and `surely below` count those where no rounding of the printed numbers changes the sign.
    """
    combined = list(COMBINED)
    low = np.log2((table[combined] - ROUNDING) / products(table + ROUNDING))
    high = np.log2((table[combined] + ROUNDING) / products(table - ROUNDING))
    signs = synergies(table)
    kinds = {"above": signs > 0, "surely above": low > 0, "below": signs < 0, "surely below": high < 0}
    return pd.DataFrame({kind: holds.sum() for kind, holds in kinds.items()})


def draw_synergies(table: pd.DataFrame) -> Figure:
    """Synergy as one bar for each combination and size, about zero, where methods multiply exactly."""
    values = synergies(table)
    figure, axes = plt.subplots(figsize=(6, 3.6))
    for place, method in enumerate(values):
        positions = np.arange(len(values)) + 0.2 * (place - (values.shape[1] - 1) / 2)
        axes.bar(positions, values[method], width=0.19, color=COLORS[method], label=method)
    axes.axhline(0, color="#333333", linewidth=0.8)
    axes.set(ylabel="synergy, doublings", xticks=range(len(values)), xticklabels=values.index)
    return finish(figure, columns=4)
