"""The precision in which a model's products are taken: `float32`, or `bfloat16` where the device has it."""

from typing import TYPE_CHECKING

from compressions.errors import require
from compressions.parameters import choice

if TYPE_CHECKING:
    import torch

# What an experiment may ask for; `auto` is bfloat16 where the device has it. To plan one, torch is not imported.
PRECISION = choice("float32", "bfloat16", "auto")


def resolve(precision: str) -> str:
    """`float32` or `bfloat16`; `auto` is the faster of the two, `bfloat16` wherever the device has it."""
    if precision != "auto":
        return precision
    return "bfloat16" if has_bfloat16() else "float32"


def check_precision(name: str, precision: str) -> None:
    """Raise `BadInput` for a parameter `name` of `bfloat16` where neither a GPU nor the CPU has it."""
    import torch

    device = "GPU" if torch.cuda.is_available() else "CPU"
    require(precision != "bfloat16" or has_bfloat16(), f"this {device} has no bfloat16; take {name} float32")


def has_bfloat16() -> bool:
    """Whether products in bfloat16 are the device's own, and so faster than those in float32."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def autocast(device: "torch.device", precision: str) -> "torch.autocast":
    """The context in which a model's products are taken in a resolved precision."""
    import torch

    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
