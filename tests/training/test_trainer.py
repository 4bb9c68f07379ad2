"""Training learns, distillation follows its teacher, and predictions come back in order."""

from functools import cached_property
from pathlib import Path

import pytest
import torch
from transformers import TrainingArguments

from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration, configurations
from compressions.experiments.experiment import Experiment
from compressions.experiments.run import run, training_rows
from compressions.models import checkpoints, teacher
from compressions.models.teacher import Teacher
from compressions.storage import artifact
from compressions.training import trainer
from tests import small

pytestmark = pytest.mark.slow


def experiment(folder, **more) -> Experiment:
    return Experiment(**small.quick(folder, task="sst2", epochs=3, batch_size=16, learning_rate=3e-3) | more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Records of a baseline, of its teacher, and of a student that hears that teacher alone."""
    folder = tmp_path_factory.mktemp("trained")
    (wide,) = run(experiment(folder, size="wide"), configurations([[]], []))
    teacher = str(experiment(folder, size="wide").artifact_folder(Configuration()))
    base, taught = run(experiment(folder, alpha=1.0, teacher=teacher), configurations([[], ["kd"]], []))
    return {"folder": folder, "teacher": Path(teacher), "base": base, "kd": taught, "wide": wide}


def test_training_beats_chance_by_far(trained):
    # Half of the reviews are positive: chance is 50.
    assert trained["base"]["score"] > 80 and trained["wide"]["score"] > 80


def test_a_student_comes_nearer_to_its_teacher_than_a_baseline(trained):
    chosen = experiment(trained["folder"])
    folders = {
        name: chosen.artifact_folder(Configuration(methods)) for name, methods in (("base", ()), ("kd", ("kd",)))
    }
    folders["teacher"] = trained["teacher"]
    rows, tokenizer = chosen.data.validation, chosen.data.tokenizer
    soft = {name: predict(folder, rows, tokenizer).softmax(1) for name, folder in folders.items()}
    gap = {name: (soft[name] - soft["teacher"]).abs().mean() for name in ("base", "kd")}
    assert gap["kd"] < gap["base"]


def test_a_training_that_diverges_leaves_no_record(tmp_path):
    chosen = experiment(tmp_path, learning_rate=1e30, train_rows=64)
    with pytest.raises(BadInput, match="base of sst2, narrow diverged.*take a smaller learning_rate than 1e\\+30"):
        run(chosen, configurations([[]], []))
    assert not list((tmp_path / "results").rglob("*.json"))


def test_several_gpus_do_not_multiply_the_batch(tmp_path, monkeypatch):
    def with_four(arguments: TrainingArguments) -> torch.device:
        arguments._n_gpu = 4
        return torch.device("cpu")

    devices = cached_property(with_four)
    devices.__set_name__(TrainingArguments, "_setup_devices")
    monkeypatch.setattr(TrainingArguments, "_setup_devices", devices)
    choices = experiment(tmp_path).choices
    found = trainer.arguments(choices, 2048, str(tmp_path), "random")
    assert found.train_batch_size == found.per_device_train_batch_size == choices.batch_size


def predict(folder, rows, tokenizer) -> torch.Tensor:
    return trainer.predict(artifact.load_artifact(folder), rows, tokenizer)


def test_predictions_come_back_in_the_order_of_the_rows(tmp_path):
    chosen = experiment(tmp_path)
    rows = chosen.data.validation.select(range(70))
    model = checkpoints.load_model(chosen.encoder, chosen.data.task)
    together = trainer.predict(model, rows, chosen.data.tokenizer)
    alone = torch.cat([trainer.predict(model, rows.select([row]), chosen.data.tokenizer) for row in range(70)])
    assert len({len(row["input_ids"]) for row in rows}) > 3
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_a_teachers_logits_stand_beside_the_rows_they_were_given_for(trained):
    chosen = experiment(trained["folder"])
    taught = Teacher(teacher.find(str(trained["teacher"]), "bundled"), (0, 1))
    rows = training_rows(chosen, Configuration(("kd",)), taught)[0]
    picked = rows.select(range(0, len(rows), 100))
    alone = predict(trained["teacher"], picked.remove_columns("teacher_logits"), chosen.data.tokenizer)
    # Logits have the precision that a file of them has, float16.
    torch.testing.assert_close(torch.tensor(picked["teacher_logits"][:]), alone, rtol=1e-3, atol=1e-3)
