"""A teacher's logits for the rows that its students learn from: asked for once, then read from the cache."""

from pathlib import Path

import datasets
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from transformers import AutoTokenizer

from compressions.data.glue import rows_fingerprint
from compressions.data.tasks import Task
from compressions.experiments.prepared_data import tokenize
from compressions.files import cache, fingerprint, write_whole
from compressions.models.teacher import Teacher
from compressions.storage import artifact
from compressions.storage.manifest import artifact_fingerprint
from compressions.training import trainer


def logits(teacher: Teacher, task: Task, rows: datasets.Dataset, max_length: int) -> Tensor:
    """The teacher's logits `(rows, labels)` for text rows, cached by teacher and rows."""
    pin = artifact_fingerprint(teacher.folder)
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
    answer = trainer.predict(model, tokenize(rows, task, tokenizer, length), tokenizer)
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
