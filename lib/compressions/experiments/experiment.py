"""What an experiment is: task × size × seed, with every choice that decides its result."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from compressions.data import wordnet
from compressions.data.tasks import BUILTIN, GLUE_TASKS, HUB, REVISION, TASKS, check_source
from compressions.errors import BadInput, check, require
from compressions.experiments import exported_logits
from compressions.experiments.configurations import CONTROL, Configuration
from compressions.experiments.records import record_path
from compressions.experiments.specification import checksum, specification
from compressions.files import cache, path_name, root
from compressions.models import sources, teacher
from compressions.models.sources import ClassifierSource, EncoderSource
from compressions.models.teacher import LABELS
from compressions.parameters import FLAG, NAME, SEED, choice, number, parameter, read_parameters, whole
from compressions.training.choices import GRANULARITIES, Choices
from compressions.training.precision import PRECISION

if TYPE_CHECKING:
    from compressions.experiments.prepared_data import PreparedData

EPOCHS = 3
MOST_THREADS = 1024
SHORTEST = 5  # tokens: two texts of one each, between the three that mark their ends
RATE_UP_TO_WIDTH = {128: 5e-4, 256: 3e-4, 512: 1e-4, 768: 5e-5, math.inf: 2e-5}


@dataclass(frozen=True)
class Experiment:
    """The parameters of an experiment; the experiment notebook gives every default with its reason.

    Raises `BadInput` when it is made, before any work, for a value that is not allowed.
    """

    task: str = parameter(NAME)
    size: str = parameter(NAME)
    seed: int = parameter(SEED, 0)
    epochs: float | None = parameter(number(0, above=True).or_null(), None)
    learning_rate: float | None = parameter(number(0, above=True).or_null(), None)
    batch_size: int = parameter(whole(1), 32)
    weight_decay: float = parameter(number(0, 1), 0.01)
    warmup: float = parameter(number(0, 1), 0.1)
    train_rows: int | None = parameter(whole(1).or_null(), None)
    held_out: float = parameter(number(0, 1, below=True), 0.0)
    max_length: int = parameter(whole(SHORTEST), 128)
    precision: str = parameter(PRECISION, "float32")
    granularity: str = parameter(choice(*GRANULARITIES), "channel")
    prune_begin: float = parameter(number(0, 1), 0.1)
    prune_end: float = parameter(number(0, 1), 0.7)
    prune_every: int = parameter(whole(1), 16)
    prune_schedule: str = parameter(choice("linear", "cubic"), "linear")
    prune_scope: str = parameter(choice("matrix", "global"), "matrix")
    teacher: str | None = parameter(NAME.or_null(), None)
    teacher_labels: tuple[tuple[str, str], ...] | None = parameter(LABELS.or_null(), None)
    teacher_rows: int | None = parameter(whole(1).or_null(), None)
    teacher_epochs: float | None = parameter(number(0, above=True).or_null(), None)
    teacher_learning_rate: float | None = parameter(number(0, above=True).or_null(), None)
    teacher_precision: str = parameter(PRECISION, "auto")
    teacher_logits: str | None = parameter(NAME.or_null(), None)
    temperature: float = parameter(number(0, above=True), 2.0)
    alpha: float = parameter(number(0, 1), 0.5)
    hard_labels: str = parameter(choice("original", "all"), "original")
    augment: int | None = parameter(whole(0).or_null(), None)
    steps: str = parameter(choice("equal", "doubled"), "equal")
    glue: str | None = parameter(NAME.or_null(), None)
    checkpoints: str = parameter(NAME, "bundled")
    results: str = parameter(NAME, "results/local")
    artifacts: str | None = parameter(NAME.or_null(), "artifacts")
    force: bool = parameter(FLAG, False)
    threads: int | None = parameter(whole(1, MOST_THREADS).or_null(), None)

    def __post_init__(self) -> None:
        read_parameters(self)
        check(self.prune_begin < self.prune_end, "prune_begin", self.prune_begin, f"below prune_end {self.prune_end}")
        if self.glue is None:
            object.__setattr__(self, "glue", HUB if self.task in GLUE_TASKS else BUILTIN)
        check_source(self.task, self.glue)
        _ = self.encoder

    @cached_property
    def encoder(self) -> sources.EncoderSource:
        """The encoder that is fine-tuned."""
        return sources.encoder(self.size, self.checkpoints)

    @cached_property
    def data(self) -> "PreparedData":
        """The task's rows, as this encoder reads them."""
        # Here and not above: to plan experiments, or to refuse one, neither torch nor a second is needed.
        from compressions.data.glue import hold_out, load
        from compressions.experiments.prepared_data import PreparedData

        task = TASKS[self.task]
        rows = load(task, self.glue, self.train_rows)
        rows = hold_out(rows, self.held_out) if self.held_out else rows
        return PreparedData(task, self.encoder, rows, self.copies, self.max_length)

    @property
    def rows_source(self) -> str:
        """Where the rows are read from: the hub at a revision, a local folder, or a custom task's own files."""
        if TASKS[self.task].custom:
            return "files"
        return f"{HUB}@{REVISION}" if self.glue == HUB else "folder"

    @property
    def copies(self) -> int:
        """Synonym-replaced copies of each row where there is a teacher: `augment`, or one where there is WordNet."""
        return int(wordnet.installed()) if self.augment is None else self.augment

    @property
    def choices(self) -> Choices:
        """The training choices, with the defaults of the encoder where none were given."""
        return Choices(
            epochs=self.epochs or EPOCHS,
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
        """Where the configuration's artifact is kept, if it is: no two folders of records share a place."""
        if self.artifacts is None:
            return None
        record, artifacts = self.record_path(configuration), root() / self.artifacts
        results = record.parents[2].resolve()
        beside = artifacts.resolve().parent
        inside = results.relative_to(beside) if results.is_relative_to(beside) else Path(path_name(results))
        return artifacts / (inside if inside.parts else results.name) / self.task / self.size / record.stem

    @cached_property
    def found_teacher(self) -> EncoderSource:
        """The teacher, looked up when something is distilled: an encoder to be fine-tuned, or a `ClassifierSource`."""
        return teacher.find(self.teacher, self.checkpoints)

    @cached_property
    def teaching(self) -> "Teaching | None":
        """The fine-tuning of the teacher; `None` where it is a finished one, or where its logits are there already."""
        if self.exported or isinstance(self.found_teacher, ClassifierSource):
            return None
        given = {field.name: getattr(self, field.name) for field in fields(Experiment)}
        given |= {
            "size": self.found_teacher.name,
            "seed": 0,
            "train_rows": self.teacher_rows,
            "precision": self.teacher_precision,
            "epochs": self.teacher_epochs or self.epochs,
            "learning_rate": self.teacher_learning_rate,
            "granularity": "channel",  # it is not quantized
            "force": False,
        }
        return Teaching(**given, found=self.found_teacher)

    @cached_property
    def exported(self) -> exported_logits.About | None:
        """The header of the file of the teacher's logits, where there is one; it takes the teacher's place."""
        path = self.logits_file
        return exported_logits.about(path) if path and path.is_file() else None

    @property
    def logits_file(self) -> Path | None:
        """The file that the teacher's logits are read from, or written to; in a folder, the one called as the task."""
        if self.teacher_logits is None:
            return None
        path = root() / self.teacher_logits
        return path if path.suffix == exported_logits.SUFFIX else path / f"{self.task}{exported_logits.SUFFIX}"

    @property
    def teacher_columns(self) -> tuple[int, ...]:
        """Which of the teacher's logits belongs to each of the task's labels."""
        task = TASKS[self.task]
        if self.teaching:
            return tuple(range(len(task.labels) or 1))
        return teacher.columns(self.found_teacher, task, dict(self.teacher_labels or ()))

    def check(self, wanted: list[Configuration]) -> None:
        """Raise `BadInput` for what the wanted configurations need and do not find: synonyms, a teacher that fits."""
        control = any(configuration.uses(CONTROL) for configuration in wanted)
        none = f"the control {CONTROL!r} is nothing with augment 0; take 1 or more"
        require(self.augment != 0 or not control, none)
        if control or (self.augment and any(configuration.augments for configuration in wanted)):
            wordnet.folder()
        if any(configuration.uses("kd") for configuration in wanted):
            self.check_teacher()

    def check_teacher(self) -> None:
        """Raise `BadInput` for a teacher, or a file of its logits, that cannot be found or is for other labels."""
        if self.exported:
            self.exported.check(TASKS[self.task], self.max_length, self.teacher)
            return
        try:
            self.found_teacher  # noqa: B018
        except BadInput as error:
            missing = f"; the file of its logits, {self.logits_file}, is not there either" if self.logits_file else ""
            raise BadInput(f"{error}{missing}") from error
        _ = self.teacher_columns


@dataclass(frozen=True)
class Teaching(Experiment):
    """The fine-tuning of a teacher, which may be of any architecture; its one configuration is the baseline.

    It is made by the student's experiment, which has checked its parameters.
    """

    found: EncoderSource | None = None

    def __post_init__(self) -> None:
        pass

    @property
    def encoder(self) -> EncoderSource:
        """The encoder that is fine-tuned."""
        return self.found

    @cached_property
    def specification(self) -> dict:
        """Everything that decides the fine-tuned teacher."""
        return specification(self, Configuration())

    @property
    def folder(self) -> Path:
        """Where the cache keeps the fine-tuned teacher and its record."""
        return cache() / "teachers" / checksum(self.specification)[:16]

    def record_path(self, configuration: Configuration) -> Path:
        """Where the teacher's record is kept."""
        return record_path(self.folder, self.task, self.size, configuration.name, self.seed)

    def artifact_folder(self, configuration: Configuration) -> Path:
        """Where the teacher itself is kept."""
        record = self.record_path(configuration)
        return self.folder / "artifacts" / self.folder.name / self.task / self.size / record.stem


def default_rate(encoder: sources.EncoderSource) -> float:
    """The peak learning rate for an encoder: narrower ones learn with larger steps."""
    return next(rate for width, rate in RATE_UP_TO_WIDTH.items() if encoder.size.hidden <= width)


def from_parameters(names: Mapping[str, object]) -> Experiment:
    """The experiment that a notebook's globals describe: its fields are picked from them by name.

    The environment's `GLUE`, `CHECKPOINTS` and `RESULTS` override the three so named.
    """
    chosen = {field.name: names[field.name] for field in fields(Experiment) if field.name in names}
    named = ("glue", "checkpoints", "results")
    return Experiment(**chosen | {name: os.environ[name.upper()] for name in named if name.upper() in os.environ})
