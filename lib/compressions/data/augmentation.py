"""Augmentation by synonym replacement.

Movva et al. (2022) train with it wherever they distill; the replacement follows Wei & Zou (2019).
"""

import random
import re
from collections.abc import Callable

import datasets

Synonyms = Callable[[str], list[str]]

SHARE = 0.15
# Whole words only: no part of a contraction ("don't", "don 't"), an abbreviation ("U.S.") or a compound ("well-made").
WORD = re.compile(r"(?<![\w.'’-])[A-Za-z]{3,}(?![\w'’-]|\.\w| ['’]t\b)")


def replace_synonyms(text: str, synonyms: Synonyms, rng: random.Random) -> str:
    """The text with about 15 % of its words, but at least one, replaced by a synonym; unchanged where none has any."""
    words = [(match, synonyms(match.group().lower())) for match in WORD.finditer(text)]
    able = [(match, others) for match, others in words if others]
    chosen = rng.sample(able, min(len(able), max(1, round(SHARE * len(words)))))
    for match, others in sorted(chosen, key=lambda choice: -choice[0].start()):
        text = text[: match.start()] + rng.choice(others) + text[match.end() :]
    return text


def augment(rows: datasets.Dataset, columns: tuple[str, ...], copies: int, synonyms: Synonyms) -> datasets.Dataset:
    """`copies` synonym-replaced copies of every row, labels kept, less those equal to their original.

    Seeded by a constant: all sizes, seeds and configurations of a task see the same added rows.
    """
    rng = random.Random(0)
    added = []
    for row in (row for _ in range(copies) for row in rows):
        replaced = {column: replace_synonyms(row[column], synonyms, rng) for column in columns}
        if any(replaced[column] != row[column] for column in columns):
            added.append({**row, **replaced})
    return datasets.Dataset.from_list(added, features=rows.features) if added else rows.select([])
