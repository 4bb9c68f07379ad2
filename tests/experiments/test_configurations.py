"""Subsets, sparsities, and what a wrong one is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compressions.errors import BadInput
from compressions.experiments.configurations import METHODS, SUBSETS, Configuration, configurations, parse
from tests.conftest import ROOT

ALL = [list(subset) for subset in SUBSETS]


def test_every_subset_at_two_sparsities_makes_the_papers_twelve_configurations():
    names = [configuration.name for configuration in configurations(ALL, [0.4, 0.6])]
    singles = ["base", "qat", "kd", "mp40", "mp60", "qat+kd"]
    assert sorted(names) == sorted(
        [*singles, "qat+mp40", "qat+mp60", "kd+mp40", "kd+mp60", "qat+kd+mp40", "qat+kd+mp60"]
    )


def test_a_fourth_method_changes_nothing_of_the_papers_grid():
    code = (ROOT / "lib/compressions/experiments/configurations.py").read_text()
    changed = code.replace("METHODS = PAPER_METHODS", 'METHODS = (*PAPER_METHODS, "ternary")')
    assert changed != code
    names = {"__name__": "changed"}
    exec(compile(changed, "changed", "exec"), names)
    assert names["SUBSETS"] == SUBSETS and names["Configuration"](("ternary", "qat")).name == "qat+ternary"


def test_the_order_of_methods_in_a_subset_does_not_matter():
    assert Configuration(("mp", "qat"), 0.4) == Configuration(("qat", "mp"), 0.4)


def test_what_is_asked_for_twice_is_run_once():
    assert len(configurations([["qat"], ["qat"], []], [0.4])) == 2


def test_augmentation_comes_with_a_teacher_or_as_the_control():
    augmenting = {
        configuration.name for configuration in configurations([*ALL, ["aug"]], [0.4]) if configuration.augments
    }
    assert augmenting == {"kd", "qat+kd", "kd+mp40", "qat+kd+mp40", "aug"}


def test_a_sparsity_without_pruning_is_refused():
    with pytest.raises(BadInput, match=r"sparsity 0.6 is one of mp; got \['qat'\]"):
        Configuration(("qat",), 0.6)


@pytest.mark.parametrize(
    "subsets, sparsities, words",
    [
        ([["qta"]], [0.4], ["'qta'", *METHODS, "aug"]),
        ([["aug", "qat"]], [0.4], ["'aug'", "stands alone"]),
        ([["mp"]], [1.0], ["1.0", "0 to below 1"]),
        ([["mp"]], [-0.1], ["-0.1", "0 to below 1"]),
        ([["mp"]], ["much"], ["'much'", "0 to below 1"]),
        ([["mp"]], [], ["mp", "sparsities is empty"]),
        ([["qat"]], [7], ["7", "0 to below 1"]),
        ("qat", [0.4], ["subsets must be a list", "'qat'"]),
        (["qat"], [0.4], ["subset must be a list", "'qat'"]),
        ([], [0.4], ["subsets is empty", "[[]]"]),
        ([["mp"]], [0.1234567, 0.1234568], ["same name"]),
    ],
)
def test_a_wrong_subset_or_sparsity_is_named_in_one_line(subsets, sparsities, words):
    with pytest.raises(BadInput) as error:
        configurations(subsets, sparsities)
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words)


def test_bits_are_a_strength_of_quantization_as_sparsity_is_of_pruning():
    found = configurations([[], ["qat"], ["kd"], ["qat", "mp"]], [0.8, 0.9], [8, 4])
    names = ["base", "qat", "qat4", "kd", "qat+mp80", "qat+mp90", "qat4+mp80", "qat4+mp90"]
    assert [each.name for each in found] == names
    with pytest.raises(BadInput, match="bits 5"):
        Configuration(("qat",), bits=5)
    with pytest.raises(BadInput, match=r"bits 4 is one of qat; got \['mp'\]"):
        Configuration(("mp",), 0.4, bits=4)
    with pytest.raises(BadInput, match=r"quantizes, but bits is empty; give \[8\]"):
        configurations([["qat"]], [], [])


@given(st.sampled_from(SUBSETS), st.sampled_from([0.0, 0.05, 0.4, 0.625, 0.95, 1e-6]), st.sampled_from([8, 4, 3, 2]))
def test_a_name_is_read_as_the_configuration_that_has_it(subset, sparsity, bits):
    configuration = Configuration(subset, sparsity if "mp" in subset else 0.0, bits if "qat" in subset else 8)
    assert parse(configuration.name) == configuration


@pytest.mark.parametrize("name", ["", "fp32", "qat5", "mp100", "kd+aug", "QAT"])
def test_what_names_no_configuration_is_refused(name):
    with pytest.raises(BadInput):
        parse(name)
