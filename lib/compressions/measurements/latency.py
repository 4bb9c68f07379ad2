"""`make latency`: milliseconds of compressed models in ONNX Runtime on one thread, in turn with an fp32 model.

Time depends on a model's shape and not on what it has learned: the weights are random, and no size has to be trained.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import AutoModelForSequenceClassification, logging, set_seed

from compressions.experiments.configurations import Configuration
from compressions.experiments.provenance import environment
from compressions.files import write_whole
from compressions.measurements import openvino_peer
from compressions.methods import pruning, quantization
from compressions.models.architectures import SIZES, Size
from compressions.models.checkpoints import bert_config
from compressions.storage.artifact import finish
from compressions.storage.onnx import INPUTS, session, to_onnx

CONFIGURATIONS = (
    Configuration(),
    Configuration(("mp",), 0.6),
    Configuration(("qat",)),
    Configuration(("qat", "mp"), 0.6),
)
SHAPES = [(batch, length) for batch in (1, 8) for length in (32, 128)]
MIN_ROUNDS, MAX_ROUNDS, SECONDS = 7, 101, 20.0  # a shape is measured for so many seconds


def random_model(size: Size, configuration: Configuration) -> nn.Module:
    """A finished two-label classifier with random weights, pruned and quantized as the configuration says."""
    set_seed(0)
    model = AutoModelForSequenceClassification.from_config(bert_config(size, num_labels=2))
    if configuration.uses("mp"):
        pruning.prune(model)
        pruning.set_sparsity(model, configuration.sparsity)
    if configuration.uses("qat"):
        quantization.quantize(model)
        with torch.no_grad():
            model.train()(torch.randint(size.vocabulary, (1, 16)))  # sets the ranges of activations
    return finish(model, "channel" if configuration.uses("qat") else None)


def inputs(batch: int, length: int, vocabulary: int) -> dict[str, np.ndarray]:
    """Random token ids, masks of ones and segments of zeros, `(batch, length)` each."""
    tokens = np.random.default_rng(0).integers(vocabulary, size=(batch, length))
    return dict(zip(INPUTS, (tokens, np.ones_like(tokens), np.zeros_like(tokens)), strict=True))


def seconds_in_turn(sessions: list, given: dict[str, np.ndarray], limit: float) -> np.ndarray:
    """Seconds `(rounds, sessions)`; each round runs every session once, so that a disturbance affects all.

    Rounds end after `limit` seconds, but not before `MIN_ROUNDS`.
    """
    for each in sessions:
        each.run(None, given)  # the first run of a shape allocates, and is not counted
    rounds, began = [], time.perf_counter()
    while len(rounds) < MIN_ROUNDS or (len(rounds) < MAX_ROUNDS and time.perf_counter() - began < limit):
        times = [time.perf_counter()]
        for each in sessions:
            each.run(None, given)
            times.append(time.perf_counter())
        rounds.append(np.diff(times))
    return np.array(rounds)


def measure(size: Size, sessions: dict[str, object], limit: float = SECONDS) -> list[dict]:
    """A row for each shape of a batch that the size can take and each session; the first session is the reference.

    `ms` is the median of milliseconds; `ratio` the median, with `low` and `high` the quartiles, of the reference's time
    over the session's in the same round.
    """
    rows = []
    for batch, length in (shape for shape in SHAPES if shape[1] <= size.positions):
        seconds = seconds_in_turn(list(sessions.values()), inputs(batch, length, size.vocabulary), limit)
        for place, name in enumerate(sessions):
            low, ratio, high = np.quantile(seconds[:, 0] / seconds[:, place], [0.25, 0.5, 0.75]).tolist()
            row = {"size": size.name, "configuration": name, "batch": batch, "length": length}
            row |= {"ms": 1000 * float(np.median(seconds[:, place])), "ratio": ratio, "low": low, "high": high}
            rows.append(row | {"rounds": len(seconds)})
    return rows


def main(target: str) -> None:
    """Measure every size of the paper, and OpenVINO where it is installed; write the rows and the machine as JSON."""
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    beside = openvino_peer.installed()
    if not beside:
        print(f"OpenVINO is not measured; it needs: pip install {' '.join(openvino_peer.PACKAGES)}")
    rows, peers = [], []
    for size in SIZES.values():
        sessions = {each.name: session(to_onnx(random_model(size, each))) for each in CONFIGURATIONS}
        measured = measure(size, sessions)
        compared = []
        if beside:
            theirs = openvino_peer.openvino_session(random_model(size, Configuration()), inputs(8, 32, size.vocabulary))
            compared = measure(size, {"qat": sessions["qat"], openvino_peer.NAME: theirs})
        for row in measured + compared:
            print("{size:7} {configuration:13} batch {batch} x {length:3}: {ms:9.2f} ms, {ratio:.2f}".format(**row))
        rows, peers = rows + measured, peers + compared
    runtimes = {name: version(name) for name in ("onnxruntime", *(openvino_peer.PACKAGES if beside else ()))}
    content = {"rows": rows, "peers": peers, "runtimes": runtimes, **environment()}
    write_whole(Path(target), json.dumps(content, indent=1).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
