"""The paper's six architectures: their shapes, where they come from, and how many parameters they have."""

from dataclasses import dataclass

from compressions.errors import one_of, require
from compressions.parameters import whole
from compressions.storage.size_measures import megabytes

VOCABULARY = 30522
POSITIONS = 512
SEGMENTS = 2


@dataclass(frozen=True)
class Size:
    """One BERT shape; the intermediate width is four times `hidden` (Devlin et al. 2019, Turc et al. 2019)."""

    name: str
    layers: int
    hidden: int
    heads: int
    hub: str = ""
    revision: str = "main"
    vocabulary: int = VOCABULARY
    positions: int = POSITIONS

    def __post_init__(self) -> None:
        require(
            self.hidden % self.heads == 0,
            f"{self.heads} heads do not divide a width of {self.hidden}; take a number of heads that does",
        )

    @property
    def embeddings(self) -> int:
        """Parameters of the three embedding tables and their LayerNorm."""
        return (self.vocabulary + self.positions + SEGMENTS + 2) * self.hidden

    @property
    def linear_weights(self) -> int:
        """Weights of the encoder's and the pooler's matrices: what magnitude pruning prunes."""
        return (12 * self.layers + 1) * self.hidden**2

    @property
    def parameters(self) -> int:
        """All parameters of encoder and pooler, without a classification head, as the paper counts them."""
        biases_and_norms = self.layers * 13 * self.hidden + self.hidden
        return self.embeddings + self.linear_weights + biases_and_norms

    def megabytes(self, bits: int = 32, sparsity: float = 0.0) -> float:
        """MB by the paper's size measure, from the shape alone: all parameters less those pruned, at `bits` each."""
        return megabytes(self.parameters - round(sparsity * self.linear_weights), bits)


SIZES = {
    size.name: size
    for size in (
        Size("tiny", 2, 128, 2, "google/bert_uncased_L-2_H-128_A-2", "30b0a37ccaaa32f332884b96992754e246e48c5f"),
        Size("mini", 4, 256, 4, "google/bert_uncased_L-4_H-256_A-4", "387825ce42dbb39b87911cdf8e383ee3b25184f8"),
        Size("small", 4, 512, 8, "google/bert_uncased_L-4_H-512_A-8"),
        Size("medium", 8, 512, 8, "google/bert_uncased_L-8_H-512_A-8"),
        Size("base", 12, 768, 12, "google-bert/bert-base-uncased", "86b5e0934494bd15c9632b12f734a8a67f723594"),
        Size("large", 24, 1024, 16, "google-bert/bert-large-uncased", "6da4b6a26a1877e173fca3225479512db81a5e5b"),
    )
}

# The teacher of the results on real data, whose vocabulary is BERT's (Wang et al. 2020; Reimers & Gurevych 2019).
MINILM = Size(
    "minilm", 6, 384, 12, "sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
)

# Every shape that has a name.
SHAPES = {**SIZES, MINILM.name: MINILM}


def size_of(size: str | list[int]) -> Size:
    """A size of the paper by its name, or one of layers, width and heads. Raises `BadInput` for anything else."""
    if isinstance(size, str):
        one_of("size", size, SIZES)
        return SIZES[size]
    require(
        isinstance(size, list) and len(size) == 3 and all(whole(1).read(value) for value in size),
        f"size {size!r} is not allowed; take one of {', '.join(SIZES)}, or a list of layers, width and heads",
    )
    layers, hidden, heads = map(whole(1).read, size)
    return Size(f"L{layers}-H{hidden}-A{heads}", layers, hidden, heads)
