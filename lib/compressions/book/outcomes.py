"""What an experiment gave, for the chapters that run one: a table, and points for the chart of score against size."""

import pandas as pd
from pandas.io.formats.style import Styler

from compressions.analysis.bootstrap import interval_text
from compressions.analysis.results import ALL

TITLES = {
    "score": ("score", "{:.1f}"),
    "deviation": ("± over seeds", "{:.1f}"),
    "megabytes": ("MB, paper's size measure", "{:.3g}"),
    "file": ("MB of the file", "{:.3g}"),
    "non_zeros": ("non-zeros", "{:,.0f}"),
    "seconds": ("seconds of training", "{:.1f}"),
}
FIELDS = ["configuration", "score", "megabytes", "artifact_bytes", "non_zeros", "seconds"]


def outcomes(records: list[dict]) -> pd.DataFrame:
    """One row a configuration, in the order of the records: means over the seeds, and the scores' `deviation`."""
    frame = pd.DataFrame(records, columns=FIELDS)
    groups = frame.assign(file=frame.artifact_bytes / 1e6).drop(columns="artifact_bytes")
    groups = groups.groupby("configuration", sort=False)
    return groups.mean().assign(deviation=groups.score.std())


def outcome_table(found: pd.DataFrame) -> Styler:
    """A table of `outcomes`; the deviation is left out where no configuration has several seeds."""
    names = [name for name in TITLES if name != "deviation" or found.deviation.notna().any()]
    titled = found[names].rename(columns={name: TITLES[name][0] for name in names})
    return titled.style.format(dict(TITLES[name] for name in names), na_rep="–")


def outcome_points(found: pd.DataFrame, size: str) -> pd.DataFrame:
    """What `figures.tradeoff` draws of `outcomes`."""
    return found.reset_index().assign(size=size, source="this run")


def agreement_table(both: pd.DataFrame) -> Styler:
    """The scores of `row_intervals.against_seeds`: a row for each configuration, two columns for each task."""
    table = both[["here", "committed"]].unstack("task").swaplevel(axis=1).sort_index(axis=1, ascending=False)
    return table.reindex([name for name in ALL if name in table.index]).style.format("{:.1f}", na_rep="–")


def difference_table(both: pd.DataFrame) -> Styler:
    """Changes of the mean score by configuration, of `row_intervals.compare`."""
    titles = {"here": "change", "on GLUE": "there", "difference": "difference"}
    told = {
        title: list(map(interval_text, *(both[f"{name}{end}"] for end in ("", "_low", "_high"))))
        for title, name in titles.items()
    }
    return pd.DataFrame(told, both.configuration).style
