"""`make pack`: the artifact of a record as one packed file, and its bytes by every size measure."""

from pathlib import Path

from compressions.errors import command
from compressions.files import root, write_whole
from compressions.measurements.artifacts import model_name, named_record, read_with_artifact
from compressions.storage.artifact import load_packed, pack_artifact
from compressions.storage.model_bytes import measure
from compressions.storage.size_measures import SIZE_MEASURES, WHOLE


def pack_record(path: Path, out: Path) -> dict[str, int]:
    """Write the packed file `out`, check that it can be read, and return the model's bytes by each size measure.

    Raises `BadInput` for a record or an artifact that is not sound, or a full disk.
    """
    record, folder = read_with_artifact(path)
    write_whole(out, pack_artifact(folder))
    load_packed(out)
    whole = measure(record, folder)[WHOLE]
    return {name: whole[name] for name in SIZE_MEASURES}


def main(record: str, out: str = "") -> None:
    """Pack, and print one line a size measure; without `out` the file is called by its record."""
    path = named_record(record, "make pack")
    target = Path(out) if out else root() / "_build/packed" / f"{model_name(path)}.packed"
    found = pack_record(path, target)
    print(target)
    for name, size in found.items():
        print(f"{name:8} {size:12,} bytes")


if __name__ == "__main__":
    command(main)
