"""What a folder of records lets be compared, and what is said of one that does not."""

import time

import numpy as np
import pandas as pd
import pytest

from compressions.analysis.bootstrap import bootstrap, estimate
from compressions.analysis.pareto import (
    MEAN,
    at_majority_baseline,
    best_within,
    difference,
    model_table,
    pareto_front,
    pareto_share,
    shared,
    smallest_above,
)
from compressions.analysis.reading import read_results
from compressions.analysis.results import ALL, PAPER
from compressions.data.tasks import GLUE_TASKS
from compressions.errors import BadInput
from compressions.experiments.records import read_all, record_path
from compressions.storage.size_measures import MEASURED, SIZE_MEASURES_FILE
from tests.chapters import run_chapter
from tests.conftest import ROOT
from tests.simulated import trained_on, write_measures, write_one, write_records


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two tasks, two sizes, two seeds, all configurations."""
    folder = tmp_path_factory.mktemp("results")
    write_records(folder)
    write_measures(folder)
    return folder


def test_mean_scores_are_those_of_the_records(folder):
    results = read_results(folder)
    assert results.tasks == ("sst2", "rte") and results.sizes == ("tiny", "mini") and results.left_out.empty
    for record in read_all(folder):
        chosen = record["specification"]
        place = (*results.place((chosen["task"], chosen["size"])), ALL.index(record["configuration"]))
        assert results.bytes[place] == 1e6 * record["megabytes"] and results.bytes_by["file"][place] > 0
        assert abs(results.scores[place] - record["score"]) < 25
    own = [r["score"] for r in read_all(folder) if (r["specification"]["task"], r["configuration"]) == ("rte", "kd")]
    assert results.scores[1, :, ALL.index("kd")].mean() == pytest.approx(np.mean(own))


def test_a_bitmask_costs_a_bit_a_weight_that_could_be_pruned(folder):
    results = read_results(folder)
    tiny = {
        name: {measure: sizes[0, 0, ALL.index(name)] for measure, sizes in results.bytes_by.items()} for name in ALL
    }
    # TINY has 4,385,920 parameters, 409,600 of them in matrices: at 0.6 163,840 are left, and a mask of 51,200 bytes.
    assert tiny["qat+mp60"]["paper"] == 4_385_920 - 245_760
    assert tiny["qat+mp60"]["bitmask"] == 4_385_920 - 245_760 + 51_200
    assert tiny["qat+mp60"]["dense"] == tiny["qat"]["paper"] == 4_385_920
    assert tiny["base"]["bitmask"] == 4 * 4_385_920


def test_the_table_holds_every_model_and_the_mean_of_the_tasks(folder):
    results = read_results(folder)
    frame = model_table(results, bootstrap(results, 100))
    assert len(frame) == 3 * 2 * len(ALL) and (frame.seeds == 2).all()
    assert (frame.low < frame.score).all() and (frame.score < frame.high).all()
    mean = frame[frame.task == MEAN].set_index(["size", "configuration"]).score
    others = frame[frame.task != MEAN].groupby(["size", "configuration"]).score.mean()
    assert np.allclose(mean, others.reindex(mean.index))
    means = frame[frame.task == MEAN]
    best = means[pareto_front(means.megabytes.to_numpy(), means.score.to_numpy())].sort_values("megabytes")
    assert best.score.is_monotonic_increasing and means.score.max() in set(best.score)
    assert best_within(means, means.megabytes.max()).score == means.score.max()
    assert best_within(means, 0.1) is None and smallest_above(means, 101) is None
    assert smallest_above(means, 0).megabytes == means.megabytes.min()


def test_the_best_constant_answer_is_the_majority_class_baseline(tmp_path):
    write_records(tmp_path, tasks=("cola", "sst2", "mrpc", "stsb"), sizes=("tiny",), seeds=(0,))
    results, wanted = read_results(tmp_path), {"stsb": 0}
    for task in ("cola", "sst2", "mrpc"):
        ones = np.mean(results.cells[task, "tiny"].labels == 1)
        f1 = 2 * ones / (1 + ones)  # of answering 1 throughout: precision `ones`, recall 1
        with_f1 = max((ones + f1) / 2, (1 - ones) / 2)
        wanted[task] = 100 * (with_f1 if task == "mrpc" else max(ones, 1 - ones))
    assert dict(zip(results.tasks, results.majority_scores, strict=True)) == pytest.approx(wanted)


def test_a_task_that_is_not_learned_is_at_the_majority_class_baseline(tmp_path):
    labels = np.random.default_rng(0).integers(0, 2, 400)
    for task, size, said in (
        ("sst2", "tiny", labels),
        ("rte", "tiny", np.ones(400)),
        ("sst2", "mini", labels),
        ("rte", "mini", np.where(np.arange(400) < 300, labels, 1 - labels)),
    ):
        for name in PAPER:
            write_one(tmp_path, name, labels, said, {"task": task, "size": size, "seed": 0})
    results = read_results(tmp_path)
    found = at_majority_baseline(results, bootstrap(results, 100))
    assert dict(zip(results.tasks, found.tolist(), strict=True)) == {"sst2": [False, False], "rte": [True, False]}


def test_the_share_of_draws_on_the_pareto_front(folder):
    results = read_results(folder)
    found = pareto_share(results, bootstrap(results, 50))
    assert len(found) == 2 * len(PAPER) and found.share.min() >= 0 and found.share.max() <= 1
    sizes, scores = np.array([1.0, 2.0, 3.0]), np.array([[50.0, 60.0, 55.0], [50.0, 40.0, 55.0]])
    assert pareto_front(sizes, scores).tolist() == [[True, True, False], [True, False, True]]
    least = results.bytes[..., : len(PAPER)].mean(axis=0).min()
    smallest = found.set_index(["size", "configuration"]).share[("tiny", "qat+mp60")]
    assert smallest > 0 and least == results.bytes[0, 0, PAPER.index("qat+mp60")]


def test_intervals_are_about_as_wide_as_the_binomial_allows(tmp_path):
    write_records(tmp_path, tasks=("sst2",), sizes=("tiny",), seeds=(0,), rows=900)
    results = read_results(tmp_path)
    error = estimate(results.scores, bootstrap(results, 500), lambda scores: scores).standard_error[0, 0]
    wanted = 100 * np.sqrt(results.scores[0, 0] / 100 * (1 - results.scores[0, 0] / 100) / 900)
    assert np.allclose(error, wanted, rtol=0.15)


def test_a_tasks_only_seed_is_left_out_where_most_tasks_have_several(tmp_path):
    write_records(tmp_path, tasks=("sst2", "rte"), sizes=("tiny",), seeds=(0, 1))
    write_records(tmp_path, tasks=("mnli",), sizes=("tiny",), seeds=(0,))
    write_records(tmp_path, tasks=("sst2", "rte"), sizes=("mini",), seeds=(0,))
    results = read_results(tmp_path)
    assert results.seeds.tolist() == [[2, 1], [2, 1]]
    assert results.left_out[["size", "why", "tasks"]].to_numpy().tolist() == [
        ["TINY", "one seed, where most of the size's tasks have several", "mnli"]
    ]
    assert "mnli" in read_results(tmp_path, comparable=False).tasks


def test_what_is_not_whole_is_left_out_and_counted(tmp_path):
    write_records(tmp_path, tasks=("sst2", "mrpc", "rte", "qnli"), seeds=(0,))
    record_path(tmp_path, "rte", "mini", "qat+kd", 0).unlink()
    record_path(tmp_path, "sst2", "tiny", "aug", 0).unlink()
    results = read_results(tmp_path)
    place = results.place(("rte", "tiny"))[0]
    assert ("rte", "mini") not in results.cells and place not in shared(results)[0] and shared(results)[1] == [0, 1]
    assert results.left_out.to_numpy().tolist() == [["MINI", "configurations are missing", "rte", 12]]
    assert np.isnan(results.scores[0, 0, -1]) and not np.isnan(results.scores[0, 1]).any()


def test_a_size_of_which_few_tasks_are_run_is_left_out_and_counted(tmp_path):
    write_records(tmp_path, tasks=("sst2", "mrpc", "rte"), sizes=("tiny",), seeds=(0,))
    write_records(tmp_path, tasks=("rte", "sst2"), sizes=("mini",), seeds=(0,))
    results = read_results(tmp_path)
    assert results.sizes == ("tiny",)
    few = "of the size fewer than three quarters of the tasks are whole"
    assert results.left_out.to_numpy().tolist() == [["MINI", few, "rte, sst2", 26]]
    assert read_results(tmp_path, comparable=False).sizes == ("tiny", "mini")


@pytest.mark.parametrize(("device", "precision"), [("NVIDIA H100", "float32"), ("cpu", "bfloat16")])
def test_a_cell_of_two_devices_or_precisions_is_not_used_and_counted(tmp_path, device, precision):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny", "mini"))
    trained_on(device, tmp_path, "rte", "mini", 1, ("qat",), precision)
    results = read_results(tmp_path)
    assert results.cells["rte", "mini"].seeds == (0,) and results.cells["rte", "tiny"].seeds == (0, 1)
    why = "trained on a CPU and a GPU, or in two precisions"
    assert results.left_out.to_numpy().tolist() == [["MINI", why, "rte", 13]]
    trained_on(device, tmp_path, "rte", "mini", 1, ALL, precision)
    assert read_results(tmp_path).cells["rte", "mini"].seeds == (0, 1)


def test_records_of_a_custom_task_are_results_like_others(tmp_path):
    write_records(tmp_path, tasks=("reviews", "sst2"))
    results = read_results(tmp_path, "official")
    assert results.tasks == ("sst2", "reviews") and results.scored["reviews"] == ("accuracy",)
    labels = results.cells["reviews", "tiny"].labels
    assert results.majority_scores[1] == pytest.approx(100 * max(labels.mean(), 1 - labels.mean()))
    own = [record["accuracy"] for record in read_all(tmp_path) if record["path"].startswith("reviews/tiny/base-")]
    assert results.scores[1, 0, 0] == pytest.approx(np.mean(own))
    record_path(tmp_path, "reviews", "mini", "kd", 0).unlink()
    for task in ("reviews", "sst2"):
        for seed in (0, 1):
            record_path(tmp_path, task, "tiny", "kd", seed).unlink()
            record_path(tmp_path, "sst2", "mini", "kd", seed).unlink(missing_ok=True)
    record_path(tmp_path, "reviews", "mini", "kd", 1).unlink()
    with pytest.raises(BadInput, match="no task of .* has all of base, .* lacks kd; run a grid that has them"):
        read_results(tmp_path)


def test_a_grids_own_folder_without_records_names_the_command_that_makes_them(tmp_path):
    with pytest.raises(BadInput, match="holds no records; `make grid GRID=limits` makes them"):
        read_results(tmp_path / "limits")


def test_the_folder_of_one_task_names_the_one_above(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    with pytest.raises(BadInput, match=rf"rte holds the records of one task; name the folder of all, {tmp_path}$"):
        read_results(tmp_path / "rte")


def test_a_folder_is_found_from_the_projects_own(tmp_path, monkeypatch):
    write_records(tmp_path / "results/mine", tasks=("rte",), sizes=("tiny",), seeds=(0,))
    monkeypatch.setenv("COMPRESSIONS_ROOT", str(tmp_path))
    assert read_results("results/mine").tasks == ("rte",)


def test_a_folder_that_cannot_be_compared_says_why(tmp_path, folder):
    with pytest.raises(BadInput, match="holds no records; name one that a grid or an experiment wrote"):
        read_results(tmp_path)
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,), names=PAPER[:4])
    with pytest.raises(BadInput, match="no task of .* rte with tiny, seed 0, lacks mp60, qat.kd.*that has them"):
        read_results(tmp_path)
    with pytest.raises(BadInput, match="unknown score 'glue'; allowed: score, official, first"):
        read_results(folder, score="glue")
    with pytest.raises(
        BadInput,
        match="unknown size_measure 'zip'; allowed: paper, dense, bitmask, file, csr, gzip, xz, packed, entropy",
    ):
        read_results(folder, size_measure="zip")


def test_records_of_two_grids_are_not_compared(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    write_records(tmp_path, tasks=("rte",), sizes=("mini",), seeds=(0,), learning_rate=0.5)
    read_results(tmp_path)
    write_records(tmp_path, tasks=("sst2",), sizes=("mini",), seeds=(0,))
    with pytest.raises(BadInput, match="differ in learning_rate: these are records of two grids"):
        read_results(tmp_path)
    write_records(tmp_path, tasks=("sst2",), sizes=("mini",), seeds=(0,), held_out=0.1, learning_rate=0.5)
    with pytest.raises(BadInput, match="scores a held-out part of the training rows"):
        read_results(tmp_path)


def test_a_choice_at_its_default_is_not_compared_with_another(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(1,), prune_schedule="cubic")
    with pytest.raises(BadInput, match="differ in prune_schedule: these are records of two grids"):
        read_results(tmp_path)


FINDINGS = ("tradeoffs", "reductions", "synergy", "ranking", "size_measures", "advice", "explorer")


@pytest.mark.slow
def test_a_chapter_of_findings_says_what_an_empty_folder_lacks(tmp_path):
    with pytest.raises(BadInput, match="holds no records; name one that a grid or an experiment wrote"):
        run_chapter("tradeoffs", results=str(tmp_path))


@pytest.mark.parametrize("name", FINDINGS)
@pytest.mark.slow
def test_a_chapter_of_findings_runs_with_other_choices(folder, name):
    choices = {
        "tolerance": 2,
        "size_measure": "bitmask",
        "interpolation": "interpolated",
        "score": "official",
        "draws": 50,
    }
    declared = (ROOT / f"notebooks/{name}.py").read_text()
    given = {key: value for key, value in choices.items() if f"\n{key} = " in declared}
    run_chapter(name, results=str(folder), **given)


@pytest.mark.slow
def test_one_seed_and_sizes_without_a_common_task_are_enough_to_show_what_can_be_shown(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    write_records(tmp_path, tasks=("sst2",), sizes=("minilm",), seeds=(0,))
    write_measures(tmp_path)
    for name in FINDINGS:
        run_chapter(name, results=str(tmp_path), draws=50)


@pytest.mark.slow
def test_chapters_of_findings_take_custom_tasks_and_mixed_seeds(tmp_path):
    write_records(tmp_path, tasks=("reviews",), sizes=("tiny", "mini", "MyBert"))
    write_records(tmp_path, tasks=("rte",), sizes=("tiny", "mini"))
    write_records(tmp_path, tasks=("rte",), sizes=("MyBert",), seeds=(0,))
    trained_on("NVIDIA H100", tmp_path, "rte", "mini", 1, ("kd", "aug"))
    write_measures(tmp_path)
    for name in FINDINGS:
        run_chapter(name, results=str(tmp_path), draws=50)


@pytest.mark.slow
def test_six_hundred_records_are_analyzed_within_ten_seconds(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)  # what is written here need not outlive the machine
    rows = {"cola": 1043, "sst2": 872, "mrpc": 408, "stsb": 1500, "qqp": 40430, "mnli": 9815, "qnli": 5463, "rte": 277}
    sizes = ("tiny", "mini", "base")
    for task in GLUE_TASKS:
        write_records(tmp_path, tasks=(task,), sizes=sizes, seeds=range(2), rows=rows[task])
    started = time.process_time()
    results = read_results(tmp_path)
    frame = model_table(results, bootstrap(results, 1000))
    assert len(frame) == 9 * 3 * len(ALL)
    assert time.process_time() - started < 10


def test_a_difference_of_two_models_is_that_of_their_means(folder):
    results = read_results(folder)
    found = difference(results, bootstrap(results, 200), ("tiny", "qat"), ("mini", "base"))
    means = results.scores.mean(axis=0)
    assert found.value == pytest.approx(means[0, ALL.index("qat")] - means[1, 0])
    same = difference(results, bootstrap(results, 20), ("tiny", "qat"), ("tiny", "qat"))
    assert (same.value, same.half_width) == (0, 0)


def test_a_models_bytes_are_the_mean_of_its_measured_seeds(tmp_path):
    write_records(tmp_path, sizes=("tiny",))
    write_measures(tmp_path)
    path = tmp_path / SIZE_MEASURES_FILE
    frame = pd.read_csv(path)
    frame.loc[frame.seed == 1, list(MEASURED)] *= 3
    bytes_of = read_results(tmp_path, size_measure="xz").bytes
    frame.to_csv(path, index=False)
    assert np.allclose(read_results(tmp_path, size_measure="xz").bytes, 2 * bytes_of)
    frame[(frame.seed == 1) | (frame.configuration != "kd")].to_csv(path, index=False)
    found = read_results(tmp_path, size_measure="xz")
    assert np.allclose(found.bytes[..., found.column("kd")], 3 * bytes_of[..., found.column("kd")])


def test_a_task_that_was_not_wholly_measured_is_left_out_by_a_measured_size_measure(tmp_path):
    write_records(tmp_path, sizes=("tiny",), seeds=(0,))
    write_measures(tmp_path)
    path = tmp_path / SIZE_MEASURES_FILE
    frame = pd.read_csv(path)
    frame[~((frame.task == "sst2") & (frame.configuration == "qat"))].to_csv(path, index=False)
    found = read_results(tmp_path, size_measure="xz")
    assert found.tasks == ("rte",) and found.left_out.why.tolist() == ["not measured by xz"]
    assert "xz" not in read_results(tmp_path).bytes_by
