"""Packages: Hugging Face's tools open them as they are, and without torch they predict what their records say."""

import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from compressions.data.glue import load
from compressions.data.tasks import TASKS
from compressions.delivery.package import check_replaceable, main, package, package_folder, score_error
from compressions.errors import BadInput
from compressions.experiments.configurations import Configuration
from compressions.experiments.experiment import Experiment
from compressions.experiments.records import read_predictions, read_record
from compressions.experiments.run import run
from compressions.files import root, whole_folder
from compressions.measurements.onnx_scores import validation_rows
from compressions.storage import openvino
from compressions.storage.artifact import load_packed
from compressions.storage.onnx import session
from tests import small
from tests.book.test_book import Quiet, browser  # noqa: F401 (a fixture)
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

CONFIGURATIONS = {
    each.name: each
    for each in (Configuration(("mp",), 0.6), Configuration(("qat", "mp"), 0.6), Configuration(("qat",), bits=4))
}
OWN = {"mp60": "onnx/model.onnx", "qat+mp60": "onnx/model_quantized.onnx", "qat4": "onnx/model_q4.onnx"}
EACH = pytest.mark.parametrize("name", CONFIGURATIONS)
TRANSFORMERS_JS = "@huggingface/transformers@4.3.2"
BASE = "onnx/model.onnx"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The paths of records by configuration, the folders of their packages, and what `package` returned."""
    folder, made = tmp_path_factory.mktemp("packages"), {}
    experiment = Experiment(**small.quick(folder, task="mrpc", train_rows=160))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLUE", small.glue())
        patch.setattr("compressions.delivery.package.SECONDS", 0.02)
        for name, configuration in CONFIGURATIONS.items():
            run(experiment, [configuration])
            record = experiment.record_path(configuration)
            made[name] = record, folder / name, package(record, folder / name)
    return made


@pytest.fixture(scope="module")
def rows():
    return load(TASKS["mrpc"], small.glue()).validation


@EACH
def test_transformers_opens_it_and_answers_as_its_card_says(packages, rows, name):
    record, folder, found = packages[name]
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    asked = tokenizer(rows["sentence1"][:], rows["sentence2"][:], truncation=True, padding=True, return_tensors="pt")
    with torch.no_grad():
        differing = (model(**asked).logits.argmax(dim=1).numpy() != read_predictions(record)[0]).sum()
    said = found["forms"]["model.safetensors"]["differing"]
    assert abs(differing - said) <= (0 if name == "mp60" else 2) and said <= 0.1 * len(rows)
    assert [model.config.id2label[place] for place in range(2)] == list(TASKS["mrpc"].labels)
    assert not [
        path for path in folder.rglob("*") if path.suffix in (".pt", ".pkl") or path.name == "pytorch_model.bin"
    ]


@EACH
def test_onnx_runtime_answers_as_the_record_says(packages, rows, name):
    record, folder, found = packages[name]
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.onnx")} == {BASE, OWN[name]}
    tokenizer = AutoTokenizer.from_pretrained(folder)
    asked = tokenizer(rows["sentence1"][:], rows["sentence2"][:], truncation=True, padding=True, return_tensors="np")
    for file in {BASE, OWN[name]}:
        answers = session((folder / file).read_bytes()).run(None, dict(asked))[0].argmax(axis=1)
        differing = int((answers != read_predictions(record)[0]).sum())
        assert differing <= (0.01 if file == OWN[name] else 0.1) * len(rows)
        assert abs(differing - found["forms"][file]["differing"]) <= 2
    assert load_packed((folder / "model.packed").read_bytes()).config.num_labels == 2


@EACH
def test_its_card_has_results_that_the_hubs_tools_read(packages, name):
    path, folder, found = packages[name]
    record, card = read_record(path), ModelCard.load(folder / "README.md")
    results = {result.metric_type: result for result in card.data.eval_results}
    assert set(results) == {"accuracy", "f1", "size_megabytes", "file_bytes"}
    assert results["f1"].metric_value == pytest.approx(record["f1"] / 100, abs=1e-4)
    assert results["size_megabytes"].metric_value == pytest.approx(record["megabytes"], abs=1e-4)
    assert results["file_bytes"].metric_value == (folder / "model.packed").stat().st_size
    accuracy = results["accuracy"]
    assert (accuracy.task_type, accuracy.dataset_type) == ("text-classification", "nyu-mll/glue")
    assert (accuracy.dataset_config, accuracy.dataset_split) == ("mrpc", "validation")
    assert card.data.library_name == "transformers" and card.data.pipeline_tag == "text-classification"
    for file, form in found["forms"].items():
        size = (folder / file).stat().st_size
        assert f"| {file} | {size:,} | {form['score']:.1f} | {form['differing']} |" in card.text


def test_it_predicts_without_torch_what_its_record_says(packages, rows):
    record, folder, _ = packages["qat+mp60"]
    blocked = "import sys; sys.modules.update(dict.fromkeys(['torch', 'transformers', 'compressions']));"
    script = f"{blocked} sys.argv = sys.argv[1:]; import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
    for row, prediction in zip(rows.select(range(6)), read_predictions(record)[0], strict=False):
        command = [sys.executable, "-c", script, folder / "predict.py", row["sentence1"], row["sentence2"]]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        assert answer[0] == TASKS["mrpc"].labels[prediction] and 0.5 <= float(answer[1]) <= 1
    refused = subprocess.run([sys.executable, folder / "predict.py", "one text"], capture_output=True, text=True)
    assert "usage: python predict.py SENTENCE1 SENTENCE2" in refused.stderr


@pytest.fixture(scope="module")
def node_modules():
    """The folder of Transformers.js and what it needs, fetched once from npm."""
    folder = ROOT / "_build" / "transformers.js"
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: no Transformers.js to open a package with")
    if not folder.is_dir():
        with whole_folder(folder) as new:
            options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", new]
            done = subprocess.run(["npm", "install", *options, TRANSFORMERS_JS], capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"npm cannot fetch {TRANSFORMERS_JS}: {done.stderr.strip().splitlines()[-1:]}")
    return folder / "node_modules"


def hub_name(name: str) -> str:
    """A name that the hub allows: in a browser Transformers.js opens no other."""
    return name.replace("+", "-")


def test_a_package_is_called_by_its_record_as_the_hub_allows():
    folder = package_folder(root() / "results/local/rte/tiny/qat+mp60-seed0.json", "")
    assert folder == root() / "_build/packages/local-rte-tiny-qat-mp60-seed0"
    assert package_folder(root() / "results/local/rte/tiny/base-seed0.json", "elsewhere") == Path("elsewhere")


@pytest.fixture(scope="module")
def transformers_js(packages, node_modules, browser, tmp_path_factory):  # noqa: F811
    """A page that has loaded Transformers.js, served beside the packages, and the addresses that it asked for."""
    folder, asked = tmp_path_factory.mktemp("site"), []
    shutil.copy(ROOT / "tests/delivery/transformers_js.html", folder / "index.html")
    (folder / "node_modules").symlink_to(node_modules)
    (folder / "packages").mkdir()
    for name, (_, package_at, _) in packages.items():
        (folder / "packages" / hub_name(name)).symlink_to(package_at)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    page.wait_for_function("'answers' in window")
    yield page, asked
    page.close()
    server.shutdown()


@EACH
def test_transformers_js_opens_it_in_a_browser_and_answers_as_the_record_says(packages, rows, transformers_js, name):
    record = packages[name][0]
    page, asked = transformers_js
    texts = [list(pair) for pair in zip(rows["sentence1"], rows["sentence2"], strict=True)]
    answers = np.array(page.evaluate("([folder, rows]) => answers(folder, rows)", [hub_name(name), texts])).argmax(
        axis=1
    )
    assert (answers != read_predictions(record)[0]).sum() <= 0.01 * len(rows)
    assert any(url.endswith(f"{hub_name(name)}/{OWN[name]}") for url in asked)
    assert all(url.startswith(("http://127.0.0.1:", "blob:")) for url in asked)


def test_without_openvino_nothing_of_it_is_written(packages, tmp_path, monkeypatch, capsys):
    record = packages["qat+mp60"][0]
    monkeypatch.setenv("GLUE", small.glue())
    monkeypatch.setattr("compressions.delivery.package.SECONDS", 0.02)
    monkeypatch.setattr(openvino, "installed", lambda: False)
    main(str(record), str(tmp_path / "package"))
    assert "openvino/ is not written" in capsys.readouterr().out
    assert not (tmp_path / "package/openvino").exists()


@EACH
def test_openvino_opens_it_and_answers_as_the_record_says(packages, rows, name):
    ov = pytest.importorskip("openvino")
    record, folder, found = packages[name]
    compiled = ov.compile_model(folder / "openvino/openvino_model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    tokenizer = AutoTokenizer.from_pretrained(folder)
    asked = tokenizer(rows["sentence1"][:], rows["sentence2"][:], truncation=True, padding=True, return_tensors="np")
    answers = compiled(dict(asked))["logits"].argmax(axis=1)
    assert (answers != read_predictions(record)[0]).sum() <= 0.01 * len(rows)
    assert "openvino/openvino_model.bin" in found["forms"]


def test_rows_of_another_source_are_refused(tmp_path, monkeypatch, packages, real):
    record = packages["qat+mp60"][0]
    monkeypatch.setenv("GLUE", real["glue"])
    with pytest.raises(BadInput, match="was made with validation_fingerprint .*name its rows with GLUE"):
        package(record, tmp_path / "package")
    assert not (tmp_path / "package").exists()


def test_a_folder_with_other_content_is_not_replaced(tmp_path, packages):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(BadInput, match="is no package, and would be lost; take an empty folder"):
        package(packages["qat4"][0], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    for _, folder, _ in packages.values():
        check_replaceable(folder)
    mine = shutil.copytree(packages["qat4"][1], tmp_path / "mine")
    (mine / ".git").mkdir()
    with pytest.raises(BadInput, match=r"holds more than a package, which would be lost: \.git; take another"):
        check_replaceable(mine)


def test_a_record_of_held_out_rows_is_refused():
    record = {"path": "mrpc/tiny/base-seed0.json", "specification": {"held_out": 0.1}}
    with pytest.raises(BadInput, match="scored on held_out 0.1 of the training rows; take one with held_out 0"):
        validation_rows(record, TASKS["mrpc"], small.glue())


def test_the_error_of_an_accuracy_is_the_binomial_one():
    labels = np.ones(400, np.uint8)
    assert score_error(TASKS["sst2"], labels, (np.arange(400) < 320).astype(np.uint8)) == pytest.approx(2.0, rel=0.1)
