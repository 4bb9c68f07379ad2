"""Bytes by every size measure, of real artifacts, and what `make pack` and `make size-measures` say."""

import gzip
import os
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from compressions.analysis.reading import read_results
from compressions.delivery.packing import pack_record
from compressions.errors import BadInput
from compressions.experiments.records import read_all, record_path, write_record
from compressions.measurements.artifacts import main, measure_missing, model_name, read_with_artifact, size_measures
from compressions.storage.artifact import count, load_packed
from compressions.storage.manifest import WEIGHTS, artifact_fingerprint
from compressions.storage.model_bytes import csr_bytes
from compressions.storage.size_measures import (
    COUNTED,
    LAYERS,
    SIZE_MEASURES,
    SIZE_MEASURES_FILE,
    WHOLE,
    read_size_measures,
)
from tests.simulated import record_measures, write_measures, write_records
from tests.storage.test_artifact import save, tokens


@pytest.fixture
def record(tmp_path):
    """A record with its artifact, as an experiment leaves them."""
    path = record_path(tmp_path / "results/mine", "mnli", "tiny", "qat+mp60", 0)
    folder = tmp_path / "artifacts/mine/mnli/tiny" / path.stem
    counts = count(save(folder))
    content = {
        "specification": {"task": "mnli", "size": "tiny", "seed": 0, "sparsity": 0.6},
        "configuration": "qat+mp60",
        "artifact": os.path.relpath(folder, path.parent),
        "artifact_sha256": artifact_fingerprint(folder),
        "artifact_bytes": (folder / WEIGHTS).stat().st_size,
        **{"parameters": counts.parameters, "non_zeros": counts.parameters - counts.zeros, "bits": counts.bits},
    }
    write_record(path, content, np.zeros(3), np.zeros(3))
    return path


def test_a_records_artifact_is_packed_and_its_bytes_are_told(tmp_path, record):
    out = tmp_path / "packed/model"
    found = pack_record(record, out)
    assert found["packed"] == out.stat().st_size < found["file"] and found["entropy"] < found["packed"]
    with torch.no_grad():
        assert load_packed(str(out))(tokens()).logits.shape == (32, 3)
    with pytest.raises(BadInput, match="nothing cannot be read: No such file"):
        load_packed(tmp_path / "nothing")


