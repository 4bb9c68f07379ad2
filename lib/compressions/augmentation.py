"""Augmentation by synonym replacement: WordNet's for real text, the lexicon's own for the embedded tasks.

Movva et al. (2022) train with it wherever they distil; the replacement follows Wei & Zou (2019).
"""

import os
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import datasets
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from compressions import embedded
from compressions.errors import BadInput

SHARE = 0.15
WORD = re.compile(r"[A-Za-z]+")
WORDNET_FOLDERS = (
    "/usr/share/wordnet",
    "/opt/homebrew/opt/wordnet/dict",
    "/usr/local/opt/wordnet/dict",
    "~/nltk_data/corpora/wordnet",
    "/usr/share/nltk_data/corpora/wordnet",
    "/usr/local/share/nltk_data/corpora/wordnet",
)
Synonyms = Callable[[str], list[str]]


def wordnet_folder() -> Path:
    """The folder of WordNet's `index.*` and `data.*` files: `WORDNET`, or where Debian, Homebrew or NLTK put it."""
    named = os.environ.get("WORDNET")
    places = [Path(place).expanduser() for place in ((named,) if named else WORDNET_FOLDERS)]
    found = next((place for place in places if (place / "data.noun").is_file()), None)
    if found is None:
        raise BadInput(
            f"no WordNet in {', '.join(map(str, places))}; install Debian's wordnet-base, set WORDNET to the folder of "
            "its index.* and data.* files, or do without augmentation: augment 0"
        )
    return found


def _entries(path: Path) -> Iterator[list[str]]:
    """The fields of a WordNet file's entries; its licence at the top is indented."""
    with path.open(encoding="utf-8") as file:
        return iter([line.split() for line in file if not line.startswith(" ")])


@cache
def _wordnet() -> tuple[dict[str, tuple[int, str]], dict[str, list[str]]]:
    """For each lemma its most used sense as (times tagged, synset), and for each synset its words (Miller 1995).

    The formats are those of wndb(5WN): an index entry ends in synset offsets, most used first, after the number of
    senses that were seen in tagged text.
    """
    senses: dict[str, tuple[int, str]] = {}
    synsets: dict[str, list[str]] = {}
    for part in ("noun", "verb", "adj", "adv"):
        for lemma, _, count, pointers, *rest in _entries(wordnet_folder() / f"index.{part}"):
            tagged, offset = int(rest[int(pointers) + 1]), rest[-int(count)]
            senses[lemma] = max(senses.get(lemma, (-1, "")), (tagged, part + offset))
        for offset, _, _, words, *rest in _entries(wordnet_folder() / f"data.{part}"):
            synsets[part + offset] = [word.split("(")[0] for word in rest[: 2 * int(words, 16) : 2]]
    return senses, synsets


def wordnet_synonyms(word: str) -> list[str]:
    """The single words that share a lower-case word's most used sense; none for function words."""
    senses, synsets = _wordnet()
    if word in ENGLISH_STOP_WORDS or word not in senses:
        return []
    return [other for other in synsets[senses[word][1]] if other.isalpha() and other.islower() and other != word]


def embedded_synonyms(word: str) -> list[str]:
    """The synonyms of a word of the embedded tasks."""
    return embedded.synonyms().get(word, [])


def synonyms_for(glue: str) -> Synonyms:
    """Where a task's synonyms come from; raises `BadInput` for real text on a machine without WordNet."""
    if glue == "embedded":
        return embedded_synonyms
    wordnet_folder()
    return wordnet_synonyms


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
    return datasets.Dataset.from_list(added, features=rows.features)
