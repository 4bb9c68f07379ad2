"""What lets a test train in a second, made through the ways that users have: encoders, tasks and a WordNet in folders.

Each is made once by every process that asks for it, from constants, and is gone when that process ends.
"""

import random
import shutil
import tempfile
import zlib
from atexit import register
from functools import cache
from pathlib import Path

import torch
from datasets import ClassLabel, Dataset, Features, Value
from transformers import BertConfig, BertModel, BertTokenizerFast

from compressions.data import wordnet as reader
from compressions.data.tasks import GLUE_TASKS, Task

SHAPES = {"narrow": (2, 16, 2), "wide": (2, 32, 2)}  # layers, width and heads
POSITIONS = 32
NOUNS = (("film", "movie"), ("physician", "doctor"), ("steed", "horse"), ("rabbit", "bunny"), ("house", "home"))
GOOD = (("superb", "splendid"), ("clever", "smart"), ("charming", "lovely"))
BAD = (("awful", "dreadful"), ("dull", "boring"), ("clumsy", "awkward"))
OTHERS = ("the", "a", "was", "near", "very", "rather", "saw", "and", "not", "there", "?")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ROWS = {"train": 512, "validation": 256}


@cache
def _place() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="small-"))
    register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def encoders() -> str:
    """A folder of checkpoints: random BERTs of two layers, `narrow` and `wide`, that know few words."""
    words = [*SPECIAL, *(word for pair in (*NOUNS, *GOOD, *BAD) for word in pair), *OTHERS]
    for name, (layers, hidden, heads) in SHAPES.items():
        write_encoder(_place() / "encoders" / name, words, layers, hidden, heads)
    return str(_place() / "encoders")


def write_encoder(folder: Path, words: list[str], layers: int, hidden: int, heads: int) -> None:
    """A Transformers directory of a random BERT with these words as its vocabulary."""
    shape = {"num_hidden_layers": layers, "hidden_size": hidden, "num_attention_heads": heads}
    sizes = {"vocab_size": len(words), "intermediate_size": 4 * hidden, "max_position_embeddings": POSITIONS}
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    torch.manual_seed(0)
    BertModel(BertConfig(initializer_range=hidden**-0.5, **shape, **sizes, **still)).save_pretrained(folder)
    vocabulary = {word: place for place, word in enumerate(words)}
    BertTokenizerFast(vocab=vocabulary, model_max_length=POSITIONS).save_pretrained(folder)


@cache
def glue() -> str:
    """A folder in GLUE's layout with rows of all eight tasks; of `sst2` the words give the label away."""
    folder, configurations = _place() / "glue", ""
    for task in GLUE_TASKS.values():
        configurations += f"- config_name: {task.name}\n  data_files:\n"
        for split, source in (("train", "train"), (task.validation, "validation")):
            path = folder / task.name / f"{split}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            _labeled(task, columns(task, source)).to_parquet(path)
            configurations += f"  - {{split: {split}, path: {task.name}/{split}.parquet}}\n"
    (folder / "README.md").write_text(f"---\nconfigs:\n{configurations}---\n")
    return str(folder)


def _labeled(task: Task, rows: dict[str, list]) -> Dataset:
    kind = ClassLabel(names=list(task.labels)) if task.labels else Value("float32")
    features = dict.fromkeys(task.columns, Value("string")) | {"label": kind, "idx": Value("int32")}
    return Dataset.from_dict({**rows, "idx": list(range(len(rows["label"])))}, features=Features(features))


def columns(task: Task, split: str) -> dict[str, list]:
    """Texts of three to eleven words, and labels."""
    rng, rows = random.Random(zlib.crc32(f"{task.name} {split}".encode())), ROWS[split]
    labels = [rng.randrange(len(task.labels) or 6) for _ in range(rows)]
    texts = {column: [_sentence(rng, label % 2) for label in labels] for column in task.columns}
    return {**texts, "label": labels}


def _sentence(rng: random.Random, good: int) -> str:
    clauses = []
    for _ in range(rng.choice((1, 1, 2))):
        degree = rng.choice(([], ["very"], ["rather"]))
        quality = rng.choice(rng.choice(GOOD if good else BAD))
        clauses.append(" ".join([rng.choice(("the", "a")), rng.choice(rng.choice(NOUNS)), "was", *degree, quality]))
    return " and ".join(clauses)


@cache
def wordnet() -> str:
    """The folder of a WordNet in which the pairs of nouns and adjectives above are synonyms."""
    pairs = {f"{place:08}": pair for place, pair in enumerate((*NOUNS, *GOOD, *BAD), 1)}
    lines = {
        "index.noun": [f"{word} n 1 0 1 0 {place}" for place, pair in pairs.items() for word in pair],
        "data.noun": [f"{place} 03 n 02 {one} 0 {other} 0 000 | of tests" for place, (one, other) in pairs.items()],
        "cntlist.rev": [f"{word}%1:03:00:: 1 5" for pair in pairs.values() for word in pair],
    }
    return write_wordnet(_place() / "wordnet", lines)


def write_wordnet(folder: Path, lines: dict[str, list[str]]) -> str:
    """A database with the given lines of its files, and a license on top of each."""
    folder.mkdir(exist_ok=True)
    for name in reader.FILES:
        (folder / name).write_text("  1 license\n" + "".join(f"{line}\n" for line in lines.get(name, [])))
    return str(folder)


def quick(folder: Path, **more: object) -> dict[str, object]:
    """Parameters of an experiment of a second on `rte` whose results and artifacts lie below `folder`."""
    chosen = {"task": "rte", "size": "narrow", "teacher": "wide", "epochs": 1}
    chosen |= {"glue": glue(), "checkpoints": encoders()}
    return chosen | {"results": str(folder / "results"), "artifacts": str(folder / "artifacts")} | more
