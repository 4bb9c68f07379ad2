"""What a chapter shows where its records are not there yet, and how it ends early."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

import pandas as pd
from IPython import get_ipython
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

from compressions.analysis.reading import NoResults, require_records
from compressions.book.executed import PAGE, in_book
from compressions.book.glue import glue_figure, glue_numbers
from compressions.files import root

P, T = ParamSpec("P"), TypeVar("T")
KEY = r"(\w[\w-]*)(?::([^`]*))?"  # of a number, and its format


def note_without_records(folder: str, records: list[dict]) -> Markdown | None:
    """What is missing and what makes it, in one line; nothing where there are records."""
    try:
        require_records(root() / folder, records)
        return None
    except NoResults as error:
        return Markdown(f"*{_from_root(error)}.*")


def read_or_stop(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What `read` gives; where it raises `NoResults` the chapter ends there, and says what is missing."""
    try:
        return read(*args, **kwargs)
    except NoResults as error:
        stop_chapter(_from_root(error))
        return None


def _from_root(error: NoResults) -> str:
    return str(error).replace(f"{root()}/", "")


def stop_chapter(missing: str) -> None:
    """Display what is missing, and let all later cells of the chapter do nothing.

    While the book is built, numbers and figures of the page's prose become `nan` and an empty picture, so that the page
    and those which refer to it render. Raises `NoResults` outside of a notebook.
    """
    shell = get_ipython()
    if shell is None:
        raise NoResults(missing)
    display(Markdown(f"**Nothing to show yet:** {missing}."))
    if in_book():
        formats = dict(_numbers(Path(os.environ[PAGE])))
        unknown = {"d": 0, ",": 0, "s": "–"}
        glue_numbers(**{key: unknown.get(form[-1:], float("nan")) for key, form in formats.items()})
        page = (root() / os.environ[PAGE]).with_suffix(".py").read_text()
        for name in re.findall(r"\{glue:figure\} (\S+)", page):
            glue_figure(name, plt.figure(figsize=(6, 0.5)), pd.DataFrame())
    shell.input_transformers_post.append(lambda lines: [])


def _numbers(page: Path) -> Iterator[tuple[str, str]]:
    """The names and formats of the numbers that pages of the book take from this one."""
    for path in (*root().glob("book/*.md"), *root().glob("notebooks/*.py")):
        mine = "" if path.stem == page.name else rf"[^`]*{page.name}\.py::"
        yield from re.findall(rf"\{{glue:text\}}`{mine}{KEY}`", path.read_text())
