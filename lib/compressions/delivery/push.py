"""`make push`: the package of a record on the Hugging Face hub."""

from pathlib import Path

import torch

from compressions.delivery.package import check_replaceable, package, package_folder
from compressions.errors import command, require
from compressions.measurements.artifacts import named_record, read_with_artifact
from compressions.models.hub import check_upload, upload


def push(path: Path, repository: str, out: Path) -> str:
    """Write the package of the record at `path` into the folder `out`, upload it, and return its address.

    Raises `BadInput` before any work for a record without its artifact, a folder with other content, a repository that
    is not named `user/name`, and a token that is missing or not known; later as `package` does, and where the hub
    refuses.
    """
    read_with_artifact(path)
    check_replaceable(out)
    check_upload(repository)
    package(path, out)
    return upload(out, repository)


def main(record: str, repository: str, out: str = "") -> None:
    """Push, and print the address; without `out` the package's folder is called by its record."""
    path = named_record(record, "make push REPO=user/name")
    require(bool(repository), f"no repository is named; for example: make push RECORD={record} REPO=user/name")
    torch.set_num_threads(1)
    print(push(path, repository, package_folder(path, out)))


if __name__ == "__main__":
    command(main)
