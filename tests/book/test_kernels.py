"""Kernels that are forked from the process that builds the book: here from one in which nothing else has run."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import nbformat
import pytest
from nbclient import execute
from nbclient.exceptions import CellExecutionError, DeadKernelError

from book._ext import kernels

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
KERNELS = f"sys.modules['{kernels.__name__}']"


@pytest.fixture(scope="module")
def builder():
    with ProcessPoolExecutor(1, get_context("spawn"), begin) as started:
        yield started


def begin():
    kernels.LIBRARIES = []
    kernels.chapters = 0
    kernels.setup(None)


def chapter(folder, *cells):
    """What the cells of a chapter in a folder show, or the name of the error that ends it."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    os.environ["CHAPTER"] = folder
    try:
        done = execute(made, cwd=folder, timeout=60)
    except (CellExecutionError, DeadKernelError) as error:
        return type(error).__name__
    return [output["data"]["text/plain"] for cell in done.cells for output in cell.outputs]


def test_a_chapter_has_what_was_imported_and_its_own_folder_and_environment(builder, tmp_path):
    cells = ["import os, sys", f"{KERNELS}.chapters", "os.getcwd()", "os.environ['CHAPTER']"]
    assert builder.submit(chapter, str(tmp_path), *cells).result() == ["0", repr(str(tmp_path)), repr(str(tmp_path))]


def test_what_a_chapter_changes_no_other_sees(builder, tmp_path):
    cells = ["import sys", f"{KERNELS}.chapters += 1", f"{KERNELS}.chapters"]
    assert [builder.submit(chapter, str(tmp_path), *cells).result() for _ in range(2)] == [["1"], ["1"]]


@pytest.mark.parametrize(
    ("cell", "error"),
    [("raise ValueError", CellExecutionError), ("import os; os.kill(os.getpid(), 9)", DeadKernelError)],
)
def test_a_chapter_that_fails_is_told_from_one_that_ended(builder, tmp_path, cell, error):
    assert builder.submit(chapter, str(tmp_path), cell).result() == error.__name__
