"""Callbacks of training: the sparsity schedule of magnitude pruning, and progress lines in a notebook."""

import time

from IPython.display import display
from transformers import TrainerCallback

from compressions.methods.pruning import set_sparsity, sparsity_at

BAR_WIDTH = 24
REDRAW_SECONDS = 1.0


class PruningSchedule(TrainerCallback):
    """Raise the sparsity during training: every `every` steps, and for the last time where the schedule ends."""

    def __init__(
        self, target: float, begin: float, end: float, every: int, schedule: str = "linear", scope: str = "matrix"
    ) -> None:
        self.target, self.begin, self.end, self.every = target, begin, end, every
        self.schedule, self.scope = schedule, scope
        self.reached = 0.0

    def on_step_begin(self, args, state, control, model=None, **_) -> None:
        """Update the masks before the step, when an update is due."""
        wanted = sparsity_at(state.global_step, state.max_steps, self.target, self.begin, self.end, self.schedule)
        due = state.global_step % self.every == 0 or wanted == self.target
        if due and wanted > self.reached:
            set_sparsity(model, wanted, self.scope)
            self.reached = wanted

    def on_train_end(self, args, state, control, model=None, **_) -> None:
        """Reach the target even in a training too short for the schedule."""
        if self.reached < self.target:
            set_sparsity(model, self.target, self.scope)


class Progress(TrainerCallback):
    """Trainings one after the other, a line each, in one output that an executed notebook keeps in its last state.

    Called with a training's name it begins a line, and is the callback that redraws it.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.handle = None

    def __call__(self, name: str) -> "Progress":
        """Begin the line of a training."""
        self.lines.append(name)
        self.name, self.loss = name, float("nan")
        self.started = self.drawn = time.perf_counter()
        return self

    def on_log(self, args, state, control, logs=None, **_) -> None:
        """Remember the latest training loss."""
        self.loss = float((logs or {}).get("loss", self.loss))

    def on_step_end(self, args, state, control, **_) -> None:
        """Redraw once a second."""
        if time.perf_counter() - self.drawn > REDRAW_SECONDS:
            self._draw_steps(state)

    def on_train_end(self, args, state, control, **_) -> None:
        """Draw the final state."""
        self._draw_steps(state)

    def _draw_steps(self, state) -> None:
        seconds = time.perf_counter() - self.started
        steps = f"{state.global_step:>5}/{state.max_steps} steps  loss {self.loss:.3f}  {seconds:6.1f} s"
        self.draw(f"{self.name:<14} {bar(state.global_step / max(1, state.max_steps))} {steps}")

    def draw(self, line: str) -> None:
        """Replace the last line."""
        self.lines[-1], self.drawn = line, time.perf_counter()
        if self.handle is None:
            self.handle = display(self, display_id=True)
        else:
            self.handle.update(self)

    def __repr__(self) -> str:
        return "\n".join(self.lines)


def bar(done: float) -> str:
    """A bar that is full where `done` is 1."""
    full = round(BAR_WIDTH * done)
    return "█" * full + "░" * (BAR_WIDTH - full)
