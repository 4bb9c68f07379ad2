"""Tables beside the records of a folder: what was measured on their artifacts, which are not committed themselves."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from compressions.errors import BadInput, require
from compressions.experiments.records import read_all, read_record
from compressions.files import root, write_whole
from compressions.storage.manifest import artifact_fingerprint
from compressions.storage.size_measures import KEY


def artifact_folder(results: Path, record: dict, artifacts: Path) -> Path:
    """Where the artifact of a record of the folder `results` lies, as the record says.

    One that does not say it is of a time when all lay below `artifacts`, by the last name of `results`. Raises
    `BadInput`, with how to make it again, where it is gone, was not kept, or is another's.
    """
    path = results / record["path"]
    again = f"make it again: delete {path} and its predictions, then run make grid, or the experiment with artifacts"
    folder = artifacts / results.resolve().name / Path(record["path"]).with_suffix("")
    if "artifact" in record:
        require(record["artifact"] is not None, f"the artifact of {path} was not kept; {again}")
        folder = (path.parent / record["artifact"]).resolve()
    require(folder.is_dir(), f"the artifact of {path} is not in {folder}; {again}")
    own = artifact_fingerprint(folder) == record["artifact_sha256"]
    require(own, f"the artifact in {folder} is not the one that {path} is of; {again}")
    return folder


def opened(path: Path, artifacts: Path) -> tuple[dict, Path]:
    """The record at `path`, and the folder of its artifact. Raises `BadInput` where either is not sound."""
    results = path.resolve().parents[2]
    record = read_record(path) | {"path": str(path.resolve().relative_to(results))}
    return record, artifact_folder(results, record, artifacts)


def model_name(record: Path) -> str:
    """What the model of a record is called: `local-mrpc-tiny-qat+kd-seed0` for one in the project's `results/local`."""
    place, results = record.resolve().with_suffix(""), (root() / "results").resolve()
    parts = place.relative_to(results).parts if place.is_relative_to(results) else place.parts[-4:]
    return "-".join(parts)


def key_of(record: dict) -> dict:
    """What a row of a table beside the records is found by, `KEY`."""
    return {key: record["specification"].get(key, record.get(key)) for key in KEY}


def complete(
    results: Path,
    name: str,
    table: pd.DataFrame,
    measure: Callable[[dict, Path], list[dict]],
    artifacts: Path | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """The table called `name`, with rows for the artifacts that it lacked; and why others could not be measured.

    `table` is what there is of it, `measure` gives the rows of a record and its artifact's folder, with `KEY` and
    `artifact_sha256`. It is written after each; rows of models that no record names any more are dropped. Raises
    `BadInput` for a folder without records.
    """
    records = read_all(results)
    require(bool(records), f"{results} holds no records; make grid makes some")
    table = table[table.artifact_sha256.isin([record["artifact_sha256"] for record in records])]
    unmeasured = []
    for record in records:
        if record["artifact_sha256"] in set(table.artifact_sha256):
            continue
        try:
            rows = measure(record, artifact_folder(results, record, artifacts or root() / "artifacts"))
        except BadInput as error:
            unmeasured.append(str(error))
            continue
        parts = [part for part in (table, pd.DataFrame(rows)) if len(part)]
        table = pd.concat(parts).sort_values(KEY, kind="stable")
        write_whole(results / name, table.to_csv(index=False).encode())
    return table, unmeasured


def report(table: pd.DataFrame, unmeasured: list[str]) -> None:
    """Print how many models are in the table, and why others are not."""
    print(f"{table.artifact_sha256.nunique()} models are measured; {len(unmeasured)} could not be")
    for reason in unmeasured[:3]:
        print(reason)
