"""The compressed model as files: real int8 tensors and real zeros, saved, checked and loaded again."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn
from torch.nn.utils import parametrize
from transformers import AutoConfig, AutoModelForSequenceClassification, PretrainedConfig, PreTrainedTokenizerBase

from compressions.errors import BadInput, first_line
from compressions.files import read_bytes, whole_folder
from compressions.methods import quantization
from compressions.storage.bit_fields import from_bit_fields, to_bit_fields
from compressions.storage.manifest import WEIGHTS, check_artifact, write_manifest
from compressions.storage.packed import pack, unpack

# What Transformers and safetensors raise for tensors that are not those of a configuration.
MISMATCHES = (SafetensorError, RuntimeError, AttributeError, KeyError, ValueError, TypeError, OSError)


@dataclass(frozen=True)
class Counts:
    """Parameters of an encoder without its classification head, zeros among them, and bits of each parameter."""

    parameters: int
    zeros: int
    bits: int


def finish(model: nn.Module, granularity: str | None, bits: int = 8) -> nn.Module:
    """Turn a trained model into the one that is saved, in place, and return it.

    Parametrizations are removed and leave the weights as they were used; with a `granularity`, integer layers replace
    fake-quantized ones. With fewer than 8 bits the model's configuration says how many, as `weight_bits`.
    """
    for module in list(model.modules()):
        if parametrize.is_parametrized(module):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
            module.weight.data.add_(0.0)  # a mask leaves -0.0 of negative weights; a pruned weight is 0.0 in the file
    if granularity is not None:
        quantization.convert(model, granularity, bits)
        if bits < 8:
            model.config.weight_bits = bits
    return model.eval()


def save_artifact(model: nn.Module, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write a finished model: safetensors, configuration, tokenizer, and a manifest with the weights' checksum.

    Raises `BadInput` when the disk is full; what was in `folder` is then still there.
    """
    tensors = {name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()}
    bits = weight_bits(model.config)
    if bits < 8:
        integers = {name: tensor.numpy() for name, tensor in tensors.items() if tensor.dtype == torch.int8}
        tensors |= {name: torch.from_numpy(to_bit_fields(values, bits)) for name, values in integers.items()}
    with whole_folder(folder) as new:
        (new / WEIGHTS).write_bytes(save(tensors, metadata={"format": "pt"}))
        model.config.save_pretrained(new)
        tokenizer.save_pretrained(new)
        write_manifest(new)


def load_artifact(folder: str | Path) -> nn.Module:
    """Load a saved model, ready to predict. Raises `BadInput` where a byte differs from what was saved."""
    folder = Path(folder)
    check_artifact(folder)
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        return _model(config, _with_int8(config, load_file(folder / WEIGHTS)))
    except MISMATCHES as error:
        raise BadInput(f"{folder} holds no artifact of this architecture: {first_line(error)}") from error


def pack_artifact(folder: Path) -> bytes:
    """The saved model as one packed file. Raises `BadInput` where a byte differs from what was saved."""
    return pack(read_tensors(folder), json.loads((folder / "config.json").read_text()))


def read_tensors(folder: Path) -> dict[str, np.ndarray]:
    """The saved tensors by name, quantized weights as int8 whatever their bits. Raises `BadInput` for changed files."""
    check_artifact(folder)
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    return {name: tensor.numpy() for name, tensor in _with_int8(config, load_file(folder / WEIGHTS)).items()}


def load_packed(packed: str | Path | bytes) -> nn.Module:
    """Load the model of a packed file, or of its content, ready to predict.

    Raises `BadInput` for what is no packed model, or cannot be read.
    """
    if not isinstance(packed, bytes):
        content = read_bytes(packed)
        try:
            return load_packed(content)
        except BadInput as error:
            raise BadInput(f"{packed}: {error}") from error
    tensors, config = unpack(packed)
    try:
        kind = AutoConfig.for_model(**config)
        return _model(kind, {name: torch.from_numpy(tensor) for name, tensor in tensors.items()})
    except MISMATCHES as error:
        raise BadInput(f"this packed model is of another architecture: {first_line(error)}") from error


def weight_bits(config: PretrainedConfig) -> int:
    """The bits of a quantized weight in the file, by the model's configuration."""
    return getattr(config, "weight_bits", 8)


def _with_int8(config: PretrainedConfig, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of a file, with weights of fewer than 8 bits unpacked to int8 in the shapes of their layers."""
    bits = weight_bits(config)
    if bits == 8:
        return tensors
    shapes = {name: tuple(tensor.shape) for name, tensor in _empty_model(config).state_dict().items()}
    stored = {name: tensor.numpy() for name, tensor in tensors.items() if tensor.dtype == torch.uint8}
    unpacked = {name: from_bit_fields(values, bits, shapes[name]) for name, values in stored.items()}
    return tensors | {name: torch.from_numpy(values) for name, values in unpacked.items()}


def _empty_model(config: PretrainedConfig) -> nn.Module:
    with torch.device("meta"):
        return AutoModelForSequenceClassification.from_config(config)


def _model(config: PretrainedConfig, tensors: dict[str, torch.Tensor]) -> nn.Module:
    """The model of a configuration with these tensors; its layers are int8 where the tensors are."""
    if config.model_type != "bert":  # a teacher, whose unsaved buffers only its own code knows
        model = AutoModelForSequenceClassification.from_config(config)
        model.load_state_dict(tensors)
        return model.eval()
    model = _empty_model(config)
    for name, tensor in tensors.items():
        if tensor.dtype == torch.int8:
            layer = name.removesuffix(".weight")
            scales = tensors[f"{layer}.weight_scale"].numel()
            model.set_submodule(layer, quantization.empty_int8_layer(model.get_submodule(layer), scales))
    model.load_state_dict(tensors, assign=True)
    # Buffers that are never saved are still without content.
    length, embeddings = config.max_position_embeddings, model.base_model.embeddings
    embeddings.position_ids = torch.arange(length).expand(1, -1)
    embeddings.token_type_ids = torch.zeros(1, length, dtype=torch.long)
    return model.eval()


def count(model: nn.Module) -> Counts:
    """Count the parameters of a finished or loaded model; scales are none, zeros include those of int8 rounding."""
    tensors = [tensor for name, tensor in model.base_model.state_dict().items() if not name.endswith("_scale")]
    zeros = sum(tensor.numel() - int(tensor.count_nonzero()) for tensor in tensors)
    quantized = any(tensor.dtype == torch.int8 for tensor in tensors)
    bits = weight_bits(model.config) if quantized else 8 * min(tensor.element_size() for tensor in tensors)
    return Counts(sum(tensor.numel() for tensor in tensors), zeros, bits)
