"""What size measures say of the same models, on bytes made up so that the answer is known."""

import numpy as np
import pandas as pd
import pytest

from compressions.analysis.bootstrap import bootstrap
from compressions.analysis.byte_synergy import (
    bits_a_weight,
    byte_synergy,
    load_size_measures,
    matched_synergy,
    mean_bytes,
    measured,
)
from compressions.analysis.reading import NoResults, read_results
from compressions.storage.size_measures import COUNTED, KEY, LAYERS, SIZE_MEASURES, SIZE_MEASURES_FILE, WHOLE
from tests.simulated import record_measures, write_records

BYTES = {"base": 4000, "qat": 1000, "mp60": 2000, "qat+mp60": 800, "qat+kd+mp60": 700}


def write(folder, spread=0.0, tasks=("rte", "cola", "sst2")):
    """Measures in which both methods save 5 times where the product is 8; models of other tasks are off by `spread`."""
    generator, rows = np.random.default_rng(0), []
    for task in tasks:
        for configuration, size in BYTES.items():
            counted = dict.fromkeys(SIZE_MEASURES, size * 2 ** (spread * generator.normal()))
            named = dict(zip(KEY, (task, "tiny", configuration, 0), strict=True))
            rows.append({**named, "part": WHOLE, "parameters": 1000, **counted, "artifact_sha256": str(len(rows))})
    folder.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_csv(folder / SIZE_MEASURES_FILE, index=False)


def test_bytes_that_save_less_together_than_their_product_are_below_zero(tmp_path):
    write(tmp_path)
    found = byte_synergy(load_size_measures([tmp_path]), WHOLE)
    assert list(found.size_measure) == list(SIZE_MEASURES) and set(found.sparsity) == {0.6}
    assert np.allclose(found.value, np.log2(5 / 8)) and np.allclose(found.high - found.low, 0)


@pytest.mark.slow
def test_the_interval_covers_the_truth_as_often_as_it_says(tmp_path):
    inside = []
    for run in range(100):
        generator = np.random.default_rng(run)
        frame = [
            {
                "task": "rte",
                "size": "tiny",
                "part": WHOLE,
                "subset": subset,
                "sparsity": sparsity,
                "bytes": size,
                "noise": noise,
            }
            for subset, sparsity, size in (("base", 0, 4000), ("qat", 0, 1000), ("mp", 0.6, 2000), ("qat+mp", 0.6, 800))
            for noise in generator.normal(scale=0.01, size=3)
        ]
        frame = pd.DataFrame(frame)
        frame = frame.assign(**{measure: frame.bytes * 2**frame.noise for measure in SIZE_MEASURES})
        found = byte_synergy(frame, WHOLE).iloc[0]
        inside.append(found.low <= np.log2(5 / 8) <= found.high)
    assert 0.9 < np.mean(inside) < 0.99


def test_models_of_the_same_tasks_are_compared(tmp_path):
    write(tmp_path)
    frame = load_size_measures([tmp_path])
    frame.loc[(frame.configuration == "base") & (frame.task != "rte"), list(SIZE_MEASURES)] *= 7
    frame = frame[(frame.configuration == "base") | (frame.task == "rte")]
    assert np.allclose(byte_synergy(frame, WHOLE).value, np.log2(5 / 8))


def test_one_model_of_each_has_a_value_and_no_interval(tmp_path):
    write(tmp_path, tasks=("rte",))
    found = byte_synergy(load_size_measures([tmp_path]), WHOLE)
    assert np.allclose(found.value, np.log2(5 / 8)) and found.low.isna().all()


def test_means_are_of_the_models_that_were_measured(tmp_path):
    write(tmp_path / "a", tasks=("rte",))
    write(tmp_path / "b", tasks=("cola", "sst2"))
    found = mean_bytes(load_size_measures([tmp_path / "a", tmp_path / "b"]), WHOLE).set_index(["subset", "sparsity"])
    assert (found.models == 3).all() and found.loc[("qat+kd+mp", 0.6), "xz"] == pytest.approx(700)
    with pytest.raises(NoResults, match="no model of .* was measured; `make grid GRID="):
        load_size_measures([tmp_path])


def test_a_size_measure_by_which_no_model_was_measured_is_left_out(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    record_measures(tmp_path, ("csr", "packed"))
    frame = load_size_measures([tmp_path])
    assert measured(frame) == [*COUNTED, "csr", "packed"]
    assert list(byte_synergy(frame, LAYERS).size_measure.unique()) == measured(frame)


def test_bits_a_weight_are_of_the_layers_of_models_without_distillation(tmp_path):
    write_records(tmp_path, tasks=("rte",), sizes=("tiny",), seeds=(0,))
    record_measures(tmp_path)
    bits = bits_a_weight(load_size_measures([tmp_path])).set_index(["stored", "sparsity", "size_measure"]).bits
    assert bits["fp32", 0.0, "dense"] == pytest.approx(32) and bits["int8", 0.6, "dense"] == pytest.approx(8)
    assert bits["int8", 0.4, "paper"] > bits["int8", 0.6, "paper"] and len(bits) == 6 * len(SIZE_MEASURES)


def test_synergy_at_matched_score_is_told_for_each_size_measure_of_the_results(tmp_path):
    write_records(tmp_path, seeds=(0,))
    record_measures(tmp_path, ("packed",))
    results = read_results(tmp_path)
    found = matched_synergy(results, bootstrap(results, 10), 0.5, "discrete")
    assert list(found.size_measure.unique()) == [*COUNTED, "packed"]
    assert set(found["size"]) == {"TINY", "MINI"} and found.low.isna().all()
