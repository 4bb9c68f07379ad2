"""Callbacks of a training: the sparsity schedule of magnitude pruning, and the line that shows progress."""

import time

from transformers import TrainerCallback

from compressions.methods.pruning import set_sparsity, sparsity_at
from compressions.training.progress import INTERVAL, Progress, bar


class PruningSchedule(TrainerCallback):
    """Raises the sparsity during training: every `every` steps, and for the last time where the schedule ends."""

    def __init__(self, target: float, begin: float, end: float, every: int) -> None:
        self.target, self.begin, self.end, self.every = target, begin, end, every
        self.reached = 0.0

    def on_step_begin(self, args, state, control, model=None, **_) -> None:
        """Update the masks before the step, when one is due."""
        wanted = sparsity_at(state.global_step, state.max_steps, self.target, self.begin, self.end)
        due = state.global_step % self.every == 0 or wanted == self.target
        if due and wanted > self.reached:
            set_sparsity(model, wanted)
            self.reached = wanted

    def on_train_end(self, args, state, control, model=None, **_) -> None:
        """Reach the target even in a training too short for the schedule."""
        if self.reached < self.target:
            set_sparsity(model, self.target)


class ProgressLine(TrainerCallback):
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
