"""The generated tasks have GLUE's layout, are the same everywhere, and can be learned without being given away."""

from collections import Counter

import pytest

from compressions.data import embedded
from compressions.data.glue import load, rows_fingerprint
from compressions.data.tasks import TASKS
from compressions.models.architectures import SIZES, embedded_size

every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


@every_task
def test_rows_are_the_same_every_time(task):
    first, second = load(task, "embedded"), load(task, "embedded")
    assert rows_fingerprint(task, first.train) == rows_fingerprint(task, second.train)
    assert rows_fingerprint(task, first.validation) == rows_fingerprint(task, second.validation)


@every_task
def test_no_validation_row_was_in_training(task):
    rows = load(task, "embedded")
    texts = [
        set(zip(*(split[column] for column in task.columns), strict=True)) for split in (rows.train, rows.validation)
    ]
    assert not texts[0] & texts[1]


@every_task
def test_no_label_is_rare(task):
    counts = Counter(load(task, "embedded").train["label"])
    assert min(counts.values()) > 0.7 * sum(counts.values()) / len(counts)


@every_task
def test_every_word_is_in_the_vocabulary(task):
    rows, known = load(task, "embedded"), set(embedded.vocabulary())
    for column in task.columns:
        assert {word for text in rows.train[column] for word in text.split()} <= known


def test_the_words_alone_do_not_give_acceptability_away():
    rows = load(TASKS["cola"], "embedded").train
    unordered = {0: Counter(), 1: Counter()}
    for sentence, label in zip(rows["sentence"], rows["label"], strict=True):
        unordered[label].update(sentence.split())
    for word, count in unordered[1].items():
        if count > 100:  # rarer words differ by chance
            assert 0.6 < unordered[0][word] / count < 1.7, word


def test_synonyms_are_mutual_and_replace_words_of_the_lexicon():
    synonyms = embedded.synonyms()
    assert all(word in synonyms[other] for word, others in synonyms.items() for other in others)
    assert set(synonyms) <= set(embedded.vocabulary())


def test_miniatures_are_nested_like_the_papers_sizes():
    parameters = [embedded_size(name).parameters for name in SIZES]
    assert parameters == sorted(parameters) and len(set(parameters)) == 6
