"""Teachers of any architecture and kind teach a student end to end, or are refused before anything is trained."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from transformers import (
    AutoModel,
    AutoModelForSequenceClassification,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    MPNetConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
)

from compressions.data.tasks import TASKS
from compressions.errors import BadInput
from compressions.experiments import exported_logits, teacher_logits
from compressions.experiments.configurations import Configuration, configurations
from compressions.experiments.experiment import Experiment
from compressions.experiments.run import run, teacher_of, training_rows
from compressions.experiments.specification import specification
from compressions.models import checkpoints
from compressions.models.sources import ClassifierSource
from compressions.training import precision
from tests import small
from tests.conftest import ROOT
from tests.data.test_glue import ROWS, RTE, write_glue

pytestmark = pytest.mark.slow

KD = Configuration(("kd",))
WIDTH = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24}
COMMON = {"vocab_size": 30522, "pad_token_id": 0}
ARCHITECTURES = {
    "roberta": RobertaConfig(**WIDTH, **COMMON, max_position_embeddings=20),
    "mpnet": MPNetConfig(**WIDTH, **COMMON, max_position_embeddings=20),
    "electra": ElectraConfig(**WIDTH, **COMMON, embedding_size=16, max_position_embeddings=20),
    "distilbert": DistilBertConfig(**COMMON, dim=16, n_layers=1, n_heads=2, hidden_dim=24, max_position_embeddings=20),
    "deberta-v2": DebertaV2Config(**WIDTH, **COMMON, max_position_embeddings=20),
}


@pytest.fixture(scope="module")
def glue(tmp_path_factory):
    # One text is longer than the teachers' positions.
    rows = [*ROWS, {"sentence1": "a cat and " * 30, "sentence2": "animals", "label": 0, "idx": 40}]
    return write_glue(tmp_path_factory.mktemp("glue"), "rte", RTE, rows)


@pytest.fixture(autouse=True)
def an_empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPRESSIONS_CACHE", str(tmp_path / "cache"))


def experiment(tmp_path, rows: str, **more) -> Experiment:
    given = {"task": "rte", "size": "narrow", "checkpoints": small.encoders(), "glue": rows, "augment": 0, "epochs": 1}
    places = {"results": str(tmp_path / "results"), "artifacts": None}
    return Experiment(**given | {"teacher": "wide", "teacher_precision": "float32"} | places | more)


def write_teacher(folder, architecture: str, head: bool, labels: tuple[str, ...] = ()) -> str:
    """A random encoder, or classifier, of an architecture with the bundled vocabulary."""
    torch.manual_seed(0)
    config = type(ARCHITECTURES[architecture])(**ARCHITECTURES[architecture].to_dict())
    if labels:
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: number for number, label in enumerate(labels)}
    factory = AutoModelForSequenceClassification if head else AutoModel
    factory.from_config(config).save_pretrained(folder)
    segments = ["token_type_ids"] if architecture in ("electra", "deberta-v2") else []
    names = ["input_ids", "attention_mask", *segments]
    special = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    file = str(ROOT / "checkpoints/tiny/tokenizer.json")
    PreTrainedTokenizerFast(tokenizer_file=file, model_input_names=names, **special).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_encoder_of_any_architecture_is_fine_tuned_and_teaches(tmp_path, glue, architecture):
    folder = write_teacher(tmp_path / "own", architecture, head=False)
    chosen = experiment(tmp_path, glue, teacher=folder, teacher_rows=20, teacher_epochs=2, teacher_learning_rate=1e-3)
    about = teacher_of(chosen).description()
    assert about["name"] == "own"
    assert about["training"] == {
        **{"train_rows_used": 20, "epochs": 2, "learning_rate": 1e-3, "batch_size": 32, "precision": "float32"}
    }
    assert len(training_rows(chosen, KD, teacher_of(chosen))[0]) == 41
    with pytest.raises(BadInput, match=f"unknown model_type in .* '{architecture}'; allowed: bert"):
        experiment(tmp_path, glue, checkpoints=str(tmp_path), size="own")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_classifier_of_any_architecture_teaches_as_it_is_by_its_labels_names(tmp_path, glue, architecture):
    folder = write_teacher(tmp_path / "own", architecture, True, ("Not Entailment", "ENTAILMENT"))
    chosen = experiment(tmp_path, glue, teacher=folder)
    teacher = teacher_of(chosen)
    rows = training_rows(chosen, KD, teacher)[0]
    direct = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = checkpoints.load_tokenizer(teacher.classifier)
    texts = [chosen.data.rows.train[column][:] for column in TASKS["rte"].columns]
    length = teacher.classifier.size.positions
    given = tokenizer(*texts, truncation=True, max_length=length, padding=True, return_tensors="pt")
    with torch.inference_mode():
        wanted = direct(**given).logits[:, [1, 0]]
    torch.testing.assert_close(torch.tensor(rows["teacher_logits"][:]), wanted, rtol=1e-4, atol=1e-4)
    assert teacher.description()["score"] is None and specification(chosen, KD)["teacher"]["name"] == "own"


def test_a_classifier_of_other_labels_is_refused_before_training_and_can_be_mapped(tmp_path, glue):
    folder = write_teacher(tmp_path / "own", "roberta", True)
    with pytest.raises(BadInput, match="has the labels LABEL_0, LABEL_1, rte has entailment, not_entailment"):
        run(experiment(tmp_path, glue, teacher=folder), configurations([[], ["kd"]], []))
    assert not (tmp_path / "results").exists()
    mapping = {"LABEL_0": "not_entailment", "LABEL_1": "entailment"}
    chosen = experiment(tmp_path, glue, teacher=folder, teacher_labels=mapping)
    assert teacher_of(chosen).columns == (1, 0)
    assert specification(chosen, KD)["teacher"]["labels"] == mapping


def test_a_teacher_is_looked_up_only_where_something_is_distilled(tmp_path, glue):
    chosen = experiment(tmp_path, glue, teacher="nobody")
    run(chosen, configurations([[], ["qat"]], []))
    with pytest.raises(BadInput, match="unknown teacher 'nobody'; allowed: narrow, wide"):
        run(chosen, configurations([["qat"], ["kd"]], []))


def test_an_artifact_of_four_bits_teaches_unless_the_labels_are_others(tmp_path, glue):
    kept, four_bits = experiment(tmp_path, glue, artifacts=str(tmp_path / "artifacts")), Configuration(("qat",), bits=4)
    run(kept, [four_bits])
    folder = kept.artifact_folder(four_bits)
    (record,) = run(experiment(tmp_path, glue, teacher=str(folder)), [KD])
    assert record["teacher"]["name"] == folder.name
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"id2label": {"0": "a-good", "1": "bad"}}))
    with pytest.raises(BadInput, match="has the labels a-good, bad, rte has"):
        run(experiment(tmp_path, glue, teacher=str(folder)), [KD])


def test_a_teacher_in_bfloat16_says_so(tmp_path, glue, monkeypatch):
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)
    own = {"teacher": write_teacher(tmp_path / "own", "roberta", head=False)}
    plain, half = (experiment(tmp_path, glue, **own, teacher_precision=each) for each in ("float32", "bfloat16"))
    (record,) = run(half, [KD])
    assert record["teacher"]["training"]["precision"] == "bfloat16"
    assert specification(half.teaching, Configuration())["precision"] == "bfloat16"
    assert "precision" not in specification(plain.teaching, Configuration())
    rows = [training_rows(each, KD, teacher_of(each))[0]["teacher_logits"][:] for each in (plain, half)]
    assert 0 < np.abs(np.subtract(*rows)).max() < 0.5
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    with pytest.raises(BadInput, match="this CPU has no bfloat16; take teacher_precision float32"):
        run(experiment(tmp_path, glue, **own, teacher_precision="bfloat16", force=True), [KD])
    assert precision.resolve("auto") == "float32"


# Logits in a file


def test_a_student_is_distilled_from_a_file_where_the_teacher_is_not(tmp_path, glue, monkeypatch):
    folder, path = write_teacher(tmp_path / "own", "roberta", head=False), str(tmp_path / "logits")
    (with_teacher,) = run(experiment(tmp_path, glue, teacher=folder, teacher_logits=path), [KD])
    shutil.rmtree(folder)
    shutil.rmtree(tmp_path / "cache")
    monkeypatch.setattr(teacher_logits, "_ask", None)
    elsewhere = experiment(tmp_path, glue, teacher=None, teacher_logits=path, results=str(tmp_path / "elsewhere"))
    (without,) = run(elsewhere, [KD])
    for field in ("specification", "predictions_sha256", "teacher"):
        assert without[field] == with_teacher[field]
    fewer = experiment(tmp_path, glue, teacher=None, teacher_logits=path, train_rows=7)
    assert len(training_rows(fewer, KD, teacher_of(fewer))[0]) == 7


@pytest.fixture
def file(tmp_path, glue):
    """A file with a teacher's logits."""
    teacher = write_teacher(tmp_path / "own", "roberta", head=False)
    chosen = experiment(tmp_path, glue, teacher=teacher, teacher_logits=str(tmp_path / "it.safetensors"))
    training_rows(chosen, KD, teacher_of(chosen))[0]
    return tmp_path / "it.safetensors"


