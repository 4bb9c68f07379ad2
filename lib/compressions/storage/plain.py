"""A compressed model in plain fp32, which Transformers reads as it is."""

import copy

from torch import nn
from transformers import AutoModelForSequenceClassification

from compressions.methods.quantization import Int8Embedding, Int8Linear


def plain_model(model: nn.Module) -> nn.Module:
    """The fp32 model with the weights of a finished model: integers times their scales, and zeros where it has them.

    Its activations are not quantized, so some of its answers can differ from those of a model of int8 layers.
    """
    config = copy.deepcopy(model.config)
    vars(config).pop("weight_bits", None)
    tensors = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith("_scale")}
    for name, layer in model.named_modules():
        if isinstance(layer, Int8Linear | Int8Embedding):
            tensors[f"{name}.weight"] = layer.weight * layer.weight_scale.reshape(-1, 1)
    plain = AutoModelForSequenceClassification.from_config(config)
    plain.load_state_dict(tensors)
    return plain.eval()
