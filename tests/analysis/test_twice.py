"""What is said of experiments that ran on two devices."""

import pandas as pd
import pytest

from compressions.analysis.twice import differences, told, unchanged


def frame(device: str, scores: dict[str, float], seed: int = 0, processor: str = "Xeon") -> pd.DataFrame:
    rows = [("rte", "mini", name, seed, device, processor, score) for name, score in scores.items()]
    columns = ["task", "size", "configuration", "seed", "device", "processor", "score"]
    return pd.DataFrame(rows, columns=columns).assign(train_checksum="a", validation_checksum="b")


def test_only_what_ran_on_two_devices_is_compared():
    first = pd.concat([frame("GPU", {"qat": 61.0, "mp40": 62.0, "mp60": 63.0}), frame("cpu", {"kd": 60.0})])
    second = frame("cpu", {"qat": 60.0, "mp40": 62.5, "kd": 50.0, "aug": 40.0})
    both = differences(first, second).set_index("configuration")
    assert both.difference.to_dict() == {"qat": 1.0, "mp40": -0.5}


@pytest.mark.parametrize("rows", ["train_checksum", "validation_checksum"])
def test_what_saw_other_rows_is_not_compared(rows):
    other = frame("cpu", {"qat": 60.0}).assign(**{rows: "c"})
    assert differences(frame("GPU", {"qat": 61.0}), other).empty


def test_two_processors_are_compared_on_devices_of_one_kind():
    first = pd.concat([frame("cpu", {"qat": 61.0, "kd": 62.0}, seed, "EPYC") for seed in (0, 1)])
    second = pd.concat([frame("cpu", {"qat": 60.0}), frame("GPU", {"kd": 50.0}), frame("cpu", {"qat": 60.5}, seed=1)])
    both = differences(first, second, by="processor")
    assert both.difference.tolist() == [1.0, 0.5] and differences(first, second).difference.tolist() == [12.0]
    # The mean of 1 and 0.5; the standard error is 0.25, t 12.706.
    assert told(both, by="processor") == (
        "trained on EPYC instead of Xeon, 2 models (of 2 pairs of a task and a seed) change by +0.75 (-2.43 to +3.93) "
        "points"
    )


def test_of_what_ran_with_two_versions_the_same_predictions_are_counted():
    versions = {"torch": "2.13", "transformers": "5.24"}
    first = frame("cpu", {"qat": 60.0, "mp40": 61.0, "kd": 59.0}).assign(
        predictions_checksum=["a", "b", "c"], **versions
    )
    second = frame("cpu", {"mp40": 61.0, "qat": 60.0, "aug": 50.0}).assign(predictions_checksum=["b", "x", "c"])
    second = second.assign(torch="2.11", transformers="5.17")
    assert unchanged(first, second) == "1 of 2 make the same predictions with PyTorch 2.11 and Transformers 5.17"
    nothing = "none was trained with other versions"
    assert unchanged(first.head(0), second) == nothing
    assert unchanged(first, first) == nothing and unchanged(first, second.assign(device="GPU")) == nothing
    assert unchanged(first, second.assign(processor="EPYC")) == nothing


def test_the_interval_is_over_seeds():
    first = pd.concat([frame("GPU", {"qat": 61.0, "mp40": 63.0}), frame("GPU", {"qat": 60.5}, seed=1)])
    second = pd.concat([frame("cpu", {"qat": 60.0, "mp40": 62.0}), frame("cpu", {"qat": 61.0}, seed=1)])
    # Seed 0 differs by 1, seed 1 by -0.5; with one degree of freedom t is 12.706, and the standard error 0.75.
    found = told(differences(first, second))
    assert found == (
        "trained on GPU instead of a CPU, 3 models (of 2 pairs of a task and a seed) change by +0.25 (-9.28 to +9.78) "
        "points"
    )


@pytest.mark.parametrize("again", [{"qat": 60.0}, {"aug": 60.0}])
def test_of_one_seed_or_none_nothing_is_said(again):
    both = differences(frame("GPU", {"qat": 61.0}), frame("cpu", again))
    assert told(both) == "too little was trained on two kinds of device to say what they differ by"
