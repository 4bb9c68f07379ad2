"""Lets Sphinx read pages, and so run chapters, on all the cores there are; jupyter-book has no option for it."""

import os

from sphinx import builders

# They do not say whether they may: the one works on the merged contents alone, the other on LaTeX alone.
SILENT = ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex")

# The chapter that trains; begun last, it would be waited for with all other cores idle.
LONGEST = "notebooks/experiment"


def declare(app) -> None:
    """Say of the silent extensions that pages may be read and written in parallel."""
    for name in SILENT:
        app.extensions[name].parallel_read_safe = app.extensions[name].parallel_write_safe = True


def one_by_one(pages: list[str], processes: int) -> list[list[str]]:
    """Each page for itself, where Sphinx would hand out ten at once; it begins with the last of those that wait."""
    return [[page] for page in sorted(pages, key=lambda page: page == LONGEST)]


def setup(app) -> dict:
    """Sets how many processes Sphinx may use, and what each is given."""
    # One more than cores, for a page waits a good part of its time: for its kernel to start, and to end.
    app.parallel = max(app.parallel, 1 + (os.cpu_count() or 1))
    builders.make_chunks = one_by_one
    app.connect("builder-inited", declare)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
