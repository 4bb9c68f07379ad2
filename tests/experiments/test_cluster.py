"""A grid runs on a cluster through Snakemake's executor plugins: for SLURM, and for Kubernetes without a cluster."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from compressions.experiments.records import read_all
from tests import kubernetes, slurm, small
from tests.places import command, new_place

pytestmark = pytest.mark.slow

ONE = f"""
tasks: [rte]
sizes: [narrow]
seeds: [0]
subsets: [[], [kd]]
sparsities: []
teacher: wide
epochs: 1
train_rows: 320
artifacts: null
glue: {small.glue()}
checkpoints: {small.encoders()}
"""


@pytest.mark.skipif(slurm.why_not() is not None, reason=str(slurm.why_not()))
def test_a_grid_runs_on_slurm(tmp_path):
    place = new_place(tmp_path / "place")
    (place / "grids/one.yml").write_text(ONE)
    (tmp_path / "slurm").mkdir()
    waits = "--slurm-init-seconds-before-status-checks 1 --seconds-between-status-checks 1"
    checks = f"OPTIONS={waits} --slurm-status-command squeue --slurm-no-account"
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


def on_kubernetes(tmp_path: Path, environment: dict[str, str], options: str) -> subprocess.CompletedProcess:
    """`make grid` with the profile, in a place with the grid `one`, its cache and the hub's on the same volume."""
    volume = {"COMPRESSIONS_CACHE": str(tmp_path / "cache"), "HF_HOME": str(tmp_path / "hub")}
    grid = command("grid", "one", "PROFILE=kubernetes", "GPUS=1", f"OPTIONS={options}")
    return subprocess.run(grid, cwd=tmp_path / "place", env=environment | volume, capture_output=True, text=True)


@pytest.fixture
def place(tmp_path):
    place = new_place(tmp_path / "place")
    (place / "grids/one.yml").write_text(ONE)
    return place


def test_kubernetes_profile_is_accepted_and_its_jobs_are_planned(tmp_path, place):
    planned = on_kubernetes(tmp_path, dict(os.environ), "--dry-run")
    assert planned.returncode == 0, planned.stderr
    counts = [line.split() for line in planned.stdout.splitlines()]
    assert ["teacher", "1"] in counts and ["experiment", "1"] in counts and ["total", "3"] in counts


@pytest.mark.skipif(shutil.which("rsync") is None, reason="no rsync: Debian's rsync is not installed")
def test_the_jobs_that_kubernetes_would_get_run_a_grid(tmp_path, place):
    own = f"--remote-job-local-storage-prefix {tmp_path}/own --seconds-between-status-checks 1"
    with kubernetes.cluster(tmp_path) as (cluster, environment):
        done = on_kubernetes(tmp_path, environment, own)
    assert done.returncode == 0, "\n".join([done.stderr, *cluster.printed])
    assert len(read_all(place / "results/one")) == 2 and (place / "logs/one/rte/narrow/seed0.ipynb").is_file()
    # The teacher, and the experiment that found it in the cache on the volume.
    assert len(cluster.jobs) == 2 and len(list((tmp_path / "cache/teachers").iterdir())) == 1
    for job in cluster.jobs.values():
        pod = job["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        limits = container["resources"]["limits"]
        assert limits["nvidia.com/gpu"] == "1" and 1000 < int(limits["memory"].removesuffix("M")) < 64000
        assert {"name": "compressions", "mountPath": "/volume"} in container["volumeMounts"]
        assert {"claimName": "compressions"} in [each.get("persistentVolumeClaim") for each in pod["volumes"]]
