"""The embedded default: eight generated tasks of GLUE's kinds, their words, and six miniature shapes that learn them.

A small grammar over a lexicon with synonyms, hypernyms and antonyms, number agreement and negation. Everything is
generated from constants, so the rows are the same everywhere; nothing here says anything about English.
"""

import random
import zlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from compressions.data.tasks import Task

Sentence = list[str]
Concept = tuple[str, ...]

SHAPES = {
    "tiny": (2, 16, 2),
    "mini": (2, 32, 2),
    "small": (2, 48, 4),
    "medium": (2, 64, 4),
    "base": (3, 64, 4),
    "large": (3, 96, 4),
}
EPOCHS = 4
LEARNING_RATE = {"tiny": 2e-3, "mini": 1.5e-3, "small": 1e-3, "medium": 8e-4, "base": 6e-4, "large": 5e-4}
MAX_LENGTH = 32
DROPOUT = 0.0
TRAIN_ROWS = {"cola": 1536, "sst2": 2048}  # what is easier gets fewer; the others have MOST_ROWS
MOST_ROWS = 4096
VALIDATION_ROWS = 512
EASY = 0.6  # share of the altered scenes that have nothing left of the first: where learning to compare starts
SYNONYM = 0.4  # share of the words that are a concept's second word

# A concept is a tuple of synonyms. Nouns of one hypernym are alike, but not the same.
NOUNS = {
    "animal": (("dog", "hound"), ("rabbit", "hare"), ("horse", "steed")),
    "worker": (("doctor", "physician"), ("lawyer", "attorney"), ("author", "writer")),
}
VERBS = (("see", "spot"), ("help", "aid"), ("follow", "trail"), ("want", "desire"))
# Neighbors are antonyms.
ADJECTIVES = (("big", "large"), ("small", "little"), ("fast", "quick"), ("slow", "sluggish"))
POSITIVE = (("good", "fine"), ("superb", "splendid"), ("charming", "lovely"), ("clever", "smart"))
NEGATIVE = (("bad", "poor"), ("awful", "dreadful"), ("dull", "boring"), ("clumsy", "awkward"))
FUNCTION_WORDS = ["the", "this", "these", "near", "was", "not", "no", "which", "although", "very", "rather", "?"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

HYPERNYM = {concept: hypernym for hypernym, concepts in NOUNS.items() for concept in concepts}
ANTONYM = {adjective: ADJECTIVES[place ^ 1] for place, adjective in enumerate(ADJECTIVES)}


def inflected(word: str) -> str:
    """The plural of a noun or the third person singular of a verb; the lexicon holds regular words only."""
    return word + "s"


@cache
def synonyms() -> dict[str, list[str]]:
    """For each word of the lexicon, and its inflected form, the words that mean the same."""
    inflecting = [*HYPERNYM, *VERBS]
    groups = [*inflecting, *(tuple(map(inflected, group)) for group in inflecting), *ADJECTIVES, *POSITIVE, *NEGATIVE]
    return {word: [other for other in group if other != word] for group in groups for word in group}


@cache
def vocabulary() -> list[str]:
    """All words, the special tokens first; padded to a multiple of eight."""
    words = {*synonyms(), *FUNCTION_WORDS, *NOUNS, *map(inflected, NOUNS)}
    ordered = [*SPECIAL, *sorted(words)]
    return [*ordered, *(f"[unused{number}]" for number in range(-len(ordered) % 8))]


class Scene(NamedTuple):
    """Who does what to whom: a verb, and two nouns with an adjective each, as concepts."""

    quality: Concept
    subject: Concept
    verb: Concept
    other_quality: Concept
    object: Concept

    def altered(self, slots: tuple[str, ...], rng: random.Random) -> "Scene":
        """The scene with other concepts in most of the slots, or now and then in one or two of them."""
        count = len(slots) if rng.random() < EASY else rng.choice((1, 2))
        return self._replace(**{slot: self.another(slot, rng) for slot in rng.sample(slots, count)})

    def another(self, slot: str, rng: random.Random) -> Concept:
        """A concept for a slot that differs from the one there and from both nouns."""
        choices = {"subject": tuple(HYPERNYM), "object": tuple(HYPERNYM), "verb": VERBS}.get(slot, ADJECTIVES)
        taken = (getattr(self, slot), self.subject, self.object)
        return rng.choice([concept for concept in choices if concept not in taken])

    def told(self, rng: random.Random) -> Sentence:
        """`the fast dog sees the big horse`, in one of its synonymous wordings."""
        quality, subject, verb, other_quality, object_ = (word(concept, rng) for concept in self)
        return ["the", quality, subject, inflected(verb), "the", other_quality, object_]

    def asked(self, rng: random.Random) -> Sentence:
        """The question for its subject: `which animal sees the big horse ?`."""
        _, _, verb, other_quality, object_ = (word(concept, rng) for concept in self)
        return ["which", HYPERNYM[self.subject], inflected(verb), "the", other_quality, object_, "?"]


# What a question states, and so what another scene must differ in.
ASKED = ("verb", "other_quality", "object")


def word(concept: Concept, rng: random.Random) -> str:
    """The concept's usual word, or its synonym."""
    return concept[rng.random() < SYNONYM]


def scene(rng: random.Random) -> Scene:
    """A scene drawn at random; nobody sees, helps or follows himself."""
    subject, object_ = rng.sample(list(HYPERNYM), 2)
    return Scene(rng.choice(ADJECTIVES), subject, rng.choice(VERBS), rng.choice(ADJECTIVES), object_)


def acceptability(rng: random.Random, acceptable: int) -> list[Sentence]:
    """Is it grammatical? Verb and determiner must agree in number with the noun, past another noun in between."""
    subject, nearby, object_ = (rng.choice(concept) for concept in rng.sample(list(HYPERNYM), 3))
    plural, wrong = rng.random() < 0.5, None if acceptable else rng.choice(("verb", "determiner"))
    determiner = "these" if plural != (wrong == "determiner") else "this"
    verb = rng.choice(rng.choice(VERBS))
    verb = verb if plural != (wrong == "verb") else inflected(verb)
    nearby = rng.choice((nearby, inflected(nearby)))
    return [[determiner, inflected(subject) if plural else subject, "near", "the", nearby, verb, "the", object_]]


def sentiment(rng: random.Random, positive: int) -> list[Sentence]:
    """Is the main clause kind? It may be negated, and the clause that is set against it says the opposite."""

    def clause(kind: int) -> Sentence:
        negated = rng.random() < 0.3
        quality = rng.choice(rng.choice(POSITIVE if kind != negated else NEGATIVE))
        degree = rng.choice(([], ["very"], ["rather"]))
        return ["the", rng.choice(rng.choice(list(HYPERNYM))), "was", *["not"] * negated, *degree, quality]

    main, aside = clause(positive), clause(1 - positive)
    return [rng.choice((main, [*main, "although", *aside], ["although", *aside, *main]))]


def paraphrase(rng: random.Random, equivalent: int) -> list[Sentence]:
    """Do both say the same?"""
    first = scene(rng)
    second = first if equivalent else first.altered(Scene._fields, rng)
    return [first.told(rng), second.told(rng)]


def similarity(rng: random.Random, grade: int) -> list[Sentence]:
    """How many of the five concepts do both sentences share?"""
    first = scene(rng)
    slots = rng.sample(Scene._fields, len(Scene._fields) - grade)
    return [first.told(rng), first._replace(**{slot: first.another(slot, rng) for slot in slots}).told(rng)]


def question_pair(rng: random.Random, duplicate: int) -> list[Sentence]:
    """Do both ask the same?"""
    first = scene(rng)
    second = first if duplicate else first.altered(ASKED, rng)
    return [first.asked(rng), second.asked(rng)]


def answer(rng: random.Random, unanswered: int) -> list[Sentence]:
    """Does the sentence answer the question?"""
    asked = scene(rng)
    known = asked.altered(ASKED, rng) if unanswered else asked
    return [asked.asked(rng), known.told(rng)]


def inference(rng: random.Random, relation: int) -> list[Sentence]:
    """Does the second sentence follow from the first (0), is it open (1), or is it denied (2)?

    What follows may name the object's hypernym. What is denied has the opposite adjective, or `no` object. What is open
    is another scene, now and then with `no` object too.
    """
    first = second = scene(rng)
    article = "the"
    if relation == 1:
        second = first.altered(("quality", "subject", "verb", "object"), rng)
        article = rng.choice(("the", "the", "no"))
    elif relation == 2 and rng.random() < 0.5:
        second = first._replace(quality=ANTONYM[first.quality])
    elif relation == 2:
        article = "no"
    quality, subject, verb, _, object_ = (word(concept, rng) for concept in second)
    return [
        first.told(rng),
        ["the", quality, subject, inflected(verb), article, rng.choice((HYPERNYM[second.object], object_))],
    ]


def entailment(rng: random.Random, not_entailed: int) -> list[Sentence]:
    """Inference in two classes: what is open or denied does not follow."""
    return inference(rng, rng.choice((1, 2)) if not_entailed else 0)


# What writes a row of a label; a graded task's labels are the grades from 0 to 5.
WRITERS: dict[str, Callable[[random.Random, int], list[Sentence]]] = {
    "cola": acceptability,
    "sst2": sentiment,
    "mrpc": paraphrase,
    "stsb": similarity,
    "qqp": question_pair,
    "mnli": inference,
    "qnli": answer,
    "rte": entailment,
}
GRADES = 6


def train_rows(task: str) -> int:
    """How many training rows a task has."""
    return TRAIN_ROWS.get(task, MOST_ROWS)


def generate(task: Task) -> dict[str, dict[str, list]]:
    """The columns of a task's two splits, which share no row: its texts, and `label`."""
    rng = random.Random(zlib.crc32(task.name.encode()))
    rows: dict[tuple[str, ...], int] = {}
    count = train_rows(task.name)
    while len(rows) < count + VALIDATION_ROWS:
        label = rng.randrange(len(task.labels) or GRADES)
        rows.setdefault(tuple(" ".join(sentence) for sentence in WRITERS[task.name](rng, label)), label)
    drawn = rng.sample([(*texts, label) for texts, label in rows.items()], len(rows))
    cut = {"train": drawn[:count], task.validation: drawn[count:]}
    names = (*task.columns, "label")
    return {split: dict(zip(names, map(list, zip(*part, strict=True)), strict=True)) for split, part in cut.items()}
