"""Weights of four bits and fewer in ONNX: two to a byte, which ONNX Runtime unpacks as it multiplies.

Weights of three and two bits take four as well: ONNX Runtime's kernel for two bits is many times slower on a CPU.
"""

import torch
from torch import Tensor, nn

from compressions.methods.quantization import INT8_MAX, Int8Embedding, Int8Linear, levels

OFFSET = 8  # a stored number is the weight plus 8, which ONNX Runtime takes for the zero point
BLOCKS = (128, 64, 32)


def block_size(columns: int) -> int:
    """How many columns share a scale in the file: the most of 128, 64 and 32 that divide `columns`, else 16."""
    return next((size for size in BLOCKS if columns % size == 0), 16)


def to_nibbles(weight: Tensor) -> Tensor:
    """int8 `(rows, columns)`, each from -8 to 7, as uint8 `(rows, columns / 2)`, the first of two in the lower half."""
    numbers = (weight + OFFSET).to(torch.uint8)
    return numbers[:, ::2] | (numbers[:, 1::2] << 4)


class _Product(torch.autograd.Function):
    """`activations @ weight.T` as a node of ONNX."""

    @staticmethod
    def forward(ctx, activations: Tensor, packed: Tensor, scales: Tensor, columns: int, block: int) -> Tensor:
        return torch.zeros(*activations.shape[:-1], len(packed))

    @staticmethod
    def symbolic(g, activations, packed, scales, columns, block):
        rows = packed.type().sizes()[0]
        sizes = {"K_i": columns, "N_i": rows, "block_size_i": block, "bits_i": 4}
        product = g.op("com.microsoft::MatMulNBits", activations, packed, scales, **sizes)
        return product.setType(activations.type().with_sizes([None] * activations.type().dim()))


class OnnxInt4Linear(nn.Module):
    """The substitute of an `Int8Linear` with weights from -8 to 7 during export."""

    def __init__(self, layer: Int8Linear) -> None:
        super().__init__()
        rows, self.columns = layer.weight.shape
        self.block = block_size(self.columns)
        padded = nn.functional.pad(layer.weight, (0, -self.columns % self.block))
        self.register_buffer("weight", to_nibbles(padded).reshape(rows, -1, self.block // 2))
        # The activations are whole numbers, so their scale is a factor of the weights'.
        self.register_buffer(
            "scales", _repeated(layer.input_scale * layer.weight_scale, self.weight.shape[:2]).flatten()
        )
        self.register_buffer("scale", layer.input_scale.reshape(()))
        self.register_buffer("bias", torch.zeros(rows) if layer.bias is None else layer.bias)

    def forward(self, activations: Tensor) -> Tensor:
        """`(..., in)` to `(..., out)`, both fp32; in torch only the shape is right."""
        numbers = levels(activations, self.scale).clamp(-INT8_MAX, INT8_MAX)
        return _Product.apply(numbers, self.weight, self.scales, self.columns, self.block) + self.bias


class OnnxInt4Embedding(nn.Module):
    """The substitute of an `Int8Embedding` with rows of numbers from -8 to 7 and an even length during export.

    Rows are unpacked by arithmetic: ONNX Runtime in a browser has no `GatherBlockQuantized`.
    """

    def __init__(self, layer: Int8Embedding) -> None:
        super().__init__()
        self.register_buffer("weight", to_nibbles(layer.weight))
        self.register_buffer("scales", _repeated(layer.weight_scale, (len(layer.weight), 1)))

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids of any shape to fp32 vectors `(..., hidden)`."""
        pairs = self.weight[ids].float()
        second = torch.floor(pairs / 16)
        numbers = torch.stack((pairs - 16 * second, second), dim=-1).flatten(-2) - OFFSET
        return numbers * self.scales[ids]


def _repeated(scales: Tensor, shape: tuple[int, int]) -> Tensor:
    """Scales of rows, or of all, for each block of each row."""
    return scales.reshape(-1, 1).expand(shape).contiguous()
