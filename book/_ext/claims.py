"""Tells the kernel of each chapter which page it makes, so that a claim that fails can name it."""

import os

PAGE = "BOOK_PAGE"  # as in compressions.book.claims


def set_page(app, docname, source) -> None:
    """Put the page's name where the chapter's kernel, which starts next, finds it."""
    os.environ[PAGE] = docname


def setup(app) -> dict:
    """Register the step with Sphinx."""
    app.connect("source-read", set_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
