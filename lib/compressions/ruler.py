"""The paper's ruler: how many megabytes a compressed encoder is said to have."""

from math import ceil

from compressions.sizes import Size

BYTES = {8: 1, 32: 4}
MEGABYTE = 10**6


def megabytes(non_zeros: int, bits: int) -> float:
    """Size in MB (10^6 bytes) of `non_zeros` parameters at `bits` each (8 or 32).

    Movva et al. (2022): non-zero parameters times 4 bytes (fp32) or 1 byte (int8), embeddings included, and nothing for
    masks, indexes, scales or the classification head.
    """
    return non_zeros * BYTES[bits] / MEGABYTE


def _values(record: dict) -> int:
    return record["parameters"] * BYTES[record["bits"]]


def _bitmask(record: dict) -> int:
    sparsity = record["specification"]["sparsity"]
    prunable = (record["parameters"] - record["non_zeros"]) / sparsity if sparsity else 0
    return record["non_zeros"] * BYTES[record["bits"]] + ceil(prunable / 8)


# Bytes of a record's model, encoder and pooler, by each ruler; `file` counts the classification head too.
RULERS = {
    "paper": lambda record: record["non_zeros"] * BYTES[record["bits"]],
    "dense": _values,
    "bitmask": _bitmask,
    "file": lambda record: record["artifact_bytes"],
}
RULER_WORDS = {
    "paper": "non-zero parameters times bits, nothing for masks or scales",
    "dense": "all parameters times bits: pruning saves nothing",
    "bitmask": "non-zero parameters times bits, and one bit for each weight that could have been pruned",
    "file": "the saved file of tensors, dense, with scales, header and classification head",
}


def pruned(weights: int, sparsity: float) -> int:
    """How many of a matrix's `weights` are zero at `sparsity`, to the nearest whole weight."""
    return round(weights * sparsity)


def shape_megabytes(size: Size, bits: int = 32, sparsity: float = 0.0) -> float:
    """MB by the paper's ruler from a shape alone, without a model: all encoder parameters less those pruned."""
    return megabytes(size.parameters - pruned(size.linear_weights, sparsity), bits)
