"""A finished model in OpenVINO's format, whose int8 kernels multiply the model's own integers.

OpenVINO itself is optional: only what is called here imports it.
"""

import warnings
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor, nn

from compressions.methods.quantization import INT8_MAX, Int8Linear
from compressions.storage.onnx import INPUTS, ExportedClassifier, example_tokens, substituted

FOLDER, XML, BIN = "openvino", "openvino_model.xml", "openvino_model.bin"  # as Optimum Intel names them
# What is not int8 is computed in fp32, as the model does; the default is bf16 where the processor has it.
OPTIONS = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}


class _FakeQuantizedLinear(nn.Module):
    """The substitute of an `Int8Linear` during export: OpenVINO makes one int8 product of these operations."""

    def __init__(self, layer: Int8Linear) -> None:
        super().__init__()
        self.register_buffer("weight", layer.weight)
        self.register_buffer("weight_scale", layer.weight_scale.reshape(-1, 1))
        self.register_buffer("bias", layer.bias)
        self.scale = float(layer.input_scale)

    def forward(self, activations: Tensor) -> Tensor:
        """`(..., in)` to `(..., out)`, both fp32."""
        rounded = torch.fake_quantize_per_tensor_affine(activations, self.scale, 0, -INT8_MAX, INT8_MAX)
        return nn.functional.linear(rounded, self.weight.float() * self.weight_scale, self.bias)


def _attend(query: Tensor, key: Tensor, value: Tensor, hiding: Tensor, heads: int) -> Tensor:
    """Softmax attention of `(rows, length, hidden)`; `hiding` is added to the scores."""
    split = [each.unflatten(-1, (heads, -1)).transpose(1, 2) for each in (query, key, value)]
    return nn.functional.scaled_dot_product_attention(*split, attn_mask=hiding).transpose(1, 2).flatten(2)


def installed() -> bool:
    """Whether OpenVINO can be imported; it is not among the locked packages."""
    return find_spec("openvino") is not None


def to_openvino(model: nn.Module) -> dict[str, bytes]:
    """Export a finished model, for any batch size and length, as the content of the files `XML` and `BIN`.

    Weights of int8 and fewer bits are stored as int8. `model` is not changed.
    """
    import openvino

    exported = ExportedClassifier(substituted(model, {Int8Linear: _FakeQuantizedLinear}), _attend)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # about tracing
        converted = openvino.convert_model(exported.eval(), example_input=example_tokens())
    for port, name in zip((*converted.inputs, *converted.outputs), (*INPUTS, "logits"), strict=True):
        port.get_tensor().set_names({name})
    with TemporaryDirectory() as folder:  # OpenVINO writes to paths alone
        openvino.save_model(converted, Path(folder) / XML, compress_to_fp16=False)
        return {name: (Path(folder) / name).read_bytes() for name in (XML, BIN)}


class OpenVinoSession:
    """A compiled model of OpenVINO, asked like one in ONNX Runtime."""

    def __init__(self, compiled) -> None:
        self.request = compiled.create_infer_request()

    def run(self, names: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        """The logits `(rows, labels)` of token ids, masks and segments."""
        return [self.request.infer(given)[0].copy()]


def openvino_session(files: dict[str, bytes]) -> OpenVinoSession:
    """An exported model in OpenVINO, on one thread of the CPU, with its integers' answers."""
    import openvino

    core = openvino.Core()
    return OpenVinoSession(core.compile_model(core.read_model(files[XML], files[BIN]), "CPU", OPTIONS))
