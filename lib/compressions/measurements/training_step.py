"""What each method adds to a training step: ratios to plain training, measured in turn in one run on one thread.

`python -m compressions.measurements.training_step <file>` prints the table and writes it as JSON.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import datasets
import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast, logging, set_seed

from compressions.experiments.provenance import environment, peak_memory_bytes
from compressions.files import write_whole
from compressions.methods import pruning, quantization
from compressions.models.architectures import SIZES
from compressions.training import trainer
from compressions.training.callbacks import PruningSchedule
from compressions.training.choices import Choices

ROUNDS = 3
STEPS = 40
BATCH = 32
LABELS = 2
MEAN_LENGTH, SPREAD, LONGEST = 38.5, 0.6, 128
SUBSETS = {"plain": (), "mp": ("mp",), "qat": ("qat",), "kd": ("kd",), "all three": ("qat", "kd", "mp")}


def synthetic_rows(count: int) -> datasets.Dataset:
    """Random token numbers in rows of log-normal length, mean 38.5 as in GLUE, with labels and a teacher's logits."""
    rng = np.random.default_rng(0)
    lengths = rng.lognormal(np.log(MEAN_LENGTH) - SPREAD**2 / 2, SPREAD, count).clip(4, LONGEST).astype(int)
    return datasets.Dataset.from_dict(
        {
            "input_ids": [rng.integers(5, SIZES["mini"].vocabulary, length).tolist() for length in lengths],
            "attention_mask": [[1] * length for length in lengths],
            "labels": rng.integers(0, LABELS, count).tolist(),
            "teacher_logits": rng.normal(size=(count, LABELS)).tolist(),
        }
    )


def mini() -> BertForSequenceClassification:
    """A MINI with random weights."""
    size = SIZES["mini"]
    set_seed(0)
    shape = {"hidden_size": size.hidden, "num_hidden_layers": size.layers, "num_attention_heads": size.heads}
    return BertForSequenceClassification(BertConfig(intermediate_size=4 * size.hidden, num_labels=LABELS, **shape))


def train(subset: tuple[str, ...], strategy: str = "group_by_length") -> trainer.Trained:
    """Train a fresh MINI with a subset of the methods on the same rows."""
    rows = synthetic_rows(STEPS * BATCH)
    rows = rows if "kd" in subset else rows.remove_columns("teacher_logits")
    model, callbacks = mini(), []
    if "mp" in subset:
        pruning.prune(model)
        callbacks = [PruningSchedule(0.6, 0.1, 0.7, 16)]
    if "qat" in subset:
        quantization.quantize(model)
    choices = Choices(epochs=1, learning_rate=1e-4, batch_size=BATCH, weight_decay=0.01, warmup=0.1, seed=0)
    tokenizer = BertTokenizerFast(vocab={"[PAD]": 0, "[UNK]": 1})
    return trainer.train(model, rows, tokenizer, choices, trainer.Distillation(2.0, 0.5), callbacks, strategy)


def step_ratios() -> dict[str, float]:
    """Median over the rounds of each subset's seconds over plain training's seconds in the same round."""
    seconds = {name: [] for name in SUBSETS}
    train(())  # the first training of a process is slower, and is not counted
    for _ in range(ROUNDS):
        for name, subset in SUBSETS.items():
            seconds[name].append(train(subset).seconds)
    plain = seconds["plain"]
    return {n: statistics.median(a / b for a, b in zip(s, plain, strict=True)) for n, s in seconds.items()}


def bucketing_ratio() -> float:
    """Examples per second with length-bucketed batches over those with random batches, median of the rounds."""
    pairs = [(train(()), train((), "random")) for _ in range(ROUNDS)]
    return statistics.median(
        bucketed.examples_per_second / shuffled.examples_per_second for bucketed, shuffled in pairs
    )


def peak_bytes(name: str) -> int:
    """Peak resident memory of a fresh process that trains one subset."""
    command = [sys.executable, "-m", "compressions.measurements.training_step", "--peak", name]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def table() -> dict[str, float]:
    """Every measured ratio by its name."""
    steps = {f"step: {name}": ratio for name, ratio in step_ratios().items() if name != "plain"}
    memory = peak_bytes("all three") / peak_bytes("plain")
    return {**steps, "peak memory: all three": memory, "examples per second: bucketed": bucketing_ratio()}


def main(target: str, name: str = "") -> None:
    """Measure, print and write the table; or, for a child process, train one subset and print its peak memory."""
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    datasets.disable_progress_bars()
    if target == "--peak":
        train(SUBSETS[name])
        print(peak_memory_bytes())
        return
    ratios = table()
    for what, ratio in ratios.items():
        print(f"{what:32} {ratio:5.2f} × plain")
    write_whole(Path(target), json.dumps({"ratios": ratios, **environment()}, indent=1).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
