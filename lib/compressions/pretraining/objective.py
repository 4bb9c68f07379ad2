"""General distillation: what a student BERT learns from a pretrained teacher on plain text, without labels.

Hidden states of mapped layers as in TinyBERT (Jiao et al. 2020, section 3), and the teacher's sentence embeddings: of
single texts as vectors, of pairs as their cosine, with the tokens' own best matches on the way there.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

from compressions.pretraining.shards import Batch, Shard

FLOOR = 0.01


def mapped_layers(student: int, teacher: int) -> list[int]:
    """For each of the student's layers the teacher's, evenly spread and ending at the last (1 is the first)."""
    return [-(-layer * teacher // student) for layer in range(1, student + 1)]


def relative_error(found: Tensor, wanted: Tensor, variance: Tensor | None = None) -> Tensor:
    """Mean squared error over the variance of what was wanted: 1 is a guess of the mean, 0 is perfect. A scalar.

    `variance` is the shard's where it is known, and else that of `wanted`, or `FLOOR` where that is less: a batch of
    pairs that are all alike must not outweigh the others.
    """
    wanted = wanted.float()
    variance = wanted.var(correction=0).clamp_min(FLOOR) if variance is None else variance
    return functional.mse_loss(found.float(), wanted) / variance


def best_matches(states: Tensor, segments: Tensor, words: Tensor) -> Tensor:
    """For each token its highest cosine with a token of the other text, `(pairs, length)`.

    `states` is `(pairs, length, width)`, `segments` the text that a token belongs to, `words` false at special tokens
    and padding; both `(pairs, length)`.
    """
    unit = functional.normalize(states.float(), dim=2)
    cosines = unit @ unit.transpose(1, 2)
    other = (segments.unsqueeze(1) != segments.unsqueeze(2)) & words.unsqueeze(1)
    return cosines.masked_fill(~other, -1).amax(dim=2)


class MappedStudent(nn.Module):
    """A student encoder with the linear maps that compare it to its teacher; only the student is kept."""

    def __init__(self, student: BertModel, teacher_width: int) -> None:
        super().__init__()
        width, layers = student.config.hidden_size, student.config.num_hidden_layers
        self.student = student
        self.states = nn.ModuleList(nn.Linear(width, teacher_width) for _ in range(layers))
        self.matches = nn.ModuleList(nn.Linear(width, 1) for _ in range(layers))
        self.embedding = nn.Linear(width, teacher_width)
        self.cosine = nn.Linear(width, 1)

    def losses(self, batch: Batch, shard: Shard) -> dict[str, Tensor]:
        """The relative errors, one scalar each; `shard` is where the batch comes from.

        The maps are applied before words or pairs are picked: shapes that recur are what memory is reused for.
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
            best = best_matches(shard.states[batch.rows, layer], batch.inputs["token_type_ids"], words)
            errors.append(relative_error(self.matches[layer](found).squeeze(2)[both], best[both]))
        return torch.stack(errors).mean()
