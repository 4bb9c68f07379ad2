"""A finished model as ONNX, which ONNX Runtime runs without torch: int8 layers in its own int8 kernels."""

import copy
import io
import warnings
from pathlib import Path
from types import SimpleNamespace

import onnxruntime
import torch
from torch import Tensor, nn

from compressions.methods.quantization import LARGEST, Int8Linear, replace

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OPSET = 17
# ONNX Runtime's fast kernel takes uint8 on the left: int8 activations plus 128, which its zero point takes away again.
ZERO_LEFT, ZERO_RIGHT = torch.tensor(LARGEST + 1, dtype=torch.uint8), torch.tensor(0, dtype=torch.int8)


class _Int8Product(torch.autograd.Function):
    """What an `Int8Linear` computes, as nodes of ONNX."""

    @staticmethod
    def forward(ctx, activations: Tensor, weight: Tensor, weight_scale: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        return activations.new_zeros(*activations.shape[:-1], weight.shape[1])

    @staticmethod
    def symbolic(g, activations, weight, weight_scale, scale, bias):
        # Above, uint8 ends where our int8 does, at 127; below, it would go one further.
        least = g.op("Mul", scale, g.op("Constant", value_t=torch.tensor(-float(LARGEST))))
        left, right = g.op("Constant", value_t=ZERO_LEFT), g.op("Constant", value_t=ZERO_RIGHT)
        whole = g.op("QuantizeLinear", g.op("Max", activations, least), scale, left)
        product = g.op("com.microsoft::MatMulIntegerToFloat", whole, weight, scale, weight_scale, left, right, bias)
        return product.setType(activations.type().with_sizes([None] * activations.type().dim()))


class _Exported(nn.Module):
    """Stands where an `Int8Linear` stood while a model is exported."""

    def __init__(self, layer: Int8Linear) -> None:
        super().__init__()
        self.register_buffer("weight", layer.weight.T.contiguous())
        self.register_buffer("weight_scale", layer.weight_scale)
        self.register_buffer("scale", layer.input_scale.reshape(()))
        self.register_buffer("bias", torch.zeros(len(layer.weight)) if layer.bias is None else layer.bias)

    def forward(self, activations: Tensor) -> Tensor:
        """A tensor of the shape that `Int8Linear` gives, `(..., in)` to `(..., out)`; the product is ONNX's."""
        return _Int8Product.apply(activations, self.weight, self.weight_scale, self.scale, self.bias)


def to_onnx(model: nn.Module) -> bytes:
    """A finished model as the content of an ONNX file, of any batch size and length; `model` stays as it is."""
    model = copy.deepcopy(model).cpu().eval()
    model.set_attn_implementation("eager")
    for name, layer in list(model.named_modules()):
        if isinstance(layer, Int8Linear):
            replace(model, name, _Exported(layer))
    tokens = torch.ones(2, 8, dtype=torch.long)
    free = {name: {0: "batch", 1: "sequence"} for name in INPUTS} | {"logits": {0: "batch"}}
    names = {"input_names": list(INPUTS), "output_names": ["logits"], "dynamic_axes": free}
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing, and that a newer exporter exists, which has no such nodes
        given = (tokens, torch.ones_like(tokens), torch.zeros_like(tokens))
        torch.onnx.export(model, given, content, dynamo=False, opset_version=OPSET, **names)
    return content.getvalue()


def session(content: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """ONNX Runtime on the CPU, with an exported model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry(*precision())
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def precision() -> tuple[str, str]:
    """The setting that keeps int8 products exact on every processor.

    The fast kernel of x86 processors without VNNI adds pairs of products in 16 bits, which can overflow; ONNX Runtime's
    exact kernel costs what int8 gains, so it is asked for only where a processor does not say that it has VNNI.
    """
    file = Path("/proc/cpuinfo")
    safe = file.is_file() and "vnni" in file.read_text()
    return "session.x64quantprecision", "0" if safe else "1"


class Runtime(nn.Module):
    """An exported model that is asked like the model it was exported from."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.session = session(content)

    def forward(self, **batch: Tensor) -> SimpleNamespace:
        """`logits` `(rows, labels)` of token numbers, masks and segments, `(rows, length)` each."""
        given = {name: batch[name].cpu().numpy() for name in INPUTS}
        return SimpleNamespace(logits=torch.from_numpy(self.session.run(["logits"], given)[0]))
