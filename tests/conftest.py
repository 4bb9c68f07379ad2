"""Shared by all tests: a cache of their own, no data but what a test asks for, and the real data where it is named."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
REAL = {name: os.environ.pop(name, os.environ.get(f"REAL_{name}")) for name in ("GLUE", "CHECKPOINTS", "RESULTS")}
# The workers that pytest-xdist starts have what is left of this environment, and load this file again.
os.environ.update({f"REAL_{name}": value for name, value in REAL.items() if value})

# A machine that is busy is slow, which is no fault; and what fails by chance says nothing of a change.
settings.register_profile("calm", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

# Files that take half a minute and more, the longest first: begun last, one would keep one worker busy alone.
LONG = (
    *("test_book", "test_faults", "test_cluster", "test_experiment", "test_grid"),
    *("test_demo", "test_csv_task", "test_results", "test_package", "test_miniature"),
)


def pytest_collection_modifyitems(items):
    """Begin with the long files; `make test` gives a file to a worker as soon as one is free."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


def pytest_collection_finish():
    """Each training ends with a search for garbage, which takes 0.3 seconds where it looks at all that was imported."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def quiet_libraries():
    """One thread and no bars. pytest-xdist's first process only hands out tests: it need not wait for these imports."""
    import datasets
    import torch
    import transformers

    torch.set_num_threads(1)
    datasets.disable_progress_bars()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Teachers and logits go to a folder of this test run."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["COMPRESSIONS_CACHE"] = str(folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_wordnet():
    """Synonyms come from a small database of the tests' own, on every machine the same."""
    from tests import small

    os.environ["WORDNET"] = small.wordnet()


@pytest.fixture
def real():
    """The folders that GLUE and CHECKPOINTS name."""
    missing = [name for name in ("GLUE", "CHECKPOINTS") if not REAL[name]]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not set: no real data or checkpoints to run on")
    return {"glue": REAL["GLUE"], "checkpoints": REAL["CHECKPOINTS"]}


def call_papermill(*arguments: object, **environment: str) -> subprocess.CompletedProcess:
    """Run papermill as a user types it, from the repository."""
    command = [Path(sys.executable).with_name("papermill"), *map(str, arguments)]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=600)
