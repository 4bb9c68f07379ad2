"""Size measures: ways to count the bytes of a compressed encoder, from the paper's count to files on a disk."""

from math import ceil
from pathlib import Path

import pandas as pd

from compressions.errors import BadInput

MEGABYTE = 10**6


def megabytes(non_zeros: int, bits: int) -> float:
    """Size in MB (10^6 bytes) of `non_zeros` parameters at `bits` each (32, or 8 and fewer).

    Movva et al. (2022): non-zero parameters times 4 bytes (fp32) or 1 byte (int8), embeddings included, and nothing for
    masks, indexes, scales or the classification head.
    """
    return non_zeros * bits / 8 / MEGABYTE


def _values(record: dict) -> int:
    return ceil(record["parameters"] * record["bits"] / 8)


def _bitmask(record: dict) -> int:
    sparsity = record["specification"]["sparsity"]
    prunable = (record["parameters"] - record["non_zeros"]) / sparsity if sparsity else 0
    return ceil(record["non_zeros"] * record["bits"] / 8) + ceil(prunable / 8)


# Bytes of a record's model, encoder and pooler, by the measures that need only the record. `file`, like all that are
# measured, includes scales and the classification head.
COUNTED = {
    "paper": lambda record: ceil(record["non_zeros"] * record["bits"] / 8),
    "dense": _values,
    "bitmask": _bitmask,
    "file": lambda record: record["artifact_bytes"],
}
# Measures that need the saved model itself.
MEASURED = ("csr", "gzip", "xz", "packed", "entropy")
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


def read_size_measures(results: Path) -> pd.DataFrame:
    """Bytes of a folder's artifacts, as `make size-measures` wrote them: a row for each `part` of each.

    Columns are `KEY`, `part`, `parameters`, every size measure and `artifact_sha256`; no rows where nothing was
    measured. Raises `BadInput` for a table that cannot be read.
    """
    columns = [*KEY, "part", "parameters", *SIZE_MEASURES, "artifact_sha256"]
    path = results / SIZE_MEASURES_FILE
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    try:
        return pd.read_csv(path)[columns]
    except (KeyError, ValueError) as error:
        raise BadInput(f"{path} is no table of size measures ({error}); delete it, then make size-measures") from error
