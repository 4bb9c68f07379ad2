"""`make size-measures`: bytes of a folder's saved models by every size measure, whole and their layers alone."""

import gzip
import json
import lzma
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from compressions.errors import command
from compressions.measurements.artifacts import complete, key_of, report
from compressions.storage.manifest import WEIGHTS, check_artifact
from compressions.storage.packed import entropy_bytes, pack, sparse_mask
from compressions.storage.size_measures import COUNTED, LAYERS, SIZE_MEASURES_FILE, WHOLE, read_size_measures

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
    """A row of bytes by every size measure for the whole model in an artifact's folder, and one for its layers alone.

    The layers alone have no embeddings, pooler and head. Raises `BadInput` for an artifact that is not as it was saved.
    """
    check_artifact(folder)
    # Artifacts were once saved with -0.0 for a pruned negative weight; adding 0 leaves all others as they are.
    tensors = {name: tensor + tensor.dtype.type(0) for name, tensor in load_file(folder / WEIGHTS).items()}
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
    return {
        **key_of(record),
        "part": part,
        "parameters": record["parameters"],
        **{name: count(record | {"artifact_bytes": len(plain)}) for name, count in COUNTED.items()},
        "csr": csr_bytes(tensors),
        "gzip": len(gzip.compress(plain)),
        "xz": len(lzma.compress(plain)),
        "packed": len(pack(tensors, config)),
        "entropy": round(entropy_bytes(tensors)),
        "artifact_sha256": record["artifact_sha256"],
    }


def main(results: str) -> None:
    """Measure, and say how much was and what could not be."""
    folder = Path(results)
    report(*complete(folder, SIZE_MEASURES_FILE, read_size_measures(folder), measure))


if __name__ == "__main__":
    command(main)
