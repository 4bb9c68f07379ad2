"""What a compressed model answers on new texts."""

from pathlib import Path

import pandas as pd
import torch
from transformers import AutoTokenizer

from compressions.data.tasks import Task
from compressions.errors import BadInput
from compressions.measurements.artifacts import read_with_artifact
from compressions.storage.artifact import load_artifact


def kept_model(record: Path) -> Path | None:
    """The folder of the artifact of a record; where it is not kept, gone or another's, that is printed."""
    try:
        return read_with_artifact(record)[1]
    except BadInput as error:
        print(f"No model can be asked: {error}")
        return None


@torch.inference_mode()
def ask(folder: Path, task: Task, texts: list[list[str]], max_length: int) -> pd.DataFrame:
    """Answers of the artifact in `folder`: `texts` holds, for each row, one text for each column of the task.

    Texts are cut at `max_length` tokens, that of the experiment. The columns of the answer are the task's, `answer` (a
    label, or the number of a graded task), and for labels `probability`. Raises `BadInput` for a folder that holds no
    sound artifact.
    """
    model, tokenizer = load_artifact(folder), AutoTokenizer.from_pretrained(folder)
    columns = [list(column) for column in zip(*texts, strict=True)]
    length = min(max_length, model.config.max_position_embeddings)
    tokens = tokenizer(*columns, truncation=True, max_length=length, padding=True, return_tensors="pt")
    logits = model.eval()(**tokens).logits
    asked = pd.DataFrame(dict(zip(task.columns, columns, strict=True)))
    if not task.labels:
        return asked.assign(answer=logits[:, 0].tolist())
    probability, best = logits.softmax(dim=1).max(dim=1)
    return asked.assign(answer=[task.labels[place] for place in best], probability=probability.tolist())
