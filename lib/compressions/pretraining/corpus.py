"""Plain text for general distillation, read piece by piece from the hub, a folder or a file: never whole."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from huggingface_hub import HfFileSystem
from pyarrow.parquet import ParquetFile

from compressions.errors import BadInput, first_line, require
from compressions.files import TEXT, check_text, file_fingerprint, fingerprint

WIKIPEDIA = "wikimedia/wikipedia"
WIKIPEDIA_REVISION = "b04c8d1ceb2f5cd4588862100d08de323dccfbaa"
WIKIPEDIA_PART = "20231101.en"
COLUMN = "text"
PARQUET = b"PAR1"  # how each of its files begins
ROWS = 500
LONGEST_LINE = 2**16
# A sentence ends with its punctuation, a space and a new beginning; titles and initials cost a wrong cut now and then.
END = re.compile(r"""(?:(?<=[.!?])|(?<=[.!?]["')\]]))\s+(?=["'(\[]?[A-Z0-9])""")
SHORTEST, LONGEST = 20, 1000
START = (0, 0, 0)


def sentences(article: str) -> list[str]:
    """The sentences of an article in their order, cut to 1,000 characters; scraps under 20 are left out."""
    pieces = (piece.strip() for paragraph in article.splitlines() for piece in END.split(paragraph))
    return [piece[:LONGEST] for piece in pieces if len(piece) >= SHORTEST]


@contextmanager
def _readable(place: str) -> Iterator[None]:
    """One line for whatever goes wrong: local disks, parquet and the hub each raise errors of their own kinds."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        reason = first_line(error)
        raise BadInput(f"the text {place} cannot be read ({reason}); take a local folder or a file") from error


class ParquetRows:
    """Parquet files with a column `text`, a part being one row group."""

    def __init__(self, files: list[str], opener: Callable[[str], BinaryIO]) -> None:
        self.files, self.opener = files, opener
        self.parts = [(file, group) for file in files for group in range(self._open(file).num_row_groups)]

    def _open(self, file: str) -> ParquetFile:
        with _readable(file):
            parquet = ParquetFile(self.opener(file), buffer_size=2**20)
            names = parquet.schema_arrow.names
            require(COLUMN in names, f"the text {file} has the columns {', '.join(names)}; needed: {COLUMN}")
            kind = parquet.schema_arrow.field(COLUMN).type
            text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
            require(text, f"{file}: {COLUMN} is {kind}, not string")
            return parquet

    def __len__(self) -> int:
        return len(self.parts)

    def read(self, part: int) -> Iterator[list[str]]:
        """The articles of a part, some hundred at a time."""
        file, group = self.parts[part]
        with _readable(file):
            for rows in self._open(file).iter_batches(ROWS, row_groups=[group], columns=[COLUMN], use_threads=False):
                yield [article or "" for article in rows[COLUMN].to_pylist()]


class Lines:
    """A plain text file, which is one part; a line longer than 65,536 characters is taken as several."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __len__(self) -> int:
        return 1

    def read(self, part: int) -> Iterator[list[str]]:
        """The lines, some hundred at a time."""
        with _readable(str(self.path)), self.path.open(encoding=TEXT) as file:
            line_by_line = iter(lambda: file.readline(LONGEST_LINE), "")
            while lines := list(islice(line_by_line, ROWS)):
                yield lines


class Text:
    """Sentences in the order of the text, from the beginning again when it ends.

    `source` is `wikimedia/wikipedia` on the hub, parquet files with its column `text`, one or a folder of them, or a
    plain text file in UTF-8. Raises `BadInput` for anything else, and for what cannot be read.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = START

    @cached_property
    def rows(self) -> ParquetRows | Lines:
        """Where the articles come from."""
        path = Path(self.source)
        if self.source == WIKIPEDIA:
            return _hub()
        if path.is_dir():
            files = sorted(map(str, path.glob("**/*.parquet")))
            require(bool(files), f"the text {self.source!r} is a folder without parquet files")
            return ParquetRows(files, lambda file: open(file, "rb"))
        known = f"{WIKIPEDIA}, a folder of parquet files, one of them, or a plain text file"
        require(path.is_file(), f"text {self.source!r} is no such file; allowed: {known}")
        with _readable(self.source), path.open("rb") as file:
            if file.read(len(PARQUET)) == PARQUET:
                return ParquetRows([self.source], lambda file: open(file, "rb"))
        check_text(path)
        return Lines(path)

    @property
    def name(self) -> str:
        """What the text is called: on the hub its address, on a disk its last part."""
        return self.source if self.source == WIKIPEDIA else Path(self.source).resolve().name

    @property
    def position(self) -> tuple[int, int, int]:
        """The part that is read, and how many of its pieces, and of the next piece's sentences, were taken."""
        return self.part, self.piece, self.taken

    @position.setter
    def position(self, saved: tuple[int, int, int]) -> None:
        self.part, self.piece, self.taken = saved
        self.pieces: Iterator[list[str]] | None = None
        self.found: list[str] | None = None

    def take(self, count: int) -> list[str]:
        """The next `count` sentences; fewer only where the whole text has fewer."""
        taken = []
        ends = 1 if self.position == START else 2
        while len(taken) < count and ends:
            if self.found is None and not self._read():
                ends -= self.position == START
                continue
            fresh = self.found[self.taken : self.taken + count - len(taken)]
            taken += fresh
            self.taken += len(fresh)
            if self.taken == len(self.found):
                self.piece, self.taken, self.found = self.piece + 1, 0, None
        return taken

    def _read(self) -> bool:
        """Read the next piece; at a part's end, stand before the next part and say false."""
        if self.pieces is None:
            self.pieces = islice(self.rows.read(self.part), self.piece, None)
        articles = next(self.pieces, None)
        if articles is None:
            self.position = ((self.part + 1) % len(self.rows), 0, 0)
            return False
        self.found = [each for article in articles for each in sentences(article)]
        return True

    @cached_property
    def fingerprint(self) -> str:
        """What the text is: the hub's revision, or a checksum over the files."""
        if self.source == WIKIPEDIA:
            return f"{WIKIPEDIA}/{WIKIPEDIA_PART}@{WIKIPEDIA_REVISION}"
        if isinstance(self.rows, Lines):
            return file_fingerprint(self.rows.path)
        return fingerprint(*(file_fingerprint(Path(file)) for file in self.rows.files))


def _hub() -> ParquetRows:
    with _readable(f"{WIKIPEDIA!r} on the hub"):
        hub = HfFileSystem()
        files = hub.glob(f"datasets/{WIKIPEDIA}@{WIKIPEDIA_REVISION}/{WIKIPEDIA_PART}/*.parquet")
        require(bool(files), f"the hub lists no files of {WIKIPEDIA}")
        return ParquetRows(sorted(files), hub.open)
