"""`make bench`: training time and memory of each method over those of plain training, in turn on one thread."""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import datasets
import numpy as np
import torch
from transformers import BertForSequenceClassification, BertTokenizerFast, logging, set_seed

from compressions.experiments.provenance import environment, peak_memory_bytes
from compressions.files import write_whole
from compressions.methods import pruning, quantization
from compressions.models.architectures import SIZES
from compressions.models.checkpoints import bert_config
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
    """Random token ids in rows of log-normal length, mean 38.5 as in GLUE, with labels and a teacher's logits."""
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


def train(subset: tuple[str, ...], strategy: str = "group_by_length") -> trainer.Trained:
    """Train a MINI with random weights and a subset of the methods, always on the same rows."""
    rows = synthetic_rows(STEPS * BATCH)
    rows = rows if "kd" in subset else rows.remove_columns("teacher_logits")
    set_seed(0)
    model, callbacks = BertForSequenceClassification(bert_config(SIZES["mini"], num_labels=LABELS)), []
    if "mp" in subset:
        pruning.prune(model)
        callbacks = [PruningSchedule(0.6, 0.1, 0.7, 16)]
    if "qat" in subset:
        quantization.quantize(model)
    choices = Choices(epochs=1, learning_rate=1e-4, batch_size=BATCH, weight_decay=0.01, warmup=0.1, seed=0)
    tokenizer = BertTokenizerFast(vocab={"[PAD]": 0, "[UNK]": 1})
    return trainer.train(model, rows, tokenizer, choices, trainer.Distillation(2.0, 0.5), callbacks, strategy)


def step_ratios() -> dict[str, float]:
    """Each subset's seconds over those of plain training in the same round; medians over the rounds."""
    train(())  # the first training of a process is slower, and is not counted
    rounds = [{name: train(subset).seconds for name, subset in SUBSETS.items()} for _ in range(ROUNDS)]
    return {name: median(each[name] / each["plain"] for each in rounds) for name in SUBSETS if name != "plain"}


def bucketing_ratio() -> float:
    """Examples per second with length-bucketed batches over those with random batches; median over the rounds."""
    return median(train((), "random").seconds / train(()).seconds for _ in range(ROUNDS))


def peak_bytes(name: str) -> int:
    """Peak resident memory of a fresh process that trains one subset."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_train_alone, SUBSETS[name]).result()


def _train_alone(subset: tuple[str, ...]) -> int:
    torch.set_num_threads(1)
    train(subset)
    return peak_memory_bytes()


def main(target: str) -> None:
    """Measure, print and write the ratios."""
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    datasets.disable_progress_bars()
    ratios = {f"step: {name}": ratio for name, ratio in step_ratios().items()}
    ratios["peak memory: all three"] = peak_bytes("all three") / peak_bytes("plain")
    ratios["examples per second: bucketed"] = bucketing_ratio()
    for what, ratio in ratios.items():
        print(f"{what:32} {ratio:5.2f} × plain")
    write_whole(Path(target), json.dumps({"ratios": ratios, **environment()}, indent=1).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
