"""One experiment: task × size × seed, run for the configurations asked for, with one record each."""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import datasets
from filelock import FileLock
from torch import nn
from transformers import TrainerCallback, set_seed

from compressions import artifact, augmentation, checkpoints, embedded, pruning, quantisation, teachers, training
from compressions.checkpoints import Encoder
from compressions.configurations import Configuration
from compressions.errors import BadInput, one_of, require
from compressions.files import cache, fingerprint, root
from compressions.material import Material
from compressions.records import finished, record_path, surroundings, write_record
from compressions.ruler import megabytes
from compressions.tasks import HUB, REVISION, TASKS, check_source, load
from compressions.teachers import Teacher

Watch = Callable[[str], TrainerCallback]

PRETRAINED_EPOCHS = 3
RATE_BY_WIDTH = {128: 5e-4, 256: 3e-4, 512: 1e-4, 768: 5e-5}
RATE_OF_WIDER = 2e-5


@dataclass(frozen=True)
class Experiment:
    """The parameters of an experiment; the experiment notebook gives every default with its reason.

    Raises `BadInput` when it is made, before any work, for a value that is not allowed.
    """

    task: str
    size: str
    seed: int = 0
    epochs: float | None = None
    learning_rate: float | None = None
    batch_size: int = 32
    weight_decay: float = 0.01
    warmup: float = 0.1
    train_rows: int | None = None
    max_length: int = 128
    granularity: str = "channel"
    prune_begin: float = 0.1
    prune_end: float = 0.7
    prune_every: int = 16
    teacher: str | None = None
    temperature: float = 2.0
    alpha: float = 0.5
    augment: int = 1
    glue: str = "embedded"
    checkpoints: str = "embedded"
    results: str = "results/local"
    artifacts: str | None = "artifacts"
    force: bool = False

    def __post_init__(self) -> None:
        one_of("task", self.task, TASKS)
        one_of("granularity", self.granularity, quantisation.GRANULARITIES)
        self._check_numbers()
        check_source(self.glue)
        checkpoints.encoder(self.size, self.checkpoints)
        teachers.find(self.teacher, self.checkpoints)
        words = self.checkpoints != "embedded" or self.glue == "embedded"
        require(
            words, f"the embedded checkpoints know only the embedded tasks' words, not {self.glue}; set checkpoints"
        )

    def _check_numbers(self) -> None:
        for name, value in (("epochs", self.epochs), ("learning_rate", self.learning_rate)):
            _check(value is None or (_number(value) and value > 0), name, value, "a number above 0, or null")
        for name in ("batch_size", "max_length", "prune_every"):
            _check(_whole(getattr(self, name), 1), name, getattr(self, name), "a whole number from 1")
        for name in ("seed", "augment"):
            _check(_whole(getattr(self, name), 0), name, getattr(self, name), "a whole number from 0")
        _check(
            self.train_rows is None or _whole(self.train_rows, 1), "train_rows", self.train_rows, "1 or more, or null"
        )
        for name in ("warmup", "alpha", "weight_decay", "prune_begin", "prune_end"):
            value = getattr(self, name)
            _check(_number(value) and 0 <= value <= 1, name, value, "a number from 0 to 1")
        _check(_number(self.temperature) and self.temperature > 0, "temperature", self.temperature, "a number above 0")
        _check(self.prune_begin < self.prune_end, "prune_begin", self.prune_begin, f"below prune_end {self.prune_end}")

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder that is fine-tuned."""
        return checkpoints.encoder(self.size, self.checkpoints)

    @cached_property
    def material(self) -> Material:
        """The task's rows, as this encoder reads them."""
        task = TASKS[self.task]
        rows = load(task, self.glue, self.train_rows)
        return Material(task, self.encoder, rows, self.glue, self.augment, self.max_length)

    @property
    def choices(self) -> training.Choices:
        """The training choices, with the defaults of the encoder where none were given."""
        scratch = self.encoder.source == "embedded"
        epochs = self.epochs or (embedded.EPOCHS if scratch else PRETRAINED_EPOCHS)
        return training.Choices(
            epochs=epochs,
            learning_rate=self.learning_rate or default_rate(self.encoder),
            batch_size=self.batch_size,
            weight_decay=self.weight_decay,
            warmup=self.warmup,
            seed=self.seed,
        )

    def record_path(self, configuration: Configuration) -> Path:
        """Where the configuration's record goes; relative folders are below the repository."""
        return record_path(root() / self.results, self.task, self.size, configuration.name, self.seed)

    def artifact_folder(self, configuration: Configuration) -> Path | None:
        """Where the configuration's artifact is kept, if it is."""
        if self.artifacts is None:
            return None
        record = self.record_path(configuration)
        return root() / self.artifacts / Path(self.results).name / self.task / self.size / record.stem

    def specification(self, configuration: Configuration) -> dict:
        """Everything that decides the configuration's result, and nothing that does not."""
        chosen = {
            "task": self.task,
            "size": self.size,
            "subset": list(configuration.subset),
            "sparsity": configuration.sparsity,
            "max_length": self.max_length,
            "glue": f"{HUB}@{REVISION}" if self.glue == HUB else "embedded" if self.glue == "embedded" else "folder",
            "encoder": checkpoints.identity(self.encoder),
            "train_rows": self.train_rows,
            **vars(self.choices),
            **self.material.fingerprints,
        }
        if configuration.uses("qat"):
            chosen |= {"granularity": self.granularity}
        if configuration.uses("mp"):
            chosen |= {name: getattr(self, name) for name in ("prune_begin", "prune_end", "prune_every")}
        if configuration.uses("kd"):
            chosen |= {"temperature": self.temperature, "alpha": self.alpha, "teacher": self._teacher_identity()}
        if configuration.augments:
            chosen |= {"augment": self.augment}
        return chosen

    def _teacher_identity(self) -> dict:
        found = teachers.find(self.teacher, self.checkpoints)
        if isinstance(found, Path):
            return {"source": "artifact", "pin": artifact.artifact_fingerprint(found)}
        return checkpoints.identity(found)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _check(holds: bool, name: str, value: object, allowed: str) -> None:
    require(holds, f"{name} {value!r} is not allowed; take {allowed}")


