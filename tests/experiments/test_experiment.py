"""The experiment as a user runs it: through papermill, on small data; what it leaves and what it refuses."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from transformers import set_seed

from compressions.data.glue import load
from compressions.data.tasks import HUB, TASKS
from compressions.errors import BadInput
from compressions.experiments import teacher_logits
from compressions.experiments.configurations import SUBSETS, Configuration, configurations
from compressions.experiments.experiment import Experiment, from_parameters
from compressions.experiments.records import read_all, read_predictions
from compressions.experiments.run import prepare, run, train, training_rows
from compressions.experiments.specification import specification
from compressions.models import checkpoints
from compressions.storage import artifact
from compressions.training import metrics, trainer
from compressions.training.callbacks import Progress
from tests import small
from tests.conftest import call_papermill

ask = teacher_logits._ask
EVERYTHING = [*map(list, SUBSETS), ["aug"]]
QUICK = {"task": "rte", "size": "narrow", "teacher": "wide", "epochs": 1, "train_rows": 320, "teacher_rows": 320}
QUICK |= {"glue": small.glue(), "checkpoints": small.encoders()}
PROMISED = {
    *("specification", "configuration", "score", "accuracy", "parameters", "non_zeros", "bits", "megabytes"),
    *("artifact_bytes", "steps", "epochs", "seconds", "examples_per_second", "commit", "packages", "machine"),
}


def parameters(folder, **more) -> list[str]:
    """papermill's arguments for a quick experiment that keeps its results in a folder."""
    chosen = QUICK | {"results": str(folder / "results"), "artifacts": str(folder / "artifacts")} | more
    return [word for name, value in chosen.items() for word in ("-y", f"{name}: {json.dumps(value)}")]


ALL = {"subsets": EVERYTHING, "sparsities": [0.4, 0.6]}


@pytest.fixture(scope="module")
def asking_nowhere(tmp_path_factory):
    """papermill, asking a hub that is not there: mostly it waits to try again, so it runs beside other tests."""
    folder = tmp_path_factory.mktemp("nowhere")
    arguments = parameters(folder, size="tiny", glue="nyu-mll/glue", checkpoints="hub", teacher="tiny", subsets=[[]])
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(folder / "hub"), "HF_HUB_OFFLINE": "0"}
    with ThreadPoolExecutor() as threads:
        yield threads.submit(call_papermill, "notebooks/experiment.py", folder / "out.ipynb", *arguments, **nowhere)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, asking_nowhere):
    """Where one run of all twelve configurations and the control left its results."""
    folder = tmp_path_factory.mktemp("experiment")
    done = call_papermill("notebooks/experiment.py", folder / "out.ipynb", *parameters(folder, **ALL))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def records(folder):
    return {record["configuration"]: record for record in read_all(folder / "results")}


def experiment(folder, **more) -> Experiment:
    return Experiment(**QUICK | {"results": str(folder / "results"), "artifacts": str(folder / "artifacts")} | more)


@pytest.mark.slow
def test_every_configuration_leaves_a_record_with_what_is_promised(records):
    assert set(records) == {c.name for c in configurations(EVERYTHING, [0.4, 0.6])} and len(records) == 13
    for record in records.values():
        assert set(record) >= PROMISED
        assert {"task", "size", "subset", "sparsity", "seed", "learning_rate", "train_fingerprint"} <= set(
            record["specification"]
        )


@pytest.mark.slow
def test_scores_are_those_of_the_predictions_beside_the_record(folder, records):
    labels = np.array(load(TASKS["rte"], small.glue()).validation["label"])
    for record in records.values():
        predictions, kept_labels = read_predictions(folder / "results" / record["path"])
        assert np.array_equal(kept_labels, labels)
        assert metrics.scores(TASKS["rte"], labels, predictions)["score"] == record["score"]


