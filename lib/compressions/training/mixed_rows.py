"""Training rows of which every epoch shows the original or an augmented copy, so that augmentation costs no steps."""

import numpy as np
from torch.utils.data import Dataset


class MixedRows(Dataset):
    """As many rows as there are originals; before the first epoch, when batches are planned, the originals.

    `copies` has the copies of rows by the place of the row. For every epoch it is drawn anew which rows show a copy,
    each that has one with probability 1/2, by the seed alone: all configurations of a cell see the same rows.
    """

    def __init__(self, originals: list[dict], copies: dict[int, list[dict]], seed: int) -> None:
        self.originals, self.copies, self.seed = originals, copies, seed
        self.shown = originals

    def set_epoch(self, epoch: int) -> None:
        """Draw what the epoch shows; Transformers' trainer calls it as each epoch begins."""
        draws = np.random.default_rng([self.seed, epoch]).random(len(self.originals))
        self.shown = list(self.originals)
        for row, copies in self.copies.items():
            if draws[row] < 0.5:
                self.shown[row] = copies[int(2 * draws[row] * len(copies))]

    def __len__(self) -> int:
        return len(self.originals)

    def __getitem__(self, row: int) -> dict:
        return self.shown[row]
