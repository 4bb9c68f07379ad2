"""A custom task, from CSV files as people have them."""

import csv
import io
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compressions.data.csv_task import add_task, find_task, read_csv_task
from compressions.data.glue import load
from compressions.data.tasks import BUILTIN_TASKS, GLUE_TASKS, TASKS
from compressions.delivery.package import package
from compressions.errors import BadInput
from compressions.experiments.records import read_all
from tests import small
from tests.chapters import run_chapter
from tests.conftest import ROOT

NAMES = ["id", "review", "stars"]


def rows(count: int, seed: int) -> list[list[str]]:
    """Sentences of a random animal with the labels `bad` and `good`."""
    rng = random.Random(seed)
    drawn = [(rng.choice(("dog", "cat", "horse")), rng.choice(("bad", "good")), rng.random()) for _ in range(count)]
    return [[str(n), f"the {animal} was {label} {noise}", label] for n, (animal, label, noise) in enumerate(drawn)]


def write(path: Path, *lines: list[str], names=NAMES, delimiter=",", end="\r\n") -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([names, *lines])
    path.write_bytes(buffer.getvalue().encode())
    return str(path)


@pytest.fixture(autouse=True)
def no_task_stays():
    yield
    for name in TASKS.keys() - GLUE_TASKS.keys() - BUILTIN_TASKS.keys():
        del TASKS[name]


@pytest.fixture
def files(tmp_path):
    """96 training and 40 validation rows, the first with a text in other scripts and in two lines."""
    train = [["0", 'Großartig, „so gut" wie\r\n素晴らしい', "good"], *rows(95, 1)]
    return [write(tmp_path / "train.csv", *train), write(tmp_path / "validation.csv", *rows(40, 2))]


def read(files, text=("review",), label="stars", graded=False, name="mine"):
    return read_csv_task(name, *files, list(text), label, graded)


def test_rows_come_back_as_they_were_in_the_file(files):
    found = read(files)
    assert found.task.labels == ("bad", "good") and found.delimiters == ("comma", "comma") and found.in_both == 0
    assert found.splits["train"]["review"][0] == 'Großartig, „so gut" wie\r\n素晴らしい'
    assert [found.task.labels[n] for n in found.splits["validation"]["label"]] == [row[2] for row in rows(40, 2)]
    loaded = load(found.task, "anything", 8)
    assert len(loaded.train) == 8 and loaded.validation.to_dict() == found.splits["validation"].to_dict()


# What a field may hold: any text that UTF-8 can hold.
FIELDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), min_size=1).filter(str.strip)


@given(
    texts=st.lists(FIELDS, min_size=2, max_size=8),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\r\n", "\n"]),
    mark=st.booleans(),
    name=st.sampled_from(["text", "idx", "0", "label", "größe, cm", "a;b", "input_ids", "true"]),
)
def test_any_text_is_read_with_any_delimiter_line_end_mark_and_column_name(
    tmp_path_factory, texts, delimiter, end, mark, name
):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    lines = [[text, f" {n % 2} "] for n, text in enumerate(texts)]
    write(path, *lines, names=[name, "class"], delimiter=delimiter, end=end)
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + path.read_bytes())
    found = read_csv_task("mine", str(path), str(path), [name], "class")
    (column,) = found.task.columns
    assert list(found.splits["train"][column]) == texts and found.task.labels == ("0", "1")
    assert found.in_both == len(texts)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_a_row_with_too_many_or_too_few_fields_is_named_by_file_and_line(tmp_path_factory, widths):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write(path, *[["x"] * width for width in widths], names=["review", "stars"])
    wrong = next((line for line, width in enumerate(widths, 2) if width != 2), None)
    with pytest.raises(BadInput) as error:
        read([str(path), str(path)])
    assert (f"a.csv, line {wrong}: " in str(error.value)) == (wrong is not None)


def test_a_column_called_by_a_number_is_found_by_the_number(tmp_path):
    path = write(tmp_path / "a.csv", ["good dog", "1"], ["bad dog", "0"], names=["0", "1"])
    assert read([path, path], text=[0], label=1).splits["train"]["0"][0] == "good dog"


def test_a_line_counts_the_lines_of_the_file_and_not_the_rows(files):
    content = Path(files[0]).read_bytes()
    Path(files[0]).write_bytes(content + b'\r\n"two\r\nlines",\r\n')
    line = content.count(b"\n") + 2
    with pytest.raises(BadInput, match=f"train.csv, line {line}: 2 fields, where the first line names 3"):
        read(files)


