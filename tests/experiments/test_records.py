"""Records are written whole or not at all, and read with suspicion."""

import json
import subprocess
import sys

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE

from compressions.errors import BadInput
from compressions.experiments.records import (
    finished,
    read_all,
    read_predictions,
    read_record,
    record_path,
    write_record,
)
from compressions.files import whole_folder

SPECIFICATION = {"task": "rte", "seed": 0, "encoder": {"pin": "abc"}}
PREDICTIONS = np.array([0, 1, 1, 0], dtype=np.uint8)


@pytest.fixture
def path(tmp_path):
    path = record_path(tmp_path, "rte", "tiny", "qat+mp40", 0)
    write_record(path, {"specification": SPECIFICATION, "score": 75.0}, PREDICTIONS, PREDICTIONS)
    return path


def test_a_record_lies_where_it_was_promised(tmp_path, path):
    assert path == tmp_path / "rte/tiny/qat+mp40-seed0.json"
    assert [record["path"] for record in read_all(tmp_path)] == ["rte/tiny/qat+mp40-seed0.json"]
    assert read_record(path)["score"] == 75.0
    assert all(np.array_equal(array, PREDICTIONS) for array in read_predictions(path))


def test_a_finished_record_is_found_by_its_specification(path):
    assert finished(path, SPECIFICATION)["score"] == 75.0
    assert finished(path.with_name("qat-seed0.json"), SPECIFICATION) is None


def test_a_record_of_another_specification_is_refused_with_the_difference(path):
    with pytest.raises(BadInput, match="made with seed 0, not 1; take another results folder, or force"):
        finished(path, SPECIFICATION | {"seed": 1})
    with pytest.raises(BadInput, match="made with epochs None, not 3"):
        finished(path, SPECIFICATION | {"epochs": 3})


def test_a_broken_record_is_refused_by_name(path):
    content = path.read_text()
    path.write_text(content[:-20])
    with pytest.raises(BadInput, match="qat.mp40-seed0.json cannot be read.*delete it"):
        read_record(path)
    path.write_text(json.dumps(json.loads(content) | {"format": 99}))
    with pytest.raises(BadInput, match="format 99"):
        read_record(path)


def test_an_edited_record_is_refused(path):
    path.write_text(path.read_text().replace('"score": 75.0', '"score": 76.0'))
    with pytest.raises(BadInput, match="qat.mp40-seed0.json was edited after it was written"):
        read_all(path.parents[2])


def test_predictions_of_another_record_are_refused(path):
    (predictions,) = path.parent.glob("*.npz")
    predictions.write_bytes(predictions.read_bytes()[:-1] + b"!")
    with pytest.raises(BadInput, match="not the record's own"):
        read_record(path)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from compressions.experiments.records import write_record
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
write_record(Path(sys.argv[1]), {"specification": {}, "note": "x" * 5000}, np.zeros(3), np.zeros(3))
"""


def test_a_disk_that_fills_leaves_the_earlier_record(tmp_path, path):
    # A limit on the size of a file stands in for a full disk: the same write fails at the same place.
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    run = subprocess.run([sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True)
    assert run.returncode == 1
    assert f"BadInput: cannot write {path}: File too large; earlier files are as they were" in run.stderr
    assert read_record(path)["score"] == 75.0
    assert before.items() <= {file: file.read_bytes() for file in path.parent.iterdir()}.items()


def test_a_new_record_takes_the_place_of_the_old_whole(path):
    write_record(path, {"specification": SPECIFICATION, "score": 25.0}, 1 - PREDICTIONS, PREDICTIONS)
    assert read_record(path)["score"] == 25.0 and np.array_equal(read_predictions(path)[0], 1 - PREDICTIONS)
    assert len(list(path.parent.iterdir())) == 2


def test_a_folder_is_replaced_only_when_it_is_complete(tmp_path):
    folder = tmp_path / "folder"
    with whole_folder(folder) as new:
        (new / "a").write_text("first")
    with pytest.raises(BadInput, match=f"cannot write {folder}: No space left"), whole_folder(folder) as new:
        (new / "a").write_text("second")
        raise OSError(28, "No space left on device")
    with pytest.raises(BadInput, match=f"cannot write {folder}: No space left"), whole_folder(folder):
        Tokenizer(BPE()).save("/dev/full")  # it raises no OSError
    with pytest.raises(ZeroDivisionError), whole_folder(folder):
        print(1 / 0)
    assert (folder / "a").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
