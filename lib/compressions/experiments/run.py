"""Run an experiment: prepare, train, save, load, score and record each configuration that has no record yet."""

import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import datasets
import numpy as np
import transformers
from filelock import FileLock
from torch import nn
from transformers import TrainerCallback, set_seed

from compressions.errors import BadInput, require
from compressions.experiments import exported_logits
from compressions.experiments.configurations import Configuration
from compressions.experiments.controls import controls
from compressions.experiments.experiment import Experiment, Teaching
from compressions.experiments.exported_logits import About
from compressions.experiments.provenance import check_cell, environment, peak_memory_bytes, startup_seconds
from compressions.experiments.records import finished, lock, write_record
from compressions.experiments.specification import specifications
from compressions.experiments.teacher_logits import student_logits
from compressions.files import cache, check_writable
from compressions.methods import pruning, quantization
from compressions.models import checkpoints
from compressions.models.sources import ClassifierSource
from compressions.models.teacher import Teacher
from compressions.storage import artifact, model_bytes
from compressions.storage.manifest import WEIGHTS, artifact_fingerprint, check_artifact
from compressions.storage.size_measures import RECORDED, megabytes
from compressions.training import metrics, trainer
from compressions.training.callbacks import PruningSchedule
from compressions.training.precision import check_precision, resolve
from compressions.training.threads import take_threads

# Makes the callback that shows the progress of a training, from the training's name.
Watch = Callable[[str], TrainerCallback]
# What torch's errors say where memory ends, on a GPU and on a CPU.
NO_MEMORY = ("out of memory", "DefaultCPUAllocator")


def run(experiment: Experiment, wanted: list[Configuration], watch: Watch | None = None) -> list[dict]:
    """The records of the wanted configurations; those that are there already are read, the others are run in turn.

    Raises `BadInput` before any training: for what is no list of configurations, when a record of another specification
    has the same name, when none can be written, or when the encoder, the teacher or the synonyms cannot be read.
    """
    sound = isinstance(wanted, list | tuple) and all(isinstance(each, Configuration) for each in wanted)
    require(sound, f'wanted {wanted!r} is not allowed; take what configurations([["qat"]], [0.6]) gives')
    experiment.check(wanted)
    if any(each.augments for each in wanted) and experiment.augment is None and not experiment.copies:
        print("No WordNet: students learn from the original rows alone. Debian's wordnet-base adds synonyms.")
    specified = specifications(experiment, wanted)
    found = {each: _finished(experiment, each, specified[each]) for each in wanted}
    if watch:
        silence_libraries()
    check_ready(experiment, [each for each in wanted if found[each] is None])
    return [found[each] or _run_alone(experiment, each, specified[each], watch) for each in wanted]


def check_ready(experiment: Experiment, missing: list[Configuration]) -> None:
    """Raise `BadInput` unless the missing configurations can be trained and recorded."""
    for configuration in missing:
        check_writable(experiment.record_path(configuration).parent)
        check_writable(cache())
        if experiment.artifacts is not None:
            check_writable(experiment.artifact_folder(configuration).parent)
    if missing:
        check_precision("precision", experiment.precision)
        if not experiment.force:
            check_cell(experiment.record_path(Configuration()), resolve(experiment.precision))
        checkpoints.check(experiment.encoder)
    distilled = any(each.uses("kd") for each in missing)
    if distilled and experiment.exported:
        exported_logits.read(experiment.exported, experiment.data.task, experiment.data.augmented)
    elif distilled:
        check_precision("teacher_precision", experiment.teacher_precision)
        if experiment.logits_file:
            check_writable(experiment.logits_file.parent)
        if not (experiment.teaching and _intact_record(experiment.teaching)):
            checkpoints.check(experiment.found_teacher)


