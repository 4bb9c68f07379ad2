"""Simulated results of which the truth is known: predictions of models whose methods multiply, or do not."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from compressions.analysis.results import ALL, PAPER, Cell, Results
from compressions.data.tasks import TASKS, WITH_F1, Task
from compressions.experiments.configurations import method_of
from compressions.experiments.records import read_all, read_predictions, record_path, write_record
from compressions.models.architectures import SHAPES
from compressions.storage.size_measures import COUNTED, KEY, MEASURED, PARTS, SIZE_MEASURES_FILE
from compressions.training import metrics

SIMULATED_TASKS = ("sst2", "mnli", "qnli", "rte")
SIMULATED_SIZES = tuple(f"size{place}" for place in range(5))
POINTS_PER_DOUBLING = 3.0
GAINS = {"QAT": 2.0, "KD": 0.7, "MP": 0.5}  # log2 of the single methods' reductions


def gain(method: str, synergy: float) -> float:
    """The log2 of a method's reduction; a combination has the synergy besides the sum of its parts."""
    parts = [] if method == "none" else method.split("+")
    return sum(GAINS[part] for part in parts) + (synergy if len(parts) > 1 else 0)


def log_bytes() -> np.ndarray:
    """`(sizes, configurations)`: each size four times the one before."""
    by_method = {"qat": 2.0, "mp40": 0.25, "mp60": 0.4}
    saved = [sum(by_method.get(part, 0) for part in name.split("+")) for name in PAPER]
    return 2.0 * np.arange(len(SIMULATED_SIZES))[:, None] - np.array(saved)


def simulated_results(
    seed: int, synergy: float = 0.0, seeds: int = 5, rows: int = 400, seed_noise: float = 1.0
) -> Results:
    """Results in which a model's true score is linear in its log bytes and its method's gain, so that ratios are exact.

    Rows are of unequal difficulty, the same for all models; each seed of a model is off by `seed_noise` points.
    """
    generator = np.random.default_rng(seed)
    logs = log_bytes()
    truth = 60 + POINTS_PER_DOUBLING * (logs + [gain(method_of(name), synergy) for name in PAPER])
    cells = {}
    for task in SIMULATED_TASKS:
        difficulty = generator.normal(size=rows)
        for place, size in enumerate(SIMULATED_SIZES):
            scores = truth[place][:, None] + seed_noise * generator.normal(size=(len(PAPER), seeds))
            ease = norm.ppf(np.clip(scores / 100, 0.01, 0.99))[..., None]
            own = generator.normal(size=(len(PAPER), seeds, rows))
            right = np.sqrt(0.5) * difficulty + np.sqrt(0.5) * own < ease
            cells[task, size] = Cell(tuple(range(seeds)), np.ones(rows), right.astype(np.uint8))
    bytes_by = {"paper": np.broadcast_to(2.0**logs, (len(SIMULATED_TASKS), *logs.shape))}
    scored = dict.fromkeys(SIMULATED_TASKS, ("accuracy",))
    return Results(SIMULATED_TASKS, SIMULATED_SIZES, PAPER, cells, bytes_by, "paper", scored, pd.DataFrame())


def write_records(
    folder: Path, tasks=("sst2", "rte"), sizes=("tiny", "mini"), seeds=(0, 1), rows=100, names=ALL, **chosen
) -> None:
    """Records as experiments leave them, of models whose right answers are drawn: larger ones are right more often."""
    generator = np.random.default_rng(0)
    for task in tasks:
        graded = task == "stsb"
        labels = 5 * generator.random(rows) if graded else generator.integers(0, 2, rows)
        for size, seed, name in product(sizes, seeds, names):
            right = generator.random(rows) < 0.6 + 0.1 * list(sizes).index(size)
            wrong = 5 * generator.random(rows) if graded else 1 - labels
            said = np.where(right, labels, wrong)
            write_one(folder, name, labels, said, {"task": task, "size": size, "seed": seed, **chosen})


