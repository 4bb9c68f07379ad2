"""A compressed model in one file, exact to the bit: masks, int8 values and fp32 values, entropy-coded separately.

    magic (8 bytes) · version, header's length (4 each, little endian) · header's SHA-256 (32) · header · parts

The header is JSON, compressed: the model's configuration; each tensor's name, dtype, shape and, where it is sparse, how
many values are kept; and each part's packed bytes and SHA-256. The parts hold one bit for each weight of the sparse
tensors, and the kept values of all tensors, for each dtype the first bytes of all, then the second ones, and so on.
Zstandard codes them: within a percent of the order-0 entropy, as close as range coding, and decoded far faster.
"""

import hashlib
import json
import struct
from dataclasses import dataclass
from io import BytesIO
from math import prod

import numpy as np
import zstandard

from compressions.errors import BadInput, first_line, require

MAGIC, VERSION = b"\x89CMPRSS\n", 1
PREFIX = struct.Struct("<8sII32s")
# Level 19 with the shortest search, for repetitions of at least six bytes: there are few in the near random bytes of
# weights, so that it is ten times as fast as the level itself, and files of fp32 models are smaller.
PARAMETERS = zstandard.ZstdCompressionParameters(
    compression_level=19, window_log=18, chain_log=16, hash_log=16, search_log=1, min_match=6
)
DTYPES = {"int8": np.dtype("<i1"), "float32": np.dtype("<f4")}
MIN_ZEROS = 1 / 8  # the fraction of zeros from which on a tensor is stored with a mask
MAX_BYTES = 4 << 30  # of all tensors; three times LARGE in fp32
MAX_HEADER = 16 << 20


