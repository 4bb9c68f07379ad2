"""Training hyperparameters; this module imports no heavy library, so that planning a grid stays fast."""

from dataclasses import dataclass

# One int8 scale for each row of a weight, or one for all of it.
GRANULARITIES = ("channel", "tensor")


@dataclass(frozen=True)
class Choices:
    """The hyperparameters that all configurations of an experiment share."""

    epochs: float
    learning_rate: float
    batch_size: int
    weight_decay: float
    warmup: float
    seed: int
