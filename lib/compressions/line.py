"""The line of one training on a board of progress."""

import time

from transformers import TrainerCallback

from compressions.progress import INTERVAL, Progress, bar


class Line(TrainerCallback):
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
        steps = f"{state.global_step:>5}/{state.max_steps} steps"
        seconds = self.shown - self.started
        done = bar(state.global_step / max(1, state.max_steps))
        self.board.draw(f"{self.name:<14} {done} {steps}  loss {self.loss:.3f}  {seconds:6.1f} s")
