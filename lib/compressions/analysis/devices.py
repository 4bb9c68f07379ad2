"""Which comparisons are of models that were trained on two devices, which may differ by themselves."""

import numpy as np

from compressions.analysis.reductions import MEMBERS, METHODS, with_parts
from compressions.analysis.results import Cell, Results


def from_base(cell: Cell) -> np.ndarray:
    """Of each configuration the share of seeds trained on another device than the uncompressed, `(configurations,)`."""
    return (cell.devices != cell.devices[:1]).mean(axis=1)


def shares(results: Results) -> np.ndarray:
    """The same of all cells, `(tasks, sizes, configurations)`: what one point by the device adds to mean scores."""
    found = np.full(results.bytes.shape, np.nan)
    for key, cell in results.cells.items():
        found[(*results.place(key), slice(len(cell.devices)))] = from_base(cell)
    return found


def changes_apart(results: Results) -> np.ndarray:
    """Which changes against the uncompressed model of the same seed mix devices, `(tasks, sizes, configurations)`."""
    return shares(results) > 0


def interactions_apart(results: Results) -> np.ndarray:
    """Which interactions do, of any of the models they are made of, `(tasks, sizes, combinations)`."""
    changes = changes_apart(results)
    return with_parts(np.stack([changes[..., MEMBERS[method]].any(axis=-1) for method in METHODS], axis=-1))


def searches_apart(results: Results) -> np.ndarray:
    """Which searches do, among a method's models of all sizes for one like a size's own, `(tasks, sizes, methods)`."""
    found = np.zeros((*results.seeds.shape, len(METHODS)), bool)
    for key, own in results.cells.items():
        for place, method in enumerate(METHODS):
            sizes = [cell.devices[MEMBERS[method]] for other, cell in results.cells.items() if other[0] == key[0]]
            tried = np.concatenate([own.devices[0], *sizes], axis=None)
            found[(*results.place(key), place)] = len(np.unique(tried)) > 1
    return found


def repeated(results: Results, apart: np.ndarray) -> np.ndarray:
    """Which answers are of several seeds and not `apart`, `(tasks, sizes, n)`: no device makes their difference."""
    return (results.seeds > 1)[..., None] & ~apart
