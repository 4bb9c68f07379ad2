"""What a chapter's prose asserts, checked beside it against the records that the chapter was executed on."""

import os

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from compressions.book.executed import PAGE

HOLDS = "holds here"
FAILS = "does not hold here"
UNKNOWN = "cannot be said from these records"


class ClaimFails(AssertionError):
    """A sentence of the book that the committed records do not support."""

    def _render_traceback_(self) -> list[str]:
        """The hook that IPython asks before it prints a traceback."""
        return [f"ClaimFails: {self}"]


def claim(sentence: str, holds: bool, number: object, *numbers: object) -> None:
    """Check a sentence of the prose: `claim("Pruning to 60 % is free", -1 < low and high < 1, low, high)`.

    `numbers` are all that `holds` was computed from, as scalars or arrays: where one is missing (NaN, None, an empty
    array) nothing can be said, whatever the comparison gave. While the book is built from the committed records a
    claim shows nothing when it holds, and raises `ClaimFails` otherwise. Anywhere else it displays which of the three
    it is, and never raises.
    """
    known = all(_known(each) for each in (number, *numbers))
    verdict = UNKNOWN if not known else HOLDS if holds else FAILS
    page = os.environ.get(PAGE)
    if page is None:
        display(Markdown(f"*{sentence}*: **{verdict}**"))
    elif verdict != HOLDS:
        raise ClaimFails(f"{page}: {sentence!r} {verdict.replace('here', 'in the records')}; rewrite the sentence")


def _known(value: object) -> bool:
    values = np.ravel(np.asarray(value, dtype=object))
    return values.size > 0 and not pd.isna(values).any()
