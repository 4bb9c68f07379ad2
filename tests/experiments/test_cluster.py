"""A grid runs on a cluster through Snakemake's executor plugins: for SLURM, and for Kubernetes without a cluster."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from compressions.experiments.records import read_all
from tests import kubernetes, slurm, small
from tests.places import command, new_place

pytestmark = pytest.mark.slow

TWO = f"""
tasks: [rte]
sizes: [narrow]
seeds: [0, 1]
subsets: [[], [kd]]
sparsities: []
teacher: wide
epochs: 1
train_rows: 320
artifacts: null
glue: {small.glue()}
checkpoints: {small.encoders()}
"""
ONE = TWO.replace("[0, 1]", "[0]")

WHY_NOT = slurm.why_not()


def run_on_slurm(folder: Path) -> tuple[subprocess.CompletedProcess, list[dict], str]:
    """`make grid` of a grid's variant on a cluster that lives as long: the process, the records, and SLURM's jobs."""
    place = new_place(folder / "place")
    (place / "grids/one.yml").write_text(f"{ONE}variants:\n  short: {{}}\n")
    (folder / "slurm").mkdir()
    # The plugin asks after as many seconds; where nothing has ended, after ten more each time.
    waits = "--slurm-init-seconds-before-status-checks 10 --slurm-status-command squeue"
    with slurm.cluster(folder / "slurm") as environment:
        grid = command("grid", "one/short", "PROFILE=slurm", f"OPTIONS={waits} --slurm-no-account")
        done = subprocess.run(grid, cwd=place, env=environment, capture_output=True, text=True)
        queue = ["squeue", "--noheader", "--states=all", "--format=%i %T %m %l"]
        jobs = subprocess.run(queue, env=environment, capture_output=True, text=True).stdout
    return done, read_all(place / "results/one/short"), jobs


@pytest.fixture(scope="module", autouse=True)
def running_on_slurm(tmp_path_factory):
    """What that ends with: mostly it waits, so it runs beside the other tests."""
    with ThreadPoolExecutor() as threads:
        yield None if WHY_NOT else threads.submit(run_on_slurm, tmp_path_factory.mktemp("slurm"))


def on_kubernetes(grid: str, tmp_path: Path, environment: dict[str, str], options: str) -> subprocess.CompletedProcess:
    """`make grid` with the profile, in a place with grids, its cache and the hub's on the same volume."""
    volume = {"COMPRESSIONS_CACHE": str(tmp_path / "cache"), "HF_HOME": str(tmp_path / "hub")}
    words = command("grid", grid, "PROFILE=kubernetes", "GPUS=1", f"OPTIONS={options}")
    return subprocess.run(words, cwd=tmp_path / "place", env=environment | volume, capture_output=True, text=True)


@pytest.fixture
def place(tmp_path):
    place = new_place(tmp_path / "place")
    (place / "grids/one.yml").write_text(ONE)
    (place / "grids/two.yml").write_text(TWO)
    return place


def test_kubernetes_profile_is_accepted_and_its_jobs_are_planned(tmp_path, place):
    planned = on_kubernetes("two", tmp_path, dict(os.environ), "--dry-run")
    assert planned.returncode == 0, planned.stderr
    counts = [line.split() for line in planned.stdout.splitlines()]
    assert ["teacher", "1"] in counts and ["experiment", "2"] in counts and ["total", "4"] in counts


@pytest.mark.skipif(shutil.which("rsync") is None, reason="no rsync: Debian's rsync is not installed")
def test_the_jobs_that_kubernetes_would_get_run_a_grid(tmp_path, place):
    own = f"--remote-job-local-storage-prefix {tmp_path}/own --seconds-between-status-checks 1"
    with kubernetes.cluster(tmp_path) as (cluster, environment):
        done = on_kubernetes("one", tmp_path, environment, own)
    assert done.returncode == 0, "\n".join([done.stderr, *cluster.printed])
    assert len(read_all(place / "results/one")) == 2 and (place / "logs/one/rte/narrow/seed0.ipynb").is_file()
    # One experiment, whose teacher is in the cache on the volume, for others to find.
    assert len(cluster.jobs) == 1 and len(list((tmp_path / "cache/teachers").iterdir())) == 1
    for job in cluster.jobs.values():
        pod = job["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        limits = container["resources"]["limits"]
        assert limits["nvidia.com/gpu"] == "1" and 1000 < int(limits["memory"].removesuffix("M")) < 64000
        assert {"name": "compressions", "mountPath": "/volume"} in container["volumeMounts"]
        assert {"claimName": "compressions"} in [each.get("persistentVolumeClaim") for each in pod["volumes"]]


@pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
def test_a_grid_runs_on_slurm(running_on_slurm):
    done, records, jobs = running_on_slurm.result()
    assert done.returncode == 0, done.stderr
    assert len(records) == 2
    # One experiment, which makes its own teacher, with the memory and the minutes that the Snakefile asks for.
    (job,) = jobs.splitlines()
    assert job.split()[1] == "COMPLETED" and "1-00:00:00" in job
