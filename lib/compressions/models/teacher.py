"""The teacher of a task, chosen: an encoder that is still to be fine-tuned, or a classifier that is used as it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from compressions.data.tasks import Task
from compressions.errors import BadInput, one_of, require
from compressions.models import sources
from compressions.models.folders import read_config
from compressions.models.sources import ClassifierSource, EncoderSource
from compressions.parameters import Kind
from compressions.storage.manifest import MANIFEST, artifact_fingerprint

HUB = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")
HEAD = "ForSequenceClassification"


def _read_labels(given: object) -> tuple[tuple[str, str], ...] | None:
    """Pairs of the teacher's label and the task's, from a mapping or from such pairs."""
    pairs = list(given.items() if isinstance(given, dict) else given if isinstance(given, list | tuple) else ())
    twos = all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs)
    texts = twos and all(isinstance(each, str | int) and not isinstance(each, bool) for pair in pairs for each in pair)
    return tuple((str(theirs), str(ours)) for theirs, ours in pairs) if pairs and texts else None


LABELS = Kind("labels such as {LABEL_0: entailment}", _read_labels)


@dataclass(frozen=True)
class Teacher:
    """A fine-tuned teacher: where it lies, and which of its logits belongs to each of the task's labels.

    `score` is its own on the validation split, and `training` how it was fine-tuned, where it was.
    """

    classifier: ClassifierSource
    columns: tuple[int, ...]
    precision: str = "float32"
    score: float | None = None
    training: dict | None = None

    @property
    def pin(self) -> str:
        """A checksum of its content, or the hub's commit."""
        return identity(self.classifier)["pin"]

    def description(self) -> dict:
        """What the record of a student says of it."""
        about = {"name": self.classifier.name, "fingerprint": self.pin, "score": self.score}
        return about | ({"training": self.training} if self.training else {})


def find(teacher: str | None, source: str) -> EncoderSource:
    """What `teacher` names: an encoder still to be fine-tuned, or a `ClassifierSource`, which is used as it is.

    `None` is the largest encoder that `source`, the experiment's checkpoints, offers. Else it is a name there, a folder
    with a checkpoint or an artifact, or `org/name@revision` of the hub. A classifier is what was saved with a head for
    sequences. Raises `BadInput` for anything else.
    """
    offered = sources.names(source, any_architecture=True)
    if teacher is None:
        found = sources.largest(source)
        return _in_folder(found.folder) if found.folder else found
    own = sources.place(teacher, source)
    if own is not None:
        return _in_folder(own)
    if teacher in offered:
        return sources.encoder(teacher, source, any_architecture=True)
    if (Path(teacher) / "config.json").is_file():
        return _in_folder(Path(teacher))
    named = HUB.fullmatch(teacher)
    if named and named["revision"]:
        return _with_head(*sources.hub_encoder(named["repository"], named["revision"]))
    remedy = f"; of the hub's say which revision: {teacher}@<commit>" if named else ""
    raise BadInput(
        f"unknown teacher {teacher!r}; allowed: {', '.join(offered)}, a folder with a checkpoint, the artifact folder "
        f"of a finished experiment, or org/name@revision of the hub{remedy}"
    )


def _in_folder(folder: Path) -> EncoderSource:
    config = read_config(folder)
    if (folder / MANIFEST).is_file():
        shape = sources.read_shape(folder, config)
        return ClassifierSource(shape, "artifact", folder, config["model_type"], labels_of(config, folder.name))
    return _with_head(sources.folder_encoder(folder, any_architecture=True), config)


def _with_head(found: EncoderSource, config: Mapping[str, object]) -> EncoderSource:
    """The classifier where the encoder was saved with a head for sequences, else the encoder itself."""
    saved = any(str(name).endswith(HEAD) for name in config.get("architectures") or ())
    return ClassifierSource(**vars(found), labels=labels_of(config, found.name)) if saved else found


def labels_of(config: Mapping[str, object], name: str) -> tuple[str, ...]:
    """The labels of a classifier's logits, in their order, by its configuration; Transformers' where it has none.

    Raises `BadInput`, with the `name` of the classifier, for labels that are not numbered.
    """
    given = config.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    numbered = isinstance(given, dict) and all(key.isdecimal() for key in given)
    require(numbered, f"the teacher {name} has id2label {given!r}; needed: numbers with labels, as {{'0': 'negative'}}")
    return tuple(str(given[key]) for key in sorted(given, key=int))


def identity(found: EncoderSource) -> dict[str, str]:
    """What a student's specification says of a teacher that is used as it is, or of the encoder of one that is not."""
    if found.source == "artifact":
        return {"source": "artifact", "pin": artifact_fingerprint(found.folder)}
    return sources.identity(found)


def columns(classifier: ClassifierSource, task: Task, mapping: Mapping[str, str] | None = None) -> tuple[int, ...]:
    """Which of a classifier's logits belongs to each label of the task, `(labels,)`; labels are matched by name.

    Case, spaces, dashes and underscores do not count. `mapping` gives the task's label for labels of the classifier.
    Raises `BadInput` where they do not match one to one; no labels are needed for a graded task.
    """
    given, name = list(classifier.labels), classifier.name
    needed = len(task.labels) or 1
    require(len(given) == needed, f"the teacher {name} gives {len(given)} logits a row; {task.name} needs {needed}")
    if not task.labels:
        return (0,)
    for label, meant in (mapping or {}).items():
        one_of(f"label of the teacher {name} in teacher_labels", label, given)
        one_of(f"label of {task.name} in teacher_labels", meant, task.labels)
    meant = [(mapping or {}).get(label, label) for label in given]
    for compared in (str, _bare):
        ours, theirs = [compared(label) for label in task.labels], [compared(label) for label in meant]
        if len(set(ours)) == needed and sorted(ours) == sorted(theirs):
            return tuple(theirs.index(label) for label in ours)
    unsaid = ", ".join(f"{label}: …" for label in given)  # a full example could be taken as it stands, and be wrong
    raise BadInput(
        f"the teacher {name} has the labels {', '.join(given)}, {task.name} has {', '.join(task.labels)}; say which is "
        f"which with teacher_labels {{{unsaid}}}"
    )


def _bare(label: str) -> str:
    return re.sub(r"[\s_-]+", "", label.casefold())
