"""Chapters are percent scripts that keep the promises all chapters make."""

import re
import subprocess

import jupytext
import pytest
import yaml
from jupytext.config import load_jupytext_configuration_file

from compressions.book.percent import check_parameters
from compressions.errors import BadInput
from tests.conftest import ROOT, call_papermill

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
    assert "check_parameters(In)" in next(cell.source for cell in cells[cells.index(tagged[0]) + 1 :] if is_code(cell))


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
    "name, value, line",
    [
        ("setup", "sparsity: 1.0", "sparsity 1.0 is not allowed"),
        ("pruning", "taget: 0.5", "unknown parameter 'taget'; allowed: target, steps, begin, end, every, seed"),
        ("distillation", "temperature: 0", "temperature 0 is not allowed"),
        ("cost", "measured: nowhere.json", "nowhere.json is not there; `make bench` makes it"),
    ],
)
def test_a_chapter_refuses_a_wrong_parameter(tmp_path, name, value, line):
    done = call_papermill(f"notebooks/{name}.py", tmp_path / "out.ipynb", "-y", value)
    assert done.returncode != 0 and done.stderr.splitlines()[-1].startswith(f"BadInput: {line}")


@pytest.mark.parametrize("name, value", [("pruning", "target: 0.8"), ("this_machine", "results: nowhere")])
def test_a_chapter_runs_with_another_parameter(tmp_path, name, value):
    done = call_papermill(f"notebooks/{name}.py", tmp_path / "out.ipynb", "-y", value)
    assert done.returncode == 0, done.stderr


def test_papermill_takes_a_script_by_any_kind_of_path(tmp_path):
    for path in ("./notebooks/setup.py", ROOT / "notebooks/setup.py"):
        assert call_papermill(path, tmp_path / "out.ipynb").returncode == 0


def test_only_declared_names_may_be_injected():
    declared, injected = "rate = 1  # why\nseed = 0", "# Parameters\nrate = 2\n"
    check_parameters(["", declared])
    check_parameters(["", declared, injected, "check"])
    with pytest.raises(BadInput, match="unknown parameter 'rat'; allowed: rate, seed"):
        check_parameters(["", declared, "# Parameters\nrat = 2\n", "check"])
