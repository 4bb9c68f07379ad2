"""`make exported`: scores of a folder's artifacts in ONNX Runtime, on whole validation splits."""

import os
from pathlib import Path

import datasets
import numpy as np
import torch
from torch import nn
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from compressions.data.csv_task import find_task
from compressions.data.glue import load, rows_fingerprint
from compressions.data.tasks import HUB, Task
from compressions.data.tokenized import tokenize
from compressions.errors import command, require, require_same
from compressions.experiments.records import read_predictions
from compressions.files import root
from compressions.measurements.artifacts import measure_missing
from compressions.measurements.exported import EXPORTED_FILE, read_exported
from compressions.storage import artifact
from compressions.storage.onnx import ExportedModel, session, to_onnx
from compressions.training import metrics, trainer


def glue_source() -> str:
    """Where the rows of a record of GLUE's tasks are: what the variable GLUE names, or the hub."""
    return os.environ.get("GLUE", HUB)


def onnx_scores(record: dict, task: Task, folder: Path, glue: str, predictions: np.ndarray) -> dict:
    """The exported artifact's score on the whole validation split, and how many of its predictions differ.

    `predictions` `(rows,)` are the record's. Raises `BadInput` where `glue` does not hold the rows of the record.
    """
    rows = validation_rows(record, task, glue)
    model, tokenizer = artifact.load_artifact(folder), AutoTokenizer.from_pretrained(folder)
    tokens = tokenize(rows, task, tokenizer, longest(record, model))
    content = to_onnx(model)
    found = compare(ExportedModel(session(content)), task, tokens, tokenizer, np.array(rows["label"]), predictions)
    scores = {"score": record["score"], "onnx_score": found["score"], "differing": found["differing"]}
    return {"rows": len(rows), **scores, "onnx_bytes": len(content)}


def validation_rows(record: dict, task: Task, glue: str) -> datasets.Dataset:
    """The validation split that a record is of. Raises `BadInput` where it is of other rows, or `glue` holds others."""
    share = record["specification"].get("held_out")
    require(not share, f"{record['path']} is scored on held_out {share} of the training rows; take one with held_out 0")
    rows = load(task, glue).validation
    found = {"validation_fingerprint": rows_fingerprint(task, rows)}
    wanted = {"validation_fingerprint": record["specification"]["validation_fingerprint"]}
    remedy = f"restore {task.files.validation}" if task.custom else "name its rows with GLUE"
    require_same(f"the record {record['path']}", wanted, found, remedy)
    return rows


def longest(record: dict, model: nn.Module) -> int:
    """Tokens at which texts were cut for a record and its model."""
    return min(record["specification"]["max_length"], model.config.max_position_embeddings)


def compare(
    model: nn.Module,
    task: Task,
    tokens: datasets.Dataset,
    tokenizer: PreTrainedTokenizerBase,
    labels: np.ndarray,
    predictions: np.ndarray,
) -> dict:
    """The `score` of a model on tokenized rows, and how many of its predictions are `differing` from those given.

    A graded prediction differs when it is off by more than 0.01.
    """
    own = task.predictions(trainer.predict(model, tokens, tokenizer).numpy())
    differing = own != predictions if task.labels else np.abs(own - predictions) > 0.01
    return {"score": metrics.scores(task, labels, own)["score"], "differing": int(differing.sum())}


def main(results: str) -> None:
    """Score the artifacts of a folder's records that were not scored yet."""
    torch.set_num_threads(1)
    datasets.disable_progress_bars()
    folder = root() / results

    def row(record: dict, artifact: Path) -> list[dict]:
        predictions, _ = read_predictions(folder / record["path"])
        task = find_task(record["specification"]["task"], folder)
        return [onnx_scores(record, task, artifact, glue_source(), predictions)]

    measure_missing(folder / EXPORTED_FILE, read_exported(folder), row)


if __name__ == "__main__":
    command(main)
