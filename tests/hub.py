"""A hub of two encoders and one task, which can say 404, hang, send half, or have a pickle with code in it.

It takes uploads of who has the token.

It holds what the real repositories hold: TINY's configuration, vocabulary and safetensors; of MINI the configuration,
the vocabulary and a `pytorch_model.bin` of the oldest format, with the names and heads of pretraining.
"""

import base64
import hashlib
import json
import os
import pickle
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from compressions.data.tasks import REVISION
from compressions.models.architectures import SIZES

FAULTS = ("404", "hangs", "half", "pickle")
TOKEN = "hf_token_of_the_tests"
BUNDLED = Path(__file__).parents[1] / "checkpoints"


def write_repositories(place: Path) -> Path:
    """TINY with safetensors and MINI with a `.bin` alone, each below the name of its repository."""
    import torch
    from safetensors.torch import load_file, save_file

    for name in ("tiny", "mini"):
        folder = place / SIZES[name].hub
        folder.mkdir(parents=True)
        shutil.copy(BUNDLED / name / "config.json", folder)
        pieces = json.loads((BUNDLED / name / "tokenizer.json").read_text())["model"]["vocab"]
        (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in sorted(pieces, key=pieces.get)))
        tensors = {f"bert.{name}": tensor for name, tensor in load_file(BUNDLED / name / "model.safetensors").items()}
        tensors |= {"cls.predictions.bias": torch.zeros(len(pieces)), "cls.seq_relationship.bias": torch.zeros(2)}
        if name == "tiny":
            save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        else:
            old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
            named = {key.replace(new, old[new]): value for key, value in tensors.items() for new in old if new in key}
            others = {key: value for key, value in tensors.items() if "LayerNorm" not in key}
            torch.save(named | others, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    return place


class Hub(BaseHTTPRequestHandler):
    """Answers what `transformers` and `datasets` ask for: files, lists of files, and what is known of a data set."""

    fault = "well"
    rows: Path
    models: Path
    asked: list[str]

    def log_message(self, *_):
        pass

    def do_POST(self):
        """`/<fault>` chooses how the hub behaves from now on; all else is part of an upload."""
        if not self.path.startswith("/api/"):
            Hub.fault = self.path[1:]
            self.send_response(204)
            return self.end_headers()
        self.send_json(self.taken(urlsplit(self.path).path.removeprefix("/api/"), self.sent().decode()))

    def sent(self) -> bytes:
        """What was sent, in one piece or in many."""
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def taken(self, place: str, sent: str) -> dict | None:
        """What is said to a step of an upload, after it is done; `None` to one without the token."""
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return None
        if place == "repos/create":
            given = json.loads(sent)
            return {"url": f"https://huggingface.co/{given.get('organization', 'tester')}/{given['name']}"}
        if place == "validate-yaml":
            return {"errors": [], "warnings": []}
        repository = place.removeprefix("models/").rpartition("/")[0].rpartition("/")[0]
        folder = self.models / repository
        if "/preupload/" in place:
            files = json.loads(sent)["files"]
            return {"files": [{"path": each["path"], "uploadMode": "regular", "shouldIgnore": False} for each in files]}
        for line in map(json.loads, sent.splitlines()):
            path = folder / line["value"].get("path", "")
            if line["key"] == "file":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(base64.b64decode(line["value"]["content"]))
            if line["key"] == "deletedFile":
                path.unlink()
        return {
            "commitUrl": f"https://huggingface.co/{repository}/commit/{REVISION}",
            "commitOid": REVISION,
            "hookOutput": "",
        }

    def send_json(self, content: dict | None) -> None:
        """An answer of the API; without content that nobody may see it."""
        answer = json.dumps(content or {"error": "Invalid token"}).encode()
        self.send_response(200 if content else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self):
        """A file or a list, as the fault wants it."""
        Hub.asked.append(self.path)
        if Hub.fault == "hangs":
            time.sleep(60)
        if self.path == "/api/whoami-v2":
            return self.send_json(self.taken("whoami", "") and {"name": "tester", "type": "user"})
        content = self.content()
        commit = self.path.partition("/resolve/")[2].partition("/")[0] or REVISION
        if Hub.fault == "404" or content is None:
            self.send_response(404)
            self.send_header("X-Error-Code", "RevisionNotFound" if Hub.fault == "404" else "EntryNotFound")
            self.send_header("X-Repo-Commit", commit)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        self.end_headers()
        if self.command == "GET":
            half = Hub.fault == "half" and self.path.endswith((".safetensors", ".parquet"))
            self.wfile.write(content[: len(content) // 2] if half else content)
            self.close_connection = True

    do_HEAD = do_GET

    def content(self) -> bytes | None:
        """What the path names: a file of an encoder or of the rows, or a list of the rows' files; `None`: nothing."""
        place, _, name = urlsplit(self.path).path.partition("/resolve/")
        folder = self.rows if place.startswith("/datasets/") else self.models / place[1:]
        file = folder / name.partition("/")[2]
        if Hub.fault == "pickle" and file.suffix == ".bin":
            return pickle.dumps(Trap())
        if name:
            return file.read_bytes() if file.is_file() else None
        if "/tree/" in place and place.startswith("/api/models/"):
            folder = self.models / place.removeprefix("/api/models/").partition("/tree/")[0]
            files = [path for path in folder.rglob("*") if path.is_file()]
            return json.dumps([self.entry(path, folder) for path in sorted(files)]).encode()
        if "/tree/" in place:
            folder = self.rows / place.partition("/tree/")[2].partition("/")[2]
            return json.dumps([self.entry(path, self.rows) for path in sorted(folder.iterdir())]).encode()
        return json.dumps({"id": "nyu-mll/glue", "sha": REVISION, "siblings": []}).encode()

    def entry(self, path: Path, folder: Path) -> dict:
        """What a list says of a file or folder below `folder`."""
        about = {"path": str(path.relative_to(folder)), "oid": "0" * 40}
        return (
            {**about, "type": "directory"} if path.is_dir() else {**about, "type": "file", "size": path.stat().st_size}
        )


class Trap:
    """Makes a folder when it is unpickled."""

    folder = Path(tempfile.gettempdir()) / f"unpickled-{os.getpid()}"

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@contextmanager
def serve(rows: Path, models: Path) -> Iterator[str]:
    """The address of such a hub while the block lasts.

    `rows` is a folder in the layout of GLUE, `models` one of folders by the names of repositories.
    """
    Hub.rows, Hub.models, Hub.asked, Hub.fault = rows, models, [], "well"
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # who hangs up first is no matter
    Thread(target=server.serve_forever, args=[0.02], daemon=True).start()  # seconds that its end may take
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def ask(address: str) -> dict[str, dict[str, tuple[str, float]]]:
    """What asking for an encoder and for rows ends with, and after how many seconds, by the hub's behavior."""
    from huggingface_hub import constants

    from compressions.data.glue import load
    from compressions.data.tasks import HUB, TASKS
    from compressions.models import checkpoints, sources

    def attempt(work) -> tuple[str, float]:
        start = time.perf_counter()
        try:
            work()
            line = ""
        except Exception as error:
            line = f"{type(error).__name__}: {error}"
        return line, time.perf_counter() - start

    said = {}
    for fault in (*FAULTS, "well"):
        if fault == "well":  # a busy machine may take longer than the second that a hub which hangs is given
            constants.HF_HUB_DOWNLOAD_TIMEOUT = constants.HF_HUB_ETAG_TIMEOUT = 60
        urllib.request.urlopen(urllib.request.Request(f"{address}/{fault}", method="POST"))
        encoder = sources.encoder("mini" if fault == "pickle" else "tiny", "hub")
        with ThreadPoolExecutor() as threads:
            model = threads.submit(attempt, lambda: checkpoints.load_model(encoder, TASKS["rte"]))  # noqa: B023
            rows = threads.submit(attempt, lambda: load(TASKS["rte"], HUB))
        said[fault] = {"encoder": model.result(), "rows": rows.result()}
    return said


if __name__ == "__main__":
    # Hub and asker share a process of their own: beside busy tests, the hub's threads would wait for their interpreter.
    with serve(*map(Path, sys.argv[1:])) as served:
        os.environ["HF_ENDPOINT"] = served  # read when the hub's library is imported, which is later
        print(json.dumps(ask(served) | {"unpickled": Trap.folder.exists()}))
