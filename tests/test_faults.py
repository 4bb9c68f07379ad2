"""Faults that are really injected: kills, disks that are full or closed, clocks, memory, a broken cache, a bad hub.

Nothing that is finished is lost, no wrong record is written, and what is said is one line.
"""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import psutil
import pytest

from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.experiments.records import read_all, read_record, write_record
from compressions.experiments.run import run
from compressions.files import whole_folder
from tests import hub
from tests.conftest import ROOT
from tests.data.test_glue import ROWS, RTE, write_glue
from tests.places import command, kill_all, make, new_place, written
from tests.small import quick

pytestmark = pytest.mark.slow

BASE, QAT, TAUGHT = Configuration(), Configuration(("qat",)), Configuration(("qat", "kd"))
KILLS = 3


def small(folder: Path, **more) -> Experiment:
    """An experiment of seconds, everything of it below `folder`."""
    return Experiment(**quick(folder, train_rows=64) | more)


# Kills


def test_a_grid_killed_again_and_again_loses_nothing_and_repeats_nothing(tmp_path):
    place, rng, seen, kills, longest = new_place(tmp_path), random.Random(0), {}, 0, 0.0
    start = time.monotonic()
    while kills < KILLS:
        process = subprocess.Popen(command("grid", "taught"), cwd=place, stdout=-3, stderr=-3)
        while not longest and not written(place, "taught"):
            assert process.poll() is None, "the grid ended before it could be killed"
            time.sleep(0.1)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=rng.uniform(0, longest))
        longest = longest or min(8, 0.4 * (time.monotonic() - start))
        ended = process.poll() is not None
        if not ended:
            kill_all(process)
            kills += 1
        now = written(place, "taught")
        assert seen.items() <= now.items(), "a finished record was lost or run again"
        assert len(read_all(place / "results/taught")) == len(now)
        seen = now
        if ended:  # before all kills were used up: the rest of them are for a second run of the same
            assert process.returncode == 0 and len(now) == 4
            shutil.rmtree(place / "results/taught")
            seen = {}
    done = make(place, "taught")
    assert done.returncode == 0, done.stderr
    assert len(read_all(place / "results/taught")) == 4 and seen.items() <= written(place, "taught").items()


def test_a_writer_killed_at_any_moment_leaves_the_old_or_the_new(tmp_path):
    path, folder, rng = tmp_path / "rte/tiny/base-seed0.json", tmp_path / "artifact", random.Random(0)

    def write_for_ever() -> None:
        for n in range(10**9):
            write_record(path, {"n": n}, [n] * 1000, [0] * 1000)
            with whole_folder(folder) as new:
                for name in "ab":
                    (new / name).write_text(str(n) * 1000)

    def written_at() -> int:
        return path.stat().st_mtime_ns if path.exists() else 0

    for _ in range(60):
        child, before = get_context("fork").Process(target=write_for_ever), written_at()
        child.start()
        while written_at() == before:
            assert child.is_alive()
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.04))
        child.kill()
        child.join()
        read_record(path)
        if folder.exists():
            assert (folder / "a").read_text() == (folder / "b").read_text()
    with whole_folder(folder) as new:
        (new / "a").write_text("last")
    assert [each.name for each in tmp_path.iterdir() if "artifact" in each.name and each.name.endswith("old")] == []


# Disks


@pytest.fixture
def disk(tmp_path):
    """A disk of its own, of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = as_root("mount", "-t", "tmpfs", "-o", "size=3m,mode=1777", "tmpfs", folder)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield folder
    as_root("umount", "--lazy", folder).check_returncode()


def as_root(*words: object) -> subprocess.CompletedProcess:
    """Run a command with root's rights, where this machine gives them without a question."""
    asked = [] if os.geteuid() == 0 or not shutil.which("sudo") else ["sudo", "-n"]
    return subprocess.run([*asked, *map(str, words)], capture_output=True, text=True)


