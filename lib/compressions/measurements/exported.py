"""The table of scores in ONNX Runtime that `make exported` writes beside records."""

from pathlib import Path

import pandas as pd

from compressions.errors import require
from compressions.files import read_csv
from compressions.storage.size_measures import KEY

EXPORTED_FILE = "exported.csv"
COLUMNS = [*KEY, "rows", "score", "onnx_score", "differing", "onnx_bytes", "artifact_sha256"]


def read_exported(results: Path) -> pd.DataFrame:
    """A row a model of a folder of records; none where there is no table. Raises `BadInput` for a broken one."""
    path, remedy = results / EXPORTED_FILE, "delete it, then make exported"
    if not path.is_file():
        return pd.DataFrame(columns=COLUMNS)
    found = read_csv(path, COLUMNS, remedy)
    require(bool(found.notna().all(axis=None)), f"{path} has rows that are not whole; {remedy}")
    return found
