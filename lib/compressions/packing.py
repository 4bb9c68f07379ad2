"""`make pack`: the artifact of a record as one packed file, and what its bytes are by the rulers beside its entropy."""

import sys
from pathlib import Path

from compressions.artifact import artifact_fingerprint, load_packed, pack_artifact
from compressions.errors import BadInput, require
from compressions.files import root, write_whole
from compressions.records import read_record
from compressions.ruler import RULERS
from compressions.storage import entropy_bytes, unpack


def artifact_of(path: Path, artifacts: Path) -> Path:
    """The folder of a record's artifact below `artifacts`; raises `BadInput` where it is gone or is another's."""
    record, grid = read_record(path), path.resolve().parents[2].name
    folder = artifacts / grid / path.parent.parent.name / path.parent.name / path.stem
    again = f"make it again: delete {path} and its predictions, then run make grid, or the experiment with artifacts"
    require(folder.is_dir(), f"the artifact of {path} is not in {folder}; {again}")
    own = artifact_fingerprint(folder) == record["artifact_sha256"]
    require(own, f"the artifact in {folder} is not the one that {path} is of; {again}")
    return folder


def pack_record(path: Path, artifacts: Path, out: Path) -> dict[str, float]:
    """Write the packed file `out`, read it back, and give the model's bytes by each ruler, packed, and its entropy.

    Raises `BadInput` for a record or an artifact that is not sound, or a full disk.
    """
    content = pack_artifact(artifact_of(path, artifacts))
    write_whole(out, content)
    load_packed(out.read_bytes())
    own = {name: count(read_record(path)) for name, count in RULERS.items()}
    return own | {"packed": len(content), "entropy": entropy_bytes(unpack(content)[0])}


def main(record: str, out: str) -> None:
    """Pack, and print one line a ruler."""
    require(bool(record), "no record is named; for example: make pack RECORD=results/local/mrpc/tiny/qat+kd-seed0.json")
    found = pack_record(Path(record), root() / "artifacts", Path(out))
    for name, size in found.items():
        print(f"{name:8} {size:12,.0f} bytes")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BadInput as error:
        sys.exit(f"BadInput: {error}")
