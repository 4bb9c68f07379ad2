"""The numbers that a figure shows, read off its own marks, for readers who want to draw it themselves."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

COLUMNS = ["panel", "mark", "x", "y"]


def figure_data(figure: Figure) -> pd.DataFrame:
    """One row a point of each line and marker, a bar's end, an outline's corner, or a cell of an image (as `value`).

    `panel` is the panel's title or else its number, `mark` the legend's name or else the mark's number in its panel.
    """
    parts = [
        pd.DataFrame(points, columns=["x", "y", "value"][: points.shape[1]]).assign(
            panel=axes.get_title() or place, mark=number if name.startswith("_") or not name else name
        )
        for place, axes in enumerate(figure.axes)
        for number, (name, points) in enumerate(_marks(axes))
    ]
    return pd.concat([pd.DataFrame(columns=COLUMNS), *parts]) if parts else pd.DataFrame(columns=COLUMNS)


def _marks(axes: Axes) -> list[tuple[str, np.ndarray]]:
    lines = [(line.get_label(), line.get_xydata()) for line in axes.lines]
    dots = [each for each in axes.collections if isinstance(each, PathCollection)]
    points = [(each.get_label(), np.asarray(each.get_offsets())) for each in dots]
    bars = [(box.get_label(), np.array([_end(bar, box.orientation) for bar in box.patches])) for box in axes.containers]
    outlines = [(each.get_label(), each.get_xy()) for each in axes.patches if not isinstance(each, Rectangle)]
    images = [(image.get_label(), _cells(np.asarray(image.get_array()))) for image in axes.images]
    return [*lines, *points, *bars, *outlines, *images]


def _end(bar: Rectangle, orientation: str) -> tuple[float, float]:
    """Where a bar is and where it ends; of a horizontal one x is the end."""
    if orientation == "horizontal":
        return bar.get_x() + bar.get_width(), bar.get_y() + bar.get_height() / 2
    return bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height()


def _cells(array: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(array.shape)
    return np.column_stack([columns.ravel(), rows.ravel(), array.ravel()])
