"""The commands behind `make grid` and `make grid-status`: run, teach, status."""

import json
import math
import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

from filelock import FileLock, Timeout

from compressions.errors import BadInput, command, require
from compressions.experiments.configurations import Configuration
from compressions.experiments.estimates import Speeds, seconds
from compressions.experiments.grid import Grid, failures, names_of, read_grid
from compressions.experiments.records import is_locked, read_all

SNAKEMAKE = ("--keep-going", "--rerun-incomplete", "--quiet", "rules", "reason", "host")


def run(grid: Grid, options: list[str]) -> None:
    """Run what is missing with Snakemake; `options` are those of its command line.

    Raises `BadInput` before that for a record that is not sound, and while another process runs the same grid here.
    """
    from snakemake import cli  # slow to import, and needed by no other command

    grid.check_records()
    lock = Path("logs", f"{grid.name}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Unlike Snakemake's own lock, this one is released when the process is killed.
        with FileLock(lock, timeout=0):
            for experiment in grid.unfinished:  # an executed notebook without its records would count as done
                grid.notebook(experiment).unlink(missing_ok=True)
            missing = sum(len(grid.missing(experiment)) for experiment in grid.experiments)
            wanted = len(grid.experiments) * len(grid.configurations)
            print(f"{grid.name}: {missing} of {wanted} configurations to run", flush=True)
            # In this process, which has loaded what the Snakefile imports; it ends with Snakemake's exit status.
            settings = [f"grid={json.dumps(f'grids/{grid.name}.yml')}", f"gpus={os.environ.get('GPUS', 0)}"]
            cli.main(["--nolock", *SNAKEMAKE, *options, "--config", *settings])
    except Timeout as error:
        raise BadInput(f"the grid {grid.name!r} is being run by another process; see make grid-status") from error


def run_each(names: list[str], options: list[str]) -> None:
    """Run several grids in turn, each in a process of its own, which Snakemake ends; one that fails stops no other."""
    this = [sys.executable, "-m", "compressions.experiments.manage", "run"]
    # A process that was killed has a negative status.
    sys.exit(any([subprocess.call([*this, name, "--", *options]) for name in names]))


def teach(grid: Grid, task: str) -> None:
    """Fine-tune the task's teacher, cache its logits for the training rows, and print its description as JSON."""
    from compressions.experiments.run import teacher_of, training_rows  # imports torch, which no other command needs

    experiment = next(experiment for experiment in grid.experiments if experiment.task == task)
    teacher = teacher_of(experiment)
    training_rows(experiment, Configuration(("kd",)), teacher)
    print(json.dumps(teacher.description()))


def status(grid: Grid) -> None:
    """Print what is done, running, missing and failed, by size, and how long the rest will take."""
    print(grid.name)
    speeds, total, running = Speeds(read_all(grid.results)), 0.0, []
    print(f"{'size':10}{'configurations':>15}{'done':>8}{'running':>9}{'missing':>9}{'hours left':>12}")
    for size in grid.content["sizes"]:
        left = {each: grid.missing(each) for each in grid.experiments if each.size == size}
        paths = [each.record_path(configuration) for each, missing in left.items() for configuration in missing]
        locked = [path for path in paths if is_locked(path)]
        need = sum(seconds(speeds, grid, (each.task, size, each.seed), missing) for each, missing in left.items())
        wanted = len(left) * len(grid.configurations)
        counts = f"{size:10}{wanted:15}{wanted - len(paths):8}{len(locked):9}{len(paths) - len(locked):9}"
        print(f"{counts}{_hours(need):>12}")
        total, running = total + need, running + locked
    for path in running:
        print(f"running: {path.relative_to(grid.results).with_suffix('')}")
    for place, error in failures(grid):
        print(f"failed: {place}: {error}")
    cores = os.cpu_count() or 1
    print(f"left: {_hours(total)} hours of one worker, {_hours(total / cores)} with {cores}, teachers not counted")


def _hours(seconds: float) -> str:
    """Hours to one decimal; a question mark where the grid has no record to estimate them from."""
    return "?" if math.isnan(seconds) else f"{seconds / 3600:.1f}"


def main(*words: str) -> None:
    """`python -m compressions.experiments.manage run GRID -- OPTIONS`, or `status GRID`, or `teach GRID TASK`."""
    parser = ArgumentParser(prog="python -m compressions.experiments.manage")
    commands = parser.add_subparsers(dest="command", required=True)
    for each in (run, teach, status):
        commands.add_parser(each.__name__, help=each.__doc__.splitlines()[0]).add_argument("grid")
    commands.choices["run"].add_argument("options", nargs="*")
    commands.choices["teach"].add_argument("task")
    chosen = vars(parser.parse_args(words))
    called = {"run": run, "teach": teach, "status": status}[chosen.pop("command")]
    name = chosen.pop("grid")
    grids = names_of(name)
    one_folder = f"RESULTS would be the folder of all variants of grids/{name.partition('/')[0]}.yml; unset it"
    require("RESULTS" not in os.environ or not any("/" in each for each in grids), one_folder)
    if called is run and len(grids) > 1:
        run_each(grids, **chosen)
    for each in grids or [name]:
        called(read_grid(each), **chosen)


if __name__ == "__main__":
    command(main)
