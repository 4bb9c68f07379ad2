"""Integers of fewer than eight bits, stored without gaps: 4-bit values two to a byte."""

import numpy as np


def to_bit_fields(values: np.ndarray, bits: int) -> np.ndarray:
    """int8 values of any shape, each from -2^(bits-1) to 2^(bits-1) - 1, as uint8 `(ceil(values * bits / 8),)`."""
    unsigned = (values.reshape(-1, 1).astype(np.int16) + 2 ** (bits - 1)).astype(np.uint8)
    return np.packbits(np.unpackbits(unsigned, axis=1)[:, 8 - bits :])


def from_bit_fields(stored: np.ndarray, bits: int, shape: tuple[int, ...]) -> np.ndarray:
    """The int8 values of `shape` behind `to_bit_fields`. Raises `ValueError` for another number of bytes."""
    count = int(np.prod(shape))
    if stored.shape != (-(-count * bits // 8),):
        raise ValueError(f"{stored.shape} bytes hold no {count} values of {bits} bits")
    fields = np.unpackbits(stored)[: count * bits].reshape(-1, bits)
    weights = 2 ** np.arange(bits - 1, -1, -1)
    return (fields @ weights - 2 ** (bits - 1)).astype(np.int8).reshape(shape)
