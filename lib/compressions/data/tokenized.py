"""Tokenized rows, made once on this machine and then shared by every experiment that needs them."""

import io
import json
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING

import datasets
import pyarrow
from filelock import FileLock
from pyarrow import parquet

from compressions.data.glue import rows_fingerprint
from compressions.data.tasks import Task
from compressions.files import cache, fingerprint, write_whole

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# What of a tokenizer decides its tokens, beside its backend.
SETTINGS = ("truncation_side", "padding_side", "model_input_names", "split_special_tokens", "special_tokens_map")


def tokenize(
    rows: datasets.Dataset, task: Task, tokenizer: "PreTrainedTokenizerBase", max_length: int
) -> datasets.Dataset:
    """Rows as token ids, cut to `max_length`, with `labels`; pairs are joined as the tokenizer joins them.

    From the cache where the same rows were read by the same tokenizer. One that is written in Python, whose code cannot
    be compared, is asked each time.
    """
    options = {"truncation": True, "max_length": max_length}

    def encode(batch: dict[str, list]) -> dict[str, list]:
        texts = (batch[column] for column in task.columns)
        return {**tokenizer(*texts, **options), "labels": batch["label"]}

    def make(name: str | None = None) -> datasets.Dataset:
        # Without a name for the result `map` hashes the tokenizer, which takes longer than few rows do.
        given = {"remove_columns": rows.column_names, "load_from_cache_file": False, "new_fingerprint": name}
        return rows.map(encode, batched=True, **given)

    if not tokenizer.is_fast:
        return make()
    key = fingerprint(str(len(task.columns)), rows_fingerprint(task, rows), tokenizer_key(tokenizer), str(options))
    return shared_rows("tokenized", key, lambda: make(key[:32]))


def tokenizer_key(tokenizer: "PreTrainedTokenizerBase") -> str:
    """A checksum of everything that decides a tokenizer's answers: its code's version, its backend and its settings."""
    kind = type(tokenizer)
    versions = [version(package) for package in ("tokenizers", "transformers")]
    # Without what an earlier call left in the backend: how long rows may be. The next call sets it anew.
    backend = {**json.loads(tokenizer.backend_tokenizer.to_str()), "truncation": None, "padding": None}
    settings = {name: getattr(tokenizer, name, None) for name in SETTINGS}
    return fingerprint(f"{kind.__module__}.{kind.__qualname__}", *versions, json.dumps(backend), str(settings))


def shared_rows(kind: str, key: str, make: Callable[[], datasets.Dataset]) -> datasets.Dataset:
    """The rows that `make` gives, from the cache if anybody made them before.

    `key` is a checksum of everything that decides them, `kind` the folder in the cache. A broken file is made again.
    """
    path = cache() / kind / f"{key[:32]}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        try:
            table = parquet.read_table(path, page_checksum_verification=True)
        except (OSError, pyarrow.ArrowInvalid):
            content = io.BytesIO()
            make().to_parquet(content, write_page_checksum=True)
            write_whole(path, content.getvalue())
            table = parquet.read_table(content, page_checksum_verification=True)
    return datasets.Dataset(table)
