"""Which teacher is meant, and which of its logits belongs to which label."""

import json
from itertools import permutations

import pytest

from compressions.data.tasks import TASKS, Task
from compressions.errors import BadInput
from compressions.models import sources, teacher
from compressions.models.architectures import Size
from compressions.models.sources import ClassifierSource
from compressions.storage.manifest import MANIFEST
from tests.models.test_checkpoints import write_encoder

MNLI = TASKS["mnli"]


def classifier(*labels: str) -> ClassifierSource:
    return ClassifierSource(Size("it", 1, 16, 2), "folder", labels=labels)


def task(*labels: str) -> Task:
    return Task("mine", 2, ("text",), labels)


@pytest.fixture
def folder(tmp_path):
    write_encoder(tmp_path / "tiny")
    write_encoder(tmp_path / "other", layers=1, hidden=16)
    return tmp_path


def test_an_unknown_teacher_is_told_what_there_is(folder):
    assert teacher.find(None, str(folder)).name == "tiny"
    assert teacher.find(str(folder / "other"), "bundled").size.hidden == 16
    with pytest.raises(BadInput, match="unknown teacher 'gpt'; allowed: other, tiny, a folder with a checkpoint"):
        teacher.find("gpt", str(folder))


def test_without_a_name_the_teacher_is_the_largest_encoder_that_needs_no_hub():
    offered = [name for name in sources.names("bundled") if sources.encoder(name, "bundled").folder]
    assert teacher.find(None, "bundled").name == ("minilm" if "minilm" in offered else "mini")


def test_what_was_saved_with_a_head_is_used_as_it_is(folder):
    path = folder / "other" / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"architectures": ["BertForSequenceClassification"]}))
    found = teacher.find("other", str(folder))
    assert isinstance(found, ClassifierSource) and found.labels == ("LABEL_0", "LABEL_1")
    path.write_text(json.dumps(config | {"architectures": ["BertForMaskedLM"]}))
    assert not isinstance(teacher.find("other", str(folder)), ClassifierSource)
    assert not isinstance(sources.encoder("other", str(folder)), ClassifierSource)


@pytest.mark.parametrize(
    "change, line",
    [
        ({"hidden_size": None}, "describes no BERT encoder .*hidden_size"),
        ({"id2label": {"good": 1}}, "teacher other has id2label {'good': 1}; needed: numbers with labels"),
        ({"id2label": ["good"]}, "teacher other has id2label .*; needed: numbers with labels"),
    ],
)
def test_an_artifact_whose_configuration_says_too_little_is_refused(folder, change, line):
    path = folder / "other" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    (folder / "other" / MANIFEST).touch()
    with pytest.raises(BadInput, match=line):
        teacher.find("other", str(folder))


@pytest.mark.parametrize("order", permutations(range(3)))
def test_labels_are_matched_by_name_in_any_order(order):
    given = [MNLI.labels[place] for place in order]
    spelled = [given[0].upper(), given[1].title(), f" {given[2]}"]
    for names in (given, spelled):
        assert [given[column] for column in teacher.columns(classifier(*names), MNLI)] == list(MNLI.labels)


@pytest.mark.parametrize("name", ["Not Entailment", "not-entailment", "NOT_ENTAILMENT", "notEntailment"])
def test_separators_and_case_do_not_count(name):
    assert teacher.columns(classifier(name, "Entailment"), TASKS["rte"]) == (1, 0)


@pytest.mark.parametrize("labels", [("-", "+"), ("1", "-1"), ("a b", "ab"), ("Bad", "bad")])
def test_labels_that_differ_in_no_more_than_case_or_separators_are_matched_to_the_letter(labels):
    assert teacher.columns(classifier(*labels[::-1]), task(*labels)) == (1, 0)
    with pytest.raises(BadInput, match="say which is which with teacher_labels"):
        teacher.columns(classifier("ab c", "abd"), task(*labels))


def test_labels_of_other_names_are_refused_and_can_be_mapped():
    unnamed = classifier("LABEL_0", "LABEL_1", "LABEL_2")
    with pytest.raises(
        BadInput, match="has the labels LABEL_0, LABEL_1, LABEL_2, mnli has .* teacher_labels {LABEL_0: …"
    ):
        teacher.columns(unnamed, MNLI)
    mapping = {"LABEL_0": "contradiction", "LABEL_1": "entailment", "LABEL_2": "neutral"}
    assert teacher.columns(unnamed, MNLI, mapping) == (1, 2, 0)
    partly = classifier("entailment", "neither", "contradiction")
    assert teacher.columns(partly, MNLI, {"neither": "neutral"}) == (0, 1, 2)


@pytest.mark.parametrize(
    "mapping, line",
    [
        ({"LABEL_9": "neutral"}, "unknown label of the teacher it in teacher_labels 'LABEL_9'; allowed: LABEL_0"),
        ({"LABEL_0": "maybe"}, "unknown label of mnli in teacher_labels 'maybe'; allowed: entailment"),
        (dict.fromkeys(["LABEL_0", "LABEL_1", "LABEL_2"], "neutral"), "say which is which"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping, line):
    with pytest.raises(BadInput, match=line):
        teacher.columns(classifier("LABEL_0", "LABEL_1", "LABEL_2"), MNLI, mapping)


def test_another_number_of_logits_is_refused():
    with pytest.raises(BadInput, match="the teacher it gives 2 logits a row; mnli needs 3"):
        teacher.columns(classifier("a", "b"), MNLI)
    assert teacher.columns(classifier("LABEL_0"), TASKS["stsb"]) == (0,)
    with pytest.raises(BadInput, match="gives 3 logits a row; stsb needs 1"):
        teacher.columns(classifier(*MNLI.labels), TASKS["stsb"])
