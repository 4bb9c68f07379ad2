"""A packed model is the model to the bit, close to its entropy, and anything else is refused in one line."""

import json
import struct
import time
import timeit

import numpy as np
import pytest
import torch
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from compressions.errors import BadInput
from compressions.storage import packed as packed_format
from compressions.storage.artifact import load_packed, pack_artifact
from compressions.storage.packed import PREFIX, entropy_bytes, pack, unpack
from tests.storage.test_artifact import METHODS, save, tokens

CONFIG = {"model_type": "bert"}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """Whether names, order, shapes, dtypes and every bit agree."""
    kinds = [[(n, t.shape, t.dtype) for n, t in tensors.items()] for tensors in (one, other)]
    return kinds[0] == kinds[1] and all(one[name].tobytes() == other[name].tobytes() for name in one)


def drawn(seed: int, shape: tuple[int, ...], dtype: str, density: float) -> np.ndarray:
    """Values that are as good as all bits can be: infinities, NaN and negative zeros among them."""
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 256, (*shape, np.dtype(dtype).itemsize), np.uint8).view(dtype).reshape(shape)
    return np.where(generator.random(shape) < density, values, np.zeros(1, dtype))


SHAPES = st.lists(st.integers(0, 9), max_size=3).map(tuple)
TENSORS = st.builds(
    drawn, st.integers(0, 999), SHAPES, st.sampled_from(["int8", "float32"]), st.sampled_from([0, 0.05, 0.4, 0.9, 1])
)


@given(st.dictionaries(st.text(max_size=8), TENSORS, max_size=5))
def test_what_was_packed_comes_back_to_the_bit(tensors):
    found, config = unpack(pack(tensors, CONFIG))
    assert same(found, tensors) and config == CONFIG


def model_of(sparsity: float) -> dict[str, np.ndarray]:
    """An int8 model of about four million weights."""
    generator = np.random.default_rng(0)
    tensors = {}
    for layer in range(4):
        weight = np.clip(generator.normal(scale=30, size=(1024, 1024)).round(), -127, 127).astype(np.int8)
        weight[generator.random(weight.shape) < sparsity] = 0
        tensors |= {f"{layer}.weight": weight, f"{layer}.scale": generator.random(1024, np.float32)}
    return tensors


@pytest.mark.parametrize("sparsity", [0, 0.4, 0.6, 0.8, 0.9])
def test_a_file_is_within_three_percent_of_its_entropy(sparsity):
    tensors = model_of(sparsity)
    bound, size = entropy_bytes(tensors), len(pack(tensors, CONFIG))
    assert bound * 0.98 < size < bound * 1.03


def test_entropy_of_a_hand_made_tensor():
    # A quarter of 16 weights is kept: h(1/4) = 0.8113 bits each; the four kept are two of each of two values: 1 bit.
    tensor = np.array([[1, 2, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 2]], np.int8)
    assert entropy_bytes({"w": tensor}) == pytest.approx((16 * 0.8112781 + 4 * 1) / 8)


def test_decoding_is_fast():
    tensors = model_of(0.6)
    content = pack(tensors, CONFIG)
    megabytes = sum(t.nbytes for t in tensors.values() if t.dtype == np.int8) / 1e6
    assert megabytes / min(timeit.repeat(lambda: unpack(content), time.process_time, number=1, repeat=7)) > 50


def test_two_thousand_mutated_files_are_refused_or_exact():
    tensors = {
        "a": drawn(0, (40, 30), "int8", 0.4),
        "b": drawn(1, (7,), "float32", 1),
        "c": drawn(2, (9, 9), "int8", 1),
    }
    content, generator = pack(tensors, CONFIG), np.random.default_rng(0)
    refused = 0
    for case in range(2000):
        mutated = mutate(bytearray(content), case % 5, generator)
        try:
            assert same(unpack(bytes(mutated))[0], tensors)
        except BadInput as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 1900


def mutate(content: bytearray, kind: int, generator: np.random.Generator) -> bytearray:
    """A bit turned over, a byte set, a piece cut out, a piece doubled, or the end cut off."""
    at, length = int(generator.integers(len(content))), int(generator.integers(1, 40))
    if kind == 0:
        content[at] ^= 1 << int(generator.integers(8))
    elif kind == 1:
        content[at] = int(generator.integers(256))
    elif kind == 2:
        del content[at : at + length]
    elif kind == 3:
        content[at:at] = content[at : at + length]
    else:
        del content[at:]
    return content


