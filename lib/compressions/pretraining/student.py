"""A student before training: the teacher's word vectors, narrowed, and one head that attends to like words."""

import torch
from torch import Tensor
from transformers import BertModel

from compressions.models.architectures import Size
from compressions.models.checkpoints import bert_config

FREQUENCY_POWER = 0.5


def new_student(size: Size, teacher: BertModel, counts: Tensor, seed: int, likeness: bool) -> BertModel:
    """A BERT of `size` with the teacher's embeddings and, with `likeness`, the head that looks for it.

    `counts` is how often each word piece occurs in the text, `(vocabulary,)`.
    """
    torch.manual_seed(seed)
    student = BertModel(bert_config(size, architectures=["BertModel"], dtype="float32")).eval()
    with torch.no_grad():
        _take_embeddings(student, teacher, counts)
        if likeness:
            _look_for_likeness(student, counts)
    return student


def principal_directions(vectors: Tensor, counts: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Mean `(width,)` and the first principal directions `(width, number)` of `vectors` `(vocabulary, width)`.

    Each vector weighs as the root of its count and one more, so that neither rare nor frequent words rule alone.
    """
    weights = (counts + 1.0) ** FREQUENCY_POWER
    weights = (weights / weights.sum()).unsqueeze(1)
    mean = (weights * vectors).sum(0)
    centered = vectors - mean
    return mean, torch.linalg.eigh((weights * centered).T @ centered).eigenvectors.flip(1)[:, :number]


def _take_embeddings(student: BertModel, teacher: BertModel, counts: Tensor) -> None:
    """Words, and what little of the positions lies there, in the words' principal directions; segments at random.

    The teacher has read single texts only and tells its segments hardly apart.
    """
    given, own = teacher.embeddings, student.embeddings
    words = given.word_embeddings.weight.float()
    mean, directions = principal_directions(words, counts, student.config.hidden_size)
    columns = slice(directions.shape[1])
    own.word_embeddings.weight[:, columns] = (words - mean) @ directions
    positions = given.position_embeddings.weight.float()[: len(own.position_embeddings.weight)]
    own.position_embeddings.weight[: len(positions), columns] = (positions - positions.mean(0)) @ directions
    own.token_type_embeddings.weight.normal_(std=own.word_embeddings.weight.std().item())


def _look_for_likeness(student: BertModel, counts: Tensor) -> None:
    """Let the first layer's first head attend to tokens like the one that asks, wherever they stand.

    Query and key are the same projection on the principal directions of the words as the layer sees them. A token and
    its match in the other sentence find each other from the first step.
    """
    attention = student.encoder.layer[0].attention.self
    width = attention.attention_head_size
    seen = student.embeddings.LayerNorm(student.embeddings.word_embeddings.weight)
    mean, directions = principal_directions(seen, counts, width)
    for map_ in (attention.query, attention.key):
        map_.weight[:width] = directions.T
        map_.bias[:width] = -directions.T @ mean
