"""Synonym replacement, and where the synonyms come from."""

import os
import random
import shutil
import zipfile

import datasets
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compressions.data import wordnet
from compressions.data.augmentation import SOURCE, WORD, augment, replace_synonyms
from compressions.data.glue import load
from compressions.data.tasks import TASKS
from compressions.data.tokenized import shared_rows
from compressions.errors import BadInput
from tests import small


@pytest.fixture
def installed(monkeypatch):
    """The machine's WordNet, if it has one."""
    monkeypatch.delenv("WORDNET")
    if not wordnet.installed():
        pytest.skip("no WordNet on this machine: Debian's wordnet-base is not installed")
    forget()
    yield wordnet.folder()
    forget()


@given(st.integers(0, 500))
def test_only_words_with_synonyms_change_and_only_into_those(seed):
    text = "the clever rabbit was near the superb doctor, and the house was very dull"
    changed = replace_synonyms(text, wordnet.synonyms, random.Random(seed))
    pairs = [(a, b) for a, b in zip(text.split(), changed.split(), strict=True) if a != b]
    assert 1 <= len(pairs) <= 2  # 15 % of thirteen words
    assert all(new.strip(",") in wordnet.synonyms(old.strip(",")) for old, new in pairs)


def test_a_text_without_synonyms_stays():
    assert replace_synonyms("zzz 42 ?!", wordnet.synonyms, random.Random(0)) == "zzz 42 ?!"


def test_rows_without_a_single_synonym_gain_none():
    task = TASKS["mrpc"]
    rows = load(task, small.glue(), train_rows=20).train
    added = shared_rows("augmented", "none", lambda: augment(rows, task.columns, 2, lambda word: []))
    assert len(added) == 0 and added.column_names == [*rows.column_names, SOURCE]


def test_copies_keep_their_labels_and_are_the_same_every_time():
    task = TASKS["mrpc"]
    rows = load(task, small.glue(), train_rows=50).train.add_column("idx", list(range(50)))
    first, second = (augment(rows, task.columns, 2, wordnet.synonyms) for _ in range(2))
    assert first.to_list() == second.to_list()
    assert 90 < len(first) <= 100
    labels = dict(zip(rows["idx"], rows["label"], strict=True))
    assert all(labels[row["idx"]] == row["label"] for row in first)
    assert first[SOURCE] == first["idx"]


def test_columns_that_are_called_source_and_target_are_replaced_like_others():
    columns = ("source", "target")
    rows = datasets.Dataset.from_dict({"source": ["the film"], "target": ["the physician"], "label": [0]})
    [copy] = augment(rows, columns, 1, wordnet.synonyms)
    assert [copy[column] for column in columns] == ["the movie", "the doctor"] and copy[SOURCE] == 0


def test_only_whole_lower_case_words_of_real_text_are_replaced():
    text = "It's the U.S. film, he said, Minister Bush, 5 percent don't be well-made, do n't, (really) \"quoted\" end."
    found = [match.group() for match in WORD.finditer(text)]
    assert found == ["the", "film", "said", "really", "quoted", "end"]


def test_wordnets_synonyms_are_those_of_a_dominant_sense(installed):
    assert wordnet.synonyms("car") == ["automobile"] and wordnet.synonyms("nearly") == ["almost"]
    assert wordnet.synonyms("committees") == ["commissions"]  # a regular plural
    assert wordnet.synonyms("the") == [] and wordnet.synonyms("qwertyuiop") == []


def test_names_rare_synonyms_adjectives_words_of_many_senses_and_inflected_forms_are_left_alone(installed):
    alone = ["john", "year", "clever", "state", "bush", "said", "rose", "shares", "geese", "doing", "bigger"]
    assert [word for word in alone if wordnet.synonyms(word)] == []


def forget() -> None:
    """Let the reader have read nothing yet."""
    readers = (wordnet._times_tagged, wordnet._parts_of_speech, wordnet._synsets, wordnet._irregular)
    for reader in (*readers, wordnet.synonyms, wordnet.identity):
        reader.cache_clear()


