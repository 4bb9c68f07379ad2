"""`make licenses`: the license of every locked package, as the package itself states it."""

import csv
import io
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from compressions.files import write_whole


def license(package: Distribution) -> str:
    """The license that a package states; empty without any statement.

    That is its license expression, classifiers, license field, or the first line of its license file, in this order.
    """
    classifiers = package.metadata.get_all("Classifier", [])
    classified = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: OSI Approved :: ")]
    field = (package.metadata.get("License") or "").strip().splitlines()
    files = [file for file in package.files or [] if "licen" in file.name.lower() and file.locate().is_file()]
    lines = (line.strip() for file in files for line in file.read_text().splitlines() if line.strip())
    expression = package.metadata.get("License-Expression")
    return expression or "; ".join(classified) or next(iter(field), "") or next(lines, "")


def table(lock: str) -> str:
    """CSV of name, version and license for every line `name==version` of a lock; all must be installed."""
    rows = [line.split("==") for line in lock.splitlines() if "==" in line]
    content = io.StringIO()
    lines = [(name, version, license(distribution(name))) for name, version in rows]
    csv.writer(content, lineterminator="\n").writerows([("package", "version", "license"), *lines])
    return content.getvalue()


if __name__ == "__main__":
    write_whole(Path(sys.argv[2]), table(Path(sys.argv[1]).read_text()).encode())
