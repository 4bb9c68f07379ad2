"""The chapter on coverage counts what a grid asks for, and says where and how fast it ran."""

import pytest

from compressions.book.coverage import cells, coverage_figure, hours, overview, rows_table, worker
from compressions.experiments.grid import Grid
from compressions.experiments.records import read_all
from compressions.experiments.table import table
from tests.simulated import trained_on, write_records

PLAN = {"tasks": ["sst2", "rte"], "sizes": ["tiny"], "seeds": [0, 1], "subsets": [[], ["qat"]], "sparsities": []}
GRID = Grid("made-up", PLAN)


@pytest.fixture
def folder(tmp_path):
    write_records(tmp_path, tasks=("sst2",), sizes=("tiny",), seeds=(0,), names=("base", "qat", "mp60"))
    return tmp_path


def test_a_cell_counts_the_configurations_that_its_grid_asks_for_and_no_other(folder):
    found = cells(GRID, read_all(folder)).set_index(["task", "seed"])
    assert found.there.to_dict() == {("sst2", 0): 2, ("rte", 0): 0, ("sst2", 1): 0, ("rte", 1): 0}
    assert set(found.wanted) == {2}


def test_the_figure_has_a_panel_a_grid_and_a_row_a_size_and_seed(folder):
    figure = coverage_figure({"made-up": cells(GRID, read_all(folder)), "other": cells(GRID, [])})
    first, second = figure.axes
    assert first.get_title() == "made-up: 2 of 8 records" and second.get_title() == "other: 0 of 8 records"
    assert [label.get_text() for label in first.get_yticklabels()] == ["TINY, seed 0", "TINY, seed 1"]
    assert [text.get_text() for text in first.texts] == ["2"]


def test_the_variants_of_a_file_are_one_row_of_the_overview(folder):
    grids = [Grid("choices/one", PLAN), Grid("choices/two", PLAN), GRID]
    found = overview(grids, {"choices/one": read_all(folder), "choices/two": [], "made-up": []})
    assert found["records wanted"].to_dict() == {"choices": 16, "made-up": 8} and found.there["choices"] == 3


def timed(folder):
    return table(read_all(folder)).assign(
        threads=1, seconds=3600, total_seconds=5400, startup_seconds=1800, examples_per_second=100, processor="any"
    )


def test_hours_count_the_start_of_a_process_once(folder):
    found = hours(timed(folder), ["processor", "size"]).loc[("any", "tiny")]
    assert found.to_list() == [3, 3, 3 * 1.5 + 0.5]


def test_a_worker_is_a_thread_or_a_gpu(folder):
    trained_on("NVIDIA H100", folder, "sst2", "tiny", 0, ("qat",))
    assert set(worker(timed(folder))) == {"1 CPU thread", "NVIDIA H100"}


def test_rows_are_listed_once_a_task(folder):
    assert rows_table(table(read_all(folder))).index.to_list() == ["sst2"]


def test_nothing_fails_without_records():
    frame = table([])
    assert not len(hours(frame, ["size"])) and not len(rows_table(frame))
