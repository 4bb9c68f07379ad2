"""Where an encoder of a size comes from: the project's own checkpoints, the hub, or a folder."""

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from compressions.errors import BadInput, one_of, require
from compressions.files import file_fingerprint, fingerprint, root
from compressions.models.architectures import L3, MINILM, MPNET, SHAPES, SIZES, Size, size_from
from compressions.models.folders import check_tokenizer_files, read_config, weight_files
from compressions.models.hub import CONFIG, fetch

SOURCES = ("bundled", "hub")
# What decides an encoder's numbers, of the files that a Transformers directory may hold.
FILES = (CONFIG, "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt")
# And of those where there is no `tokenizer.json`.
OTHER_FILES = ("special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt")
BERT = "bert"
# What the hub has beside the paper's sizes, with each one's architecture.
PEERS = {L3.name: BERT, MINILM.name: BERT, MPNET.name: "mpnet"}


@dataclass(frozen=True)
class EncoderSource:
    """Where a pretrained encoder is loaded from, with its name and shape.

    `folder` is `None` on the hub. `architecture` is Transformers' `model_type`; what is compressed is always a BERT, a
    teacher may be any.
    """

    size: Size
    source: str
    folder: Path | None = None
    architecture: str = BERT

    @property
    def name(self) -> str:
        """The size's name, or the folder's."""
        return self.size.name


@dataclass(frozen=True)
class ClassifierSource(EncoderSource):
    """Where a fine-tuned encoder is loaded from, with its head; `labels` name its logits, in their order."""

    labels: tuple[str, ...] = ()


def _folder(checkpoints: str) -> Path:
    return root() / "checkpoints" if checkpoints == "bundled" else Path(checkpoints)


def names(checkpoints: str, any_architecture: bool = False) -> list[str]:
    """What `checkpoints` offers: the names of its BERT encoders, or of all architectures.

    `checkpoints` is `bundled` (all in the project's folder, and from the hub MiniLM, L3 and MPNet where they are not
    there), `hub`, or a local folder with one Transformers directory per size. Raises `BadInput` for a folder that is
    missing or holds none, or that is itself an encoder's.
    """
    if checkpoints == "hub":
        return list(SIZES)
    folder = _folder(checkpoints)
    above, own = str(folder.absolute().parent), f"checkpoints {checkpoints!r} is one encoder's own folder"
    remedy = f"take checkpoints {above!r} and size {folder.absolute().name!r}"
    require(_model_type(folder / CONFIG) is None, f"{own}; {remedy}")
    kinds = {path.parent.name: _model_type(path) for path in folder.glob(f"[!.]*/{CONFIG}")}
    found = sorted(name for name, kind in kinds.items() if kind == BERT or (any_architecture and kind))
    others = ", ".join(source for source in SOURCES if source != checkpoints)
    allowed = f"allowed: {others}, or a folder with one Transformers directory per size"
    require(bool(found), f"checkpoints {checkpoints!r} holds no encoder; {allowed}")
    peers = [name for name, kind in PEERS.items() if kind == BERT or any_architecture]
    return sorted({*found, *peers}) if checkpoints == "bundled" else found


def _model_type(config: Path) -> str | None:
    try:
        return json.loads(config.read_text()).get("model_type")
    except (OSError, ValueError, AttributeError):
        return None


def place(name: str, checkpoints: str) -> Path | None:
    """The folder of what is called `name` in `checkpoints`, sound or not; `None` where there is none."""
    folder = None if checkpoints == "hub" else _folder(checkpoints) / name
    plain = Path(name).name == name and not name.startswith(".")
    return folder if folder and plain and (folder / CONFIG).is_file() else None


def encoder(size: str, checkpoints: str, any_architecture: bool = False) -> EncoderSource:
    """The encoder called `size`; raises `BadInput` with the names that `checkpoints` offers, or for a broken folder."""
    own = place(size, checkpoints)
    if own:
        return folder_encoder(own, any_architecture)
    one_of(f"size in checkpoints {checkpoints}", size, names(checkpoints, any_architecture))
    shape = MPNET if size == MPNET.name else SHAPES[size]
    return EncoderSource(shape, "hub", architecture=PEERS.get(size, BERT))


