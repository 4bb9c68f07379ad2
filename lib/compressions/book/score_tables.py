"""Per-task tables: the score of every configuration with its interval, and the controls that need no training."""

from pathlib import Path

import pandas as pd
from IPython.display import HTML, Markdown

from compressions.analysis.bootstrap import Draws, bootstrap, estimate, interval_text
from compressions.analysis.reading import read_results
from compressions.analysis.results import Results
from compressions.book.tables import CONTROL_NAMES
from compressions.errors import BadInput
from compressions.experiments.records import read_all
from compressions.experiments.table import table
from compressions.files import root


def folded_tables(folder: Path, score: str, draws: int) -> HTML | Markdown:
    """For each task of a folder of records a title that opens its two tables, or one line on what is missing."""
    try:
        results = read_results(folder, score, comparable=False)
    except BadInput as error:
        return Markdown(f"*No table yet: {str(error).replace(f'{root()}/', '')}.*")
    records, drawn = read_all(folder), bootstrap(results, draws)
    parts = {task: (task_table(results, drawn, task), control_table(records, task)) for task in results.tasks}
    return HTML("\n".join(_folded(task.upper(), tables) for task, tables in parts.items()))


def task_table(results: Results, draws: Draws, task: str) -> pd.DataFrame:
    """Scores of a task as text, `(configurations, sizes)`, such as `78.2 (76.9 to 79.5)`; `–` for what is not there.

    The 95 % interval holds the noise of seeds and of validation rows. From one seed the first is not known, and the
    score stands alone.
    """
    place = results.tasks.index(task)
    found = estimate(results.scores, draws, lambda scores: scores, results.freedom[..., None])
    columns = {}
    for column, (size, seeds) in enumerate(zip(results.sizes, results.seeds[place], strict=True)):
        intervals = [found.interval(seeds, place, column, row) for row in range(len(results.configurations))]
        columns[f"{size.upper()}, seeds: {seeds}"] = [interval_text(*each, signed=False) for each in intervals]
    return pd.DataFrame(columns, index=pd.Index(results.configurations, name="configuration"))


def teacher_table(records: list[dict]) -> pd.DataFrame:
    """The teacher's score on each task, and the best student's: its name, its mean score over seeds, and `ahead`.

    `ahead` is the teacher's score less the student's, in points; no rows where nothing was distilled.
    """
    frame, rows = table(records), []
    means = frame.groupby(["task", "size", "configuration"]).score.mean()
    for task, score in frame.dropna(subset="teacher_score").groupby("task", sort=False).teacher_score.last().items():
        size, name = means[task].idxmax()
        best = means[task][size, name]
        rows.append((task, score, f"{size.upper()} {name}", best, score - best))
    return pd.DataFrame(rows, columns=["task", "teacher", "best student", "its score", "ahead"])


def control_table(records: list[dict], task: str) -> pd.DataFrame:
    """Mean scores over seeds of a task's baseline and its controls, `(controls, sizes)`; empty without controls."""
    measured = [each for each in records if each["specification"]["task"] == task and "controls" in each]
    rows = [
        {"size": record["specification"]["size"].upper(), "control": name, "score": scores["score"]}
        for record in sorted(measured, key=lambda record: record["parameters"])
        for name, scores in {"base": record, **record["controls"]}.items()
    ]
    frame = pd.DataFrame(rows, columns=["size", "control", "score"])
    means = frame.pivot_table("score", "control", "size", sort=False)
    return means.rename(index={"base": "uncompressed", **CONTROL_NAMES})


def _folded(title: str, tables: tuple[pd.DataFrame, ...]) -> str:
    shown = [table.style.format(precision=1, na_rep="–", escape="html") for table in tables if table.size]
    return f"<details><summary>{title}</summary>{''.join(table.to_html() for table in shown)}</details>"
