"""Quantization, distillation and pruning of BERT on GLUE, in every combination.

The public names below are loaded when they are first used, so that importing the package stays fast.
"""

import importlib
import warnings

# Libraries that this one imports ask tqdm for a widget; every chapter would show its complaint that there is none.
warnings.filterwarnings("ignore", message="IProgress not found")

PUBLIC = {
    "Configuration": "experiments.configurations",
    "configurations": "experiments.configurations",
    "Experiment": "experiments.experiment",
    "run": "experiments.run",
    "read_grid": "experiments.grid",
    "read_results": "analysis.reading",
    "load_artifact": "storage.artifact",
    "load_packed": "storage.artifact",
    "BadInput": "errors",
}
__all__ = list(PUBLIC)


def __getattr__(name: str) -> object:
    """Import a public name from its module at its first use (PEP 562)."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'compressions' has no attribute {name!r}")
    return getattr(importlib.import_module(f"compressions.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    """The public names beside the package's own."""
    return sorted({*globals(), *PUBLIC})