def test_an_artifact_that_is_gone_or_anothers_is_named_with_what_to_do(tmp_path, record):
    folder = tmp_path / "artifacts/mine/mnli/tiny" / record.stem
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-1] + b"!")
    with pytest.raises(BadInput, match="is not what was saved there"):
        pack_record(record, tmp_path / "out")
    save(folder, methods=("mp",))
    with pytest.raises(BadInput, match="is not the one that .* is of; make it again"):
        pack_record(record, tmp_path / "out")
    shutil.rmtree(folder)
    with pytest.raises(BadInput, match="the artifact of .* is not in .*; make it again"):
        pack_record(record, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_artifact_is_found_where_its_record_says(tmp_path, record):
    elsewhere = tmp_path / "else where [v2]" / record.stem
    shutil.move(tmp_path / "artifacts/mine/mnli/tiny" / record.stem, elsewhere)
    content = read_all(record.parents[2])[0]
    place = os.path.relpath(elsewhere, record.parent)
    write_record(record, {**content, "artifact": place}, np.zeros(3), np.zeros(3))
    assert read_with_artifact(record)[1] == elsewhere
    whole = tmp_path / "moved"
    shutil.move(tmp_path / "results", whole / "results")
    shutil.move(tmp_path / "else where [v2]", whole / "else where [v2]")
    moved = whole / record.relative_to(tmp_path)
    assert read_with_artifact(moved)[1] == whole / "else where [v2]" / record.stem
    write_record(moved, {**content, "artifact": None}, np.zeros(3), np.zeros(3))
    with pytest.raises(BadInput, match="was not kept; make it again"):
        read_with_artifact(moved)


@pytest.mark.parametrize(
    "path, name",
    [
        ("results/local/mrpc/tiny/qat+kd-seed0.json", "local-mrpc-tiny-qat+kd-seed0"),
        ("results/v1.2/my task/mrpc/tiny/mp62.5-seed0.json", "v1.2-my task-mrpc-tiny-mp62.5-seed0"),
        ("/else/where/records/mrpc/tiny/base-seed0.json", "records-mrpc-tiny-base-seed0"),
    ],
)
def test_a_model_is_called_by_its_record(monkeypatch, tmp_path, path, name):
    monkeypatch.setenv("COMPRESSIONS_ROOT", str(tmp_path))
    assert model_name(tmp_path / path) == name


def test_compressed_sparse_rows_of_a_hand_made_matrix():
    # Two of 3 x 4 int8 weights are kept: 1 + 2 bytes each, and 4 starts of rows of 4 bytes; the vector stays dense.
    tensors = {"w": np.zeros((3, 4), np.int8), "b": np.zeros(5, np.float32)}
    tensors["w"][0, 1] = tensors["w"][2, 3] = 7
    assert csr_bytes(tensors) == 2 * 3 + 4 * 4 + 20
    assert csr_bytes({"w": np.ones((3, 4), np.int8)}) == 12


def measured_all(results):
    table = read_size_measures(results)
    return measure_missing(results / SIZE_MEASURES_FILE, table, size_measures)


def test_whole_models_and_their_layers_are_measured_by_every_size_measure(tmp_path, record):
    results = record.parents[2]
    table = measured_all(results)
    assert list(table.part) == [WHOLE, LAYERS]
    whole = table[table.part == WHOLE].iloc[0]
    weights = tmp_path / "artifacts/mine/mnli/tiny" / record.stem / WEIGHTS
    assert whole.file == pytest.approx(weights.stat().st_size, abs=100)
    assert whole.gzip == pytest.approx(len(gzip.compress(weights.read_bytes())), rel=0.01)
    assert whole.entropy < whole.packed < whole.xz and whole.bitmask > whole.paper
    layers = table[table.part == LAYERS].iloc[0]
    assert all(0 < layers[name] < whole[name] for name in SIZE_MEASURES)
    assert layers.dense == layers.parameters and layers.paper < 0.6 * layers.dense
    pd.testing.assert_frame_equal(read_size_measures(results), table.reset_index(drop=True), check_dtype=False)


def test_what_is_measured_stays_and_what_no_record_names_goes(tmp_path, record, capsys):
    results = record.parents[2]
    measured_all(results)
    before = (results / SIZE_MEASURES_FILE).read_bytes()
    shutil.rmtree(tmp_path / "artifacts")
    assert len(measured_all(results)) == 2 and (results / SIZE_MEASURES_FILE).read_bytes() == before
    other = read_all(results)[0]
    write_record(record, {**other, "artifact_sha256": "another"}, np.zeros(3), np.zeros(3))
    main(str(results))
    assert "0 models are measured; 1 could not be\nthe artifact of" in capsys.readouterr().out
    assert read_size_measures(results).empty
    (results / SIZE_MEASURES_FILE).write_text("task\nrte\n")
    with pytest.raises(BadInput, match="size_measures.csv is no table with the columns"):
        read_size_measures(results)


def test_a_measured_size_measure_serves_when_every_configuration_was_measured(tmp_path):
    write_records(tmp_path, sizes=("tiny",))
    with pytest.raises(BadInput, match="no task of .* has all configurations measured by packed; make size-measures"):
        read_results(tmp_path, size_measure="packed")
    write_measures(tmp_path, {"configuration": "kd"})
    assert set(read_results(tmp_path).bytes_by) == set(COUNTED)
    write_measures(tmp_path, {"task": "rte"})
    found = read_results(tmp_path, size_measure="packed")
    assert set(found.bytes_by) == set(SIZE_MEASURES) and np.allclose(found.bytes, 0.9 * found.bytes_by["bitmask"] + 300)
    assert found.tasks == ("rte",) and found.left_out.why.tolist() == ["not measured by packed"]


def test_a_size_that_was_not_wholly_measured_is_left_out_by_a_measured_size_measure(tmp_path):
    write_records(tmp_path, sizes=("tiny", "mini"))
    write_measures(tmp_path, {"size": "mini"})
    assert read_results(tmp_path).sizes == ("tiny", "mini")
    found = read_results(tmp_path, size_measure="xz")
    assert found.sizes == ("mini",) and found.left_out.why.tolist() == ["not measured by xz"]


def test_what_records_say_of_their_models_serves_where_they_were_not_measured_later(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    record_measures(tmp_path, ("csr", "packed"))
    records = read_all(tmp_path)
    found = read_size_measures(tmp_path, records)
    assert len(found) == 2 * len(records) and set(found.part) == {WHOLE, LAYERS}
    assert found.packed.notna().all() and found.xz.isna().all()
    write_measures(tmp_path, {"configuration": "kd"})
    found = read_size_measures(tmp_path, records)
    assert len(found) == 2 * len(records) and set(found.configuration[found.xz.notna()]) == {"kd"}


def test_results_have_the_size_measures_that_all_their_models_were_measured_by(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    record_measures(tmp_path, ("csr", "packed"))
    found = read_results(tmp_path, size_measure="packed")
    assert set(found.bytes_by) == {*COUNTED, "csr", "packed"} and np.isfinite(found.bytes).all()
    with pytest.raises(BadInput, match="no task of .* has all configurations measured by xz; make size-measures"):
        read_results(tmp_path, size_measure="xz")
