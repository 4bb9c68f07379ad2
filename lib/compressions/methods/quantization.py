"""Quantization-aware training (QAT) to 8 bits or fewer, and the integer layers that a trained model is saved with.

Symmetric quantization after Jacob et al. (2018), with the choices of Q8BERT (Zafrir et al. 2019): the weights of all
linear layers and embeddings, and the input activations of all linear layers, with a straight-through gradient. Weights
have 8, 4, 3 or 2 bits; activations always have 8. At 2 bits a weight is one of -s, 0 and s (Li & Liu 2016).
"""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

INT8_MAX = 127
MIN_SCALE = torch.finfo(torch.float32).tiny * INT8_MAX
RANGE_MOMENTUM = 0.95
TERNARY_THRESHOLD = 0.7  # of the mean magnitude: smaller weights do not count for the scale (Li & Liu 2016, eq. 6)


def largest_level(bits: int) -> int:
    """The largest integer of a symmetric quantization to `bits`: 127 for 8, 7 for 4, 3 for 3, 1 for 2."""
    return 2 ** (bits - 1) - 1


def weight_scale(weight: Tensor, granularity: str = "channel", bits: int = 8) -> Tensor:
    """Scales `(rows,)` of a weight `(rows, columns)`, or `(1,)` of the whole tensor.

    The largest magnitude becomes the largest level. At 2 bits the scale is the mean of the magnitudes above 0.7 times
    their mean (Li & Liu 2016, equations 5 and 6): one from the largest would round almost every weight to zero.
    """
    magnitudes = weight.detach().abs()
    magnitudes = magnitudes if granularity == "channel" else magnitudes.reshape(1, -1)
    if bits == 2:
        counted = magnitudes > TERNARY_THRESHOLD * magnitudes.mean(dim=1, keepdim=True)
        scale = (magnitudes * counted).sum(dim=1) / counted.sum(dim=1).clamp(min=1)
    else:
        scale = magnitudes.amax(dim=1) / largest_level(bits)
    return scale.clamp(min=MIN_SCALE)


def levels(values: Tensor, scale: Tensor) -> Tensor:
    """`round(values / scale)` in floating point: the integers that int8 stores, before clamping.

    `scale` is `(1,)` for the whole tensor, or `(rows,)` for `values` of `(rows, columns)`.
    """
    return torch.round(values * _along_rows(1 / scale))


def _along_rows(scale: Tensor) -> Tensor:
    return scale if scale.numel() == 1 else scale[:, None]


class _StraightThrough(torch.autograd.Function):
    """Rounding to whole multiples of the scale, with the gradient of the identity (Bengio et al. 2013).

    `largest` is the largest multiple where values may lie beyond it, else `None`.
    """

    @staticmethod
    def forward(ctx, values: Tensor, scale: Tensor, largest: int | None = None) -> Tensor:
        rounded = levels(values, scale)
        if largest is not None:
            rounded.clamp_(-largest, largest)
        return rounded.mul_(_along_rows(scale))

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        return gradient, None, None


def fake_quantize(values: Tensor, scale: Tensor) -> Tensor:
    """`scale * clamp(round(values / scale), -127, 127)`, in floating point; scales as in `levels`.

    The gradient passes straight through where nothing is clamped, and is zero where it is (Jacob et al. 2018).
    """
    limit = INT8_MAX * _along_rows(scale)
    return _StraightThrough.apply(values.clamp(-limit, limit), scale)


def to_int8(values: Tensor, scale: Tensor, bits: int = 8) -> Tensor:
    """The integers behind fake-quantized values, as int8: levels of `bits`, clamped to the largest."""
    return levels(values, scale).clamp_(-largest_level(bits), largest_level(bits)).to(torch.int8)


class FakeQuantize(nn.Module):
    """A parametrization that fake-quantizes a weight `(rows, columns)`, with a scale by row or by tensor."""

    def __init__(self, granularity: str, bits: int = 8) -> None:
        super().__init__()
        self.granularity, self.bits = granularity, bits

    def forward(self, weight: Tensor) -> Tensor:
        """Fake-quantize the weight; same shape."""
        # A scale from the largest weight clamps nothing, so the clamp is left out there: the embeddings are large.
        largest = largest_level(self.bits) if self.bits == 2 else None
        return _StraightThrough.apply(weight, weight_scale(weight, self.granularity, self.bits), largest)


class ActivationRange(nn.Module):
    """Fake-quantization of activations; the range is a moving average of the batches' largest magnitudes.

    The range is updated in training mode, and while `observing` is set, as for post-training quantization.
    """

    observing = False

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("peak", torch.zeros(1))

    @property
    def scale(self) -> Tensor:
        """The activations' scale, `(1,)`."""
        return (self.peak / INT8_MAX).clamp(min=MIN_SCALE)

    def forward(self, activations: Tensor) -> Tensor:
        """Fake-quantize activations of any shape."""
        if self.training or self.observing:
            now = activations.detach().abs().amax()
            self.peak.copy_(torch.where(self.peak > 0, RANGE_MOMENTUM * self.peak + (1 - RANGE_MOMENTUM) * now, now))
        return fake_quantize(activations, self.scale)


