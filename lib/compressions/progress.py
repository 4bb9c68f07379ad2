"""A progress bar of one training that an executed notebook keeps in its last state."""

import time

from IPython.display import display
from transformers import TrainerCallback

WIDTH = 24
INTERVAL = 1.0


class ProgressLine:
    """One line of text: what is trained, a bar, steps, loss and speed."""

    def __init__(self, name: str) -> None:
        self.text = f"{name:<14}"

    def __repr__(self) -> str:
        return self.text


class Progress(TrainerCallback):
    """Shows a training's progress in a notebook, at most once a second and at the end."""

    def __init__(self, name: str) -> None:
        self.line, self.name = ProgressLine(name), name
        self.started = self.shown = time.perf_counter()
        self.loss = float("nan")
        self.handle = None

    def on_train_begin(self, args, state, control, **_) -> None:
        """Put the line there."""
        self.started = time.perf_counter()
        self.handle = display(self.line, display_id=True)

    def on_log(self, args, state, control, logs=None, **_) -> None:
        """Remember the latest training loss."""
        self.loss = float((logs or {}).get("loss", self.loss))

    def on_step_end(self, args, state, control, **_) -> None:
        """Redraw once a second."""
        if time.perf_counter() - self.shown > INTERVAL:
            self._draw(state)

    def on_train_end(self, args, state, control, **_) -> None:
        """Draw the last state, which the notebook keeps."""
        self._draw(state)

    def _draw(self, state) -> None:
        self.shown = time.perf_counter()
        seconds = self.shown - self.started
        done = round(WIDTH * state.global_step / max(1, state.max_steps))
        bar = "█" * done + "░" * (WIDTH - done)
        steps = f"{state.global_step:>5}/{state.max_steps} steps"
        self.line.text = f"{self.name:<14} {bar} {steps}  loss {self.loss:.3f}  {seconds:6.1f} s"
        if self.handle:
            self.handle.update(self.line)
