"""Encoders of the hub: those with safetensors, and those with a `.bin` of the oldest format and a vocabulary alone."""

import threading
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file

from compressions.data.tasks import GLUE_TASKS, TASKS
from compressions.errors import BadInput
from compressions.experiments.configurations import configurations
from compressions.experiments.experiment import Experiment
from compressions.experiments.grid import read_grid
from compressions.experiments.run import run
from compressions.models import checkpoints, sources, teacher
from compressions.models.architectures import SIZES
from tests import hub
from tests.conftest import ROOT
from tests.data.test_glue import ROWS, RTE, write_glue

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    rows = Path(write_glue(folder / "glue", "rte", RTE, ROWS))
    with hub.serve(rows, hub.write_repositories(folder / "models")) as address:
        yield address


@pytest.fixture
def stand_in(address, tmp_path, monkeypatch):
    """The stand-in hub in the place of the real one, with an empty cache."""
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub.Hub, "fault", "well")
    monkeypatch.setattr(hub.Hub, "asked", [])


@pytest.mark.parametrize("name", ["tiny", "mini"])
def test_an_encoder_of_the_hub_is_the_one_that_was_saved(stand_in, name):
    encoder = sources.encoder(name, "hub")
    checkpoints.check(encoder)
    model = checkpoints.load_model(encoder, TASKS["mnli"])
    saved = load_file(ROOT / "checkpoints" / name / "model.safetensors")
    assert all(torch.equal(model.bert.state_dict()[key], tensor) for key, tensor in saved.items())
    bundled = checkpoints.load_tokenizer(sources.encoder(name, "bundled"))
    pair = ("A Film, très bien", "Naïve [MASK] unbelievably")
    assert dict(checkpoints.load_tokenizer(encoder)(*pair)) == dict(bundled(*pair))


@pytest.mark.parametrize("name", ["tiny", "mini"])
def test_what_is_cached_is_not_asked_for_again_and_nothing_is_converted(stand_in, monkeypatch, name):
    encoder = sources.encoder(name, "hub")
    checkpoints.check(encoder)
    before = list(hub.Hub.asked)
    assert before and all(SIZES[name].revision in path for path in before)
    monkeypatch.setattr(hub.Hub, "fault", "404")
    checkpoints.check(encoder)
    checkpoints.load_model(encoder, TASKS["rte"])
    assert hub.Hub.asked == before
    assert not [thread for thread in threading.enumerate() if "conversion" in thread.name]


def test_all_of_the_papers_grid_is_planned_at_pinned_revisions():
    experiments = read_grid("paper").experiments
    assert {each.task for each in experiments} == set(GLUE_TASKS) and {each.size for each in experiments} == set(SIZES)
    pins = {each.size: sources.identity(each.encoder)["pin"] for each in experiments}
    assert all(len(pin) == 40 for pin in pins.values()) and len(set(pins.values())) == len(SIZES)


def test_a_cell_of_the_papers_grid_runs_against_the_hub(stand_in, address, tmp_path):
    given = {
        "task": "rte",
        "checkpoints": "hub",
        "teacher": "mini",
        "glue": str(hub.Hub.rows),
        "augment": 0,
        "epochs": 1,
    }
    places = {"results": str(tmp_path / "results"), "artifacts": None}
    for size, subsets in (("tiny", [[], ["qat", "kd", "mp"]]), ("mini", [["qat", "kd", "mp"]])):
        for record in run(Experiment(**given, size=size, **places), configurations(subsets, [0.6])):
            assert record["specification"]["encoder"]["pin"] == SIZES[size].revision == record["encoder_commit"]
            assert (record["teacher"] or {"name": "mini"})["name"] == "mini"


def test_a_teacher_is_named_with_the_hubs_revision(stand_in):
    mini, revision = SIZES["mini"].hub, SIZES["mini"].revision
    found = teacher.find(f"{mini}@{revision}", "bundled")
    assert teacher.identity(found) == {"source": "hub", "name": mini, "pin": revision}
    assert not [path for path in hub.Hub.asked if "pytorch_model" in path]
    checkpoints.check(found)
    with pytest.raises(BadInput, match=f"of the hub's say which revision: {mini}@<commit>"):
        teacher.find(mini, "bundled")
    with pytest.raises(BadInput, match="'no/such@main' cannot be loaded from no/such"):
        teacher.find("no/such@main", "bundled")
