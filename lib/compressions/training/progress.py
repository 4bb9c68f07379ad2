"""Progress of trainings, one line each, that an executed notebook keeps in its last state."""

import time
from typing import TYPE_CHECKING

from IPython.display import display

if TYPE_CHECKING:
    from transformers import TrainerCallback

WIDTH = 24
INTERVAL = 1.0


class Progress:
    """All trainings of an experiment in one output; called with a training's name, it gives that one's callback."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.handle = None

    def __call__(self, name: str) -> "TrainerCallback":
        """A callback that draws the last line anew while a training goes on."""
        from compressions.training.callbacks import ProgressLine  # transformers comes with it

        self.lines.append(name)
        return ProgressLine(self, name)

    def draw(self, line: str) -> None:
        """Replace the last line."""
        self.lines[-1] = line
        if self.handle is None:
            self.handle = display(self, display_id=True)
        else:
            self.handle.update(self)

    def __repr__(self) -> str:
        return "\n".join(self.lines)


class MakingProgress:
    """The line of a general distillation: how far it is, and what the student misses."""

    def __init__(self) -> None:
        self.board = Progress()
        self.board("general distillation")
        self.shown = 0.0

    def __call__(self, position, done: float) -> None:
        """Draw once a second, and at the end; `position` is the run's, `done` the part of the budget that is used."""
        if done < 1 and time.perf_counter() - self.shown < INTERVAL:
            return
        self.shown = time.perf_counter()
        losses = "  ".join(f"{name} {total / count:.3f}" for name, (total, count) in sorted(position.sums.items()))
        read = f"{position.tokens / 1e6:.2f} M tokens  {position.seconds / 60:.1f} min"
        self.board.draw(f"{bar(min(done, 1))} {read}  {losses}")


def bar(done: float) -> str:
    """A bar that is full where `done` is 1."""
    full = round(WIDTH * done)
    return "█" * full + "░" * (WIDTH - full)
