"""Percent scripts as notebooks, for papermill and for the book; parameters are checked and read as what they mean.

papermill chooses a reader by the beginning of a path; `pyproject.toml` registers `PercentHandler` for `notebooks/`,
`./`, `../` and `/`, and this module for all that nobody else reads, such as `experiment.py`. Everything that is not a
`.py` file is left to papermill's own reader of local files.
"""

import ast
import base64
import sys
import warnings
from pathlib import Path

import jupytext
import nbformat
import yaml

from compressions.errors import BadInput, one_of, require
from compressions.parameters import SEED, Kind, like, read_yaml, whole

# papermill's hint that a notebook should end in .ipynb does not hold for scripts.
warnings.filterwarnings("ignore", message=r"The specified file \(.*\.py\) does not end in")

# Parameters that papermill's --inject-paths adds.
PAPERMILLS_OWN = ("PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH")
# Chapters' parameters that no part of the library checks.
MOST_DRAWS = 100_000  # for which memory lasts
KINDS: dict[str, Kind] = {"seed": SEED, "draws": whole(2, MOST_DRAWS)}


def _show_one_line(kind: type, error: BaseException, trace) -> None:
    """papermill's traceback is of no use where a parameter was wrong: say only what is."""
    if isinstance(error, BadInput):
        print(f"BadInput: {error}", file=sys.stderr)
    elif isinstance(error, yaml.YAMLError):
        print(f"BadInput: the parameters are not YAML: {' '.join(str(error).split())}", file=sys.stderr)
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


def _write_parameters() -> None:
    """Let papermill write a parameter as it was given, and take none whose name is not a name: a cell is code."""
    from papermill.translators import PythonTranslator, papermill_translators

    class AsGiven(PythonTranslator):
        @classmethod
        def codify(cls, parameters, comment="Parameters"):
            for name in parameters:
                require(name.isidentifier(), f"parameter {name!r} is not allowed; take a name")
            given = _given()
            return super().codify(
                {name: _as_given(value, given.get(name)) for name, value in parameters.items()}, comment
            )

    papermill_translators.register("python", AsGiven)


def _given() -> dict[str, object]:
    """The parameters in the words of papermill's command line, where it was called from one."""
    import click

    context = click.get_current_context(silent=True)
    words = context.params if context and "parameters_yaml" in context.params else {}
    documents = [base64.b64decode(text) for text in words.get("parameters_base64") or ()]
    documents += [Path(file).read_bytes() for file in words.get("parameters_file") or () if Path(file).is_file()]
    documents += words.get("parameters_yaml") or ()
    given = {name: value for text in documents for name, value in (read_yaml(text) or {}).items()}
    return given | dict(words.get("parameters") or ()) | dict(words.get("parameters_raw") or ())


def _as_given(value: object, text: object) -> object:
    """A number as the text it was read from where it can mean a name: 1000.0 is not the folder 1e3, nor 7 the size 007.

    `check_parameters` reads the text as a number where one is wanted.
    """
    if isinstance(value, list) and isinstance(text, list) and len(value) == len(text):
        return [_as_given(*both) for both in zip(value, text, strict=True)]
    return text if isinstance(text, str) and isinstance(value, int | float) and str(value) != text else value


class PercentHandler:
    """A papermill I/O handler that gives `.py` percent scripts as notebooks."""

    @staticmethod
    def read(path: str) -> str:
        """The notebook at `path` as JSON text."""
        if not path.endswith(".py"):
            return _local().read(path)
        sys.excepthook = _show_one_line
        _write_parameters()
        _make_output_folder()
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


def _make_output_folder() -> None:
    """Make the folder of the executed notebook, which papermill only looks for."""
    import click

    context = click.get_current_context(silent=True)
    output = context and context.params.get("output_path")
    if output and output != "-" and "://" not in output:
        try:
            Path(output).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"cannot write {output}: {error.strerror or error}") from error


def _serve_bare_names() -> None:
    """Read every path that no other handler knows: `experiment.py`, typed in the chapters' own folder."""
    papermill = sys.modules.get("papermill.iorw")  # which loads this module while it is itself being imported
    if papermill:
        papermill.papermill_io._handlers.append(("", PercentHandler))  # the last to be asked
    if "papermill" in Path(sys.argv[0]).parts[-2:]:  # its command line, which reads parameters before any notebook
        sys.excepthook = _show_one_line


_serve_bare_names()


def check_parameters(names: dict[str, object]) -> None:
    """Check the parameters that papermill injected, and give each the value that is meant, 0.0005 for the text `5e-4`.

    `names` are the notebook's globals, with IPython's `In`, the sources executed so far: the parameters cell and, where
    papermill injected one, the cell that begins with `# Parameters`. Raises `BadInput` for a parameter that the
    notebook does not declare, and for a value of another kind than the declared one's.
    """
    if "In" not in names:
        script = names.get("__file__", "notebooks/x.py")
        sys.exit(f"{script} is a notebook; run it with: papermill {script} out.ipynb")
    cells = names["In"]
    injected = next((i for i, cell in enumerate(cells) if cell.startswith("# Parameters\n")), None)
    if injected is None:
        return
    declared = {name: value for cell in cells[:injected] for name, value in _assigned(cell)}
    for name, _ in _assigned(cells[injected]):
        if name not in PAPERMILLS_OWN:
            one_of("parameter", name, declared)
            kind = KINDS.get(name)
            default, given = declared[name], names[name]
            names[name] = kind.value(name, given) if kind else like(name, ast.literal_eval(default), given)


def _assigned(cell: str) -> list[tuple[str, ast.expr]]:
    """Names that a cell of plain assignments gives a value, and the expressions."""
    nodes = [node for node in ast.parse(cell).body if isinstance(node, ast.Assign)]
    return [(node.targets[0].id, node.value) for node in nodes if isinstance(node.targets[0], ast.Name)]
