"""What Snakemake's executor plugin asks of Kubernetes, answered without a cluster: each job's command is run here.

No images and no mounts: a container is an empty folder and the variables it is given. A job is over before it is
answered that it was made.
"""

import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

SETTINGS = """
apiVersion: v1
kind: Config
current-context: here
contexts: [{{name: here, context: {{cluster: here, user: nobody}}}}]
clusters: [{{name: here, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: nobody, user: {{}}}}]
"""


class Cluster(ThreadingHTTPServer):
    """A server on a free port that keeps the secrets and the jobs it is sent, and what the jobs printed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.secrets: dict[str, dict] = {}
        self.jobs: dict[str, dict] = {}
        self.printed: list[str] = []

    def run(self, job: dict) -> None:
        """Run the one container of a job in an empty folder, and keep the job with its outcome."""
        container = job["spec"]["template"]["spec"]["containers"][0]
        with tempfile.TemporaryDirectory() as folder:
            environment = {"PATH": os.environ["PATH"], "HOME": folder, **self._variables(container)}
            command = [*container["command"], *container["args"]]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        self.printed.append(done.stdout + done.stderr)
        job["status"] = {"succeeded": int(done.returncode == 0), "failed": int(done.returncode != 0)}
        self.jobs[job["metadata"]["name"]] = job

    def _variables(self, container: dict) -> dict[str, str]:
        keys = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container.get("env", [])}
        return {
            name: base64.b64decode(self.secrets[key["name"]]["data"][key["key"]]).decode() for name, key in keys.items()
        }


class Answers(BaseHTTPRequestHandler):
    """The six requests that the plugin makes."""

    server: Cluster

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/secrets"):
            self.server.secrets[asked["metadata"]["name"]] = asked
        else:
            self.server.run(asked)
        self._answer(asked)

    def do_GET(self) -> None:
        job = self.path.removesuffix("/status").rsplit("/", 1)[-1]
        self._answer({"items": []} if "/pods?" in self.path else self.server.jobs[job])

    def do_DELETE(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({})

    def _answer(self, content: dict) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[Cluster, dict[str, str]]]:
    """A cluster, and the environment in which the plugin finds it."""
    server = Cluster()
    Thread(target=server.serve_forever, daemon=True).start()
    (folder / "kubeconfig").write_text(SETTINGS.format(port=server.server_port))
    try:
        yield server, {**os.environ, "KUBECONFIG": str(folder / "kubeconfig")}
    finally:
        server.shutdown()
        server.server_close()