@pytest.mark.parametrize(
    "content, says",
    [
        (b"review,stars\ngro\xdfartig,good\n", "a.csv, line 2 is not UTF-8 text; save it as UTF-8"),
        ("review,stars\na,good\n".encode("utf-16"), "a.csv, line 1 is not UTF-8 text"),
        (b"review,stars\na\0b,good\n", "a.csv, line 2 is no text: it holds a NUL character"),
        (b"sep=;\nreview;stars\na;good\n", "a.csv, line 1 is not the names of columns but Excel's 'sep=;'; delete it"),
        (b"", "a.csv is no CSV file with a first line of column names"),
        (b"review,stars\n", "a.csv has no rows below its first line"),
        (b'review,stars\na,good\n"never closed,good\n', "a.csv cannot be read as CSV, line 3: unexpected end of data"),
        (b'review,stars\n"so" he said,good\n', "a.csv cannot be read as CSV, line 2: "),
        (b"id,stars\n1,good\n", "unknown column of .*a.csv 'review'; allowed: id, stars"),
        (b"id;text\n1;good\n", "unknown column of .*a.csv 'review'; allowed: id, text"),
        (b"review,stars,review\na,good,b\n", "a.csv has two columns called 'review'; rename one"),
        (b"review,stars\n\n \t,good\n", "a.csv, line 3 has nothing in column 'review'"),
        (b"review,stars\na,good\nb, \n", "a.csv, line 3 has nothing in column 'stars'"),
        (b"review,stars\na,good\nb,good \n", "all training rows have the label 'good'"),
        (b"review,stars\n" + b"".join(b"a,%d\n" % n for n in range(300)), "'stars' has 300 different labels; at most"),
    ],
)
def test_a_file_that_cannot_be_learned_from_is_named(tmp_path, content, says):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=says) as error:
        read([str(path), str(path)])
    assert "\n" not in str(error.value) and "mine" not in TASKS


def test_a_label_that_only_the_validation_rows_have_is_named(files, tmp_path):
    files[1] = write(tmp_path / "b.csv", ["0", "a dog", "good"], ["1", "a cat", "odd"])
    with pytest.raises(BadInput, match="label in .*b.csv, line 3: 'odd'; allowed: bad, good"):
        read(files)


def test_names_and_columns_are_checked(files, tmp_path):
    for choices, says in (
        ({"name": "sst2"}, "name 'sst2' is a task of GLUE"),
        ({"name": "nli"}, "name 'nli' is a task of GLUE or built in"),
        ({"name": "../x"}, "name '../x' is not allowed"),
        ({"name": "a" * 300}, "name 'a+' is not allowed; take such as reviews-2, 64 characters at most"),
        ({"text": ["label", "label (text)"]}, "two columns that would be 'label \\(text\\)'; rename one"),
        ({"text": []}, "must be one column or two different ones"),
        ({"text": ["review", "review"]}, "must be one column or two different ones"),
        ({"text": ["review", "stars"]}, "must not hold the label"),
        ({"name": 5}, "name 5 is not allowed"),
        ({"graded": True}, "train.csv, line 2: the label 'good' of a graded task is no number"),
    ):
        with pytest.raises(BadInput, match=says):
            read(files, **choices)
    for path, says in (
        (5, "5 cannot be read"),
        ("no.csv", "no.csv cannot be read"),
        (str(tmp_path), "cannot"),
    ):
        with pytest.raises(BadInput, match=says):
            read([path, files[1]])


@pytest.mark.parametrize("grade", ["", "two", "nan", "inf", "1,5", "1_5", "1e39"])
def test_a_grade_that_is_no_number_is_named(tmp_path, grade):
    path = write(tmp_path / "a.csv", ["0", "a dog", "1"], ["1", "a cat", grade])
    with pytest.raises(BadInput, match="a.csv, line 3"):
        read([path, path], graded=True)


def test_a_graded_task_of_pairs_is_scored_by_correlation(tmp_path):
    lines = [[f"{n} dogs", f"{n + 1} dogs", f" {n / 7} "] for n in range(9)]
    path = write(tmp_path / "a.csv", *lines, names=["a", "b", "grade"])
    found = read([path, path], ["a", "b"], "grade", graded=True)
    assert found.task.labels == () and found.task.scored == ("pearson", "spearman")
    assert found.splits["train"]["label"][7] == pytest.approx(1.0)
    path = write(tmp_path / "a.csv", *[[*line[:2], "1"] for line in lines], names=["a", "b", "grade"])
    with pytest.raises(BadInput, match="all rows of .*a.csv have the grade 1"):
        read([path, path], ["a", "b"], "grade", graded=True)


