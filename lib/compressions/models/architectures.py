"""The paper's six architectures: their shapes, where they come from, and how many parameters they have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from compressions.errors import check, one_of, require
from compressions.parameters import whole
from compressions.storage.size_measures import megabytes

VOCABULARY = 30522
POSITIONS = 512
SEGMENTS = 2

# What the configuration of an architecture may call its shape; BERT's own names stand first.
NAMES = {
    "layers": ("num_hidden_layers", "n_layers", "n_layer", "num_layers"),
    "hidden": ("hidden_size", "dim", "d_model", "n_embd"),
    "heads": ("num_attention_heads", "n_heads", "n_head"),
    "vocabulary": ("vocab_size",),
    "positions": ("max_position_embeddings", "n_positions"),
}
# RoBERTa's kin count positions from after their padding token, which is among the first.
LARGEST_PADDING = 16


@dataclass(frozen=True)
class Size:
    """One BERT shape; `intermediate` is by default four times `hidden` (Devlin et al. 2019, Turc et al. 2019)."""

    name: str
    layers: int
    hidden: int
    heads: int
    hub: str = ""
    revision: str = "main"
    vocabulary: int = VOCABULARY
    positions: int = POSITIONS
    # Not in the text of a shape, of which checksums are taken.
    intermediate: int = field(default=0, repr=False)
    segments: int = field(default=SEGMENTS, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "intermediate", self.intermediate or 4 * self.hidden)
        unfit = f"{self.heads} heads do not divide a width of {self.hidden}; take a number of heads that does"
        require(self.hidden % self.heads == 0, unfit)

    @property
    def embeddings(self) -> int:
        """Parameters of the three embedding tables and their LayerNorm."""
        return (self.vocabulary + self.positions + self.segments + 2) * self.hidden

    @property
    def linear_weights(self) -> int:
        """Weights of the encoder's and the pooler's matrices: what magnitude pruning prunes."""
        of_layer = 4 * self.hidden**2 + 2 * self.hidden * self.intermediate
        return self.layers * of_layer + self.hidden**2

    @property
    def parameters(self) -> int:
        """All parameters of encoder and pooler, without a classification head, as the paper counts them."""
        biases_and_norms = self.layers * (9 * self.hidden + self.intermediate) + self.hidden
        return self.embeddings + self.linear_weights + biases_and_norms

    def megabytes(self, bits: int = 32, sparsity: float = 0.0) -> float:
        """MB by the paper's size measure, from the shape alone: all parameters less those pruned, at `bits` each."""
        return megabytes(self.parameters - round(sparsity * self.linear_weights), bits)


SIZES = {
    size.name: size
    for size in (
        Size("tiny", 2, 128, 2, "google/bert_uncased_L-2_H-128_A-2", "30b0a37ccaaa32f332884b96992754e246e48c5f"),
        Size("mini", 4, 256, 4, "google/bert_uncased_L-4_H-256_A-4", "387825ce42dbb39b87911cdf8e383ee3b25184f8"),
        Size("small", 4, 512, 8, "google/bert_uncased_L-4_H-512_A-8", "300d527ce921ae72fb9bcccf5b2ab0f7e1cccaee"),
        Size("medium", 8, 512, 8, "google/bert_uncased_L-8_H-512_A-8", "53b17ea0d90728ac770dfd13fcb3abdc75e4f4bf"),
        Size("base", 12, 768, 12, "google-bert/bert-base-uncased", "86b5e0934494bd15c9632b12f734a8a67f723594"),
        Size("large", 24, 1024, 16, "google-bert/bert-large-uncased", "6da4b6a26a1877e173fca3225479512db81a5e5b"),
    )
}

# Encoders between the paper's sizes, whose vocabulary is BERT's (Wang et al. 2020; Reimers & Gurevych 2019).
MINILM = Size(
    "minilm", 6, 384, 12, "sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
)
L3 = Size("l3", 3, 384, 12, "sentence-transformers/paraphrase-MiniLM-L3-v2", "3ee2b987b4253ffa0fade2563f72d6ed2165befc")
# The teacher of the results on real data (Song et al. 2020; Reimers & Gurevych 2019), which is no BERT.
MPNET = Size(
    "mpnet",
    12,
    768,
    12,
    "sentence-transformers/all-mpnet-base-v2",
    "e8c3b32edf5434bc2275fc9bab85f82640a19130",
    vocabulary=30527,
)

# Every BERT shape that has a name.
SHAPES = {**SIZES, L3.name: L3, MINILM.name: MINILM}


def size_of(size: str | list[int]) -> Size:
    """A size of the paper by its name, or one of layers, width and heads. Raises `BadInput` for anything else."""
    if isinstance(size, str):
        one_of("size", size, SIZES)
        return SIZES[size]
    three = isinstance(size, list) and len(size) == 3 and all(whole(1).read(value) for value in size)
    check(three, "size", size, f"one of {', '.join(SIZES)}, or a list of layers, width and heads")
    layers, hidden, heads = map(whole(1).read, size)
    return Size(f"L{layers}-H{hidden}-A{heads}", layers, hidden, heads)


def size_from(name: str, config: Mapping[str, object]) -> Size:
    """The shape that a Transformers configuration describes, BERT's or another's; raises `KeyError` for a missing part.

    `positions` are those that a text can take. Parts that BERT's configuration may leave out have its defaults.
    """
    bert = config.get("model_type") == "bert"
    found = {}
    for part, names in NAMES.items():
        given = [config[key] for key in names if isinstance(config.get(key), int)]
        if not given and (bert or part != "positions"):
            raise KeyError(names[0])
        found[part] = given[0] if given else POSITIONS
    if not bert:
        padding = config.get("pad_token_id")
        padding = padding if isinstance(padding, int) and padding < LARGEST_PADDING else 0
        found["positions"] -= 1 + max(1, padding)
        return Size(name, **found)
    return Size(
        name,
        **found,
        intermediate=config.get("intermediate_size", 3072),
        segments=config.get("type_vocab_size", SEGMENTS),
    )
