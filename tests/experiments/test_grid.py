"""A grid runs what is missing, and only that, whatever happens to it."""

import json
import os
import random
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir

import psutil
import pytest
from transformers import TrainerCallback

from compressions.errors import BadInput
from compressions.experiments import manage
from compressions.experiments.configurations import configurations
from compressions.experiments.experiment import Experiment
from compressions.experiments.grid import Grid, names, names_of, read_grid
from compressions.experiments.records import read_all
from compressions.experiments.run import run
from tests import small
from tests.conftest import ROOT
from tests.places import QUICK, command, make, new_place, written


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the project's commands and notebooks, and grids of its own; one experiment has failed before."""
    place = new_place(tmp_path_factory.mktemp("place"))
    failed = place / "logs/quick/rte/narrow/seed1.failed"
    failed.parent.mkdir(parents=True)
    failed.write_text("BadInput: once")
    return place


@pytest.fixture(scope="module")
def first_run(place):
    """What the first run of the place's grid said, and what a second one was told meanwhile."""
    first = subprocess.Popen(command("grid", "quick"), cwd=place, stdout=subprocess.PIPE, stderr=-2, text=True)
    said = ""
    while "configurations to run" not in said:
        assert first.poll() is None, said
        said += first.stdout.readline()
    with chdir(place), pytest.raises(BadInput) as refused:
        manage.run(read_grid("quick"), ["--cores", "2"])
    said += first.communicate()[0]
    assert first.returncode == 0, said
    return said, str(refused.value)


@pytest.fixture(scope="module")
def ran(place, first_run):
    """The place after its grid has run."""
    return place


@pytest.mark.slow
def test_a_grid_leaves_every_record_and_a_second_call_repeats_none(ran, first_run):
    assert "quick: 4 of 4 configurations to run" in first_run[0]
    records = read_all(ran / "results/quick")
    names = [(record["configuration"], record["specification"]["seed"]) for record in records]
    assert sorted(names) == [("base", 0), ("base", 1), ("qat+mp50", 0), ("qat+mp50", 1)]
    # What a start costs is in each record; an experiment is one start for all of its records.
    assert len({record["startup_seconds"] for record in records}) == 2
    before = written(ran)
    again = make(ran, "quick")
    assert again.returncode == 0 and "quick: 0 of 4" in again.stdout and written(ran) == before


@pytest.mark.slow
def test_a_grid_that_is_being_run_is_not_run_a_second_time(first_run):
    assert "the grid 'quick' is being run by another process" in first_run[1]


@pytest.mark.slow
def test_a_record_that_is_gone_is_planned_again_and_no_other_whatever_the_clock_says(ran):
    gone = next(path for path in written(ran) if path.name == "qat+mp50-seed1.json")
    content = gone.read_bytes()
    gone.unlink()
    tomorrow = time.time() + 24 * 3600
    for path in [*(ran / "results").rglob("*"), *(ran / "logs").rglob("*")]:
        os.utime(path, (tomorrow, tomorrow - random.Random(path.name).randrange(3600)))
    done = make(ran, "quick", "grid", "OPTIONS=--dry-run --printshellcmds --quiet host")
    assert done.returncode == 0 and "quick: 1 of 4" in done.stdout, done.stderr
    assert re.findall(r"-r size narrow -p seed (\d)", done.stdout + done.stderr) == ["1"]
    gone.write_bytes(content)


@pytest.mark.slow
def test_the_status_counts_what_is_done_and_what_is_left(ran, monkeypatch, capsys):
    said = make(ran, "quick", "grid-status").stdout
    assert re.search(r"narrow +4 +4 +0 +0 +0\.0\n", said) and "failed" not in said
    (ran / "grids/more.yml").write_text(QUICK.replace("[0, 1]", "[0, 1, 2]") + "results: results/quick\n")
    monkeypatch.chdir(ran)
    manage.status(read_grid("more"))
    stdout = capsys.readouterr().out
    assert re.search(r"narrow +6 +4 +0 +2 +\d", stdout) and "hours of one worker" in stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record | {"score": 99.0}, "rte/narrow/base-seed0.json was edited after it was written"),
        (lambda record: record | {"format": 0}, "rte/narrow/base-seed0.json has format 0; known:"),
        (lambda record: [], "rte/narrow/base-seed0.json cannot be read"),
    ],
)
@pytest.mark.slow
def test_a_grid_refuses_to_go_on_with_a_record_that_is_not_sound(ran, monkeypatch, change, message):
    monkeypatch.chdir(ran)
    path = ran / "results/quick/rte/narrow/base-seed0.json"
    content, before = path.read_text(), written(ran)
    path.write_text(json.dumps(change(json.loads(content)) or "broken"))
    with pytest.raises(BadInput, match=message):
        manage.run(read_grid("quick"), ["--cores", "2"])
    path.write_text(content)
    assert set(written(ran)) == set(before)


