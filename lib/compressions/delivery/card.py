"""The model card of a package: what the model is, how to run it, and what of it was measured."""

import json
from pathlib import Path

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from compressions.data.tasks import HUB, REVISION, Task
from compressions.storage.size_measures import DESCRIPTIONS

TEMPLATE = Path(__file__).with_name("card.md.jinja")
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
    given = {"record": record, "task": task, "found": found, "name": name, "descriptions": DESCRIPTIONS}
    given |= {"texts": [json.dumps(column) for column in task.columns]}
    given |= {"choices": json.dumps(record["specification"], indent=1)}
    return f"{ModelCard.from_template(metadata(record, task, found, name), TEMPLATE, **given)}\n"
