# From a study's raw files to its reports. GNU Make 3.81 is enough; `make help` lists what there is.

STUDY  ?= data
OUT    ?= .
PYTHON ?= python3
# How many participants `make bench` cleans and scores at most; a million take some minutes.
LARGEST ?= 1000000
# Exports from which `make new-study` proposes settings, such as "pre.csv post.csv"; their names may
# have spaces.
EXPORT ?=
# The folder of a paper whose printed numbers `make new-ledger` prepares for.
PAPER  ?= paper
# Values for the notebooks' parameters, such as "-p seed 7".
PARAMETERS ?=
# A folder of notebooks to run in place of the study's own, or of those of starter/.
NOTEBOOKS ?=
# 0 starts the process of every notebook from nothing instead of forking it.
FORK   ?= 1
# A sweep of next trials: its grid (a TOML file), trials a cell, seed, and a Dask scheduler.
GRID   ?=
TRIALS ?= 10000
SEED   ?= 1
SCHEDULER ?=

# A setting of another name would be ignored, and the shipped study taken for the one that is meant.
SETTINGS := STUDY OUT PAPER PYTHON LARGEST EXPORT PARAMETERS NOTEBOOKS FORK GRID TRIALS SEED SCHEDULER ROUNDING \
  ID CHROMIUM LAB SHELL
$(foreach name,$(.VARIABLES),$(if $(filter commandline,$(subst $() ,,$(origin $(name)))),\
  $(if $(filter-out $(SETTINGS) MAKE%,$(name)),\
  $(error There is no setting $(name). Settings are written in capitals: $(SETTINGS)))))

BIN := $(if $(filter Windows_NT,$(OS)),Scripts,bin)

# In an active conda environment, `make PYTHON=python` uses what that environment holds.
ifneq ($(and $(CONDA_PREFIX),$(filter python,$(PYTHON))),)
CONDA := yes
VENV  := $(CONDA_PREFIX)
LAB   := $(CONDA_PREFIX)
RUN   := python
else
VENV  := .venv
LAB   := .venv-lab
RUN   := .venv/$(BIN)/python
endif

# Neither packages in the user's home nor those of another project can change a result.
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH PYTHONHOME

# Where there is a browser, the tests drive JupyterLab with it.
ifneq ($(filter test%,$(MAKECMDGOALS)),)
CHROMIUM    ?= $(shell for name in chromium chromium-browser google-chrome chrome; do \
                 command -v $$name && break; done)
LAB_TO_TEST := $(if $(CHROMIUM),$(LAB)/.run-ready)
endif

.PHONY: reports notebooks example test stress test-browser lab check new-study ledger new-ledger trace export verify expected synthetic next-trial bench reference lock lint clean help FORCE
.DEFAULT_GOAL := reports

## Build all reports of STUDY under OUT, if anything changed
reports: $(VENV)/.run-ready
	@$(RUN) -m imp_commands build --study "$(STUDY)" --out "$(OUT)" $(PARAMETERS) \
	  $(if $(NOTEBOOKS),--notebooks "$(NOTEBOOKS)") \
	  $(if $(filter 0,$(FORK)),--no-fork)

## Write the notebooks that fit STUDY into its folder, to read, change and extend
notebooks: $(VENV)/.run-ready
	@$(RUN) -m imp_commands notebooks --study "$(STUDY)"

## Run all tests
test: $(VENV)/.test-ready $(LAB_TO_TEST)
	@OMP_NUM_THREADS=1 $(RUN) -m pytest --numprocesses auto --dist worksteal -m "not alone and not slow"
	@$(RUN) -m pytest -m alone $$(grep -rl --include="*.py" "pytest.mark.alone" tests)

## Test interrupted builds, other Python versions and settings; takes minutes
stress: $(VENV)/.test-ready
	@$(RUN) -m pytest --numprocesses auto -m slow

## Test every page and JupyterLab in Chromium; part of `make test` where Chromium is installed
test-browser: $(VENV)/.test-ready $(LAB_TO_TEST)
	@$(RUN) -m pytest tests/test_browser.py tests/test_lab.py

## Build the example study, a real experiment, under build/film_mood
example: $(VENV)/.run-ready
	@$(RUN) -m imp_commands build --study examples/film_mood --out build/film_mood

## Open the notebooks in JupyterLab, in a separate environment
lab: $(LAB)/.run-ready
	@JUPYTER_PREFER_ENV_PATH=1 $(LAB)/$(BIN)/python -m jupyter lab . \
	  --config=imp_build/lab_config.py \
	  --LabApp.default_url=/lab/workspaces/imp/tree/notebooks/01_cleaning.ipynb

## Check the files of STUDY and list every problem
check: $(VENV)/.run-ready
	@$(RUN) -m imp_commands check --study "$(STUDY)" --out "$(OUT)"

## Create the folder of a new study, STUDY=..., with settings proposed from EXPORT="file ..."
new-study: $(VENV)/.run-ready
	@$(RUN) -m imp_commands new-study "$(STUDY)" $(if $(EXPORT),'$(subst ','\'',$(EXPORT))')

## Check the published numbers of STUDY for consistency; needs only published/statistics.csv
ledger: $(VENV)/.run-ready
	@$(RUN) -m imp_commands ledger --study "$(STUDY)" --out "$(OUT)" \
	  $(if $(ROUNDING),--rounding $(ROUNDING))

## Write the empty table of a paper's printed numbers into PAPER, for `make ledger`
new-ledger: $(VENV)/.run-ready
	@$(RUN) -m imp_commands new-ledger "$(PAPER)"

## List the responses from which a result, ID=..., was computed
trace: reports
	@$(RUN) -m imp_commands trace "$(ID)" --study "$(STUDY)" --out "$(OUT)"

