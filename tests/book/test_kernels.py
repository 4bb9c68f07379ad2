"""Kernels that are forked from the process that builds the book."""

import sys

import nbformat
import pytest
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient import execute
from nbclient.exceptions import CellExecutionError, DeadKernelError

from book._ext import kernels

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


@pytest.fixture(autouse=True)
def forked(monkeypatch):
    monkeypatch.setattr(kernels, "LIBRARIES", [])
    monkeypatch.setenv("MPLBACKEND", "agg")
    factory = KernelProvisionerFactory.instance()
    monkeypatch.setattr(factory, "default_provisioner_name", factory.default_provisioner_name)
    kernels.setup(None)


def run(*cells, cwd=None):
    """What each cell prints or ends with."""
    chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    done = execute(chapter, cwd=cwd, timeout=60)
    return [output.get("text") or output["data"]["text/plain"] for cell in done.cells for output in cell.outputs]


def test_a_kernel_has_what_was_imported_and_its_own_folder_and_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAPTER", "first")
    monkeypatch.setattr(kernels, "imported_before", 1, raising=False)
    cells = ["import os, sys", f"sys.modules['{kernels.__name__}'].imported_before", "os.environ['CHAPTER'], os.getcwd()"]
    assert run(*cells, cwd=str(tmp_path)) == ["1", f"('first', '{tmp_path}')"]


def test_what_a_chapter_changes_no_other_sees(monkeypatch):
    monkeypatch.setattr(kernels, "seen", 0, raising=False)
    count = f"import sys; module = sys.modules['{kernels.__name__}']; module.seen += 1; module.seen"
    assert [run(count), run(count)] == [["1"], ["1"]]
    assert kernels.seen == 0


def test_an_error_and_the_end_of_a_kernel_are_told_from_each_other():
    with pytest.raises(CellExecutionError, match="no such chapter"):
        run("raise ValueError('no such chapter')")
    with pytest.raises(DeadKernelError):
        run("import os; os.kill(os.getpid(), 9)")
