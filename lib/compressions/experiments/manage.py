"""The commands that `make grid` and `make grid-status` are made of: run, teach, status."""

import json
import math
import os
from argparse import ArgumentParser
from pathlib import Path

from filelock import FileLock, Timeout

from compressions.errors import BadInput, command
from compressions.experiments.configurations import Configuration
from compressions.experiments.estimates import Speeds, seconds
from compressions.experiments.grid import Grid, failures, read_grid
from compressions.experiments.records import is_locked, read_all

SNAKEMAKE = ("--keep-going", "--rerun-incomplete", "--quiet", "rules", "reason", "host")


def run(grid: Grid, options: list[str]) -> None:
    """Run what is missing with Snakemake; `options` say where.

    Raises `BadInput` before that for a record that is not sound, and while another process runs the same grid here.
    """
    from snakemake import cli  # for nothing else here

    grid.check_records()
    lock = Path("logs", f"{grid.name}.lock")
    lock.parent.mkdir(exist_ok=True)
    try:
        # This lock is gone with the process, Snakemake's own would stay after a kill.
        with FileLock(lock, timeout=0):
            _tidy(grid)
            # In this process, which has loaded what the Snakefile imports; it ends with Snakemake's exit status.
            settings = [f"grid={grid.name}", f"gpus={os.environ.get('GPUS', 0)}"]
            cli.main(["--nolock", *SNAKEMAKE, *options, "--config", *settings])
    except Timeout as error:
        raise BadInput(f"the grid {grid.name!r} is being run by another process; see make grid-status") from error


def _tidy(grid: Grid) -> None:
    """Say how much there is to do; a notebook whose records are gone is no proof that its experiment was run."""
    for experiment in grid.unfinished:
        grid.notebook(experiment).unlink(missing_ok=True)
    todo = sum(len(grid.missing(experiment)) for experiment in grid.experiments)
    print(
        f"{grid.name}: {todo} of {len(grid.experiments) * len(grid.configurations)} configurations to run", flush=True
    )


def teach(grid: Grid, task: str) -> None:
    """Fine-tune the task's teacher and ask it for its logits, so that students find both; print what it is."""
    from compressions.experiments.run import teacher_of, training_rows  # torch comes with it, for nothing else here

    experiment = next(experiment for experiment in grid.experiments if experiment.task == task)
    teacher = teacher_of(experiment)
    training_rows(experiment, Configuration(("kd",)), teacher)
    print(json.dumps(teacher.description()))


def status(grid: Grid) -> None:
    """Print what is done, running, missing and failed, by size, and how long the rest will take."""
    speeds, total, running = Speeds(read_all(grid.results)), 0.0, []
    print(f"{'size':10}{'configurations':>15}{'done':>8}{'running':>9}{'missing':>9}{'hours left':>12}")
    for size in grid.content["sizes"]:
        left = {each: grid.missing(each) for each in grid.experiments if each.size == size}
        paths = [each.record_path(configuration) for each, missing in left.items() for configuration in missing]
        locked = [path for path in paths if is_locked(path)]
        need = sum(seconds(speeds, grid, each.task, size, missing) for each, missing in left.items())
        wanted = len(left) * len(grid.configurations)
        counts = f"{size:10}{wanted:15}{wanted - len(paths):8}{len(locked):9}{len(paths) - len(locked):9}"
        print(f"{counts}{_hours(need):>12}")
        total, running = total + need, running + locked
    for path in running:
        print(f"running: {path.relative_to(grid.results).with_suffix('')}")
    for place, error in failures(grid):
        print(f"failed: {place}: {error}")
    cores = os.cpu_count() or 1
    print(
        f"left: {_hours(total)} hours of one worker, {_hours(total / cores)} with {cores}, without teachers and scoring"
    )


def _hours(seconds: float) -> str:
    """Hours to one decimal; a question mark where the grid has no record to estimate them from."""
    return "?" if math.isnan(seconds) else f"{seconds / 3600:.1f}"


def main(*words: str) -> None:
    """`python -m compressions.experiments.manage run GRID -- OPTIONS`, or `status GRID`, or `teach GRID TASK`."""
    parser = ArgumentParser(prog="python -m compressions.experiments.manage")
    commands = parser.add_subparsers(required=True)
    for each, more in ((run, "options"), (teach, "task"), (status, None)):
        one = commands.add_parser(each.__name__, help=each.__doc__.splitlines()[0])
        one.set_defaults(called=each)
        one.add_argument("grid")
        if more:
            one.add_argument(more, nargs="*" if more == "options" else None)
    chosen = vars(parser.parse_args(words))
    called, name = chosen.pop("called"), chosen.pop("grid")
    called(read_grid(name), **chosen)


if __name__ == "__main__":
    command(main)