## Write tables, text, scored data and SPSS syntax as files for Word and other programs
export: reports
	@$(RUN) -m imp_commands export --study "$(STUDY)" --out "$(OUT)"

## Rebuild the reports and compare them with STUDY/expected
verify: $(VENV)/.run-ready
	@$(RUN) -m imp_commands verify --study "$(STUDY)"

## Accept the current results of STUDY as the expected ones
expected: $(VENV)/.run-ready
	@$(RUN) -m imp_commands verify --study "$(STUDY)" --renew

## Regenerate the raw data of STUDY, if synthetic, and the ranges over many such data sets
synthetic: $(VENV)/.run-ready
	@PYTHONPATH=data $(RUN) -m synthetic --study "$(STUDY)"
	@PYTHONPATH=data $(RUN) -m synthetic.ranges --study "$(STUDY)"

## Simulate a grid of trial designs (GRID, TRIALS, SEED), on all cores or on a cluster (SCHEDULER)
next-trial: $(VENV)/.run-ready
	@$(RUN) -m imp_commands sweep --out "$(OUT)/sweep/sweep.csv" --trials $(TRIALS) --seed $(SEED) \
	  $(if $(GRID),--grid "$(GRID)") $(if $(SCHEDULER),--scheduler "$(SCHEDULER)")

## Compare the build time with the usual way of running notebooks, and time large studies
bench: $(VENV)/.run-ready
	@$(RUN) benchmarks/bench.py
	@$(RUN) benchmarks/scale.py --largest $(LARGEST)

## Recompute in R and PSPP the reference values of the tests
reference:
	@$(PYTHON) tests/reference/run.py

## Check the style of code and notebooks
lint: $(VENV)/.test-ready
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

## Lock the versions of all packages that pyproject.toml names
lock: $(VENV)/.run-ready
	@$(RUN) -m pip install --quiet --require-hashes --no-deps -r requirements-uv.txt
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) pyproject.toml --group test -c requirements.txt -o requirements-test.txt
	@$(COMPILE) pyproject.toml --group lab -c requirements.txt -o requirements-lab.txt
	@$(COMPILE) --group lock -o requirements-uv.txt

COMPILE = $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-annotate --custom-compile-command "make lock"

## Remove everything that was built: reports, processed data, environments and caches
clean:
	@for folder in processed reports ledger check exports; do \
	  if [ -f "$(OUT)/$$folder/MADE.txt" ]; then rm -rf "$(OUT)/$$folder"; fi; \
	done
	@rm -rf "$(OUT)/.build" "$(OUT)/failure.html" .venv .venv-lab .pytest_cache .hypothesis .ruff_cache
	@find imp_* tests benchmarks notebooks starter \
	  \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

## List all commands
help:
	@awk '/^## / {text = substr($$0, 4)} \
	  /^[a-z-]+:/ && text {sub(":.*", "", $$1); printf "make %-12s %s\n", $$1, text; text = ""}' Makefile
	@echo "Settings: STUDY (now $(STUDY)), OUT (now $(OUT)), PYTHON (now $(PYTHON)), PARAMETERS"

# The environments. Each holds exactly what its lock names, checked by hash.

SUPPORTED := import sys; v = sys.version_info; sys.exit(None \
  if (3, 11) <= v < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed, and this is %d.%d: " \
  "name another one, as in make PYTHON=python3.12" % v[:2])

# Each is marked by a copy of its lock: what counts is what stands in the lock, not when it came.
ready = cmp -s $(1) $@ ||

ifdef CONDA
$(VENV)/.run-ready: FORCE
	@$(call ready,requirements-lab.txt) { python -c '$(SUPPORTED)' && \
	  python -m pip install --quiet --require-hashes --no-deps -r requirements-lab.txt && \
	  $(call install_package,python) && cp requirements-lab.txt $@; }

$(VENV)/.test-ready: $(VENV)/.run-ready FORCE
	@$(call ready,requirements-test.txt) { \
	  python -m pip install --quiet --require-hashes --no-deps -r requirements-test.txt && \
	  cp requirements-test.txt $@; }
else
.venv/.run-ready: FORCE
	@$(call ready,requirements.txt) { $(call create,.venv) && \
	  $(call install,.venv,requirements.txt) && cp requirements.txt $@; }

.venv/.test-ready: .venv/.run-ready FORCE
	@$(call ready,requirements-test.txt) { \
	  $(call install,.venv,requirements-test.txt) && cp requirements-test.txt $@; }

.venv-lab/.run-ready: FORCE
	@$(call ready,requirements-lab.txt) { $(call create,.venv-lab) && \
	  $(call install,.venv-lab,requirements-lab.txt) && cp requirements-lab.txt $@; }
endif

create = $(PYTHON) -c '$(SUPPORTED)' && echo "Creating $(1)" && $(PYTHON) -m venv --clear $(1) && \
  { $(1)/$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements-uv.txt || true; }

# uv takes seconds where pip takes a minute; both check the same hashes.
install = echo "Installing $(2)" && \
  { $(UV_INDEX) $(1)/$(BIN)/python -m uv pip install --quiet --python $(1)/$(BIN)/python --no-deps \
      --require-hashes --compile-bytecode -r $(2) || \
    { echo "Without uv this takes a minute or two" && \
      $(1)/$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r $(2); }; } && \
  $(call install_package,$(1)/$(BIN)/python)

UV_INDEX := $(if $(PIP_INDEX_URL),UV_DEFAULT_INDEX="$(PIP_INDEX_URL)")

install_package = $(1) -m pip install --quiet --no-deps --no-build-isolation -e .