def largest(checkpoints: str) -> EncoderSource:
    """The default teacher: the encoder with the most parameters, of those that need no hub if there are any.

    Its architecture may be any; those that are not whole do not count.
    """
    found, reason = [], ""
    for name in names(checkpoints, any_architecture=True):
        try:
            found.append(encoder(name, checkpoints, any_architecture=True))
        except BadInput as error:
            reason = str(error)
    require(bool(found), f"checkpoints {checkpoints!r} holds no encoder that could teach ({reason})")
    return max([each for each in found if each.folder] or found, key=lambda each: each.size.parameters)


def folder_encoder(folder: Path, any_architecture: bool = False) -> EncoderSource:
    """The encoder in one Transformers directory, whose files are there; `checkpoints.check` looks into them.

    One that bears the name of a paper's size must have its shape. Raises `BadInput` for what cannot be compressed: any
    architecture but BERT, unless it is asked for, a decoder, positions that are relative, code or a quantization of
    another library.
    """
    config = read_config(folder)
    if not any_architecture:
        one_of(f"model_type in {folder}/{CONFIG}", config.get("model_type"), [BERT])
    shape = read_shape(folder, config)
    check_name(folder, shape)
    weight_files(folder)
    check_tokenizer_files(folder)
    return EncoderSource(shape, "folder", folder, config["model_type"])


def check_name(folder: Path, shape: Size) -> None:
    """Raise `BadInput` for a folder that bears the name of a paper's size and holds another shape."""
    expected = SIZES.get(folder.name, shape)
    found, wanted = ((size.layers, size.hidden, size.heads) for size in (shape, expected))
    other = f"{folder} has layers, width and heads {found}; a checkpoint called {folder.name} has {wanted}"
    require(found == wanted, other)


def read_shape(folder: Path, config: dict) -> Size:
    """The shape of the encoder that `config` in a folder describes; raises `BadInput` for what is none."""
    refused = {
        "code of its own": "auto_map" in config,
        "weights quantized by another library": "quantization_config" in config,
        "relative positions": config.get("position_embedding_type", "absolute") != "absolute",
        "a decoder": bool(config.get("is_decoder")),
    }
    bert = config.get("model_type") == BERT
    for what, has in refused.items():
        require(not has or (not bert and what == "relative positions"), f"{folder} has {what}; an encoder has none")
    try:
        require(isinstance(config["model_type"], str), f"{folder}/{CONFIG} names no model_type")
        return size_from(folder.name, config)
    except KeyError as error:
        what = "BERT encoder" if bert else "encoder"
        raise BadInput(f"{folder}/{CONFIG} describes no {what} ({error})") from error


def hub_encoder(repository: str, revision: str) -> tuple[EncoderSource, dict]:
    """A model of the hub at a revision, and its configuration, which is fetched; its weights are not."""
    name = f"{repository}@{revision}"
    folder = fetch(name, repository, revision, weights=False)
    config = read_config(folder)
    shape = replace(read_shape(folder, config), name=name, hub=repository, revision=folder.name)
    return EncoderSource(shape, "hub", architecture=config["model_type"]), config


def local(encoder: EncoderSource) -> Path:
    """The folder that an encoder's files are read from; those of the hub are fetched where they are not yet here."""
    return encoder.folder or fetch(encoder.name, encoder.size.hub, encoder.size.revision)


def identity(encoder: EncoderSource) -> dict[str, str]:
    """What a record says of its encoder: the source, the name there, and a revision or checksum of the content."""
    pin = _content(encoder.folder) if encoder.folder else encoder.size.revision
    return {"source": encoder.source, "name": encoder.size.hub or encoder.name, "pin": pin}


def _content(folder: Path) -> str:
    """One checksum for the files that decide an encoder's numbers."""
    decide = [*FILES, *(() if (folder / "tokenizer.json").is_file() else OTHER_FILES)]
    decide += [path.name for path in weight_files(folder) if path.name not in decide]
    present = [folder / name for name in decide if (folder / name).is_file()]
    checksums = [_checksum(path, path.stat().st_size, path.stat().st_mtime_ns) for path in present]
    return fingerprint(*(f"{path.name} {found}" for path, found in zip(present, checksums, strict=True)))


@lru_cache
def _checksum(path: Path, size: int, changed: int) -> str:
    # Of large weights it takes a second, and each of an experiment's configurations states it.
    return file_fingerprint(path)
