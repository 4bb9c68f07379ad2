"""Synonyms from a WordNet database (Miller 1995) found on the machine; the file formats are those of wndb(5WN)."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from compressions.errors import BadInput
from compressions.files import file_fingerprint, fingerprint

PARTS = ("noun", "verb", "adj", "adv")
PART_OF_TYPE = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}
COUNTS = "cntlist.rev"
FILES = (
    COUNTS,
    *(f"{kind}.{part}" for part in PARTS for kind in ("index", "data")),
    *(f"{part}.exc" for part in PARTS),
)
PLACES = (
    "/usr/share/wordnet",
    "/opt/homebrew/opt/wordnet/dict",
    "/usr/local/opt/wordnet/dict",
    "~/nltk_data/corpora/wordnet",
    "/usr/share/nltk_data/corpora/wordnet",
    "/usr/local/share/nltk_data/corpora/wordnet",
)
# Endings that inflection adds, each with what stood there before, as WordNet's own morphy takes them off.
ENDINGS = (
    ("s", ""),
    ("es", ""),
    ("ies", "y"),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("er", ""),
    ("est", ""),
)
SHORTEST_STEM = 3


def folder() -> Path:
    """The database's folder: `WORDNET`, or where Debian, Homebrew or NLTK put it; raises `BadInput` if none has it."""
    named = os.environ.get("WORDNET")
    places = [Path(place).expanduser() for place in ((named,) if named else PLACES)]
    found = next((place for place in places if all((place / name).is_file() for name in FILES)), None)
    if found is None:
        raise BadInput(
            f"no WordNet in {', '.join(map(str, places))}; install Debian's wordnet-base, set WORDNET to the folder of "
            f"{FILES[0]}, {FILES[1]}, {FILES[2]}, …, or do without augmentation: augment 0"
        )
    return found


def installed() -> bool:
    """Whether this machine has a WordNet."""
    try:
        return folder().is_dir()
    except BadInput:
        return False


@cache
def identity() -> str:
    """A checksum of the database, for records: another edition gives other synonyms."""
    return fingerprint(*(file_fingerprint(folder() / name) for name in FILES))


def _entries(name: str) -> Iterator[list[str]]:
    """The fields of a file's entries; the license at its top is indented."""
    with (folder() / name).open(encoding="utf-8") as file:
        yield from (line.split() for line in file if not line.startswith(" "))


@cache
def _times_tagged() -> dict[str, Counter]:
    """For each lemma, how often each part of speech was tagged in WordNet's texts."""
    tagged: dict[str, Counter] = defaultdict(Counter)
    for key, _, times in _entries(COUNTS):
        lemma, _, rest = key.rpartition("%")
        tagged[lemma][PART_OF_TYPE[rest[0]]] += int(times)
    return tagged


@cache
def _first_senses() -> dict[str, dict[str, str]]:
    """For each lemma, the synset of its most used sense in each part of speech: an index lists that sense first."""
    senses: dict[str, dict[str, str]] = defaultdict(dict)
    for part in PARTS:
        for lemma, _, count, *rest in _entries(f"index.{part}"):
            senses[lemma][part] = part + rest[-int(count)]
    return senses


@cache
def _synsets() -> dict[str, list[str]]:
    """For each synset, its words; an adjective's may carry a mark such as `(p)`."""
    return {
        part + offset: [word.split("(")[0] for word in rest[: 2 * int(words, 16) : 2]]
        for part in PARTS
        for offset, _, _, words, *rest in _entries(f"data.{part}")
    }


@cache
def _irregular() -> set[str]:
    """Forms such as `said` and `geese`, which are lemmas of something else too."""
    return {form for part in PARTS for form, *_ in _entries(f"{part}.exc")}


def _may_be_inflected(word: str) -> bool:
    """Whether the word may be a form of another: its synonyms as a lemma, `aforesaid` for `said`, would be wrong."""
    stems = (word.removesuffix(ending) + before for ending, before in ENDINGS if word.endswith(ending))
    return word in _irregular() or any(len(stem) >= SHORTEST_STEM and stem in _first_senses() for stem in stems)


@cache
def _function_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # only who augments waits for it

    return ENGLISH_STOP_WORDS


def synonyms(word: str) -> list[str]:
    """The single words that share a lower-case word's most used sense.

    None for function words, for what may be an inflected form, and for words of several parts of speech of which
    WordNet's texts favor none.
    """
    senses = _first_senses().get(word)
    if senses is None or word in _function_words() or _may_be_inflected(word):
        return []
    ranked = Counter({part: _times_tagged()[word][part] for part in senses}).most_common(2)
    if len(ranked) == 2 and ranked[0][1] == ranked[1][1]:
        return []
    words = _synsets()[senses[ranked[0][0]]]
    return [other for other in words if other.isalpha() and other.islower() and other != word]
