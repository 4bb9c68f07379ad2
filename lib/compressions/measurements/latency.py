"""`make latency`: milliseconds of compressed models in ONNX Runtime on one thread, in turn with an fp32 model.

Time depends on a model's shape and not on what it has learned: the weights are random, and no size has to be trained.
"""

import json
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import psutil
import torch
from torch import nn
from transformers import AutoModelForSequenceClassification, logging, set_seed

from compressions.errors import command
from compressions.experiments.configurations import Configuration
from compressions.experiments.provenance import environment
from compressions.files import write_whole
from compressions.measurements import openvino_peer
from compressions.measurements.runtimes import OURS, PEER
from compressions.methods import pruning, quantization
from compressions.models.architectures import SHAPES, Size
from compressions.models.checkpoints import bert_config
from compressions.storage import openvino
from compressions.storage.artifact import finish
from compressions.storage.onnx import INPUTS, session, to_onnx

CONFIGURATIONS = (
    Configuration(),
    Configuration(("mp",), 0.6),
    Configuration(("qat",)),
    Configuration(("qat", "mp"), 0.6),
    Configuration(("qat",), bits=4),
)
# LARGE alone would take as long as all the others.
SIZES = tuple(sorted((size for size in SHAPES.values() if size.name != "large"), key=lambda size: size.parameters))
BATCHES = [(batch, length) for batch in (1, 8) for length in (32, 128)]
MIN_ROUNDS, MAX_ROUNDS, SECONDS = 3, 101, 5.0  # a shape is measured for so many seconds
PROCESSOR = Path("/proc/cpuinfo")
# What decides how fast a processor multiplies int8 and bf16, by its name in /proc/cpuinfo.
INSTRUCTIONS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm")


def random_model(size: Size, configuration: Configuration) -> nn.Module:
    """A finished two-label classifier with random weights, pruned and quantized as the configuration says."""
    set_seed(0)
    model = AutoModelForSequenceClassification.from_config(bert_config(size, num_labels=2))
    if configuration.uses("mp"):
        pruning.prune(model)
        pruning.set_sparsity(model, configuration.sparsity)
    if configuration.uses("qat"):
        quantization.prepare_qat(model, bits=configuration.bits)
        with torch.no_grad():
            model.train()(torch.randint(size.vocabulary, (1, 16)))  # sets the ranges of activations
    return finish(model, "channel" if configuration.uses("qat") else None, configuration.bits)


def inputs(batch: int, length: int, vocabulary: int) -> dict[str, np.ndarray]:
    """Random token ids, masks of ones and segments of zeros, `(batch, length)` each."""
    tokens = np.random.default_rng(0).integers(vocabulary, size=(batch, length))
    return dict(zip(INPUTS, (tokens, np.ones_like(tokens), np.zeros_like(tokens)), strict=True))


def seconds_in_turn(sessions: list, given: dict[str, np.ndarray], limit: float) -> np.ndarray:
    """Seconds `(rounds, sessions)`; each round runs every session once, so that a disturbance affects all.

    The order is drawn for each round: a session finds the caches as the one before it left them, so that in a fixed
    order one model would always pay for another. Rounds end after `limit` seconds, but not before `MIN_ROUNDS`.
    """
    for each in sessions:
        each.run(None, given)  # the first run of a shape allocates, and is not counted
    generator, rounds, began = np.random.default_rng(0), [], time.perf_counter()
    while len(rounds) < MIN_ROUNDS or (len(rounds) < MAX_ROUNDS and time.perf_counter() - began < limit):
        seconds = np.empty(len(sessions))
        for place in generator.permutation(len(sessions)):
            started = time.perf_counter()
            sessions[place].run(None, given)
            seconds[place] = time.perf_counter() - started
        rounds.append(seconds)
    return np.array(rounds)


def measure(size: Size, sessions: dict[str, object], limit: float, peer: str | None = None) -> list[dict]:
    """A row for each shape of a batch that the size can take and each session; the first session is the reference.

    `ms` is the median of milliseconds; `ratio` the median, with `low` and `high` the quartiles, of the reference's time
    over the session's in the same round. Beside a `peer`, another session, `peer_ratio`, `peer_low` and `peer_high` are
    the same of the session's time over the peer's: below 1 the session is the faster of the two.
    """
    rows = []
    for batch, length in (shape for shape in BATCHES if shape[1] <= size.positions):
        seconds = seconds_in_turn(list(sessions.values()), inputs(batch, length, size.vocabulary), limit)
        times = dict(zip(sessions, seconds.T, strict=True))
        reference = next(iter(times.values()))
        for name, own in times.items():
            row = {"size": size.name, "configuration": name, "batch": batch, "length": length}
            row |= {"ms": 1000 * float(np.median(own)), "rounds": len(seconds)}
            row |= dict(zip(("low", "ratio", "high"), _quartiles(reference / own), strict=True))
            if peer:
                row |= dict(zip(("peer_low", "peer_ratio", "peer_high"), _quartiles(own / times[peer]), strict=True))
            rows.append(row)
    return rows


def _quartiles(values: np.ndarray) -> list[float]:
    return np.quantile(values, [0.25, 0.5, 0.75]).tolist()


def machine() -> dict:
    """The processor's instructions for small numbers, and the machine's load before anything is measured."""
    flags = set(PROCESSOR.read_text().split()) if PROCESSOR.is_file() else set()
    return {"instructions": [name for name in INSTRUCTIONS if name in flags], "load": round(psutil.getloadavg()[0], 1)}


def main(target: str) -> None:
    """Measure every size but LARGE, with OpenVINO where it is installed; write the rows and the machine as JSON."""
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    began, about = time.perf_counter(), environment()
    about["machine"] |= machine()
    print("{processor}, one thread of {cores}, {instructions}; load {load}".format(**about["machine"]))
    peer = PEER if openvino_peer.installed() else None
    if not peer:
        print("OpenVINO is not measured; it needs: pip install -e '.[peers]'")
    rows = []
    for size in SIZES:
        sessions = {each.name: session(to_onnx(random_model(size, each))) for each in CONFIGURATIONS}
        if peer:
            sessions[OURS] = openvino.openvino_session(
                openvino.to_openvino(random_model(size, Configuration(("qat",))))
            )
            sessions[peer] = openvino_peer.openvino_session(
                random_model(size, Configuration()), inputs(8, 32, size.vocabulary)
            )
        measured = measure(size, sessions, SECONDS, peer)
        for row in measured:
            print("{size:7} {configuration:13} batch {batch} x {length:3}: {ms:9.2f} ms, {ratio:.2f}".format(**row))
        rows += measured
    runtimes = {name: version(name) for name in ("onnxruntime", *(openvino_peer.PACKAGES if peer else ()))}
    content = {"rows": rows, "runtimes": runtimes, "seconds": time.perf_counter() - began, **about}
    write_whole(Path(target), json.dumps(content, indent=1).encode())


if __name__ == "__main__":
    command(main)
