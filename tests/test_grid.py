"""A grid runs what is missing, and only that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from compressions.records import read_all
from tests.conftest import ROOT

QUICK = """
tasks: [rte]
sizes: [tiny]
seeds: [0, 1]
subsets: [[], [qat, mp]]
sparsities: [0.5]
epochs: 1
train_rows: 320
artifacts: null
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the project's notebooks and one quick grid."""
    place = tmp_path_factory.mktemp("place")
    for name in ("notebooks", "book"):
        (place / name).symlink_to(ROOT / name)
    (place / "grids").mkdir()
    (place / "grids/quick.yml").write_text(QUICK)
    return place


def snakemake(place: Path, grid: str) -> subprocess.CompletedProcess:
    binaries = Path(sys.executable).parent
    command = [binaries / "snakemake", "--snakefile", ROOT / "Snakefile", "--directory", place, "--cores", "2"]
    settings = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    return subprocess.run([*command, "--config", f"grid={grid}"], env=settings, capture_output=True, text=True)


def written(place: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in place.glob("results/quick/*/*/*.json")}


def test_a_grid_leaves_every_record_and_a_second_call_repeats_none(place):
    done = snakemake(place, "quick")
    assert done.returncode == 0, done.stderr
    names = [(record["configuration"], record["specification"]["seed"]) for record in read_all(place / "results/quick")]
    assert sorted(names) == [("base", 0), ("base", 1), ("qat+mp50", 0), ("qat+mp50", 1)]
    before = written(place)
    assert snakemake(place, "quick").returncode == 0 and written(place) == before


def test_a_record_that_is_gone_is_run_again_and_no_other(place):
    before = written(place)
    gone = next(path for path in before if path.name == "qat+mp50-seed1.json")
    gone.unlink()
    assert snakemake(place, "quick").returncode == 0
    after = written(place)
    assert gone in after and {path for path in after if after[path] != before[path]} == {gone}


def test_an_unknown_grid_is_told_what_there_is(place):
    done = snakemake(place, "slow")
    assert done.returncode != 0 and "unknown grid 'slow'; allowed: quick" in done.stderr


def test_a_failed_experiment_says_why_and_stops_no_other(place):
    (place / "grids/wrong.yml").write_text(QUICK.replace("[rte]", "[wnli, rte]").replace("[0, 1]", "[0]"))
    done = snakemake(place, "wrong")
    assert done.returncode != 0 and "BadInput: unknown task 'wnli'" in done.stderr
    assert len(list(place.glob("results/wrong/rte/tiny/*.json"))) == 2
