"""The search behind Table 1: on curves made by hand, and on the arithmetic that the paper's entries show."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.isotonic import isotonic_regression

from compressions.analysis.reductions import (
    FOUND,
    METHOD_SETS,
    SMALLEST,
    UNREACHED,
    check_search,
    monotone,
    reductions,
)
from compressions.analysis.results import ALL, PAPER, over_tasks
from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration, method_of
from compressions.models.architectures import SIZES
from compressions.storage.size_measures import MEGABYTE
from tests.conftest import ROOT

SMALL_FIRST = ["tiny", "mini", "small", "medium", "base", "large"]
TABLE = pd.read_csv(ROOT / "book/paper/table1.csv").set_index("architecture")
SPARSITY = {"mp40": 0.4, "mp60": 0.6}


def bytes_of(size: str, configuration: str) -> float:
    parts = configuration.split("+")
    sparsity = next((SPARSITY[part] for part in parts if part in SPARSITY), 0.0)
    return MEGABYTE * SIZES[size].megabytes(8 if "qat" in parts else 32, sparsity)


BYTES = np.array([[bytes_of(size, name) for name in PAPER] for size in SMALL_FIRST])


def scores_where(task_winners: list[tuple[str, str] | None], target: str, method: str) -> np.ndarray:
    """Scores in which, for each task, the named model of a method is the smallest to reach the target's baseline."""
    found = np.full((len(task_winners), len(SMALL_FIRST), len(PAPER)), 0.0)
    found[:, SMALL_FIRST.index(target), 0] = 80
    for task, winner in enumerate(task_winners):
        if winner is not None:
            found[task, SMALL_FIRST.index(winner[0]), PAPER.index(winner[1])] = 79.6
    return found


@pytest.mark.parametrize(
    "target, method, winners",
    [  # the arithmetic that each entry shows: on how many of the eight tasks which model was the smallest
        ("tiny", "QAT", [("tiny", "qat")] * 6 + [("mini", "qat")] * 2),
        ("mini", "QAT", [("mini", "qat")] * 7 + [("small", "qat")]),
        ("mini", "KD", [("mini", "kd")] * 7 + [("tiny", "kd")]),
        ("small", "KD", [("small", "kd")] + [("mini", "kd")] * 7),
        ("large", "QAT", [("large", "qat")] * 7 + [None]),
        ("tiny", "KD", [("tiny", "kd")] * 8),
        ("tiny", "MP", [("tiny", "mp60")] * 3 + [("mini", "mp60")] * 5),
    ],
)
def test_the_definition_gives_entries_of_the_papers_table(target, method, winners):
    scores = scores_where(winners, target, method)
    sizes = np.broadcast_to(BYTES, scores.shape)
    entry = over_tasks(reductions(scores, sizes, 0.5).ratios)[SMALL_FIRST.index(target), METHOD_SETS.index(method)]
    assert round(entry, 1) == TABLE.loc[target.upper(), method]


def one_task(**models: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores and bytes of two sizes, 100 and 400 bytes uncompressed; models that are not named score 0."""
    scores = np.zeros((1, 2, len(PAPER)))
    for name, score in models.items():
        size, _, configuration = name.partition("_")
        scores[0, ["tiny", "mini"].index(size), PAPER.index(configuration.replace("_", "+"))] = score
    saved = [np.prod([{"qat": 4.0, "mp40": 1.25, "mp60": 1.6}.get(part, 1) for part in n.split("+")]) for n in PAPER]
    return scores, np.array([[100], [400]])[None] / np.array(saved)


def test_a_hand_made_curve():
    scores, sizes = one_task(tiny_base=70, mini_base=80, tiny_qat=69, mini_qat=79.6, tiny_kd=79.5, tiny_mp40=1)
    found = reductions(scores, sizes, 0.5)
    ratio = {method: found.ratios[0, 1, place] for place, method in enumerate(METHOD_SETS)}
    status = {method: found.status[0, 1, place] for place, method in enumerate(METHOD_SETS)}
    assert ratio["QAT"] == 4 and status["QAT"] == FOUND
    assert ratio["KD"] == 4 and status["KD"] == SMALLEST
    assert ratio["MP"] == 1 and status["MP"] == UNREACHED
    of_tiny = reductions(scores, sizes, 0.5).ratios[0, 0]
    assert of_tiny[METHOD_SETS.index("QAT")] == 1.0  # a larger model, at a quarter of four times the bytes
    assert reductions(scores, sizes, 1.0).ratios[0, 0, METHOD_SETS.index("QAT")] == 4


def test_interpolation_finds_the_size_between_two_models():
    scores, sizes = one_task(tiny_base=70, mini_base=80, tiny_qat=71, mini_qat=79)
    found = reductions(scores, sizes, 5.0, "interpolated")
    # Halfway in score from 71 to 79 is halfway in log bytes from 25 to 100: 50 bytes.
    assert found.ratios[0, 1, METHOD_SETS.index("QAT")] == pytest.approx(400 / 50)
    assert found.status[0, 1, METHOD_SETS.index("QAT")] == FOUND
    assert found.status[0, 0, METHOD_SETS.index("QAT")] == SMALLEST


def test_a_missing_size_is_no_candidate_and_has_no_ratio():
    scores, sizes = one_task(tiny_base=70, mini_base=80, tiny_qat=70, mini_qat=80)
    scores[0, 0], sizes[0, 0] = np.nan, np.nan
    for search in ("discrete", "interpolated"):
        found = reductions(scores, sizes, 0.5, search)
        assert np.isnan(found.ratios[0, 0]).all()
        assert found.ratios[0, 1, METHOD_SETS.index("QAT")] == pytest.approx(4)
        assert found.ratios[0, 1, METHOD_SETS.index("KD")] == 1
        assert found.status[0, 1, METHOD_SETS.index("KD")] == UNREACHED


@given(arrays(float, st.integers(1, 12), elements=st.floats(-5, 5)))
def test_the_monotone_curve_is_the_isotonic_regression(values):
    assert np.allclose(monotone(values), isotonic_regression(values), atol=1e-9)


@given(arrays(float, (1, 2, 12), elements=st.floats(50, 90)), st.floats(0, 5), st.floats(0, 5))
def test_a_larger_tolerance_never_gives_a_smaller_reduction(scores, one, other):
    sizes = one_task()[1]
    for search in ("discrete", "interpolated"):
        less, more = (reductions(scores, sizes, each, search).ratios for each in sorted((one, other)))
        reached = reductions(scores, sizes, min(one, other), search).status != UNREACHED
        assert (more >= less - 1e-9)[reached].all()


def test_methods_are_named_as_in_the_paper():
    assert set(METHOD_SETS) <= set(TABLE.columns)
    assert [method_of(name) for name in ("base", "qat+kd+mp60", "mp12.5", "aug")] == [
        "none",
        "QAT+KD+MP",
        "MP",
        "augmentation",
    ]
    assert (*PAPER, Configuration(("aug",)).name) == ALL and len(PAPER) == 12


@pytest.mark.parametrize("value", [-1, 100, "half", True, float("nan")])
def test_a_wrong_tolerance_or_search_is_named(value):
    with pytest.raises(BadInput, match="tolerance .* a number from 0 to below 100"):
        check_search(value, "discrete")
    with pytest.raises(BadInput, match="unknown interpolation 'cubic'; allowed: discrete, interpolated"):
        reductions(*one_task(), 0.5, "cubic")