@pytest.fixture
def named(tmp_path, monkeypatch):
    """An empty folder that `WORDNET` names."""
    monkeypatch.setenv("WORDNET", str(tmp_path))
    forget()
    yield tmp_path
    forget()


def write_senses(folder, grumble: str, mutter: str) -> None:
    """A WordNet where `grumble` and `mutter` share a verb's sense, tagged so often, and `grumble` is a noun as well."""
    entries = {
        "index.noun": ["grumble n 1 0 1 0 00000001"],
        "index.verb": ["grumble v 1 0 1 1 00000003", "mutter v 1 0 1 1 00000003"],
        "data.noun": ["00000001 10 n 02 grumble 0 gripe 0 000 | made up"],
        "data.verb": ["00000003 32 v 02 grumble 0 mutter 0 000 | made up"],
        "cntlist.rev": [f"grumble%2:32:00:: 1 {grumble}", "grumble%1:10:00:: 2 1", f"mutter%2:32:00:: 1 {mutter}"],
    }
    small.write_wordnet(folder, entries)


def test_a_synonym_shares_the_dominant_sense_of_both_words(named):
    write_senses(named, "19", "4")  # 19 of 20 uses of the one, all of the other
    assert wordnet.synonyms("grumble") == ["mutter"] and wordnet.synonyms("mutter") == ["grumble"]


@pytest.mark.parametrize(("grumble", "mutter"), [("3", "4"), ("19", "2"), ("90", "4")])
def test_a_word_without_a_dominant_sense_or_a_rare_synonym_is_left_alone(named, grumble, mutter):
    write_senses(named, grumble, mutter)  # 3 of 4 uses; 2 tags; 4 of 90
    assert wordnet.synonyms("grumble") == []


def test_a_folder_that_holds_no_wordnet_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("WORDNET", str(tmp_path))
    assert not wordnet.installed()
    with pytest.raises(BadInput, match=f"no WordNet in {tmp_path}.*wordnet-base.*augment 0"):
        wordnet.folder()


def zipped(folder, inside: str):
    """The database of a folder as a zip file beside it, which is all that is left."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as file:
        for path in folder.iterdir():
            file.write(path, f"{inside}{path.name}")
    shutil.rmtree(folder)


@pytest.mark.parametrize("inside", ["", "wordnet/"])
@pytest.mark.parametrize("name", ["", "corpora", "corpora/wordnet", "corpora/wordnet.zip"])
@pytest.mark.parametrize("pack", [True, False])
def test_a_wordnet_is_found_as_nltk_leaves_it(named, monkeypatch, name, inside, pack):
    database = named / "corpora/wordnet"
    database.parent.mkdir()
    small.write_wordnet(database, {"index.noun": ["grumble n 1 0 1 0 00000001"]})
    before = wordnet.identity.__wrapped__() if name == "corpora" else None
    monkeypatch.setenv("WORDNET", str(named / (name if pack else name.removesuffix(".zip"))))
    if pack:
        zipped(database, inside)
    assert "grumble" in wordnet._parts_of_speech()
    assert before in (None, wordnet.identity())


def test_nltk_data_is_asked_for_a_wordnet(named, monkeypatch):
    monkeypatch.delenv("WORDNET")
    monkeypatch.setattr(wordnet, "PLACES", ())
    monkeypatch.setattr(wordnet, "NLTK_PLACES", ("~/no such folder",))
    monkeypatch.setenv("NLTK_DATA", os.pathsep.join(["/no/such/folder", str(named)]))
    with pytest.raises(BadInput, match=f"no WordNet in /no/such/folder/corpora/wordnet, {named}/corpora/wordnet"):
        wordnet.folder()
    (named / "corpora").mkdir()
    small.write_wordnet(named / "corpora/wordnet", {})
    assert wordnet.folder() == named / "corpora/wordnet"
    zipped(named / "corpora/wordnet", "wordnet/")
    assert (wordnet.folder() / "index.noun").read_text().startswith("  1 license")
