"""The paper's published values, in the words of this project."""

from pathlib import Path

import pandas as pd

from compressions.errors import require
from compressions.experiments.configurations import Configuration

SOURCE = "published"


def read_figure1(path: Path) -> pd.DataFrame:
    """Figure 1 of Movva et al. (2022): `configuration`, `size`, `megabytes`, `score` (mean of 8 tasks), `source`.

    Raises `BadInput` where the file is not there.
    """
    folder = "stand in the project's folder, or name it with COMPRESSIONS_ROOT"
    require(path.is_file(), f"{path} is not there; {folder}")
    points = pd.read_csv(path)
    subsets = ["" if methods == "none" else methods.lower() for methods in points.methods]
    pairs = zip(subsets, points.sparsity, strict=True)
    names = [Configuration(tuple(filter(None, subset.split("+"))), sparsity).name for subset, sparsity in pairs]
    values = {"size": points.architecture.str.lower(), "megabytes": points.size_mb, "score": points.mean_glue}
    return pd.DataFrame({"configuration": names, **values, "source": SOURCE})


def published_values(frame: pd.DataFrame, values: pd.DataFrame) -> list[float]:
    """The paper's value for each row's `size` and `methods`, from sizes by methods; NaN for a size it does not have."""
    known = values.stack()
    return [known.get((row["size"], row.methods), float("nan")) for _, row in frame.iterrows()]
