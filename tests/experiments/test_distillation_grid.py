"""The project's grid of distillation choices: one file of a teacher's logits serves all variants on held-out rows."""

import pytest

from compressions.analysis.distillation_choices import changes, read_variants, variants_table
from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.experiments.grid import Grid, names_of, read_grid
from compressions.experiments.run import run
from tests import small
from tests.conftest import ROOT


@pytest.fixture
def grids(tmp_path, monkeypatch):
    """The variants on small data, and a file of logits that an experiment on all rows has written."""
    monkeypatch.chdir(ROOT)
    quick = small.quick(tmp_path, teacher_logits=str(tmp_path / "logits"), augment=1, train_rows=200, artifacts=None)
    run(Experiment(**quick), [Configuration(("kd",))])
    small_data = {"tasks": [quick.pop("task")], "sizes": [quick.pop("size")], "overrides": [], **quick}
    found = []
    for each in map(read_grid, names_of("distillation")):
        own = {"results": str(tmp_path / each.name), "augment": each.content["augment"]}
        found.append(Grid(each.name, each.content | small_data | own))
    return found


@pytest.mark.slow
def test_every_variant_finds_its_rows_in_the_file_and_says_what_it_changed(grids, tmp_path):
    for grid in grids:
        run(grid.experiments[0], grid.configurations)
    variants = read_variants(tmp_path / "distillation")
    assert changes(variants) == {
        "reference": "alpha 0.9, temperature 2.0, augment 1, hard_labels original, steps equal",
        "T1": "temperature 1.0",
        "T4": "temperature 4.0",
        "alpha05": "alpha 0.5",
        "alpha1": "alpha 1.0",
        "doubled_steps": "steps doubled",
        "labeled_copies": "hard_labels all",
        "no_copies": "augment 0",
    }
    frame = variants_table(variants, draws=10).set_index("variant")
    assert len(frame) == 9 and frame.rte.notna().all()


@pytest.mark.slow
def test_rows_that_the_file_lacks_are_refused(grids):
    grid = Grid(grids[0].name, grids[0].content | {"train_rows": 300})
    with pytest.raises(BadInput, match="has no logits for"):
        run(grid.experiments[0], grid.configurations)
