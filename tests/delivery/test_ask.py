"""A compressed model is asked about texts that nobody labeled."""

import shutil

import pytest
import torch
from transformers import AutoTokenizer

from compressions.data.tasks import TASKS
from compressions.delivery.ask import ask, kept_model
from compressions.errors import BadInput
from compressions.experiments.configurations import configurations
from compressions.experiments.experiment import Experiment
from compressions.experiments.run import run
from compressions.storage.artifact import load_artifact
from tests import small
from tests.storage.test_artifact import save

TEXTS = [["the film was dull", "a movie was very clever"], ["the rabbit was near the house", "the bunny saw a doctor"]]


@torch.inference_mode()
def test_answers_are_those_of_each_text_alone(tmp_path):
    with torch.inference_mode(False):
        save(tmp_path / "it")
    found = ask(tmp_path / "it", TASKS["mnli"], TEXTS, 128)
    assert found[["premise", "hypothesis"]].to_numpy().tolist() == TEXTS
    model, tokenizer = load_artifact(tmp_path / "it").eval(), AutoTokenizer.from_pretrained(tmp_path / "it")
    for texts, answer, probability in zip(TEXTS, found.answer, found.probability, strict=True):
        alone = model(**tokenizer(*texts, return_tensors="pt")).logits.softmax(dim=1)[0]
        assert answer == TASKS["mnli"].labels[alone.argmax()] and probability == pytest.approx(
            float(alone.max()), abs=0.02
        )


def test_texts_are_cut_where_they_were_in_training(tmp_path):
    save(tmp_path / "it")
    long = [["the film was dull", text] for text in ("a movie", "a house was there")]
    whole, cut = (ask(tmp_path / "it", TASKS["mnli"], long, length).probability for length in (128, 5))
    assert whole[0] != pytest.approx(whole[1]) and cut[0] == pytest.approx(cut[1])


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(BadInput, match="holds no artifact"):
        ask(tmp_path, TASKS["mnli"], TEXTS, 128)


def test_a_model_that_is_gone_or_anothers_is_not_asked_and_that_is_said(tmp_path, capsys):
    chosen = Experiment(**small.quick(tmp_path, task="mrpc", train_rows=64))
    wanted = configurations([[], ["mp"]], [0.6])
    run(chosen, wanted)
    paths = [chosen.record_path(each) for each in wanted]
    base, pruned = map(kept_model, paths)
    assert pruned == chosen.artifact_folder(wanted[1]).resolve()
    shutil.rmtree(pruned)
    assert kept_model(paths[1]) is None and "make it again" in capsys.readouterr().out
    shutil.copytree(base, pruned)
    assert kept_model(paths[1]) is None and "is not the one that" in capsys.readouterr().out
