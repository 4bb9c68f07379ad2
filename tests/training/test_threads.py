"""Threads go by the encoder's width, the shell's word and the cores that are free."""

import pytest
import torch

from compressions.training import threads


@pytest.fixture(autouse=True)
def one_thread_again(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    yield
    torch.set_num_threads(1)


@pytest.mark.parametrize(
    "width, asked, shell, busy, taken",
    [
        (128, None, None, 0, 1),
        (256, None, None, 0, 1),
        (512, None, None, 0, 4),
        (512, None, None, 75, 1),
        (768, None, None, 100, 1),
        (128, 3, "2", 0, 3),
        (512, None, "2", 0, 2),
        (512, None, "2,1", 0, 2),
        (128, None, "many", 0, 1),
    ],
)
def test_small_encoders_take_one_thread_and_wide_ones_the_free_cores(monkeypatch, width, asked, shell, busy, taken):
    if shell:
        monkeypatch.setenv("OMP_NUM_THREADS", shell)
    monkeypatch.setattr(threads.joblib, "cpu_count", lambda: 4)
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda process: range(4), raising=False)
    monkeypatch.setattr(threads.psutil, "cpu_percent", lambda seconds, percpu: [busy] * 4)
    assert threads.take_threads(width, asked) == taken == torch.get_num_threads()


@pytest.mark.parametrize(
    "given, own, free", [(4, range(60, 64), 4), (4, range(64), 4), (64, range(64), 4), (2, range(64), 2)]
)
def test_cores_of_a_shared_machine_on_which_this_process_may_not_run_do_not_count(monkeypatch, given, own, free):
    monkeypatch.setattr(threads.joblib, "cpu_count", lambda: given)
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda process: own, raising=False)
    monkeypatch.setattr(threads.psutil, "cpu_percent", lambda seconds, percpu: [100] * 60 + [0] * 4)
    assert threads.free_cores() == free
