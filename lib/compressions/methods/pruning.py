"""Gradual magnitude pruning (MP) of the encoder's linear weights (Zhu & Gupta 2017).

As in Movva et al. (2022), sparsity rises linearly during training after some warm-up; embeddings, the classification
head, biases and LayerNorm are never pruned.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize


def sparsity_at(step: int, steps: int, target: float, begin: float, end: float, schedule: str = "linear") -> float:
    """Sparsity at `step`: 0 up to the fraction `begin` of `steps`, `target` from the fraction `end` on.

    In between it rises linearly (Movva et al. 2022), or with `cubic` fast at first and slowly at the end: target times
    1 - (1 - progress)^3 (Zhu & Gupta 2017, equation 1).
    """
    progress = min(max((step / steps - begin) / (end - begin), 0.0), 1.0)
    return target * (progress if schedule == "linear" else 1 - (1 - progress) ** 3)


def magnitude_mask(weight: Tensor, sparsity: float) -> Tensor:
    """A mask of the weight's shape and dtype: 0 at the `round(sparsity * n)` smallest magnitudes, 1 elsewhere."""
    mask = torch.ones_like(weight).flatten()
    zeros = round(sparsity * weight.numel())
    mask[weight.detach().abs().flatten().topk(zeros, largest=False, sorted=False).indices] = 0
    return mask.view_as(weight)


class MagnitudeMask(nn.Module):
    """A parametrization that multiplies a weight by a mask of zeros and ones."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", torch.ones_like(weight))

    def forward(self, weight: Tensor) -> Tensor:
        """Apply the mask; same shape."""
        return weight * self.mask

    def update(self, weight: Tensor, sparsity: float) -> None:
        """Recompute the mask; masked weights count as 0, so a weight once masked stays masked as sparsity rises."""
        self.mask.copy_(magnitude_mask(weight * self.mask, sparsity))


def prunable_layers(model: nn.Module) -> list[nn.Linear]:
    """The linear layers of encoder and pooler: all but the classification head."""
    return [module for module in model.base_model.modules() if isinstance(module, nn.Linear)]


def prune(model: nn.Module) -> None:
    """Register a mask of ones on every prunable layer, in place."""
    for layer in prunable_layers(model):
        parametrize.register_parametrization(layer, "weight", MagnitudeMask(layer.weight), unsafe=True)


def _masks(model: nn.Module) -> list[tuple[MagnitudeMask, Tensor]]:
    """The masks of a model, each with the weight it masks."""
    chains = [module for module in model.modules() if isinstance(module, parametrize.ParametrizationList)]
    return [(link, chain.original.detach()) for chain in chains for link in chain if isinstance(link, MagnitudeMask)]


def set_sparsity(model: nn.Module, sparsity: float, scope: str = "matrix") -> None:
    """Recompute the masks that `prune` registered: each matrix to `sparsity`, or with scope `global` all together."""
    masks = _masks(model)
    if scope == "matrix":
        for mask, weight in masks:
            mask.update(weight, sparsity)
        return
    unmasked = torch.cat([(weight * mask.mask).flatten() for mask, weight in masks])
    parts = magnitude_mask(unmasked, sparsity).split([weight.numel() for _, weight in masks])
    for (mask, weight), part in zip(masks, parts, strict=True):
        mask.mask.copy_(part.view_as(weight))


def count_masked(model: nn.Module, part: str = "") -> int:
    """Number of masked weights in modules with `part` in their names; 0 for a model without masks."""
    masks = [(name, module) for name, module in model.named_modules() if isinstance(module, MagnitudeMask)]
    return sum(int((mask.mask == 0).sum()) for name, mask in masks if part in name)
