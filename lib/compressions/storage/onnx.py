"""A finished model as ONNX, which ONNX Runtime runs without torch: integer layers in its own int8 kernels.

Weights of fewer than eight bits are stored at four (`onnx_int4`).
"""

import copy
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from compressions.methods.quantization import INT8_MAX, Int8Linear
from compressions.storage.artifact import weight_bits
from compressions.storage.onnx_int4 import store_as_int4

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# torch's exporter ends at opset 20 and `Attention` begins with 23; what the exporter writes means the same in both.
EXPORTED_OPSET, OPSET = 17, 23
# ONNX Runtime's fast kernel takes uint8 on the left: int8 activations plus 128, with 128 as the zero point.
ZERO_LEFT, ZERO_RIGHT = torch.tensor(INT8_MAX + 1, dtype=torch.uint8), torch.tensor(0, dtype=torch.int8)
LEAST = torch.tensor(1, dtype=torch.uint8)  # uint8 minus 128 reaches from -128 to 127, and our int8 from -127


class _Quantize(torch.autograd.Function):
    """Activations to the uint8 numbers that the kernel takes, as nodes of ONNX."""

    @staticmethod
    def forward(ctx, activations: Tensor, scale: Tensor) -> Tensor:
        return torch.zeros_like(activations, dtype=torch.uint8)

    @staticmethod
    def symbolic(g, activations, scale):
        # ONNX Runtime 1.23, the first with `Attention`, has opset 23's QuantizeLinear only in its own domain.
        rounded = g.op("com.microsoft::QuantizeLinear", activations, scale, g.op("Constant", value_t=ZERO_LEFT))
        rounded.setType(activations.type().with_dtype(torch.uint8))
        return g.op("Clip", rounded, g.op("Constant", value_t=LEAST))


