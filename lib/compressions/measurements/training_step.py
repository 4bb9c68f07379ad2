"""`make bench`: what each method adds to plain training, and how near plain training is to a matrix product's rate.

All on one thread, in turn.
"""

import json
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import datasets
import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertForSequenceClassification, BertTokenizerFast, logging, set_seed

from compressions.errors import command
from compressions.experiments.provenance import environment, peak_memory_bytes
from compressions.files import write_whole
from compressions.methods import pruning, quantization
from compressions.models.architectures import SHAPES
from compressions.models.checkpoints import bert_config
from compressions.training import trainer
from compressions.training.callbacks import PruningSchedule
from compressions.training.choices import Choices
from compressions.training.precision import autocast, has_bfloat16

ROUNDS = 3
STEPS = 40
BATCH = 32
LABELS = 2
MEAN_LENGTH, SPREAD, LONGEST = 38.5, 0.6, 128
SIZES = ("tiny", "mini", "minilm")  # whose plain steps are held against a matrix product
SQUARE, PRODUCTS = 1024, 10  # the matrices of that product, and how many are timed at once
OPERATORS = 8  # of which a step's time is told apart
SUBSETS = {"plain": (), "mp": ("mp",), "qat": ("qat",), "kd": ("kd",), "all three": ("qat", "kd", "mp")}


def synthetic_rows(count: int) -> datasets.Dataset:
    """Random token ids in rows of log-normal length, mean 38.5 as in GLUE, with labels and a teacher's logits."""
    rng = np.random.default_rng(0)
    lengths = rng.lognormal(np.log(MEAN_LENGTH) - SPREAD**2 / 2, SPREAD, count).clip(4, LONGEST).astype(int)
    return datasets.Dataset.from_dict(
        {
            "input_ids": [rng.integers(5, SHAPES["mini"].vocabulary, length).tolist() for length in lengths],
            "attention_mask": [[1] * length for length in lengths],
            "labels": rng.integers(0, LABELS, count).tolist(),
            "teacher_logits": rng.normal(size=(count, LABELS)).tolist(),
        }
    )


def train(
    subset: tuple[str, ...], strategy: str = "group_by_length", size: str = "mini", precision: str = "float32"
) -> trainer.Trained:
    """Train an encoder with random weights and a subset of the methods, always on the same rows."""
    rows = synthetic_rows(STEPS * BATCH)
    rows = rows if "kd" in subset else rows.remove_columns("teacher_logits")
    set_seed(0)
    model, callbacks = BertForSequenceClassification(bert_config(SHAPES[size], num_labels=LABELS)), []
    if "mp" in subset:
        pruning.prune(model)
        callbacks = [PruningSchedule(0.6, 0.1, 0.7, 16)]
    if "qat" in subset:
        quantization.prepare_qat(model)
    choices = Choices(epochs=1, learning_rate=1e-4, batch_size=BATCH, weight_decay=0.01, warmup=0.1, seed=0)
    tokenizer = BertTokenizerFast(vocab={"[PAD]": 0, "[UNK]": 1})
    distillation = trainer.Distillation(2.0, 0.5)
    return trainer.train(model, rows, tokenizer, choices, distillation, callbacks, strategy, precision)


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


def product_rate(precision: str) -> float:
    """Floating-point operations per second of a product of square matrices: the best of some rounds."""
    left, right = torch.randn(2, SQUARE, SQUARE)
    seconds = []
    with torch.inference_mode(), autocast(left.device, precision):
        for _ in range(ROUNDS + 1):
            start = time.perf_counter()
            for _ in range(PRODUCTS):
                left @ right
            seconds.append(time.perf_counter() - start)
    return PRODUCTS * 2 * SQUARE**3 / min(seconds)


def product_shares() -> dict[str, float]:
    """The rate of plain training over that of a matrix product, by size and precision; medians over the rounds.

    The operations of training are those of its products, forward and backward, as PyTorch counts them.
    """
    precisions = ["float32", *(["bfloat16"] if has_bfloat16() else [])]
    shares = {}
    for size in SIZES:
        with FlopCounterMode(display=False) as counter:
            train((), size=size)
        operations = counter.get_total_flops()
        for precision in precisions:
            rates = [
                operations / train((), size=size, precision=precision).seconds / product_rate(precision)
                for _ in range(ROUNDS)
            ]
            shares[f"{size}, {precision}"] = median(rates)
    return shares


def operator_shares() -> dict[str, float]:
    """The shares of a plain MINI's training time by PyTorch's operators, the largest first."""
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        train(())
    times = {each.key: each.self_cpu_time_total for each in profiled.key_averages()}
    largest = sorted(times, key=times.get, reverse=True)[:OPERATORS]
    return {name: times[name] / sum(times.values()) for name in largest}


def main(target: str) -> None:
    """Measure, print and write ratios and shares."""
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    datasets.disable_progress_bars()
    ratios = {f"step: {name}": ratio for name, ratio in step_ratios().items()}
    ratios["peak memory: all three"] = peak_bytes("all three") / peak_bytes("plain")
    ratios["examples per second: bucketed"] = bucketing_ratio()
    for what, ratio in ratios.items():
        print(f"{what:32} {ratio:5.2f} × plain")
    shares, operators = product_shares(), operator_shares()
    for what, share in shares.items():
        print(f"{what:32} {share:5.0%} of a matrix product's rate")
    for what, share in operators.items():
        print(f"{what:32} {share:5.0%} of a plain step")
    measured = {"ratios": ratios, "product_shares": shares, "operator_shares": operators}
    write_whole(Path(target), json.dumps(measured | environment(), indent=1).encode())


if __name__ == "__main__":
    command(main)
