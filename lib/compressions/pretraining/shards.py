"""Shards of training text: sentences and corrupted copies, the teacher's outputs for each, and pairs of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

LONGEST = 64
CLOSEST = 8
TEACHER_BATCH = 64
# Batches are padded to multiples of this: arithmetic on a CPU keeps memory for every shape that it has met.
STRIDE = 8
# Where the partner of a text is from, and how often. Copies and closest texts have high cosines, random ones low ones.
PARTNERS = {"none": 0.3, "copy": 0.2, "closest": 0.25, "neighbor": 0.15, "chance": 0.1}

Rng = np.random.Generator


def corrupt(tokens: np.ndarray, others: np.ndarray, rng: Rng) -> np.ndarray:
    """A copy of token ids with some deleted, some replaced by `others`, and sometimes with its two parts swapped.

    The fraction that changes is random, so that copies of all degrees arise.
    """
    copy = np.where(rng.random(len(tokens)) < rng.uniform(0, 0.4), rng.choice(others, len(tokens)), tokens)
    copy = copy[rng.random(len(copy)) >= rng.uniform(0, 0.4)]
    if rng.random() < 0.3:
        copy = np.roll(copy, rng.integers(len(copy) + 1))
    return copy if len(copy) else tokens[:1]


@dataclass(frozen=True)
class Batch:
    """Pairs as a BERT reads them, `[CLS] A [SEP] B [SEP]`, or single texts, `[CLS] A [SEP]`, padded.

    `inputs` are the model's, `(pairs, length)` each. `rows`, of that shape, says which row of the shard's states
    belongs to a token, -1 at special tokens. `first` and `second` are the texts' numbers, `second` -1 without a B.
    """

    inputs: dict[str, Tensor]
    rows: Tensor
    first: Tensor
    second: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        inputs = {name: value.to(device) for name, value in self.inputs.items()}
        return Batch(inputs, self.rows.to(device), self.first.to(device), self.second.to(device))


@dataclass(frozen=True)
class Shard:
    """Texts as token ids, originals first and then a corrupted copy of each, with the teacher's outputs.

    `states` is `(all tokens, mapped layers, teacher width)` in bfloat16, one text after the other; text i begins at
    `begins[i]`. `embeddings` is `(texts, teacher width)`, each of length 1. `closest` is `(texts, CLOSEST)`: the texts
    with the highest cosines. `variances` is `(mapped layers + 1,)`: of each layer's states and of the embeddings.
    """

    texts: list[np.ndarray]
    begins: np.ndarray
    states: Tensor
    embeddings: Tensor
    closest: np.ndarray
    variances: Tensor

    def partners(self, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
        """All texts in random order, and the partner of each, -1 for none; `(texts,)` both."""
        count = len(self.texts)
        half = count // 2
        first = rng.permutation(count)
        neighbor = (first % half + rng.choice([-1, 1], count)).clip(0, half - 1)
        found = {
            "none": np.full(count, -1),
            "copy": (first + half) % count,
            "closest": self.closest[first, rng.integers(self.closest.shape[1], size=count)],
            "neighbor": neighbor + first // half * half,
            "chance": rng.integers(count, size=count),
        }
        kinds = rng.choice(len(PARTNERS), count, p=list(PARTNERS.values()))
        return first, np.choose(kinds, [found[kind] for kind in PARTNERS])

    def batches(self, tokenizer, size: int, rng: Rng) -> Iterator[Batch]:
        """Each text once, with a partner or without, in batches of similar length; an incomplete batch is dropped."""
        first, second = self.partners(rng)
        lengths = np.array([len(text) for text in self.texts] + [0])
        order = np.argsort(lengths[first] + lengths[second], kind="stable")
        starts = np.arange(0, len(order) - size + 1, size)
        for start in rng.permutation(starts):
            chosen = order[start : start + size]
            yield self.batch(tokenizer, first[chosen], second[chosen])

    def batch(self, tokenizer, first: np.ndarray, second: np.ndarray) -> Batch:
        """The pairs of texts `first` and `second`, `(pairs,)` each."""
        cls, sep, pad = tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id
        pairs = [[a, b] if b >= 0 else [a] for a, b in zip(first, second, strict=True)]
        lengths = [1 + sum(len(self.texts[text]) + 1 for text in pair) for pair in pairs]
        shape = (len(first), -(-max(lengths) // STRIDE) * STRIDE)
        tokens, segments, rows = np.full(shape, pad), np.zeros(shape, int), np.full(shape, -1)
        for pair, members in enumerate(pairs):
            tokens[pair, 0], end = cls, 1
            for segment, text in enumerate(members):
                begin, end = end, end + len(self.texts[text])
                tokens[pair, begin:end], tokens[pair, end] = self.texts[text], sep
                rows[pair, begin:end] = np.arange(end - begin) + self.begins[text]
                segments[pair, begin : end + 1] = segment
                end += 1
        mask = np.arange(shape[1]) < np.array(lengths)[:, None]
        inputs = {"input_ids": tokens, "token_type_ids": segments, "attention_mask": mask.astype(int)}
        inputs = {name: torch.from_numpy(value) for name, value in inputs.items()}
        return Batch(inputs, *map(torch.from_numpy, (rows, first, second)))


def make_shard(sentences: list[str], tokenizer, teacher: nn.Module, layers: list[int], rng: Rng) -> Shard:
    """Tokenize and corrupt `sentences`, and run `teacher` once for its states after `layers` and its embeddings."""
    tokens = tokenizer(sentences, truncation=True, max_length=LONGEST, add_special_tokens=False)["input_ids"]
    originals = [np.array(text) for text in tokens if text]
    others = np.concatenate(originals)
    texts = originals + [corrupt(text, others, rng) for text in originals]
    begins = np.cumsum([0] + [len(text) for text in texts])[:-1]
    states, embeddings = _ask(teacher, texts, begins, tokenizer, layers)
    cosines = (embeddings @ embeddings.T).fill_diagonal_(-1)
    closest = cosines.topk(min(CLOSEST, len(texts) - 1)).indices.cpu().numpy()
    spread = [states[:, layer].float().var(dim=0).mean() for layer in range(len(layers))]
    return Shard(texts, begins, states, embeddings, closest, torch.stack([*spread, embeddings.var(dim=0).mean()]))


@torch.inference_mode()
def _ask(teacher: nn.Module, texts: list[np.ndarray], begins: np.ndarray, tokenizer, layers: list[int]):
    device = next(teacher.parameters()).device
    total = sum(len(text) for text in texts)
    states = torch.empty(total, len(layers), teacher.config.hidden_size, dtype=torch.bfloat16, device=device)
    embeddings = torch.empty(len(texts), teacher.config.hidden_size, device=device)
    alone = Shard(texts, begins, states, embeddings, np.empty(0), torch.empty(0))
    order = np.argsort([len(text) for text in texts], kind="stable")
    for chosen in np.split(order, range(TEACHER_BATCH, len(order), TEACHER_BATCH)):
        batch = alone.batch(tokenizer, chosen, np.full(len(chosen), -1)).to(device)
        found = teacher(**batch.inputs, output_hidden_states=True).hidden_states
        kept = batch.rows >= 0
        states[batch.rows[kept]] = torch.stack([found[layer][kept] for layer in layers], dim=1).bfloat16()
        mask = batch.inputs["attention_mask"].unsqueeze(2)
        embeddings[batch.first] = functional.normalize((found[-1].float() * mask).sum(1) / mask.sum(1), dim=1)
    return states, embeddings
