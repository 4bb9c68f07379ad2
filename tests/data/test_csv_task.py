"""A task of one's own, from CSV files as people have them."""

import shutil
import subprocess
import sys

import pandas as pd
import pytest

from compressions.data import embedded
from compressions.data.csv_task import add_task, find_task, place
from compressions.data.glue import load
from compressions.data.tasks import TASKS
from compressions.delivery.package import package
from compressions.errors import BadInput
from compressions.experiments.records import read_all
from tests.conftest import ROOT, call_papermill, run_chapter


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Sentences with the labels `bad` and `good`, and a text in another script; in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    splits = embedded.generate(TASKS["sst2"])
    paths = []
    for split, rows in (("train", 96), ("validation", 40)):
        part = {name: column[:rows] for name, column in splits[split].items()}
        frame = pd.DataFrame({"id": range(rows), "review": part["sentence"], "stars": part["label"]})
        frame["stars"] = frame.stars.map({0: "bad", 1: "good"})
        frame.loc[0, "review"] = 'Großartig, „so gut" wie 素晴らしい'
        paths.append(str(tmp_path / f"{split}.csv"))
        frame.to_csv(paths[-1], index=False)
    yield paths
    for name in [name for name, task in TASKS.items() if task.custom]:
        del TASKS[name]


def made(files, text=("review",), label="stars", graded=False, name="mine"):
    return add_task(name, *files, list(text), label, graded)


def test_rows_come_back_as_they_were_in_the_file(files):
    task, counts = made(files)
    assert (task.labels, counts) == (("bad", "good"), {"train": 96, "validation": 40})
    rows = load(task, str(place("mine")))
    assert rows.train["review"][0] == 'Großartig, „so gut" wie 素晴らしい'
    assert [task.labels[number] for number in rows.validation["label"]] == list(pd.read_csv(files[1]).stars)
    assert made(files)[0] == task  # a second call changes nothing
    change(files[0], lambda frame: frame.iloc[1:])
    with pytest.raises(
        BadInput, match="the task 'mine' has other rows from an earlier call; take another name, or delete"
    ):
        made(files)
    assert len(load(task, str(place("mine"))).train) == 96


def change(path: str, edit) -> None:
    edited = edit(pd.read_csv(path, dtype=str))
    edited.to_csv(path, index=False)


@pytest.mark.parametrize(
    "edit, says",
    [
        (lambda frame: frame.drop(columns="stars"), "unknown column of .*train.csv 'stars'; allowed: id, review"),
        (lambda frame: frame.assign(stars="good"), "all training rows have the label 'good'"),
        (
            lambda frame: frame.assign(review=frame.review.where(frame.id != "3", " ")),
            "nothing in column 'review' in row 4",
        ),
        (lambda frame: frame.iloc[:0], "has no rows below its first line"),
        (lambda frame: frame.assign(stars=frame.id * 3), "has 96 different labels|label in the validation rows"),
        (lambda frame: frame[frame.stars == "good"].assign(stars="odd"), "all training rows have the label 'odd'"),
        (
            lambda frame: frame.assign(stars=frame.stars.replace("bad", "odd")),
            "label in the validation rows 'bad'; allowed: good, odd",
        ),
    ],
)
def test_what_cannot_be_learned_is_named_before_anything_is_written(files, edit, says):
    change(files[0], edit)
    with pytest.raises(BadInput, match=says) as error:
        made(files)
    assert "\n" not in str(error.value) and not place("mine").exists() and "mine" not in TASKS


@pytest.mark.parametrize(
    "content, says",
    [
        (b"review,stars\ngro\xdfartig,good\n", "train.csv is not UTF-8; save it as UTF-8"),
        (b"", "train.csv cannot be read as CSV"),
        (b'review,stars\n"never closed,good\n', "train.csv cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_csv_is_named(files, content, says):
    with open(files[0], "wb") as file:
        file.write(content)
    with pytest.raises(BadInput, match=says):
        made(files)


def test_names_columns_and_grades_are_checked(files):
    for choices, says in (
        ({"name": "sst2"}, "name 'sst2' is a task of GLUE"),
        ({"name": "../x"}, "name '../x' is not allowed"),
        ({"text": []}, "must be one column or two different ones"),
        ({"text": ["review", "review"]}, "must be one column or two different ones"),
        ({"text": ["review", "stars"]}, "must not hold the label"),
        ({"name": 5}, "name 5 is not allowed"),
        ({"graded": True}, "the label 'bad' of a graded task is no number|the label 'good' of a graded"),
    ):
        with pytest.raises(BadInput, match=says):
            made(files, **choices)
    with pytest.raises(BadInput, match="the file 5 is not allowed"):
        made([5, files[1]])
    with pytest.raises(BadInput, match="nowhere.csv cannot be read as CSV"):
        made(["nowhere.csv", files[1]])


def test_a_graded_task_of_pairs_is_scored_by_correlation(files):
    for path in files:
        change(path, lambda frame: frame.assign(other=frame.review, grade=frame.id.astype(int) / 7))
    task, _ = made(files, ["review", "other"], "grade", graded=True)
    assert task.labels == () and task.scored == ("pearson", "spearman")
    assert load(task, str(place("mine"))).train["label"][7] == pytest.approx(1.0)
    change(files[0], lambda frame: frame.assign(grade=1))
    with pytest.raises(BadInput, match="all train rows have the grade 1"):
        made(files, ["review", "other"], "grade", graded=True)


def test_a_hundred_thousand_rows_simply_work(files):
    change(files[0], lambda frame: pd.concat([frame] * 1042))
    task, counts = made(files)
    assert counts["train"] == 100_032 and len(load(task, str(place("mine")), 8192).train) == 8192


def test_papermill_compresses_an_encoder_on_ones_own_files_for_a_package_to_take_away(tmp_path, files, monkeypatch):
    given = {"name": "tested", "train": files[0], "validation": files[1], "label": "stars", "epochs": 1}
    given |= {"results": tmp_path / "results", "artifacts": tmp_path / "artifacts"}
    words = [word for key, value in given.items() for word in ("-p", key, value)]
    monkeypatch.chdir(ROOT)
    shutil.rmtree(place("tested"), ignore_errors=True)
    lists = ["-y", "text: [review]", "-y", "subsets: [[], [qat, kd, mp]]", "-p", "teacher", "tiny"]
    done = call_papermill("notebooks/your_task.py", tmp_path / "out.ipynb", *words, *lists)
    assert done.returncode == 0, done.stderr[-2000:]
    records = read_all(tmp_path / "results")
    assert [record["path"] for record in records] == [
        "tested/tiny/base-seed0.json",
        "tested/tiny/qat+kd+mp60-seed0.json",
    ]
    assert all(record["specification"]["train_rows_used"] == 96 for record in records)
    found = package(tmp_path / "results" / records[1]["path"], tmp_path / "artifacts", tmp_path / "package")
    assert found["onnx"]["rows"] == 40 and find_task("tested").labels == ("bad", "good")
    predict = [sys.executable, tmp_path / "package/predict.py", "the dog was good"]
    assert subprocess.run(predict, capture_output=True, text=True, check=True).stdout.split()[0] in ("bad", "good")
    with pytest.raises(BadInput, match="unknown task 'yours'; allowed: .*, tested"):
        find_task("yours")


def test_without_files_nothing_is_trained():
    run_chapter("your_task")
    with pytest.raises(BadInput, match="give both"):
        run_chapter("your_task", train="a.csv")
