# Runs a grid: `snakemake --config grid=grids/builtin.yml`. Each experiment is a run of the experiment notebook by
# papermill; its executed notebook and its log stay in logs/, its records go to results/. `make grid` calls it, here or
# on a cluster. Names are quoted (`:q`) wherever a shell reads them.
import math
import os
import sys
from collections import Counter

from compressions.errors import BadInput
from compressions.experiments.estimates import Speeds, memory_bytes, seconds
from compressions.experiments.grid import failures, read_grid
from compressions.experiments.records import read_all

try:
    GRID = read_grid(config["grid"].removeprefix("grids/").removesuffix(".yml"))  # by its file: a bare 2024 or 1e3 would be read as a number
except BadInput as error:
    sys.exit(f"BadInput: {error}")
PYTHON = sys.executable
PLACE = f"logs/{GRID.name}"
SPEEDS = Speeds(read_all(GRID.results))
GPUS = int(config.get("gpus", 0))
TAUGHT = any(configuration.uses("kd") for configuration in GRID.configurations)
STUDENTS = Counter(experiment.task for experiment in GRID.experiments)


def experiment_of(wildcards):
    return GRID.experiment(wildcards.task, wildcards.size, int(wildcards.seed))


def taught(wildcards):
    own = next(each for each in GRID.experiments if each.task == wildcards.task)
    return own.teaching or own


def makes_own_teacher(wildcards):
    # Where several experiments of a task would wait for their teacher, it is a job of its own.
    return TAUGHT and STUDENTS[wildcards.task] == 1


def teachers_file(wildcards):
    return f"{PLACE}/{wildcards.task}/teacher.json" if TAUGHT and not makes_own_teacher(wildcards) else []


def place_in_order(wildcards):
    return GRID.experiments.index(experiment_of(wildcards))


def device(index):
    # One GPU each, in turn, of those that the shell or a cluster's job is given.
    visible = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(max(1, GPUS))))
    return visible.split(",")[index % len(visible.split(","))]


def megabytes(wildcards):
    models = [experiment_of(wildcards), *([taught(wildcards)] if makes_own_teacher(wildcards) else [])]
    return math.ceil(max(map(memory_bytes, models)) / 1e6)


def minutes(wildcards):
    # Twice what records let us expect, for scoring and slower machines; a day where there are none, or a teacher beside.
    experiment = experiment_of(wildcards)
    key = (experiment.task, experiment.size, experiment.seed)
    expected = seconds(SPEEDS, GRID, key, GRID.missing(experiment))
    return 1440 if math.isnan(expected) or makes_own_teacher(wildcards) else 10 + math.ceil(2 * expected / 60)


# The variables that an experiment listens to, for pods, which have no others of this shell.
envvars:
    *[name for name in ("GLUE", "CHECKPOINTS", "RESULTS", "WORDNET", "OMP_NUM_THREADS") if name in os.environ],


rule grid:
    input:
        [str(GRID.notebook(experiment)) for experiment in GRID.unfinished],


rule teacher:
    output:
        PLACE + "/{task}/teacher.json",
    log:
        PLACE + "/{task}/teacher.log",
    params:
        failed=PLACE + "/{task}/teacher.failed",
        device=lambda wildcards: device(GRID.content["tasks"].index(wildcards.task)),
    priority: 10**6
    resources:
        mem_mb=lambda wildcards: math.ceil(memory_bytes(taught(wildcards)) / 1e6),
        runtime=1440,
        gpu=min(1, GPUS),
    shell:
        "mkdir -p \"$(dirname {params.failed:q})\"; rm -f {params.failed:q};"
        " [ {GPUS} = 0 ] || export CUDA_VISIBLE_DEVICES={params.device};"
        " {PYTHON:q} -m compressions.experiments.manage teach {GRID.name:q} {wildcards.task:q} > {output:q} 2> {log:q}"
        " || {{ tail -n 1 {log:q} | tee {params.failed:q} >&2; exit 1; }}"


rule experiment:
    input:
        teachers_file,
    output:
        PLACE + "/{task}/{size}/seed{seed}.ipynb",
    log:
        PLACE + "/{task}/{size}/seed{seed}.log",
    params:
        given=lambda wildcards: GRID.parameters(experiment_of(wildcards)),
        failed=PLACE + "/{task}/{size}/seed{seed}.failed",
        device=lambda wildcards: device(place_in_order(wildcards)),
    priority: lambda wildcards: len(GRID.experiments) - place_in_order(wildcards)
    resources:
        mem_mb=megabytes,
        runtime=minutes,
        gpu=min(1, GPUS),
    # Run by two at once, which a kill of Snakemake alone can lead to, the second waits and finds all done.
    shell:
        "mkdir -p \"$(dirname {params.failed:q})\"; rm -f {params.failed:q};"
        " [ {GPUS} = 0 ] || export CUDA_VISIBLE_DEVICES={params.device};"
        " {PYTHON:q} -m papermill notebooks/experiment.py {output:q}.partial.ipynb -r task {wildcards.task:q}"
        " -r size {wildcards.size:q} -p seed {wildcards.seed} -y {params.given:q} --no-progress-bar > {log:q} 2>&1"
        " && {{ mv {output:q}.partial.ipynb {output:q} || [ -f {output:q} ]; }}"
        " || {{ tail -n 1 {log:q} | tee {params.failed:q} >&2; exit 1; }}"


onerror:
    for place, error in failures(GRID):
        print(f"failed: {place}: {error}", file=sys.stderr)
