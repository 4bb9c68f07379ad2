"""`make package`: a compressed model as a self-contained folder with a model card, which runs without torch."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import AutoConfig, AutoTokenizer

from compressions.analysis.bootstrap import Z, row_counts
from compressions.analysis.scores import scores
from compressions.data.csv_task import find_task
from compressions.data.tasks import Task
from compressions.delivery import predict
from compressions.errors import command, require
from compressions.experiments.configurations import Configuration
from compressions.experiments.records import read_predictions
from compressions.experiments.table import markdown_table
from compressions.files import root, whole_folder
from compressions.measurements import latency
from compressions.measurements.artifacts import model_name, read_with_artifact
from compressions.measurements.model_bytes import measure
from compressions.measurements.onnx_scores import onnx_scores, rows_source
from compressions.models.architectures import size_from
from compressions.storage.artifact import load_artifact, load_packed, pack_artifact
from compressions.storage.onnx import session, to_onnx
from compressions.storage.size_measures import DESCRIPTIONS

SECONDS = 2.0  # that each shape is timed
DRAWS = 1000


def package(path: Path, artifacts: Path, out: Path) -> dict:
    """Write the folder `out` for the record at `path`, and return what its card says: score, bytes, milliseconds.

    The folder is written whole or not at all. Raises `BadInput` for a broken record or artifact, for other rows than
    the record's, and for a full disk.
    """
    record, folder = read_with_artifact(path, artifacts)
    model, task = load_artifact(folder), find_task(record["specification"]["task"], path.resolve().parents[2])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    predictions, labels = read_predictions(path)
    found = {
        "error": score_error(task, labels, predictions),
        "onnx": onnx_scores(record, task, folder, rows_source(), predictions),
        "bytes": {name: size for name, size in measure(record, folder)[0].items() if name in DESCRIPTIONS},
    }
    with whole_folder(out) as new:
        (new / "model.packed").write_bytes(pack_artifact(folder))
        load_packed((new / "model.packed").read_bytes())
        (new / "model.onnx").write_bytes(to_onnx(model))
        tokenizer.backend_tokenizer.save(str(new / "tokenizer.json"))
        length = min(record["specification"]["max_length"], model.config.max_position_embeddings)
        about = {"columns": task.columns, "labels": task.labels, "max_length": length}
        (new / "model.json").write_text(json.dumps(about, indent=1))
        shutil.copy(predict.__file__, new / "predict.py")
        found["latency"] = _latency(folder, record["configuration"], (new / "model.onnx").read_bytes())
        (new / "README.md").write_text(card(record, task, found, out.name))
    return found


def score_error(task: Task, labels: np.ndarray, predictions: np.ndarray) -> float:
    """Bootstrap standard error of a score over validation rows; the noise of seeds is not in it."""
    counts = row_counts(np.random.default_rng(0), DRAWS, len(labels))
    return float(scores(task.scored, labels, predictions[None], counts).std())


def _latency(folder: Path, name: str, content: bytes) -> list[dict]:
    """Milliseconds of the exported model, measured in turn with an fp32 model of the same shape."""
    size = size_from(folder.parent.name, AutoConfig.from_pretrained(folder).to_dict())
    plain = session(to_onnx(latency.random_model(size, Configuration())))
    rows = latency.measure(size, {"fp32": plain, name: session(content)}, SECONDS)
    return [row for row in rows if row["configuration"] == name]


def card(record: dict, task: Task, found: dict, name: str) -> str:
    """The model card, in Markdown."""
    chosen, teacher, onnx = record["specification"], record.get("teacher"), found["onnx"]
    margin = Z * found["error"]
    example, whose = " ".join(f'"{column}"' for column in task.columns), "the task" if task.custom else "GLUE's"
    metrics = ", ".join(f"{metric} {record[metric]:.1f}" for metric in task.metrics)
    sizes = found["bytes"].items()
    counted = [{"size measure": name, "bytes": f"{n:,}", "is": DESCRIPTIONS[name]} for name, n in sizes]
    timed = pd.DataFrame(found["latency"])[["batch", "length", "ms", "ratio"]].round(2)
    lines = [
        f"---\ntags: [bert, {task.name}, compression, int8, pruning]\n---",
        f"# {name}",
        f"BERT {chosen['size'].upper()} for {whose} {task.name}, compressed by `{record['configuration']}`.",
        f"```\npip install 'onnxruntime>=1.23' tokenizers\npython predict.py {example}\n```",
        "## Score",
        f"{record['score']:.1f} ± {margin:.1f} (95 %, the noise of {onnx['rows']:,} validation rows; one seed, whose "
        f"own noise is not in it): {metrics}. `model.onnx` scores {onnx['onnx_score']:.1f} and answers otherwise in "
        f"{onnx['differing']} rows.",
        "## Bytes",
        markdown_table(pd.DataFrame(counted)),
        f"`model.onnx`, which stores zeros like any number, has {onnx['onnx_bytes']:,}.",
        "## Milliseconds",
        "`model.onnx` in ONNX Runtime on one thread; `ratio` is the time of an fp32 model of this shape over its own.",
        markdown_table(timed),
        "## How it was made",
        f"Teacher: {teacher['name'] if teacher else 'none'}. Commit of the code: {record['commit']}. Every choice:",
        f"```json\n{json.dumps(chosen, indent=1)}\n```",
    ]
    return "\n\n".join(lines) + "\n"


def main(record: str, out: str = "") -> None:
    """Package, and say where; without `out` the folder is called by its record."""
    example = "results/local/mrpc/tiny/qat+kd-seed0.json"
    require(bool(record), f"no record is named; for example: make package RECORD={example}")
    torch.set_num_threads(1)
    target = Path(out) if out else root() / "_build/packages" / model_name(Path(record))
    found = package(Path(record), root() / "artifacts", target)
    print(f"{target}: {found['bytes']['packed']:,} bytes packed, {found['onnx']['onnx_bytes']:,} as ONNX")


if __name__ == "__main__":
    command(main)
