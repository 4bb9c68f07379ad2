# Runs a grid: `snakemake --config grid=embedded`. Each experiment is a run of the experiment notebook by papermill; its
# executed notebook stays in logs/ and marks it as done, its records go to results/.
import sys
from pathlib import Path

import yaml

from compressions.configurations import configurations
from compressions.records import record_path

GRID = config["grid"]
FILE = Path(f"grids/{GRID}.yml")
if not FILE.is_file():
    sys.exit(f"unknown grid {GRID!r}; allowed: {', '.join(sorted(path.stem for path in FILE.parent.glob('*.yml')))}")
PLAN = yaml.safe_load(FILE.read_text())
AXES = {"tasks": PLAN.pop("tasks"), "sizes": PLAN.pop("sizes"), "seeds": PLAN.pop("seeds")}
RESULTS = Path(PLAN.pop("results", f"results/{GRID}"))
NOTEBOOK = "logs/" + GRID + "/{task}/{size}/seed{seed}.ipynb"
# Sizes come first so that the first experiments are of different tasks and make the teachers at the same time.
EXPERIMENTS = [(task, size, seed) for seed in AXES["seeds"] for size in AXES["sizes"] for task in AXES["tasks"]]
WANTED = configurations(PLAN["subsets"], PLAN["sparsities"])

for task, size, seed in EXPERIMENTS:
    # A notebook whose records are gone is no proof that the experiment was run.
    if not all(record_path(RESULTS, task, size, each.name, seed).is_file() for each in WANTED):
        Path(NOTEBOOK.format(task=task, size=size, seed=seed)).unlink(missing_ok=True)


rule grid:
    input:
        [NOTEBOOK.format(task=task, size=size, seed=seed) for task, size, seed in EXPERIMENTS],


rule experiment:
    input:
        str(FILE),
    output:
        NOTEBOOK,
    log:
        "logs/" + GRID + "/{task}/{size}/seed{seed}.log",
    threads: 1
    params:
        shared=yaml.safe_dump({**PLAN, "results": str(RESULTS)}, default_flow_style=True, width=10**6).strip(),
    shell:
        "papermill notebooks/experiment.py {output}.partial.ipynb -p task {wildcards.task} -p size {wildcards.size}"
        " -p seed {wildcards.seed} -y {params.shared:q} --no-progress-bar > {log} 2>&1"
        " && mv {output}.partial.ipynb {output} || {{ tail -n 1 {log} >&2; exit 1; }}"