@pytest.mark.slow
def test_the_score_is_the_saved_models(folder, records):
    material = experiment(folder).data
    for name in ("base", "qat+kd+mp60"):
        path = folder / "results" / records[name]["path"]
        loaded = artifact.load_artifact(folder / "artifacts/results/rte/narrow" / path.stem)
        logits = trainer.predict(loaded, material.validation, material.tokenizer)
        assert np.array_equal(logits.argmax(1), read_predictions(path)[0])


@pytest.mark.slow
def test_sizes_are_exact(folder, records):
    size = experiment(folder).encoder.size
    for name, record in records.items():
        configuration = record["specification"]
        matrices = [size.hidden**2] * (4 * size.layers + 1) + [4 * size.hidden**2] * (2 * size.layers)
        masked = sum(round(configuration["sparsity"] * matrix) for matrix in matrices)
        assert record["parameters"] == size.parameters
        assert record["non_zeros"] == size.parameters - masked
        assert record["stored_zeros"] >= masked
        assert record["bits"] == (8 if "qat" in name else 32)
        assert record["megabytes"] == pytest.approx(record["non_zeros"] * record["bits"] / 8e6)


@pytest.mark.slow
def test_only_teachers_and_the_control_see_added_rows(records):
    for name, record in records.items():
        assert (record["augmented_rows"] > 300) == ("kd" in name or name == "aug")
        assert (record["teacher"] is not None) == ("kd" in name)


