"""`make package`: a compressed model as a folder that Hugging Face's tools open, and that runs without torch."""

import json
import shutil
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import AutoTokenizer

from compressions.analysis.bootstrap import Z, row_counts
from compressions.analysis.scores import scores
from compressions.data.csv_task import find_task
from compressions.data.tasks import Task
from compressions.data.tokenized import tokenize
from compressions.delivery import predict
from compressions.delivery.card import card
from compressions.errors import command, require
from compressions.experiments.records import read_predictions
from compressions.files import root, whole_folder
from compressions.measurements import latency
from compressions.measurements.artifacts import model_name, named_record, read_with_artifact
from compressions.measurements.onnx_scores import compare, glue_source, longest, validation_rows
from compressions.models.architectures import size_from
from compressions.storage import openvino
from compressions.storage.artifact import count, load_artifact, load_packed, pack_artifact
from compressions.storage.model_bytes import measure
from compressions.storage.onnx import ExportedModel, session, to_onnx
from compressions.storage.plain import plain_model
from compressions.storage.size_measures import DESCRIPTIONS, WHOLE

# Where Transformers.js looks for a model, by what it calls the kind of its weights.
ONNX = {"fp32": "onnx/model.onnx", "q8": "onnx/model_quantized.onnx", "q4": "onnx/model_q4.onnx"}
OPENVINO = f"{openvino.FOLDER}/{openvino.BIN}"
PACKAGE = {"model.json", "model.packed", "predict.py"}  # by which a package is known; what else may be in one:
OTHERS = ("README.md", "*.json", "model.*", "onnx", "openvino", "tokenizer*", "vocab.*", "merges.txt")
SECONDS = 2.0  # that each shape is timed
DRAWS = 1000


def package(path: Path, out: Path) -> dict:
    """Write the folder `out` for the record at `path`, and return what its card says.

    That is `rows` of validation, the score's `margin`, `dtype` and file of the model's own weights (`onnx`), the score
    and the `differing` answers of each of the `forms`, bytes of `files` and by size measure, and `latency`. The folder
    is written whole or not at all. Raises `BadInput` for a broken record or artifact, for other rows than the record's,
    for an `out` that holds anything but an earlier package, and for a full disk.
    """
    check_replaceable(out)
    record, folder = read_with_artifact(path)
    task = find_task(record["specification"]["task"], path.resolve().parents[2])
    rows, (predictions, labels) = validation_rows(record, task, glue_source()), read_predictions(path)
    model, tokenizer = load_artifact(folder), AutoTokenizer.from_pretrained(folder)
    plain, dtype, size = plain_model(model), dtype_of(model), size_from(folder.parent.name, model.config.to_dict())
    exported = {ONNX["fp32"]: to_onnx(plain), ONNX[dtype]: to_onnx(model)}
    sessions = {file: session(content) for file, content in exported.items()}
    if openvino.installed():
        files = openvino.to_openvino(model)
        exported |= {f"{openvino.FOLDER}/{name}": content for name, content in files.items()}
        sessions[OPENVINO] = openvino.openvino_session(files)
    tokenizer.model_max_length = longest(record, model)
    tokens = tokenize(rows, task, tokenizer, tokenizer.model_max_length)
    forms = {"model.safetensors": plain, **{file: ExportedModel(each) for file, each in sessions.items()}}
    found = {
        "rows": len(rows),
        "margin": Z * score_error(task, labels, predictions),
        "dtype": dtype,
        "onnx": ONNX[dtype],
        "forms": {file: compare(form, task, tokens, tokenizer, labels, predictions) for file, form in forms.items()},
        "bytes": {name: n for name, n in measure(record, folder)[WHOLE].items() if name in DESCRIPTIONS},
        # In turn; the first, in fp32, is the reference.
        "latency": latency.measure(size, sessions, SECONDS),
    }
    with whole_folder(out) as new:
        setattr(plain.config, "transformers.js_config", {"dtype": dtype})
        plain.save_pretrained(new)
        tokenizer.save_pretrained(new)
        for file, content in {"model.packed": pack_artifact(folder), **exported}.items():
            (new / file).parent.mkdir(exist_ok=True)
            (new / file).write_bytes(content)
        load_packed(new / "model.packed")
        about = {"columns": task.columns, "labels": task.labels, "onnx": ONNX[dtype]}
        (new / "model.json").write_text(json.dumps(about | {"max_length": tokenizer.model_max_length}, indent=1))
        shutil.copy(predict.__file__, new / "predict.py")
        found["files"] = {file: (new / file).stat().st_size for file in ("model.packed", *forms)}
        (new / "README.md").write_text(card(record, task, found, out.name))
    return found


def check_replaceable(out: Path) -> None:
    """Raise `BadInput` unless `out` is free, an empty folder, or a package alone, which a new one may replace."""
    there = {each.name for each in out.iterdir()} if out.is_dir() else set()
    more = sorted(name for name in there - PACKAGE if not any(fnmatch(name, each) for each in OTHERS))
    free = not out.exists() or (out.is_dir() and (not there or there >= PACKAGE))
    require(free, f"{out} is no package, and would be lost; take an empty folder, or one that is not there yet")
    require(not more, f"{out} holds more than a package, which would be lost: {', '.join(more[:3])}; take another")


def dtype_of(model: nn.Module) -> str:
    """What Transformers.js calls the kind of a finished model's weights: `fp32`, `q8`, or `q4` for fewer bits."""
    bits = count(model).bits
    return "q4" if bits < 8 else "q8" if bits == 8 else "fp32"


def score_error(task: Task, labels: np.ndarray, predictions: np.ndarray) -> float:
    """Bootstrap standard error of a score over validation rows; the noise of seeds is not in it."""
    counts = row_counts(np.random.default_rng(0), DRAWS, len(labels))
    return float(scores(task.scored, labels, predictions[None], counts).std())


def package_folder(record: Path, out: str) -> Path:
    """`out`, or the folder that is called by its record, with `-` for `+`, which the hub allows in no name."""
    return Path(out) if out else root() / "_build/packages" / model_name(record).replace("+", "-")


def main(record: str, out: str = "") -> None:
    """Package, and say where; without `out` the folder is called by its record."""
    path = named_record(record, "make package")
    torch.set_num_threads(1)
    target = package_folder(path, out)
    found = package(path, target)
    if not openvino.installed():
        print("openvino/ is not written: OpenVINO is not installed (pip install openvino)")
    print(f"{target}: {found['bytes']['packed']:,} bytes packed, {found['files'][found['onnx']]:,} as ONNX")


if __name__ == "__main__":
    command(main)
