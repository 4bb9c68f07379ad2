"""Rows of which an epoch shows the original or its copy."""

import datasets
import numpy as np
import pytest

from compressions.data.tasks import TASKS
from compressions.models import checkpoints, sources
from compressions.training import trainer
from compressions.training.choices import Choices
from compressions.training.mixed_rows import MixedRows
from tests import small

ORIGINALS = [{"input_ids": [row]} for row in range(4000)]
COPIES = {row: [{"input_ids": [-row - 1]}] for row in range(4000) if row % 4}


def shown(rows: MixedRows, epoch: int) -> np.ndarray:
    rows.set_epoch(epoch)
    return np.array([row["input_ids"][0] for row in rows])


def test_each_epoch_shows_half_of_the_copies_in_the_place_of_their_rows():
    rows = MixedRows(ORIGINALS, COPIES, seed=3)
    assert [row["input_ids"][0] for row in rows] == list(range(4000))  # what batches are planned by
    first, second = shown(rows, 0), shown(rows, 1)
    for found in (first, second):
        copied = found < 0
        assert (np.where(copied, -found - 1, found) == np.arange(4000)).all() and not copied[::4].any()
        assert copied.sum() / 3000 == pytest.approx(0.5, abs=0.04)  # four standard deviations of 3,000 draws
    assert (first != second).any()


def test_what_is_shown_depends_on_seed_and_epoch_alone():
    one, other = MixedRows(ORIGINALS, COPIES, seed=3), MixedRows(ORIGINALS, COPIES, seed=3)
    shown(one, 0)
    assert (shown(one, 2) == shown(other, 2)).all()
    assert (shown(MixedRows(ORIGINALS, COPIES, seed=4), 2) != shown(other, 2)).any()


def test_a_training_draws_every_epoch_anew(monkeypatch):
    epochs, set_epoch = [], MixedRows.set_epoch
    monkeypatch.setattr(MixedRows, "set_epoch", lambda self, epoch: [epochs.append(epoch), set_epoch(self, epoch)])
    encoder = sources.encoder("narrow", small.encoders())
    rows = [{"input_ids": [2, row], "attention_mask": [1, 1], "labels": row % 2} for row in range(5, 13)]
    given = {"learning_rate": 1e-3, "batch_size": 4, "weight_decay": 0.0, "warmup": 0.0, "seed": 0}
    model, tokenizer = checkpoints.load_model(encoder, TASKS["rte"]), checkpoints.load_tokenizer(encoder)
    trainer.train(model, datasets.Dataset.from_list(rows), tokenizer, Choices(epochs=3, **given), copies={0: rows[1:2]})
    assert list(dict.fromkeys(epochs)) == [0, 1, 2]
