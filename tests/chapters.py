"""Chapters run in this process, as papermill runs them in a kernel, whose start is saved."""

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from tests.conftest import ROOT


def run_chapter(name: str, shell: InteractiveShell | None = None, /, **given: object) -> None:
    """Run a chapter's cells in this process, its parameters injected as papermill does."""
    cells = parameterize_notebook(load_notebook_node(str(ROOT / f"notebooks/{name}.py")), given).cells
    shell = shell or InteractiveShell()
    for cell in cells:
        if cell.cell_type == "code":
            shell.run_cell(cell.source, store_history=True).raise_error()


def shown_by_chapter(name: str, /, **given: object) -> CapturedIO:
    """The same in the one shell that the chapter's code finds, as in a notebook: what it printed and displayed."""
    shell = InteractiveShell.instance()
    try:
        with capture_output() as shown:
            run_chapter(name, shell, **given)
    finally:
        InteractiveShell.clear_instance()
    return shown
