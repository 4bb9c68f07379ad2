"""The last touch to the built pages: what keeps them light, and readable by every reader, screen readers too."""

import re
from pathlib import Path

# What is replaced by what, in every page, and why.
CHANGES = [
    # Icons come from the fonts that the theme's style loads; its script would draw the same ones again, for 1.5 MB.
    (r'<script defer src="[^"]*fontawesome\.js[^"]*"></script>', ""),
    # A header cell with nothing in it is announced as one that has a name; pandas leaves them above an index.
    (r'<th(?: class="blank[^"]*")?\s*>\s*(?:&nbsp;)?\s*</th>', "<td></td>"),
    # The book's name, above the menu, is outside all landmarks.
    (
        r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand)',
        '<div class="sidebar-primary-item" role="banner">',
    ),
    # docutils' role for an entry of the bibliography is deprecated, and its list holds what no list may.
    (r' role="doc-biblioentry"', ""),
    (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
    # Colab opens no scripts: `make notebooks` writes notebooks, which are published as a branch of that name.
    (r'(colab\.research\.google\.com/github/[^/"]+/[^/"]+/blob/)[^/"]+/(notebooks/\w+)\.py', r"\1notebooks/\2.ipynb"),
    # Charts wait until the page stands: as modules, their scripts run after the deferred bundle that they need.
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
    """Registers the step with Sphinx."""
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