def default_rate(encoder: Encoder) -> float:
    """The peak learning rate for an encoder: narrower ones learn with larger steps."""
    if encoder.source == "embedded":
        return embedded.LEARNING_RATE[encoder.name]
    return next((rate for width, rate in RATE_BY_WIDTH.items() if encoder.size.hidden <= width), RATE_OF_WIDER)


def from_parameters(**parameters) -> Experiment:
    """The experiment of a notebook's parameters; `GLUE`, `CHECKPOINTS` and `RESULTS` override the three so named."""
    overrides = {
        name: os.environ[name.upper()] for name in ("glue", "checkpoints", "results") if name.upper() in os.environ
    }
    return Experiment(**parameters | overrides)


def run(experiment: Experiment, wanted: list[Configuration], watch: Watch | None = None) -> list[dict]:
    """The records of the wanted configurations; those that are there already are read, the others are run in turn.

    `watch` gives a callback for each training from its name, to show its progress. Raises `BadInput` before any
    training when a record of another specification has the same name, or when there are no synonyms to augment with.
    """
    if experiment.augment and any(configuration.augments for configuration in wanted):
        augmentation.synonyms_for(experiment.glue)
    there = [_finished(experiment, configuration) for configuration in wanted]
    return [
        record or run_configuration(experiment, configuration, watch)
        for record, configuration in zip(there, wanted, strict=True)
    ]


def _finished(experiment: Experiment, configuration: Configuration) -> dict | None:
    if experiment.force:
        return None
    return finished(experiment.record_path(configuration), experiment.specification(configuration))


def run_configuration(experiment: Experiment, configuration: Configuration, watch: Watch | None = None) -> dict:
    """Train one configuration, save it, load it again, score what was loaded, and write the record."""
    start = time.perf_counter()
    teacher = _teacher(experiment, watch) if configuration.uses("kd") else None
    rows = training_rows(experiment, configuration, teacher)
    set_seed(experiment.seed)
    model = checkpoints.load_model(experiment.encoder, experiment.material.task)
    commit = getattr(model.config, "_commit_hash", None)
    callbacks = [*prepare(model, experiment, configuration), *([watch(configuration.name)] if watch else [])]
    trained = _train(model, rows, experiment, callbacks)
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
        "total_seconds": time.perf_counter() - start,
        **surroundings(),
    }
    path = experiment.record_path(configuration)
    write_record(path, record, predictions, experiment.material.labels)
    return record


