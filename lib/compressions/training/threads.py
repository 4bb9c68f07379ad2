"""How many threads a training takes: one for a small encoder, and of the cores that nobody uses for a wide one."""

import os

import joblib
import psutil
import torch

# Up to MINI's width two trainings of one thread each are faster than one of two, and a busy core stalls both of its
# threads.
WIDEST_OF_ONE = 256
WATCHED_SECONDS = 0.2


def take_threads(width: int, asked: int | None) -> int:
    """Let PyTorch compute with `asked` threads; None: by `OMP_NUM_THREADS`, or the encoder's width and the free cores.

    Gives the number.
    """
    threads = asked or _named() or (1 if width <= WIDEST_OF_ONE else max(1, free_cores()))
    torch.set_num_threads(threads)
    return threads


def _named() -> int | None:
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(first) or None if first.isdecimal() else None


def free_cores() -> int:
    """Those of the cores that this process may run on which nobody keeps busy; at most as many as a container gives."""
    busy = psutil.cpu_percent(WATCHED_SECONDS, percpu=True)
    own = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(busy))
    return round(min(joblib.cpu_count(), sum(1 - busy[core] / 100 for core in own if core < len(busy))))
