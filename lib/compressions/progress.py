"""Progress of trainings, one line each, that an executed notebook keeps in its last state."""

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
        steps = f"{state.global_step:>5}/{state.max_steps} steps"
        seconds = self.shown - self.started
        bar = _bar(state.global_step / max(1, state.max_steps))
        self.board.draw(f"{self.name:<14} {bar} {steps}  loss {self.loss:.3f}  {seconds:6.1f} s")


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
        self.board.draw(f"{_bar(min(done, 1))} {read}  {losses}")


def _bar(done: float) -> str:
    full = round(WIDTH * done)
    return "█" * full + "░" * (WIDTH - full)
