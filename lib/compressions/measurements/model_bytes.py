"""`make size-measures`: bytes of a folder's saved models by every size measure, whole and their layers alone."""

import gzip
import json
import lzma
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from compressions.errors import command
from compressions.measurements.artifacts import measure_missing
from compressions.storage.manifest import WEIGHTS, check_artifact
from compressions.storage.packed import entropy_bytes, pack, sparse_mask
from compressions.storage.size_measures import COUNTED, LAYERS, SIZE_MEASURES_FILE, WHOLE, read_size_measures

COLUMN_BYTES, ROW_BYTES = 2, 4

Tensors = dict[str, np.ndarray]


def measure(record: dict, folder: Path) -> list[dict]:
    """Bytes of the model in an artifact's folder by every size measure: a row for all of it, and one for its layers.

    The layers are without embeddings, pooler and head. Raises `BadInput` for an artifact that is not as it was saved.
    """
    check_artifact(folder)
    # Artifacts were once saved with -0.0 for a pruned negative weight; adding 0 leaves all others as they are.
    tensors = {name: tensor + tensor.dtype.type(0) for name, tensor in load_file(folder / WEIGHTS).items()}
    layers = {name: tensor for name, tensor in tensors.items() if ".encoder.layer." in name}
    parameters = sum(tensor.size for name, tensor in layers.items() if not name.endswith("_scale"))
    matrices = sum(tensor.size for tensor in layers.values() if tensor.ndim == 2)
    non_zeros = parameters - round(matrices * record["specification"]["sparsity"])
    of_layers = record | {"parameters": parameters, "non_zeros": non_zeros}
    config = json.loads((folder / "config.json").read_text())
    return [_row(WHOLE, record, tensors, config), _row(LAYERS, of_layers, layers, config)]


def _row(part: str, record: dict, tensors: Tensors, config: dict) -> dict:
    file = save(tensors)
    return {
        "part": part,
        "parameters": record["parameters"],
        **{name: count(record | {"artifact_bytes": len(file)}) for name, count in COUNTED.items()},
        "csr": csr_bytes(tensors),
        "gzip": len(gzip.compress(file)),
        "xz": len(lzma.compress(file)),
        "packed": len(pack(tensors, config)),
        "entropy": round(entropy_bytes(tensors)),
    }


def csr_bytes(tensors: Tensors) -> int:
    """Bytes with sparse matrices stored as compressed sparse rows, and all other tensors dense."""
    total = 0
    for tensor in tensors.values():
        mask = sparse_mask(tensor) if tensor.ndim == 2 else None
        if mask is None:
            total += tensor.nbytes
        else:
            total += int(mask.sum()) * (tensor.itemsize + COLUMN_BYTES) + ROW_BYTES * (len(tensor) + 1)
    return total


def main(results: str) -> None:
    """Measure the artifacts of a folder's records that were not measured yet."""
    folder = Path(results)
    measure_missing(folder / SIZE_MEASURES_FILE, read_size_measures(folder), measure)


if __name__ == "__main__":
    command(main)
