"""The chapters on limits and on choices of distillation run with records, with few of them, and with none."""

import pytest

from compressions.analysis.limits import limits_table
from compressions.analysis.reading import NoResults
from compressions.book import missing
from compressions.book.limits_figures import draw_limits
from tests.analysis.test_distillation_choices import VARIANTS
from tests.analysis.test_limits import SMALL, read_limits
from tests.chapters import run_chapter
from tests.limits import write_limits, write_variants
from tests.simulated import write_records


def test_the_chapter_of_limits_runs_with_records_of_another_grid(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    run_chapter("limits", results=str(tmp_path), draws=20, size_measure="paper")


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_the_chapter_of_limits_runs_with_whatever_records_there_are(tmp_path, seeds):
    write_limits(tmp_path, tasks=("rte",), seeds=seeds, rows=300, names=SMALL)
    run_chapter("limits", results=str(tmp_path), draws=20, size_measure="paper")


@pytest.mark.parametrize("tasks", [("rte",), ("sst2", "rte"), ("reviews",)])
def test_the_chapter_of_choices_runs_with_whatever_records_there_are(tmp_path, tasks):
    write_variants(tmp_path, VARIANTS, {"T4": 0.02}, tasks=tasks, rows=300)
    run_chapter("distillation_choices", results=str(tmp_path), draws=20)


@pytest.mark.parametrize("name", ["limits", "distillation_choices"])
def test_a_chapter_without_records_says_what_is_missing(tmp_path, name, monkeypatch):
    monkeypatch.setattr(missing, "get_ipython", lambda: None)  # another test of this process may have started a shell
    with pytest.raises(NoResults, match="holds no records; name one that a grid or an experiment wrote"):
        run_chapter(name, results=str(tmp_path))


def test_a_heat_map_shows_values_halves_of_intervals_and_frames(tmp_path):
    write_limits(tmp_path, tasks=("rte",), seeds=range(4), rows=8000, names=SMALL)
    frame = limits_table(read_limits(tmp_path), draws=50)
    axes = draw_limits(frame, "interaction", "interaction", margin=1.0).axes[0]
    texts = [text.get_text() for text in axes.texts]
    assert len(texts) == 4 and all("\n±" in text for text in texts)
    framed = [patch for patch in axes.patches if patch.get_linewidth()]
    assert [patch.get_linestyle() for patch in framed] == ["-"]


def test_a_heat_map_of_one_seed_has_no_intervals_and_dotted_frames(tmp_path):
    write_limits(tmp_path, tasks=("rte",), seeds=(0,), rows=2000, names=SMALL)
    frame = limits_table(read_limits(tmp_path), draws=50)
    axes = draw_limits(frame, "interaction", "interaction", margin=1.0).axes[0]
    assert not [text for text in axes.texts if "±" in text.get_text()]
    assert {patch.get_linestyle() for patch in axes.patches if patch.get_linewidth()} == {":"}


def test_a_heat_map_shows_no_negative_zero(tmp_path):
    write_limits(tmp_path, tasks=("rte",), seeds=(0,), rows=200, names=SMALL)
    frame = limits_table(read_limits(tmp_path), draws=10).assign(change=-0.01, change_high=float("nan"))
    assert {text.get_text() for text in draw_limits(frame, "change", "change").axes[0].texts} == {"+0.0"}
