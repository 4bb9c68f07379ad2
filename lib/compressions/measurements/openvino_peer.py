"""OpenVINO with int8 weights and activations, set by NNCF after training: a runtime to compare ONNX Runtime with."""

from importlib.util import find_spec

import numpy as np
import torch
from torch import nn

from compressions.storage.openvino import OpenVinoSession

PACKAGES = ("openvino", "nncf")


def installed() -> bool:
    """Whether OpenVINO and NNCF can be imported; they are not among the locked packages."""
    return all(find_spec(name) for name in PACKAGES)


def openvino_session(model: nn.Module, rows: dict[str, np.ndarray]) -> OpenVinoSession:
    """An fp32 model quantized and compiled as OpenVINO's documentation says, on one thread; `rows` calibrate it.

    Biases are not corrected, which would take most of the time and changes values alone. Where a processor computes in
    bf16, OpenVINO by default does so with all that is not int8.
    """
    import nncf
    import openvino

    with torch.no_grad():
        example = {name: torch.from_numpy(value) for name, value in rows.items()}
        converted = openvino.convert_model(model, example_input=example)
    single = [{name: value[[row]] for name, value in rows.items()} for row in range(len(next(iter(rows.values()))))]
    options = {"model_type": nncf.ModelType.TRANSFORMER, "subset_size": len(single)}
    options["advanced_parameters"] = nncf.AdvancedQuantizationParameters(disable_bias_correction=True)
    quantized = nncf.quantize(converted, nncf.Dataset(single), **options)
    return OpenVinoSession(openvino.compile_model(quantized, "CPU", {"INFERENCE_NUM_THREADS": 1}))