def run_configuration(
    experiment: Experiment, configuration: Configuration, specification: dict, watch: Watch | None = None
) -> dict:
    """Train one configuration, save it, load it again, score what was loaded, and write the record, which is returned.

    Raises `BadInput` where training diverges, and for a full disk.
    """
    startup, start = startup_seconds(), time.perf_counter()
    data = experiment.data
    teacher = teacher_of(experiment, watch) if configuration.uses("kd") else None
    rows, copies = training_rows(experiment, configuration, teacher)

    set_seed(experiment.seed)
    take_threads(experiment.encoder.size.hidden, experiment.threads)  # the teacher took its own
    model = checkpoints.load_model(experiment.encoder, data.task)
    callbacks = [*prepare(model, experiment, configuration), *([watch(configuration.name)] if watch else [])]
    trained = train(model, rows, experiment, callbacks, copies)
    measured = not configuration.subset and not isinstance(experiment, Teaching)
    untrained, others = controls(model, data, experiment.granularity) if measured else ({}, {})
    masked = pruning.count_masked(model), pruning.count_masked(model, model_bytes.LAYER)
    artifact.finish(model, experiment.granularity if configuration.uses("qat") else None, configuration.bits)

    about = {"specification": specification, "rows_source": experiment.rows_source, "configuration": configuration.name}
    loaded, stored = _save_and_load(model, experiment, configuration, about, masked)
    evaluation_start = time.perf_counter()
    predictions = _predict(loaded, experiment, configuration)
    scores = metrics.scores(data.task, data.labels, predictions)
    size = experiment.encoder.size
    record = {
        **about,
        **scores,
        "evaluation_seconds": time.perf_counter() - evaluation_start,
        **({"controls": untrained} if untrained else {}),
        **stored,
        **vars(trained),
        "augmented_rows": len(data.sources) if configuration.augments else 0,
        "encoder_commit": size.revision if size.hub else None,
        "teacher": teacher and teacher.description(),
        "startup_seconds": startup,
        "total_seconds": time.perf_counter() - start,
        "peak_memory_bytes": peak_memory_bytes(),
        **environment(),
    }
    return write_record(experiment.record_path(configuration), record, predictions, data.labels, others)


def teacher_of(experiment: Experiment, watch: Watch | None = None) -> Teacher | About:
    """The experiment's teacher, or what holds its logits; an encoder is first fine-tuned, once, in the cache.

    Raises `BadInput` where that fails, as `run_configuration` does, and for labels that are not the task's.
    """
    teaching, precision, base = experiment.teaching, resolve(experiment.teacher_precision), Configuration()
    if experiment.exported:
        return experiment.exported
    if teaching is None:
        return Teacher(experiment.found_teacher, experiment.teacher_columns, precision)
    shown = watch and (lambda _: watch(f"{teaching.size}, teacher"))
    teaching.folder.mkdir(parents=True, exist_ok=True)
    with FileLock(teaching.folder / "lock"):
        record = _intact_record(teaching) or run_configuration(teaching, base, teaching.specification, shown)
    chosen = ("train_rows_used", "epochs", "learning_rate", "batch_size")
    how = {name: record["specification"][name] for name in chosen} | {"precision": precision}
    found, folder = teaching.found, teaching.artifact_folder(base)
    tuned = ClassifierSource(found.size, "artifact", folder, found.architecture)
    return Teacher(tuned, experiment.teacher_columns, precision, record["score"], how)


def training_rows(
    experiment: Experiment, configuration: Configuration, teacher: Teacher | About | None
) -> tuple[datasets.Dataset, dict[int, list[dict]] | None]:
    """The tokenized rows of an epoch, and by the place of a row the copies that may be shown instead.

    With doubled steps the copies are rows themselves, and there are no others. With a teacher, rows have its logits
    and `labeled`, whether their label is learned from.
    """
    data = experiment.data
    rows, originals = data.training_rows(configuration.augments), len(data.rows.train)
    if teacher is not None:
        labeled = [float(row < originals or experiment.hard_labels == "all") for row in range(len(rows))]
        rows = rows.add_column("teacher_logits", student_logits(experiment, teacher).tolist())
        rows = rows.add_column("labeled", labeled)
    if not configuration.augments or experiment.steps == "doubled":
        return rows, None
    copies = defaultdict(list)
    for source, copy in zip(data.sources, rows.to_list()[originals:], strict=True):
        copies[source].append(copy)
    return rows.select(range(originals)), copies


def prepare(model: nn.Module, experiment: Experiment, configuration: Configuration) -> list[TrainerCallback]:
    """Put the subset's parametrizations on the model, and give the callbacks that training then needs."""
    used = [method for method in PREPARING if configuration.uses(method)]
    return [callback for method in used for callback in PREPARING[method](model, experiment, configuration)]


def train(
    model: nn.Module,
    rows: datasets.Dataset,
    experiment: Experiment,
    callbacks: list,
    copies: dict[int, list[dict]] | None = None,
) -> trainer.Trained:
    """Train a prepared model in place with the experiment's choices."""
    distillation = trainer.Distillation(experiment.temperature, experiment.alpha)
    options = {"precision": resolve(experiment.precision), "copies": copies}
    return trainer.train(model, rows, experiment.data.tokenizer, experiment.choices, distillation, callbacks, **options)


