"""Progress of an experiment's trainings, one line each, that an executed notebook keeps in its last state."""

import time

from IPython.display import display
from transformers import TrainerCallback

WIDTH = 24
INTERVAL = 1.0


class Progress:
    """All trainings of an experiment in one output; called with a training's name, it gives that one's callback."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.handle = None

    def __call__(self, name: str) -> TrainerCallback:
        """A callback that draws the last line anew while a training goes on."""
        self.lines.append(name)
        return _Line(self, name)

    def draw(self, line: str) -> None:
        """Replace the last line."""
        self.lines[-1] = line
        if self.handle is None:
            self.handle = display(self, display_id=True)
        else:
            self.handle.update(self)

    def __repr__(self) -> str:
        return "\n".join(self.lines)


class _Line(TrainerCallback):
    """What is trained, a bar, steps, loss and seconds; drawn at most once a second and at the end."""

    def __init__(self, board: Progress, name: str) -> None:
        self.board, self.name = board, name
        self.started = self.shown = time.perf_counter()
        self.loss = float("nan")

    def on_log(self, args, state, control, logs=None, **_) -> None:
        """Remember the latest training loss."""
        self.loss = float((logs or {}).get("loss", self.loss))

    def on_step_end(self, args, state, control, **_) -> None:
        """Draw once a second."""
        if time.perf_counter() - self.shown > INTERVAL:
            self._draw(state)

    def on_train_end(self, args, state, control, **_) -> None:
        """Draw the last state, which the notebook keeps."""
        self._draw(state)

    def _draw(self, state) -> None:
        self.shown = time.perf_counter()
        done = round(WIDTH * state.global_step / max(1, state.max_steps))
        bar = "█" * done + "░" * (WIDTH - done)
        steps = f"{state.global_step:>5}/{state.max_steps} steps"
        seconds = self.shown - self.started
        self.board.draw(f"{self.name:<14} {bar} {steps}  loss {self.loss:.3f}  {seconds:6.1f} s")
