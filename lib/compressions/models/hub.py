"""Models on the hub: files fetched into its cache at a fixed commit, and folders uploaded."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compressions.errors import BadInput, check, first_line, require

CONFIG = "config.json"
# Files in the order in which they are fetched: of the weights only the first that is there, and vocabularies only where
# there is no `tokenizer.json`.
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
VOCABULARIES = ("vocab.txt", "vocab.json", "merges.txt", "spm.model", "spiece.model", "sentencepiece.bpe.model")
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")


def fetch(name: str, repository: str, revision: str, weights: bool = True) -> Path:
    """The folder of a repository's files in the hub's cache; what is there already is not asked for again.

    `weights` can be left for later. Raises `BadInput`, with the `name` that the model goes by here, where the hub is
    out of reach or does not hold the model.
    """
    with _one_line(f"the encoder {name!r} cannot be loaded from {repository}"):
        config = _file(repository, revision, CONFIG)
        require(config is not None, f"the encoder {name!r} cannot be loaded from {repository}: it holds no {CONFIG}")
        commit = config.parent.name
        found = [each for each in TOKENIZER if _file(repository, commit, each)]
        if TOKENIZER[0] not in found:
            _first(repository, commit, VOCABULARIES[:1]) or [_file(repository, commit, each) for each in VOCABULARIES]
        if weights:
            first = _first(repository, commit, WEIGHTS)
            for shard in shards(first) if first and first.suffix == ".json" else ():
                there = _file(repository, commit, shard) is not None
                require(there, f"{repository} holds no {shard}, which {first.name} names")
        return config.parent


def shards(index: Path) -> list[str]:
    """The names of the files that an index of weights lists; raises `BadInput` for an index that cannot be read."""
    try:
        names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{index} is no index of weights ({error})") from error
    for name in names:
        inside = isinstance(name, str) and Path(name).name == name
        require(inside, f"{index} names the file {name!r} outside its folder")
    return names


def _first(repository: str, commit: str, names: tuple[str, ...]) -> Path | None:
    return next((found for name in names if (found := _file(repository, commit, name))), None)


def _file(repository: str, revision: str, name: str) -> Path | None:
    """One file, or `None` where the repository has none of this name."""
    from huggingface_hub import _CACHED_NO_EXIST, constants, hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    known = try_to_load_from_cache(repository, name, revision=revision)
    pinned = len(revision) == 40  # a branch may have moved since
    if known is not None and pinned:
        return None if known is _CACHED_NO_EXIST else Path(known)
    try:
        return Path(hf_hub_download(repository, name, revision=revision))
    except LocalEntryNotFoundError:
        # Where the hub is not asked, files that somebody put into its cache are all there are.
        if constants.HF_HUB_OFFLINE and name != CONFIG:
            return None
        raise
    except EntryNotFoundError:
        return None


def check_upload(repository: str) -> None:
    """Raise `BadInput` unless `repository` is named as `user/name`, and the hub knows the token of this machine."""
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repository)
        named = repository.count("/") == 1
    except HFValidationError:
        named = False
    check(named, "repository", repository, "user/name, of letters, digits, '-', '_' and '.'")
    require(get_token() is not None, "there is no token of the hub: set HF_TOKEN, or log in by: hf auth login")
    with _one_line("the hub does not take the token"):
        HfApi().whoami()


def upload(folder: Path, repository: str) -> str:
    """Upload a folder to a repository, which is made if there is none, and return its address.

    Files of an earlier package's `onnx/` and `openvino/` go, others stay. Raises `BadInput` where the hub is out of
    reach or refuses.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    with _one_line(f"{folder} cannot be uploaded to {repository}"):
        address = api.create_repo(repository, exist_ok=True)
        said, stale = f"Upload {folder.name}", ["onnx/*", "openvino/*"]
        api.upload_folder(repo_id=repository, folder_path=folder, commit_message=said, delete_patterns=stale)
    return str(address)


@contextmanager
def _one_line(what: str) -> Iterator[None]:
    """Raise `BadInput`, with the first line of the reason, for what huggingface_hub raises in the block."""
    # Not needed to plan or to read a folder; huggingface_hub asks by httpx2, and lets its errors through.
    from httpx2 import HTTPError
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    try:
        yield
    except (OSError, ValueError, EntryNotFoundError, HfHubHTTPError, HTTPError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{what}: {first_line(error)}") from error
