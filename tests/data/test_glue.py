"""Metrics, the cut of the training rows, and sources that are not GLUE."""

import datasets
import numpy as np
import pytest

from compressions.data.glue import load, rows_fingerprint
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
    assert len(first) == 10 and first["idx"] == second["idx"] and list(first["idx"]) != list(range(10))


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


def test_a_folder_with_other_columns(tmp_path):
    renamed = datasets.Features({("premise" if name == "sentence1" else name): kind for name, kind in RTE.items()})
    rows = [{("premise" if name == "sentence1" else name): value for name, value in row.items()} for row in ROWS]
    with pytest.raises(BadInput, match="'sentence1'; allowed: premise, sentence2, label, idx"):
        load(TASKS["rte"], write_glue(tmp_path, "rte", renamed, rows))


def test_a_folder_with_labels_in_another_order(tmp_path):
    swapped = RTE.copy()
    swapped["label"] = datasets.ClassLabel(names=["not_entailment", "entailment"])
    with pytest.raises(BadInput, match=r"needed, in this order: \['entailment', 'not_entailment'\]"):
        load(TASKS["rte"], write_glue(tmp_path, "rte", swapped, ROWS))


def test_a_split_without_rows(tmp_path):
    with pytest.raises(BadInput, match=r"rte.*no data"):
        load(TASKS["rte"], write_glue(tmp_path, "rte", RTE, []))


def test_all_eight_tasks_of_real_glue_are_read(real):
    for task in GLUE_TASKS.values():
        rows = load(task, real["glue"], train_rows=100)
        assert len(rows.train) == 100 and len(rows.validation) > 200
