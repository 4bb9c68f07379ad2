"""A custom task: two CSV files of labeled texts, read as RFC 4180 says and checked whole before anything is trained."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from compressions.data.tasks import BUILTIN_TASKS, CORRELATIONS, GLUE_TASKS, TASKS, WITH_F1, CsvFiles, Task
from compressions.errors import BadInput, one_of, require
from compressions.files import file_fingerprint, fingerprint, read_text, write_whole
from compressions.parameters import FLAG, NAME

if TYPE_CHECKING:
    import datasets

TASK = "task.json"
KEPT = {"name", "rows", "columns", "labels", "files", "content"}  # in it
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
MOST_LABELS = 255  # class numbers are kept as uint8
LONGEST_FIELD = 2**31 - 1  # characters, which the csv module limits to 131,072
LARGEST_GRADE = 1e38  # grades are kept as float32


@dataclass(frozen=True)
class CsvTask:
    """A custom task and its rows: `splits` has `train` and `validation`, with the task's columns and `label`.

    `delimiters` names what separates the fields of either file, `in_both` counts the validation rows whose texts are
    those of a training row.
    """

    task: Task
    splits: "datasets.DatasetDict"
    delimiters: tuple[str, str]
    in_both: int

    @property
    def alike(self) -> list[str]:
        """The labels that are others' but for their case, or are the same number: `0` and `0.0`."""
        meant = [_grade(label) if _grade(label) is not None else label.casefold() for label in self.task.labels]
        return [label for label, each in zip(self.task.labels, meant, strict=True) if meant.count(each) > 1]


@dataclass(frozen=True)
class Table:
    """The wanted columns of one CSV file: for each row its texts, its label, and the line of the file it begins in."""

    path: str
    delimiter: str
    texts: list[tuple[str, ...]]
    labels: list[str]
    lines: list[int]


def read_csv_task(name: str, train: str, validation: str, text: list[str], label: str, graded: bool = False) -> CsvTask:
    """Read a task from two CSV files; nothing is written.

    `text` names one column, or two for pairs; a graded task has numbers as labels. Raises `BadInput`, naming file and
    line, for a file that is missing, not UTF-8 or not CSV, a column that is not there, a row with more or fewer fields
    than the first line names, an empty text or label, or labels that cannot be learned or scored.
    """
    files, graded = _check_names(name, train, validation, text, label), FLAG.value("graded", graded)
    tables = [_read(path, files) for path in (files.train, files.validation)]
    labels = () if graded else _labels(tables[0], files.label)
    metrics = CORRELATIONS if graded else WITH_F1 if len(labels) == 2 else ("accuracy",)
    scored = CORRELATIONS if graded else ("accuracy",)
    columns = tuple(map(_column, files.text))
    return _with_rows(Task(name, len(tables[0].labels), columns, labels, metrics, scored, files=files), tables)


def read_files(task: Task) -> CsvTask:
    """Read the files of a task that is known; raises `BadInput` where they are gone, changed or have other labels."""
    paths = (task.files.train, task.files.validation)
    for path, checksum in zip(paths, task.files.checksums, strict=False):
        same = Path(path).is_file() and file_fingerprint(Path(path)) == checksum
        require(same, f"{path} is not the file that the project ships; restore it, or read yours as a custom task")
    return _with_rows(task, [_read(path, task.files) for path in paths])


def add_task(found: CsvTask, results: Path) -> None:
    """Let experiments know a custom task, and keep what it is beside the records that it will have in `results`.

    Raises `BadInput` where that folder has records of other rows.
    """
    task, kept = found.task, results / found.task.name / TASK
    texts = [list(rows[column]) for rows in found.splits.values() for column in (*task.columns, "label")]
    content = fingerprint(str(replace(task, files=None)), str(texts))
    same = not kept.is_file() or _kept(kept)["content"] == content
    require(same, f"{kept.parent} has records of other rows; take another name or results, or delete that folder")
    files = replace(task.files, train=_absolute(task.files.train), validation=_absolute(task.files.validation))
    if not kept.is_file():
        write_whole(kept, json.dumps(asdict(replace(task, files=files)) | {"content": content}, indent=1).encode())
    TASKS[task.name] = task


def find_task(name: str, results: Path) -> Task:
    """The task of a record in the folder `results`: GLUE's, or a custom one. Raises `BadInput` with the names known."""
    kept = results / name / TASK
    if kept.is_file() and (name not in TASKS or TASKS[name].custom):
        fields = _kept(kept)
        del fields["content"]
        files = CsvFiles(**_with_tuples(fields.pop("files")))
        TASKS[name] = Task(**_with_tuples(fields), files=files)
    one_of("task", name, TASKS)
    return TASKS[name]


def _with_tuples(fields: dict) -> dict:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _kept(path: Path) -> dict:
    try:
        found = json.loads(path.read_text())
        require(isinstance(found, dict) and found.keys() >= KEPT, f"not {', '.join(sorted(KEPT))}")
        return found
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read ({error}); delete it, and run the experiment again") from error


def _absolute(path: str) -> str:
    return str(Path(path).absolute())


def _column(text: str) -> str:
    """What a column of texts is called in rows, where `label` is the column with the labels."""
    return "label (text)" if text == "label" else text


