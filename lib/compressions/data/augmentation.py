"""Augmentation by synonym replacement.

Movva et al. (2022) train with it wherever they distill; the replacement follows Wei & Zou (2019).
"""

import random
import re
from collections.abc import Callable
from itertools import product

import datasets

from compressions.files import fingerprint

Synonyms = Callable[[str], list[str]]

SOURCE = "place of the original"  # column of a copy; no text column is called so
SHARE = 0.15
# Whole lower-case words: no name, no unit after a number, no part of a contraction ("don't", "don 't"), an abbreviation
# ("U.S.") or a compound ("well-made").
WORD = re.compile(r"(?<!\d )(?<![\w.'’-])[a-z]{3,}(?![\w'’-]|\.\w| ['’]t\b)")


def replace_synonyms(text: str, synonyms: Synonyms, rng: random.Random) -> str:
    """The text with about 15 % of its words, but at least one, replaced by a synonym; unchanged where none has any."""
    words = [(match, synonyms(match.group())) for match in WORD.finditer(text)]
    able = [(match, others) for match, others in words if others]
    chosen = rng.sample(able, min(len(able), max(1, round(SHARE * len(words)))))
    for match, others in sorted(chosen, key=lambda choice: -choice[0].start()):
        text = text[: match.start()] + rng.choice(others) + text[match.end() :]
    return text


def augment(rows: datasets.Dataset, columns: tuple[str, ...], copies: int, synonyms: Synonyms) -> datasets.Dataset:
    """`copies` synonym-replaced copies of every row, less those equal to their original, whose place is `SOURCE`.

    Seeded by the row's texts: all sizes, seeds and configurations of a task see the same copies, and so does whoever
    trains on fewer of its rows.
    """
    added = []
    for copy, (place, row) in product(range(copies), enumerate(rows)):
        rng = random.Random(fingerprint(str(copy), *(row[column] for column in columns)))
        replaced = {column: replace_synonyms(row[column], synonyms, rng) for column in columns}
        if any(replaced[column] != row[column] for column in columns):
            added.append({**row, **replaced, SOURCE: place})
    features = datasets.Features({**rows.features, SOURCE: datasets.Value("int32")})
    return datasets.Dataset.from_dict({name: [row[name] for row in added] for name in features}, features=features)
