"""`make size-measures`, and what other measurements share with it: finding artifacts and adding to a table of them."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from compressions.errors import BadInput, command, require
from compressions.experiments.records import read_all, read_record
from compressions.files import root, write_whole
from compressions.storage import model_bytes
from compressions.storage.manifest import artifact_fingerprint
from compressions.storage.size_measures import KEY, SIZE_MEASURES_FILE, key_of, read_size_measures


def artifact_folder(results: Path, record: dict) -> Path:
    """Where the artifact of a record of the folder `results` lies, as the record says.

    Raises `BadInput`, with how to make it again, where it is gone, was not kept, or is another's.
    """
    path = results / record["path"]
    again = f"make it again: delete {path} and its predictions, then run make grid, or the experiment with artifacts"
    require(record.get("artifact") is not None, f"the artifact of {path} was not kept; {again}")
    folder = (path.parent / record["artifact"]).resolve()
    require(folder.is_dir(), f"the artifact of {path} is not in {folder}; {again}")
    own = artifact_fingerprint(folder) == record["artifact_sha256"]
    require(own, f"the artifact in {folder} is not the one that {path} is of; {again}")
    return folder


def named_record(given: str, command: str) -> Path:
    """The path of the record that a command is given; raises `BadInput` with an example where it is given none."""
    example = "results/local/mrpc/tiny/qat+kd-seed0.json"
    require(bool(given), f"no record is named; for example: {command} RECORD={example}")
    path = root() / given
    placed = path.suffix == ".json" and len(path.resolve().parents) > 3
    require(placed, f"RECORD {given!r} is no record; take one such as {example}")
    return path


def read_with_artifact(path: Path) -> tuple[dict, Path]:
    """The record at `path`, and the folder of its artifact. Raises `BadInput` where either is not sound."""
    results = path.resolve().parents[2]
    record = read_record(path) | {"path": str(path.resolve().relative_to(results))}
    return record, artifact_folder(results, record)


def model_name(record: Path) -> str:
    """What the model of a record is called: `local-mrpc-tiny-qat+kd-seed0` for one in the project's `results/local`."""
    place, results = record.resolve().with_suffix(""), (root() / "results").resolve()
    parts = place.relative_to(results).parts if place.is_relative_to(results) else place.parts[-4:]
    return "-".join(parts)


def measure_missing(path: Path, table: pd.DataFrame, measure: Callable[[dict, Path], list[dict]]) -> pd.DataFrame:
    """Add rows for artifacts that are not measured yet to the CSV file `path` beside records; the table is returned.

    `table` is what the file holds, and `measure` gives the rows of a record and its artifact's folder, to which `KEY`
    and `artifact_sha256` are added. The file is written after each artifact; rows of artifacts that no record names any
    more are dropped. Prints how many are measured, and why others could not be. Raises `BadInput` for a folder without
    records.
    """
    records = read_all(path.parent)
    require(bool(records), f"{path.parent} holds no records; make grid makes some")
    named = table.artifact_sha256.isin([record["artifact_sha256"] for record in records])
    table, failed = table[named], []
    if not named.all():
        write_whole(path, table.to_csv(index=False).encode())
    for record in records:
        if record["artifact_sha256"] in set(table.artifact_sha256):
            continue
        try:
            rows = measure(record, artifact_folder(path.parent, record))
        except BadInput as error:
            failed.append(str(error))
            continue
        added = pd.DataFrame([{**key_of(record), **row, "artifact_sha256": record["artifact_sha256"]} for row in rows])
        table = (pd.concat([table, added]) if len(table) else added).sort_values(KEY, kind="stable")
        write_whole(path, table.to_csv(index=False).encode())
    print(f"{table.artifact_sha256.nunique()} models are measured; {len(failed)} could not be", *failed[:3], sep="\n")
    return table


def size_measures(record: dict, folder: Path) -> list[dict]:
    """A row for each part of the model in an artifact's folder: all of it, and its layers."""
    return [{"part": part, **found} for part, found in model_bytes.measure(record, folder).items()]


def main(results: str) -> None:
    """Measure the bytes of a folder's models that were not measured yet by every size measure."""
    folder = root() / results
    measure_missing(folder / SIZE_MEASURES_FILE, read_size_measures(folder), size_measures)


if __name__ == "__main__":
    command(main)
