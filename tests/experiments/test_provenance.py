"""What a record says of the machine, and that the records of a cell agree in it."""

import json

import pytest

from compressions.errors import BadInput
from compressions.experiments.provenance import check_cell, environment
from compressions.experiments.records import record_path


def test_a_cell_has_one_kind_of_device_and_one_precision(tmp_path):
    base, other = (record_path(tmp_path, "rte", "tiny", name, 1) for name in ("base", "qat+mp60"))
    check_cell(base, "float32")
    other.parent.mkdir(parents=True)
    other.write_text(json.dumps({"specification": {}, "machine": environment()["machine"]}))
    check_cell(base, "float32")
    with pytest.raises(BadInput, match=r"qat\+mp60-seed1.json was made with precision 'float32', not 'bfloat16'; "):
        check_cell(base, "bfloat16")
    check_cell(record_path(tmp_path, "rte", "tiny", "base", 11), "bfloat16")
    other.write_text(json.dumps({"specification": {}, "machine": {"device": "NVIDIA H100"}}))
    with pytest.raises(BadInput, match="was made with device 'GPU', not 'CPU'; .* take another results folder"):
        check_cell(base, "float32")
