"""Size measures: ways to count the bytes of a compressed encoder, from the paper's count to files on a disk."""

from collections.abc import Iterable
from math import ceil
from pathlib import Path

import pandas as pd

from compressions.files import read_csv

MEGABYTE = 10**6


def megabytes(non_zeros: int, bits: int) -> float:
    """Size in MB (10^6 bytes) of `non_zeros` parameters at `bits` each (32, or 8 and fewer).

    Movva et al. (2022): non-zero parameters times 4 bytes (fp32) or 1 byte (int8), embeddings included, and nothing for
    masks, indexes, scales or the classification head.
    """
    return non_zeros * bits / 8 / MEGABYTE


def _bitmask(record: dict) -> int:
    sparsity = record["specification"]["sparsity"]
    # The whole model has its sparsity; a part of it may have another.
    prunable = record.get("prunable") or (record["parameters"] - record["non_zeros"]) / (sparsity or 1)
    return ceil(record["non_zeros"] * record["bits"] / 8) + (ceil(prunable / 8) if sparsity else 0)


# Bytes of a record's model, encoder and pooler, by the measures that need only the record. `file`, like all that are
# measured, includes scales and the classification head.
COUNTED = {
    "paper": lambda record: ceil(record["non_zeros"] * record["bits"] / 8),
    "dense": lambda record: ceil(record["parameters"] * record["bits"] / 8),
    "bitmask": _bitmask,
    "file": lambda record: record["artifact_bytes"],
}
# Measures that need the saved model itself.
MEASURED = ("csr", "gzip", "xz", "packed", "entropy")
# Those that every record has; gzip and xz can take as long as TINY trains, and are measured of artifacts alone.
RECORDED = ("csr", "packed", "entropy")
SIZE_MEASURES = (*COUNTED, *MEASURED)
DESCRIPTIONS = {
    "paper": "non-zero parameters times bits, nothing for masks or scales",
    "dense": "all parameters times bits: pruning saves nothing",
    "bitmask": "non-zero parameters times bits, and one bit for each weight that could have been pruned",
    "file": "the saved file of tensors, dense, with scales, header and classification head",
    "csr": "pruned matrices as compressed sparse rows: their values, a column number of 2 bytes each, a start per row",
    "gzip": "the saved file, compressed by gzip at its best",
    "xz": "the saved file, compressed by xz",
    "packed": "our packed file: masks and values apart, entropy-coded, with checksums",
    "entropy": "the order-0 entropy of masks and values, those of fp32 byte by byte: what coding each alone needs",
}
SIZE_MEASURES_FILE = "size_measures.csv"
# The parts of a model that are measured: all of it, and the encoder's layers without embeddings, pooler and head.
PARTS = WHOLE, LAYERS = "model", "layers"
KEY = ["task", "size", "configuration", "seed"]


def read_size_measures(results: Path, records: Iterable[dict] = ()) -> pd.DataFrame:
    """Bytes of a folder's models: a row for each `part` of each, no rows where nothing was measured.

    They are what `make size-measures` wrote, and for models that it has not measured what their own `records` say.
    Columns are `KEY`, `part`, `parameters`, every size measure, NaN where a model was not measured by it, and
    `artifact_sha256`. Raises `BadInput` for a table that cannot be read.
    """
    columns = [*KEY, "part", "parameters", *SIZE_MEASURES, "artifact_sha256"]
    table = _read_table(results / SIZE_MEASURES_FILE, columns)
    known = set(table.artifact_sha256)
    rows = [
        {**key_of(record), "part": part, **found, "artifact_sha256": record["artifact_sha256"]}
        for record in records
        if record["artifact_sha256"] not in known
        for part, found in record.get("size_measures", {}).items()
    ]
    if not rows:
        return table
    found = pd.DataFrame(rows, columns=columns)
    return pd.concat([table, found], ignore_index=True) if len(table) else found


def key_of(record: dict) -> dict:
    """The values of `KEY` for a record."""
    return {name: record["specification"].get(name, record.get(name)) for name in KEY}


def _read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    return read_csv(path, columns, "delete it, then make size-measures")
