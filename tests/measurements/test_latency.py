"""What is timed is what is named, in turn with what it is compared with."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch

from compressions.experiments.configurations import Configuration
from compressions.measurements import latency, openvino_peer
from compressions.measurements.runtimes import OURS, PEER
from compressions.models.architectures import Size
from compressions.storage import openvino
from compressions.storage.onnx import session, to_onnx

SMALL = Size("small", 1, 32, 2, vocabulary=50, positions=40)
NAMES = [each.name for each in latency.CONFIGURATIONS]


class Recorder:
    """A session that notes in a list that it was run."""

    def __init__(self, name: str, ran: list[str]) -> None:
        self.name, self.ran = name, ran

    def run(self, *_) -> None:
        self.ran.append(self.name)


def test_each_round_runs_every_session_once_and_the_orders_differ():
    ran = []
    seconds = latency.seconds_in_turn([Recorder(name, ran) for name in "abc"], {}, 60)
    rounds = np.array(ran).reshape(-1, 3)[1:]  # the first warms up
    assert seconds.shape == rounds.shape == (latency.MAX_ROUNDS, 3)
    assert all(set(order) == set("abc") for order in rounds)
    before = list(pairwise(ran))
    assert all(before.count((one, "b")) > 10 for one in "ac"), "no session always follows the same one"


def test_few_rounds_are_enough_where_they_take_long():
    assert len(latency.seconds_in_turn([Recorder("a", [])], {}, 0)) == latency.MIN_ROUNDS


@pytest.mark.slow
def test_every_shape_a_size_can_take_is_timed_in_turn():
    sessions = {each.name: session(to_onnx(latency.random_model(SMALL, each))) for each in latency.CONFIGURATIONS}
    rows = latency.measure(SMALL, sessions, 0.1)
    assert [(row["batch"], row["length"]) for row in rows[:: len(NAMES)]] == [(1, 32), (8, 32)]
    assert {row["configuration"] for row in rows} == {"base", "mp60", "qat", "qat+mp60", "qat4"}
    assert all(row["ms"] > 0 and row["rounds"] >= latency.MIN_ROUNDS and row["low"] <= row["high"] for row in rows)
    assert all(row["ratio"] == 1 and "peer_ratio" not in row for row in rows[:: len(NAMES)])


def test_a_timed_model_is_pruned_and_quantized_as_it_says():
    model = latency.random_model(SMALL, Configuration(("qat", "mp"), 0.6))
    weight = model.bert.encoder.layer[0].intermediate.dense.weight
    assert weight.dtype == torch.int8 and (weight == 0).float().mean() >= 0.6
    four = latency.random_model(SMALL, Configuration(("qat",), bits=4))
    assert four.bert.encoder.layer[0].intermediate.dense.weight.abs().max() == 7


def test_the_machine_is_told_with_its_instructions_and_its_load(monkeypatch, tmp_path):
    flags = tmp_path / "cpuinfo"
    flags.write_text("flags\t\t: fpu avx2 avx512_vnni fma\n")
    monkeypatch.setattr(latency, "PROCESSOR", flags)
    found = latency.machine()
    assert found["instructions"] == ["avx2", "avx512_vnni"] and found["load"] >= 0


@pytest.fixture
def one_size(monkeypatch):
    """`make latency` of one small size, for a moment."""
    monkeypatch.setattr(latency, "SIZES", [SMALL])
    monkeypatch.setattr(latency, "SECONDS", 0.05)


def test_openvino_is_timed_in_turn_with_our_models_where_it_is_installed(tmp_path, monkeypatch, one_size):
    monkeypatch.setattr(openvino_peer, "installed", lambda: True)
    monkeypatch.setattr(openvino_peer, "PACKAGES", ())
    monkeypatch.setattr(openvino_peer, "openvino_session", lambda model, rows: session(to_onnx(model)))
    monkeypatch.setattr(openvino, "to_openvino", to_onnx)
    monkeypatch.setattr(openvino, "openvino_session", session)
    latency.main(str(tmp_path / "latency.json"))
    measured = json.loads((tmp_path / "latency.json").read_text())
    assert [row["configuration"] for row in measured["rows"]] == [*NAMES, OURS, PEER] * 2
    assert all(row["peer_low"] <= row["peer_ratio"] <= row["peer_high"] for row in measured["rows"])
    assert (
        all(row["peer_ratio"] == 1 for row in measured["rows"] if row["configuration"] == PEER)
        and "onnxruntime" in measured["runtimes"]
    )


def test_without_openvino_the_rest_is_timed(tmp_path, monkeypatch, capsys, one_size):
    monkeypatch.setattr(openvino_peer, "installed", lambda: False)
    latency.main(str(tmp_path / "latency.json"))
    measured = json.loads((tmp_path / "latency.json").read_text())
    assert [row["configuration"] for row in measured["rows"]] == NAMES * 2 and measured["seconds"] > 0
    said = capsys.readouterr().out
    assert "pip install -e" in said and measured["machine"]["processor"] in said
