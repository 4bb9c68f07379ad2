"""A card says what a custom task's model is, and nothing of GLUE."""

from huggingface_hub import ModelCard

from compressions.data.tasks import TASKS
from compressions.delivery.card import card

RECORD = {
    "specification": {"size": "tiny", "subset": ["qat"], "encoder": {"source": "bundled", "name": "tiny"}},
    "configuration": "qat",
    "teacher": None,
    **{"commit": "abc", "megabytes": 4.4, "score": 80.0, "accuracy": 80.0, "f1": 79.0},
}
FOUND = {
    **{"rows": 1200, "margin": 1.5, "dtype": "q8", "onnx": "onnx/model_quantized.onnx"},
    "forms": {"model.safetensors": {"score": 79.9, "differing": 3}},
    "files": {"model.packed": 4000000, "model.safetensors": 17000000},
    "bytes": {"file": 4400000},
    "latency": [{"configuration": "onnx/model.onnx", "batch": 1, "length": 32, "ms": 1.234, "ratio": 1.0}],
}


def test_a_custom_tasks_card_names_its_columns_and_neither_glue_nor_a_language():
    said = card(RECORD, TASKS["nli"], FOUND, "mine")
    read = ModelCard(said)
    assert read.data.language is None and read.data.datasets is None and "GLUE" not in said
    assert '{"text": "premise", "text_pair": "hypothesis"}' in said and "1,200 validation rows" in said
    assert (
        "| model.safetensors | 17,000,000 | 79.9 | 3 |" in said and "| onnx/model.onnx | 1 | 32 | 1.23 | 1.0 |" in said
    )
    assert card(RECORD, TASKS["sst2"], FOUND, "mine").startswith("---\ndatasets:\n- nyu-mll/glue\nlanguage: en\n")
