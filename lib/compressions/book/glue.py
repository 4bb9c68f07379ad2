"""What a chapter hands to its prose, numbers and figures by the names that `{glue:…}` asks for; and code it shows."""

import inspect
from collections.abc import Callable

import pandas as pd
from IPython.display import Code
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats
from myst_nb import glue

from compressions.book.executed import in_book

plt.rcParams["font.size"] = 12  # a phone shows a figure of six inches at six tenths of its size


def glue_numbers(**values: object) -> None:
    """Keep each value under its name, as plain Python: the book's formats know no tensors or NumPy scalars."""
    for name, value in values.items():
        glue(name, value.item() if hasattr(value, "item") else value, display=False)


def glue_figure(name: str, figure: Figure, data: pd.DataFrame, records: str | None = None) -> None:
    """Keep a figure under a name, as SVG, and close it; outside of the book it is shown where it is made.

    The book puts links under it: to `data`, the numbers that it shows, as CSV; and to the table of the `records` folder
    it is from.
    """
    glue(f"{name}.csv", data.to_csv(index=False), display=False)
    if records is not None:
        glue(f"{name}.records", records, display=False)
    set_matplotlib_formats("svg")
    figure.tight_layout()
    glue(name, figure, display=not in_book())
    plt.close(figure)


def listing(*objects: Callable | type) -> Code:
    """The source of functions or classes, with syntax colors, in the order given."""
    return Code("\n\n".join(map(inspect.getsource, objects)), language="python")
