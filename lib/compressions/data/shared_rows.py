"""Rows that are made once on this machine and then shared by every experiment that needs them."""

import io
from collections.abc import Callable

import datasets
import pyarrow
from filelock import FileLock
from pyarrow import parquet

from compressions.files import cache, write_whole


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
