"""Final changes to the built HTML that make pages smaller and accessible to screen readers."""

import re
from pathlib import Path

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
        path.write_text(page)


def setup(app) -> dict:
    """Register the step with Sphinx."""
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
