"""What a chapter hands to its prose: numbers and figures, by the names that `{glue:…}` asks for."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats
from myst_nb import glue

from compressions.book.executed import in_book
from compressions.book.figure_data import figure_data

plt.rcParams["font.size"] = 12  # a phone shows a figure of six inches at six tenths of its size


def glue_numbers(**values: object) -> None:
    """Keep each value under its name, as plain Python: the book's formats know no tensors or NumPy scalars."""
    for name, value in values.items():
        glue(name, value.item() if hasattr(value, "item") else value, display=False)


def glue_figure(name: str, figure: Figure, data: pd.DataFrame | None = None, records: str | None = None) -> None:
    """Keep a figure under a name, as SVG, and close it; outside of the book it is shown where it is made.

    The book puts links under it: to `data` as CSV, or to what is read off the figure's own marks; and to the table of
    the `records` folder it is from.
    """
    glue(f"{name}.csv", (figure_data(figure) if data is None else data).to_csv(index=False), display=False)
    if records is not None:
        glue(f"{name}.records", records, display=False)
    set_matplotlib_formats("svg")
    figure.tight_layout()
    glue(name, figure, display=not in_book())
    plt.close(figure)
