"""The teacher of a task: chosen, fine-tuned once, and asked once for its logits."""

from dataclasses import dataclass
from pathlib import Path

import datasets
from filelock import FileLock
from torch import Tensor
from transformers import AutoConfig, AutoTokenizer

from compressions import artifact, checkpoints, training
from compressions.distillation import read_logits, write_logits
from compressions.errors import BadInput, require
from compressions.files import cache, fingerprint
from compressions.material import tokenise
from compressions.tasks import Task, rows_fingerprint


@dataclass(frozen=True)
class Teacher:
    """A fine-tuned teacher in its artifact's folder; `score` is its own on the validation split, where known."""

    name: str
    folder: Path
    score: float | None

    def description(self) -> dict:
        """What the record of a student says of it."""
        pin = artifact.artifact_fingerprint(self.folder)
        return {"name": self.name, "fingerprint": pin, "score": self.score}


def find(teacher: str | None, source: str) -> checkpoints.Encoder | Path:
    """What `teacher` names: an encoder still to be fine-tuned, or the artifact folder of a finished experiment.

    `None` is the largest encoder that `source`, the experiment's checkpoints, offers. Raises `BadInput` otherwise.
    """
    offered = checkpoints.names(source)
    name = teacher or checkpoints.largest(source)
    folder = Path(name)
    if name in offered:
        return checkpoints.encoder(name, source)
    if (folder / artifact.MANIFEST).is_file():
        return folder
    if (folder / "config.json").is_file():
        return checkpoints.folder_encoder(folder)
    raise BadInput(
        f"unknown teacher {name!r}; allowed: {', '.join(offered)}, a folder with a checkpoint, or the artifact "
        "folder of a finished experiment"
    )


def check(teacher: checkpoints.Encoder | Path, task: Task) -> None:
    """Raise `BadInput` for a finished artifact that answers with another number of logits than the task has labels."""
    if isinstance(teacher, Path):
        given, needed = AutoConfig.from_pretrained(teacher, trust_remote_code=False).num_labels, len(task.labels) or 1
        require(given == needed, f"the teacher {teacher} gives {given} logits a row; {task.name} needs {needed}")


def logits(teacher: Teacher, task: Task, rows: datasets.Dataset, max_length: int) -> Tensor:
    """The teacher's logits `(rows, labels)` for text rows, cached by teacher and rows."""
    pin = artifact.artifact_fingerprint(teacher.folder)
    key = fingerprint(pin, rows_fingerprint(task, rows), str(max_length))
    path = cache() / "logits" / f"{key}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        cached = read_logits(path, key, (len(rows), len(task.labels) or 1))
        return _ask(teacher, task, rows, max_length, path, key) if cached is None else cached


def _ask(teacher: Teacher, task: Task, rows: datasets.Dataset, max_length: int, path: Path, key: str) -> Tensor:
    tokenizer = AutoTokenizer.from_pretrained(teacher.folder, trust_remote_code=False)
    model = artifact.load_artifact(teacher.folder)
    length = min(max_length, model.config.max_position_embeddings)
    answer = training.predict(model, tokenise(rows, task, tokenizer, length), tokenizer)
    write_logits(path, key, answer)
    return answer
