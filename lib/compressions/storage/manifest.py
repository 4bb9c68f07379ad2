"""The manifest of an artifact's folder: the checksum of each file, which identifies and protects the artifact."""

import json
from pathlib import Path

from compressions.errors import BadInput, require
from compressions.files import file_fingerprint, fingerprint

WEIGHTS = "model.safetensors"
MANIFEST = "artifact.json"


def write_manifest(folder: Path) -> None:
    """Write the checksums of all files of a folder."""
    manifest = {path.name: file_fingerprint(path) for path in sorted(folder.iterdir())}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))


def artifact_fingerprint(folder: Path) -> str:
    """One checksum of an artifact, from those that its manifest states.

    Raises `BadInput` for a folder that is no finished artifact.
    """
    return fingerprint(json.dumps(_manifest(folder), sort_keys=True))


def _manifest(folder: Path) -> dict[str, str]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        return {WEIGHTS: manifest[WEIGHTS], **manifest}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{folder} holds no artifact (no readable {MANIFEST})") from error


def check_artifact(folder: Path) -> None:
    """Raise `BadInput` unless every file is as it was saved, to the byte."""
    for name, wanted in _manifest(folder).items():
        intact = (folder / name).is_file() and file_fingerprint(folder / name) == wanted
        require(intact, f"{folder / name} is not what was saved there (checksum differs); make the artifact again")
