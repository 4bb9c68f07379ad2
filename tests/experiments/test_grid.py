"""A grid runs what is missing, and only that, whatever happens to it."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from compressions.errors import BadInput
from compressions.experiments import manage
from compressions.experiments.grid import Grid, read_grid
from compressions.experiments.records import read_all
from tests.conftest import ROOT
from tests.places import QUICK, TAUGHT, command, make, new_place, written


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the project's commands and notebooks, and grids of its own."""
    return new_place(tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def ran(place):
    """The same, after its grid has run."""
    assert make(place, "quick").returncode == 0
    return place


def test_a_grid_leaves_every_record_and_a_second_call_repeats_none(place):
    done = make(place, "quick")
    assert done.returncode == 0, done.stderr
    assert "quick: 4 of 4 configurations to run" in done.stdout
    names = [(record["configuration"], record["specification"]["seed"]) for record in read_all(place / "results/quick")]
    assert sorted(names) == [("base", 0), ("base", 1), ("qat+mp50", 0), ("qat+mp50", 1)]
    before = written(place)
    again = make(place, "quick")
    assert again.returncode == 0 and "quick: 0 of 4" in again.stdout and written(place) == before


def importing() -> float:
    """Seconds that this machine takes to import the libraries: up to 4 where the limit of 12 for a start was set."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch, transformers, datasets"], check=True)
    return time.perf_counter() - start


@pytest.mark.alone
def test_what_starting_costs_is_in_the_record_and_is_short(place):
    before = importing()
    assert make(place, "quick").returncode == 0
    slower = max(1, max(before, importing()) / 4)
    seconds = {record["startup_seconds"] for record in read_all(place / "results/quick")}
    # Two experiments of two records each: the quicker start is what the code costs, the rest what the machine does.
    assert len(seconds) == 2
    assert 0.5 < min(seconds) < 12 * slower and max(seconds) < 24 * slower, (seconds, slower)


def test_a_record_that_is_gone_is_run_again_and_no_other(ran):
    before = written(ran)
    gone = next(path for path in before if path.name == "qat+mp50-seed1.json")
    gone.unlink()
    assert make(ran, "quick").returncode == 0
    after = written(ran)
    assert gone in after and {path for path in after if after[path] != before[path]} == {gone}


def test_the_status_counts_what_is_done_and_what_is_left(ran, monkeypatch, capsys):
    assert re.search(r"tiny +4 +4 +0 +0 +0\.0\n", make(ran, "quick", "grid-status").stdout)
    (ran / "grids/more.yml").write_text(QUICK.replace("[0, 1]", "[0, 1, 2]") + "results: results/quick\n")
    monkeypatch.chdir(ran)
    manage.status(read_grid("more"))
    stdout = capsys.readouterr().out
    assert re.search(r"tiny +6 +4 +0 +2 +\d", stdout) and "hours of one worker" in stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record | {"score": 99.0}, "rte/tiny/base-seed0.json was edited after it was written"),
        (lambda record: record | {"format": 0}, "rte/tiny/base-seed0.json has format 0; known:"),
        (lambda record: [], "rte/tiny/base-seed0.json cannot be read"),
    ],
)
def test_a_grid_refuses_to_go_on_with_a_record_that_is_not_sound(ran, monkeypatch, change, message):
    monkeypatch.chdir(ran)
    path = ran / "results/quick/rte/tiny/base-seed0.json"
    content, before = path.read_text(), written(ran)
    path.write_text(json.dumps(change(json.loads(content)) or "broken"))
    with pytest.raises(BadInput, match=message):
        manage.run(read_grid("quick"), ["--cores", "2"])
    path.write_text(content)
    assert set(written(ran)) == set(before)


def test_a_grid_refuses_records_of_another_specification(ran):
    (ran / "grids/other.yml").write_text(QUICK.replace("epochs: 1", "epochs: 2") + "results: results/quick\n")
    done = make(ran, "other")
    assert done.returncode != 0 and "was made with epochs 1, not 2; take another results folder" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": ["rte"]}, "unknown key in grids/g.yml 'task'; allowed: tasks, sizes, seeds, subsets"),
        ({"tasks": ["wnli"]}, "unknown task 'wnli'; allowed: cola, sst2"),
        ({"sizes": ["huge"]}, "'huge'; allowed: tiny, mini"),
        ({"seeds": 3}, r"seeds must be a list such as \[a, b\]; got 3"),
        ({"seeds": [-1]}, "seed -1 is not allowed"),
        ({"subsets": [["svd"]]}, "unknown method 'svd'; allowed: qat, kd, mp"),
        ({"epochs": "many"}, "epochs 'many' is not allowed"),
        ({"first": [{"sizes": ["mini"]}]}, "unknown value of sizes in first 'mini'; allowed: tiny"),
        ({"first": [{"size": ["tiny"]}]}, "unknown key in first 'size'; allowed: tasks, sizes, seeds"),
        ({"tasks": []}, "asks for no experiment"),
        ({"seeds": None}, "seeds must be a list"),
    ],
)
def test_a_grid_file_is_checked_before_anything_runs(change, message):
    content = {"tasks": ["rte"], "sizes": ["tiny"], "seeds": [0], "subsets": [[]], "sparsities": [0.4]}
    assert Grid("g", content).experiments
    with pytest.raises(BadInput, match=message):
        Grid("g", content | change).experiments  # noqa: B018


def test_planning_and_refusing_load_neither_torch_nor_transformers():
    lines = "from compressions.experiments import grid, manage; import sys; manage.status(grid.read_grid('paper'))"
    check = "print(sorted({'torch', 'transformers', 'datasets', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"{lines}; {check}"], cwd=ROOT, capture_output=True, text=True)
    said, loaded = done.stdout.splitlines()[-2:]
    assert said.startswith("left: ? hours of one worker") and loaded == "[]", done.stdout + done.stderr


def test_a_missing_key_and_an_unknown_grid_are_told_what_there_is(place):
    with pytest.raises(BadInput, match="has no seeds; needed: tasks, sizes, seeds, subsets, sparsities"):
        Grid("g", {"tasks": ["rte"], "sizes": ["tiny"]})
    done = make(place, "slow")
    assert done.returncode != 0 and "unknown grid 'slow'; allowed: " in done.stderr and "quick" in done.stderr


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "grids").glob("*.yml")))
def test_the_projects_own_grids_are_sound(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    grid = read_grid(name)
    assert len(grid.experiments) == len({grid.notebook(experiment) for experiment in grid.experiments})


def test_experiments_take_the_gpus_in_turn_that_the_shell_allows(place, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    (place / "grids/planned.yml").write_text(QUICK)
    done = make(place, "planned", "grid", "GPUS=2", "OPTIONS=--dry-run --printshellcmds --quiet host")
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"export CUDA_VISIBLE_DEVICES=(\S+);", done.stdout + done.stderr)) == ["5", "7"]


def test_the_order_is_the_one_that_the_file_asks_for():
    content = {"tasks": ["rte", "cola"], "sizes": ["tiny", "mini"], "seeds": [0, 1], "subsets": [[]], "sparsities": []}
    grid = Grid("g", content | {"first": [{"sizes": ["tiny"], "seeds": [1]}, {"tasks": ["cola"]}]})
    order = [(each.task, each.size, each.seed) for each in grid.experiments]
    assert order[:4] == [("rte", "tiny", 1), ("cola", "tiny", 1), ("cola", "tiny", 0), ("cola", "mini", 0)]
    assert len(order) == len(set(order)) == 8


def test_a_failed_experiment_says_why_and_stops_no_other(place):
    # Rows of CoLA that are not there make the second experiment fail after the grid was found to be sound.
    (place / "grids/wrong.yml").write_text(QUICK.replace("[rte]", "[cola, rte]").replace("[0, 1]", "[0]"))
    blocked = place / "results/wrong/cola"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where a folder must be")
    done = make(place, "wrong")
    assert done.returncode != 0 and len(list(place.glob("results/wrong/rte/tiny/*.json"))) == 2
    said = [line for line in done.stderr.splitlines() if line.startswith("failed: cola/tiny/seed0: ")]
    assert len(said) == 1 and "cannot write" in said[0]
    assert "failed: cola/tiny/seed0" in make(place, "wrong", "grid-status").stdout
    blocked.unlink()
    assert make(place, "wrong").returncode == 0
    assert "failed" not in make(place, "wrong", "grid-status").stdout


def test_a_grid_that_is_being_run_is_not_run_a_second_time(place, monkeypatch):
    monkeypatch.chdir(place)
    (place / "grids/twice.yml").write_text(QUICK)
    first = subprocess.Popen(command("grid", "twice"), cwd=place, stdout=subprocess.PIPE, stderr=-2, text=True)
    while "configurations to run" not in first.stdout.readline():
        assert first.poll() is None
    with pytest.raises(BadInput, match="the grid 'twice' is being run by another process"):
        manage.run(read_grid("twice"), ["--cores", "2"])
    output, _ = first.communicate()
    assert first.returncode == 0 and len(written(place, "twice")) == 4, output


def test_two_runs_of_one_configuration_train_it_once(place):
    (place / "grids/a.yml").write_text(
        TAUGHT.replace("[rte, cola]", "[rte]").replace("[0, 1]", "[0]") + "results: results/shared\n"
    )
    (place / "grids/b.yml").write_text((place / "grids/a.yml").read_text())
    both = [subprocess.Popen(command("grid", name), cwd=place, stdout=-3, stderr=-3) for name in "ab"]
    assert [process.wait() for process in both] == [0, 0]
    assert len(read_all(place / "results/shared")) == 2
    bars = [bar for path in (place / "logs").glob("[ab]/rte/tiny/seed?.ipynb") for bar in trainings(path)]
    assert sorted(bars) == ["base", "kd"]


def trainings(notebook: Path) -> list[str]:
    """The configurations that an executed notebook trained: one bar each."""
    cells = nbformat.read(notebook, 4).cells
    texts = [output.get("data", {}).get("text/plain", "") for cell in cells for output in cell.get("outputs", [])]
    return [line.split()[0] for text in texts for line in text.splitlines() if "█" in line]
