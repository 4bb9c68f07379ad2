"""A teacher's logits for its students' training rows: computed once, then read from the cache or from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import datasets
import torch
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from compressions.data.glue import rows_fingerprint
from compressions.data.tasks import Task
from compressions.data.tokenized import tokenize
from compressions.experiments import exported_logits
from compressions.experiments.specification import teacher_identity
from compressions.files import cache, fingerprint, write_whole
from compressions.models import checkpoints
from compressions.models.teacher import Teacher
from compressions.training import trainer

if TYPE_CHECKING:
    from compressions.experiments.experiment import Experiment


def student_logits(experiment: "Experiment", teacher: Teacher | exported_logits.About) -> Tensor:
    """The logits `(rows, labels)` that a student learns from, in the order of the task's labels.

    From the experiment's file of logits where there is one; else the teacher is asked, and a file that is named gets
    them.
    """
    data = experiment.data
    if isinstance(teacher, exported_logits.About):
        return torch.from_numpy(exported_logits.read(teacher, data.task, data.augmented))
    answer = logits(teacher, data.task, data.augmented, experiment.max_length)[:, list(teacher.columns)]
    path = experiment.logits_file
    if path and not path.exists():
        made_with = {"labels": list(data.task.labels), "max_length": experiment.max_length}
        who = {"identity": teacher_identity(experiment), "teacher": teacher.description()}
        exported_logits.write(path, made_with | who, data.task, data.augmented, answer.numpy())
    return answer.half().float()  # as from a file, so that both ways give the same student


def logits(teacher: Teacher, task: Task, rows: datasets.Dataset, max_length: int) -> Tensor:
    """The teacher's logits `(rows, labels)` for text rows as it orders them, cached by teacher and rows."""
    how = (str(max_length), *(() if teacher.precision == "float32" else (teacher.precision,)))
    key = fingerprint(teacher.pin, rows_fingerprint(task, rows), *how)
    path = cache() / "logits" / f"{key}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        cached = read_logits(path, key, (len(rows), len(task.labels) or 1))
        return _ask(teacher, task, rows, max_length, path, key) if cached is None else cached


def _ask(teacher: Teacher, task: Task, rows: datasets.Dataset, max_length: int, path: Path, key: str) -> Tensor:
    classifier = teacher.classifier
    model, tokenizer = checkpoints.load_classifier(classifier), checkpoints.load_tokenizer(classifier)
    tokens = tokenize(rows, task, tokenizer, min(max_length, classifier.size.positions))
    answer = trainer.predict(model, tokens, tokenizer, teacher.precision)
    write_logits(path, key, answer)
    return answer


def read_logits(path: Path, key: str, shape: tuple[int, int]) -> Tensor | None:
    """The cached logits, or `None` where the file is absent, broken, of another key or of another shape."""
    try:
        with safe_open(path, framework="pt") as file:
            logits = file.get_tensor("logits")
            sound = file.metadata() == _about(key, logits) and tuple(logits.shape) == shape
            return logits if sound else None
    except (FileNotFoundError, SafetensorError):
        return None


def write_logits(path: Path, key: str, logits: Tensor) -> None:
    """Cache logits `(rows, labels)` under the key of what they were made from."""
    write_whole(path, save({"logits": logits.contiguous()}, metadata=_about(key, logits)))


def _about(key: str, logits: Tensor) -> dict[str, str]:
    return {"key": key, "sha256": fingerprint(logits.numpy().tobytes())}
