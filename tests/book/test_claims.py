"""A sentence that the records do not support fails the book; on other records it only says so."""

import io

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from compressions.book.claims import ClaimFails, claim
from compressions.book.executed import PAGE
from tests.conftest import ROOT

SENTENCE = "Pruning to 60 % is free"
CELL = f"""from compressions.book.claims import claim
low, high = {{}}
claim("{SENTENCE}", low > -1 and high < 1, low, high)"""


@pytest.fixture
def in_the_book(monkeypatch):
    monkeypatch.setenv(PAGE, "notebooks/pruning")


@pytest.fixture
def shown(monkeypatch):
    """What claims display."""
    outputs = []
    monkeypatch.setattr("compressions.book.claims.display", lambda output: outputs.append(output.data))
    return outputs


def run(interval: str) -> None:
    """Run a chapter's cell on records that give this interval."""
    InteractiveShell().run_cell(CELL.format(interval)).raise_error()


@pytest.mark.parametrize(
    "interval, verdict",
    [
        ("-0.5, 0.6", "holds here"),
        ("-0.5, 1.6", "does not hold here"),
        ("-0.5, float('nan')", "cannot be said from these records"),
    ],
)
def test_on_other_records_a_chapter_shows_what_becomes_of_a_claim(shown, interval, verdict):
    run(interval)
    assert shown == [f"*{SENTENCE}*: **{verdict}**"]


def test_in_the_book_a_claim_that_holds_shows_nothing(in_the_book, shown):
    run("-0.5, 0.6")
    assert shown == []


@pytest.mark.parametrize(
    "interval, reason",
    [("-0.5, 1.6", "does not hold in the records"), ("float('nan'), 0.6", "cannot be said from these records")],
)
def test_in_the_book_a_claim_that_fails_names_the_chapter_and_the_sentence(in_the_book, interval, reason):
    line = f"notebooks/pruning: '{SENTENCE}' {reason}; rewrite the sentence"
    with pytest.raises(ClaimFails) as raised:
        run(interval)
    assert raised.value._render_traceback_() == [f"ClaimFails: {line}"]


@pytest.mark.parametrize(
    "missing", [None, float("nan"), np.float32("nan"), pd.NA, [], [1.0, None], np.array([[1, np.nan]])], ids=repr
)
def test_a_claim_on_a_missing_number_never_holds(shown, missing):
    claim(SENTENCE, True, 1.0, missing)
    assert shown[0].endswith("**cannot be said from these records**")


def test_a_claim_names_the_numbers_that_it_is_made_of():
    with pytest.raises(TypeError, match="number"):
        claim(SENTENCE, True)


def test_a_claim_that_fails_is_a_warning_of_the_build_which_names_page_and_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv(PAGE, "")
    head = "---\nfile_format: mystnb\nkernelspec: {name: python3}\n---\n# Pruning\n"
    (tmp_path / "index.md").write_text(f"{head}\n```{{code-cell}} python3\n{CELL.format('-0.5, 1.6')}\n```\n")
    settings = "extensions = ['myst_nb', 'claims']\nnb_execution_mode = 'force'\nnb_execution_show_tb = True\n"
    (tmp_path / "conf.py").write_text(f"import sys\nsys.path.append({str(ROOT / 'book/_ext')!r})\n{settings}")
    warnings = io.StringIO()
    with docutils_namespace():
        Sphinx(tmp_path, tmp_path, tmp_path / "html", tmp_path, "html", status=None, warning=warnings).build()
    assert "index.md: WARNING: Executing notebook failed" in warnings.getvalue()
    assert f"ClaimFails: index: '{SENTENCE}' does not hold in the records" in warnings.getvalue()
