"""The paper's published values, in the words of this project."""

from pathlib import Path

import numpy as np
import pandas as pd

from compressions.analysis.reductions import COMBINED, METHODS
from compressions.analysis.results import PAPER
from compressions.analysis.synergy import interaction
from compressions.errors import require
from compressions.experiments.configurations import Configuration

SOURCE = "published"
READING = 0.05  # points to which a score could be read off the paper's picture


def read_figure1(path: Path) -> pd.DataFrame:
    """Figure 1 of Movva et al. (2022): `configuration`, `size`, `megabytes`, `score` (mean of 8 tasks), `source`.

    Raises `BadInput` where the file is not there.
    """
    _require_file(path)
    points = pd.read_csv(path)
    subsets = ["" if methods == "none" else methods.lower() for methods in points.methods]
    pairs = zip(subsets, points.sparsity, strict=True)
    names = [Configuration(tuple(filter(None, subset.split("+"))), sparsity).name for subset, sparsity in pairs]
    values = {"size": points.architecture.str.lower(), "megabytes": points.size_mb, "score": points.mean_glue}
    return pd.DataFrame({"configuration": names, **values, "source": SOURCE})


def read_table1(path: Path) -> pd.DataFrame:
    """Table 1 of Movva et al. (2022): reductions by size, in upper case, and methods. Raises `BadInput` without it."""
    _require_file(path)
    return pd.read_csv(path).set_index("architecture")[list(METHODS)]


def published_interactions(points: pd.DataFrame) -> pd.DataFrame:
    """Interactions in points by size, in upper case, and combination, of what `read_figure1` gives."""
    curves = points.pivot(index="size", columns="configuration", values="score").loc[
        list(dict.fromkeys(points["size"]))
    ]
    return pd.DataFrame(interaction(curves[list(PAPER)].to_numpy()), curves.index.str.upper(), COMBINED)[::-1]


def reading_precision() -> np.ndarray:
    """How far off an interaction of each combination can be, in points: each is a sum of this many readings."""
    return READING * np.array([2 * len(methods.split("+")) for methods in COMBINED])


def _require_file(path: Path) -> None:
    require(path.is_file(), f"{path} is not there; stand in the project's folder, or name it with COMPRESSIONS_ROOT")
