"""Metrics, the cut of the training rows, and sources that are not GLUE."""

import datasets
import numpy as np
import pandas
import pyarrow
import pytest
from pyarrow import parquet

from compressions.data.glue import hold_out, load, rows_fingerprint
from compressions.data.tasks import GLUE_TASKS, HUB, TASKS
from compressions.errors import BadInput
from compressions.training import metrics


def write_glue(folder, task: str, features: datasets.Features, rows: list[dict]):
    """A local folder in the hub's layout with one task whose splits are the given rows."""
    splits = ("train", "validation")
    for split in splits:
        path = folder / task / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {name: [row[name] for row in rows] for name in features}
        datasets.Dataset.from_dict(content, features=features).to_parquet(path)
    files = "".join(f"  - split: {split}\n    path: {task}/{split}-*\n" for split in splits)
    (folder / "README.md").write_text(f"---\nconfigs:\n- config_name: {task}\n  data_files:\n{files}---\n")
    return str(folder)


RTE = datasets.Features(
    sentence1=datasets.Value("string"),
    sentence2=datasets.Value("string"),
    label=datasets.ClassLabel(names=["entailment", "not_entailment"]),
    idx=datasets.Value("int32"),
)
ROWS = [{"sentence1": f"{n} cats", "sentence2": f"{n} animals", "label": n % 2, "idx": n} for n in range(40)]


def test_scores_of_hand_made_predictions():
    labels, predictions = np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0])
    mrpc = metrics.scores(TASKS["mrpc"], labels, predictions)
    # Three of four are right; precision 1 and recall 1/2 make F1 = 2/3; the score is their mean.
    assert mrpc["accuracy"] == 75 and mrpc["f1"] == pytest.approx(200 / 3)
    assert mrpc["score"] == pytest.approx((75 + 200 / 3) / 2)
    # MCC = (TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)) = 2 / √(1·2·2·3)
    cola = metrics.scores(TASKS["cola"], labels, predictions)
    assert cola["mcc"] == pytest.approx(100 * 2 / 12**0.5) and cola["score"] == cola["accuracy"]


def test_a_graded_task_is_scored_by_its_correlations():
    scores = metrics.scores(TASKS["stsb"], np.array([0.0, 1, 2, 3]), np.array([0.0, 1, 4, 9]))
    assert scores["spearman"] == pytest.approx(100)
    assert scores["score"] == pytest.approx((scores["pearson"] + scores["spearman"]) / 2)


@pytest.mark.filterwarnings("ignore:An input array is constant")
def test_constant_predictions_have_a_correlation_of_zero():
    assert metrics.scores(TASKS["stsb"], np.array([0.0, 1, 2]), np.ones(3))["score"] == 0


def test_a_local_folder_in_the_hubs_layout_is_read(tmp_path):
    rows = load(TASKS["rte"], write_glue(tmp_path, "rte", RTE, ROWS))
    assert rows.train["sentence1"][3] == "3 cats" and len(rows.validation) == 40


def test_a_folder_is_read_as_it_is_now_and_not_as_another_of_its_name(tmp_path):
    for place, rows in (("a", ROWS), ("b", ROWS[:5]), ("a", ROWS[:7])):
        glue = write_glue(tmp_path / place / "glue", "rte", RTE, rows)
        assert len(load(TASKS["rte"], glue).train) == len(rows)


def test_the_cut_is_the_same_random_rows_every_time(tmp_path):
    glue = write_glue(tmp_path, "rte", RTE, ROWS)
    first, second = (load(TASKS["rte"], glue, train_rows=10).train for _ in range(2))
    texts = list(first["sentence1"])
    assert len(texts) == 10 and texts == list(second["sentence1"]) != [row["sentence1"] for row in ROWS[:10]]


def test_fingerprints_tell_rows_apart(tmp_path):
    rows = load(TASKS["rte"], write_glue(tmp_path, "rte", RTE, ROWS)).train
    fewer, turned = rows.select(range(39)), rows.select(range(39, -1, -1))
    assert len({rows_fingerprint(TASKS["rte"], each) for each in (rows, fewer, turned)}) == 3


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match=f"{tmp_path}/nowhere.*allowed: builtin, {HUB}, or a local folder"):
        load(TASKS["rte"], f"{tmp_path}/nowhere")


def test_a_folder_without_the_task(tmp_path):
    glue = write_glue(tmp_path, "rte", RTE, ROWS)
    with pytest.raises(BadInput, match="does not hold the task 'mrpc'"):
        load(TASKS["mrpc"], glue)


def changed(folder, split="train", **columns) -> str:
    """A folder with RTE in which columns of one split are others: values, or None for a column that is not there."""
    glue = write_glue(folder, "rte", RTE, ROWS)
    path = folder / f"rte/{split}-00000-of-00001.parquet"
    table = pyarrow.table(pandas.read_parquet(path)).replace_schema_metadata(None)
    for name, values in columns.items():
        table = table.drop([name])
        table = table if values is None else table.append_column(name, [values])
    parquet.write_table(table, path)
    return glue


LABELS = [row["label"] for row in ROWS]
TEXTS = [row["sentence1"] for row in ROWS]


