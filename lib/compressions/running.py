"""Runs an experiment for the configurations asked for: what has a record is read, what has none is run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from compressions import synonyms
from compressions.configurations import CONTROL, Configuration
from compressions.errors import BadInput, require
from compressions.experiment import Experiment
from compressions.files import cache, check_writable
from compressions.records import finished, lock

if TYPE_CHECKING:
    from transformers import TrainerCallback

Watch = Callable[[str], "TrainerCallback"]
# How torch says that memory ended, on a GPU and on a CPU.
NO_MEMORY = ("out of memory", "DefaultCPUAllocator")


def run(experiment: Experiment, wanted: list[Configuration], watch: Watch | None = None) -> list[dict]:
    """The records of the wanted configurations; those that are there already are read, the others are run in turn.

    `watch` gives a callback for each training from its name, to show its progress. Raises `BadInput` before any
    training when a record of another specification has the same name, when none can be written, or when there are no
    synonyms to augment with.
    """
    if any(configuration.augments for configuration in wanted):
        _check_augmentation(experiment, wanted)
    for configuration in wanted:
        if _finished(experiment, configuration) is None:
            check_writable(experiment.record_path(configuration).parent)
            check_writable(cache())
    return [_finish(experiment, configuration, watch) for configuration in wanted]


def _finish(experiment: Experiment, configuration: Configuration, watch: Watch | None) -> dict:
    # Whoever comes second waits, and then finds the record.
    with lock(experiment.record_path(configuration)), _memory(experiment, configuration):
        return _finished(experiment, configuration) or _train(experiment, configuration, watch)


def _train(experiment: Experiment, configuration: Configuration, watch: Watch | None) -> dict:
    from compressions.single import quieten, run_configuration  # torch comes with it, and records are read without

    if watch:
        quieten()
    return run_configuration(experiment, configuration, watch)


@contextmanager
def _memory(experiment: Experiment, configuration: Configuration) -> Iterator[None]:
    """One line where memory ends."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error) for words in NO_MEMORY):
            raise
        raise BadInput(
            f"{configuration.name} of {experiment.task}, {experiment.size} needs more memory than there is; take less "
            f"than batch_size {experiment.batch_size} or max_length {experiment.max_length}"
        ) from error


def _check_augmentation(experiment: Experiment, wanted: list[Configuration]) -> None:
    if experiment.augment:
        synonyms.synonyms_for(experiment.glue)
    control = any(configuration.uses(CONTROL) for configuration in wanted)
    require(experiment.augment > 0 or not control, f"the control {CONTROL!r} is nothing with augment 0; take 1 or more")


def _finished(experiment: Experiment, configuration: Configuration) -> dict | None:
    if experiment.force:
        return None
    return finished(experiment.record_path(configuration), experiment.specification(configuration))
