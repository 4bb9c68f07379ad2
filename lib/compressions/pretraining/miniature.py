"""A miniature encoder to pretrain by general distillation: its parameters, specification and existing files."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from safetensors import SafetensorError, safe_open

from compressions.errors import BadInput, require, require_same
from compressions.files import root
from compressions.models import sources
from compressions.models.architectures import MINILM, VOCABULARY, Size, size_of
from compressions.parameters import FLAG, NAME, SEED, number, parameter, read_parameters, whole
from compressions.pretraining.corpus import Text

# SHA-256 of the file `vocab.txt` that every encoder of the paper comes with: BERT's uncased WordPieces, one a line.
BERT_VOCABULARY = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
RATE_UP_TO_WIDTH = {128: 2e-3, 256: 1e-3, 512: 5e-4, math.inf: 2e-4}
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Miniature:
    """The parameters of a miniature; the miniatures notebook gives the reason of every default.

    Raises `BadInput` when it is made, before any work, for a value that is not allowed.
    """

    size: str | list[int]
    out: str = parameter(NAME)
    teacher: str = parameter(NAME)
    text: str = parameter(NAME)
    tokens: int | None = parameter(whole(1).or_null(), None)
    minutes: float | None = parameter(number(0, above=True).or_null(), None)
    batch_size: int = parameter(whole(1), 64)
    learning_rate: float | None = parameter(number(0, above=True).or_null(), None)
    passes: int = parameter(whole(1), 4)
    seed: int = parameter(SEED, 0)
    similarity_head: bool = parameter(FLAG, True)
    bfloat16: bool = parameter(FLAG, True)
    resume: bool = parameter(FLAG, True)

    def __post_init__(self) -> None:
        read_parameters(self)
        require(bool(self.tokens or self.minutes), "tokens and minutes are both null; give one of them, or both")
        sources.check_name(self.folder, self.shape)
        self._check_teacher()
        found = len(self.source.take(self.batch_size))
        fewer = f"the text {self.text!r} has {found} sentences, fewer than a batch of {self.batch_size}"
        require(found == self.batch_size, fewer)
        self.finished()

    def _check_teacher(self) -> None:
        from compressions.models import checkpoints  # torch comes with it, for nothing else here

        pieces = checkpoints.load_tokenizer(self.teacher_encoder).get_vocab()
        lines = "".join(f"{piece}\n" for piece in sorted(pieces, key=pieces.get))
        same = hashlib.sha256(lines.encode()).hexdigest() == BERT_VOCABULARY
        same = same and self.teacher_encoder.size.vocabulary == VOCABULARY
        other = f"the teacher {self.teacher!r} has another vocabulary ({len(pieces)} word pieces)"
        require(same, f"{other}; needed: BERT's uncased {VOCABULARY}")

    @cached_property
    def source(self) -> Text:
        """The text, opened once."""
        return Text(self.text)

    @cached_property
    def shape(self) -> Size:
        """The student's shape."""
        return size_of(self.size)

    @cached_property
    def teacher_encoder(self) -> sources.EncoderSource:
        """The teacher, on the hub or in a folder."""
        if self.teacher == MINILM.hub:
            return sources.EncoderSource(MINILM, "hub")
        missing = f"teacher {self.teacher!r} is no such checkpoint; allowed: {MINILM.hub}, or a folder with a BERT"
        require((Path(self.teacher) / "config.json").is_file(), missing)
        return sources.folder_encoder(Path(self.teacher))

    @cached_property
    def specification(self) -> dict:
        """Everything that determines the result, except the machine's speed where `minutes` end the run."""
        choices = ("tokens", "minutes", "batch_size", "passes", "seed", "bfloat16")
        return {
            "layers, width and heads": [self.shape.layers, self.shape.hidden, self.shape.heads],
            "teacher": sources.identity(self.teacher_encoder),
            "text": self.source.fingerprint,
            "learning_rate": self.learning_rate or default_rate(self.shape),
            **{name: getattr(self, name) for name in choices},
            "likeness": self.similarity_head,  # as provenance files have always called it
        }

    @property
    def folder(self) -> Path:
        """The encoder's folder; a relative `out` is below the repository."""
        return root() / self.out

    @property
    def state_file(self) -> Path:
        """The run's checkpoint beside the folder; it is deleted when the folder is written."""
        return self.folder.with_name(f"{self.folder.name}.training.safetensors")

    def finished(self) -> dict | None:
        """The provenance in `out` if this run has made it, or `None`.

        Raises `BadInput` for an `out` with other content, or with a run where `resume` is false.
        """
        if (self.folder / PROVENANCE).is_file():
            provenance = _read_provenance(self.folder / PROVENANCE)
            self._check_same(self.folder, provenance["specification"])
            self.state_file.unlink(missing_ok=True)
            return provenance
        free = not self.folder.exists() or (self.folder.is_dir() and not any(self.folder.iterdir()))
        require(free, f"out {self.out!r} is not an empty folder; take another")
        if self.state_file.exists():
            self._check_same(self.state_file, read_state(self.state_file)["specification"])
        return None

    def _check_same(self, place: Path, theirs: dict) -> None:
        require(self.resume, f"{place} holds a run; set resume to go on with it, or take another out")
        require_same(f"the run in {place}", theirs, self.specification, "take another out")


def default_rate(size: Size) -> float:
    """Peak learning rate of general distillation, by width."""
    return next(rate for width, rate in RATE_UP_TO_WIDTH.items() if size.hidden <= width)


def _read_provenance(path: Path) -> dict:
    try:
        provenance = json.loads(path.read_text())
        return {**provenance, "specification": dict(provenance["specification"])}
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput(f"{path} is not the provenance of a miniature ({error}); take another out") from error


def read_state(path: Path) -> dict:
    """The `specification` and `position` in a checkpoint, without its tensors."""
    try:
        with safe_open(path, framework="pt") as file:
            return json.loads(file.metadata()["state"])
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise BadInput(f"the checkpoint {path} cannot be read ({error}); delete it to begin anew") from error


def from_parameters(names: Mapping[str, object]) -> Miniature:
    """The miniature whose fields have the values of a notebook's globals of the same names."""
    return Miniature(**{field.name: names[field.name] for field in fields(Miniature) if field.name in names})
