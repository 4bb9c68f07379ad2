"""Training learns, distillation follows its teacher, and predictions come back in order."""

import pytest
import torch

from compressions import artifact, checkpoints, training
from compressions.configurations import Configuration, configurations
from compressions.experiment import Experiment
from compressions.running import run
from compressions.single import training_rows
from compressions.teachers import Teacher


def experiment(folder, **more) -> Experiment:
    chosen = {"task": "sst2", "size": "mini", "teacher": "large", "results": str(folder / "results")}
    return Experiment(**chosen | {"artifacts": str(folder / "artifacts")} | more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Records of a baseline, a distilled student that hears its teacher alone, and the largest size's baseline."""
    folder = tmp_path_factory.mktemp("trained")
    base, taught = run(experiment(folder, alpha=1.0), configurations([[], ["kd"]], []))
    (large,) = run(experiment(folder, size="large"), configurations([[]], []))
    return {"folder": folder, "base": base, "kd": taught, "large": large}


def test_training_beats_chance_by_far_and_the_largest_size_beats_that(trained):
    # Half of the embedded reviews are positive: chance is 50.
    assert trained["base"]["score"] > 80
    assert trained["large"]["score"] >= trained["base"]["score"]


def test_a_student_comes_nearer_to_its_teacher_than_a_baseline(trained):
    chosen = experiment(trained["folder"])
    folders = {
        name: chosen.artifact_folder(Configuration(methods)) for name, methods in (("base", ()), ("kd", ("kd",)))
    }
    folders["teacher"] = experiment(trained["folder"], size="large").artifact_folder(Configuration())
    rows, tokenizer = chosen.material.validation, chosen.material.tokenizer
    soft = {name: predict(folder, rows, tokenizer).softmax(1) for name, folder in folders.items()}
    gap = {name: (soft[name] - soft["teacher"]).abs().mean() for name in ("base", "kd")}
    assert gap["kd"] < gap["base"]


def predict(folder, rows, tokenizer) -> torch.Tensor:
    return training.predict(artifact.load_artifact(folder), rows, tokenizer)


def test_predictions_come_back_in_the_order_of_the_rows(tmp_path):
    chosen = experiment(tmp_path)
    rows = chosen.material.validation.select(range(70))
    model = checkpoints.load_model(chosen.encoder, chosen.material.task)
    together = training.predict(model, rows, chosen.material.tokenizer)
    alone = torch.cat([training.predict(model, rows.select([row]), chosen.material.tokenizer) for row in range(70)])
    assert len({len(row["input_ids"]) for row in rows}) > 3
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_a_teachers_logits_stand_beside_the_rows_they_were_given_for(trained):
    chosen = experiment(trained["folder"])
    folder = experiment(trained["folder"], size="large").artifact_folder(Configuration())
    rows = training_rows(chosen, Configuration(("kd",)), Teacher("large", folder, None))
    picked = rows.select(range(0, len(rows), 500))
    alone = predict(folder, picked.remove_columns("teacher_logits"), chosen.material.tokenizer)
    torch.testing.assert_close(torch.tensor(picked["teacher_logits"][:]), alone, rtol=1e-4, atol=1e-4)
