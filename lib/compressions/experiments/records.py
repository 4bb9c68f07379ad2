"""Records: the results of one configuration, written whole or not at all, and checked whenever they are read."""

import glob
import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from compressions.errors import BadInput, require, require_same
from compressions.files import cache, fingerprint, write_whole

# Increased whenever a change of the code could give other numbers; records of another format are refused.
FORMAT = 2


def record_path(results: Path, task: str, size: str, configuration: str, seed: int) -> Path:
    """`<results>/<task>/<size>/<configuration>-seed<k>.json`."""
    return results / task / size / f"{configuration}-seed{seed}.json"


def predictions_path(record: Path, checksum: str) -> Path:
    """The predictions beside a record; named by content, so that a new record's never replace an older one's."""
    return record.with_name(f"{record.stem}.{checksum[:8]}.npz")


def write_record(
    path: Path,
    record: dict,
    predictions: np.ndarray,
    labels: np.ndarray,
    controls: Mapping[str, np.ndarray] | None = None,
) -> dict:
    """Write the predictions, then the record with their checksum, and return the record as it was written.

    `predictions`, `labels` and those of each of the `controls` are `(validation rows,)`. Raises `BadInput` when the
    disk is full; earlier files are then unchanged.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, predictions=predictions, labels=labels, **(controls or {}))
    checksum = fingerprint(buffer.getvalue())
    content = {"format": FORMAT, **record, "predictions_sha256": checksum}
    content |= {"sha256": _checksum(content)}
    write_whole(predictions_path(path, checksum), buffer.getvalue())
    write_whole(path, json.dumps(content, indent=1, sort_keys=True).encode())
    for other in path.parent.glob(f"{glob.escape(path.stem)}.*.npz"):
        if other != predictions_path(path, checksum):
            other.unlink()
    return content


def lock(path: Path) -> FileLock:
    """The lock that a process holds while it makes the record at `path`; it is released when the process dies."""
    _lock_file(path).parent.mkdir(parents=True, exist_ok=True)
    return FileLock(_lock_file(path))


def is_locked(path: Path) -> bool:
    """Whether a process on this machine is making the record at `path`; none is where the cache cannot be written."""
    try:
        if not _lock_file(path).exists():
            return False
        with FileLock(_lock_file(path)).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def _lock_file(path: Path) -> Path:
    return cache() / "running" / f"{fingerprint(str(path.resolve()))[:16]}.lock"


def _checksum(content: dict) -> str:
    return fingerprint(json.dumps({**content, "sha256": None}, sort_keys=True))


def read_record(path: Path) -> dict:
    """Read a record and check it.

    Raises `BadInput` for one that is missing, unreadable, of another format, edited since it was written, or without
    its predictions.
    """
    require(path.is_file(), f"there is no record {path}")
    try:
        record = dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(f"the record {path} cannot be read ({error}); delete it to run it again") from error
    require(record.get("format") == FORMAT, f"the record {path} has format {record.get('format')}; known: {FORMAT}")
    own = record.get("sha256") == _checksum(record)
    require(own, f"the record {path} was edited after it was written; delete it to run it again")
    predictions = predictions_path(path, record["predictions_sha256"])
    intact = predictions.is_file() and fingerprint(predictions.read_bytes()) == record["predictions_sha256"]
    require(intact, f"the predictions beside {path} are not the record's own; delete both to run it again")
    return record


def read_predictions(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and labels, `(validation rows,)` each, of the record at `path`."""
    arrays = _read_arrays(path)
    return arrays["predictions"], arrays["labels"]


def read_controls(path: Path) -> dict[str, np.ndarray]:
    """Predictions `(validation rows,)` of the controls of the base record at `path`, by their names."""
    return {name: array for name, array in _read_arrays(path).items() if name not in ("predictions", "labels")}


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    file = predictions_path(path, read_record(path)["predictions_sha256"])
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def finished(path: Path, specification: dict) -> dict | None:
    """The record at `path`, or `None` where there is none.

    Raises `BadInput` for a record of another specification, with the first difference.
    """
    if not path.exists():
        return None
    record = read_record(path)
    # Older records have in it where their rows were read from.
    theirs = {name: value for name, value in record["specification"].items() if name != "glue"}
    require_same(f"the record {path}", theirs, specification, "take another results folder, or force")
    return record


def read_all(results: Path) -> list[dict]:
    """All records below a folder, sorted by path; each has its `path` relative to the folder."""
    paths = sorted(results.glob("*/*/*-seed*.json"))
    return [{**read_record(path), "path": str(path.relative_to(results))} for path in paths]
