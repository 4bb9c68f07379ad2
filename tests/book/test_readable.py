"""Tables of pandas as the book's pages show them."""

import importlib.util

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from tests.conftest import ROOT

SPEC = importlib.util.spec_from_file_location("readable", ROOT / "book/_ext/readable.py")
readable = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(readable)
FRAME = pd.DataFrame(
    {"MB": ["17.5", "–"], "change": ["+0.3 (-0.1 to +0.7)", "-1.0"], "method": ["KD", "QAT"]},
    index=pd.Index(["TINY", "MINI"], name="size"),
)


def shown(frame: pd.DataFrame, how: str) -> BeautifulSoup:
    """The table that a page has of a frame, a styled one or a plain one, found as the extension finds it."""
    html = frame.style.to_html() if how == "styled" else frame.to_html()
    for found, instead in readable.CHANGES:
        html = readable.re.sub(found, instead, html)
    return BeautifulSoup(readable.TABLE.sub(lambda table: readable.legible(table[0]), html), "html.parser")


def rows(table: BeautifulSoup) -> list[list[str]]:
    return [[cell.get_text(strip=True) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]


@pytest.mark.parametrize("how", ["styled", "plain"])
def test_the_names_of_the_index_and_of_the_columns_stand_in_one_line(how):
    assert rows(shown(FRAME, how))[:2] == [
        ["size", "MB", "change", "method"],
        ["TINY", "17.5", "+0.3 (-0.1 to +0.7)", "KD"],
    ]
    twice = FRAME.reset_index().set_index(["size", "method"])
    assert rows(shown(twice, how))[0] == ["size", "method", "MB", "change"]


@pytest.mark.parametrize("how", ["styled", "plain"])
def test_columns_of_numbers_are_marked_and_text_is_not(how):
    marked = {cell.get_text(strip=True) for cell in shown(FRAME, how).select(".number")}
    assert marked == {"MB", "17.5", "–", "change", "+0.3 (-0.1 to +0.7)", "-1.0"}


@pytest.mark.parametrize("how", ["styled", "plain"])
@pytest.mark.parametrize(
    "frame",
    [
        FRAME.rename_axis(None)[["MB"]],
        FRAME[["MB"]].rename_axis(columns="what"),
        pd.concat({"a": FRAME, "b": FRAME}, axis=1),
    ],
    ids=["no index name", "a name of the columns", "columns of two levels"],
)
def test_no_cell_of_a_table_is_lost(frame, how):
    before = BeautifulSoup(frame.style.to_html() if how == "styled" else frame.to_html(), "html.parser")
    texts = [sorted(text for row in rows(table) for text in row if text) for table in (before, shown(frame, how))]
    assert texts[0] == texts[1]
