"""`make rulers`: bytes of the saved models of a folder's records by every ruler, whole and their layers alone.

Models are not committed, so what is measured on them is: a table beside the records, `rulers.csv`.
"""

import gzip
import json
import lzma
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import load_file, save

from compressions.artifact import WEIGHTS, artifact_fingerprint, check_artifact
from compressions.errors import BadInput, require
from compressions.files import root, write_whole
from compressions.records import read_all
from compressions.ruler import KEY, LAYERS, MEASURES, RULERS, WHOLE, read_measures
from compressions.storage import entropy_bytes, pack, sparse_mask

COLUMN_BYTES, ROW_BYTES = 2, 4

Tensors = dict[str, np.ndarray]


def csr_bytes(tensors: Tensors) -> int:
    """Bytes where matrices with a share of zeros are compressed sparse rows, and all other tensors as they are."""
    total = 0
    for tensor in tensors.values():
        mask = sparse_mask(tensor) if tensor.ndim == 2 else None
        sparse = mask is not None
        rows = ROW_BYTES * (len(tensor) + 1) if sparse else 0
        total += int(mask.sum()) * (tensor.itemsize + COLUMN_BYTES) + rows if sparse else tensor.nbytes
    return total


def measure(record: dict, folder: Path) -> list[dict]:
    """A row of bytes by every ruler for the whole model in an artifact's folder, and one for its layers alone.

    The layers alone have no embeddings, pooler and head. Raises `BadInput` for an artifact that is not as it was saved.
    """
    check_artifact(folder)
    tensors = load_file(folder / WEIGHTS)
    layers = {name: tensor for name, tensor in tensors.items() if ".encoder.layer." in name}
    kept = [tensor.size for name, tensor in layers.items() if not name.endswith("_scale")]
    matrices = sum(tensor.size for tensor in layers.values() if tensor.ndim == 2)
    pruned = round(matrices * record["specification"]["sparsity"])
    parts = {
        WHOLE: (record, tensors),
        LAYERS: (record | {"parameters": sum(kept), "non_zeros": sum(kept) - pruned}, layers),
    }
    config = json.loads((folder / "config.json").read_text())
    return [_row(part, described, own, config) for part, (described, own) in parts.items()]


def _row(part: str, record: dict, tensors: Tensors, config: dict) -> dict:
    plain = save(tensors)
    named = {key: record["specification"].get(key, record.get(key)) for key in KEY}
    return {
        **named,
        "part": part,
        "parameters": record["parameters"],
        **{name: count(record | {"artifact_bytes": len(plain)}) for name, count in RULERS.items()},
        "csr": csr_bytes(tensors),
        "gzip": len(gzip.compress(plain)),
        "xz": len(lzma.compress(plain)),
        "packed": len(pack(tensors, config)),
        "entropy": round(entropy_bytes(tensors)),
        "artifact_sha256": record["artifact_sha256"],
    }


def artifact_folder(results: Path, record: dict, artifacts: Path) -> Path:
    """Where the artifact of a record of the folder `results` lies below `artifacts`.

    Raises `BadInput`, with how to make it again, where it is gone or is another's.
    """
    path = results / record["path"]
    folder = artifacts / results.resolve().name / Path(record["path"]).with_suffix("")
    again = f"make it again: delete {path} and its predictions, then run make grid, or the experiment with artifacts"
    require(folder.is_dir(), f"the artifact of {path} is not in {folder}; {again}")
    own = artifact_fingerprint(folder) == record["artifact_sha256"]
    require(own, f"the artifact in {folder} is not the one that {path} is of; {again}")
    return folder


def measure_all(results: Path, artifacts: Path) -> tuple[pd.DataFrame, list[str]]:
    """Measure what has not been, writing the table after each model; give the table, and why others were not measured.

    Rows of models that no record names any more are dropped. Raises `BadInput` for a folder without records.
    """
    records = read_all(results)
    require(bool(records), f"{results} holds no records; make grid makes some")
    table = read_measures(results)
    table = table[table.artifact_sha256.isin([record["artifact_sha256"] for record in records])]
    unmeasured = []
    for record in records:
        if record["artifact_sha256"] in set(table.artifact_sha256):
            continue
        try:
            rows = measure(record, artifact_folder(results, record, artifacts))
        except BadInput as error:
            unmeasured.append(str(error))
            continue
        table = pd.concat([table, pd.DataFrame(rows)]).sort_values([*KEY, "part"])
        write_whole(results / MEASURES, table.to_csv(index=False).encode())
    return table, unmeasured


def main(results: str) -> None:
    """Measure, and say how much was and what could not be."""
    table, unmeasured = measure_all(Path(results), root() / "artifacts")
    print(f"{table.artifact_sha256.nunique()} models are measured; {len(unmeasured)} could not be")
    for reason in unmeasured[:3]:
        print(reason)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BadInput as error:
        sys.exit(f"BadInput: {error}")
