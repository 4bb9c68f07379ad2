"""Chapters as notebooks for Colab, which opens no scripts: each begins with a cell that fetches the project."""

import sys
from pathlib import Path

import nbformat
import yaml

from compressions.book.percent import notebook
from compressions.files import root, write_whole

# Not the lock: that would replace what the running kernel has loaded. Not `-e`: a running kernel would not find it.
FETCH = """# Fetches the project and what Colab lacks of what it needs; a minute or two.
!git clone --quiet --depth 1 {url} /content/project
%cd /content/project
%pip install --quiet ."""


def with_fetching(script: str, url: str) -> nbformat.NotebookNode:
    """The notebook that a percent script is, with a first cell that installs the project of the repository at `url`."""
    chapter = notebook(script)
    chapter.cells.insert(0, nbformat.v4.new_code_cell(FETCH.format(url=url), id="fetch"))
    return chapter


def main(folder: Path) -> None:
    """Write every chapter below `folder`, under the path that it has in the repository."""
    url = yaml.safe_load((root() / "_config.yml").read_text())["repository"]["url"]
    for script in sorted((root() / "notebooks").glob("*.py")):
        chapter = nbformat.writes(with_fetching(script.read_text(), url))
        write_whole(folder / "notebooks" / f"{script.stem}.ipynb", chapter.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
