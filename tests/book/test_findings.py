"""Figures and tables of the findings show what the frames hold, and chapters without records say what is missing."""

import re

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest

from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.pareto import model_table
from compressions.analysis.ranking import published_steps, steps
from compressions.analysis.reading import NoResults, read_results
from compressions.analysis.reductions import reduction_table
from compressions.analysis.score_changes import COLUMNS, score_changes
from compressions.analysis.synergy import SETTINGS, interactions_by_setting
from compressions.book import missing, tables
from compressions.book.change_figures import changes_by_configuration, changes_by_task, price_figure
from compressions.book.figures import tradeoff_static
from compressions.book.interaction_figures import interaction_heatmap
from compressions.book.missing import read_or_stop
from compressions.book.published import published_interactions, read_figure1, read_table1, reading_precision
from tests.chapters import shown_by_chapter
from tests.conftest import ROOT, call_papermill
from tests.simulated import write_records

POINTS = read_figure1(ROOT / "book/paper/figure1.csv")


@pytest.fixture(scope="module", params=[(0, 1), (0,)], ids=["two seeds", "one seed"])
def results(request, tmp_path_factory):
    """TINY on two tasks, and MINI on one of them."""
    folder = tmp_path_factory.mktemp("results")
    write_records(folder, sizes=("tiny", "mini"), tasks=("rte",), seeds=request.param)
    write_records(folder, sizes=("tiny",), tasks=("sst2",), seeds=request.param)
    return read_results(folder, comparable=False)


def texts(figure) -> str:
    return " ".join(text.get_text() for axes in figure.axes for text in axes.texts)


def test_the_heat_map_marks_each_question_and_the_papers(results):
    drawn = bootstrap(results, 20)
    found = interactions_by_setting(results, drawn, results, drawn, margin=0.25)
    figure = interaction_heatmap(found, published_interactions(POINTS), reading_precision())
    shown = texts(figure)
    marks = found.says.map({"super-additive": "▲", "sub-additive": "▼", "adds up": "=", "one seed": ""}).fillna("?")
    assert shown.count("?") == (marks == "?").sum() and shown.count("±") == found.low.notna().sum()
    assert [axes.get_title() for axes in figure.axes][-1] == "the paper's Figure 1"
    assert "▲ +1.8" in shown  # the paper's TINY by KD and MP


def test_the_papers_interactions_are_of_its_points_smallest_first():
    found = published_interactions(POINTS)
    assert list(found.index) == ["TINY", "MINI", "SMALL", "MEDIUM", "BASE", "LARGE"]
    score = POINTS[POINTS["size"] == "base"].set_index("configuration").score
    wanted = score["qat+kd"] - score["qat"] - score["kd"] + score["base"]
    assert found.loc["BASE", "QAT+KD"] == pytest.approx(wanted)


def test_panels_of_the_tradeoff_share_their_sizes(results):
    models = model_table(results, bootstrap(results, 20)).query("task == 'rte' and configuration != 'aug'")
    both = pd.concat([models.assign(source="this edition"), POINTS])
    figure = tradeoff_static(both, "mean score", "source")
    ours, theirs = figure.axes
    assert ours.get_xlim() == theirs.get_xlim() and ours.get_ylim() != theirs.get_ylim()
    assert {"TINY", "MINI", "LARGE"} <= set(texts(figure).split())


def test_figures_of_changes_are_drawn_with_and_without_intervals(results):
    drawn = bootstrap(results, 20)
    figure = changes_by_task(score_changes(results, drawn), "kd")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["sst2", "rte", "mean"]
    changes = score_changes(results, drawn).query("task == 'mean' and change != 'aug'")
    axes = changes_by_configuration(changes, POINTS, pd.Series({"base": 1, "qat": 4, "mp60": 1.06})).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mp60, 1.1×", "qat, 4.0×"]
    assert "QAT" in texts(price_figure(steps(results, drawn), published_steps(POINTS)))
    plt.close("all")


def test_tables_show_values_beside_the_papers(results):
    drawn = bootstrap(results, 20)
    changes = score_changes(results, drawn)
    found = tables.scores_table(model_table(results, drawn), changes, POINTS).data
    qat = found[(found["size"] == "TINY") & (found.configuration == "qat")].iloc[0]
    assert qat["the paper's change"] == "-0.1" and re.match(r"[+-]\d+\.\d \(", qat["change (95 % CI)"])
    table1 = read_table1(ROOT / "book/paper/table1.csv")
    reductions = tables.reductions_table(reduction_table(results, 20, 0.5, "discrete"), table1).data
    assert reductions[reductions["from"] == "the paper"].QAT.tolist() == ["3.4", "3.7"]
    found = interactions_by_setting(results, drawn, results, drawn, margin=0.25)
    interactions = tables.interactions_table(found, published_interactions(POINTS)).data
    assert len(interactions) == (found.setting == SETTINGS[0]).sum() and (interactions["the paper's"] != "–").all()
    prices = tables.prices_table(steps(results, drawn), published_steps(POINTS)).data
    assert prices[prices.step == "QAT"]["bytes saved"].unique().tolist() == ["75 %"]


def test_the_table_of_controls_has_a_column_for_each_size():
    rows = [("mean", "tiny", "ptq", -0.5, -0.9, -0.1, 2), ("mean", "tiny", "qat - ptq", 0.4, 0.1, 0.7, 2)]
    found = tables.controls_table(pd.DataFrame(rows, columns=COLUMNS)).data.set_index("change of the mean score")
    assert list(found) == ["TINY"] and found.TINY["quantized afterwards, 8 bits"] == "-0.5 (-0.9 to -0.1)"
    assert found.TINY["QAT less that"] == "+0.4 (+0.1 to +0.7)" and found.TINY["stored in fp16"] == "–"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tradeoffs", "reductions", "synergy", "ranking"])
def test_a_chapter_without_records_says_what_is_missing_and_claims_nothing(tmp_path, name):
    outputs = shown_by_chapter(name, results=str(tmp_path / "none")).outputs
    (shown,) = [output.data["text/markdown"] for output in outputs if "text/markdown" in output.data]
    assert re.fullmatch(
        r"\*\*Nothing to show yet:\*\* .*holds no records; name one that a grid or an experiment wrote\.", shown
    )


@pytest.mark.slow
def test_a_page_without_records_has_every_number_and_figure_of_its_prose(tmp_path):
    out, page = tmp_path / "out.ipynb", ROOT / "notebooks/synergy.py"
    done = call_papermill(page, out, "-p", "results", tmp_path / "none", COMPRESSIONS_BOOK="notebooks/synergy")
    assert done.returncode == 0, done.stderr[-2000:]
    outputs = [output for cell in nbformat.read(out, 4).cells for output in cell.get("outputs", [])]
    names = {output.metadata["scrapbook"]["name"] for output in outputs if "scrapbook" in output.get("metadata", {})}
    assert names >= set(re.findall(r"\{glue:(?:text|figure)\}[ `]([\w-]+)", page.read_text()))


def test_outside_of_a_notebook_missing_records_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(missing, "get_ipython", lambda: None)  # another test of this process may have started a shell
    with pytest.raises(NoResults, match="holds no records"):
        read_or_stop(read_results, tmp_path)
