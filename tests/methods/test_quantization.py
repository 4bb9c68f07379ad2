"""Fake-quantization, and the int8 layers that take its place."""

from unittest.mock import patch

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from torch import nn

from compressions.methods.quantization import (
    INT8_MAX,
    ActivationRange,
    FakeQuantize,
    fake_quantize,
    int8_matmul,
    largest_level,
    prepare_qat,
    to_int8,
    weight_scale,
)
from compressions.storage import artifact
from compressions.training.choices import GRANULARITIES

VNNI = torch.cpu._is_vnni_supported()
finite = st.floats(-1e4, 1e4, width=32, allow_subnormal=False)
weights = arrays("float32", array_shapes(min_dims=2, max_dims=2, max_side=12), elements=finite).map(torch.from_numpy)
granularities = st.sampled_from(GRANULARITIES)


@given(weights, granularities)
def test_quantizing_twice_is_quantizing_once(weight, granularity):
    once = fake_quantize(weight, weight_scale(weight, granularity))
    twice = fake_quantize(once, weight_scale(once, granularity))
    torch.testing.assert_close(twice, once, rtol=1e-6, atol=0)


@given(weights, granularities)
def test_no_value_moves_by_more_than_half_a_scale(weight, granularity):
    scale = weight_scale(weight, granularity)
    moved = (fake_quantize(weight, scale) - weight).abs()
    limit = scale[:, None] if len(scale) == len(weight) else scale
    assert (moved <= limit / 2 * (1 + 1e-4)).all()


@given(weights, granularities)
def test_int8_times_scale_is_what_was_trained(weight, granularity):
    scale = weight_scale(weight, granularity)
    rows = scale[:, None] if scale.numel() > 1 else scale
    assert torch.equal(to_int8(weight, scale).float() * rows, fake_quantize(weight, scale))


@given(weights, granularities)
def test_zeros_stay_zero(weight, granularity):
    weight[:, ::2] = 0
    assert (fake_quantize(weight, weight_scale(weight, granularity))[:, ::2] == 0).all()


def test_the_largest_magnitude_becomes_127():
    weight = torch.tensor([[0.5, -2.0], [0.25, 0.0]])
    assert to_int8(weight, weight_scale(weight)).tolist() == [[32, -127], [127, 0]]  # 0.5 / (2/127) = 31.75
    assert weight_scale(weight, "tensor").tolist() == pytest.approx([2 / INT8_MAX])


def test_the_gradient_passes_where_nothing_is_clamped():
    values = torch.tensor([0.3, -0.7, 5.0, -5.0], requires_grad=True)
    fake_quantize(values, torch.tensor([1 / INT8_MAX])).sum().backward()
    assert values.grad.tolist() == [1, 1, 0, 0]


def test_the_range_follows_training_and_rests_in_evaluation():
    activations = ActivationRange()
    activations(torch.tensor([1.0, -4.0]))
    activations(torch.tensor([2.0]))
    assert activations.peak.item() == pytest.approx(0.95 * 4 + 0.05 * 2)
    activations.eval()(torch.tensor([100.0]))
    assert activations.peak.item() == pytest.approx(3.9)


widths = st.one_of(st.integers(1, 40), st.sampled_from([1024, 1025, 2500]))


@given(st.integers(1, 40), st.integers(1, 40), widths, st.integers(0, 999), st.booleans(), st.booleans())
def test_int8_products_are_exact_with_and_without_instructions_for_them(m, n, k, seed, largest, supported):
    generator = torch.Generator().manual_seed(seed)
    left, right = (torch.randint(-127, 128, (rows, k), generator=generator, dtype=torch.int8) for rows in (m, n))
    if largest:
        left, right = torch.full_like(left, 127), torch.full_like(right, -127)
    with patch("torch.cpu._is_vnni_supported", lambda: supported and VNNI):
        assert torch.equal(int8_matmul(left, right), left.int() @ right.int().T)


class Layers(nn.Module):
    """An embedding and two linear layers."""

    def __init__(self, bias: bool) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 24)
        self.first, self.second = nn.Linear(24, 40, bias=bias), nn.Linear(40, 3, bias=bias)

    def forward(self, ids):
        return self.second(torch.relu(self.first(self.embedding(ids))))


@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("bias", [True, False])
def test_the_int8_model_says_what_the_fake_quantized_one_said(granularity, bias):
    torch.manual_seed(0)
    model, ids = Layers(bias), torch.randint(0, 50, (64, 7))
    prepare_qat(model, granularity)
    model.train()(ids)
    with torch.inference_mode():
        fake = model.eval()(ids)
        real = artifact.finish(model, granularity)(ids)
    torch.testing.assert_close(real, fake, rtol=1e-4, atol=1e-5)
    assert {tensor.dtype for name, tensor in model.state_dict().items() if name.endswith("weight")} == {torch.int8}


@given(weights, granularities, st.sampled_from([8, 4, 3, 2]))
def test_fewer_bits_leave_fewer_levels_and_the_integers_behind_them(weight, granularity, bits):
    scale = weight_scale(weight, granularity, bits)
    trained = FakeQuantize(granularity, bits)(weight)
    integers = to_int8(weight, scale, bits)
    assert integers.abs().max() <= largest_level(bits) == 2 ** (bits - 1) - 1
    rows = scale[:, None] if scale.numel() > 1 else scale
    assert torch.equal(integers.float() * rows, trained)


def test_two_bits_are_ternary_weights_with_the_mean_of_what_counts_as_scale():
    weight = torch.tensor([[0.1, -0.2, 0.9, -1.1], [0.0, 0.0, 0.0, 2.0]])
    # Means 0.575 and 0.5, thresholds 0.4025 and 0.35; what is above them has the mean magnitudes 1 and 2.
    assert weight_scale(weight, "channel", 2).tolist() == [1, 2]
    assert to_int8(weight, weight_scale(weight, "channel", 2), 2).tolist() == [[0, 0, 1, -1], [0, 0, 0, 1]]


def test_the_gradient_passes_through_ternary_weights_that_lie_beyond_their_level():
    weight = torch.tensor([[0.2, 1.0, 3.0]], requires_grad=True)
    FakeQuantize("channel", 2)(weight).sum().backward()
    assert weight.grad.tolist() == [[1, 1, 1]]