@pytest.mark.parametrize(
    "columns, says",
    [
        ({"label": [*LABELS[:7], None, *LABELS[8:]]}, "row 8 has nothing in column 'label'"),
        ({"label": [*LABELS[:7], -1, *LABELS[8:]]}, "row 8 has the label -1; allowed: 0 to 1"),
        ({"label": [*LABELS[:7], 2, *LABELS[8:]]}, "row 8 has the label 2; allowed: 0 to 1"),
        ({"label": [str(label) for label in LABELS]}, "has string in column 'label'; needed: label numbers"),
        ({"label": [float(label) for label in LABELS]}, "has double in column 'label'; needed: label numbers"),
        ({"label": None}, "unknown column of .*'label'; allowed: sentence1, sentence2, idx"),
        ({"sentence1": [*TEXTS[:7], None, *TEXTS[8:]]}, "row 8 has nothing in column 'sentence1'"),
        ({"sentence1": LABELS}, "has int64 in column 'sentence1'; needed: texts"),
        ({"sentence2": None}, "unknown column of .*'sentence2'; allowed: sentence1, label, idx"),
    ],
)
@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_row_that_cannot_be_learned_from_is_named_by_file_and_row(tmp_path, split, columns, says):
    with pytest.raises(BadInput, match=says) as error:
        load(TASKS["rte"], changed(tmp_path, split, **columns))
    assert f"rte/{split}-00000-of-00001.parquet" in str(error.value) and "\n" not in str(error.value)


def test_plain_label_numbers_are_the_hubs(tmp_path):
    rows = load(TASKS["rte"], changed(tmp_path, label=LABELS)).train
    assert rows.features["label"].names == list(TASKS["rte"].labels) and list(rows["label"]) == LABELS


@pytest.mark.parametrize(
    "grades, says", [([0, 1, 2], None), ([0.5, None, 1.0], "row 2"), ([0.5, 1.0, np.nan], "row 3")]
)
def test_grades_are_numbers_of_any_type(tmp_path, grades, says):
    features = {"sentence1": ["a", "b", "c"], "sentence2": ["a", "b", "c"], "label": grades}
    for split in ("train", "validation"):
        (tmp_path / "stsb").mkdir(exist_ok=True)
        parquet.write_table(pyarrow.table(features), tmp_path / f"stsb/{split}.parquet")
    if says:
        with pytest.raises(BadInput, match=says):
            load(TASKS["stsb"], str(tmp_path))
    else:
        rows = load(TASKS["stsb"], str(tmp_path)).train
        assert rows.features["label"].dtype == "float32" and list(rows["label"]) == grades


@pytest.mark.parametrize("name", ["glue [copy]", "glue*?", "größe 'x' \"y\"", "a{b}", "#1 %41"])
def test_a_folder_may_have_any_name(tmp_path, name):
    assert len(load(TASKS["rte"], write_glue(tmp_path / name, "rte", RTE, ROWS)).train) == 40


def test_splits_that_are_not_used_do_not_matter(tmp_path):
    glue = write_glue(tmp_path, "rte", RTE, ROWS)
    (tmp_path / "README.md").write_text(
        "configs:\n- config_name: rte\n  data_files: [{split: test, path: rte/test-*}]\n"
    )
    (tmp_path / "rte/test-00000-of-00001.parquet").write_text("broken")
    assert len(load(TASKS["rte"], glue).validation) == 40


def test_files_of_one_split_are_read_in_their_order(tmp_path):
    glue = write_glue(tmp_path, "rte", RTE, ROWS[:30])
    write_glue(tmp_path / "more", "rte", RTE, ROWS[30:])
    (tmp_path / "more/rte/train-00000-of-00001.parquet").rename(tmp_path / "rte/train-00001-of-00002.parquet")
    assert list(load(TASKS["rte"], glue).train["sentence1"]) == TEXTS


def test_a_broken_file_is_named(tmp_path):
    glue = write_glue(tmp_path, "rte", RTE, ROWS)
    (tmp_path / "rte/train-00000-of-00001.parquet").write_text("no parquet")
    with pytest.raises(BadInput, match="train-00000-of-00001.parquet cannot be read: "):
        load(TASKS["rte"], glue)


def test_a_folder_with_labels_in_another_order(tmp_path):
    swapped = RTE.copy()
    swapped["label"] = datasets.ClassLabel(names=["not_entailment", "entailment"])
    with pytest.raises(BadInput, match=r"needed, in this order: \['entailment', 'not_entailment'\]"):
        load(TASKS["rte"], write_glue(tmp_path, "rte", swapped, ROWS))


def test_a_split_without_rows(tmp_path):
    with pytest.raises(BadInput, match="the train split of rte in .* has no rows"):
        load(TASKS["rte"], write_glue(tmp_path, "rte", RTE, []))


def test_holding_out_leaves_rows_to_train_on(tmp_path):
    rows = load(TASKS["rte"], write_glue(tmp_path, "rte", RTE, ROWS))
    assert len(hold_out(rows, 0.1).validation) == 4
    with pytest.raises(BadInput, match="held_out 0.99 of 40 training rows leaves none to train on"):
        hold_out(rows, 0.99)


def test_all_eight_tasks_of_real_glue_are_read(real):
    for task in GLUE_TASKS.values():
        rows = load(task, real["glue"], train_rows=100)
        assert len(rows.train) == 100 and len(rows.validation) > 200
