"""Synonyms from a WordNet database (Miller 1995) found on the machine; the file formats are those of wndb(5WN)."""

import os
import sys
import zipfile
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
# Where Debian, Homebrew and NLTK put it.
PLACES = ("/usr/share/wordnet", "/opt/homebrew/opt/wordnet/dict", "/usr/local/opt/wordnet/dict")
NLTK_PLACES = (
    "~/nltk_data",
    f"{sys.prefix}/nltk_data",
    f"{sys.prefix}/share/nltk_data",
    *(f"/usr/{part}/nltk_data" for part in ("share", "local/share", "lib", "local/lib")),
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


def folder() -> Path | zipfile.Path:
    """The database's folder, or the one in a zip file, as NLTK leaves it.

    It is looked for where `WORDNET` says, or else where Debian and Homebrew put it, and below `NLTK_DATA` and the other
    places of NLTK. Raises `BadInput` if none has it.
    """
    named = os.environ.get("WORDNET")
    nltk = [*filter(None, os.environ.get("NLTK_DATA", "").split(os.pathsep)), *NLTK_PLACES]
    places = [named] if named else [*PLACES, *(f"{place}/corpora/wordnet" for place in nltk)]
    for place in places:
        for inside in ("", "wordnet", "corpora/wordnet") if named else ("",):
            for found in _folders(Path(os.path.expanduser(place)) / inside):
                if all((found / name).is_file() for name in FILES):
                    return found
    raise BadInput(
        f"no WordNet in {', '.join(places)}; install Debian's wordnet-base, set WORDNET to the folder of {FILES[0]}, "
        f"{FILES[1]}, {FILES[2]}, … or to NLTK's wordnet.zip, or do without augmentation: augment 0"
    )


def _folders(place: Path) -> Iterator[Path | zipfile.Path]:
    """The place itself, and the folders of a zip file that is there or called like it."""
    yield place
    for path in (place, Path(f"{place}.zip")):
        if path.is_file() and zipfile.is_zipfile(path):
            yield zipfile.Path(path)
            yield zipfile.Path(path, "wordnet/")


def installed() -> bool:
    """Whether this machine has a WordNet."""
    try:
        return bool(folder())
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
