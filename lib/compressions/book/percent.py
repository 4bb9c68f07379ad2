"""Percent scripts as notebooks, for papermill and for the book; a parameter nobody declared is an error.

papermill chooses a reader by the beginning of a path; `pyproject.toml` registers `PercentHandler` for `notebooks/`,
`./`, `../` and `/`. Everything that is not a `.py` file is left to papermill's own reader of local files.
"""

import ast
import sys
import warnings
from pathlib import Path

import jupytext
import nbformat

from compressions.errors import BadInput, require

# papermill's hint that a notebook should end in .ipynb does not hold for scripts.
warnings.filterwarnings("ignore", message=r"The specified file \(.*\.py\) does not end in")


def _show_one_line(kind: type, error: BaseException, trace) -> None:
    """papermill's traceback is of no use where a parameter was wrong: say only what is."""
    if isinstance(error, BadInput):
        print(f"BadInput: {error}", file=sys.stderr)
    elif getattr(error, "ename", "") == BadInput.__name__:
        print(f"{error.ename}: {error.evalue}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def _local():
    """papermill's own handler; imported late because papermill loads this module while it is itself being imported."""
    from papermill.iorw import papermill_io

    return papermill_io.get_handler("local")


def notebook(script: str) -> nbformat.NotebookNode:
    """The notebook that a percent script is; it needs no header, the kernel is Python."""
    read = jupytext.reads(script, fmt="py:percent")
    read.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return read


def _refuse_code() -> None:
    """Let papermill take no parameter whose name is not a name: it writes names into a cell as they are."""
    from papermill.translators import PythonTranslator, papermill_translators

    class Names(PythonTranslator):
        @classmethod
        def codify(cls, parameters, comment="Parameters"):
            for name in parameters:
                require(name.isidentifier(), f"parameter {name!r} is not allowed; take a name")
            return super().codify(parameters, comment)

    papermill_translators.register("python", Names)


class PercentHandler:
    """A papermill I/O handler that gives `.py` percent scripts as notebooks."""

    @staticmethod
    def read(path: str) -> str:
        """The notebook at `path` as JSON text."""
        if not path.endswith(".py"):
            return _local().read(path)
        sys.excepthook = _show_one_line
        _refuse_code()
        return nbformat.writes(notebook(Path(path).read_text(encoding="utf-8")))

    @staticmethod
    def write(buffer: str, path: str) -> None:
        """Write an executed notebook; a script is never overwritten by one."""
        if path.endswith(".py"):
            raise BadInput(f"the output {path!r} is a script; give it the ending .ipynb")
        _local().write(buffer, path)

    @staticmethod
    def listdir(path: str) -> list[str]:
        """The names in a folder."""
        return _local().listdir(path)

    @staticmethod
    def pretty_path(path: str) -> str:
        """The path as papermill prints it."""
        return path


def _assigned(cell: str) -> list[str]:
    """Names that a cell of plain assignments gives a value."""
    targets = [node.targets[0] for node in ast.parse(cell).body if isinstance(node, ast.Assign)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def check_parameters(cells: list[str]) -> None:
    """Refuse injected parameters that the notebook's parameters cell does not declare.

    `cells` is IPython's `In`, the sources executed so far: the parameters cell and, where papermill injected one, the
    cell that begins with `# Parameters`. Raises `BadInput`.
    """
    injected = next((i for i, cell in enumerate(cells) if cell.startswith("# Parameters\n")), None)
    if injected is None:
        return
    declared = [name for cell in cells[:injected] for name in _assigned(cell)]
    for name in _assigned(cells[injected]):
        if name not in declared:
            raise BadInput(f"unknown parameter {name!r}; allowed: {', '.join(declared)}")
