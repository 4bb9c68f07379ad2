"""General distillation: train a student encoder on a teacher's outputs, on unlabeled text.

The targets are the hidden states of mapped layers as in TinyBERT (Jiao et al. 2020, section 3), the teacher's sentence
embedding of a single text, the cosine of the embeddings of a pair, and each token's highest cosine in the other text.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

from compressions.pretraining.shards import Batch, Shard

MIN_VARIANCE = 0.01


def mapped_layers(student: int, teacher: int) -> list[int]:
    """The teacher's layer for each of the student's: evenly spaced and ending at the last (1 is the first)."""
    return [-(-layer * teacher // student) for layer in range(1, student + 1)]


def relative_error(found: Tensor, wanted: Tensor, variance: Tensor | None = None) -> Tensor:
    """Mean squared error over the target's variance, a scalar: 1 for predicting the mean, 0 for a perfect prediction.

    `variance` is the shard's where it is known, and else that of `wanted`, but at least `MIN_VARIANCE`: a batch of
    similar pairs must not outweigh the others.
    """
    wanted = wanted.float()
    variance = wanted.var(correction=0).clamp_min(MIN_VARIANCE) if variance is None else variance
    return functional.mse_loss(found.float(), wanted) / variance


def highest_cosines(states: Tensor, segments: Tensor, words: Tensor) -> Tensor:
    """Each token's highest cosine with a token of the other text, `(pairs, length)`.

    `states` is `(pairs, length, width)`. `segments` says which text a token belongs to, and `words` is false at special
    tokens and padding; both `(pairs, length)`.
    """
    unit = functional.normalize(states.float(), dim=2)
    cosines = unit @ unit.transpose(1, 2)
    other = (segments.unsqueeze(1) != segments.unsqueeze(2)) & words.unsqueeze(1)
    return cosines.masked_fill(~other, -1).amax(dim=2)


class StudentWithProjections(nn.Module):
    """A student encoder with linear projections of its states to the targets; only the student is kept."""

    def __init__(self, student: BertModel, teacher_width: int) -> None:
        super().__init__()
        width, layers = student.config.hidden_size, student.config.num_hidden_layers
        self.student = student
        self.states = nn.ModuleList(nn.Linear(width, teacher_width) for _ in range(layers))
        self.matches = nn.ModuleList(nn.Linear(width, 1) for _ in range(layers))
        self.embedding = nn.Linear(width, teacher_width)
        self.cosine = nn.Linear(width, 1)

    def losses(self, batch: Batch, shard: Shard) -> dict[str, Tensor]:
        """The relative error of each kind of target, scalars; `shard` is the one that the batch is from.

        Projections are applied before words or pairs are selected, so that shapes recur and memory is reused.
        """
        output = self.student(**batch.inputs, output_hidden_states=True)
        paired, first = batch.second >= 0, shard.embeddings[batch.first]
        losses = {"states": self._states(output.hidden_states[1:], batch, shard)}
        if paired.any():
            losses["matches"] = self._matches(output.hidden_states[1:], batch, shard)
            cosines = (first * shard.embeddings[batch.second]).sum(1)
            losses["cosine"] = relative_error(self.cosine(output.pooler_output).squeeze(1)[paired], cosines[paired])
        if not paired.all():
            found = self.embedding(output.pooler_output)
            losses["embedding"] = relative_error(found[~paired], first[~paired], shard.variances[-1])
        return losses

    def _states(self, layers: tuple[Tensor, ...], batch: Batch, shard: Shard) -> Tensor:
        words, errors = batch.rows >= 0, []
        for layer, found in enumerate(layers):
            wanted = shard.states[batch.rows[words], layer]
            errors.append(relative_error(self.states[layer](found)[words], wanted, shard.variances[layer]))
        return torch.stack(errors).mean()

    def _matches(self, layers: tuple[Tensor, ...], batch: Batch, shard: Shard) -> Tensor:
        words, errors = batch.rows >= 0, []
        both = words & (batch.second >= 0).unsqueeze(1)
        for layer, found in enumerate(layers):
            best = highest_cosines(shard.states[batch.rows, layer], batch.inputs["token_type_ids"], words)
            errors.append(relative_error(self.matches[layer](found).squeeze(2)[both], best[both]))
        return torch.stack(errors).mean()
