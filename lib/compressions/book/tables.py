"""Tables of the findings as a reader gets them: numbers with their intervals, beside the paper's."""

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from compressions.analysis.bootstrap import Interval, interval_text
from compressions.analysis.pareto import MEAN
from compressions.analysis.recipes import recipe_name
from compressions.analysis.reductions import METHOD_SETS
from compressions.analysis.score_changes import AWARE, only
from compressions.analysis.synergy import OPEN, SETTINGS
from compressions.experiments.configurations import method_of

CONTROL_NAMES = {
    "fp16": "stored in fp16",
    "ptq": "quantized afterwards, 8 bits",
    "ptq4": "quantized afterwards, 4 bits",
    **{f"shot{percent}": f"pruned in one shot, {percent} %" for percent in (40, 60, 80, 90)},
}


def scores_table(models: pd.DataFrame, changes: pd.DataFrame, published: pd.DataFrame) -> Styler:
    """The mean score of each size and configuration, its change from the baseline, and the paper's change.

    `models` is a `model_table`, `changes` those of `score_changes`, `published` the paper's points.
    """
    curves = published.pivot(index="size", columns="configuration", values="score")
    theirs = curves.sub(curves.base, axis=0).stack()
    rows = [
        {
            "size": row.size.upper(),
            "configuration": row.configuration,
            "MB": f"{row.megabytes:.2f}",
            "score": f"{row.score:.1f}",
            "change (95 % CI)": only(changes, task=MEAN, size=row.size, change=row.configuration).text,
            "the paper's change": _signed(theirs.get((row.size, row.configuration), np.nan)),
        }
        for row in models[models.task == MEAN].itertuples(index=False)
    ]
    return pd.DataFrame(rows).style.hide()


def distillation_table(changes: pd.DataFrame) -> Styler:
    """What KD changes in the mean score of each size: in all, by the rows it adds, and by the teacher given these."""
    rows = [
        {"size": size.upper()} | {change: only(changes, task=MEAN, size=size, change=change).text for change in parts}
        for parts in [dict.fromkeys(changes.change)]
        for size in dict.fromkeys(changes[changes.task == MEAN]["size"])
    ]
    return pd.DataFrame(rows).style.hide()


def controls_table(changes: pd.DataFrame) -> Styler:
    """What each control changes in the mean score, and how much more a method that trains for it scores: by size."""
    of_mean, rows = changes[changes.task == MEAN], []
    sizes = list(dict.fromkeys(of_mean["size"]))
    for name, method in AWARE.items():
        rows.append((CONTROL_NAMES[name], name))
        if method:
            rows.append((f"{method_of(method)} less that", f"{method} - {name}"))
    cells = [[label, *(only(of_mean, size=size, change=change).text for size in sizes)] for label, change in rows]
    return pd.DataFrame(cells, columns=["change of the mean score", *map(str.upper, sizes)]).style.hide()


def pareto_table(shares: pd.DataFrame, models: pd.DataFrame) -> Styler:
    """The models that are on the Pareto front in more than one in ten draws, with that share."""
    of_mean = models[models.task == MEAN]
    frame = shares[shares.share > 0.1].merge(of_mean[["size", "configuration", "megabytes", "score"]])
    frame = frame.sort_values("megabytes").assign(share=100 * frame.share, size=frame["size"].str.upper())
    return frame.style.format({"share": "{:.0f} %", "megabytes": "{:.2f}", "score": "{:.1f}"}).hide()


def majority_table(tasks: tuple[str, ...], majority: np.ndarray, models: pd.DataFrame, at: pd.DataFrame) -> Styler:
    """Each task's majority-class baseline and uncompressed scores; † where these reach it. `at` is tasks by sizes."""
    base = models[models.configuration == "base"].pivot(index="task", columns="size", values="score")
    rows = [
        {"task": task, "majority class": f"{constant:.1f}"}
        | {size.upper(): f"{base.loc[task, size]:.1f}" + " †" * bool(at.loc[task, size]) for size in at}
        for task, constant in zip(tasks, majority, strict=True)
    ]
    return pd.DataFrame(rows).replace("nan", "–").style.hide()


