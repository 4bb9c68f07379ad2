"""What a result was made with: commit, package versions, machine, and the process's start-up time and memory."""

import json
import os
import platform
import resource
import subprocess
import sys
import time
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import psutil
import torch

from compressions.errors import require_same
from compressions.files import root

PACKAGES = ("torch", "transformers", "datasets", "accelerate", "numpy", "scikit-learn", "scipy")


@lru_cache
def startup_seconds() -> float:
    """Seconds from the process's start to the first call, which is before any training.

    They are those of kernel, imports and data; in a notebook run by hand also those between its cells.
    """
    return time.time() - psutil.Process().create_time()


def peak_memory_bytes() -> int:
    """Peak resident memory of this process so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def environment() -> dict:
    """Commit, package versions and machine, as fields of a record."""
    return {
        "commit": _commit(),
        "packages": {name: version(name) for name in PACKAGES},
        "machine": {
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
            "processor": _processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        },
    }


def check_cell(record: Path, precision: str) -> None:
    """Raise `BadInput` where a task, size and seed has records of another kind of device than this, or precision.

    `record` is the path of any record of the cell. What cannot be read is passed over, for its own error says more.
    """
    here = {"device": "GPU" if torch.cuda.is_available() else "CPU", "precision": precision}
    for path in sorted(record.parent.glob(f"*-{record.stem.rpartition('-')[2]}.json")):
        try:
            found = json.loads(path.read_text())
            device = "CPU" if found["machine"]["device"] == "cpu" else "GPU"
            of_cell = {"device": device, "precision": found["specification"].get("precision", "float32")}
        except (OSError, ValueError, TypeError, KeyError):
            continue
        remedy = "a task, size and seed has one device and one precision: go on there, or take another results folder"
        require_same(str(path), of_cell, here, remedy)


def _commit() -> str:
    """The repository's commit, with `-dirty` where tracked files differ from it; `unknown` outside a repository."""
    command = ["git", "-C", str(root()), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