@pytest.mark.slow
def test_a_grid_refuses_records_of_another_specification(ran, monkeypatch):
    (ran / "grids/other.yml").write_text(QUICK.replace("epochs: 1", "epochs: 2") + "results: results/quick\n")
    monkeypatch.chdir(ran)
    with pytest.raises(BadInput, match="was made with epochs 1, not 2; take another results folder"):
        manage.run(read_grid("other"), ["--cores", "2"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": ["nli"]}, "unknown key in grids/g.yml 'task'; allowed: tasks, sizes, seeds, subsets"),
        ({"tasks": ["wnli"]}, "unknown task 'wnli'; allowed: cola, sst2"),
        ({"sizes": ["huge"]}, "'huge'; allowed: l3, mini, minilm, tiny"),
        ({"seeds": 3}, r"seeds must be a list such as \[a, b\]; got 3"),
        ({"seeds": [-1]}, "seed -1 is not allowed"),
        ({"subsets": [["svd"]]}, "unknown method 'svd'; allowed: qat, kd, mp"),
        ({"epochs": "many"}, "epochs 'many' is not allowed"),
        ({"first": [{"sizes": ["mini"]}]}, "unknown value of sizes in first 'mini'; allowed: tiny"),
        ({"first": [{"size": ["tiny"]}]}, "unknown key in first 'size'; allowed: tasks, sizes, seeds"),
        (
            {"overrides": [{"sizes": ["mini"]}]},
            "unknown value of sizes in overrides 'mini'; allowed: tiny",
        ),
        (
            {"overrides": [{"subsets": [[]]}]},
            "unknown key in overrides 'subsets'; allowed: tasks, sizes, seeds, epochs",
        ),
        ({"overrides": [{"epochs": "many"}]}, "epochs 'many' is not allowed"),
        (
            {"overrides": {"epochs": 2}},
            r"overrides must be a list such as \[{sizes: \[minilm\], precision: bfloat16}\]",
        ),
        ({"tasks": []}, "asks for no experiment"),
        ({"seeds": None}, "seeds must be a list"),
    ],
)
def test_a_grid_file_is_checked_before_anything_runs(change, message):
    content = {"tasks": ["nli"], "sizes": ["tiny"], "seeds": [0], "subsets": [[]], "sparsities": [0.4]}
    assert Grid("g", content).experiments
    with pytest.raises(BadInput, match=message):
        Grid("g", content | change).experiments  # noqa: B018


def test_choices_may_differ_in_parts_of_a_grid():
    content = {"tasks": ["nli", "sentiment"], "sizes": ["tiny"], "seeds": [0, 1], "subsets": [[]], "sparsities": [0.4]}
    overrides = [{"seeds": [1], "epochs": 2}, {"tasks": ["nli"], "seeds": [1], "precision": "bfloat16"}]
    grid = Grid("g", content | {"epochs": 3, "overrides": overrides})
    found = {(each.task, each.seed): (each.epochs, each.precision) for each in grid.experiments}
    assert found[("nli", 0)] == found[("sentiment", 0)] == (3, "float32")
    assert (found[("sentiment", 1)], found[("nli", 1)]) == ((2, "float32"), (2, "bfloat16"))
    assert "precision: bfloat16" in grid.parameters(grid.experiment("nli", "tiny", 1))


@pytest.mark.slow
def test_planning_and_refusing_load_neither_torch_nor_transformers():
    lines = "from compressions.experiments import grid, manage; import sys; manage.status(grid.read_grid('paper'))"
    check = "print(sorted({'torch', 'transformers', 'datasets', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"{lines}; {check}"], cwd=ROOT, capture_output=True, text=True)
    said, loaded = done.stdout.splitlines()[-2:]
    assert said.startswith("left: ? hours of one worker") and loaded == "[]", done.stdout + done.stderr


