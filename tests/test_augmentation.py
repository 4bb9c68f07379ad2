"""Synonym replacement, and where the synonyms come from."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compressions import augmentation
from compressions.augmentation import augment, embedded_synonyms, replace_synonyms, wordnet_synonyms
from compressions.errors import BadInput
from compressions.tasks import TASKS, load


@pytest.fixture
def wordnet(monkeypatch):
    """The machine's WordNet, if it has one."""
    monkeypatch.delenv("WORDNET", raising=False)
    try:
        return augmentation.wordnet_folder()
    except BadInput as missing:
        pytest.skip(str(missing))


@given(st.integers(0, 500))
def test_only_words_with_synonyms_change_and_only_into_those(seed):
    text = "the big dog sees the superb doctor, although the dog was very fast"
    changed = replace_synonyms(text, embedded_synonyms, random.Random(seed))
    pairs = [(a, b) for a, b in zip(text.split(), changed.split(), strict=True) if a != b]
    assert 1 <= len(pairs) <= 2  # 15 % of thirteen words
    assert all(new.strip(",") in embedded_synonyms(old.strip(",")) for old, new in pairs)


def test_a_text_without_synonyms_stays():
    assert replace_synonyms("zzz 42 ?!", embedded_synonyms, random.Random(0)) == "zzz 42 ?!"


def test_copies_keep_their_labels_and_are_the_same_every_time():
    task = TASKS["mrpc"]
    rows = load(task, "embedded", train_rows=50).train
    first, second = (augment(rows, task.columns, 2, embedded_synonyms) for _ in range(2))
    assert first.to_list() == second.to_list()
    assert 90 < len(first) <= 100
    labels = dict(zip(rows["idx"], rows["label"], strict=True))
    assert all(labels[row["idx"]] == row["label"] for row in first)


def test_wordnets_synonyms_share_the_most_used_sense(wordnet):
    assert "auto" in wordnet_synonyms("car") or "automobile" in wordnet_synonyms("car")
    assert wordnet_synonyms("the") == [] and wordnet_synonyms("qwertyuiop") == []
    assert all(other.isalpha() and other.islower() for other in wordnet_synonyms("big"))


def test_a_wordnet_can_be_named(tmp_path, monkeypatch):
    entry = "00001740 03 n 02 grumble 0 mutter 0 000 | a made-up synset\n"
    for part in ("noun", "verb", "adj", "adv"):
        (tmp_path / f"data.{part}").write_text("  1 licence\n" + (entry if part == "noun" else ""))
        index = "grumble n 1 0 1 1 00001740\nmutter n 1 0 1 0 00001740\n" if part == "noun" else ""
        (tmp_path / f"index.{part}").write_text("  1 licence\n" + index)
    monkeypatch.setenv("WORDNET", str(tmp_path))
    augmentation._wordnet.cache_clear()
    try:
        assert wordnet_synonyms("grumble") == ["mutter"]
    finally:
        augmentation._wordnet.cache_clear()


def test_no_wordnet_is_said_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("WORDNET", str(tmp_path))
    with pytest.raises(BadInput, match=f"no WordNet in {tmp_path}.*wordnet-base.*augment 0"):
        augmentation.synonyms_for("nyu-mll/glue")
