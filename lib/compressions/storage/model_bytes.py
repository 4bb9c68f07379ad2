"""Bytes of a saved model by every size measure: of all of it, and of its layers alone."""

import gzip
import json
import lzma
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from compressions.storage.artifact import read_tensors
from compressions.storage.manifest import WEIGHTS
from compressions.storage.packed import entropy_bytes, pack, sparse_mask
from compressions.storage.size_measures import COUNTED, LAYERS, MEASURED, WHOLE

COLUMN_BYTES, ROW_BYTES = 2, 4
LAYER = ".encoder.layer."  # in the name of a tensor of the layers

Tensors = dict[str, np.ndarray]


def measure(record: Mapping, folder: Path, measures: Iterable[str] = MEASURED) -> dict[str, dict[str, int]]:
    """Bytes of the model in an artifact's folder, by part (the model, its layers) and size measure.

    `record` has the model's `parameters`, `non_zeros`, `masked_in_layers`, `bits` and the `sparsity` of its
    specification; `measures` are those wanted of `MEASURED`. The layers are without embeddings, pooler and head. Sparse
    rows, the packed file and the entropy take weights of fewer than 8 bits one by one, the file holds them as they were
    saved, several to a byte. Raises `BadInput` for an artifact that is not as it was saved.
    """
    # Artifacts were once saved with -0.0 for a pruned negative weight; adding 0 leaves all others as they are.
    tensors = {name: tensor + tensor.dtype.type(0) for name, tensor in read_tensors(folder).items()}
    saved = load_file(folder / WEIGHTS) if record["bits"] < 8 else tensors
    layers = _layers(tensors)
    parameters = sum(tensor.size for name, tensor in layers.items() if not name.endswith("_scale"))
    matrices = sum(tensor.size for tensor in layers.values() if tensor.ndim == 2)
    # Older records say only how many weights are masked in all; their matrices all have the same sparsity.
    masked = record.get("masked_in_layers", round(matrices * record["specification"]["sparsity"]))
    of_layers = {**record, "parameters": parameters, "non_zeros": parameters - masked, "prunable": matrices}
    config = json.loads((folder / "config.json").read_text())
    return {
        WHOLE: _bytes(record, tensors, save(saved), config, measures),
        LAYERS: _bytes(of_layers, layers, save(_layers(saved)), config, measures),
    }


def _layers(tensors: Tensors) -> Tensors:
    return {name: tensor for name, tensor in tensors.items() if LAYER in name}


def _bytes(record: Mapping, tensors: Tensors, file: bytes, config: dict, measures: Iterable[str]) -> dict[str, int]:
    measured = {
        "csr": lambda: csr_bytes(tensors),
        "gzip": lambda: len(gzip.compress(file)),
        "xz": lambda: len(lzma.compress(file)),
        "packed": lambda: len(pack(tensors, config)),
        "entropy": lambda: round(entropy_bytes(tensors)),
    }
    counted = {name: count({**record, "artifact_bytes": len(file)}) for name, count in COUNTED.items()}
    return {"parameters": record["parameters"], **counted, **{name: measured[name]() for name in measures}}


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
