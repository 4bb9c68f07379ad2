"""The tensors of a Transformers folder in fp32: from safetensors, from torch's own files, or from an int8 artifact."""

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from compressions.errors import BadInput, first_line, require
from compressions.models.folders import weight_files

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
SCALE = "_scale"  # of an int8 weight, one for each row or one for all, as artifacts name it


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
    return {name: tensor.float() if tensor.dtype in FLOATS else tensor for name, tensor in tensors.items()}


def check_finite(folder: Path, tensors: dict[str, Tensor]) -> None:
    """Raise `BadInput` for a tensor in which a number is infinite or none."""
    for name, tensor in tensors.items():
        finite = tensor.dtype not in FLOATS or bool(tensor.isfinite().all())
        require(finite, f"{folder} holds numbers in {name} that are not finite; it is not whole")


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
