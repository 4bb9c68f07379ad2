# Runs a grid: `snakemake --config grid=embedded`. Each experiment is a run of the experiment notebook by papermill; its
# executed notebook stays in logs/ and marks it as done, its records go to results/.
import yaml

GRID = config["grid"]
PLAN = yaml.safe_load(open(f"grids/{GRID}.yml"))
AXES = {"tasks": PLAN.pop("tasks"), "sizes": PLAN.pop("sizes"), "seeds": PLAN.pop("seeds")}
NOTEBOOK = "logs/" + GRID + "/{task}/{size}/seed{seed}.ipynb"


rule grid:
    # Sizes come first so that the first experiments are of different tasks and make the teachers at the same time.
    input:
        [
            NOTEBOOK.format(task=task, size=size, seed=seed)
            for seed in AXES["seeds"]
            for size in AXES["sizes"]
            for task in AXES["tasks"]
        ],


rule experiment:
    input:
        "grids/" + GRID + ".yml",
    output:
        NOTEBOOK,
    log:
        "logs/" + GRID + "/{task}/{size}/seed{seed}.log",
    threads: 1
    params:
        shared=yaml.safe_dump({**PLAN, "results": f"results/{GRID}"}, default_flow_style=True, width=10**6).strip(),
    shell:
        "papermill notebooks/experiment.py {output}.partial.ipynb -p task {wildcards.task} -p size {wildcards.size}"
        " -p seed {wildcards.seed} -y {params.shared:q} --no-progress-bar > {log} 2>&1"
        " && mv {output}.partial.ipynb {output}"