def fill(disk: Path) -> Path:
    """Write a file that leaves no byte on the disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return filler


@pytest.mark.parametrize("where", ["results", "artifacts", "cache", "temporary"])
def test_a_full_disk_is_named_and_finished_records_stay(tmp_path, disk, where, monkeypatch):
    (disk / "temporary").mkdir()
    places = {"results": {"results": str(disk / "results")}, "artifacts": {"artifacts": str(disk / "artifacts")}}
    more = places.get(where, {"artifacts": None} if where == "temporary" else {})
    experiment = small(tmp_path, **more)
    run(experiment, [BASE])
    before = written(tmp_path, "*") or written(disk, "*")
    if where == "cache":
        monkeypatch.setenv("COMPRESSIONS_CACHE", str(disk / "cache"))
        (disk / "cache").mkdir()
    if where == "temporary":
        monkeypatch.setattr("tempfile.tempdir", str(disk / "temporary"))
    filler = fill(disk)
    with pytest.raises(BadInput, match="cannot write .*: No space left on device"):
        run(experiment, [TAUGHT])
    (kept,) = read_all(Path(experiment.results))
    assert kept["configuration"] == "base"
    filler.unlink()
    run(experiment, [BASE, TAUGHT])
    assert (
        len(read_all(Path(experiment.results))) == 2
        and before.items() <= (written(tmp_path, "*") | written(disk, "*")).items()
    )


def test_results_and_a_cache_that_cannot_be_written_are_refused_before_training(tmp_path, disk, monkeypatch):
    run(small(tmp_path, results=str(disk)), [BASE])
    as_root("mount", "-o", "remount,ro", disk).check_returncode()
    with pytest.raises(BadInput, match=f"cannot write {disk}.*: Read-only file system"):
        run(small(tmp_path, results=str(disk)), [BASE, QAT], watch=lambda name: pytest.fail(f"{name} was trained"))
    assert [record["configuration"] for record in read_all(disk)] == ["base"]
    monkeypatch.setenv("COMPRESSIONS_CACHE", str(disk / "cache"))
    with pytest.raises(BadInput, match=f"cannot write {disk}/cache: Read-only file system"):
        run(small(tmp_path), [BASE])


# Memory


def test_a_training_that_wants_more_memory_than_there_is_says_so(tmp_path):
    # 512 rows of 512 tokens in one batch: the widest activations, of 512 numbers a token, are half a gigabyte at once.
    rows = [{"sentence1": "cats " * 600, "sentence2": f"{n}", "label": n % 2, "idx": n} for n in range(512)]
    given = {"glue": write_glue(tmp_path / "glue", "rte", RTE, rows), "checkpoints": "bundled", "size": "tiny"}
    hungry = small(tmp_path, batch_size=512, train_rows=512, max_length=512, **given, teacher="mini")
    few = write_glue(tmp_path / "few", "rte", RTE, rows[:40])
    sound = small(tmp_path / "sound", **given | {"glue": few}, teacher="mini")
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        starved = pool.submit(starve, sound, hungry)
    with pytest.raises(BadInput, match="^base of rte, tiny needs more memory .* batch_size 512 .*$"):
        starved.result()
    assert not [*(tmp_path / "results").rglob("*.json")]


def starve(sound: Experiment, hungry: Experiment) -> None:
    """Train one, so that libraries and threads have what they need, and the other in half a gigabyte more."""
    run(sound, [BASE])
    held = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (held + 2**29,) * 2)
    run(hungry, [BASE])


# The cache


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    return content[: len(content) // 2] + bytes([255 - content[len(content) // 2]]) + content[len(content) // 2 + 1 :]


every_harm = pytest.mark.parametrize("harm", [half, flipped, lambda content: b""], ids=["half", "flipped", "empty"])


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A record, and the folder of the cache that it left."""
    folder = tmp_path_factory.mktemp("sound")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPRESSIONS_CACHE", str(folder / "cache"))
        (record,) = run(small(folder), [TAUGHT])
    return record, folder / "cache"


@every_harm
def test_a_broken_cache_is_made_again_and_changes_no_score(tmp_path, monkeypatch, sound, harm):
    record, cache = sound
    monkeypatch.setenv("COMPRESSIONS_CACHE", str(tmp_path / "cache"))
    shutil.copytree(cache, tmp_path / "cache")
    harmed = [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size]
    kinds = {path.relative_to(tmp_path / "cache").parts[0] for path in harmed}
    assert kinds == {"logits", "teachers", "tokenized", "augmented"}
    for path in harmed:
        path.write_bytes(harm(path.read_bytes()))
    (again,) = run(small(tmp_path / "again"), [TAUGHT])
    for field in ("score", "loss", "predictions_sha256", "teacher"):
        assert again[field] == record[field]


# The hub


@pytest.fixture(scope="module", autouse=True)
def asking(tmp_path_factory):
    """A process that asks a misbehaving hub for an encoder and for rows; mostly it waits, so it starts first."""
    folder = tmp_path_factory.mktemp("hub")
    rows, models = Path(write_glue(folder / "glue", "rte", RTE, ROWS)), hub.write_repositories(folder / "models")
    settings = {"HF_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "0"}
    quick = {"HF_HUB_DOWNLOAD_TIMEOUT": "1", "HF_HUB_ETAG_TIMEOUT": "1"}
    command = [sys.executable, "-m", "tests.hub", str(rows), str(models)]
    environment = {**os.environ, **settings, **quick}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=-1, stderr=-1, text=True) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def answers(asking):
    """What it was told, and after how many seconds, by how the hub misbehaved."""
    stdout, stderr = asking.communicate(timeout=300)
    assert asking.returncode == 0, stderr
    return json.loads(stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "fault, what", [*product(("404", "hangs", "half"), ("encoder", "rows")), ("pickle", "encoder")]
)
def test_a_hub_that_fails_is_said_in_one_line_and_soon(answers, fault, what):
    line, seconds = answers[fault][what]
    assert line.startswith("BadInput: ") and "\n" not in line and line.count("cannot be loaded") < 2, line
    assert ("cannot be loaded from google/" if what == "encoder" else "'nyu-mll/glue'") in line or fault == "pickle"
    assert seconds < 180


def test_a_pickle_of_the_hub_is_not_read(answers):
    assert "pytorch_model.bin holds more than tensors, which could be code" in answers["pickle"]["encoder"][0]
    assert answers["unpickled"] is False


def test_a_hub_that_is_well_again_serves_what_failed_before(answers):
    assert [answers["well"][what][0] for what in ("encoder", "rows")] == ["", ""]
