"""What goes out: one lock everywhere, chapters that Colab can open, and licenses that are known."""

import nbformat
import pytest
import yaml

import compressions
from compressions.book import colab, licenses
from compressions.book.percent import notebook
from tests.conftest import ROOT

URL = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
LOCKED = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line]


def test_every_public_name_is_there():
    assert all(callable(getattr(compressions, name)) for name in compressions.__all__)


def test_conda_the_container_and_make_install_one_lock():
    commands = [(ROOT / name).read_text() for name in ("environment.yml", "Dockerfile", "Makefile")]
    assert all("-r requirements.lock" in text and "-e ." in text for text in commands)


@pytest.mark.parametrize("script", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda path: path.stem)
def test_a_chapter_for_colab_fetches_the_project_and_is_otherwise_the_script(tmp_path, monkeypatch, script):
    monkeypatch.chdir(ROOT)
    colab.main(tmp_path)
    chapter = nbformat.read(tmp_path / "notebooks" / f"{script.stem}.ipynb", 4)
    nbformat.validate(chapter)
    assert f"git clone --quiet --depth 1 {URL} /content/project" in chapter.cells[0].source
    sources = [cell.source for cell in notebook(script.read_text()).cells]
    assert [cell.source for cell in chapter.cells[1:]] == sources


def test_the_list_of_licenses_is_that_of_the_lock_and_none_is_unknown():
    listed = (ROOT / "book/licenses.csv").read_text()
    assert listed == licenses.table("\n".join(LOCKED)), "make licenses writes it anew"
    rows = [line.split(",", 2) for line in listed.splitlines()[1:]]
    assert len(rows) == len(LOCKED) and all(license for _, _, license in rows)
    forbidden = ("AGPL", "Affero", "GPL-3", "GPLv3")
    assert not [row for row in rows if any(word in row[2] for word in forbidden)]
