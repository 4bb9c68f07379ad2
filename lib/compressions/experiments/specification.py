"""The identity of a result: everything that decides it, which its record states, and checksums of that."""

import json
from typing import TYPE_CHECKING

from compressions.data import wordnet
from compressions.experiments.configurations import Configuration
from compressions.files import fingerprint
from compressions.models import sources, teacher
from compressions.training.precision import resolve

if TYPE_CHECKING:
    from compressions.experiments.experiment import Experiment


def specifications(experiment: "Experiment", wanted: list[Configuration]) -> dict[Configuration, dict]:
    """The specification of each wanted configuration: everything that decides its result, and nothing that does not.

    A parameter that came later than records is in it only where it is not at its default. Where rows come from does not
    decide a result: their fingerprints do.
    """
    shared = _shared(experiment)
    taught = teacher_identity(experiment) if any(each.uses("kd") for each in wanted) else None
    return {each: shared | _own(experiment, each, taught) for each in wanted}


def specification(experiment: "Experiment", configuration: Configuration) -> dict:
    """The specification of one configuration."""
    return specifications(experiment, [configuration])[configuration]


def checksum(specification: dict) -> str:
    """What names a fine-tuned teacher in the cache and in its students' specifications."""
    return fingerprint(json.dumps(specification, sort_keys=True))


def _shared(experiment: "Experiment") -> dict:
    shared = {
        "task": experiment.task,
        "size": experiment.size,
        "max_length": experiment.max_length,
        "encoder": sources.identity(experiment.encoder),
        "train_rows": experiment.train_rows,
        **vars(experiment.choices),
        **experiment.data.fingerprints,
    }
    if experiment.held_out:
        shared |= {"held_out": experiment.held_out}
    if resolve(experiment.precision) != "float32":
        shared |= {"precision": "bfloat16"}
    return shared


def _own(experiment: "Experiment", configuration: Configuration, taught: dict | None) -> dict:
    own = {"subset": list(configuration.subset), "sparsity": configuration.sparsity}
    # The baseline's controls are quantized, too.
    if configuration.uses("qat") or (not configuration.subset and experiment.granularity != "channel"):
        own |= {"granularity": experiment.granularity}
    if configuration.bits != 8:
        own |= {"bits": configuration.bits}
    if configuration.uses("mp"):
        own |= {name: getattr(experiment, name) for name in ("prune_begin", "prune_end", "prune_every")}
        others = {"prune_schedule": "linear", "prune_scope": "matrix"}
        own |= {name: getattr(experiment, name) for name, usual in others.items() if getattr(experiment, name) != usual}
    if configuration.uses("kd"):
        own |= {"temperature": experiment.temperature, "alpha": experiment.alpha, "teacher": taught}
    if configuration.augments:
        own |= {"augment": experiment.copies, "steps": experiment.steps}
    if configuration.augments and experiment.copies:
        own |= {"synonyms": f"WordNet {wordnet.identity()}, rule {wordnet.RULE}"}
    if configuration.uses("kd") and experiment.copies:
        own |= {"hard_labels": experiment.hard_labels}
    return own


def teacher_identity(experiment: "Experiment") -> dict:
    """What a student's specification says of its teacher: its content, and how its logits were made.

    Logits from a file are those of the teacher that wrote it.
    """
    if experiment.exported:
        return experiment.exported.identity
    if experiment.teaching:
        made = checksum(experiment.teaching.specification)
        return teacher.identity(experiment.found_teacher) | {"specification": made}
    chosen = {"labels": dict(experiment.teacher_labels or ()), "precision": resolve(experiment.teacher_precision)}
    others = {name: value for name, value in chosen.items() if value and value != "float32"}
    return teacher.identity(experiment.found_teacher) | others
