"""Tells the kernel of each chapter that it makes a page of the book, and which, so that a failing claim can name it."""

import os

PAGE = "COMPRESSIONS_BOOK"  # as in compressions.book.executed


def set_page(app, docname, source) -> None:
    """Put the page's name where the chapter's kernel, which starts next, finds it."""
    os.environ[PAGE] = docname


def setup(app) -> dict:
    """Register the step with Sphinx."""
    app.connect("source-read", set_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