class _Int8Product(torch.autograd.Function):
    """The product of an `Int8Linear`, with scales and bias, as a node of ONNX."""

    @staticmethod
    def forward(ctx, numbers: Tensor, weight: Tensor, weight_scale: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        return torch.zeros(*numbers.shape[:-1], weight.shape[1])

    @staticmethod
    def symbolic(g, numbers, weight, weight_scale, scale, bias):
        left, right = g.op("Constant", value_t=ZERO_LEFT), g.op("Constant", value_t=ZERO_RIGHT)
        product = g.op("com.microsoft::MatMulIntegerToFloat", numbers, weight, scale, weight_scale, left, right, bias)
        return product.setType(weight_scale.type().with_sizes([None] * numbers.type().dim()))


class _Attention(torch.autograd.Function):
    """Softmax attention of several heads as one node of ONNX."""

    @staticmethod
    def forward(ctx, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, heads: int) -> Tensor:
        return torch.zeros_like(query)

    @staticmethod
    def symbolic(g, query, key, value, mask, heads):
        context = g.op("Attention", query, key, value, mask, q_num_heads_i=heads, kv_num_heads_i=heads)
        return context.setType(query.type())


class _OnnxInt8Linear(nn.Module):
    """The substitute of an `Int8Linear` during export."""

    def __init__(self, layer: Int8Linear) -> None:
        super().__init__()
        self.register_buffer("weight", layer.weight.T.contiguous())
        self.register_buffer("weight_scale", layer.weight_scale)
        self.register_buffer("scale", layer.input_scale.reshape(()))
        self.register_buffer("bias", torch.zeros(len(layer.weight)) if layer.bias is None else layer.bias)

    def quantize(self, activations: Tensor) -> Tensor:
        """Activations of any shape to uint8."""
        return _Quantize.apply(activations, self.scale)

    def forward(self, activations: Tensor) -> Tensor:
        """`(..., in)`, fp32 or already uint8, to `(..., out)`; in torch only the shape is right."""
        numbers = activations if activations.dtype == torch.uint8 else self.quantize(activations)
        return _Int8Product.apply(numbers, self.weight, self.weight_scale, self.scale, self.bias)


class ExportedClassifier(nn.Module):
    """A BERT classifier during export: its layers, called so that a runtime computes only what the logits need.

    `attend` is the runtime's attention, of queries, keys, values, what is added to the scores, and the number of heads.
    """

    def __init__(self, model: nn.Module, attend: Callable) -> None:
        super().__init__()
        self.model, self.attend = model, attend

    def forward(self, ids: Tensor, mask: Tensor, segments: Tensor) -> Tensor:
        """`(rows, labels)` from token ids, masks and segments, `(rows, length)` each."""
        encoder = self.model.bert
        hidden = encoder.embeddings(ids, segments)
        hiding = (1 - mask[:, None, None].float()) * torch.finfo(torch.float32).min  # what is added to the scores
        hiding = hiding.expand(-1, 1, ids.shape[1], -1)
        *layers, last = encoder.encoder.layer
        for layer in layers:
            hidden = self._layer(layer, hidden, hiding)
        # Of the last layer the pooler reads the first token alone.
        return self.model.classifier(encoder.pooler(self._layer(last, hidden, hiding, tokens=1)))

    def _layer(self, layer: nn.Module, hidden: Tensor, hiding: Tensor, tokens: int | None = None) -> Tensor:
        """A layer's output for the first `tokens`, or for all."""
        own = layer.attention.self
        read = hidden
        if isinstance(own.query, _OnnxInt8Linear) and own.query.scale == own.key.scale == own.value.scale:
            read = own.query.quantize(hidden)
        asking = read
        if tokens:
            asking, hidden, hiding = read[:, :tokens], hidden[:, :tokens], hiding[:, :, :tokens]
        heads = own.num_attention_heads
        context = self.attend(own.query(asking), own.key(read), own.value(read), hiding, heads)
        attended = layer.attention.output(context, hidden)
        return layer.output(layer.intermediate(attended), attended)


def to_onnx(model: nn.Module) -> bytes:
    """Export a finished model, for any batch size and length, as an ONNX file's content; `model` is not changed."""
    exported = ExportedClassifier(substituted(model, {Int8Linear: _OnnxInt8Linear}), _Attention.apply)
    free = {name: {0: "batch", 1: "sequence"} for name in INPUTS} | {"logits": {0: "batch"}}
    names = {"input_names": list(INPUTS), "output_names": ["logits"], "dynamic_axes": free}
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about tracing, and about a newer exporter that has no custom nodes
        options = {"dynamo": False, "opset_version": EXPORTED_OPSET, **names}
        torch.onnx.export(exported, example_tokens(), content, **options)
    graph = onnx.load_from_string(content.getvalue())
    next(each for each in graph.opset_import if not each.domain).version = OPSET
    if weight_bits(model.config) < 8:
        store_as_int4(graph)
    return graph.SerializeToString()


def substituted(model: nn.Module, substitutes: dict[type, Callable]) -> nn.Module:
    """A copy of a finished model with other layers in the place of those of the named types."""
    model = copy.deepcopy(model).cpu().eval()
    for name, layer in list(model.named_modules()):
        if type(layer) in substitutes:
            model.set_submodule(name, substitutes[type(layer)](layer))
    return model


def example_tokens() -> tuple[Tensor, Tensor, Tensor]:
    """Token ids, masks and segments `(2, 8)` that an exporter traces a model with."""
    tokens = torch.ones(2, 8, dtype=torch.long)
    return tokens, torch.ones_like(tokens), torch.zeros_like(tokens)


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


class ExportedModel(nn.Module):
    """An exported model in its runtime's `session`, with the interface of the model it was exported from."""

    def __init__(self, session) -> None:
        super().__init__()
        self.session = session

    def forward(self, **batch: Tensor) -> SimpleNamespace:
        """`logits` `(rows, labels)` from token ids, masks and segments, `(rows, length)` each."""
        given = {name: batch[name].cpu().numpy() for name in INPUTS}
        return SimpleNamespace(logits=torch.from_numpy(self.session.run(["logits"], given)[0]))