def trained_on(
    device: str, folder: Path, task: str, size: str, seed: int, names: tuple[str, ...], precision: str = "float32"
) -> None:
    """Let these of a folder's records be from another device, or of another precision."""
    chosen = {"task": task, "size": size, "seed": seed, "precision": precision}
    for name in names:
        predictions, labels = read_predictions(record_path(folder, task, size, name, seed))
        write_one(folder, name, labels, predictions, chosen, device)


def write_one(
    folder: Path, name: str, labels: np.ndarray, said: np.ndarray, chosen: dict, device: str = "cpu", **more
) -> None:
    """One record with all fields that are read again; a task that is none of GLUE's is a custom one with two labels.

    `more` are other fields of the record.
    """
    task, size = chosen["task"], chosen["size"]
    parts = name.split("+")
    sparsity = next((float(part[2:]) / 100 for part in parts if part.startswith("mp")), 0.0)
    bits = next((int(part[3:] or 8) for part in parts if part.startswith("qat")), 32)
    shape = SHAPES.get(size, SHAPES["mini"])
    zeros = round(sparsity * shape.linear_weights)
    about = TASKS.get(task, Task(task, 1000, ("text",), ("no", "yes"), WITH_F1))
    predictions = said.astype(np.uint8 if about.labels else np.float32)
    specification = {
        "sparsity": sparsity,
        "subset": [part.rstrip("0123456789.") for part in parts if part != "base"],
        "encoder": {"name": size, "pin": "made up"},
        "epochs": 3,
        "batch_size": 32,
        "learning_rate": 0.001,
        "max_length": 128,
        "train_rows_used": 1000,
        "train_fingerprint": task,
        "validation_fingerprint": task,
        "precision": "float32",
        **chosen,
    }
    record = {
        "specification": specification,
        "configuration": name,
        "bits": bits,
        "parameters": shape.parameters,
        "non_zeros": shape.parameters - zeros,
        "megabytes": (shape.parameters - zeros) * bits / 8e6,
        "artifact_bytes": shape.parameters * bits // 8 + 1000,
        "artifact_sha256": f"{task} {size} {name} {chosen['seed']}",
        "machine": {"device": device},
        **more,
        **metrics.scores(about, labels, predictions),
    }
    write_record(record_path(folder, task, size, name, chosen["seed"]), record, predictions, labels)


def write_measures(folder: Path, only: dict | None = None) -> None:
    """Measures as `make size-measures` leaves them of a folder's records, or of those that agree with `only`."""
    rows = []
    for record in read_all(folder):
        named = {key: record["specification"].get(key, record.get(key)) for key in KEY}
        if all(named[key] == value for key, value in (only or {}).items()):
            of_model = {"artifact_sha256": record["artifact_sha256"]}
            rows += [{**named, "part": part, **sizes, **of_model} for part, sizes in size_measures(record).items()]
    pd.DataFrame(rows).to_csv(folder / SIZE_MEASURES_FILE, index=False)


def record_measures(folder: Path, wanted: tuple[str, ...] = MEASURED) -> None:
    """The same in the records themselves, as experiments leave them, by the wanted measures and those that count."""
    for record in read_all(folder):
        path = folder / record.pop("path")
        wanted_sizes = {
            part: {name: value for name, value in sizes.items() if name in wanted or name not in MEASURED}
            for part, sizes in size_measures(record).items()
        }
        write_record(path, {**record, "size_measures": wanted_sizes}, *read_predictions(path))


def size_measures(record: dict) -> dict[str, dict[str, float]]:
    """Made-up bytes by part and size measure: of the layers a half; by the measures that need the saved model nine
    tenths of the bitmask's, each a little more than the one before.
    """
    found = {}
    for share, part in zip((1.0, 0.5), PARTS, strict=True):
        counted = {name: share * count(record) for name, count in COUNTED.items()}
        coded = {name: 0.9 * counted["bitmask"] + 100 * place for place, name in enumerate(MEASURED)}
        found[part] = {"parameters": share * record["parameters"], **counted, **coded}
    return found
