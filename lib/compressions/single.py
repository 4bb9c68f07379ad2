"""One configuration of an experiment: train, save, load again, score, and leave its record."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import datasets
import numpy as np
import transformers
from filelock import FileLock
from torch import nn
from transformers import TrainerCallback, set_seed

from compressions import artifact, checkpoints, metrics, pruning, quantisation, training
from compressions.answers import logits
from compressions.configurations import Configuration
from compressions.errors import BadInput, require
from compressions.experiment import Experiment
from compressions.files import cache
from compressions.machine import peak_memory_bytes, startup_seconds, surroundings
from compressions.manifest import WEIGHTS, artifact_fingerprint, check_artifact
from compressions.records import finished, write_record
from compressions.ruler import megabytes
from compressions.running import Watch
from compressions.teachers import Teacher


def quieten() -> None:
    """Turn off the libraries' own bars and remarks, where whoever watches is shown others."""
    datasets.disable_progress_bars()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def run_configuration(experiment: Experiment, configuration: Configuration, watch: Watch | None = None) -> dict:
    """Train one configuration, save it, load it again, score what was loaded, and write the record."""
    startup, start = startup_seconds(), time.perf_counter()
    teacher = teacher_of(experiment, watch) if configuration.uses("kd") else None
    rows = training_rows(experiment, configuration, teacher)
    set_seed(experiment.seed)
    model = checkpoints.load_model(experiment.encoder, experiment.material.task)
    commit = getattr(model.config, "_commit_hash", None)
    callbacks = [*prepare(model, experiment, configuration), *([watch(configuration.name)] if watch else [])]
    trained = train_student(model, rows, experiment, callbacks)
    masked = pruning.count_masked(model)
    artifact.finish(model, experiment.granularity if configuration.uses("qat") else None)
    measured, predictions = measure(model, experiment, configuration, masked)
    record = {
        "specification": experiment.specification(configuration),
        "configuration": configuration.name,
        **measured,
        **vars(trained),
        "augmented_rows": len(rows) - len(experiment.material.rows.train),
        "encoder_commit": commit,
        "teacher": teacher and teacher.description(),
        "startup_seconds": startup,
        "total_seconds": time.perf_counter() - start,
        "peak_memory_bytes": peak_memory_bytes(),
        **surroundings(),
    }
    return write_record(experiment.record_path(configuration), record, predictions, experiment.material.labels)


def training_rows(experiment: Experiment, configuration: Configuration, teacher: Teacher | None) -> datasets.Dataset:
    """The tokenised rows a configuration trains on, with the teacher's logits where it has a teacher."""
    material = experiment.material
    rows = material.training_rows(configuration.augments)
    if teacher is None:
        return rows
    answers = logits(teacher, material.task, material.augmented, experiment.max_length)
    return rows.add_column("teacher_logits", answers.tolist())


def _prune(model: nn.Module, experiment: Experiment, configuration: Configuration) -> list[TrainerCallback]:
    pruning.prune(model)
    span = (experiment.prune_begin, experiment.prune_end, experiment.prune_every)
    return [pruning.PruningSchedule(configuration.sparsity, *span)]


def _quantise(model: nn.Module, experiment: Experiment, configuration: Configuration) -> list[TrainerCallback]:
    quantisation.quantise(model, experiment.granularity)
    return []


# What a method that changes weights does to a model before training; it gives callbacks for the training. In this
# order: what is masked must be masked before it is quantised.
PREPARING = {"mp": _prune, "qat": _quantise}


def prepare(model: nn.Module, experiment: Experiment, configuration: Configuration) -> list[TrainerCallback]:
    """Put the subset's parametrizations on the model, and give the callbacks that training then needs."""
    used = [method for method in PREPARING if configuration.uses(method)]
    return [callback for method in used for callback in PREPARING[method](model, experiment, configuration)]


