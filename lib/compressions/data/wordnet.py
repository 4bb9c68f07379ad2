"""Synonyms from a WordNet database (Miller 1995) found on the machine; the file formats are those of wndb(5WN)."""

import os
import re
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from compressions.errors import BadInput
from compressions.files import file_fingerprint, fingerprint

PARTS = ("noun", "verb", "adj", "adv")
TYPE_NUMBER = {"n": "1", "v": "2", "a": "3", "r": "4", "s": "5"}  # of a sense, as its key and as data files name it
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
ENDINGS = {"s": [""], "es": [""], "ies": ["y"], "ed": ["", "e"], "ing": ["", "e"], "er": [""], "est": [""]}
SHORTEST_STEM = 3
RULE = 3  # version of what is replaced by what: copies of another are not read from the cache, nor their records taken
ADJECTIVES = ("3", "5")  # senses whose synonyms fit too few texts: a `clever` plan is no `apt` one
# What makes a synonym safe in any text; chosen by reading 100 replacements each of five settings.
DOMINANT = 0.85  # share of a word's tagged uses that have its most used sense
LEAST_TAGS = 3  # tagged uses of a synonym in that sense
LEAST_SHARE = 0.15  # of the word's own tagged uses: rarer synonyms read as strange
# A noun and its plural by a mere s.
PLURAL = re.compile(r"[a-z]{3,}[^shiouxyz]s")


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


Sense = tuple[str, str, str]  # type, lexicographer file and number: what tells a lemma's senses apart


@cache
def _times_tagged() -> dict[str, Counter[Sense]]:
    """For each lemma, how often each of its senses was tagged in WordNet's texts."""
    tagged: dict[str, Counter[Sense]] = defaultdict(Counter)
    for key, _, times in _entries(COUNTS):
        lemma, _, rest = key.rpartition("%")
        kind, file, number = rest.split(":")[:3]
        tagged[lemma][kind, file, number] += int(times)
    return dict(tagged)


@cache
def _parts_of_speech() -> dict[str, set[str]]:
    """For each lemma, the parts of speech that it can be."""
    parts: dict[str, set[str]] = defaultdict(set)
    for part in PARTS:
        for lemma, *_ in _entries(f"index.{part}"):
            parts[lemma].add(part)
    return dict(parts)


@cache
def _synsets() -> dict[tuple[str, Sense], list[tuple[str, Sense]]]:
    """For each word's sense, the words that share it, itself included, each with its own key of that sense."""
    synsets = {}
    for part in PARTS:
        for _, file, kind, count, *rest in _entries(f"data.{part}"):
            words, numbers = (rest[place : 2 * int(count, 16) : 2] for place in (0, 1))
            # An adjective may carry a mark such as `(p)`.
            senses = [
                (word.split("(")[0], (TYPE_NUMBER[kind], file, f"{int(number, 16):02d}"))
                for word, number in zip(words, numbers, strict=True)
            ]
            synsets |= dict.fromkeys(((word.lower(), sense) for word, sense in senses), senses)
    return synsets


@cache
def _irregular() -> set[str]:
    """Forms such as `said` and `geese`, which are lemmas of something else too."""
    return {form for part in PARTS for form, *_ in _entries(f"{part}.exc")}


def _may_be_inflected(word: str) -> bool:
    """Whether the word may be a form of another: its synonyms as a lemma, `aforesaid` for `said`, would be wrong."""
    endings = (ending for ending in ENDINGS if word.endswith(ending))
    stems = (word.removesuffix(ending) + before for ending in endings for before in ENDINGS[ending])
    return word in _irregular() or any(len(stem) >= SHORTEST_STEM and stem in _parts_of_speech() for stem in stems)


@cache
def _function_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # only who augments waits for it

    return ENGLISH_STOP_WORDS


@cache
def synonyms(word: str) -> list[str]:
    """The single words that may stand for a lower-case word wherever it stands.

    Both must have one dominant sense among those tagged in WordNet's texts, the same one, and the synonym must not be
    much rarer in it. Regular plurals of nouns that are nothing else have their singular's synonyms. None for function
    words and for other forms that may be inflected.
    """
    if word not in _times_tagged() and PLURAL.fullmatch(word) and _parts_of_speech().get(word[:-1]) == {"noun"}:
        plurals = (f"{other}s" for other in synonyms(word[:-1]))
        return [plural for plural in plurals if PLURAL.fullmatch(plural)]
    sense = _dominant_sense(word)
    if sense is None or word in _function_words() or _may_be_inflected(word):
        return []
    least = max(LEAST_TAGS, LEAST_SHARE * _times_tagged()[word][sense])
    shared = _synsets().get((word, sense), [])
    return [other for other, own in shared if other != word and _may_replace(other, own, least)]


def _dominant_sense(word: str) -> Sense | None:
    """The sense that most of a lemma's tagged uses have, if it is dominant."""
    tagged = _times_tagged().get(word)
    if not tagged:
        return None
    sense, times = tagged.most_common(1)[0]
    return sense if times >= max(2, DOMINANT * tagged.total()) and sense[0] not in ADJECTIVES else None


def _may_replace(other: str, sense: Sense, least: float) -> bool:
    """Whether a word is a plain lower-case one whose dominant sense is the given one, tagged often enough."""
    plain = other.isalpha() and other.islower() and not _may_be_inflected(other)
    return plain and _dominant_sense(other) == sense and _times_tagged()[other][sense] >= least
