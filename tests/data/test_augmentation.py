"""Synonym replacement, and where the synonyms come from."""

import random

import datasets
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compressions.data import synonyms, wordnet
from compressions.data.augmentation import WORD, augment, replace_synonyms
from compressions.data.glue import load
from compressions.data.shared_rows import shared_rows
from compressions.data.synonyms import embedded_synonyms
from compressions.data.tasks import TASKS
from compressions.errors import BadInput


@pytest.fixture
def installed(monkeypatch):
    """The machine's WordNet, if it has one."""
    try:
        return wordnet.folder()
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


def test_rows_without_a_single_synonym_gain_none():
    task = TASKS["mrpc"]
    rows = load(task, "embedded").train.select(range(20))
    added = shared_rows("augmented", "none", lambda: augment(rows, task.columns, 2, lambda word: []))
    assert len(added) == 0 and datasets.concatenate_datasets([rows, added])[:] == rows[:]


def test_copies_keep_their_labels_and_are_the_same_every_time():
    task = TASKS["mrpc"]
    rows = load(task, "embedded", train_rows=50).train
    first, second = (augment(rows, task.columns, 2, embedded_synonyms) for _ in range(2))
    assert first.to_list() == second.to_list()
    assert 90 < len(first) <= 100
    labels = dict(zip(rows["idx"], rows["label"], strict=True))
    assert all(labels[row["idx"]] == row["label"] for row in first)


def test_only_whole_words_of_real_text_are_replaced():
    text = "It's the U.S. film, he said, don't be well-made, do n't, don 't 's great (really) \"quoted\" end."
    assert [match.group() for match in WORD.finditer(text)] == [
        "the",
        "film",
        "said",
        "great",
        "really",
        "quoted",
        "end",
    ]


def test_wordnets_synonyms_share_the_most_used_sense(installed):
    assert {"auto", "automobile"} <= set(wordnet.synonyms("car"))
    assert wordnet.synonyms("big") == ["large"]
    assert wordnet.synonyms("the") == [] and wordnet.synonyms("qwertyuiop") == []


@pytest.mark.parametrize("form", ["said", "rose", "years", "shares", "geese", "doing", "bigger"])
def test_an_inflected_form_is_left_alone(installed, form):
    assert wordnet.synonyms(form) == []


def write_wordnet(folder, entries: dict[str, str]) -> None:
    """A database with the given files' entries, and a license on top of each."""
    for name in wordnet.FILES:
        (folder / name).write_text("  1 license\n" + entries.get(name, ""))


@pytest.fixture
def named(tmp_path, monkeypatch):
    """An empty folder that `WORDNET` names, and a reader that has read nothing yet."""
    readers = (wordnet._times_tagged, wordnet._first_senses, wordnet._synsets, wordnet._irregular, wordnet.identity)
    monkeypatch.setenv("WORDNET", str(tmp_path))
    for reader in readers:
        reader.cache_clear()
    yield tmp_path
    for reader in readers:
        reader.cache_clear()


def test_a_wordnet_can_be_named_and_the_tagged_part_of_speech_wins(named):
    entries = {
        "index.noun": "grumble n 1 0 1 0 00000001\ngripe n 1 0 1 0 00000001\n",
        "index.verb": "grumble v 2 0 2 1 00000003 00000002\nmutter v 1 0 1 1 00000003\n",
        "data.noun": "00000001 03 n 02 grumble 0 gripe 0 000 | made up\n",
        "data.verb": "00000002 03 v 01 grumble 0 000 | made up\n00000003 03 v 02 grumble 0 mutter 0 000 | made up\n",
        "cntlist.rev": "grumble%2:32:00:: 1 5\n",
    }
    write_wordnet(named, entries)
    assert wordnet.synonyms("grumble") == ["mutter"]
    assert wordnet.synonyms("gripe") == ["grumble"]


def test_a_word_that_no_part_of_speech_is_favored_for_is_left_alone(named):
    entries = {f"index.{part}": f"grumble {part[0]} 1 0 1 0 00000001\n" for part in ("noun", "verb")}
    entries |= {f"data.{part}": f"00000001 03 {part[0]} 02 grumble 0 moan 0 000 | x\n" for part in ("noun", "verb")}
    write_wordnet(named, entries)
    assert wordnet.synonyms("grumble") == []


def test_no_wordnet_is_said_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("WORDNET", str(tmp_path))
    with pytest.raises(BadInput, match=f"no WordNet in {tmp_path}.*wordnet-base.*augment 0"):
        synonyms.synonyms_for("nyu-mll/glue")
