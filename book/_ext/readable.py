"""Final changes to the built HTML that make pages smaller, tables legible, and both accessible to screen readers."""

import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag

# A table as pandas writes it, and what its cells hold in columns of numbers: `1.5`, `+0.3 (-0.1 to +0.7)`, `–`.
TABLE = re.compile(r'<table (?:id="T_|border="1" class="dataframe).*?</table>', re.DOTALL)
NUMBER = re.compile(r"(?:[^A-Za-z]|\bto\b|\binf\b|\bnan\b)*")
# Regular expressions and their replacements, in every page.
CHANGES = [
    # Icons come from the fonts that the theme's style loads; its script of 1.5 MB would draw the same ones again.
    (r'<script defer src="[^"]*fontawesome\.js[^"]*"></script>', ""),
    # Screen readers announce an empty header cell, which pandas leaves above an index, as one with a name.
    (r'<th(?: class="blank[^"]*")?\s*>\s*(?:&nbsp;)?\s*</th>', "<td></td>"),
    # The book's name, above the menu, is outside all landmarks.
    (
        r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand)',
        '<div class="sidebar-primary-item" role="banner">',
    ),
    # docutils' role for an entry of the bibliography is deprecated, and its list has children that no list may have.
    (r' role="doc-biblioentry"', ""),
    (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
    # Colab opens no scripts: `make notebooks` writes notebooks, which are published as a branch of that name.
    (r'(colab\.research\.google\.com/github/[^/"]+/[^/"]+/blob/)[^/"]+/(notebooks/\w+)\.py', r"\1notebooks/\2.ipynb"),
    # As modules, the scripts of charts run after the deferred bundle that they need.
    (
        r'<script type="text/javascript">\s*var VEGA_DEBUG = [^\n]*\n',
        '<script type="module">\n  const VEGA_DEBUG = window.VEGA_DEBUG;\n',
    ),
    (r"let outputDiv = document\.currentScript\.previousElementSibling;", "let outputDiv = {};"),
]


def finish(app, error) -> None:
    """Apply the changes to every page."""
    if error is not None or app.builder.format != "html":
        return
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text()
        for found, instead in CHANGES:
            page = re.sub(found, instead, page)
        path.write_text(TABLE.sub(lambda table: legible(table[0]), page))


def legible(table: str) -> str:
    """A table of pandas with its index's names in the line of the columns' names, and its numbers marked for the style.

    Columns are counted from the right: cells on the left may be merged over rows.
    """
    made = BeautifulSoup(table, "html.parser").table
    heads = [row.find_all(["th", "td"]) for row in made.thead.find_all("tr")] if made.thead else []
    if len(heads) > 1:
        names = [cell for cell in heads[-1] if _text(cell)]
        above = heads[-2][: len(names)]
        if names == heads[-1][: len(names)] and len(names) < len(heads[-1]) and not any(map(_text, above)):
            heads.pop()[0].parent.extract()
            for blank, name in zip(above, names, strict=True):
                blank.replace_with(name)
    body = [row.find_all("td") for row in made.tbody.find_all("tr")]
    for place in range(1, 1 + min(map(len, body), default=0)):
        column = [row[-place] for row in body]
        if all(NUMBER.fullmatch(_text(cell)) for cell in column):
            titles = heads[-1][-place:][:1] if heads else []
            for cell in (*column, *titles):
                cell["class"] = [*cell.get("class", []), "number"]
    return str(made)


def _text(cell: Tag) -> str:
    return cell.get_text(strip=True)


def setup(app) -> dict:
    """Register the step with Sphinx."""
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
