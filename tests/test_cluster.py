"""A grid runs on a cluster through Snakemake's executor plugin for SLURM."""

import subprocess

import pytest

from compressions.records import read_all
from tests import slurm
from tests.test_grid import command, new_place

ONE = """
tasks: [rte]
sizes: [tiny]
seeds: [0]
subsets: [[], [kd]]
sparsities: []
teacher: mini
epochs: 1
train_rows: 320
artifacts: null
"""


@pytest.mark.skipif(slurm.why_not() is not None, reason=str(slurm.why_not()))
def test_a_grid_runs_on_slurm(tmp_path):
    place = new_place(tmp_path / "place")
    (place / "grids/one.yml").write_text(ONE)
    (tmp_path / "slurm").mkdir()
    checks = "OPTIONS=--slurm-init-seconds-before-status-checks 5 --slurm-status-command squeue --slurm-no-account"
    with slurm.cluster(tmp_path / "slurm") as environment:
        grid = command("grid", "one", "PROFILE=slurm", checks)
        done = subprocess.run(grid, cwd=place, env=environment, capture_output=True, text=True)
        queue = ["squeue", "--noheader", "--states=all", "--format=%i %T %m %l"]
        jobs = subprocess.run(queue, env=environment, capture_output=True, text=True).stdout
    assert done.returncode == 0, done.stderr
    assert len(read_all(place / "results/one")) == 2
    # The teacher and the experiment, each with the memory and the minutes that the Snakefile asks for.
    assert [line.split()[1] for line in jobs.splitlines()] == ["COMPLETED", "COMPLETED"]
    assert all("1-00:00:00" in line for line in jobs.splitlines())