def train_student(
    model: nn.Module, rows: datasets.Dataset, experiment: Experiment, callbacks: list
) -> training.Trained:
    """Train a prepared model in place with the experiment's choices."""
    distillation = training.Distillation(experiment.temperature, experiment.alpha)
    return training.train(model, rows, experiment.material.tokenizer, experiment.choices, distillation, callbacks)


def measure(
    model: nn.Module, experiment: Experiment, configuration: Configuration, masked: int
) -> tuple[dict, np.ndarray]:
    """Save the model, load it, and give the loaded one's scores and sizes, and its predictions `(validation rows,)`."""
    material = experiment.material
    loaded, stored = _saved_and_loaded(model, experiment, configuration)
    start = time.perf_counter()
    predictions = _predictions(loaded, experiment, configuration)
    scores = metrics.scores(material.task, material.labels, predictions)
    seconds = time.perf_counter() - start
    return {**scores, "evaluation_seconds": seconds, **_sizes(loaded, masked), **stored}, predictions


def _saved_and_loaded(
    model: nn.Module, experiment: Experiment, configuration: Configuration
) -> tuple[nn.Module, dict[str, int | str]]:
    """The model as it is read back from its artifact, and the artifact's bytes and fingerprint."""
    kept = experiment.artifact_folder(configuration)
    with tempfile.TemporaryDirectory() as temporary:
        folder = kept or Path(temporary) / "artifact"
        # A tokenizer that has cut texts saves their greatest length with it; a fresh one does not.
        artifact.save_artifact(model, checkpoints.load_tokenizer(experiment.encoder), folder)
        loaded, stored = artifact.load_artifact(folder), (folder / WEIGHTS).stat().st_size
        return loaded, {"artifact_bytes": stored, "artifact_sha256": artifact_fingerprint(folder)}


def _predictions(loaded: nn.Module, experiment: Experiment, configuration: Configuration) -> np.ndarray:
    """Predictions `(validation rows,)`. Raises `BadInput` where training has diverged."""
    material = experiment.material
    logits = training.predict(loaded, material.validation, material.tokenizer).numpy()
    diverged = f"{configuration.name} of {experiment.task}, {experiment.size} diverged: its answers are no numbers"
    rate = experiment.choices.learning_rate
    require(bool(np.isfinite(logits).all()), f"{diverged}; take a smaller learning_rate than {rate:g}")
    return material.task.predictions(logits)


def _sizes(loaded: nn.Module, masked: int) -> dict[str, float]:
    """What a record says of a model's size, of which `masked` weights were pruned."""
    counts = artifact.count(loaded)
    non_zeros = counts.parameters - masked
    return {
        "parameters": counts.parameters,
        "non_zeros": non_zeros,
        "stored_zeros": counts.zeros,
        "bits": counts.bits,
        "megabytes": megabytes(non_zeros, counts.bits),
    }


def teacher_of(experiment: Experiment, watch: Watch | None = None) -> Teacher:
    """The experiment's teacher; an encoder is first fine-tuned like any baseline, once, and kept in the cache."""
    own = experiment.teaching
    if isinstance(own, Path):
        return Teacher(own.name, own, None)
    folder = cache() / "teachers" / own.checksum(Configuration())[:16]
    own = replace(own, results=str(folder), artifacts=str(folder / "artifacts"), force=False)
    folder.mkdir(parents=True, exist_ok=True)
    shown = watch and (lambda _: watch(f"{own.size}, teacher"))
    with FileLock(folder / "lock"):
        record = _sound(own) or run_configuration(own, Configuration(), shown)
    return Teacher(own.size, own.artifact_folder(Configuration()), record["score"])


def _sound(teacher: Experiment) -> dict | None:
    """The record of a teacher whose artifact is intact; a broken cache is made again."""
    try:
        check_artifact(teacher.artifact_folder(Configuration()))
        return finished(teacher.record_path(Configuration()), teacher.specification(Configuration()))
    except BadInput:
        return None