def test_a_missing_key_and_an_unknown_grid_are_told_what_there_is(place, monkeypatch):
    with pytest.raises(BadInput, match="has no seeds; needed: tasks, sizes, seeds, subsets, sparsities"):
        Grid("g", {"tasks": ["rte"], "sizes": ["tiny"]})
    monkeypatch.chdir(place)
    with pytest.raises(BadInput, match="unknown grid 'slow'; allowed: .*quick"):
        read_grid("slow")


def own_grids() -> list[str]:
    with chdir(ROOT):
        return names()


@pytest.mark.parametrize("name", own_grids())
def test_the_projects_own_grids_are_sound(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    grid = read_grid(name)
    assert len(grid.experiments) == len({grid.notebook(experiment) for experiment in grid.experiments})


@pytest.fixture
def variants(tmp_path, monkeypatch):
    """A project of one grid, `alike`, with two variants."""
    place, one = new_place(tmp_path), QUICK.replace("[0, 1]", "[0]")
    (place / "grids/alike.yml").write_text(f"{one}variants:\n  short: {{}}\n  long: {{epochs: 2, subsets: [[]]}}\n")
    monkeypatch.chdir(place)
    return place


def test_a_variant_is_a_grid_with_keys_and_a_folder_of_its_own(variants):
    assert names() == ["alike/short", "alike/long", "quick", "taught"]
    assert names_of("alike") == ["alike/short", "alike/long"] and names_of("alike/long") == ["alike/long"]
    short, long = map(read_grid, names_of("alike"))
    assert [each.epochs for each in (short.experiments[0], long.experiments[0])] == [1, 2]
    assert len(short.configurations) == 2 and len(long.configurations) == 1
    assert long.experiments[0].record_path(long.configurations[0]).relative_to(variants).as_posix() == (
        "results/alike/long/rte/narrow/base-seed0.json"
    )
    with pytest.raises(BadInput, match="unknown grid 'alike'; allowed: alike/short, alike/long, quick"):
        read_grid("alike")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("[short]", r"variants in grids/alike.yml must be such as {alpha05: {alpha: 0.5}}; got \['short'\]"),
        ("{a: 1}", "must be such as"),
        ("{../a: {}}", r"variant in grids/alike.yml '../a' is not allowed; take letters, digits"),
    ],
)
def test_variants_that_are_not_sound_are_refused_and_disturb_no_other_grid(variants, given, message):
    (variants / "grids/alike.yml").write_text(f"{QUICK}variants: {given}\n")
    assert read_grid("quick").experiments
    with pytest.raises(BadInput, match=message):
        read_grid("alike")


def test_a_variant_with_an_unknown_key_names_the_file(variants):
    (variants / "grids/alike.yml").write_text(f"{QUICK}variants: {{a: {{epoch: 1}}}}\n")
    with pytest.raises(BadInput, match="unknown key in grids/alike.yml 'epoch'"):
        read_grid("alike/a")


@pytest.mark.slow
def test_all_variants_are_planned_by_one_command_and_each_has_a_status(variants, capsys):
    done = make(variants, "alike", "grid", "OPTIONS=--dry-run --printshellcmds --quiet host")
    assert done.returncode == 0, done.stderr
    assert "alike/short: 2 of 2" in done.stdout and "alike/long: 1 of 1" in done.stdout
    for name in ("alike/short", "alike/long"):
        assert f"logs/{name}/rte/narrow/seed0.ipynb.partial.ipynb -r task rte" in done.stdout + done.stderr
    (each,) = read_grid("alike/long").experiments
    run(each, read_grid("alike/long").configurations)
    manage.main("status", "alike")
    status = capsys.readouterr().out
    assert re.search(r"alike/short\n.*\nnarrow +2 +0 .*alike/long\n.*\nnarrow +1 +1 ", status, re.S), status


def test_one_folder_for_the_records_of_all_variants_is_refused(variants, monkeypatch):
    monkeypatch.setenv("RESULTS", "elsewhere")
    for name in ("alike", "alike/long"):
        with pytest.raises(
            BadInput, match=r"RESULTS would be the folder of all variants of grids/alike\.yml; unset it"
        ):
            manage.main("run", name)


