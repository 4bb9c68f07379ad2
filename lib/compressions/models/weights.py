"""The tensors of a Transformers folder in fp32: from safetensors, from torch's own files, or from an int8 artifact."""

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from compressions.errors import BadInput, first_line, require
from compressions.models.folders import weight_files

FLOATS = ("F16", "BF16", "F32", "F64")
SCALE = "_scale"  # of an int8 weight, one for each row or one for all, as artifacts name it
# The names that BERT's oldest checkpoints use, as TensorFlow did.
OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def read_weights(folder: Path) -> dict[str, Tensor]:
    """All tensors of a folder by name; floating ones in fp32, and int8 weights multiplied by their scales.

    Raises `BadInput` for files that are broken, or that hold anything but tensors: no code is ever run.
    """
    tensors = {}
    for file in weight_files(folder):
        tensors |= _read(file)
    for name in [name for name, tensor in tensors.items() if tensor.dtype == torch.int8 and name + SCALE in tensors]:
        scale = tensors.pop(name + SCALE).float()
        tensors.pop(f"{name.removesuffix('.weight')}.input{SCALE}", None)
        tensors[name] = tensors[name].float() * (scale if scale.numel() == 1 else scale.unsqueeze(1))
    return {
        new_name(name): tensor.float() if tensor.dtype.is_floating_point else tensor for name, tensor in tensors.items()
    }


def shapes_and_kinds(folder: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and kind (as safetensors names it: `F32`, `I8`, …) of all tensors of a folder, by name.

    Of safetensors the headers alone are read. An int8 weight with its scale counts as `F32`.
    """
    found = {}
    for file in weight_files(folder):
        found |= _header(file) if file.suffix == ".safetensors" else _kinds(_read(file))
    scaled = {name for name, (_, kind) in found.items() if kind == "I8" and name + SCALE in found}
    return {new_name(name): (shape, "F32" if name in scaled else kind) for name, (shape, kind) in found.items()}


def check_finite(folder: Path, tensors: dict[str, Tensor]) -> None:
    """Raise `BadInput` for a tensor in which a number is infinite or none."""
    for name, tensor in tensors.items():
        finite = not tensor.dtype.is_floating_point or bool(tensor.isfinite().all())
        require(finite, f"{folder} holds numbers in {name} that are not finite; it is not whole")


def new_name(name: str) -> str:
    """The name that Transformers gives today to what its oldest checkpoints hold."""
    old = next((end for end in OLD_NAMES if name.endswith(end)), None)
    return name.removesuffix(old) + OLD_NAMES[old] if old else name


def _read(file: Path) -> dict[str, Tensor]:
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadInput(f"{file} holds more than tensors, which could be code; save it as safetensors") from error
    except (OSError, RuntimeError, ValueError, EOFError, SafetensorError) as error:
        raise BadInput(f"{file} cannot be read: {first_line(error)}") from error
    tensors = isinstance(content, dict) and all(isinstance(value, Tensor) for value in content.values())
    require(tensors, f"{file} holds something else than a model's tensors; save its state_dict as safetensors")
    return content


def _kinds(tensors: dict[str, Tensor]) -> dict[str, tuple[tuple[int, ...], str]]:
    names = dict(zip((torch.float16, torch.bfloat16, torch.float32, torch.float64), FLOATS, strict=True))
    return {
        name: (tuple(tensor.shape), names.get(tensor.dtype, "I8" if tensor.dtype == torch.int8 else str(tensor.dtype)))
        for name, tensor in tensors.items()
    }


def _header(file: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """What a safetensors file says that it holds. Raises `BadInput` where it is cut off, or is none."""
    try:
        with safe_open(file, framework="pt") as content:
            parts = {name: content.get_slice(name) for name in content.keys()}  # noqa: SIM118 (it is no mapping)
            return {name: (tuple(part.get_shape()), part.get_dtype()) for name, part in parts.items()}
    except (OSError, SafetensorError) as error:
        raise BadInput(f"{file} cannot be read: {first_line(error)}") from error
