"""`make notebooks`: chapters as notebooks for Colab, each with a first cell that installs the project."""

import sys
from pathlib import Path

import nbformat
import yaml

from compressions.book.percent import notebook
from compressions.files import root, write_whole

# Without the lock, which would replace packages that the kernel has loaded; not `-e`, which it would not find.
FETCH = """# Installs the project and the packages that Colab lacks; takes a minute or two.
!git clone --quiet --depth 1 {url} /content/project
%cd /content/project
%pip install --quiet ."""


def main(folder: Path) -> None:
    """Write every chapter below `folder`, under its path in the repository."""
    url = yaml.safe_load((root() / "_config.yml").read_text())["repository"]["url"]
    for script in sorted((root() / "notebooks").glob("*.py")):
        chapter = notebook(script.read_text())
        chapter.cells.insert(0, nbformat.v4.new_code_cell(FETCH.format(url=url), id="fetch"))
        write_whole(folder / "notebooks" / f"{script.stem}.ipynb", nbformat.writes(chapter).encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