def test_a_variant_that_was_killed_fails_the_command_and_stops_no_other(monkeypatch):
    statuses = {"alike/short": -9, "alike/long": 0}
    monkeypatch.setattr(manage.subprocess, "call", lambda words: statuses.pop(words[4]))
    with pytest.raises(SystemExit) as ended:
        manage.run_each(list(statuses), [])
    assert ended.value.code == 1 and not statuses


@pytest.mark.slow
def test_experiments_take_the_gpus_in_turn_that_the_shell_allows(place, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    (place / "grids/planned.yml").write_text(QUICK)
    done = make(place, "planned", "grid", "GPUS=2", "OPTIONS=--dry-run --printshellcmds --quiet host")
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"export CUDA_VISIBLE_DEVICES=(\S+);", done.stdout + done.stderr)) == ["5", "7"]


def test_the_order_is_the_one_that_the_file_asks_for():
    content = {
        "tasks": ["nli", "sentiment"],
        "sizes": ["tiny", "mini"],
        "seeds": [0, 1],
        "subsets": [[]],
        "sparsities": [],
    }
    grid = Grid("g", content | {"first": [{"sizes": ["tiny"], "seeds": [1]}, {"tasks": ["sentiment"]}]})
    order = [(each.task, each.size, each.seed) for each in grid.experiments]
    assert order[:4] == [
        ("nli", "tiny", 1),
        ("sentiment", "tiny", 1),
        ("sentiment", "tiny", 0),
        ("sentiment", "mini", 0),
    ]
    assert len(order) == len(set(order)) == 8


@pytest.mark.slow
def test_experiments_that_fail_or_are_killed_say_why_and_stop_no_other(place, monkeypatch, capsys):
    """CoLA's records cannot be written, and RTE's kernel is killed as one that takes all memory is."""
    content = QUICK.replace("[rte]", "[cola, rte, mrpc]").replace("[0, 1]", "[0]").replace("[[], [qat, mp]]", "[[]]")
    (place / "grids/wrong.yml").write_text(content)
    blocked = place / "results/wrong/cola"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where a folder must be")
    process = subprocess.Popen(command("grid", "wrong"), cwd=place, stdout=-3, stderr=subprocess.PIPE, text=True)
    kernel = None
    while kernel is None:
        assert process.poll() is None, process.stderr.read()
        kernel = next(filter(is_kernel_of_rte, psutil.Process(process.pid).children(recursive=True)), None)
        time.sleep(0.1)
    kernel.kill()
    _, said = process.communicate()
    failed = sorted(line for line in said.splitlines() if line.startswith("failed: "))
    assert process.returncode != 0 and len(failed) == 2, said
    assert re.fullmatch("failed: cola/narrow/seed0: .*cannot write.*", failed[0])
    assert re.fullmatch("failed: rte/narrow/seed0: .*Kernel died.*", failed[1])
    assert [path.parents[1].name for path in written(place, "wrong")] == ["mrpc"]
    monkeypatch.chdir(place / "grids")
    manage.status(read_grid("wrong"))
    assert "failed: cola/narrow/seed0" in capsys.readouterr().out
    blocked.unlink()
    assert [experiment.task for experiment in read_grid("wrong").unfinished] == ["cola", "rte"]


def is_kernel_of_rte(process: psutil.Process) -> bool:
    try:
        asked = " ".join(process.parent().cmdline())
        return "ipykernel_launcher" in process.cmdline() and " task rte " in asked
    except psutil.Error:
        return False


@pytest.mark.slow
def test_two_runs_of_one_configuration_train_it_once(tmp_path):
    trained = []

    def watch(name: str) -> TrainerCallback:
        trained.append(name)
        return TrainerCallback()

    wanted = configurations([[], ["kd"]], [])
    with ThreadPoolExecutor() as threads:
        chosen = small.quick(tmp_path, train_rows=64, teacher_rows=63)  # a teacher that no other test has made
        both = [threads.submit(run, Experiment(**chosen), wanted, watch) for _ in "ab"]
    assert both[0].result() == both[1].result()
    assert sorted(trained) == ["base", "kd", "wide, teacher"]
