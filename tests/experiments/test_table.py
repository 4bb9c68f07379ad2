"""The tidy table says what the records say."""

import pandas as pd
import pytest

from compressions.errors import BadInput
from compressions.experiments.records import read_all
from compressions.experiments.table import COLUMNS, write_table
from tests.conftest import ROOT

RESULTS = ROOT / "results/glue"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The committed records in a folder of the same name."""
    folder = tmp_path_factory.mktemp("results") / "glue"
    for path in RESULTS.glob("*/*/*-seed*"):
        (folder / path.relative_to(RESULTS)).parent.mkdir(parents=True, exist_ok=True)
        (folder / path.relative_to(RESULTS)).write_bytes(path.read_bytes())
    return folder


def test_the_table_has_a_row_for_each_record_and_the_same_numbers_in_both_files(copy):
    frame = write_table(copy)
    records = read_all(copy)
    assert list(frame.columns) == list(COLUMNS) and list(frame.record) == [record["path"] for record in records]
    assert list(frame.score) == [record["score"] for record in records]
    assert list(frame.train_rows) == [record["specification"]["train_rows_used"] for record in records]
    empty = frame.columns[frame.isna().all()]
    assert set(empty) == set()
    pd.testing.assert_frame_equal(pd.read_parquet(copy / "records.parquet"), frame)
    pd.testing.assert_frame_equal(pd.read_csv(copy / "records.csv"), frame, check_dtype=False)


def test_the_committed_table_is_that_of_the_committed_records(copy):
    write_table(copy)
    for name in ("records.csv", "README.md"):
        assert (copy / name).read_text() == (RESULTS / name).read_text(), "run make results GRID=glue"
    ours, theirs = (pd.read_parquet(folder / "records.parquet") for folder in (RESULTS, copy))
    pd.testing.assert_frame_equal(ours, theirs)


def test_a_folder_without_records_is_named(tmp_path):
    with pytest.raises(BadInput, match="holds no records"):
        write_table(tmp_path)