def test_validation_rows_that_are_training_rows_are_counted(tmp_path):
    train, other = [["0", f"{n} dogs", str(n % 2)] for n in range(6)], [["0", " 3 dogs ", "0"], ["1", "no dog", "1"]]
    files = [write(tmp_path / "a.csv", *train), write(tmp_path / "b.csv", *other, *train[:2])]
    assert read(files).in_both == 3


def test_a_hundred_thousand_rows_simply_work(files, tmp_path):
    files[0] = write(tmp_path / "many.csv", *rows(100_000, 3))
    assert len(read(files).splits["train"]) == 100_000


def test_a_task_is_kept_beside_its_records_and_other_rows_there_are_refused(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    add_task(read(["train.csv", "validation.csv"]), tmp_path / "results")
    TASKS.pop("mine")
    monkeypatch.chdir(ROOT)
    task = find_task("mine", tmp_path / "results")
    assert task.labels == ("bad", "good") and len(load(task, "").validation) == 40
    add_task(read(files), tmp_path / "results")  # a second call changes nothing
    files[0] = write(tmp_path / "other.csv", *rows(90, 4))
    with pytest.raises(BadInput, match="results/mine has records of other rows; take another name or results"):
        add_task(read(files), tmp_path / "results")
    add_task(read(files), tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="unknown task 'yours'; allowed: .*, mine"):
        find_task("yours", tmp_path / "results")


@pytest.mark.parametrize("content", ["{}", "5", "[1]", "null", "{", '{"content": 1}'])
def test_what_was_kept_of_a_task_and_is_broken_is_named(files, tmp_path, content):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/task.json").write_text(content)
    with pytest.raises(BadInput, match=r"mine/task\.json cannot be read .*; delete it"):
        add_task(read(files), tmp_path)
    with pytest.raises(BadInput, match=r"mine/task\.json cannot be read"):
        find_task("mine", tmp_path)


def test_labels_that_may_be_the_same_are_told(tmp_path):
    lines = [[str(n), "a dog", label] for n, label in enumerate(["0", "0.0", "good", "Good", "bad"])]
    path = write(tmp_path / "a.csv", *lines)
    assert sorted(read([path, path]).alike) == ["0", "0.0", "Good", "good"]


def test_files_that_are_gone_or_other_since_are_named(files):
    task = read(files).task
    write(Path(files[1]), ["0", "a dog", "odd"])
    with pytest.raises(BadInput, match="validation.csv, line 2: 'odd'; allowed: bad, good"):
        load(task, "")
    Path(files[1]).unlink()
    with pytest.raises(BadInput, match="validation.csv cannot be read: No such file"):
        load(task, "")


def test_several_processes_may_prepare_one_task_at_once(files, tmp_path):
    def prepare(_) -> int:
        add_task(read(files), tmp_path / "results")
        return len(load(find_task("mine", tmp_path / "results"), "").train)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(prepare, range(64))) == {96}


@pytest.mark.slow
def test_a_chapter_compresses_an_encoder_on_csv_files_for_a_package_to_take_away(tmp_path, files, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", small.encoders())
    given = {"name": "tested", "train": files[0], "validation": files[1], "text": ["review"], "label": "stars"}
    given |= {"results": str(tmp_path / "results"), "artifacts": str(tmp_path / "artifacts")}
    run_chapter("your_task", **given, size="narrow", teacher="wide", epochs=1, subsets=[[], ["qat", "kd", "mp"]])
    records = read_all(tmp_path / "results")
    assert [record["path"] for record in records] == [
        "tested/narrow/base-seed0.json",
        "tested/narrow/qat+kd+mp60-seed0.json",
    ]
    assert all(record["specification"]["train_rows_used"] == 96 for record in records)
    monkeypatch.setattr("compressions.delivery.package.SECONDS", 0.02)
    found = package(tmp_path / "results" / records[1]["path"], tmp_path / "package")
    assert found["rows"] == 40
    predict = [sys.executable, tmp_path / "package/predict.py", "the dog was good"]
    assert subprocess.run(predict, capture_output=True, text=True, check=True).stdout.split()[0] in ("bad", "good")


def test_without_files_nothing_is_trained():
    run_chapter("your_task")
    with pytest.raises(BadInput, match="give both"):
        run_chapter("your_task", train="a.csv")