def test_a_file_of_logits_that_does_not_fit_is_refused_before_training(tmp_path, glue, file):
    def refused(line: str, **more) -> None:
        with pytest.raises(BadInput, match=line):
            run(
                experiment(tmp_path, glue, **{"teacher_logits": str(file), "teacher": None, **more}),
                configurations([[], ["kd"]], []),
            )
        assert not (tmp_path / "results").exists()

    refused("has the logits of the teacher 'own', not 'wide'; take teacher null, or another file", teacher="wide")
    refused("was made with max_length 128, not 64", max_length=64)
    refused("has logits for the labels entailment, not_entailment; cola has unacceptable, acceptable", task="cola")
    other = [{**row, "sentence1": f"other {row['sentence1']}"} for row in ROWS]
    refused("has no logits for 40 of the 40 rows, such as 'other 0 cats'", glue=write_glue(tmp_path, "rte", RTE, other))
    tensors, about = load_file(file), exported_logits.about(file)
    assert len(about.sha256) == 64
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    refused("was changed since it was written")
    save_file(tensors, file)
    refused("holds no logits of a teacher")
    file.unlink()
    refused("unknown teacher 'nobody'.*; the file of its logits, .*, is not there either", teacher="nobody")


def test_rows_are_found_in_a_file_of_logits_by_their_texts(file, tmp_path, glue):
    chosen = experiment(tmp_path, glue, teacher=None, teacher_logits=str(file))
    rows, about = chosen.data.rows.train, exported_logits.about(file)
    whole = exported_logits.read(about, TASKS["rte"], rows)
    order = np.random.default_rng(0).permutation(len(rows))
    assert np.array_equal(exported_logits.read(about, TASKS["rte"], rows.select(order)), whole[order])


def test_the_defaults_of_a_teacher_leave_its_specification_as_it_was(tmp_path, glue):
    chosen = experiment(tmp_path, glue, size="tiny", checkpoints="bundled", teacher="tiny", train_rows=8)
    found = specification(chosen, KD)["teacher"]
    assert set(found) == {"source", "name", "pin", "specification"}
    assert specification(chosen.teaching, Configuration())["train_rows"] is None
    assert chosen.teaching.choices.epochs == chosen.choices.epochs
    assert not isinstance(chosen.found_teacher, ClassifierSource)
