"""The teacher of a task, chosen: an encoder that is still to be fine-tuned, or a finished artifact."""

import json
from dataclasses import dataclass
from pathlib import Path

from compressions.data.tasks import Task
from compressions.errors import BadInput, require
from compressions.models import sources
from compressions.storage.manifest import MANIFEST, artifact_fingerprint


@dataclass(frozen=True)
class Teacher:
    """A fine-tuned teacher in its artifact's folder; `score` is its own on the validation split, where known."""

    name: str
    folder: Path
    score: float | None

    def description(self) -> dict:
        """What the record of a student says of it."""
        pin = artifact_fingerprint(self.folder)
        return {"name": self.name, "fingerprint": pin, "score": self.score}


def find(teacher: str | None, source: str) -> sources.Encoder | Path:
    """What `teacher` names: an encoder still to be fine-tuned, or the artifact folder of a finished experiment.

    `None` is the largest encoder that `source`, the experiment's checkpoints, offers. Raises `BadInput` otherwise.
    """
    offered = sources.names(source)
    name = teacher or sources.largest(source)
    folder = Path(name)
    if name in offered:
        return sources.encoder(name, source)
    if (folder / MANIFEST).is_file():
        return folder
    if (folder / "config.json").is_file():
        return sources.folder_encoder(folder)
    raise BadInput(
        f"unknown teacher {name!r}; allowed: {', '.join(offered)}, a folder with a checkpoint, or the artifact "
        "folder of a finished experiment"
    )


def check(teacher: sources.Encoder | Path, task: Task) -> None:
    """Raise `BadInput` for a finished artifact that answers with another number of logits than the task has labels."""
    if isinstance(teacher, Path):
        # Transformers leaves out the names of labels where there are two without names.
        config = json.loads((teacher / "config.json").read_text())
        given, needed = len(config.get("id2label", (0, 1))), len(task.labels) or 1
        require(given == needed, f"the teacher {teacher} gives {given} logits a row; {task.name} needs {needed}")
