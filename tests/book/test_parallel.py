"""Chapters that run beside each other: a kernel whose port another one took is started once more."""

import nbclient
import pytest

from book._ext import parallel


def raising(monkeypatch, *errors):
    """Let the next chapters end with these errors, one after the other, and then run."""
    left = list(errors)

    def execute(chapter):
        if left:
            raise left.pop(0)
        return f"{chapter} ran"

    monkeypatch.setattr(nbclient, "execute", execute)


def test_a_kernel_that_died_at_its_start_is_started_once_more(monkeypatch):
    raising(monkeypatch, RuntimeError(parallel.DIED))
    assert parallel.execute("a chapter") == "a chapter ran"
    raising(monkeypatch, *[RuntimeError(parallel.DIED)] * 2)
    with pytest.raises(RuntimeError, match="died"):
        parallel.execute("a chapter")


def test_another_error_is_not_tried_again(monkeypatch):
    raising(monkeypatch, RuntimeError("no such thing"))
    with pytest.raises(RuntimeError, match="no such thing"):
        parallel.execute("a chapter")
