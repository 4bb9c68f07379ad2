"""Chapters are percent scripts that keep the promises all chapters make."""

import ast
import re
import runpy
import subprocess

import jupytext
import nbformat
import pytest
import yaml
from click.testing import CliRunner
from jupytext.config import load_jupytext_configuration_file
from papermill.__main__ import papermill
from papermill.iorw import load_notebook_node

from compressions.book.percent import check_parameters
from compressions.errors import BadInput
from tests.chapters import run_chapter
from tests.conftest import ROOT, call_papermill

LONGEST_CELL = 12  # lines of code
CHAPTERS = sorted((ROOT / "notebooks").glob("*.py"))
every_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


@every_chapter
def test_a_chapter_survives_the_way_through_jupytext(chapter):
    notebook = jupytext.read(chapter, fmt="py:percent")
    del notebook.metadata["jupytext"]["text_representation"]  # what reading adds, and the settings below leave out
    settings = load_jupytext_configuration_file(str(ROOT / "jupytext.toml"))
    assert jupytext.writes(notebook, fmt="py:percent", config=settings).strip() == chapter.read_text().strip()


@every_chapter
def test_a_chapter_has_one_parameters_cell_and_checks_what_is_injected(chapter):
    cells = jupytext.read(chapter).cells
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1 and all("=" in line and "  # " in line for line in tagged[0].source.splitlines())
    assert "check_parameters(globals())" in next(
        cell.source for cell in cells[cells.index(tagged[0]) + 1 :] if is_code(cell)
    )


@every_chapter
def test_no_cell_is_longer_than_a_reader_reads(chapter):
    cells = [cell for cell in jupytext.read(chapter).cells if is_code(cell)]
    cells = [cell for cell in cells if "parameters" not in cell.metadata.get("tags", [])]  # a line for each
    assert max(len(list(filter(None, cell.source.splitlines()))) for cell in cells) <= LONGEST_CELL


@every_chapter
def test_no_line_of_prose_is_lost_as_a_comment(chapter):
    prose = [cell.source for cell in jupytext.read(chapter).cells if cell.cell_type == "markdown"]
    assert not [line for text in prose for line in text.splitlines() if line.startswith("%")]


def is_code(cell) -> bool:
    return cell.cell_type == "code"


@every_chapter
def test_no_figure_is_without_a_description(chapter):
    figures = re.findall(r"\{glue:figure\}(.*?)```", chapter.read_text(), flags=re.DOTALL)
    assert all(":alt: " in figure and ":name: " in figure for figure in figures)


def test_every_chapter_is_in_the_book():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = {chapter["file"] for part in contents["parts"] for chapter in part["chapters"]}
    assert {f"notebooks/{chapter.stem}" for chapter in CHAPTERS} <= files


