"""Initialize a student: the teacher's embeddings by principal components, and one head that finds similar words."""

import torch
from torch import Tensor
from transformers import BertModel

from compressions.models.architectures import Size
from compressions.models.checkpoints import bert_config

FREQUENCY_POWER = 0.5


def new_student(size: Size, teacher: BertModel, counts: Tensor, seed: int, similarity_head: bool) -> BertModel:
    """A BERT of `size` with the teacher's embeddings and, with `similarity_head`, a head that finds similar words.

    `counts` is how often each word piece occurs in the text, `(vocabulary,)`.
    """
    torch.manual_seed(seed)
    student = BertModel(bert_config(size, architectures=["BertModel"], dtype="float32")).eval()
    with torch.no_grad():
        _initialize_embeddings(student, teacher, counts)
        if similarity_head:
            _initialize_similarity_head(student, counts)
    return student


def principal_directions(vectors: Tensor, counts: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Mean `(width,)` and the first principal directions `(width, number)` of `vectors` `(vocabulary, width)`.

    A vector is weighted by the square root of its count plus one, so that neither rare nor frequent words dominate.
    """
    weights = (counts + 1.0) ** FREQUENCY_POWER
    weights = (weights / weights.sum()).unsqueeze(1)
    mean = (weights * vectors).sum(0)
    centered = vectors - mean
    return mean, torch.linalg.eigh((weights * centered).T @ centered).eigenvectors.flip(1)[:, :number]


def _initialize_embeddings(student: BertModel, teacher: BertModel, counts: Tensor) -> None:
    """Project the teacher's word and position embeddings on the words' principal directions; draw the segments.

    The teacher was trained on single texts, so its segments hardly differ.
    """
    given, own = teacher.embeddings, student.embeddings
    words = given.word_embeddings.weight.float()
    mean, directions = principal_directions(words, counts, student.config.hidden_size)
    columns = slice(directions.shape[1])
    own.word_embeddings.weight[:, columns] = (words - mean) @ directions
    positions = given.position_embeddings.weight.float()[: len(own.position_embeddings.weight)]
    own.position_embeddings.weight[: len(positions), columns] = (positions - positions.mean(0)) @ directions
    own.token_type_embeddings.weight.normal_(std=own.word_embeddings.weight.std().item())


def _initialize_similarity_head(student: BertModel, counts: Tensor) -> None:
    """Let the first head of the first layer attend to tokens similar to the query, at any position.

    Query and key are the same projection, on the principal directions of the words as the layer sees them. From the
    first step on, a token attends to its match in the other sentence.
    """
    attention = student.encoder.layer[0].attention.self
    width = attention.attention_head_size
    seen = student.embeddings.LayerNorm(student.embeddings.word_embeddings.weight)
    mean, directions = principal_directions(seen, counts, width)
    for map_ in (attention.query, attention.key):
        map_.weight[:width] = directions.T
        map_.bias[:width] = -directions.T @ mean