def _check_names(name: str, train: str, validation: str, text: list[str], label: str) -> CsvFiles:
    fits = isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", name)
    require(bool(fits), f"name {name!r} is not allowed; take such as reviews-2, 64 characters at most")
    require(name not in {**GLUE_TASKS, **BUILTIN_TASKS}, f"name {name!r} is a task of GLUE or built in; take another")
    train, validation = NAME.value("train", train), NAME.value("validation", validation)
    # A column may be called 0, which YAML and papermill give as a number.
    require(isinstance(text, list | tuple), f"text must be a list such as [sentence]; got {text!r}")
    columns, label = tuple(str(column).strip() for column in text), str(label).strip()
    distinct = 1 <= len(columns) <= 2 and len(set(columns)) == len(columns)
    require(distinct, f"text {text!r} must be one column or two different ones")
    both = len(set(map(_column, columns))) < len(columns)
    require(not both, f"text {text!r} has two columns that would be {_column('label')!r}; rename one")
    require(label not in columns, f"text {text!r} must not hold the label {label!r}")
    return CsvFiles(train, validation, columns, label)


def _read(path: str, files: CsvFiles) -> Table:
    content = read_text(path)
    excel = f"{path}, line 1 is not the names of columns but Excel's {content[:5]!r}; delete it"
    require(not content.lower().startswith("sep="), excel)
    wanted = (*files.text, files.label)
    delimiter, header = _sniff(path, content, wanted)
    places = [header.index(column) for column in wanted]
    texts, labels, lines = [], [], []
    for line, row in islice(_rows(path, content, delimiter), 1, None):
        if len(row) != len(header):
            raise BadInput(
                f"{path}, line {line}: {len(row)} fields, where the first line names {len(header)}; put quotes around "
                f"a text that holds a {DELIMITERS[delimiter]}"
            )
        values = [row[place] for place in places]
        for column, value in zip(wanted, values, strict=True):
            if not value.strip():
                raise BadInput(f"{path}, line {line} has nothing in column {column!r}")
        texts.append(tuple(values[:-1]))
        labels.append(values[-1].strip())
        lines.append(line)
    require(bool(labels), f"{path} has no rows below its first line")
    return Table(path, DELIMITERS[delimiter], texts, labels, lines)


def _sniff(path: str, content: str, wanted: tuple[str, ...]) -> tuple[str, list[str]]:
    """The delimiter that finds the wanted columns in the first line, and the names there."""
    headers = {delimiter: _header(path, content, delimiter) for delimiter in DELIMITERS}
    best = max(headers, key=lambda each: (set(wanted) <= set(headers[each]), len(headers[each])))
    require(bool(headers[best]), f"{path} is no CSV file with a first line of column names")
    for column in wanted:
        one_of(f"column of {path}", column, headers[best])
        require(headers[best].count(column) == 1, f"{path} has two columns called {column!r}; rename one")
    return best, headers[best]


def _header(path: str, content: str, delimiter: str) -> list[str]:
    """The names in the first line; none where it cannot be read with this delimiter."""
    try:
        return [name.strip() for name in next(_rows(path, content, delimiter))[1]]
    except (BadInput, StopIteration):
        return []


def _rows(path: str, content: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line in which each row begins, and its fields; a line with nothing in it is no row."""
    csv.field_size_limit(LONGEST_FIELD)
    reader, line = csv.reader(StringIO(content, newline=""), delimiter=delimiter, strict=True), 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(f"{path} cannot be read as CSV, line {line}: {error}") from error


def _labels(train: Table, column: str) -> tuple[str, ...]:
    """The training labels in alphabetical order."""
    labels = sorted(set(train.labels))
    require(len(labels) > 1, f"all training rows have the label {labels[0]!r}; there is nothing to learn")
    most = f"{column!r} has {len(labels)} different labels; at most {MOST_LABELS} are taken, or say graded"
    require(len(labels) <= MOST_LABELS, most)
    return tuple(labels)


def _with_rows(task: Task, tables: list[Table]) -> CsvTask:
    """The task with the rows of its tables. Raises `BadInput` for a label that it has not."""
    import datasets  # for nothing else here: tasks are named without it

    kind = datasets.ClassLabel(names=list(task.labels)) if task.labels else datasets.Value("float32")
    features = datasets.Features(dict.fromkeys(task.columns, datasets.Value("string")) | {"label": kind})
    splits = {}
    for split, table in zip(("train", "validation"), tables, strict=True):
        texts = dict(zip(task.columns, map(list, zip(*table.texts, strict=True)), strict=True))
        values = _classes(table, task.labels) if task.labels else _grades(table)
        splits[split] = datasets.Dataset.from_dict({**texts, "label": values}, features=features)
    known, asked = ([tuple(map(str.strip, texts)) for texts in table.texts] for table in tables)
    in_both = sum(map(set(known).__contains__, asked))
    delimiters = tuple(table.delimiter for table in tables)
    return CsvTask(task, datasets.DatasetDict(splits), delimiters, in_both)


def _classes(table: Table, labels: tuple[str, ...]) -> list[int]:
    numbers = {label: number for number, label in enumerate(labels)}
    for line, label in zip(table.lines, table.labels, strict=True):
        one_of(f"label in {table.path}, line {line}:", label, labels)
    return [numbers[label] for label in table.labels]


def _grades(table: Table) -> list[float]:
    """The numbers of a graded task, which must differ for a correlation to exist."""
    grades = [_grade(label) for label in table.labels]
    wrong = next((row for row, grade in enumerate(grades) if grade is None), None)
    if wrong is not None:
        where = f"{table.path}, line {table.lines[wrong]}"
        raise BadInput(f"{where}: the label {table.labels[wrong]!r} of a graded task is no number")
    alike = f"all rows of {table.path} have the grade {table.labels[0]}; nothing can be correlated with it"
    require(len(set(grades)) > 1, alike)
    return grades


def _grade(label: str) -> float | None:
    try:
        # Python reads 1_000 as a number, no spreadsheet does.
        grade = float(label.replace("_", "?"))
    except ValueError:
        return None
    return grade if abs(grade) < LARGEST_GRADE else None