def _prune(model: nn.Module, experiment: Experiment, configuration: Configuration) -> list[TrainerCallback]:
    pruning.prune(model)
    names = ("prune_begin", "prune_end", "prune_every", "prune_schedule", "prune_scope")
    return [PruningSchedule(configuration.sparsity, *(getattr(experiment, name) for name in names))]


def _quantize(model: nn.Module, experiment: Experiment, configuration: Configuration) -> list[TrainerCallback]:
    quantization.prepare_qat(model, experiment.granularity, configuration.bits)
    return []


# What a method that changes weights does to a model before training; it gives callbacks for the training. In this
# order: what is masked must be masked before it is quantized.
PREPARING = {"mp": _prune, "qat": _quantize}


def _save_and_load(
    model: nn.Module, experiment: Experiment, configuration: Configuration, about: dict, masked: tuple[int, int]
) -> tuple[nn.Module, dict]:
    """The model read back from its artifact, and what its record, begun in `about`, says of its size.

    That is its parameters, of which `masked` weights were pruned, in all and in the layers, the artifact's place
    relative to the record, bytes and fingerprint, and the bytes by the size measures `RECORDED`.
    """
    kept = experiment.artifact_folder(configuration)
    with tempfile.TemporaryDirectory() as temporary:
        folder = kept or Path(temporary) / "artifact"
        # A tokenizer that has cut texts saves their greatest length with it; a fresh one does not.
        artifact.save_artifact(model, checkpoints.load_tokenizer(experiment.encoder), folder)
        loaded, stored = artifact.load_artifact(folder), (folder / WEIGHTS).stat().st_size
        place = kept and os.path.relpath(kept.resolve(), experiment.record_path(configuration).parent.resolve())
        found = {"artifact": place, "artifact_bytes": stored, "artifact_sha256": artifact_fingerprint(folder)}
        counts = artifact.count(loaded)
        non_zeros = counts.parameters - masked[0]
        found |= {"parameters": counts.parameters, "non_zeros": non_zeros, "stored_zeros": counts.zeros}
        found |= {"masked_in_layers": masked[1]}
        found |= {"bits": counts.bits, "megabytes": megabytes(non_zeros, counts.bits)}
        teaching = isinstance(experiment, Teaching)
        measured = {} if teaching else {"size_measures": model_bytes.measure(about | found, folder, RECORDED)}
        return loaded, found | measured


def _predict(loaded: nn.Module, experiment: Experiment, configuration: Configuration) -> np.ndarray:
    """Predictions `(validation rows,)`. Raises `BadInput` where training has diverged."""
    data = experiment.data
    # An artifact is scored in float32, but a teacher in the precision in which it will be asked.
    precision = resolve(experiment.precision) if isinstance(experiment, Teaching) else "float32"
    answers = trainer.predict(loaded, data.validation, data.tokenizer, precision).numpy()
    diverged = f"{configuration.name} of {experiment.task}, {experiment.size} diverged: its logits are not finite"
    rate = experiment.choices.learning_rate
    require(bool(np.isfinite(answers).all()), f"{diverged}; take a smaller learning_rate than {rate:g}")
    return data.task.predictions(answers)


def _run_alone(experiment: Experiment, configuration: Configuration, specification: dict, watch: Watch | None) -> dict:
    # A second process waits here, and then finds the record.
    with lock(experiment.record_path(configuration)), _memory(experiment, configuration):
        record = _finished(experiment, configuration, specification)
        return record or run_configuration(experiment, configuration, specification, watch)


def _finished(experiment: Experiment, configuration: Configuration, specification: dict) -> dict | None:
    return None if experiment.force else finished(experiment.record_path(configuration), specification)


def _intact_record(teaching: Teaching) -> dict | None:
    """The record of a fine-tuned teacher whose artifact is intact; a broken cache is made again."""
    try:
        check_artifact(teaching.artifact_folder(Configuration()))
        return finished(teaching.record_path(Configuration()), teaching.specification)
    except BadInput:
        return None


@contextmanager
def _memory(experiment: Experiment, configuration: Configuration) -> Iterator[None]:
    """Turn torch's error where memory ends into one line that says which parameters to lower."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error) for words in NO_MEMORY):
            raise
        raise BadInput(
            f"{configuration.name} of {experiment.task}, {experiment.size} needs more memory than there is; take less "
            f"than batch_size {experiment.batch_size} or max_length {experiment.max_length}"
        ) from error


def silence_libraries() -> None:
    """Turn off the libraries' progress bars and warnings, where progress is shown in another way."""
    datasets.disable_progress_bars()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
