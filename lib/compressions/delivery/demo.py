"""`make demo`: the two models of the page "Try it in your browser", and from npm the runtime that answers there."""

import base64
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from transformers import AutoTokenizer

from compressions.data.tasks import BUILTIN, TASKS
from compressions.errors import BadInput, command, require
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.experiments.run import run, silence_libraries
from compressions.files import root, whole_folder
from compressions.storage.artifact import load_artifact
from compressions.storage.onnx import to_onnx

FOLDER = "_build/demo"
RUNTIME = "book/_static/demo-runtime.json"  # its files, with their package, size and checksum
ROWS = 8192  # training rows at most, as in the grid `glue`
MODELS = {
    "uncompressed": ("Uncompressed", Configuration()),
    "compressed": ("QAT + MP 60 %", Configuration(("qat", "mp"), 0.6)),
}


def experiment(**chosen: object) -> Experiment:
    """TINY on the SST-2 that the variable GLUE names, or on the built-in `sentiment`; `chosen` overrides parameters."""
    glue = os.environ.get("GLUE", BUILTIN)
    task = "sentiment" if glue == BUILTIN else "sst2"
    checkpoints = os.environ.get("CHECKPOINTS", "bundled")
    given = {"task": task, "size": "tiny", "train_rows": ROWS, "glue": glue, "checkpoints": checkpoints}
    return Experiment(**given | chosen)


def make_models(out: Path, **chosen: object) -> dict:
    """Train both models and write them, their tokenizer and `models.json` to the folder `out`, whole or not at all.

    Returns what `models.json` says: the task, its labels and rows, and of each model its bytes, gzipped and not, and
    its score. Raises `BadInput` for a parameter that is not allowed, and for a full disk.
    """
    with whole_folder(out) as new:
        work = new / "work"
        asked = experiment(results=str(work / "records"), artifacts=str(work / "artifacts"), **chosen)
        records = run(asked, [configuration for _, configuration in MODELS.values()])
        said = []
        for (file, (name, configuration)), record in zip(MODELS.items(), records, strict=True):
            content = to_onnx(load_artifact(asked.artifact_folder(configuration)))
            packed = gzip.compress(content, mtime=0)
            (new / f"{file}.onnx.gz").write_bytes(packed)
            sizes = {"bytes": len(packed), "onnx_bytes": len(content)}
            said.append({"name": name, "file": f"{file}.onnx.gz", **sizes, "score": record["score"]})
        AutoTokenizer.from_pretrained(asked.artifact_folder(Configuration())).save_pretrained(work / "tokenizer")
        for file in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(work / "tokenizer" / file, new / file)
        shutil.rmtree(work)
        used = records[0]["specification"]
        about = {"task": asked.task, "size": asked.size, "labels": TASKS[asked.task].labels, "models": said}
        about |= {"train_rows": used["train_rows_used"], "max_length": asked.max_length}
        (new / "models.json").write_text(json.dumps(about, indent=1))
    return about


def fetch_runtime(out: Path) -> None:
    """Write the files of the browser's runtime to the folder `out`, out of their packages from npm.

    Raises `BadInput` where npm cannot fetch a package, or a file is not the one whose bytes and checksum are pinned;
    for another version, change both to what the error says.
    """
    files = json.loads((root() / RUNTIME).read_text())
    with whole_folder(out) as new:
        for package in sorted({file["package"] for file in files}):
            done = subprocess.run(["npm", "pack", "--silent", package], cwd=new, capture_output=True, text=True)
            require(done.returncode == 0, f"npm cannot fetch {package}: {' '.join(done.stderr.split())[-200:]}")
            packed = new / done.stdout.split()[-1]
            for file in (file for file in files if file["package"] == package):
                content = _member(packed, f"package/{file['path']}")
                _check(file, content)
                (new / Path(file["path"]).name).write_bytes(content)
            packed.unlink()


def _check(file: dict, content: bytes) -> None:
    integrity = f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}"
    same = (len(content), integrity) == (file["bytes"], file["integrity"])
    found = f"{file['path']} of {file['package']} has {len(content)} bytes and the checksum {integrity}"
    require(same, f"{found}, unlike {RUNTIME}; it was changed, or is another version")


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as files:
        try:
            return files.extractfile(name).read()
        except KeyError as error:
            raise BadInput(f"{archive.name} has no file {name}; {RUNTIME} names it") from error


def main() -> None:
    """Make the models, and where npm is the runtime; say what was made and what to do next."""
    silence_libraries()
    folder = root() / FOLDER
    print("Training TINY twice, which takes a minute or two")
    about = make_models(folder / "models")
    for model in about["models"]:
        print(f"{model['name']}: {model['bytes'] / 1e6:.1f} MB, {about['task']} {model['score']:.1f}")
    if shutil.which("npm"):
        fetch_runtime(folder / "runtime")
    else:
        print("No npm on this machine: the page will fetch ONNX Runtime from cdn.jsdelivr.net")
    print("Then: make book && python3 -m http.server --directory _build/html")


if __name__ == "__main__":
    command(main)
