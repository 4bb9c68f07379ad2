"""Integers of fewer than eight bits come back as they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from compressions.storage.bit_fields import from_bit_fields, to_bit_fields


@given(st.data(), st.sampled_from([2, 3, 4, 8]), array_shapes(max_dims=2, max_side=33))
def test_values_survive_and_take_their_bits(data, bits, shape):
    limit = 2 ** (bits - 1)
    values = data.draw(arrays(np.int8, shape, elements=st.integers(-limit, limit - 1)))
    stored = to_bit_fields(values, bits)
    assert stored.nbytes == -(-values.size * bits // 8)
    assert np.array_equal(from_bit_fields(stored, bits, shape), values)


def test_four_bits_lie_two_to_a_byte():
    assert to_bit_fields(np.array([-8, 7, 0], np.int8), 4).tolist() == [0x0F, 0x80]


def test_another_number_of_bytes_is_refused():
    with pytest.raises(ValueError, match="hold no 8 values of 4 bits"):
        from_bit_fields(np.zeros(3, np.uint8), 4, (2, 4))
