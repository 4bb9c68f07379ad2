"""A folder with the project's commands and grids of its own, to run grids in and to stop them."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests import small
from tests.conftest import ROOT

QUICK = f"""
tasks: [rte]
sizes: [narrow]
seeds: [0, 1]
subsets: [[], [qat, mp]]
sparsities: [0.5]
epochs: 1
train_rows: 320
teacher_rows: 320
artifacts: null
glue: {small.glue()}
checkpoints: {small.encoders()}
"""
TAUGHT = QUICK.replace("[qat, mp]", "[kd]").replace("epochs", "teacher: wide\nepochs")


def new_place(place: Path) -> Path:
    place.mkdir(exist_ok=True)
    for name in ("notebooks", "book", "Makefile", "Snakefile", "_toc.yml", "profiles"):
        (place / name).symlink_to(ROOT / name)
    (place / ".venv").symlink_to(sys.prefix)
    (place / "grids").mkdir()
    (place / "grids/quick.yml").write_text(QUICK)
    (place / "grids/taught.yml").write_text(TAUGHT)
    return place


def command(target: str, grid: str, *more: str) -> list[str]:
    return ["make", "--old-file", ".venv/.installed", target, f"GRID={grid}", "CORES=2", *more]


def make(place: Path, grid: str, target: str = "grid", *more: str) -> subprocess.CompletedProcess:
    return subprocess.run(command(target, grid, *more), cwd=place, capture_output=True, text=True)


def written(place: Path, grid: str = "quick") -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in place.glob(f"results/{grid}/*/*/*.json")}


def kill_all(process: subprocess.Popen) -> None:
    """`kill -9` for a process and everything it started."""
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for each in family:
        try:
            each.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    process.wait()