@dataclass(frozen=True)
class Entry:
    """A tensor as the header describes it; `kept` is `None` for a dense one."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    kept: int | None

    @property
    def values(self) -> int:
        """How many values are stored."""
        return prod(self.shape) if self.kept is None else self.kept


def pack(tensors: dict[str, np.ndarray], config: dict) -> bytes:
    """The file's content for tensors of int8 and float32 and the configuration that goes with them.

    A negative zero is stored like any value. Raises `BadInput` for another dtype.
    """
    for name, tensor in tensors.items():
        require(str(tensor.dtype) in DTYPES, f"{name} is {tensor.dtype}; a packed file holds {', '.join(DTYPES)}")
    masks = {name: sparse_mask(tensor) for name, tensor in tensors.items()}
    kept = {name: None if mask is None else int(mask.sum()) for name, mask in masks.items()}
    parts = [_compressed(part) for part in _parts(tensors, masks)]
    described = {
        "config": config,
        "tensors": [[name, str(tensor.dtype), list(tensor.shape), kept[name]] for name, tensor in tensors.items()],
        "parts": [[len(part), hashlib.sha256(part).hexdigest()] for part in parts],
    }
    header = _compressed(json.dumps(described, separators=(",", ":")).encode())
    return b"".join([PREFIX.pack(MAGIC, VERSION, len(header), hashlib.sha256(header).digest()), header, *parts])


def sparse_mask(tensor: np.ndarray) -> np.ndarray | None:
    """Which values have any bit set, flat; `None` for a tensor with few zeros, which is stored dense."""
    kept = _bits(tensor) != 0
    return kept if kept.size and kept.mean() <= 1 - MIN_ZEROS else None


def _bits(tensor: np.ndarray) -> np.ndarray:
    """The values as unsigned integers of their size, flat."""
    flat = np.ascontiguousarray(tensor, DTYPES[str(tensor.dtype)]).reshape(-1)
    return flat.view(f"<u{flat.itemsize}")


def _parts(tensors: dict[str, np.ndarray], masks: dict[str, np.ndarray | None]) -> list[bytes]:
    bits = [mask for mask in masks.values() if mask is not None]
    parts = [np.packbits(np.concatenate(bits)).tobytes() if bits else b""]
    for dtype, kind in DTYPES.items():
        kept = [
            _bits(tensor) if masks[name] is None else _bits(tensor)[masks[name]]
            for name, tensor in tensors.items()
            if str(tensor.dtype) == dtype
        ]
        values = np.concatenate([np.zeros(0, f"<u{kind.itemsize}"), *kept])
        parts += [plane.tobytes() for plane in values.view(np.uint8).reshape(-1, kind.itemsize).T]
    return parts


def unpack(content: bytes) -> tuple[dict[str, np.ndarray], dict]:
    """Tensors and configuration, to the bit as they were packed.

    Everything the file says is checked before memory is taken for it. Raises `BadInput` in one line for a file of
    another kind or version, that is cut off, was changed anywhere, or describes what it does not hold.
    """
    entries, config, parts = _header(content)
    file = BytesIO(content)
    file.seek(PREFIX.size + PREFIX.unpack_from(content)[2])
    lengths = zip(parts, _lengths(entries), strict=True)
    return _tensors(
        entries, [_decoded(file.read(size), checksum, length) for (size, checksum), length in lengths]
    ), config


def _header(content: bytes) -> tuple[list[Entry], dict, list[tuple[int, str]]]:
    require(len(content) >= PREFIX.size and content.startswith(MAGIC), "this is no packed model")
    _, version, length, checksum = PREFIX.unpack_from(content)
    require(version == VERSION, f"this packed model has version {version}; known: {VERSION}")
    require(length <= min(MAX_HEADER, len(content) - PREFIX.size), "this packed model is cut off in its header")
    header = content[PREFIX.size : PREFIX.size + length]
    require(hashlib.sha256(header).digest() == checksum, "this packed model's header was changed (checksum differs)")
    try:
        described = json.loads(_decompressed(header, MAX_HEADER))
        entries = [Entry(name, dtype, tuple(shape), kept) for name, dtype, shape, kept in described["tensors"]]
        parts = [(size, checksum) for size, checksum in described["parts"]]
        _check(entries, described["config"], parts)
    except (zstandard.ZstdError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"this packed model's header makes no sense: {first_line(error)}") from error
    named = PREFIX.size + length + sum(size for size, _ in parts)
    cut = f"this packed model has {len(content)} bytes, not {named} as its header says; it is cut off or was added to"
    require(named == len(content), cut)
    return entries, described["config"], parts


def _compressed(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(compression_params=PARAMETERS).compress(content)


def _decompressed(packed: bytes, most: int) -> bytes:
    """The content of a frame that says how much it is; raises `ValueError` before it takes more than `most` bytes."""
    named = zstandard.frame_content_size(packed)
    if not 0 <= named <= most:
        raise ValueError(f"it asks for {named} bytes where at most {most} are taken")
    return zstandard.ZstdDecompressor().decompress(packed)


def _check(entries: list[Entry], config: object, parts: list[tuple[int, str]]) -> None:
    """Raise `ValueError` for a description that no model has."""
    names = [each.name for each in entries]
    if not isinstance(config, dict) or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise ValueError("no configuration, or names that are not unique")
    for each in entries:
        sizes = (*each.shape, 0 if each.kept is None else each.kept)
        if each.dtype not in DTYPES or len(each.shape) > 8 or not all(type(n) is int and 0 <= n < 2**40 for n in sizes):
            raise ValueError(f"tensor {each.name!r} has dtype {each.dtype!r} and shape {each.shape!r}"[:200])
        if each.kept is not None and each.kept > prod(each.shape):
            raise ValueError(f"tensor {each.name!r} keeps more values than it has")
    total = sum(prod(each.shape) * DTYPES[each.dtype].itemsize for each in entries)
    if total > MAX_BYTES:
        raise ValueError(f"it asks for {total} bytes; at most {MAX_BYTES} are taken")
    if len(parts) != len(_lengths(entries)) or not all(type(n) is int and n >= 0 for n, _ in parts):
        raise ValueError(f"it has {len(parts)} parts")


def _lengths(entries: list[Entry]) -> list[int]:
    """The bytes of each part, decoded."""
    bits = sum(prod(each.shape) for each in entries if each.kept is not None)
    planes = [
        sum(each.values for each in entries if each.dtype == dtype)
        for dtype, kind in DTYPES.items()
        for _ in range(kind.itemsize)
    ]
    return [-(-bits // 8), *planes]


def _decoded(packed: bytes, checksum: str, length: int) -> np.ndarray:
    same = hashlib.sha256(packed).hexdigest() == checksum
    require(same, "a part of this packed model was changed (checksum differs)")
    try:
        part = np.frombuffer(_decompressed(packed, length), np.uint8)
    except (zstandard.ZstdError, ValueError) as error:
        raise BadInput(f"a part of this packed model cannot be decoded: {error}") from error
    require(len(part) == length, f"a part of this packed model holds {len(part)} bytes, not {length}")
    return part


def _tensors(entries: list[Entry], parts: list[np.ndarray]) -> dict[str, np.ndarray]:
    bits, planes = np.unpackbits(parts[0]).astype(bool), iter(parts[1:])
    stored = {
        dtype: np.stack([next(planes) for _ in range(kind.itemsize)], axis=1).reshape(-1).view(kind)
        for dtype, kind in DTYPES.items()
    }
    tensors = {}
    for each in entries:
        values, stored[each.dtype] = np.split(stored[each.dtype], [each.values])
        if each.kept is not None:
            mask, bits = np.split(bits, [prod(each.shape)])
            found = int(mask.sum())
            require(found == each.kept, f"the mask of {each.name} keeps {found} values, not {each.kept}")
            kept, values = values, np.zeros(len(mask), DTYPES[each.dtype])
            values[mask] = kept
        tensors[each.name] = values.reshape(each.shape).copy()
    return tensors


def entropy_bytes(tensors: dict[str, np.ndarray]) -> float:
    """The order-0 entropy of the tensors in bytes: masks and values coded separately, without the codes' tables.

    A mask with a share d of kept values has h(d) = -d log d - (1 - d) log(1 - d) bits a weight; float32 values count as
    four bytes that are independent of each other.
    """
    total = 0.0
    for tensor in tensors.values():
        mask, bits = sparse_mask(tensor), _bits(tensor)
        if mask is not None:
            total += len(mask) * _entropy(mask)
        kept = bits if mask is None else bits[mask]
        planes = kept.view(np.uint8).reshape(-1, kept.itemsize).T
        total += sum(len(kept) * _entropy(plane) for plane in planes)
    return total / 8


def _entropy(values: np.ndarray) -> float:
    """Bits a value."""
    counts = np.bincount(values)
    shares = counts[counts > 0] / max(1, len(values))
    return float(-(shares * np.log2(shares)).sum())