def test_no_notebook_with_outputs_is_committed():
    listed = subprocess.run(["git", "ls-files", "*.ipynb"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout: nothing is committed")
    assert listed.stdout == ""


@pytest.mark.parametrize(
    "name, given, line",
    [
        ("setup", {"sparsity": 1.0}, "sparsity 1.0 is not allowed"),
        ("pruning", {"taget": 0.5}, "unknown parameter 'taget'; allowed: target, steps, begin, end, every, seed"),
        ("distillation", {"temperature": 0}, "temperature 0 is not allowed"),
        ("coverage", {"measured": "nowhere.json"}, "nowhere.json is not there; `make bench` makes it"),
    ],
)
def test_a_chapter_refuses_a_wrong_parameter(name, given, line):
    with pytest.raises(BadInput, match=line):
        run_chapter(name, **given)


@pytest.mark.parametrize("name, given", [("pruning", {"target": 0.8}), ("this_machine", {"results": "nowhere"})])
def test_a_chapter_runs_with_another_parameter(name, given):
    run_chapter(name, **given)


@pytest.mark.slow
def test_papermill_takes_a_script_by_any_kind_of_path(tmp_path):
    for path in ("./notebooks/setup.py", ROOT / "notebooks/setup.py"):
        assert call_papermill(path, tmp_path / "out.ipynb", "--prepare-only").returncode == 0


def injected(declared: str, given: str) -> dict:
    """The globals of a notebook in which papermill injected parameters, when it has checked them."""
    names = {"In": ["", declared, f"# Parameters\n{given}\n", "check"]}
    exec(f"{declared}\n{given}", names)
    check_parameters(names)
    return names


def test_only_declared_names_may_be_injected():
    declared = "rate = 1  # why\nseed = 0"
    check_parameters({"In": ["", declared], "rate": "anything"})
    assert injected(declared, "rate = 2")["rate"] == 2
    with pytest.raises(BadInput, match="unknown parameter 'rat'; allowed: rate, seed"):
        injected(declared, "rat = 2")


def test_the_paths_that_papermill_injects_are_no_parameters():
    injected("seed = 0", 'PAPERMILL_INPUT_PATH = "a.py"\nPAPERMILL_OUTPUT_PATH = "b.ipynb"')


@pytest.mark.parametrize(
    "default, given, meant",
    [
        ("0.1", '"5e-4"', 5e-4),
        ("0.1", "1", 1),
        ("16", '"1e3"', 1000),
        ("0.1", '"null"', None),
        ("False", '"false"', False),
        ("False", '"True"', True),
        ('"results"', "2024", "2024"),
        ('"results"', '"1e3"', "1e3"),
        ('"results"', '"None"', None),
        ("None", '"1e3"', "1e3"),
        ("None", '"null"', None),
        ('["text"]', "[0]", ["0"]),
        ("[0.6]", '["6e-1", 0.4]', [0.6, 0.4]),
        ('"tiny"', "[3, 192, 3]", [3, 192, 3]),
        ("[[], ['qat']]", "[['qat', 'kd'], []]", [["qat", "kd"], []]),
    ],
)
def test_a_value_is_read_as_what_its_default_is(default, given, meant):
    value = injected(f"x = {default}  # why", f"x = {given}")["x"]
    assert value == meant and type(value) is type(meant)


@pytest.mark.parametrize(
    "default, given, says",
    [
        ("False", '"off"', "x 'off' is not allowed; take true or false"),
        ("False", "1", "x 1 is not allowed; take true or false"),
        ("0.1", '"much"', "x 'much' is not allowed; take a number"),
        ("0.1", "True", "x True is not allowed; take a number"),
        ('"cpu"', '""', "x '' is not allowed; take a text"),
        ("[0.5, 1]", '"abc"', r"x must be a list such as \[0.5, 1\]; got 'abc'"),
        ("[0.5, 1]", "None", r"x must be a list such as \[0.5, 1\]; got None"),
        ("['a', 'b']", "['a', None]", r"x must hold no null; got \['a', None\]"),
    ],
)
def test_a_value_of_another_kind_than_its_default_is_refused(default, given, says):
    with pytest.raises(BadInput, match=says):
        injected(f"x = {default}  # why", f"x = {given}")


@pytest.mark.parametrize(
    "words, written",
    [
        (["-p", "results", "1e3"], "'1e3'"),
        (["-p", "results", "007"], "'007'"),
        (["-p", "results", "2024"], "2024"),
        (["-y", "results: 007"], "'007'"),
        (["-y", "results: 0x10"], "'0x10'"),
        (["-y", "results: true"], "'true'"),
        (["-r", "results", "1e3"], "'1e3'"),
        (["-p", "results", "None"], "None"),
        (["-y", "results: [1.50, a]"], "['1.50', 'a']"),
    ],
)
def test_papermill_writes_a_name_as_it_was_typed(tmp_path, words, written):
    out = tmp_path / "new folder" / "out.ipynb"
    script = str(ROOT / "notebooks/this_machine.py")
    CliRunner().invoke(papermill, [script, str(out), "--prepare-only", *words], catch_exceptions=False)
    (cell,) = [cell for cell in nbformat.read(out, 4).cells if "injected-parameters" in cell.metadata.tags]
    assert ast.literal_eval(cell.source.split("=", 1)[1].strip()) == ast.literal_eval(written)


def test_a_chapter_is_found_by_its_bare_name(monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    assert load_notebook_node("setup.py").cells
    assert load_notebook_node("./setup.py").cells


def test_plain_python_is_told_how_a_chapter_is_run():
    with pytest.raises(SystemExit, match=r"setup.py is a notebook; run it with: papermill .*setup.py out.ipynb"):
        runpy.run_path(str(ROOT / "notebooks/setup.py"), run_name="__main__")
