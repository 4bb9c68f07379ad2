"""A teacher's logits in a file of their own, so that students can be distilled where the teacher is not."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from compressions.data.tasks import Task
from compressions.errors import BadInput, require
from compressions.files import fingerprint, write_whole

if TYPE_CHECKING:
    import datasets

SUFFIX = ".safetensors"
FORMAT = "compressions teacher logits 2"
KEY_BYTES = 16  # of a row's checksum


@dataclass(frozen=True)
class About:
    """The header of a file of logits: whose they are, for which labels in their order, and how long texts could be.

    `identity` goes into the specification of a student, `teacher` into its record.
    """

    path: str
    labels: list[str]
    max_length: int
    identity: dict
    teacher: dict
    sha256: str

    def description(self) -> dict:
        """What the record of a student says of the teacher."""
        return self.teacher

    def check(self, task: Task, max_length: int, teacher: str | None) -> None:
        """Raise `BadInput` unless the logits are for the task's labels, for texts as long, and of the teacher named."""
        same = self.labels == list(task.labels)
        theirs, ours = ", ".join(self.labels) or "grades", ", ".join(task.labels) or "grades"
        require(same, f"{self.path} has logits for the labels {theirs}; {task.name} has {ours}")
        longer = f"{self.path} was made with max_length {self.max_length}, not {max_length}; take that, or another file"
        require(self.max_length == max_length, longer)
        name = self.teacher["name"]
        other = (
            f"{self.path} has the logits of the teacher {name!r}, not {teacher!r}; take teacher null, or another file"
        )
        require(teacher is None or Path(teacher).name == Path(name).name, other)


def about(path: Path) -> About:
    """Read the header of a file of logits; raises `BadInput` for any other file."""
    try:
        with safe_open(path, framework="numpy") as file:
            said = json.loads(file.metadata()["about"])
        require(said.pop("format") == FORMAT, "of another format")
        return About(path=str(path), **said)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path} holds no logits of a teacher ({error}); delete it to have it written anew") from error


def write(path: Path, said: dict, task: Task, rows: "datasets.Dataset", logits: np.ndarray) -> None:
    """Write logits `(rows, labels)`, in the order of the task's labels, as float16, and each row's checksum.

    `said` has the other fields of `About`.
    """
    tensors = {"logits": np.ascontiguousarray(logits, dtype=np.float16), "rows": row_keys(task, rows)}
    about = {**said, "format": FORMAT, "sha256": _digest(tensors)}
    write_whole(path, save(tensors, metadata={"about": json.dumps(about)}))


def read(found: About, task: Task, rows: "datasets.Dataset") -> np.ndarray:
    """The logits `(rows, labels)` of a file for text rows, in any order.

    Raises `BadInput` for a file that was changed, or that lacks one of the rows.
    """
    try:
        with safe_open(found.path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in ("logits", "rows")}
    except (OSError, SafetensorError) as error:
        raise BadInput(f"{found.path} cannot be read ({error}); delete it to have it written anew") from error
    require(_digest(tensors) == found.sha256, f"{found.path} was changed since it was written; make it again")
    places = {key.tobytes(): place for place, key in enumerate(tensors["rows"])}
    wanted = [places.get(key.tobytes()) for key in row_keys(task, rows)]
    lacking = [row for row, place in enumerate(wanted) if place is None]
    if lacking:
        example = str(rows[lacking[0]][task.columns[0]])[:60]
        raise BadInput(
            f"{found.path} has no logits for {len(lacking):,} of the {len(rows):,} rows, such as {example!r}; they are "
            "other rows, or synonyms of another WordNet: take augment 0, or make the file again"
        )
    return tensors["logits"][wanted].astype(np.float32)


def row_keys(task: Task, rows: "datasets.Dataset") -> np.ndarray:
    """Checksums `(rows, 16)` of the rows' texts, which are all that a teacher reads."""
    texts = zip(*(rows[column] for column in task.columns), strict=True)
    keys = b"".join(bytes.fromhex(fingerprint(*row))[:KEY_BYTES] for row in texts)
    return np.frombuffer(keys, dtype=np.uint8).reshape(-1, KEY_BYTES)


def _digest(tensors: dict[str, np.ndarray]) -> str:
    digest = sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()
