# The commands of this project; `make` alone lists them.
VENV ?= .venv
PYTHON ?= python3
# Relative, and Python rather than its scripts, whose first line names it: the project's folder may have any name.
BIN := $(VENV)/bin
READY := $(VENV)/.installed
GRID ?= builtin
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
# How many GPUs a grid shares here; on a cluster any number but 0 gives each experiment one.
GPUS ?= 0
# Names from the command line reach the commands through the shell's variables, as they are, spaces and all.
export GRID RECORD REPO
# Where `make pack` and `make package` write, if not where the record's name says.
export OUT PACKAGE
# Where a grid runs: here, or where a profile of profiles/ says, with OPTIONS for Snakemake: make grid PROFILE=slurm
WHERE = $(if $(PROFILE),--profile profiles/$(PROFILE),--cores $(CORES) --resources gpu=$(GPUS)) $(OPTIONS)
# The built-in grid and the book are made from nothing but this repository, whatever the shell's own variables say.
BUILTIN := env -u GLUE -u CHECKPOINTS
JUPYTER_BOOK = $(BUILTIN) RESULTS=_build/demonstration PATH="$$(cd $(BIN) && pwd):$$PATH" $(BIN)/python -c 'from jupyter_book.cli.main import main; main()' build .
# One thread a process: two processes of one thread train more than one of two, and a busy core stalls both of its threads.
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false

.DEFAULT_GOAL := help
.PHONY: help reproduce test test-fast book pdf grid grid-status results size-measures exported latency pack package push demo bench lint links prose audit citation lock licenses notebooks release clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

reproduce: $(READY) ## Install, run the built-in grid on this machine, and build the book
	$(BUILTIN) $(MAKE) grid GRID=builtin
	$(MAKE) book
	@echo "The book: $$PWD/_build/html/index.html"

# One file more than there are cores: tests wait for the processes that they start, kill or ask.
test: $(READY) ## Run every test
	$(BIN)/python -m pytest --numprocesses $$(($(CORES) + 1)) --dist loadfile --no-loadscope-reorder

test-fast: $(READY) ## Run the tests that take seconds together: all but those that start processes, train or build
	$(BIN)/python -m pytest -m "not slow" --numprocesses $(CORES) --dist worksteal

book: $(READY) ## Build the book from committed records, warnings as errors
	rm -rf _build/demonstration _build/html _build/.doctrees
	$(JUPYTER_BOOK) -W -n --keep-going

pdf: $(READY) ## Build the article as a PDF, _build/article.pdf (needs LaTeX)
	@command -v latexmk > /dev/null && command -v xelatex > /dev/null || { echo "no latexmk or xelatex on this machine: the README says which packages have them"; exit 1; }
	rm -rf _build/demonstration _build/article _build/article.pdf
	$(JUPYTER_BOOK) --toc _toc_article.yml --builder latex --path-output _build/article -W -n --keep-going
	cd _build/article/_build/latex && latexmk -xelatex -silent -interaction=nonstopmode -halt-on-error article.tex && ! grep "Missing character" article.log
	mv _build/article/_build/latex/article.pdf _build/article.pdf

grid: $(READY) ## Run what is missing of grids/$(GRID).yml, for example: make grid GRID=glue
	PATH="$$(cd $(BIN) && pwd):$$PATH" GPUS=$(if $(PROFILE),$(if $(filter-out 0,$(GPUS)),1,0),$(GPUS)) $(BIN)/python -m compressions.experiments.manage run "$$GRID" -- $(WHERE)

grid-status: $(READY) ## Say what of grids/$(GRID).yml is done, running, missing or failed
	@$(BIN)/python -m compressions.experiments.manage status "$$GRID"

results: $(READY) ## Write results/$(GRID)/records.csv, records.parquet and README.md from the records
	$(BIN)/python -m compressions.experiments.table "results/$$GRID"

size-measures: $(READY) ## Measure artifacts of results/$(GRID) by every size measure, into results/$(GRID)/size_measures.csv
	$(BIN)/python -m compressions.measurements.artifacts "results/$$GRID"

exported: $(READY) ## Score artifacts of results/$(GRID) in ONNX Runtime, into results/$(GRID)/exported.csv
	$(BIN)/python -m compressions.measurements.onnx_scores "results/$$GRID"

latency: $(READY) ## Measure milliseconds of every size in ONNX Runtime (and OpenVINO, if installed), into results/latency.json
	$(BIN)/python -m compressions.measurements.latency results/latency.json

pack: $(READY) ## Write the artifact of RECORD as one packed file, OUT, and print its bytes by each size measure
	$(BIN)/python -m compressions.delivery.packing "$$RECORD" "$$OUT"