@pytest.mark.slow
def test_the_executed_notebook_shows_bars_a_table_and_charts(folder):
    notebook = nbformat.read(folder / "out.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    texts = [output.get("data", {}).get("text/plain", "") for output in outputs]
    assert any(text.count("█" * 24) >= 13 for text in texts)
    tables = [output.get("data", {}).get("text/html", "") for output in outputs]
    assert any(all(f">{name}<" in table for name in ("base", "qat+kd+mp60")) for table in tables)
    assert sum("vega-embed" in output.get("data", {}).get("text/html", "") for output in outputs) == 1
    assert not [output for output in outputs if output.get("name") == "stderr"]


@pytest.mark.slow
def test_a_second_run_repeats_nothing(folder, records):
    paths = {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*.json")}
    again = run(experiment(folder), configurations(EVERYTHING, [0.4, 0.6]))
    assert [record["configuration"] for record in again] == [c.name for c in configurations(EVERYTHING, [0.4, 0.6])]
    assert {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*.json")} == paths


@pytest.mark.slow
def test_records_that_are_there_are_read_and_nothing_is_trained(folder, records, monkeypatch):
    monkeypatch.delattr("compressions.experiments.run.run_configuration")
    found = run(experiment(folder), configurations(EVERYTHING, [0.4, 0.6]), watch=Progress())
    assert {record["configuration"] for record in found} == set(records)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_scores_and_force_runs_again(tmp_path, folder, records):
    threads = torch.get_num_threads()
    torch.set_num_threads(records["base"]["machine"]["threads"])
    wanted = configurations([["qat", "kd", "mp"]], [0.4])
    first = run(experiment(tmp_path), wanted)[0]
    second = run(experiment(tmp_path, force=True), wanted)[0]
    torch.set_num_threads(threads)
    assert first["seconds"] != second["seconds"]
    fields = ("score", "artifact_sha256", "predictions_sha256")
    assert all(first[field] == second[field] == records["qat+kd+mp40"][field] for field in fields)


def test_a_held_out_part_of_the_training_rows_takes_the_place_of_the_validation_split(tmp_path):
    whole, held = experiment(tmp_path).data, experiment(tmp_path, held_out=0.25).data
    assert (len(held.rows.train), len(held.labels)) == (240, 80)
    columns = held.task.columns
    texts = [text for rows in vars(held.rows).values() for text in zip(*(rows[name] for name in columns), strict=True)]
    assert sorted(texts) == sorted(zip(*(whole.rows.train[name] for name in columns), strict=True))
    assert specification(experiment(tmp_path, held_out=0.25), Configuration())["held_out"] == 0.25
    assert "held_out" not in specification(experiment(tmp_path), Configuration())


@pytest.mark.slow
def test_a_teacher_is_asked_once_for_the_same_rows(tmp_path, monkeypatch):
    run(experiment(tmp_path), configurations([["kd"]], []))
    asked = []
    monkeypatch.setattr(teacher_logits, "_ask", lambda *arguments: asked.append(arguments) or ask(*arguments))
    run(experiment(tmp_path, seed=1), configurations([["kd"]], []))
    assert asked == []
    run(experiment(tmp_path, augment=0, results=str(tmp_path / "other")), configurations([["kd"]], []))
    assert len(asked) == 1


@pytest.mark.slow
def test_a_finished_experiment_can_teach(tmp_path, folder, records):
    taught = experiment(tmp_path, teacher=str(folder / "artifacts/results/rte/narrow/kd-seed0"))
    record = run(taught, configurations([["kd"]], []))[0]
    assert record["teacher"]["fingerprint"] == records["kd"]["artifact_sha256"]


@pytest.mark.slow
def test_a_teacher_of_another_kind_of_task_is_refused(folder, records):
    teacher = str(folder / "artifacts/results/rte/narrow/kd-seed0")
    with pytest.raises(BadInput, match="gives 2 logits a row; mnli needs 3"):
        run(experiment(folder, task="mnli", teacher=teacher), configurations([["kd"]], []))


@pytest.mark.slow
def test_another_choice_under_the_same_name_is_refused_before_training(folder, records):
    with pytest.raises(BadInput, match=r"rte/narrow/base-seed0.json was made with epochs 1, not 2"):
        run(experiment(folder, epochs=2), configurations([[], ["qat"]], []))


@pytest.mark.slow
def test_the_trained_and_the_saved_model_agree_on_a_whole_validation_set(tmp_path):
    assert agreement(experiment(tmp_path), Configuration(("qat", "mp"), 0.6)) < 1e-5


@pytest.mark.slow
def test_real_trained_and_saved_model_agree_on_a_whole_validation_set(tmp_path, real):
    quick = {"task": "sst2", "size": "tiny", "train_rows": 512, "teacher": None}
    assert agreement(experiment(tmp_path, **quick, **real), Configuration(("qat",))) < 0.05


def agreement(chosen: Experiment, configuration: Configuration) -> float:
    """The difference of a fake-quantized model's logits to its int8 model's, as a share of its spread; 99 % are less.

    Asserts that both predict the same on every row. The two sum in another order: in a row in hundreds an activation on
    the edge between two int8 values falls on the other side, and moves that row's logits.
    """
    set_seed(0)
    model = checkpoints.load_model(chosen.encoder, chosen.data.task)
    train(model, training_rows(chosen, configuration, None)[0], chosen, prepare(model, chosen, configuration))
    validation, tokenizer = chosen.data.validation, chosen.data.tokenizer
    fake = trainer.predict(model.eval(), validation, tokenizer)
    real = trainer.predict(artifact.finish(model, chosen.granularity), validation, tokenizer)
    assert torch.equal(fake.argmax(1), real.argmax(1))
    return float((fake - real).abs().quantile(0.99) / fake.std())


@pytest.mark.slow
def test_one_real_experiment(tmp_path, real):
    chosen = experiment(tmp_path, size="tiny", teacher="mini", train_rows=128, teacher_rows=64, **real)
    (record,) = run(chosen, configurations([["qat", "kd", "mp"]], [0.6]))
    assert record["megabytes"] == pytest.approx(4.14, abs=0.01)  # the paper's Figure 1
    assert record["specification"]["encoder"]["source"] == "folder"
    assert record["specification"]["validation_rows"] == 277 and record["specification"]["augment"] == 1
    assert str(real["glue"]) not in json.dumps(record) and str(real["checkpoints"]) not in json.dumps(record)


@pytest.mark.slow
def test_without_wordnet_a_student_learns_from_the_original_rows_and_one_line_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORDNET", str(tmp_path))
    (record,) = run(experiment(tmp_path, train_rows=64), configurations([["kd"]], []))
    assert capsys.readouterr().out.startswith("No WordNet: students learn from the original rows alone.")
    assert (record["specification"]["augment"], record["augmented_rows"]) == (0, 0)


@pytest.mark.parametrize("chosen, subset", [({"augment": 1}, ["kd"]), ({}, ["aug"])], ids=["copies", "control"])
def test_synonyms_that_are_asked_for_and_not_there_are_refused_before_training(tmp_path, monkeypatch, chosen, subset):
    monkeypatch.setenv("WORDNET", str(tmp_path))
    with pytest.raises(BadInput, match="no WordNet"):
        run(experiment(tmp_path, **chosen), configurations([[], subset], []))
    assert not (tmp_path / "results").exists()


def test_without_a_source_the_task_decides_where_its_rows_are():
    assert [Experiment(task=task, size="tiny").glue for task in ("sentiment", "mrpc")] == ["builtin", "nyu-mll/glue"]


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"task": "wnli"}, ["unknown task 'wnli'", *TASKS]),
        (
            {"task": "sst2", "glue": "builtin"},
            ["task 'sst2' is not in glue builtin: builtin has sentiment, nli; ", "nyu-mll/glue or a local folder"],
        ),
        ({"size": "huge"}, ["'huge'", "narrow, wide"]),
        ({"granularity": "row"}, ["'row'", "channel, tensor"]),
        ({"precision": "fp16"}, ["'fp16'", "float32, bfloat16, auto"]),
        ({"teacher_precision": "int8"}, ["'int8'", "float32, bfloat16, auto"]),
        ({"teacher_labels": "a"}, ["teacher_labels 'a'", "such as {LABEL_0: entailment}"]),
        ({"teacher_rows": 0}, ["teacher_rows 0", "from 1"]),
        ({"teacher_epochs": 0}, ["teacher_epochs 0", "above 0"]),
        ({"glue": "no/such/folder"}, ["'no/such/folder'", "builtin, nyu-mll/glue"]),
        ({"checkpoints": "no/such/folder"}, ["'no/such/folder'", "bundled, hub"]),
        ({"seed": -1}, ["seed -1", "whole number from 0"]),
        ({"seed": 1.5}, ["seed 1.5", "whole number"]),
        ({"epochs": 0}, ["epochs 0", "above 0"]),
        ({"epochs": "three"}, ["epochs 'three'", "above 0"]),
        ({"epochs": True}, ["epochs True", "above 0"]),
        ({"seed": 2**32}, ["seed 4294967296", "whole number from 0 to 4294967295"]),
        ({"seed": None}, ["seed None", "whole number from 0"]),
        ({"batch_size": "8.5"}, ["batch_size '8.5'", "from 1"]),
        ({"teacher": 1000.0}, ["teacher 1000.0", "a text, or null"]),
        ({"size": True}, ["size True", "a text"]),
        ({"threads": 0}, ["threads 0", "from 1 to 1024, or null"]),
        ({"learning_rate": -1e-4}, ["learning_rate -0.0001", "above 0"]),
        ({"learning_rate": float("nan")}, ["learning_rate nan", "above 0"]),
        ({"batch_size": 0}, ["batch_size 0", "from 1"]),
        ({"max_length": 4}, ["max_length 4", "from 5"]),
        ({"train_rows": 0}, ["train_rows 0", "from 1, or null"]),
        ({"held_out": 1}, ["held_out 1", "from 0 to below 1"]),
        ({"alpha": 1.5}, ["alpha 1.5", "from 0 to 1"]),
        ({"temperature": 0}, ["temperature 0", "above 0"]),
        ({"augment": -1}, ["augment -1", "from 0"]),
        ({"prune_begin": 0.8}, ["prune_begin 0.8", "below prune_end 0.7"]),
        ({"epochs": float("inf")}, ["epochs inf", "above 0"]),
        ({"force": "no"}, ["force 'no'", "true or false"]),
        ({"glue": 5}, ["glue '5'", "no such folder"]),
        ({"glue": ""}, ["glue ''", "a text"]),
        ({"results": None}, ["results None", "a text"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_wrong_value_is_named_in_one_line_with_what_is_allowed(wrong, words):
    with pytest.raises(BadInput) as error:
        Experiment(**QUICK | wrong)
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize(
    "given, meant",
    [
        ({"learning_rate": "5e-4", "epochs": "2", "seed": "7", "train_rows": 1e3}, (5e-4, 2, 7, 1000)),
        ({"learning_rate": "null", "epochs": "None", "seed": np.int64(7), "train_rows": None}, (None, None, 7, None)),
    ],
)
@pytest.mark.slow
def test_words_of_yaml_and_of_a_command_line_mean_what_they_say(given, meant):
    made = Experiment(**QUICK | given)
    assert (made.learning_rate, made.epochs, made.seed, made.train_rows) == meant
    assert Experiment(**QUICK | {"force": "false", "results": Path("512")}).force is False
    assert Experiment(**QUICK | {"results": 512, "artifacts": "null"}).artifacts is None


def test_no_two_folders_of_records_share_a_place_for_artifacts(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPRESSIONS_ROOT", str(tmp_path / "project"))
    results = ("results/a", "a", "results/a/records", "results/b/records", "records", "b/records", ".", "results")
    outside = ("x/records", "y/records", "project/../z/records")
    places = [*results, *(str(tmp_path / place) for place in outside)]
    folders = {Experiment(**QUICK | {"results": place}).artifact_folder(Configuration()) for place in places}
    assert len(folders) == len(places) and all(tmp_path / "project/artifacts" in folder.parents for folder in folders)
    here = Experiment(**QUICK | {"results": str(tmp_path / "r"), "artifacts": str(tmp_path / "artifacts")})
    assert here.artifact_folder(Configuration()) == tmp_path / "artifacts/r/rte/narrow/base-seed0"


def test_the_environment_overrides_where_things_come_from(tmp_path, monkeypatch):
    monkeypatch.setenv("GLUE", HUB)
    monkeypatch.setenv("RESULTS", str(tmp_path))
    names = {"task": "rte", "size": "tiny", "glue": "no/such/folder", "results": "elsewhere", "unrelated": 1}
    chosen = from_parameters(names)
    assert (chosen.glue, chosen.results) == (HUB, str(tmp_path))


@pytest.mark.parametrize(
    "arguments, line",
    [
        (["-p", "lerning_rate", "1e-4"], "unknown parameter 'lerning_rate'; allowed: task, size, .*learning_rate.*"),
        (["-y", "subsets: [[qat, dk]]"], "unknown method 'dk'; allowed: qat, kd, mp, aug"),
    ],
    ids=["parameter", "subset"],
)
@pytest.mark.slow
def test_papermill_ends_with_one_line_and_a_non_zero_exit(tmp_path, arguments, line):
    done = call_papermill("notebooks/experiment.py", tmp_path / "out.ipynb", *parameters(tmp_path), *arguments)
    assert done.returncode != 0
    assert re.fullmatch(f"BadInput: {line}", done.stderr.splitlines()[-1])
    # Not "Traceback", which a kernel that is ended while it answers may log of itself.
    assert "PapermillExecutionError" not in done.stderr and "lib/compressions" not in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_a_parameters_name_is_never_run_as_code(tmp_path):
    name = f"x = 1; import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch(); y"
    (tmp_path / "given.json").write_text(json.dumps({name: 1}))
    done = call_papermill("notebooks/setup.py", tmp_path / "out.ipynb", "-f", tmp_path / "given.json")
    assert done.returncode != 0 and not (tmp_path / "ran").exists()
    assert done.stderr.splitlines()[-1].startswith('BadInput: parameter "x = 1; import')


@pytest.mark.slow
def test_a_script_is_never_overwritten_by_its_output(tmp_path):
    script = tmp_path / "out.py"
    script.write_text("kept = True\n")
    done = call_papermill("notebooks/setup.py", script)
    assert done.returncode != 0 and script.read_text() == "kept = True\n"


@pytest.mark.slow
def test_a_hub_out_of_reach_is_said_in_one_line(asking_nowhere):
    done = asking_nowhere.result()
    assert done.returncode != 0
    assert re.search("BadInput: glue 'nyu-mll/glue' is out of reach", done.stderr.splitlines()[-1])


def test_every_configuration_takes_as_many_steps_unless_they_are_doubled(tmp_path):
    wanted = configurations([[], ["kd"], ["aug"]], [])
    equal = run(experiment(tmp_path, train_rows=64), wanted)
    assert len({record["steps"] for record in equal}) == 1 and all(each["augmented_rows"] for each in equal[1:])
    doubled = run(experiment(tmp_path, train_rows=64, steps="doubled", results=str(tmp_path / "doubled")), wanted)
    assert doubled[0]["steps"] == equal[0]["steps"] < doubled[1]["steps"] == doubled[2]["steps"]


def test_bits_and_ways_to_prune_are_run_and_recorded(tmp_path):
    chosen = experiment(tmp_path, prune_schedule="cubic", prune_scope="global")
    half, pruned = run(chosen, configurations([["qat"], ["qat", "mp"]], [0.9], [4]))
    assert (half["configuration"], half["bits"], half["specification"]["bits"]) == ("qat4", 4, 4)
    assert half["megabytes"] == pytest.approx(half["non_zeros"] / 2e6)
    assert pruned["configuration"] == "qat4+mp90"
    assert {"prune_schedule": "cubic", "prune_scope": "global"}.items() <= pruned["specification"].items()


def test_layers_that_are_pruned_unlike_the_pooler_are_counted_by_their_own_masks(tmp_path):
    chosen = experiment(tmp_path, prune_scope="global", artifacts=str(tmp_path / "artifacts"))
    wanted = configurations([["mp"]], [0.6])
    (record,) = run(chosen, wanted)
    model = artifact.load_artifact(chosen.artifact_folder(wanted[0]))
    layers = {name: weight for name, weight in model.state_dict().items() if ".encoder.layer." in name}
    masked = sum(int((weight == 0).sum()) for weight in layers.values() if weight.ndim == 2)
    parameters = sum(weight.numel() for weight in layers.values())
    assert masked != round(0.6 * sum(weight.numel() for weight in layers.values() if weight.ndim == 2))
    found = record["size_measures"]["layers"]
    assert (found["parameters"], found["paper"]) == (parameters, 4 * (parameters - masked))


def test_the_scales_of_a_baselines_controls_decide_its_record(tmp_path):
    found = [specification(experiment(tmp_path, granularity=each), Configuration()) for each in ("channel", "tensor")]
    assert "granularity" not in found[0] and found[1] == found[0] | {"granularity": "tensor"}


def test_a_baseline_says_what_compression_without_training_costs(tmp_path):
    base, quantized = run(experiment(tmp_path), configurations([[], ["qat"]], []))
    found = base["controls"]
    assert (
        list(found) == ["fp16", "ptq", "ptq4", "shot40", "shot60", "shot80", "shot90"] and "controls" not in quantized
    )
    assert [found[name]["bits"] for name in ("fp16", "ptq", "ptq4", "shot60")] == [16, 8, 4, 32]
    assert found["ptq"]["megabytes"] == quantized["megabytes"] == base["megabytes"] / 4
    assert found["shot90"]["megabytes"] < found["shot40"]["megabytes"] < base["megabytes"]
    # Half precision and eight bits change few of the answers of a model that has learned the task.
    assert all(abs(found[name]["score"] - base["score"]) < 5 for name in ("fp16", "ptq"))


@pytest.mark.parametrize("wanted", [["qat"], [["qat"]], "qat", Configuration(("qat",)), [Configuration(), None]])
def test_what_is_no_list_of_configurations_is_refused(tmp_path, wanted):
    with pytest.raises(BadInput, match=r"^wanted .* is not allowed; take what configurations\("):
        run(experiment(tmp_path), wanted)
    with pytest.raises(BadInput, match=r"^subset must be a list such as \(\"qat\", \"mp\"\); got 'qat'"):
        Configuration("qat")
