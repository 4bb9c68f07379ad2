"""What `make demo` makes for the browser: which models, and a runtime that is what it was."""

import json
import os
from pathlib import Path

import pytest

from compressions.delivery.demo import RUNTIME, experiment, fetch_runtime, make_models
from compressions.errors import BadInput
from compressions.files import root
from tests import small

PINNED = json.loads((root() / RUNTIME).read_text())


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Puts a stand-in for npm, of these lines of shell, before all others."""

    def put(*lines: str) -> None:
        script = tmp_path / "bin/npm"
        script.parent.mkdir()
        script.write_text("\n".join(("#!/bin/sh", *lines)))
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")

    return put


def refused(out: Path) -> str:
    """The error of fetching the runtime, which leaves nothing."""
    with pytest.raises(BadInput) as raised:
        fetch_runtime(out)
    assert not out.exists()
    return str(raised.value)


def test_a_package_that_npm_cannot_fetch_is_named_in_one_line(tmp_path, npm):
    npm("echo 'npm error 404' >&2", "echo 'npm error Not Found' >&2", "exit 1")
    assert refused(tmp_path / "runtime").endswith("@0.2.0: npm error 404 npm error Not Found")


def test_a_file_of_another_content_is_refused(tmp_path, npm):
    names = " ".join(f"package/{file['path']}" for file in PINNED)
    npm(
        f"for name in {names}; do mkdir -p $(dirname $name); echo other > $name; done",
        "tar czf it.tgz package",
        "echo it.tgz",
    )
    assert "has 6 bytes and the checksum sha384-" in refused(tmp_path / "runtime")


def test_a_package_that_lacks_a_file_is_refused(tmp_path, npm):
    npm("mkdir package", "tar czf it.tgz package", "echo it.tgz")
    assert "it.tgz has no file package/" in refused(tmp_path / "runtime")


def test_models_are_of_sst2_where_glue_is_named_and_else_of_the_built_in_task(monkeypatch):
    assert experiment().task == "sentiment"
    monkeypatch.setenv("GLUE", "builtin")
    assert experiment().task == "sentiment"
    monkeypatch.setenv("GLUE", small.glue())
    assert experiment().task == "sst2"


def test_a_value_that_is_not_allowed_leaves_nothing(tmp_path):
    with pytest.raises(BadInput, match="epochs 0 is not allowed"):
        make_models(tmp_path / "models", epochs=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_models_are_written_with_what_is_said_of_them_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("GLUE", small.glue())
    monkeypatch.setenv("CHECKPOINTS", small.encoders())
    about = make_models(tmp_path / "models", size="narrow", epochs=1)
    assert json.loads((tmp_path / "models/models.json").read_text()) == json.loads(json.dumps(about))
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "models").iterdir()}
    assert sizes.keys() == {"models.json", "tokenizer.json", "tokenizer_config.json"} | {
        m["file"] for m in about["models"]
    }
    assert all(sizes[model["file"]] == model["bytes"] < model["onnx_bytes"] for model in about["models"])
    assert (about["task"], about["train_rows"], about["labels"]) == (
        "sst2",
        small.ROWS["train"],
        ("negative", "positive"),
    )
