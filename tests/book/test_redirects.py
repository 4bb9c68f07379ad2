"""Old addresses of chapters lead to where the chapters are now."""

import re
from pathlib import Path

import pytest
import yaml
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.docutils import docutils_namespace

from tests.conftest import ROOT

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]


def build(folder: Path, redirects: dict[str, str]) -> Path:
    """A book of three pages, built with the extension."""
    for name in ("index", "notebooks/quantization", "book/licenses"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.rst").write_text(f":orphan:\n\n{name}\n{'=' * len(name)}\n")
    path = f"import sys\nsys.path.append({str(ROOT / 'book/_ext')!r})\n"
    (folder / "conf.py").write_text(f"{path}extensions = ['redirects']\nredirects = {redirects}\n")
    with docutils_namespace():
        Sphinx(folder, folder, folder / "html", folder / "doctrees", "html", status=None, warningiserror=True).build()
    return folder / "html"


def test_an_old_address_leads_to_the_page_that_has_taken_its_place(tmp_path):
    moved = {"notebooks/old": "notebooks/quantization", "old": "book/licenses", "notebooks/deep/old": "index"}
    html = build(tmp_path, moved)
    for old, new in moved.items():
        page = html / f"{old}.html"
        (target,) = set(re.findall(r'(?:url=|href=")([^"]+)"', page.read_text()))
        assert (page.parent / target).resolve() == html / f"{new}.html"


@pytest.mark.parametrize("redirects", [{"old": "no/page"}, {"index": "book/licenses"}])
def test_a_redirect_to_no_page_or_from_a_page_that_exists_fails_the_build(tmp_path, redirects):
    with pytest.raises(ConfigError, match=r"redirects: \S+ cannot lead to \S+"):
        build(tmp_path, redirects)


def test_every_redirect_of_the_book_leads_from_no_page_to_a_page():
    contents = (ROOT / "_toc.yml").read_text()
    for old, new in CONFIG["config"]["redirects"].items():
        assert f"file: {new}\n" in contents and f"file: {old}\n" not in contents
    assert "redirects" in CONFIG["local_extensions"]
