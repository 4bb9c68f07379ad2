"""The compressed model as files: real int8 tensors and real zeros, saved, checked and loaded again."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn
from torch.nn.utils import parametrize
from transformers import AutoConfig, AutoModelForSequenceClassification, PretrainedConfig

from compressions.errors import BadInput
from compressions.files import whole_folder
from compressions.methods import quantization
from compressions.storage.manifest import WEIGHTS, check_artifact, write_manifest
from compressions.storage.packed import pack, unpack

# What Transformers and safetensors raise for tensors that are not those of a configuration.
MISFITS = (SafetensorError, RuntimeError, AttributeError, KeyError, ValueError, TypeError, OSError)


@dataclass(frozen=True)
class Counts:
    """What is in an artifact's encoder, without the classification head: parameters, zeros among them, bits of each."""

    parameters: int
    zeros: int
    bits: int


def bake(model: nn.Module) -> None:
    """Remove every parametrization of `model` in place and leave the weights as they were used.

    A mask leaves -0.0 where a weight was negative; it is made 0.0, so that a file can tell what was pruned.
    """
    for module in list(model.modules()):
        if parametrize.is_parametrized(module):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
            module.weight.data.add_(0.0)


def finish(model: nn.Module, granularity: str | None) -> nn.Module:
    """The trained model as it is saved, made in place: weights baked, and int8 layers where `granularity` is given."""
    bake(model)
    if granularity is not None:
        quantization.convert(model, granularity)
    return model.eval()


def save_artifact(model: nn.Module, tokenizer, folder: Path) -> None:
    """Write a finished model: safetensors, configuration, tokenizer, and a manifest with the weights' checksum.

    Raises `BadInput` when the disk is full; what was in `folder` is then still there.
    """
    tensors = {name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()}
    with whole_folder(folder) as new:
        (new / WEIGHTS).write_bytes(save(tensors, metadata={"format": "pt"}))
        model.config.save_pretrained(new)
        tokenizer.save_pretrained(new)
        write_manifest(new)


def load_artifact(folder: Path) -> nn.Module:
    """The saved model, ready to predict. Raises `BadInput` where a byte of it differs from what was saved."""
    check_artifact(folder)
    try:
        return _model(AutoConfig.from_pretrained(folder, trust_remote_code=False), load_file(folder / WEIGHTS))
    except MISFITS as error:
        raise BadInput(f"{folder} holds no artifact of this architecture: {str(error).splitlines()[0]}") from error


def pack_artifact(folder: Path) -> bytes:
    """The saved model as one packed file. Raises `BadInput` where a byte of it differs from what was saved."""
    check_artifact(folder)
    tensors = {name: tensor.numpy() for name, tensor in load_file(folder / WEIGHTS).items()}
    return pack(tensors, json.loads((folder / "config.json").read_text()))


def load_packed(content: bytes) -> nn.Module:
    """The model of a packed file, ready to predict. Raises `BadInput` for what is no packed model of ours."""
    tensors, config = unpack(content)
    try:
        kind = AutoConfig.for_model(**config)
        return _model(kind, {name: torch.from_numpy(tensor) for name, tensor in tensors.items()})
    except MISFITS as error:
        raise BadInput(f"this packed model is of another architecture: {str(error).splitlines()[0]}") from error


def _model(config: PretrainedConfig, tensors: dict[str, torch.Tensor]) -> nn.Module:
    with torch.device("meta"):
        model = AutoModelForSequenceClassification.from_config(config)
    _shape_like(model, tensors)
    model.load_state_dict(tensors, assign=True)
    return _materialize(model).eval()


def _shape_like(model: nn.Module, tensors: dict[str, torch.Tensor]) -> None:
    """Put int8 layers where the saved weights are int8."""
    for name, tensor in tensors.items():
        if tensor.dtype == torch.int8:
            layer = name.removesuffix(".weight")
            scales = tensors[f"{layer}.weight_scale"].numel()
            quantization.replace(model, layer, quantization.int8_shell(model.get_submodule(layer), scales))


def _materialize(model: nn.Module) -> nn.Module:
    """Fill the buffers that are never saved (positions and segments), which the meta device left without content."""
    embeddings = model.base_model.embeddings
    length = model.config.max_position_embeddings
    embeddings.position_ids = torch.arange(length).expand(1, -1)
    embeddings.token_type_ids = torch.zeros(1, length, dtype=torch.long)
    return model


def count(model: nn.Module) -> Counts:
    """Counts of a finished or loaded model; scales are not parameters, and int8 rounding makes zeros of its own."""
    tensors = [tensor for name, tensor in model.base_model.state_dict().items() if not name.endswith("_scale")]
    zeros = sum(tensor.numel() - int(tensor.count_nonzero()) for tensor in tensors)
    bits = 8 * min(tensor.element_size() for tensor in tensors)
    return Counts(sum(tensor.numel() for tensor in tensors), zeros, bits)
