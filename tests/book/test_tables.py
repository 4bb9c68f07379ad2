"""Tables of chapters show what records say, and one line where there are none."""

import pandas as pd
import pytest

from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.reading import read_results
from compressions.book.missing import note_without_records
from compressions.book.outcomes import outcome_points, outcome_table, outcomes
from compressions.book.pretraining import baseline_table, last_loss, provenance_table, read_provenances, trial_table
from compressions.book.rates import chosen_rates, rate_figure, rate_table, read_runs
from compressions.book.score_tables import control_table, folded_tables, task_table, teacher_table
from compressions.errors import BadInput
from compressions.experiments.records import read_all
from tests.conftest import ROOT
from tests.simulated import write_records

FIELDS = {"megabytes": 2.0, "artifact_bytes": 3e6, "non_zeros": 4, "seconds": 5.0}


def test_scores_have_an_interval_where_there_are_several_seeds(tmp_path):
    write_records(tmp_path, sizes=("tiny",), seeds=(0, 1, 2))
    write_records(tmp_path, sizes=("mini",), seeds=(0,))
    html = folded_tables(tmp_path, "score", draws=20).data
    assert html.count("<details>") == 2 and "<summary>SST2</summary>" in html
    results = read_results(tmp_path)
    first = task_table(results, bootstrap(results, draws=20), "sst2")
    assert first["TINY, seeds: 3"].str.fullmatch(r"\d+\.\d \(\d+\.\d to \d+\.\d\)").all()
    assert first["MINI, seeds: 1"].str.fullmatch(r"\d+\.\d").all()


@pytest.mark.parametrize("names, line", [(("base",), "lacks qat, kd"), ((), "holds no records")])
def test_one_line_says_why_there_is_no_table(tmp_path, names, line):
    write_records(tmp_path, names=names)
    assert line in folded_tables(tmp_path, "score", draws=20).data


def test_the_teacher_stands_beside_the_best_students_mean_over_seeds():
    scored = [("base", 80, None), ("base", 84, None), ("kd", 81, {"score": 90}), ("kd", 82, {"score": 90})]
    records = [
        {"specification": {"task": "sst2", "size": "tiny"}, "configuration": name, "score": score, "teacher": teacher}
        for name, score, teacher in scored
    ]
    (row,) = teacher_table(records).itertuples(index=False)
    assert tuple(row) == ("sst2", 90, "TINY base", 82, 8)
    assert teacher_table(records[:2]).empty and teacher_table([]).empty


def test_controls_are_means_over_seeds_beside_their_baseline():
    one = {"specification": {"task": "sst2", "size": "tiny"}, "parameters": 1}
    records = [{**one, "score": score, "controls": {"ptq": {"score": score - 2}}} for score in (80, 82)]
    assert control_table(records, "sst2").TINY.to_dict() == {"uncompressed": 81, "quantized afterwards, 8 bits": 79}
    assert control_table(records, "rte").empty


def test_outcomes_of_several_seeds_have_a_deviation_and_those_of_one_do_not():
    records = [{"configuration": "base", "score": score, **FIELDS} for score in (70.0, 72.0)]
    assert outcomes(records).loc["base", ["score", "deviation", "file"]].round(1).to_list() == [71.0, 1.4, 3.0]
    assert "± over seeds" in outcome_table(outcomes(records)).to_html()
    assert "± over seeds" not in outcome_table(outcomes(records[:1])).to_html()
    assert outcome_points(outcomes(records), "tiny")["size"].to_list() == ["tiny"]


def test_the_rule_takes_the_rate_with_the_best_mean_of_all_tasks(tmp_path):
    for rate, tasks in ((0.1, ("sst2", "rte")), (0.2, ("sst2",))):
        chosen = {"learning_rate": rate, "held_out": 0.1}
        write_records(tmp_path / str(rate), tasks, ("tiny",), (0,), names=("base",), **chosen)
    found = rate_table(read_runs(tmp_path))
    assert found["mean"].isna().to_list() == [False, True] and chosen_rates(found).to_dict() == {"TINY": 0.1}
    assert [text.get_text() for text in rate_figure(found).axes[0].texts] == ["TINY"]


def test_runs_that_chose_on_the_validation_split_are_refused(tmp_path):
    with pytest.raises(BadInput, match="holds no records"):
        read_runs(tmp_path)
    write_records(tmp_path / "0.1", ("sst2",), ("tiny",), (0,), names=("base",))
    with pytest.raises(BadInput, match="not scored on rows held out"):
        read_runs(tmp_path)


def test_the_bundled_encoders_are_described_by_their_provenance():
    runs = read_provenances(ROOT / "checkpoints")
    assert provenance_table(runs).loc["layers, width, heads"].to_dict() == {"TINY": "2, 128, 2", "MINI": "4, 256, 4"}
    assert last_loss(runs["TINY"], "cosine") < runs["TINY"]["losses"][0]["cosine"]


def test_trials_are_rows_with_their_mean_and_what_was_spent():
    found = trial_table(ROOT / "results/miniatures/trial.json", {"mpnet": "MPNet"}).loc["MPNet"]
    assert found["mean"] == pytest.approx(found[["mnli", "qnli", "sst2"]].mean()) and found.minutes > 1


def test_baselines_stand_beside_the_published_scores_of_their_task(tmp_path):
    write_records(tmp_path, ("sst2",), ("tiny",), (0, 1), names=("base", "qat"))
    found = baseline_table(read_all(tmp_path), pd.read_csv(ROOT / "book/paper/miniatures.csv"))
    assert found.loc[("tiny", "sst2"), "seeds"] == 2 and found.loc[("tiny", "sst2"), "Google's, test, Adam"] == 83.2
    assert pd.isna(found.loc[("mini", "sst2"), "this edition"])


def test_a_folder_without_records_is_named_with_the_command_that_fills_it():
    assert note_without_records("results/glue", []).data == (
        "*results/glue holds no records; `make grid GRID=glue` makes them.*"
    )
    elsewhere = "*results/x holds no records; name one that a grid or an experiment wrote.*"
    assert note_without_records("results/x", []).data == elsewhere
    assert note_without_records("results/x", [{}]) is None
