"""Where synonyms come from: WordNet for real text, the lexicon's own for the embedded tasks."""

from collections.abc import Callable

from compressions.data import embedded, wordnet

Synonyms = Callable[[str], list[str]]


def embedded_synonyms(word: str) -> list[str]:
    """The synonyms of a word of the embedded tasks."""
    return embedded.synonyms().get(word, [])


def synonyms_for(glue: str) -> Synonyms:
    """Where a task's synonyms come from; raises `BadInput` for real text on a machine without WordNet."""
    if glue == "embedded":
        return embedded_synonyms
    wordnet.folder()
    return wordnet.synonyms


def source(glue: str) -> str:
    """What a record says of where a task's synonyms come from; raises `BadInput` like `synonyms_for`."""
    return "embedded" if glue == "embedded" else f"WordNet {wordnet.identity()}"
