"""Records of the grids `limits` and `distillation` of which the truth is known: how often a model is right."""

from pathlib import Path

import numpy as np

from compressions.experiments.configurations import SUBSETS, Configuration, configurations
from tests.simulated import write_one

PLANNED = tuple(configurations(SUBSETS, [0.6, 0.8, 0.9, 0.95], [8, 4, 2]))
BITS_COST = {8: 0.01, 4: 0.03, 2: 0.15}
SPARSITY_COST = {0.6: 0.01, 0.8: 0.03, 0.9: 0.06, 0.95: 0.1}
TOGETHER = 0.05  # that 2 bits and 95 % lose beyond their parts
DISTILLED = 0.02


def rightness(name: Configuration) -> float:
    """The chance that a model is right."""
    lost = BITS_COST[name.bits] * name.uses("qat") + SPARSITY_COST.get(name.sparsity, 0)
    lost += TOGETHER * (name.uses("qat") and (name.bits, name.sparsity) == (2, 0.95))
    return 0.9 - lost + DISTILLED * name.uses("kd")


def write_limits(folder: Path, tasks=("sst2", "rte"), seeds=(0, 1), rows=4000, names=PLANNED, size="tiny") -> None:
    """Records of a grid of bits and sparsities; the same rows are hard for all models."""
    generator = np.random.default_rng(0)
    for task in tasks:
        labels, ease = generator.integers(0, 2, rows), generator.random(rows)
        for seed in seeds:
            for name in names:
                own = np.where(generator.random(rows) < 0.1, generator.random(rows), ease)
                said = np.where(own < rightness(name), labels, 1 - labels)
                more = {"bits": name.bits} if name.bits != 8 else {}
                chosen = {"task": task, "size": size, "seed": seed, "sparsity": name.sparsity, **more}
                write_one(folder, name.name, labels, said, chosen)


def write_variants(folder: Path, variants: dict[str, dict], gains: dict[str, float], tasks=("sst2", "rte"), rows=4000):
    """Records of variants of distillation on held-out rows, and of the reference's baseline."""
    for place, task in enumerate(tasks):
        generator = np.random.default_rng(place)
        labels, ease = generator.integers(0, 2, rows), generator.random(rows)
        usual = {"task": task, "size": "tiny", "seed": 0, "held_out": 0.2}
        usual |= {"teacher": {"name": "mpnet"}, "validation_fingerprint": f"held out {task}"}
        for name, choices in variants.items():
            said = np.where(ease < 0.8 + gains.get(name, 0), labels, 1 - labels)
            write_one(folder / name, "kd", labels, said, usual | choices, augmented_rows=50 * choices["augment"])
        said = np.where(ease < 0.78, labels, 1 - labels)
        write_one(folder / "reference", "base", labels, said, {k: v for k, v in usual.items() if k != "teacher"})
