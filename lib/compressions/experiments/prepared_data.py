"""What an experiment trains and is scored on: tokenized rows, and those that augmentation adds."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import datasets
import numpy as np

from compressions.data import augmentation, wordnet
from compressions.data.glue import Rows, rows_fingerprint
from compressions.data.tasks import Task
from compressions.data.tokenized import shared_rows, tokenize
from compressions.files import fingerprint
from compressions.models.sources import EncoderSource

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass
class PreparedData:
    """The rows of one task as one encoder reads them; each part is made when it is first asked for."""

    task: Task
    encoder: EncoderSource
    rows: Rows
    copies: int
    max_length: int

    @cached_property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        """The encoder's tokenizer."""
        from compressions.models import checkpoints  # torch comes with it, and checksums of rows are taken without

        return checkpoints.load_tokenizer(self.encoder)

    @cached_property
    def validation(self) -> datasets.Dataset:
        """The tokenized validation split."""
        return self.tokenize(self.rows.validation)

    @cached_property
    def labels(self) -> np.ndarray:
        """The validation split's labels, `(validation rows,)`: class numbers (uint8) or similarities (float32)."""
        return np.array(self.rows.validation["label"], dtype=np.uint8 if self.task.labels else np.float32)

    @cached_property
    def augmented(self) -> datasets.Dataset:
        """Training rows followed by their synonym-replaced copies, as text."""
        if not self.copies:
            return self.rows.train
        return datasets.concatenate_datasets([self.rows.train, self._added.remove_columns(augmentation.SOURCE)])

    @property
    def sources(self) -> list[int]:
        """For each copy the place of its original among the training rows."""
        return list(self._added[augmentation.SOURCE]) if self.copies else []

    @cached_property
    def _added(self) -> datasets.Dataset:
        rows, names = rows_fingerprint(self.task, self.rows.train), str(self.rows.train.features)
        key = fingerprint(rows, names, wordnet.identity(), str(self.copies), str(wordnet.RULE))

        def make() -> datasets.Dataset:
            return augmentation.augment(self.rows.train, self.task.columns, self.copies, wordnet.synonyms)

        return shared_rows("augmented", key, make)

    def tokenize(self, rows: datasets.Dataset) -> datasets.Dataset:
        """Rows as this encoder's token ids."""
        return tokenize(rows, self.task, self.tokenizer, self.length)

    @property
    def length(self) -> int:
        """The tokens that a row may have."""
        return min(self.max_length, self.encoder.size.positions)

    @cached_property
    def cut(self) -> dict[str, int]:
        """How many training and validation rows have more tokens than that."""
        return {"train": self._cut(self.rows.train), "validation": self._cut(self.rows.validation)}

    def _cut(self, rows: datasets.Dataset) -> int:
        texts = zip(*(rows[column] for column in self.task.columns), strict=True)
        # A token is at least one byte of the text, or one of the few that mark its parts.
        marks = self.tokenizer.num_special_tokens_to_add(pair=len(self.task.columns) == 2)
        long = [row for row in texts if sum(len(text.encode()) for text in row) + marks > self.length]
        lengths = self.tokenizer(*map(list, zip(*long, strict=True)), verbose=False)["input_ids"] if long else []
        return sum(len(tokens) > self.length for tokens in lengths)

    def training_rows(self, augment: bool) -> datasets.Dataset:
        """The tokenized training rows, with the added ones or without."""
        return self.tokenize(self.augmented if augment else self.rows.train)

    @cached_property
    def fingerprints(self) -> dict[str, str | int]:
        """How many rows there are, and the checksums of their texts and labels."""
        return {
            "train_rows_used": len(self.rows.train),
            "validation_rows": len(self.rows.validation),
            "train_fingerprint": rows_fingerprint(self.task, self.rows.train),
            "validation_fingerprint": rows_fingerprint(self.task, self.rows.validation),
        }
