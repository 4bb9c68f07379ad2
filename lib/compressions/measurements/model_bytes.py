"""`make size-measures`: bytes of a folder's saved models by every size measure, whole and their layers alone."""

from pathlib import Path

from compressions.errors import command
from compressions.measurements.artifacts import measure_missing
from compressions.storage import model_bytes
from compressions.storage.size_measures import SIZE_MEASURES_FILE, read_size_measures


def measure(record: dict, folder: Path) -> list[dict]:
    """A row for each part of the model in an artifact's folder: all of it, and its layers."""
    return [{"part": part, **found} for part, found in model_bytes.measure(record, folder).items()]


def main(results: str) -> None:
    """Measure the artifacts of a folder's records that were not measured yet."""
    folder = Path(results)
    measure_missing(folder / SIZE_MEASURES_FILE, read_size_measures(folder), measure)


if __name__ == "__main__":
    command(main)
