"""Ask the model in this script's folder: python predict.py "a text" "and another, where the task is about pairs".

It needs onnxruntime and tokenizers, and no torch.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

FOLDER = Path(__file__).parent


def main(*texts: str) -> None:
    """Print the label and its probability, or the similarity where the task has no labels."""
    about = json.loads((FOLDER / "model.json").read_text())
    if len(texts) != len(about["columns"]):
        sys.exit(f"usage: python predict.py {' '.join(about['columns']).upper()}")
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    tokenizer.enable_truncation(about["max_length"])
    tokenizer.no_padding()
    row = tokenizer.encode(*texts)
    options = onnxruntime.SessionOptions()
    processor = Path("/proc/cpuinfo")  # without VNNI the fast int8 kernel can overflow: then the exact one is taken
    exact = "0" if processor.is_file() and "vnni" in processor.read_text() else "1"
    options.add_session_config_entry("session.x64quantprecision", exact)
    session = onnxruntime.InferenceSession(FOLDER / about["onnx"], options, providers=["CPUExecutionProvider"])
    given = {"input_ids": row.ids, "attention_mask": row.attention_mask, "token_type_ids": row.type_ids}
    logits = session.run(None, {name: np.array([values]) for name, values in given.items()})[0][0]
    shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    labels = about["labels"]
    print(f"{labels[shares.argmax()]} {shares.max():.3f}" if labels else f"{logits[0]:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