def _quantize_input(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (module.activation_range(inputs[0]), *inputs[1:])


def prepare_qat(model: nn.Module, granularity: str = "channel", bits: int = 8) -> None:
    """Fake-quantize the weights of all linear layers and embeddings, and the inputs of linear layers, in place.

    Weights have `bits`, inputs 8.
    """
    for module in list(model.modules()):
        if isinstance(module, nn.Linear | nn.Embedding):
            parametrize.register_parametrization(module, "weight", FakeQuantize(granularity, bits), unsafe=True)
        if isinstance(module, nn.Linear):
            module.activation_range = ActivationRange().to(module.weight.device)
            module.register_forward_pre_hook(_quantize_input)


def int8_matmul(left: Tensor, right: Tensor) -> Tensor:
    """`left @ right.T` of int8 matrices `(m, k)` and `(n, k)` in exact int32.

    CUDA's kernel requires more than 16 rows and multiples of 8: there both are padded with zeros and the result is cut.
    On a CPU without int8 instructions torch's kernel is many times slower than fp32, which is used instead.
    """
    m, n, k = len(left), len(right), left.shape[1]
    # With one column, the CPU kernel of torch 2.13 returns uninitialized memory.
    if not left.is_cuda and (k == 1 or not torch.cpu._is_vnni_supported()):
        return _fp32_matmul(left, right)
    if left.is_cuda:
        left = nn.functional.pad(left, (0, -k % 8, 0, max(24 - m, -m % 8)))
        right = nn.functional.pad(right, (0, -k % 8, 0, -n % 8))
    return torch._int_mm(left, right.T)[:m, :n]


def _fp32_matmul(left: Tensor, right: Tensor) -> Tensor:
    """The same product in fp32: sums over 1,024 columns stay below 2^24, up to which fp32 is exact."""
    columns = zip(left.split(2**10, dim=1), right.split(2**10, dim=1), strict=True)
    return sum((one.float() @ other.float().T).int() for one, other in columns)


class Int8Linear(nn.Module):
    """A linear layer with int8 weights `(out, in)`, int8 inputs, int32 sums and an fp32 bias."""

    def __init__(self, outputs: int, inputs: int, scales: int, bias: bool) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(outputs, inputs, dtype=torch.int8))
        self.register_buffer("weight_scale", torch.ones(scales))
        self.register_buffer("input_scale", torch.ones(1))
        self.register_buffer("bias", torch.zeros(outputs) if bias else None)

    def forward(self, activations: Tensor) -> Tensor:
        """`(..., in)` to `(..., out)`, both fp32."""
        rows = to_int8(activations.reshape(-1, activations.shape[-1]), self.input_scale)
        outputs = int8_matmul(rows, self.weight) * (self.input_scale * self.weight_scale)
        outputs = outputs if self.bias is None else outputs + self.bias
        return outputs.reshape(*activations.shape[:-1], -1)


class Int8Embedding(nn.Module):
    """An embedding with int8 rows `(vocabulary, hidden)`."""

    def __init__(self, rows: int, columns: int, scales: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(rows, columns, dtype=torch.int8))
        self.register_buffer("weight_scale", torch.ones(scales))

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids of any shape to fp32 vectors `(..., hidden)`."""
        scale = self.weight_scale if self.weight_scale.numel() == 1 else self.weight_scale[ids].unsqueeze(-1)
        return self.weight[ids] * scale


def empty_int8_layer(module: nn.Module, scales: int) -> nn.Module:
    """An empty int8 layer of the shape of a linear layer or embedding."""
    if isinstance(module, nn.Embedding):
        return Int8Embedding(module.num_embeddings, module.embedding_dim, scales)
    return Int8Linear(module.out_features, module.in_features, scales, module.bias is not None)


def convert(model: nn.Module, granularity: str = "channel", bits: int = 8) -> None:
    """Replace the layers that `prepare_qat` prepared by int8 layers, in place; parametrizations must be gone before."""
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear | nn.Embedding):
            scale = weight_scale(module.weight, granularity, bits)
            layer = empty_int8_layer(module, scale.numel()).to(module.weight.device)
            layer.weight.copy_(to_int8(module.weight.detach(), scale, bits))
            layer.weight_scale.copy_(scale)
            if isinstance(module, nn.Linear):
                layer.input_scale.copy_(module.activation_range.scale)
                if module.bias is not None:
                    layer.bias.copy_(module.bias.detach())
            model.set_submodule(name, layer)
