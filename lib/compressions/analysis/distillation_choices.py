"""What choices of distillation are worth, one changed at a time, on training rows that were held out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from compressions.analysis.bootstrap import bootstrap, estimate_mean
from compressions.analysis.reading import Models, axes, check_alike, read_cell, require_records
from compressions.analysis.results import Results, over_tasks
from compressions.errors import require
from compressions.experiments.records import read_all

REFERENCE, BASE = "reference", "base"
WORTH = ("worth", "low", "high")
SEARCHED = ("alpha", "temperature")  # what the fixed rule chooses; all else is the paper's, or measured alone
CHOICES = (*SEARCHED, "augment", "hard_labels", "steps")
SHARED = {
    ("task", "size"): ("train_fingerprint", "validation_fingerprint", "encoder", "held_out"),
    ("task", "distilled"): ("teacher",),
}


def read_variants(folder: Path) -> dict[str, list[dict]]:
    """The records of each variant's folder, the reference first, with their whole `path`.

    Raises `BadInput` for a record of the validation split, and `NoResults` for two that differ in rows, encoder or
    teacher, and where there are none.
    """
    found = {path.name: read_all(path) for path in sorted(folder.glob("*/"))}
    for name, records in found.items():
        for record in records:
            record["path"] = str(folder / name / record["path"])
            held_out = bool(record["specification"].get("held_out"))
            require(held_out, f"{record['path']} scores the validation split; choices need held-out rows")
    check_alike([each for records in found.values() for each in records], SHARED, "these are not variants of one")
    require_records(folder, [name for name, records in found.items() if records])
    order = sorted((name for name, records in found.items() if records), key=lambda name: (name != REFERENCE, name))
    return {name: found[name] for name in order}


def variant_results(variants: dict[str, list[dict]]) -> Results:
    """Results with a pair of size and variant in the place of a size, and one configuration: distillation.

    The uncompressed baseline, which only the reference has, is a variant called `base`. Smaller sizes stand first.
    """
    cells: dict[tuple[str, tuple[str, str]], dict[int, Models]] = {}
    for name, records in variants.items():
        for record in records:
            chosen = record["specification"]
            variant = name if "kd" in chosen["subset"] else BASE
            place = (chosen["task"], (chosen["size"], variant))
            cells.setdefault(place, {})[chosen["seed"]] = {variant: record}
    every = [each for records in variants.values() for each in records]
    tasks, _, scored = axes(cells, every, "score")
    parameters = {each["specification"]["size"]: each["parameters"] for each in every}
    names = tuple(sorted(dict.fromkeys(pair for _, pair in cells), key=lambda pair: parameters[pair[0]]))
    none = np.full((len(tasks), len(names), 1), np.nan)
    read = {key: read_cell(Path(), dict(sorted(seeds.items())), (key[1][1],)) for key, seeds in cells.items()}
    return Results(tasks, names, ("kd",), read, {"paper": none}, "paper", scored, pd.DataFrame())


def variants_table(variants: dict[str, list[dict]], draws: int = 1000) -> pd.DataFrame:
    """One row for each size and variant: what it `changed`, its score on each task, their `mean`, and what it is worth.

    `worth` is the mean difference to the reference over the tasks that both have. Its 95 % interval, `low` to `high`,
    is of the held-out rows, and of seeds where there are several.
    """
    results = variant_results(variants)
    worth = estimate_mean(results.scores, bootstrap(results, draws), _less_reference(results), results.freedom)
    changed = changes(variants)
    columns = {
        "size": [size for size, _ in results.sizes],
        "variant": [name for _, name in results.sizes],
        "changed": [changed.get(name, "no teacher") for _, name in results.sizes],
        **dict(zip(results.tasks, results.scores[..., 0], strict=True)),
        "mean": over_tasks(results.scores)[:, 0],
        "worth": worth.value[:, 0],
        "low": worth.low[:, 0],
        "high": worth.high[:, 0],
    }
    return pd.DataFrame(columns)


def _less_reference(results: Results) -> Callable[[np.ndarray], np.ndarray]:
    unknown = len(results.sizes)
    places = {pair: place for place, pair in enumerate(results.sizes)}
    references = [places.get((size, REFERENCE), unknown) for size, _ in results.sizes]

    def worth(scores: np.ndarray) -> np.ndarray:
        nothing = np.full((*scores.shape[:-2], 1, 1), np.nan)
        return scores - np.concatenate([scores, nothing], axis=-2)[..., references, :]

    return worth


def changes(variants: dict[str, list[dict]]) -> dict[str, str]:
    """What each variant chooses otherwise than the reference, such as `alpha 0.5`; of the reference all choices."""
    chosen = {name: distilled[0]["specification"] for name, distilled in _distilled(variants).items()}
    own = {name: {field: each[field] for field in CHOICES if field in each} for name, each in chosen.items()}
    usual = own.get(REFERENCE, {})
    differ = {
        name: {field: value for field, value in each.items() if name == REFERENCE or usual.get(field) != value}
        for name, each in own.items()
    }
    return {name: ", ".join(f"{field} {value}" for field, value in each.items()) for name, each in differ.items()}


def chosen_variant(variants: dict[str, list[dict]]) -> str | None:
    """The variant that the rule takes: of those of another alpha or temperature, or neither, the highest mean score.

    The mean is over the tasks, sizes and seeds that all of them have; `None` where there are none.
    """
    distilled = _distilled(variants)
    usual = distilled[REFERENCE][0]["specification"] if REFERENCE in distilled else {}
    scores = {
        name: {
            tuple(each["specification"][axis] for axis in ("task", "size", "seed")): each["score"] for each in records
        }
        for name, records in distilled.items()
        if all(records[0]["specification"].get(field) == usual.get(field) for field in CHOICES if field not in SEARCHED)
    }
    shared = set.intersection(*map(set, scores.values())) if scores else set()
    means = {name: np.mean([own[place] for place in sorted(shared)]) for name, own in scores.items() if shared}
    return max(means, key=means.get, default=None)


def copies_share(variants: dict[str, list[dict]]) -> pd.Series:
    """The share of the reference's training rows that have a synonym-replaced copy, by task, in percent."""
    records = _distilled(variants).get(REFERENCE, [])
    return pd.Series(
        {
            record["specification"]["task"]: 100 * record["augmented_rows"] / record["specification"]["train_rows_used"]
            for record in records
        },
        dtype=float,
    )


def _distilled(variants: dict[str, list[dict]]) -> dict[str, list[dict]]:
    found = {
        name: [each for each in records if "kd" in each["specification"]["subset"]]
        for name, records in variants.items()
    }
    return {name: records for name, records in found.items() if records}
