"""Variants of distillation: what each choice is worth, and which the rule takes."""

import numpy as np
import pytest

from compressions.analysis.distillation_choices import (
    changes,
    chosen_variant,
    copies_share,
    read_variants,
    variants_table,
)
from compressions.analysis.reading import NoResults
from compressions.errors import BadInput
from tests.limits import write_variants

USUAL = {"alpha": 0.9, "temperature": 2.0, "augment": 1, "hard_labels": "original", "steps": "equal"}
VARIANTS = {
    "T4": USUAL | {"temperature": 4.0},
    "alpha05": USUAL | {"alpha": 0.5},
    "no_copies": {name: value for name, value in USUAL.items() if name != "hard_labels"} | {"augment": 0},
    "reference": USUAL,
}


@pytest.fixture(scope="module")
def variants(tmp_path_factory):
    folder = tmp_path_factory.mktemp("distillation")
    write_variants(folder, VARIANTS, {"T4": 0.02, "no_copies": 0.05, "alpha05": -0.02})
    return read_variants(folder)


def test_the_table_has_each_variants_scores_and_what_it_is_worth(variants):
    frame = variants_table(variants, draws=100).set_index("variant")
    assert list(frame.index) == ["base", "reference", "T4", "alpha05", "no_copies"]
    assert frame["mean"].to_dict() == pytest.approx(
        {"reference": 80, "base": 78, "T4": 82, "alpha05": 78, "no_copies": 85}, abs=1.5
    )
    assert frame["mean"].to_numpy() == pytest.approx(frame[["sst2", "rte"]].mean(axis=1).to_numpy())
    assert frame.worth["T4"] == pytest.approx(2, abs=0.5) and frame.low["T4"] > 0 and frame.high["alpha05"] < 0
    assert frame.worth["reference"] == 0 and frame.worth["base"] == pytest.approx(-2, abs=0.5)


def test_each_variant_says_what_it_changes(variants):
    assert changes(variants) == {
        "reference": "alpha 0.9, temperature 2.0, augment 1, hard_labels original, steps equal",
        "T4": "temperature 4.0",
        "alpha05": "alpha 0.5",
        "no_copies": "augment 0",
    }


def test_the_rule_takes_the_best_alpha_and_temperature_and_nothing_else(variants):
    assert chosen_variant(variants) == "T4"


def test_the_rule_is_for_a_reference_without_copies_too(tmp_path):
    plain = VARIANTS["no_copies"]
    write_variants(tmp_path, {"reference": plain, "T4": plain | {"temperature": 4.0}}, {"T4": 0.02}, tasks=("rte",))
    assert chosen_variant(read_variants(tmp_path)) == "T4"


def test_the_share_of_rows_with_a_copy_is_that_of_the_records(variants):
    assert copies_share(variants).to_dict() == {"sst2": 5.0, "rte": 5.0}


def test_a_variant_that_has_not_run_on_all_tasks_is_compared_on_those_it_has(tmp_path):
    write_variants(tmp_path, VARIANTS, {"T4": 0.02})
    for path in tmp_path.glob("T4/rte/tiny/*.json"):
        path.unlink()
    variants = read_variants(tmp_path)
    frame = variants_table(variants, draws=20).set_index("variant")
    assert np.isnan(frame.rte["T4"]) and frame.worth["T4"] == pytest.approx(2, abs=1)
    assert chosen_variant(variants) == "T4"


def test_without_the_reference_nothing_is_worth_anything(tmp_path):
    write_variants(tmp_path, VARIANTS, {}, tasks=("rte",))
    for path in tmp_path.glob("reference/rte/tiny/*.json"):
        path.unlink()
    variants = read_variants(tmp_path)
    assert variants_table(variants, draws=20).worth.isna().all() and copies_share(variants).empty
    assert chosen_variant(variants) is None


def test_without_records_the_command_is_named(tmp_path):
    with pytest.raises(NoResults, match="distillation holds no records; `make grid GRID=distillation` makes them"):
        read_variants(tmp_path / "distillation")


def test_a_custom_task_is_compared_like_others(tmp_path):
    write_variants(tmp_path, VARIANTS, {"T4": 0.02}, tasks=("reviews", "sst2"))
    frame = variants_table(read_variants(tmp_path), draws=20).set_index("variant")
    assert list(frame)[2:4] == ["sst2", "reviews"] and frame.reviews["T4"] == pytest.approx(82, abs=1.5)


def test_records_of_the_validation_split_are_refused(tmp_path):
    write_variants(tmp_path, {"reference": USUAL | {"held_out": 0}}, {}, tasks=("rte",))
    with pytest.raises(BadInput, match="scores the validation split; choices need held-out rows"):
        read_variants(tmp_path)


def test_variants_of_other_rows_are_refused(tmp_path):
    write_variants(tmp_path, VARIANTS | {"T4": USUAL | {"validation_fingerprint": "others"}}, {}, tasks=("rte",))
    with pytest.raises(BadInput, match="differ in validation_fingerprint: these are not variants of one"):
        read_variants(tmp_path)