def reductions_table(frame: pd.DataFrame, published: pd.DataFrame) -> Styler:
    """The paper's Table 1 with this edition's values above it: sizes by methods.

    `frame` is a `reduction_table`. A value is marked ≥ where more than half of the tasks are censored by the method's
    smallest model, and † where no model reached the target on more than half.
    """
    rows = []
    for size, part in frame.groupby("size", sort=False):
        rows.append(
            {"size": size, "from": f"this edition, {part.tasks.iloc[0]} tasks"}
            | {row.methods: _ratio(row) for row in part.itertuples()}
        )
        if size in published.index:
            rows.append(
                {"size": size, "from": "the paper"}
                | published.loc[size, list(METHOD_SETS)].map("{:.1f}".format).to_dict()
            )
    return pd.DataFrame(rows).style.hide()


def _ratio(row) -> str:
    bound = "≥ " if 2 * row.smallest > row.tasks else ""
    return bound + interval_text(row.value, row.low, row.high, signed=False) + " †" * (2 * row.none > row.tasks)


def interactions_table(frame: pd.DataFrame, published: pd.DataFrame) -> Styler:
    """Interactions in points by this project's score, what they say under each of `SETTINGS`, and the paper's values.

    `frame` is that of `interactions_by_setting`; `published` is sizes by combinations.
    """
    says = frame.pivot(index=["size", "methods"], columns="setting", values="says")
    theirs = published.stack()
    rows = [
        {
            "size": row.size,
            "methods": row.methods,
            "interaction (95 % CI)": Interval(row.value, row.low, row.high).text,
            **{name: says.loc[(row.size, row.methods)].get(name, "–") for name in SETTINGS},
            "seeds to exclude 0": f"{row.needed:.0f}".replace("nan", "–") if row.says in OPEN else "",
            "the paper's": _signed(theirs.get((row.size, row.methods), np.nan)),
        }
        for row in frame[frame.setting == SETTINGS[0]].itertuples(index=False)
    ]
    return pd.DataFrame(rows).style.hide()


def synergies_table(frame: pd.DataFrame, published: pd.DataFrame) -> Styler:
    """Synergies in doublings beside the paper's. `frame` is that of `synergies`, `published` sizes by combinations."""
    theirs = published.stack()
    frame = frame.assign(published=[theirs.get((row.size, row.methods), np.nan) for row in frame.itertuples()])
    signed = dict.fromkeys(("value", "low", "high", "published"), "{:+.2f}")
    shown = frame.drop(columns=["needed"]).style.format(signed | {"censored": "{:.0f} %"}, na_rep="–")
    return shown.hide()


def prices_table(ours: pd.DataFrame, published: pd.DataFrame) -> Styler:
    """What each step saves and costs alone and after the others, and points per halving of the bytes.

    Both are frames of `steps`; the paper's price stands beside each.
    """
    theirs = published.set_index(["size", "step", "order"]).price
    rows = [
        {
            "size": row.size.upper(),
            "step": row.step,
            "order": row.order,
            "bytes saved": f"{row.saved:.0f} %",
            "change (95 % CI)": Interval(row.value, row.low, row.high).text,
            "points per halving": Interval(row.price, row.price_low, row.price_high).text,
            "the paper's": _signed(theirs.get((row.size, row.step, row.order), np.nan)),
        }
        for row in ours.itertuples(index=False)
    ]
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else ["size"]).style.hide()


def recipes_table(found: pd.DataFrame) -> Styler:
    """What to ship for each budget; `found` is that of `recipes`. Intervals are missing where there is one seed."""
    columns = {
        "asked": found.asked,
        "recipe": [recipe_name(row) for _, row in found.iterrows()],
        "MB": found.megabytes,
        "MB packed": found.packed,
        "score (95 % CI)": [interval_text(r.score, r.low, r.high, signed=False) for r in found.itertuples()],
        "as good": [f"{row.as_good}: {row.simplest}" if row.simplest else "–" for row in found.itertuples()],
        "the paper's": found.paper,
    }
    return pd.DataFrame(columns).style.format(dict.fromkeys(("MB", "MB packed"), "{:.2f}"), na_rep="–").hide()


def _signed(value: float) -> str:
    return f"{value:+z.1f}" if np.isfinite(value) else "–"