package: $(READY) ## Write the model of RECORD as a folder, PACKAGE, that Hugging Face's tools open
	$(BIN)/python -m compressions.delivery.package "$$RECORD" "$$PACKAGE"

demo: $(READY) ## Make the models of the page "Try it in your browser", and with npm its runtime; then: make book
	$(BIN)/python -m compressions.delivery.demo

push: $(READY) ## Package the model of RECORD and upload it to the Hugging Face hub as REPO=user/name
	$(BIN)/python -m compressions.delivery.push "$$RECORD" "$$REPO" "$$PACKAGE"

bench: $(READY) ## Measure what each method adds to a training step (about fifteen minutes)
	$(BIN)/python -m compressions.measurements.training_step results/bench.json

lint: $(READY) ## Check style, spelling and prose, and that each package imports only from the floors below it
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m codespell_lib *.md *.yml Makefile Snakefile book grids lib notebooks profiles tests
	$(BIN)/python -m compressions.book.prose --check

prose: $(READY) ## Count the words of each page and of its longest sentence
	@$(BIN)/python -m compressions.book.prose

links: $(READY) ## Follow every link of the book that leads outside of it (needs the network)
	$(JUPYTER_BOOK) --builder linkcheck

audit: ## Look up the lock's packages among known vulnerabilities (needs the network)
	rm -rf _build/audit && $(PYTHON) -m venv _build/audit && _build/audit/bin/pip install -q pip-audit
	_build/audit/bin/pip-audit --requirement requirements.lock --no-deps --disable-pip --strict

citation: ## Check CITATION.cff against its schema
	rm -rf _build/citation && $(PYTHON) -m venv _build/citation && _build/citation/bin/pip install -q cffconvert==2.0.0
	_build/citation/bin/cffconvert --validate --infile CITATION.cff

lock: ## Write requirements.lock anew from pyproject.toml
	rm -rf _build/lock && $(PYTHON) -m venv _build/lock
	_build/lock/bin/pip install -q -e '.[dev]'
	_build/lock/bin/pip freeze --exclude compressions | sed 's/+cpu$$//' > requirements.lock

licenses: $(READY) ## List the licenses of the locked packages in book/licenses.csv
	$(BIN)/python -m compressions.book.licenses requirements.lock book/licenses.csv

notebooks: $(READY) ## Write the chapters as .ipynb for Colab, into _build/notebooks
	$(BIN)/python -m compressions.book.colab _build/notebooks

release: ## Build wheel, sdist, archives of book and results, the article where LaTeX is, checksums; try the wheel alone
	git diff --quiet HEAD || { echo "commit what was changed: a release is of a commit"; exit 1; }
	$(MAKE) citation
	$(MAKE) demo
	$(MAKE) book
	rm -rf _build/release && $(PYTHON) -m venv _build/release/env
	_build/release/env/bin/pip install -q build -r requirements.lock
	_build/release/env/bin/python -m build --outdir _build/release
	_build/release/env/bin/pip install -q --no-deps _build/release/*.whl
	cd _build/release && env/bin/python -c "import compressions.delivery.package, papermill.iorw as io; assert io.papermill_io.get_handler('notebooks/x.py').__module__ == 'compressions.book.percent'; print('the wheel works')"
	tar -C _build/html -czf _build/release/book.tar.gz .
	! command -v latexmk > /dev/null || { $(MAKE) pdf && cp _build/article.pdf _build/release; }
	git archive --output _build/release/results.tar.gz HEAD results
	rm -rf _build/release/env && cd _build/release && sha256sum * > SHA256SUMS && cat SHA256SUMS

clean: ## Remove what was built, but no record
	rm -rf _build .snakemake .pytest_cache .ruff_cache .hypothesis logs

# uv installs in a fifth of pip's processor time, but reads none of pip's settings: it is told where pip finds packages, and
# where that is not enough, pip installs.
pip_setting = "$$(echo $${PIP_$(1):-$$($(BIN)/python -m pip config get global.$(2) 2> /dev/null)})"

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q uv==0.13.9
	UV_DEFAULT_INDEX=$(call pip_setting,INDEX_URL,index-url) UV_INDEX=$(call pip_setting,EXTRA_INDEX_URL,extra-index-url) \
	UV_FIND_LINKS=$(call pip_setting,FIND_LINKS,find-links) UV_INDEX_STRATEGY=unsafe-best-match \
	$(BIN)/python -m uv pip install -q --compile-bytecode --python $(BIN)/python -r requirements.lock || $(BIN)/python -m pip install -q -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps -e .
	touch $@
