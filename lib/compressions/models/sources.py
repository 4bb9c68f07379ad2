"""Where an encoder of a size comes from: the project's own checkpoints, the hub, or a folder."""

import json
from dataclasses import dataclass
from pathlib import Path

from compressions.errors import BadInput, one_of, require
from compressions.files import file_fingerprint, fingerprint, root
from compressions.models.architectures import MINILM, SIZES, Size

SOURCES = ("bundled", "hub")
# What decides an encoder's numbers, of the files that a Transformers directory may hold.
FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt")


@dataclass(frozen=True)
class Encoder:
    """A pretrained encoder before fine-tuning: its name, its shape and the place it is loaded from.

    `folder` is `None` on the hub.
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

    `checkpoints` is `bundled` (the project's own, what else lies beside them, and MiniLM, which the hub has if they do
    not), `hub`, or a local folder with one Transformers directory per size. Raises `BadInput` for a folder
    that is missing or holds none.
    """
    if checkpoints == "hub":
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
    if checkpoints == "hub":
        return Encoder(SIZES[size], checkpoints)
    if checkpoints == "bundled" and size == MINILM.name and not (_folder(checkpoints) / size).is_dir():
        return Encoder(MINILM, "hub")
    return folder_encoder(_folder(checkpoints) / size)


def largest(checkpoints: str) -> str:
    """The default teacher: the encoder with the most parameters, of those that need no hub if there are any."""
    offered = [encoder(name, checkpoints) for name in names(checkpoints)]
    return max([each for each in offered if each.folder] or offered, key=lambda each: each.size.parameters).name


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


def identity(encoder: Encoder) -> dict[str, str]:
    """What a record says of its encoder: the source, the name there, and a revision or checksum of the content."""
    if encoder.folder:
        present = [encoder.folder / name for name in FILES if (encoder.folder / name).is_file()]
        pin = fingerprint(*(f"{path.name} {file_fingerprint(path)}" for path in present))
    else:
        pin = encoder.size.revision
    return {"source": encoder.source, "name": encoder.size.hub or encoder.name, "pin": pin}
