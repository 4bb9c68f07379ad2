"""Where an encoder of a size comes from: the hub, a folder, the project's own checkpoints, or from scratch."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertModel, BertTokenizerFast

from compressions import embedded
from compressions.errors import BadInput, one_of, require
from compressions.files import file_fingerprint, fingerprint, root
from compressions.sizes import MINILM, SIZES, Size, embedded_size
from compressions.tasks import Task

SOURCES = ("embedded", "bundled", "hub")
# What decides an encoder's numbers, of the files that a Transformers directory may hold.
FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt")

# How weights are read: in full precision, and never from a pickle, which could hold code.
WEIGHTS = {"dtype": torch.float32, "use_safetensors": True}


@dataclass(frozen=True)
class Encoder:
    """A pretrained encoder before fine-tuning: its name, its shape and the place it is loaded from.

    `folder` is `None` on the hub and for the embedded miniatures, which start from random weights.
    """

    size: Size
    source: str
    folder: Path | None = None

    @property
    def name(self) -> str:
        """The size's name, or the folder's."""
        return self.size.name


def _folder(checkpoints: str) -> Path:
    return root() / "checkpoints" if checkpoints == "bundled" else Path(checkpoints)


def names(checkpoints: str) -> list[str]:
    """What `checkpoints` offers: the names of its encoders.

    `checkpoints` is `embedded`, `bundled` (the project's own, what else lies beside them, and MiniLM, which the hub has
    if they do not), `hub`, or a local folder with one Transformers directory per size. Raises `BadInput` for a folder
    that is missing or holds none.
    """
    if checkpoints in ("embedded", "hub"):
        return list(SIZES)
    found = sorted(path.parent.name for path in _folder(checkpoints).glob("[!.]*/config.json"))
    others = ", ".join(source for source in SOURCES if source != checkpoints)
    require(
        bool(found),
        f"checkpoints {checkpoints!r} holds no encoder; allowed: {others}, or a folder with one Transformers directory "
        "per size",
    )
    return sorted({*found, MINILM.name}) if checkpoints == "bundled" else found


def encoder(size: str, checkpoints: str) -> Encoder:
    """The encoder called `size`; raises `BadInput` with the names that `checkpoints` offers, or for a broken folder."""
    one_of(f"size in checkpoints {checkpoints}", size, names(checkpoints))
    if checkpoints == "embedded":
        return Encoder(embedded_size(size), checkpoints)
    if checkpoints == "hub":
        return Encoder(SIZES[size], checkpoints)
    if checkpoints == "bundled" and size == MINILM.name and not (_folder(checkpoints) / size).is_dir():
        return Encoder(MINILM, "hub")
    return folder_encoder(_folder(checkpoints) / size)


def largest(checkpoints: str) -> str:
    """The name of the encoder with the most parameters: the default teacher."""
    return max(names(checkpoints), key=lambda name: encoder(name, checkpoints).size.parameters)


def folder_encoder(folder: Path) -> Encoder:
    """The encoder in one Transformers directory; one that bears the name of a paper's size must have its shape."""
    shape = _read_shape(folder)
    check_name(folder, shape)
    for needed, files in {"weights": ["model.safetensors"], "tokenizer": ["tokenizer.json", "vocab.txt"]}.items():
        present = any((folder / name).is_file() for name in files)
        require(present, f"{folder} has no {needed}; put {' or '.join(files)} there")
    return Encoder(shape, "folder", folder)


def check_name(folder: Path, shape: Size) -> None:
    """Raise `BadInput` for a folder that bears the name of a paper's size and holds another shape."""
    expected = SIZES.get(folder.name, shape)
    found, wanted = ((size.layers, size.hidden, size.heads) for size in (shape, expected))
    require(
        found == wanted,
        f"{folder} has layers, width and heads {found}; a checkpoint called {folder.name} has {wanted}",
    )


def _read_shape(folder: Path) -> Size:
    try:
        config = json.loads((folder / "config.json").read_text())
        one_of(f"model_type in {folder}/config.json", config.get("model_type"), ["bert"])
        return Size(
            folder.name,
            config["num_hidden_layers"],
            config["hidden_size"],
            config["num_attention_heads"],
            vocabulary=config["vocab_size"],
            positions=config["max_position_embeddings"],
        )
    except (KeyError, json.JSONDecodeError) as error:
        raise BadInput(f"{folder}/config.json describes no BERT encoder ({error})") from error


def load_tokenizer(encoder: Encoder):
    """The encoder's own tokenizer."""
    if encoder.source == "embedded":
        vocabulary = {word: index for index, word in enumerate(embedded.vocabulary())}
        return BertTokenizerFast(vocab=vocabulary, do_lower_case=True, model_max_length=encoder.size.positions)
    return _from_pretrained(AutoTokenizer, encoder)


def load_model(encoder: Encoder, task: Task) -> torch.nn.Module:
    """An fp32 classifier for `task` on the encoder; its head, and an embedded miniature, are random."""
    labels = {"num_labels": len(task.labels) or 1, "problem_type": None if task.labels else "regression"}
    if encoder.source == "embedded":
        return AutoModelForSequenceClassification.from_config(_embedded_config(encoder.size, **labels))
    options = {"output_loading_info": True, **labels}
    model, info = _from_pretrained(AutoModelForSequenceClassification, encoder, **WEIGHTS, **options)
    missing = [name for name in info["missing_keys"] if not name.startswith(("classifier.", "bert.pooler."))]
    require(not missing, f"the encoder {encoder.name!r} has no weights for {', '.join(missing[:3])}; it is not whole")
    return model


def load_encoder(encoder: Encoder) -> BertModel:
    """The fp32 encoder of a pretrained checkpoint as it is, without a head."""
    return _from_pretrained(BertModel, encoder, **WEIGHTS)


def _from_pretrained(factory, encoder: Encoder, **options):
    place = encoder.folder or encoder.size.hub
    revision = {} if encoder.folder else {"revision": encoder.size.revision}
    try:
        return factory.from_pretrained(place, trust_remote_code=False, **revision, **options)
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(f"the encoder {encoder.name!r} cannot be loaded from {place}: {reason}") from error


def bert_config(size: Size, **others) -> BertConfig:
    """The configuration of a BERT of a size; `others` are further fields of it."""
    return BertConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.hidden,
        max_position_embeddings=size.positions,
        **others,
    )


def _embedded_config(size: Size, **labels) -> BertConfig:
    dropout = {"hidden_dropout_prob": embedded.DROPOUT, "attention_probs_dropout_prob": embedded.DROPOUT}
    return bert_config(size, initializer_range=size.hidden**-0.5, **dropout, **labels)


def identity(encoder: Encoder) -> dict[str, str]:
    """What a record says of its encoder: the source, the name there, and a revision or checksum of the content."""
    if encoder.folder:
        present = [encoder.folder / name for name in FILES if (encoder.folder / name).is_file()]
        pin = fingerprint(*(f"{path.name} {file_fingerprint(path)}" for path in present))
    else:
        pin = encoder.size.revision if encoder.size.hub else fingerprint(str(encoder.size), *embedded.vocabulary())
    return {"source": encoder.source, "name": encoder.size.hub or encoder.name, "pin": pin}
