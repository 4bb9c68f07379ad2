"""What CONTRIBUTING.md tells a newcomer to do works as it is written."""

import re
import tomllib
import types

import pytest
import torch
import yaml

from compressions.experiments import configurations, run
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.storage.artifact import load_artifact
from tests import small
from tests.conftest import ROOT


def module() -> types.ModuleType:
    """The module that the text spells out."""
    (source,) = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.DOTALL)
    assert len(source.splitlines()) <= 40
    found = types.ModuleType("compressions.two_of_four")
    exec(compile(source, "CONTRIBUTING.md", "exec"), found.__dict__)
    return found


def test_two_of_every_four_neighbors_are_kept():
    weight = torch.tensor([[0.1, -0.2, 0.9, -1.1, 5.0, 4.0, 3.0, -6.0]])
    assert torch.equal(module().two_of_four(weight), torch.tensor([[0, 0, 0.9, -1.1, 5.0, 0, 0, -6.0]]))


@pytest.mark.slow
def test_a_fourth_method_is_trained_saved_and_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(configurations, "METHODS", (*configurations.METHODS, "two_of_four"))
    monkeypatch.setattr(run, "PREPARING", {"two_of_four": module().sparsify, **run.PREPARING})
    experiment = Experiment(**small.quick(tmp_path, train_rows=160))
    wanted = [Configuration(("two_of_four",)), Configuration(("qat", "two_of_four"))]
    alone, both = run.run(experiment, wanted)
    assert (alone["configuration"], both["configuration"]) == ("two_of_four", "qat+two_of_four") and both["bits"] == 8
    for configuration in wanted:
        weight = load_artifact(experiment.artifact_folder(configuration)).bert.encoder.layer[0].output.dense.weight
        assert (weight.reshape(-1, 4).count_nonzero(dim=1) <= 2).all()


def test_what_it_tells_to_edit_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for path in re.findall(r"`((?:lib|notebooks|tests|book|\.github)/[\w./]*)`", text):
        assert (ROOT / path).exists() or path.endswith("two_of_four.py"), path
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, flags=re.MULTILINE)) <= targets()


def test_the_version_is_one():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == version
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def targets() -> set[str]:
    """What make can be asked for."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.stem)
def test_a_workflow_calls_nothing_but_make_targets_and_what_it_installs(path):
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    commands = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    made = [command.split() for command in commands if command.startswith("make ")]
    assert made and {target for _, target in made} <= targets()
    assert all(command.startswith(("make ", "sudo apt-get update", "gh issue create")) for command in commands)


def test_the_citation_says_who_what_and_where():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    paper = citation["preferred-citation"]
    for work in (citation, paper):
        assert work["title"] and all(author.keys() & {"name", "family-names"} for author in work["authors"])
    assert citation["cff-version"] == "1.2.0" and citation["message"] and citation["license"] == "MIT"
    assert (
        paper["type"] == "conference-paper"
        and paper["year"] == 2022
        and paper["url"].startswith("https://aclanthology")
    )
    assert len(paper["authors"]) == 5 and paper["end"] - paper["start"] == 11
