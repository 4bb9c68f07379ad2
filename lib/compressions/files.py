"""Files that are written whole or not at all, and fingerprints of what is in them."""

import errno
import hashlib
import os
import shutil
import tempfile
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING

from compressions.errors import BadInput, require

if TYPE_CHECKING:
    import pandas as pd

TEXT = "utf-8-sig"  # UTF-8 with or without the mark that spreadsheets put before it
PIECE = 2**20
ATTEMPTS = 100
# Files by which the project's folder is known.
MARKS = ("_toc.yml", "notebooks/experiment.py")


def root() -> Path:
    """The project's folder, below which relative results, artifacts and grids lie.

    That is the one that `COMPRESSIONS_ROOT` names, the nearest at or above the working directory, or the one that this
    package lies in; a package that was installed alone has none, and takes the working directory.
    """
    named = os.environ.get("COMPRESSIONS_ROOT")
    if named:
        return Path(named).absolute()
    here = Path.cwd()
    above = (here, *here.parents, *Path(__file__).resolve().parents)
    return next((folder for folder in above if all((folder / mark).is_file() for mark in MARKS)), here)


def cache() -> Path:
    """Where teachers and logits are kept: `COMPRESSIONS_CACHE`, else `~/.cache/compressions`, without a home `/tmp`."""
    named = os.environ.get("COMPRESSIONS_CACHE")
    if named:
        return Path(named)
    try:
        return Path.home() / ".cache" / "compressions"
    except RuntimeError:  # a container's user without a home
        return Path(tempfile.gettempdir()) / f"compressions-{os.getuid()}"


def path_name(path: Path) -> str:
    """A name that no other path has: its last part, and the beginning of a checksum of the whole."""
    return f"{path.name}-{fingerprint(str(path))[:8]}"


def read_bytes(path: str | Path) -> bytes:
    """A file's content. Raises `BadInput` where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error


def read_text(path: str | Path) -> str:
    """A text file's content, line ends as they are. Raises `BadInput` like `check_text`."""
    check_text(path)
    return Path(path).read_bytes().decode(TEXT)


def read_csv(path: Path, columns: Iterable[str], remedy: str) -> "pd.DataFrame":
    """The columns of a CSV file; raises `BadInput`, with the remedy, where it cannot be read or lacks one of them."""
    import pandas as pd  # most of what reads files needs no table

    try:
        return pd.read_csv(path)[list(columns)]
    except (OSError, KeyError, ValueError) as error:
        raise BadInput(f"{path} is no table with the columns {', '.join(columns)}; {remedy}") from error


def check_text(path: str | Path) -> None:
    """Read a file piece by piece and raise `BadInput` that names the first line which is not text in UTF-8."""
    decoder, line = getincrementaldecoder(TEXT)(), 1
    try:
        with open(path, "rb") as file:
            while piece := file.read(PIECE):
                text = decoder.decode(piece)
                if "\0" in text:  # which no text holds, but every binary file soon
                    line += text.count("\n", 0, text.index("\0"))
                    raise BadInput(f"{path}, line {line} is no text: it holds a NUL character; save it as UTF-8 text")
                line += text.count("\n")
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object.count(b"\n", 0, error.start)
        raise BadInput(f"{path}, line {line} is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old content or the new, never a part.

    Raises `BadInput` naming the file when the disk is full or the folder cannot be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException as error:
        if temporary:
            temporary.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise _cannot_write(path, error) from error


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of `folder` when the block ends well, and else is gone.

    A link goes on to lead to the folder. Of several processes that do so at once, the last one's stays. Raises
    `BadInput` naming the folder when the disk is full or the folder cannot be written, or is a file.
    """
    folder = folder.resolve()
    require(not folder.is_file(), f"cannot write {folder}: it is a file; name a folder")
    temporary, old = (folder.with_name(f".{folder.name}.{end}") for end in (f"{os.getpid()}-{get_ident()}", "old"))
    try:
        if old.exists() and not folder.exists():  # a process was killed just between the two steps of `_exchange`
            with suppress(OSError):  # or goes on, and was quicker
                old.replace(folder)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        yield temporary
        _exchange(temporary, folder, old)
    except Exception as error:
        # The tokenizers' library raises no OSError where a disk is full.
        if not isinstance(error, OSError) and "os error" not in str(error):
            raise
        raise _cannot_write(folder, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _exchange(new: Path, folder: Path, old: Path) -> None:
    """Put a folder in the place of another, again where a second process does the same between the two steps."""
    for attempt in range(ATTEMPTS):
        try:
            shutil.rmtree(old, ignore_errors=True)
            if folder.exists():
                folder.replace(old)
            new.replace(folder)
            break
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT) or attempt == ATTEMPTS - 1:
                raise
    shutil.rmtree(old, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """Raise `BadInput` unless a file can be made in `folder`, or where `folder` would be made."""
    try:
        nearest = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _cannot_write(path: Path, error: Exception) -> BadInput:
    return BadInput(f"cannot write {path}: {getattr(error, 'strerror', None) or error}; earlier files are as they were")


def fingerprint(*parts: bytes | str) -> str:
    """SHA-256 over the parts and their lengths, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def file_fingerprint(path: Path) -> str:
    """SHA-256 of a file's content, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
