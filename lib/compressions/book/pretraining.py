"""How the miniatures were made and how good they are: tables and figures of their provenance, trials and baselines."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from compressions.data.tasks import GLUE_TASKS
from compressions.experiments.table import table
from compressions.models.architectures import SIZES, Size
from compressions.pretraining.miniature import PROVENANCE

LOSSES = {"states": "#8c8c8c", "matches": "#44aa99", "cosine": "#882255", "embedding": "#999933"}
METRICS = {"cola": "mcc", "stsb": "pearson"}  # as the published scores of miniatures; the others have accuracy


def read_provenances(checkpoints: Path) -> dict[str, dict]:
    """What is written beside the encoders of a folder of checkpoints, by the sizes' names."""
    files = {name.upper(): checkpoints / name / PROVENANCE for name in SIZES}
    return {name: json.loads(file.read_text()) for name, file in files.items() if file.is_file()}


def provenance_table(runs: dict[str, dict]) -> pd.DataFrame:
    """What was run to make each encoder, in words: a column a run."""
    return pd.DataFrame({name: _described(run) for name, run in runs.items()})


def _described(run: dict) -> dict[str, str]:
    chosen, machine = run["specification"], run["machine"]
    shape = chosen["layers, width and heads"]
    return {
        "layers, width, heads": ", ".join(map(str, shape)),
        "parameters": f"{Size('', *shape).parameters:,}",
        "teacher": chosen["teacher"]["name"],
        "pairs or single texts read": f"{run['pairs']:,}",
        "tokens read": f"{run['tokens'] / 1e6:.1f} million",
        "each text paired": f"{chosen['passes']} times",
        "minutes": f"{run['seconds'] / 60:.0f}",
        "peak learning rate, seed": f"{chosen['learning_rate']:g}, {chosen['seed']}",
        "killed and taken up again": f"{len(run['resumed_at'])} times",
        "machine": f"{machine['processor']}, {machine['device']}, {machine['threads']} thread",
        "commit": run["commit"][:12] + ("-dirty" if run["commit"].endswith("-dirty") else ""),
    }


def losses(runs: dict[str, dict]) -> pd.DataFrame:
    """The four losses of runs, each named by its `run`, by the `tokens` that the student had read."""
    curves = {name: pd.DataFrame(run["losses"], columns=["tokens", *LOSSES]) for name, run in runs.items()}
    return pd.concat(curves, names=["run"]).reset_index(level=0)


def losses_figure(frame: pd.DataFrame) -> Figure:
    """The four losses of each run of `losses`, side by side, against the tokens that the student read."""
    figure, panels = plt.subplots(1, frame.run.nunique(), figsize=(6, 3.4), sharey=True, squeeze=False)
    for axes, (name, curves) in zip(panels[0], frame.groupby("run", sort=False), strict=True):
        for loss, color in LOSSES.items():
            axes.plot(curves.tokens / 1e6, curves[loss], color=color, label=loss, marker="." if len(curves) < 9 else "")
        axes.set(title=name, xlabel="million tokens read", yscale="log")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_ylabel("squared error / variance (log)")
    panels[0][-1].legend(frameon=False, fontsize=10)
    return figure


def last_loss(run: dict, loss: str, shards: int = 5) -> float:
    """The mean of a loss over a run's last shards of 2,048 sentences."""
    return float(np.mean([each[loss] for each in run["losses"][-shards:]]))


def trial_table(path: Path, titles: dict[str, str]) -> pd.DataFrame:
    """Held-out scores of encoders that were made in other ways, a row each, with their mean, tokens and minutes.

    `titles` are the rows' names by the encoders' in the file.
    """
    trials = {each["encoder"]: each for each in json.loads(path.read_text())}
    means = pd.DataFrame({title: trials[name]["held_out"]["means"] for name, title in titles.items()}).T
    made = {title: trials[name]["provenance"] for name, title in titles.items()}
    tokens, minutes = (pd.Series({title: run[key] for title, run in made.items()}) for key in ("tokens", "seconds"))
    spent = {"million tokens read": tokens / 1e6, "minutes": minutes / 60}
    return means.assign(mean=means.mean(axis=1), **spent)


def baseline_table(records: list[dict], published: pd.DataFrame) -> pd.DataFrame:
    """The uncompressed TINY and MINI on each task, this edition's mean over seeds beside the published scores."""
    frame = table([record for record in records if record["configuration"] == "base"])
    frame = frame.assign(score=[row[METRICS.get(row.task, "accuracy")] for _, row in frame.iterrows()])
    ours = frame.groupby(["size", "task"]).agg(ours=("score", "mean"), seeds=("seed", "nunique"))
    columns = "Google's, " + published.split + ", " + published.optimizer
    theirs = published.assign(column=columns).pivot(index=["size", "task"], columns="column", values="score")
    there = [(size, task) for size in SIZES for task in GLUE_TASKS if (size, task) in theirs.index]
    return ours.reindex(there).join(theirs).rename(columns={"ours": "this edition"})