def forged(content: bytes, change) -> bytes:
    """The file with another header that has the right checksum."""
    start = PREFIX.size + PREFIX.unpack_from(content)[2]
    header = json.loads(zstandard.ZstdDecompressor().decompress(content[PREFIX.size : start]))
    change(header)
    packed = zstandard.ZstdCompressor().compress(json.dumps(header).encode())
    checksum = packed_format.hashlib.sha256(packed).digest()
    return PREFIX.pack(packed_format.MAGIC, packed_format.VERSION, len(packed), checksum) + packed + content[start:]


def set_in(*place):
    *way, last, value = place

    def change(header):
        for step in way:
            header = header[step]
        header[last] = value

    return change


@pytest.mark.parametrize(
    "change, says",
    [
        (
            set_in(
                "tensors",
                0,
                2,
                [100_000, 1_000_000],
            ),
            "makes no sense: it asks for 1000000",
        ),
        (set_in("tensors", 0, 2, [-1, 3]), "makes no sense: tensor 'w' has"),
        (set_in("tensors", 0, 2, [True, 3]), "makes no sense: tensor 'w' has"),
        (set_in("tensors", 0, 1, "object"), "makes no sense: tensor 'w' has dtype 'object'"),
        (set_in("tensors", 0, 3, 10**6), "keeps more values than it has"),
        (set_in("tensors", 0, 3, 100), "a part of this packed model"),
        (set_in("tensors", 0, 2, [64, 32]), "a part of this packed model"),
        (set_in("tensors", []), "a part of this packed model"),
        (set_in("tensors", 7), "makes no sense"),
        (set_in("parts", 0, 0, -5), "makes no sense: it has"),
        (set_in("parts", 0, 0, 10**12), "it is cut off or was added to"),
        (set_in("parts", []), "makes no sense: it has 0 parts"),
        (set_in("config", None), "makes no sense: no configuration"),
    ],
)
def test_a_forged_header_is_refused_before_memory_is_taken(change, says):
    content = forged(pack({"w": drawn(0, (64, 64), "int8", 0.3)}, CONFIG), change)
    with pytest.raises(BadInput, match=says) as error:
        unpack(content)
    assert "\n" not in str(error.value)


def test_a_frame_that_asks_for_a_hundred_gigabytes_is_refused():
    frame = bytearray(zstandard.ZstdCompressor().compress(bytes(300)))
    bomb = bytes(frame[:4]) + b"\xe0" + struct.pack("<Q", 100 << 30) + bytes(frame[7:])
    assert zstandard.frame_content_size(bomb) == 100 << 30
    checksum = packed_format.hashlib.sha256(bomb).digest()
    content = PREFIX.pack(packed_format.MAGIC, packed_format.VERSION, len(bomb), checksum) + bomb
    with pytest.raises(BadInput, match=f"it asks for {100 << 30} bytes"):
        unpack(content)


def test_a_file_of_another_kind_or_a_newer_version_is_named():
    content = pack({}, CONFIG)
    for other in (b"", b"PK\x03\x04", content[:20], b"\x00" * 100):
        with pytest.raises(BadInput, match="this is no packed model"):
            unpack(other)
    newer = content[:8] + struct.pack("<I", 2) + content[12:]
    with pytest.raises(BadInput, match="has version 2; known: 1"):
        unpack(newer)
    with pytest.raises(BadInput, match="w is float16; a packed file holds int8, float32"):
        pack({"w": np.zeros(3, np.float16)}, CONFIG)


@METHODS
def test_a_packed_artifact_predicts_the_same_to_the_bit(tmp_path, methods):
    model = save(tmp_path / "artifact", methods=methods)
    loaded = load_packed(pack_artifact(tmp_path / "artifact"))
    with torch.no_grad():
        assert torch.equal(loaded(tokens()).logits, model.eval()(tokens()).logits)


def test_tensors_of_another_architecture_are_refused():
    for config in ({"model_type": "bert"}, {"model_type": "no such model"}, {}):
        with pytest.raises(BadInput, match="this packed model is of another architecture"):
            load_packed(pack({"w": np.ones(3, np.float32)}, config))
