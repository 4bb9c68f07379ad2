"""A finished model as ONNX, which ONNX Runtime runs without torch: int8 layers in its own int8 kernels."""

import copy
import io
import warnings
from pathlib import Path
from types import SimpleNamespace

import onnxruntime
import torch
from torch import Tensor, nn

from compressions.methods.quantization import INT8_MAX, Int8Linear

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OPSET = 17
# ONNX Runtime's fast kernel takes uint8 on the left: int8 activations plus 128, with 128 as the zero point.
ZERO_LEFT, ZERO_RIGHT = torch.tensor(INT8_MAX + 1, dtype=torch.uint8), torch.tensor(0, dtype=torch.int8)


class _Int8Product(torch.autograd.Function):
    """The forward pass of an `Int8Linear` as nodes of ONNX."""

    @staticmethod
    def forward(ctx, activations: Tensor, weight: Tensor, weight_scale: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        return activations.new_zeros(*activations.shape[:-1], weight.shape[1])

    @staticmethod
    def symbolic(g, activations, weight, weight_scale, scale, bias):
        # uint8 minus 128 reaches from -128 to 127, and our int8 from -127.
        least = g.op("Mul", scale, g.op("Constant", value_t=torch.tensor(-float(INT8_MAX))))
        left, right = g.op("Constant", value_t=ZERO_LEFT), g.op("Constant", value_t=ZERO_RIGHT)
        rounded = g.op("QuantizeLinear", g.op("Max", activations, least), scale, left)
        product = g.op("com.microsoft::MatMulIntegerToFloat", rounded, weight, scale, weight_scale, left, right, bias)
        return product.setType(activations.type().with_sizes([None] * activations.type().dim()))


class _OnnxInt8Linear(nn.Module):
    """The substitute of an `Int8Linear` during export."""

    def __init__(self, layer: Int8Linear) -> None:
        super().__init__()
        self.register_buffer("weight", layer.weight.T.contiguous())
        self.register_buffer("weight_scale", layer.weight_scale)
        self.register_buffer("scale", layer.input_scale.reshape(()))
        self.register_buffer("bias", torch.zeros(len(layer.weight)) if layer.bias is None else layer.bias)

    def forward(self, activations: Tensor) -> Tensor:
        """`(..., in)` to `(..., out)`; in torch only the shape is right, the product is computed by ONNX Runtime."""
        return _Int8Product.apply(activations, self.weight, self.weight_scale, self.scale, self.bias)


def to_onnx(model: nn.Module) -> bytes:
    """Export a finished model, for any batch size and length, as an ONNX file's content; `model` is not changed."""
    model = copy.deepcopy(model).cpu().eval()
    model.set_attn_implementation("eager")
    for name, layer in list(model.named_modules()):
        if isinstance(layer, Int8Linear):
            model.set_submodule(name, _OnnxInt8Linear(layer))
    tokens = torch.ones(2, 8, dtype=torch.long)
    free = {name: {0: "batch", 1: "sequence"} for name in INPUTS} | {"logits": {0: "batch"}}
    names = {"input_names": list(INPUTS), "output_names": ["logits"], "dynamic_axes": free}
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about tracing, and about a newer exporter that has no custom nodes
        given = (tokens, torch.ones_like(tokens), torch.zeros_like(tokens))
        torch.onnx.export(model, given, content, dynamo=False, opset_version=OPSET, **names)
    return content.getvalue()


def session(content: bytes) -> onnxruntime.InferenceSession:
    """An exported model in ONNX Runtime, on one thread of the CPU.

    Int8 products are exact on every processor: the fast kernel of x86 processors without VNNI adds pairs of products in
    16 bits, which can overflow. The exact kernel is as slow as fp32, so it is set only where VNNI is not reported.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    processor = Path("/proc/cpuinfo")
    vnni = processor.is_file() and "vnni" in processor.read_text()
    options.add_session_config_entry("session.x64quantprecision", "0" if vnni else "1")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class OnnxModel(nn.Module):
    """An exported model in ONNX Runtime, with the interface of the model it was exported from."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.session = session(content)

    def forward(self, **batch: Tensor) -> SimpleNamespace:
        """`logits` `(rows, labels)` from token ids, masks and segments, `(rows, length)` each."""
        given = {name: batch[name].cpu().numpy() for name in INPUTS}
        return SimpleNamespace(logits=torch.from_numpy(self.session.run(["logits"], given)[0]))
