"""A Transformers folder before anything is loaded from it: its configuration, and which files hold its weights."""

import json
from pathlib import Path

from compressions.errors import BadInput, require
from compressions.models.hub import CONFIG, VOCABULARIES, WEIGHTS, shards

LFS = b"version https://git-lfs.github.com/spec/"
TOKENIZERS = ("tokenizer.json", *VOCABULARIES, "tokenizer.model")


def read_config(folder: Path) -> dict:
    """The content of `config.json`; raises `BadInput` for one that is missing or cannot be read."""
    path = folder / CONFIG
    _check_content(path)
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read ({error})") from error
    require(isinstance(config, dict), f"{path} holds no configuration, but {str(config)[:40]!r}")
    return config


def weight_files(folder: Path) -> list[Path]:
    """The files that hold the folder's weights: safetensors where there are any, else torch's, each whole or sharded.

    Raises `BadInput` where there are none, where a shard is missing, or where Git LFS has left a pointer.
    """
    first = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    require(first is not None, f"{folder} has no weights; put {WEIGHTS[0]} or {WEIGHTS[2]} there")
    _check_content(first)
    files = [folder / name for name in shards(first)] if first.suffix == ".json" else [first]
    require(bool(files), f"{first} lists no files")
    for file in files:
        require(file.is_file(), f"{folder} has no {file.name}, which {first.name} names")
        _check_content(file)
    return files


def check_tokenizer_files(folder: Path) -> None:
    """Raise `BadInput` for a folder without a tokenizer, or with pointers of Git LFS in its place."""
    present = [folder / name for name in (*TOKENIZERS, "tokenizer_config.json") if (folder / name).is_file()]
    has_one = any(path.name in TOKENIZERS for path in present)
    require(has_one, f"{folder} has no tokenizer; put tokenizer.json or vocab.txt there")
    for path in present:
        _check_content(path)


def _check_content(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(LFS))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror})") from error
    require(start != LFS, f"{path} is a Git LFS pointer, not the file itself; fetch it: git lfs pull")
    require(bool(start), f"{path} is empty")
