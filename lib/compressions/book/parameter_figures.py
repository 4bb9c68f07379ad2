"""Where the parameters of each size lie."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from compressions.book.figures import COLORS
from compressions.models.architectures import Size


def parameter_shares(sizes: list[Size]) -> pd.DataFrame:
    """The share of each size's parameters, in %, in its embeddings, its linear layers and the rest."""
    parts = {
        "embeddings": [size.embeddings for size in sizes],
        "linear layers": [size.linear_weights for size in sizes],
        "biases, LayerNorm": [size.parameters - size.embeddings - size.linear_weights for size in sizes],
    }
    frame = pd.DataFrame(parts, index=[size.name.upper() for size in sizes])
    return 100 * frame.div(frame.sum(axis=1), axis=0)


def draw_parameter_shares(shares: pd.DataFrame) -> Figure:
    """The shares of `parameter_shares` as one bar a size."""
    figure, axes = plt.subplots(figsize=(6, 3))
    shares.plot.barh(stacked=True, ax=axes, color=["#8c8c8c", COLORS["MP"], "#d0d0d0"], width=0.7)
    axes.set(xlabel="share of the parameters, %", ylabel="")
    axes.invert_yaxis()
    axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.45, 1), frameon=False, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
