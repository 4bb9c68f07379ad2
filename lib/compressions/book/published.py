"""The paper's published values, in the words of this project."""

from pathlib import Path

import pandas as pd

from compressions.experiments.configurations import Configuration

SOURCE = "published"


def read_figure1(path: Path) -> pd.DataFrame:
    """Figure 1 of Movva et al. (2022): `configuration`, `size`, `megabytes`, `score` (mean of 8 tasks), `source`."""
    points = pd.read_csv(path)
    names = [configuration_name(row.methods, row.sparsity) for row in points.itertuples()]
    return pd.DataFrame(
        {
            "configuration": names,
            "size": points.architecture.str.lower(),
            "megabytes": points.size_mb,
            "score": points.mean_glue,
            "source": SOURCE,
        }
    )


def configuration_name(methods: str, sparsity: float) -> str:
    """The configuration's name for the paper's words, such as `QAT+MP` at 0.4: `qat+mp40`."""
    subset = () if methods == "none" else tuple(methods.lower().split("+"))
    return Configuration(subset, sparsity).name


def beside(frame: pd.DataFrame, values: pd.DataFrame) -> list[float]:
    """The paper's value for each row's `size` and `methods`, from sizes by methods; NaN for a size it does not have."""
    known = values.stack()
    return [known.get((one["size"], one.methods), float("nan")) for _, one in frame.iterrows()]
