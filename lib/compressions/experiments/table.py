"""`make results`: a grid's records as one tidy table, with a README on its columns and on what was run where."""

import io
from pathlib import Path

import pandas as pd

from compressions.errors import command, require
from compressions.experiments.records import read_all
from compressions.files import root, write_whole

# For each column the field of a record, and its description.
COLUMNS = {
    "task": ("specification.task", "the GLUE task"),
    "size": ("specification.size", "the encoder's size, or its folder's name"),
    "configuration": ("configuration", "the methods that are on, with the sparsity in percent; `aug` is the control"),
    "seed": ("specification.seed", "of the classification head, the order of rows and dropout"),
    "sparsity": ("specification.sparsity", "the part of the encoder's linear weights that is pruned"),
    "score": ("score", "the task's number on the validation split, times 100: the mean of its scored metrics"),
    "accuracy": ("accuracy", "times 100, as the metrics after it; empty where the task has none"),
    "f1": ("f1", "of the class that is numbered 1"),
    "mcc": ("mcc", "Matthews' correlation"),
    "pearson": ("pearson", "Pearson's correlation"),
    "spearman": ("spearman", "Spearman's rank correlation"),
    "parameters": ("parameters", "of encoder and pooler, without the classification head"),
    "non_zeros": ("non_zeros", "parameters that pruning has left"),
    "bits": ("bits", "of a stored parameter: 32, 8, 4, 3 or 2"),
    "megabytes": ("megabytes", "by the paper's size measure: non-zeros times bits / 8, over a million"),
    "artifact_bytes": ("artifact_bytes", "of the file of weights, zeros and all"),
    "train_rows": ("specification.train_rows_used", "training rows of the task"),
    "augmented_rows": (
        "augmented_rows",
        "copies of rows with synonyms: shown in the stead of their rows, or with doubled steps beside them",
    ),
    "validation_rows": ("specification.validation_rows", "rows that the score is of"),
    "learning_rate": ("specification.learning_rate", "at its peak"),
    "epochs": ("specification.epochs", "passes over the original rows; with doubled steps over their copies, too"),
    "steps": ("steps", "of the optimizer"),
    "seconds": ("seconds", "of training"),
    "examples_per_second": ("examples_per_second", "in training"),
    "evaluation_seconds": ("evaluation_seconds", "of scoring the loaded artifact"),
    "total_seconds": ("total_seconds", "of the configuration; that of the first student also of making its teacher"),
    "startup_seconds": ("startup_seconds", "from the process's start to its first configuration"),
    "peak_memory_bytes": ("peak_memory_bytes", "the most that the process had held by then"),
    "teacher": ("teacher.name", "the teacher's encoder"),
    "teacher_score": ("teacher.score", "its own score on the validation split"),
    "encoder_checksum": ("specification.encoder.pin", "of the pretrained encoder's files, or its revision"),
    "train_checksum": ("specification.train_fingerprint", "of the training rows"),
    "validation_checksum": ("specification.validation_fingerprint", "of the validation rows"),
    "device": ("machine.device", "`cpu`, or the GPU's name"),
    "processor": ("machine.processor", "the CPU's name"),
    "threads": ("machine.threads", "that the process computed with"),
    "precision": ("specification.precision", "of the products in training"),
    "torch": ("packages.torch", "the version of PyTorch"),
    "transformers": ("packages.transformers", "the version of Transformers"),
    "predictions_checksum": ("predictions_sha256", "of the predictions for the validation rows"),
    "commit": ("commit", "of the code"),
    "record": ("path", "the record's file"),
}
RUN_COLUMNS = ["size", "seed", "device", "processor", "threads", "precision", "torch", "transformers", "commit"]


def table(records: list[dict]) -> pd.DataFrame:
    """One row for each record, in order, with the columns of `COLUMNS`."""
    flat = pd.json_normalize(records).reindex(columns=[place for place, _ in COLUMNS.values()])
    found = flat.set_axis(list(COLUMNS), axis=1)
    return found.assign(precision=found.precision.astype("str").fillna("float32"))  # which a record leaves out


def readme(results: Path, frame: pd.DataFrame) -> str:
    """A folder's README in Markdown: what was run where, on which encoders and rows, and what the columns are."""
    rows = frame[["task", "train_rows", "train_checksum", "validation_rows", "validation_checksum"]]
    encoders = frame.groupby(["size", "encoder_checksum"], as_index=False).agg(records=("record", "size"))
    runs = frame.assign(commit=frame.commit.str[:12]).groupby(RUN_COLUMNS, as_index=False, dropna=False)
    columns = pd.DataFrame([(f"`{name}`", says) for name, (_, says) in COLUMNS.items()], columns=["column", "is"])
    lines = [
        f"# {results.name}",
        f"{len(frame)} records; `records.csv` and `records.parquet` are one table of them. `make results` writes the "
        "three files from the records.",
        "## What was run where",
        markdown_table(runs.agg(tasks=("task", "nunique"), records=("record", "size"))),
        "## Encoders",
        markdown_table(encoders),
        "## Rows",
        markdown_table(rows.drop_duplicates().sort_values("task")),
        "## Columns",
        markdown_table(columns),
    ]
    return "\n\n".join(lines) + "\n"


def markdown_table(frame: pd.DataFrame) -> str:
    """A data frame as a Markdown table, without its index."""
    rows = [frame.columns, ["---"] * len(frame.columns), *frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(str(value) for value in row) + " |" for row in rows)


def write_table(results: Path) -> pd.DataFrame:
    """Write `records.csv`, `records.parquet` and `README.md` beside the records, and return the table.

    Raises `BadInput` for a folder without records, or with a broken one.
    """
    frame = table(read_all(results))
    require(len(frame) > 0, f"{results} holds no records; make grid makes some")
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    write_whole(results / "records.csv", frame.to_csv(index=False).encode())
    write_whole(results / "records.parquet", parquet.getvalue())
    write_whole(results / "README.md", readme(results, frame).encode())
    return frame


if __name__ == "__main__":
    command(lambda results: write_table(root() / results))
