"""What an experiment is: task × size × seed, with every choice that decides its result."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from compressions.data import wordnet
from compressions.data.tasks import BUILTIN, HUB, REVISION, TASKS, check_source
from compressions.errors import check, one_of
from compressions.experiments.configurations import Configuration
from compressions.experiments.records import record_path
from compressions.files import fingerprint, path_name, root
from compressions.models import sources, teacher
from compressions.parameters import FLAG, NAME, SEED, number, parameter, read_parameters, whole
from compressions.storage.manifest import artifact_fingerprint
from compressions.training.choices import GRANULARITIES, Choices

if TYPE_CHECKING:
    from compressions.experiments.prepared_data import PreparedData

EPOCHS = 3
FILES = "files"  # where the rows of a custom task are
MOST_THREADS = 1024
SHORTEST = 5  # tokens: two texts of one each, between the three that mark their ends
RATE_BY_WIDTH = {128: 5e-4, 256: 3e-4, 512: 1e-4, 768: 5e-5}
RATE_OF_WIDER = 2e-5


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
    granularity: str = parameter(NAME, "channel")
    prune_begin: float = parameter(number(0, 1), 0.1)
    prune_end: float = parameter(number(0, 1), 0.7)
    prune_every: int = parameter(whole(1), 16)
    teacher: str | None = parameter(NAME.or_null(), None)
    temperature: float = parameter(number(0, above=True), 2.0)
    alpha: float = parameter(number(0, 1), 0.5)
    augment: int | None = parameter(whole(0).or_null(), None)
    glue: str = parameter(NAME, BUILTIN)
    checkpoints: str = parameter(NAME, "bundled")
    results: str = parameter(NAME, "results/local")
    artifacts: str | None = parameter(NAME.or_null(), "artifacts")
    force: bool = parameter(FLAG, False)
    threads: int | None = parameter(whole(1, MOST_THREADS).or_null(), None)

    def __post_init__(self) -> None:
        read_parameters(self)
        one_of("granularity", self.granularity, GRANULARITIES)
        check(self.prune_begin < self.prune_end, "prune_begin", self.prune_begin, f"below prune_end {self.prune_end}")
        check_source(self.task, self.glue)
        if TASKS[self.task].custom:  # whose rows are in its own files, whatever is named
            object.__setattr__(self, "glue", FILES)
        sources.encoder(self.size, self.checkpoints)
        teacher.check(teacher.find(self.teacher, self.checkpoints), TASKS[self.task])

    @cached_property
    def encoder(self) -> sources.Encoder:
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

    def specification(self, configuration: Configuration) -> dict:
        """Everything that decides the configuration's result, and nothing that does not."""
        chosen = {
            "task": self.task,
            "size": self.size,
            "subset": list(configuration.subset),
            "sparsity": configuration.sparsity,
            "max_length": self.max_length,
            "glue": {HUB: f"{HUB}@{REVISION}", FILES: FILES}.get(self.glue, "folder"),
            "encoder": sources.identity(self.encoder),
            "train_rows": self.train_rows,
            **vars(self.choices),
            **self.data.fingerprints,
        }
        if self.held_out:
            chosen |= {"held_out": self.held_out}
        if configuration.uses("qat"):
            chosen |= {"granularity": self.granularity}
        if configuration.uses("mp"):
            chosen |= {name: getattr(self, name) for name in ("prune_begin", "prune_end", "prune_every")}
        if configuration.uses("kd"):
            chosen |= {"temperature": self.temperature, "alpha": self.alpha, "teacher": self._teacher_identity()}
        if configuration.augments:
            chosen |= {"augment": self.copies}
        if configuration.augments and self.copies:
            chosen |= {"synonyms": f"WordNet {wordnet.identity()}"}
        return chosen

    def checksum(self, configuration: Configuration) -> str:
        """A checksum of the specification, which names a teacher in the cache and in its students' records."""
        return fingerprint(json.dumps(self.specification(configuration), sort_keys=True))

    @cached_property
    def teaching(self) -> "Experiment | Path":
        """The experiment whose baseline is the teacher, or the folder of a finished artifact that is the teacher."""
        found = teacher.find(self.teacher, self.checkpoints)
        if isinstance(found, Path):
            return found
        source = self.checkpoints if found.folder is None else str(found.folder.parent)
        return replace(self, size=found.name, checkpoints=source, teacher=found.name, seed=0, learning_rate=None)

    def _teacher_identity(self) -> dict:
        if isinstance(self.teaching, Path):
            return {"source": "artifact", "pin": artifact_fingerprint(self.teaching)}
        made = self.teaching.checksum(Configuration())
        return sources.identity(self.teaching.encoder) | {"specification": made}


def default_rate(encoder: sources.Encoder) -> float:
    """The peak learning rate for an encoder: narrower ones learn with larger steps."""
    return next((rate for width, rate in RATE_BY_WIDTH.items() if encoder.size.hidden <= width), RATE_OF_WIDER)


def from_parameters(names: Mapping[str, object]) -> Experiment:
    """The experiment that a notebook's globals describe: its fields are picked from them by name.

    The environment's `GLUE`, `CHECKPOINTS` and `RESULTS` override the three so named.
    """
    chosen = {field.name: names[field.name] for field in fields(Experiment) if field.name in names}
    named = ("glue", "checkpoints", "results")
    return Experiment(**chosen | {name: os.environ[name.upper()] for name in named if name.upper() in os.environ})
