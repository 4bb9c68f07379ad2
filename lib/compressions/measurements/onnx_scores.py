"""`make exported`: scores of a folder's artifacts in ONNX Runtime, on whole validation splits."""

import os
from pathlib import Path

import datasets
import numpy as np
import pandas as pd
import torch
from transformers import AutoTokenizer

from compressions.data.csv_task import find_task
from compressions.data.glue import load, rows_fingerprint
from compressions.data.tasks import HUB, Task
from compressions.data.tokenized import tokenize
from compressions.errors import command, require_same
from compressions.experiments.records import read_predictions
from compressions.files import root
from compressions.measurements.artifacts import measure_missing
from compressions.storage import artifact
from compressions.storage.onnx import OnnxModel, to_onnx
from compressions.training import metrics, trainer

NAME = "exported.csv"


def rows_source() -> str:
    """Where the rows of a record of GLUE's tasks are: what the variable GLUE names, or the hub."""
    return os.environ.get("GLUE", HUB)


def onnx_scores(record: dict, task: Task, folder: Path, glue: str, predictions: np.ndarray) -> dict:
    """The exported artifact's score on the whole validation split, and how many of its predictions differ.

    `predictions` `(rows,)` are the record's; a graded prediction differs when it is off by more than 0.01. Raises
    `BadInput` where `glue` does not hold the rows that the record is of.
    """
    chosen = record["specification"]
    rows = load(task, glue).validation
    found = {"validation_fingerprint": rows_fingerprint(task, rows)}
    wanted = {"validation_fingerprint": chosen["validation_fingerprint"]}
    require_same(f"the record {record['path']}", wanted, found, "name its rows with GLUE")
    model = artifact.load_artifact(folder)
    content, tokenizer = to_onnx(model), AutoTokenizer.from_pretrained(folder)
    tokens = tokenize(rows, task, tokenizer, min(chosen["max_length"], model.config.max_position_embeddings))
    own = task.predictions(trainer.predict(OnnxModel(content), tokens, tokenizer).numpy())
    labels = np.array(rows["label"])
    differing = own != predictions if task.labels else np.abs(own - predictions) > 0.01
    scores = {"score": record["score"], "onnx_score": metrics.scores(task, labels, own)["score"]}
    return {"rows": len(rows), **scores, "differing": int(differing.sum()), "onnx_bytes": len(content)}


def main(results: str) -> None:
    """Score the artifacts of a folder's records that were not scored yet."""
    torch.set_num_threads(1)
    datasets.disable_progress_bars()
    folder = root() / results

    def row(record: dict, artifact: Path) -> list[dict]:
        predictions, _ = read_predictions(folder / record["path"])
        task = find_task(record["specification"]["task"], folder)
        return [onnx_scores(record, task, artifact, rows_source(), predictions)]

    path = folder / NAME
    measure_missing(path, pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=["artifact_sha256"]), row)


if __name__ == "__main__":
    command(main)
