"""What a training run may choose."""

from dataclasses import dataclass

# One int8 scale for each row of a weight, or one for all of it.
GRANULARITIES = ("channel", "tensor")


@dataclass(frozen=True)
class Choices:
    """Training choices that every configuration shares."""

    epochs: float
    learning_rate: float
    batch_size: int
    weight_decay: float
    warmup: float
    seed: int
