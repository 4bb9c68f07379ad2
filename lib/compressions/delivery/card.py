"""The model card of a package: what the model is, how to run it, and what of it was measured."""

import json

import pandas as pd
from huggingface_hub import EvalResult, ModelCardData

from compressions.data.tasks import HUB, REVISION, Task
from compressions.experiments.table import markdown_table
from compressions.storage.size_measures import DESCRIPTIONS

# What the hub calls a metric.
HUB_METRICS = {"mcc": "matthews_correlation", "pearson": "pearsonr", "spearman": "spearmanr"}


def metadata(record: dict, task: Task, found: dict, name: str) -> ModelCardData:
    """What the hub reads at the top of a card: tags, data, and results with the model's size beside its scores.

    `found` is what `package` returns. Metrics are fractions, as the hub has them.
    """
    chosen = record["specification"]
    rows = {"dataset_type": HUB, "dataset_name": f"GLUE {task.name}", "dataset_config": task.name}
    rows |= {"dataset_revision": REVISION, "dataset_split": task.validation}
    if task.custom:
        rows = {"dataset_type": task.name, "dataset_name": task.name, "dataset_split": "validation"}
    rows |= {"task_type": "text-classification", "dataset_args": {"rows": found["rows"]}}
    values = {HUB_METRICS.get(metric, metric): (metric, round(record[metric] / 100, 4)) for metric in task.metrics}
    values["size_megabytes"] = ("non-zero parameters times bits, MB", round(record["megabytes"], 4))
    values["file_bytes"] = ("model.packed, bytes", found["files"]["model.packed"])
    results = [
        EvalResult(**rows, metric_type=kind, metric_name=called, metric_value=value)
        for kind, (called, value) in values.items()
    ]
    encoder = chosen["encoder"]
    return ModelCardData(
        language=None if task.custom else "en",
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["bert", "compression", *chosen["subset"], "onnx", "transformers.js"],
        datasets=None if task.custom else [HUB],
        base_model=encoder["name"] if encoder["source"] == "hub" else None,
        model_name=name,
        eval_results=results,
    )


def card(record: dict, task: Task, found: dict, name: str) -> str:
    """The card as Markdown, with its metadata; `found` is what `package` returns."""
    whose, teacher = "the task" if task.custom else "GLUE's", record.get("teacher")
    metrics = ", ".join(f"{metric} {record[metric]:.1f}" for metric in task.metrics)
    sizes = [{"size measure": name, "bytes": f"{n:,}", "is": DESCRIPTIONS[name]} for name, n in found["bytes"].items()]
    timed = pd.DataFrame(found["latency"])[["configuration", "batch", "length", "ms", "ratio"]].round(2)
    lines = [
        f"---\n{metadata(record, task, found, name)}\n---",
        f"# {name}",
        f"BERT {record['specification']['size'].upper()} for {whose} {task.name}, compressed by "
        f"`{record['configuration']}`. It scores {record['score']:.1f} ± {found['margin']:.1f} ({metrics}). The margin "
        f"is the 95 % noise of {found['rows']:,} validation rows. It is one seed, whose own noise is not in it.",
        "## Run it",
        _running(task, found),
        "## Files",
        _files(record, task, found),
        "## Bytes",
        markdown_table(pd.DataFrame(sizes)),
        "## Milliseconds",
        "On one thread. `ratio` is the time of `onnx/model.onnx` over the file's own.",
        markdown_table(timed.rename(columns={"configuration": "file"})),
        "## How it was made",
        f"Teacher: {teacher['name'] if teacher else 'none'}. Commit of the code: {record['commit']}. Every choice:",
        f"```json\n{json.dumps(record['specification'], indent=1)}\n```",
    ]
    return "\n\n".join(lines) + "\n"


def _running(task: Task, found: dict) -> str:
    """The commands, with the names of the task's columns for its texts."""
    texts = [json.dumps(column) for column in task.columns]
    asked = texts[0] if len(texts) == 1 else f'{{"text": {texts[0]}, "text_pair": {texts[1]}}}'
    return f"""With Transformers, in this folder or with its name on the hub for `"."`:

```python
from transformers import pipeline

print(pipeline("text-classification", ".", truncation=True)({asked}))
```

Without torch, in ONNX Runtime:

```
pip install 'onnxruntime>=1.23' tokenizers
python predict.py {" ".join(texts)}
```

Transformers.js takes the ONNX file that `config.json` names, dtype `{found["dtype"]}`. Optimum takes
`subfolder="onnx", file_name="{found["onnx"].removeprefix("onnx/")}"`. {_openvino(found)}"""


def _openvino(found: dict) -> str:
    """How OpenVINO runs the package, with a folder of its own or without."""
    if not any(file.startswith("openvino/") for file in found["forms"]):
        return "OpenVINO reads `onnx/model.onnx` as it is."
    return """OpenVINO
takes `openvino/openvino_model.xml`, Optimum Intel `subfolder="openvino"`. Where a processor has bf16, OpenVINO uses
it for what is not int8; `INFERENCE_PRECISION_HINT: "f32"`, as in the tables below, gives the scored model's answers."""


def _files(record: dict, task: Task, found: dict) -> str:
    """The files, with their scores and how many of their answers are other than the record's."""
    forms = {"model.packed": {"score": record["score"], "differing": 0}, **found["forms"]}
    bytes_of = {file: f"{n:,}" for file, n in found["files"].items()}
    table = [
        {"file": file, "bytes": bytes_of[file], "score": f"{form['score']:.1f}", "others": form["differing"]}
        for file, form in forms.items()
    ]
    graded = "" if task.labels else " A grade is another where it is off by more than 0.01."
    return f"""{markdown_table(pd.DataFrame(table))}

`others` counts the answers, of {found["rows"]:,}, that are not those of the scored model, `model.packed`.{graded}
`model.safetensors` and `onnx/model.onnx` hold the compressed weights as fp32 numbers, integers times their scales and
zeros as zeros, for tools that know no integer layers. They do not quantize activations, as the model itself does where
it has integer weights."""