def training_rows(experiment: Experiment, configuration: Configuration, teacher: Teacher | None) -> datasets.Dataset:
    """The tokenised rows a configuration trains on, with the teacher's logits where it has a teacher."""
    material = experiment.material
    rows = material.training_rows(configuration.augments)
    if teacher is None:
        return rows
    answers = teachers.logits(teacher, material.task, material.augmented, experiment.max_length)
    return rows.add_column("teacher_logits", answers.tolist())


def prepare(model: nn.Module, experiment: Experiment, configuration: Configuration) -> list[TrainerCallback]:
    """Put the subset's parametrizations on the model; what is masked must be masked before it is quantised."""
    callbacks = []
    if configuration.uses("mp"):
        pruning.prune(model)
        span = (experiment.prune_begin, experiment.prune_end, experiment.prune_every)
        callbacks.append(pruning.PruningSchedule(configuration.sparsity, *span))
    if configuration.uses("qat"):
        quantisation.quantise(model, experiment.granularity)
    return callbacks


def _train(model: nn.Module, rows: datasets.Dataset, experiment: Experiment, callbacks: list) -> training.Trained:
    distillation = training.Distillation(experiment.temperature, experiment.alpha)
    return training.train(model, rows, experiment.material.tokenizer, experiment.choices, distillation, callbacks)


def measure(model: nn.Module, experiment: Experiment, configuration: Configuration, masked: int) -> tuple[dict, object]:
    """Save the model, load it, and give the loaded one's scores and sizes, and its predictions `(validation rows,)`."""
    material = experiment.material
    kept = experiment.artifact_folder(configuration)
    with tempfile.TemporaryDirectory() as temporary:
        folder = kept or Path(temporary)
        artifact.save_artifact(model, material.tokenizer, folder)
        loaded = artifact.load_artifact(folder)
        stored = (folder / artifact.WEIGHTS).stat().st_size
        pin = artifact.artifact_fingerprint(folder)
    start = time.perf_counter()
    logits = training.predict(loaded, material.validation, material.tokenizer).numpy()
    predictions = material.task.predictions(logits)
    counts = artifact.count(loaded)
    non_zeros = counts.parameters - masked
    measured = {
        **material.task.scores(material.labels, predictions),
        "evaluation_seconds": time.perf_counter() - start,
        "parameters": counts.parameters,
        "non_zeros": non_zeros,
        "stored_zeros": counts.zeros,
        "bits": counts.bits,
        "megabytes": megabytes(non_zeros, counts.bits),
        "artifact_bytes": stored,
        "artifact_sha256": pin,
    }
    return measured, predictions


def _teacher(experiment: Experiment, watch: Watch | None) -> Teacher:
    """The experiment's teacher; an encoder is first fine-tuned like any baseline, once, and kept in the cache."""
    found = teachers.find(experiment.teacher, experiment.checkpoints)
    if isinstance(found, Path):
        return Teacher(found.name, found, None)
    source = experiment.checkpoints if found.folder is None else str(found.folder.parent)
    own = replace(experiment, size=found.name, checkpoints=source, teacher=None, seed=0, learning_rate=None)
    identity = fingerprint(str(sorted(own.specification(Configuration()).items())))[:16]
    folder = cache() / "teachers" / identity
    own = replace(own, results=str(folder), artifacts=str(folder / "artifacts"), force=False)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        record = _sound(own) or run_configuration(
            own, Configuration(), watch and (lambda _: watch(f"{found.name}, teacher"))
        )
    return Teacher(found.name, own.artifact_folder(Configuration()), record["score"])


def _sound(teacher: Experiment) -> dict | None:
    """The record of a teacher whose artifact is intact; a broken cache is made again."""
    try:
        artifact.load_artifact(teacher.artifact_folder(Configuration()))
        return finished(teacher.record_path(Configuration()), teacher.specification(Configuration()))
    except BadInput:
        return None
