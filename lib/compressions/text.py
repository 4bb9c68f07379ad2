"""Plain text for general distillation, read part by part from the hub, a folder or a file: never whole."""

import re
from functools import cached_property
from pathlib import Path

from huggingface_hub import HfFileSystem
from pyarrow import ArrowException
from pyarrow.parquet import ParquetFile

from compressions.errors import BadInput, require
from compressions.files import file_fingerprint, fingerprint

WIKIPEDIA = "wikimedia/wikipedia"
WIKIPEDIA_REVISION = "b04c8d1ceb2f5cd4588862100d08de323dccfbaa"
WIKIPEDIA_PART = "20231101.en"
COLUMN = "text"
BLOCK = 2**20
# A sentence ends with its punctuation, a space and a new beginning; titles and initials cost a wrong cut now and then.
END = re.compile(r"""(?<=[.!?])["')\]]*\s+(?=["'(\[]?[A-Z0-9])""")
SHORTEST = 20


def sentences(article: str) -> list[str]:
    """The sentences of an article in their order; paragraphs end at line breaks, and scraps are left out."""
    pieces = (piece.strip() for paragraph in article.splitlines() for piece in END.split(paragraph))
    return [piece for piece in pieces if len(piece) >= SHORTEST]


class ParquetParts:
    """The row groups of parquet files with a column `text`."""

    def __init__(self, files: list[str], opener) -> None:
        self.opener = opener
        self.parts = [(file, group) for file in files for group in range(self._open(file).num_row_groups)]

    def _open(self, file: str) -> ParquetFile:
        try:
            parquet = ParquetFile(self.opener(file))
        except (ArrowException, OSError) as error:
            raise BadInput(f"the text {file} cannot be read: {str(error).splitlines()[0]}") from error
        columns = parquet.schema_arrow.names
        require(COLUMN in columns, f"the text {file} has the columns {', '.join(columns)}; needed: {COLUMN}")
        return parquet

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, part: int) -> list[str]:
        """The articles of one row group."""
        file, group = self.parts[part]
        rows = self._open(file).read_row_group(group, columns=[COLUMN], use_threads=False)
        return [article or "" for article in rows[COLUMN].to_pylist()]


class FileParts:
    """A plain text file in blocks of about a megabyte; each line belongs to the block that it begins in."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __len__(self) -> int:
        return -(-self.path.stat().st_size // BLOCK)

    def __getitem__(self, part: int) -> list[str]:
        """The lines of one block."""
        lines = []
        with self.path.open("rb") as file:
            if part:
                file.seek(part * BLOCK - 1)
                file.readline()
            while file.tell() < (part + 1) * BLOCK and (line := file.readline()):
                lines.append(line.decode(errors="replace"))
        return lines


class Text:
    """Sentences in the order of the text, from the beginning again when it ends.

    `source` is `wikimedia/wikipedia` on the hub, a folder of parquet files with its column `text`, or a plain text
    file. Raises `BadInput` for anything else.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.part, self.taken = 0, 0
        self.sentences: list[str] | None = None

    @cached_property
    def parts(self) -> ParquetParts | FileParts:
        """The pieces that are read one at a time."""
        path = Path(self.source)
        if self.source == WIKIPEDIA:
            return _hub()
        if path.is_dir():
            files = sorted(map(str, path.glob("**/*.parquet")))
            require(bool(files), f"the text {self.source!r} is a folder without parquet files")
            return ParquetParts(files, Path)
        require(
            path.is_file(),
            f"text {self.source!r} is no such file; allowed: {WIKIPEDIA}, a folder of parquet files, "
            "or a plain text file",
        )
        return FileParts(path)

    def take(self, count: int) -> list[str]:
        """The next `count` sentences; the whole text, once, where it has fewer."""
        found: list[str] = []
        for _ in range(len(self.parts) + 1):
            found += self._rest(count - len(found))
            if len(found) == count or self.position == (0, 0):
                break
        return found

    def _rest(self, count: int) -> list[str]:
        if self.sentences is None:
            self.sentences = [each for article in self.parts[self.part] for each in sentences(article)]
        found = self.sentences[self.taken : self.taken + count]
        self.taken += len(found)
        if self.taken == len(self.sentences):
            self.part, self.taken, self.sentences = (self.part + 1) % len(self.parts), 0, None
        return found

    @property
    def position(self) -> tuple[int, int]:
        """The part that is being read, and how many of its sentences were taken."""
        return self.part, self.taken

    @position.setter
    def position(self, saved: tuple[int, int]) -> None:
        self.part, self.taken = saved
        self.sentences = None

    @cached_property
    def fingerprint(self) -> str:
        """What the text is: the hub's revision, or a checksum over the files."""
        if self.source == WIKIPEDIA:
            return f"{WIKIPEDIA}/{WIKIPEDIA_PART}@{WIKIPEDIA_REVISION}"
        if isinstance(self.parts, FileParts):
            return file_fingerprint(self.parts.path)
        return fingerprint(*(file_fingerprint(Path(file)) for file in dict(self.parts.parts)))


def _hub() -> ParquetParts:
    files = HfFileSystem()
    try:
        found = files.glob(f"datasets/{WIKIPEDIA}@{WIKIPEDIA_REVISION}/{WIKIPEDIA_PART}/*.parquet")
        require(bool(found), f"the hub lists no files of {WIKIPEDIA}")
        return ParquetParts(sorted(found), files.open)
    except (OSError, ConnectionError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(f"the text {WIKIPEDIA!r} is out of reach ({reason}); take a local folder or a file") from error
