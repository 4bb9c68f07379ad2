"""Figures and tables of bytes, milliseconds and recipes show what was measured, with and without what is optional."""

import json

import pandas as pd
import pytest

from compressions.analysis.byte_synergy import bits_a_weight, byte_synergy, load_size_measures
from compressions.analysis.reading import NoResults
from compressions.book.byte_figures import bits_figure, byte_synergy_figure
from compressions.book.latency_figures import (
    compare_runtimes,
    exported_table,
    machine_facts,
    milliseconds_table,
    read_latency,
    runtimes_table,
    speed_figure,
)
from compressions.book.tables import recipes_table
from compressions.errors import BadInput
from compressions.measurements.exported import COLUMNS, EXPORTED_FILE, read_exported
from compressions.measurements.runtimes import OURS, PEER
from compressions.storage.size_measures import LAYERS, WHOLE
from tests.simulated import record_measures, write_records


def labels(figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


@pytest.fixture(scope="module")
def bytes_of_models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes")
    write_records(folder, tasks=("rte",), seeds=(0,))
    record_measures(folder, ("csr", "packed", "entropy"))
    return load_size_measures([folder])


def test_bits_are_drawn_for_the_size_measures_that_there_are(bytes_of_models):
    figure = bits_figure(bits_a_weight(bytes_of_models), "tiny")
    assert [axes.get_title() for axes in figure.axes] == ["TINY, fp32", "TINY, int8"]
    assert {"paper", "packed", "csr"} < set(labels(figure)) and "xz" not in labels(figure)


def test_synergy_in_bytes_has_a_panel_a_part_and_a_mark_a_size(bytes_of_models):
    parts = {"layers": byte_synergy(bytes_of_models, LAYERS), "whole model": byte_synergy(bytes_of_models, WHOLE)}
    figure = byte_synergy_figure(parts, 0.6)
    assert [axes.get_title() for axes in figure.axes] == list(parts) and labels(figure) == ["TINY", "MINI"]


def timings(path, peer: bool):
    """Milliseconds of two sizes as `make latency` leaves them; OpenVINO is slow for tiny models, fast for mini."""
    rows = []
    for size in ("tiny", "mini"):
        for name in ("base", "mp60", "qat", "qat+mp60", *([OURS, PEER] if peer else [])):
            row = {"size": size, "configuration": name, "batch": 8, "length": 32, "ms": 1.5, "rounds": 9}
            ratio = 0.5 if size == "tiny" else 2.0
            row |= {"ratio": ratio, "low": ratio - 0.1, "high": ratio + 0.1}
            rows.append(row | {f"peer_{key}": row[key] for key in ("ratio", "low", "high") if peer})
    machine = {"processor": "A CPU", "cores": 2} | ({"instructions": ["avx2"], "load": 0.26} if peer else {})
    path.write_text(json.dumps({"rows": rows, "machine": machine, "runtimes": {"onnxruntime": "1.32"}}))
    return read_latency(path)


@pytest.mark.parametrize("peer", [True, False])
def test_milliseconds_are_shown_with_and_without_openvino(tmp_path, peer):
    rows, content = timings(tmp_path / "latency.json", peer)
    shown = labels(speed_figure(rows))
    assert ({PEER, OURS} <= set(shown)) == peer and "QAT" in shown
    assert (PEER in milliseconds_table(rows).data) == peer
    facts = machine_facts(content)
    assert facts["processor"] == "A CPU" and facts["load"] == ("0.3" if peer else "unknown")
    assert compare_runtimes(rows).runtime.tolist() == (["ONNX Runtime", "OpenVINO"] * 2 if peer else [])


def test_where_our_model_is_the_slower_is_marked(tmp_path):
    rows, _ = timings(tmp_path / "latency.json", peer=True)
    table = runtimes_table(compare_runtimes(rows))
    assert table.data.loc[("ONNX Runtime", "TINY")].tolist() == ["0.50 (0.40–0.60)"]
    assert table.data.loc[("OpenVINO", "MINI")].tolist() == ["2.00 (1.90–2.10)"]
    assert table.to_html().count("font-weight: bold") == 1  # one rule of style, for MINI in both runtimes


def test_what_was_not_measured_is_named_with_its_command(tmp_path):
    with pytest.raises(NoResults, match="make latency"):
        read_latency(tmp_path / "latency.json")
    assert read_exported(tmp_path).empty


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"rows": [{"size": "tiny"}]}', "{"])
def test_a_file_without_timings_is_named(tmp_path, content):
    (tmp_path / "bench.json").write_text(content)
    with pytest.raises(BadInput, match=r"bench\.json holds no timings; name a file that `make latency` wrote"):
        read_latency(tmp_path / "bench.json")


@pytest.mark.parametrize("content", ["", "x,y\n1,2\n", f"{','.join(COLUMNS)}\nrte,tiny\n"])
def test_a_broken_table_of_exported_models_is_named(tmp_path, content):
    (tmp_path / EXPORTED_FILE).write_text(content)
    with pytest.raises(BadInput, match=r"exported\.csv .*; delete it, then make exported"):
        read_exported(tmp_path)


def test_exported_models_of_all_folders_are_counted_by_size_and_kind_of_weights(tmp_path):
    row = {"task": "rte", "size": "tiny", "score": 60.0, "onnx_score": 60.5, "rows": 277, "differing": 3}
    row |= {"seed": 0, "onnx_bytes": 1, "artifact_sha256": "0"}
    for folder, names in (("glue", ("base", "qat", "qat+mp60")), ("limits", ("qat4+mp80", "mp95"))):
        (tmp_path / folder).mkdir()
        frame = pd.DataFrame([{**row, "configuration": name} for name in names])
        frame.to_csv(tmp_path / folder / "exported.csv")
    table = exported_table(pd.concat([read_exported(tmp_path / name) for name in ("glue", "limits")])).data
    assert table.loc[("TINY", "int8")].tolist() == [2, 554, 6, 0.5]
    assert table.models.to_dict() == {("TINY", "fp32"): 2, ("TINY", "int8"): 2, ("TINY", "int4"): 1}


def test_a_recipe_without_an_interval_or_without_a_model_is_shown():
    row = {"asked": "≤ 5 MB", "size": "tiny", "configuration": "qat", "megabytes": 4.4, "packed": 4.2, "score": 70.0}
    none = {"asked": "≤ 1 MB", "size": "", "configuration": "", "megabytes": None, "packed": None, "score": None}
    known = {"low": 69.0, "high": 71.0, "as_good": 2, "simplest": "TINY qat", "paper": "TINY qat"}
    rows = [row | known, row | known | {"low": None, "high": None}, none | known | {"low": None, "high": None}]
    table = recipes_table(pd.DataFrame(rows)).data
    assert table["score (95 % CI)"].tolist() == ["70.0 (69.0 to 71.0)", "70.0", "–"]
    assert table.recipe.tolist() == ["TINY qat", "TINY qat", "none"]
