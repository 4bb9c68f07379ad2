"""Packages go to the hub whole; what cannot be pushed is refused in one line before any work."""

import pytest
import torch
from huggingface_hub import constants
from transformers import AutoModelForSequenceClassification

from compressions.delivery import push
from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.experiments.run import run
from tests import hub, small

pytestmark = pytest.mark.slow

CONFIGURATION = Configuration(("qat",))


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The path of the record of a quick experiment, with its artifact."""
    experiment = Experiment(**small.quick(tmp_path_factory.mktemp("pushed"), task="mrpc", train_rows=160))
    run(experiment, [CONFIGURATION])
    return experiment.record_path(CONFIGURATION)


@pytest.fixture(autouse=True)
def stand_in(tmp_path, monkeypatch):
    """The stand-in hub, without repositories, in the place of the real one; the folder of what it holds."""
    with hub.serve(tmp_path / "rows", tmp_path / "models") as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setenv("HF_TOKEN", hub.TOKEN)
        monkeypatch.setenv("GLUE", small.glue())
        monkeypatch.setattr("compressions.delivery.package.SECONDS", 0.02)
        yield tmp_path / "models"


def test_what_is_pushed_is_the_package_and_opens_by_its_name(tmp_path, record, stand_in):
    held = stand_in / "tester/model"
    stale, others = (held / "onnx/model_q4.onnx", held / "openvino/old.bin"), held / "notes.md"
    for path in (*stale, others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    address = push.push(record, "tester/model", tmp_path / "package")
    assert address.endswith("/tester/model")
    made = {
        path.relative_to(tmp_path / "package"): path for path in (tmp_path / "package").rglob("*") if path.is_file()
    }
    for place, path in made.items():
        assert (stand_in / "tester/model" / place).read_bytes() == path.read_bytes()
    assert others.exists() and not any(path.exists() for path in stale)
    local = AutoModelForSequenceClassification.from_pretrained(tmp_path / "package")
    model = AutoModelForSequenceClassification.from_pretrained("tester/model")
    assert all(torch.equal(tensor, local.state_dict()[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("name", ["model", "a/b/c", "tester/a model", "tester/qat+mp60", "tester/", "tester/--x"])
def test_a_name_that_the_hub_does_not_take_is_refused(tmp_path, record, name):
    with pytest.raises(BadInput, match=r"repository '.*' is not allowed; take user/name") as refused:
        push.push(record, name, tmp_path / "package")
    assert name in str(refused.value) and not (tmp_path / "package").exists()


def test_a_missing_token_is_said_and_nothing_is_done(tmp_path, record, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(BadInput, match="there is no token of the hub: set HF_TOKEN, or log in by: hf auth login"):
        push.push(record, "tester/model", tmp_path / "package")
    assert not (tmp_path / "package").exists()


def test_an_unknown_token_is_said_and_nothing_is_done(tmp_path, record, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_of_nobody")
    with pytest.raises(BadInput, match="the hub does not take the token: .*"):
        push.push(record, "tester/model", tmp_path / "package")
    assert not (tmp_path / "package").exists()


def test_a_record_without_an_artifact_is_said_and_nothing_is_asked(tmp_path, monkeypatch):
    experiment = Experiment(**small.quick(tmp_path, task="mrpc", train_rows=160) | {"artifacts": None})
    run(experiment, [CONFIGURATION])
    with pytest.raises(BadInput, match="the artifact of .* was not kept; make it again"):
        push.push(experiment.record_path(CONFIGURATION), "tester/model", tmp_path / "package")
    assert not hub.Hub.asked and not (tmp_path / "package").exists()


def test_the_command_says_what_is_missing():
    with pytest.raises(BadInput, match="no record is named; for example: make push REPO=user/name RECORD="):
        push.main("", "tester/model")
    for other in ("README.md", "/qat-seed0.json"):
        with pytest.raises(BadInput, match=f"RECORD '{other}' is no record; take one such as results/local/"):
            push.main(other, "tester/model")
    with pytest.raises(BadInput, match="no repository is named"):
        push.main("results/local/mrpc/tiny/qat-seed0.json", "")
