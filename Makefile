# The commands of a checkout. They need make and Python 3.11 or newer, and nothing else.
#
#   make run VENV=/some/venv       uses that environment instead of .venv
#   make run PYTHON=python3.13     makes .venv with that Python
#   make test SEED=7               runs the tests in the order of an earlier run, which printed it
#   make fuzz MINUTES=10           fuzzes each part for ten minutes, all cores at once

PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
SPECS := $(filter-out specs/oneliner.net,$(wildcard specs/*.net specs/course/*.net specs/course/*/*.net))

# For each fuzzer; INPUTS=1000 ends it earlier, after so many inputs.
MINUTES ?= 1

# In random order, in as many processes as there are cores, but at most eight.
PYTEST = pytest -n auto --maxprocesses=8 $(if $(SEED),--randomly-seed=$(SEED))
TEST = $(BIN)/python -m $(PYTEST)

.DEFAULT_GOAL := help
.PHONY: help run test test-heavy test-lowest coverage fuzz check format words course experiments \
  tables clean

help:
	@echo "make run          set netc up and train a network on handwritten digits"
	@echo "make test         run the tests"
	@echo "make test-heavy   run the long comparisons"
	@echo "make test-lowest  run the tests with the lowest versions of all dependencies"
	@echo "make coverage     run the tests, and fail where they reach too little of the code"
	@echo "make fuzz         feed odd and broken inputs to every part, each for MINUTES=1"
	@echo "make check        formatter, linter, types, import rules, and the shipped nets"
	@echo "make format       format the Python code and the shipped nets"
	@echo "make words        write docs/words.md anew"
	@echo "make course       run the commands of the course's pages, and draw their pictures anew"
	@echo "make experiments  train the course's experiments on MNIST, and write docs/experiments.md anew"
	@echo "make tables       save the parser's tables anew, after a change of netc.lark"
	@echo "make clean        remove what these commands made"

run: $(VENV)/.netc
	$(BIN)/netc run specs/digits.net

test: $(VENV)/.netc-dev
	$(TEST)

test-heavy: $(VENV)/.netc-dev
	$(TEST) -m heavy

# uv, unlike pip, can choose the lowest versions that pyproject.toml allows. Not all of these have wheels
# for newer versions of Python. Old versions warn that they use newer ones of others in old ways.
LOWEST := $(abspath .build/lowest)
OPTIONAL := images,parquet,excel,plots,sklearn,report,tune,onnx,keras,notebook,tensorboard,mlflow
test-lowest:
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet uv
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct \
	  --editable ".[dev,$(OPTIONAL)]"
	$(LOWEST)/bin/python -m $(PYTEST) -W ignore::DeprecationWarning

# What optional packages are for is measured with them. All parts are reported before it fails.
coverage: $(VENV)/.netc-dev
	$(BIN)/python -m pip install --quiet --editable ".[dev,reference,torch]"
	rm -rf .build/coverage
	$(BIN)/python -m coverage run -m $(PYTEST)
	$(BIN)/python -m coverage combine --quiet
	@failed=; for part in grammar compiler runtime; do \
	  echo "== $$part"; $(BIN)/python -m coverage report --include="$$part/*" || failed=1; \
	done; [ -z "$$failed" ]

fuzz: $(VENV)/.netc-dev
	$(BIN)/python tests/fuzz/driver.py --minutes $(MINUTES) $(if $(INPUTS),--inputs $(INPUTS)) $(if $(SEED),--seed $(SEED))
ifeq ($(shell uname),Linux)
	$(BIN)/python tests/fuzz/faults.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))
endif

check: $(VENV)/.netc-dev .build/netc
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	cd .build && MYPYPATH=. $(BIN)/mypy --config-file ../pyproject.toml -p netc
	$(BIN)/lint-imports
	$(BIN)/netc check specs
	$(BIN)/netc fmt --check $(SPECS)
	$(BIN)/netc fmt --check --one-line specs/oneliner.net

format: $(VENV)/.netc-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/netc fmt $(SPECS)

words: $(VENV)/.netc-dev
	$(BIN)/python docs/make_words.py

course: $(VENV)/.netc-dev
	$(BIN)/python -m pip install --quiet --editable ".[plots,tune]"
	$(BIN)/python docs/make_course.py

experiments: $(VENV)/.netc-dev
	$(BIN)/python -m pip install --quiet --editable ".[plots,tune]"
	$(BIN)/python benchmarks/experiments.py
	$(BIN)/python docs/make_experiments.py

tables: $(VENV)/.netc-dev
	$(BIN)/python -m netc.grammar.tables

clean:
	rm -rf .venv .build build dist netc.egg-info .pytest_cache .mypy_cache .ruff_cache
	rm -rf .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.netc: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.netc-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	@touch $@ $(VENV)/.netc

# mypy reads the package under its own name, which is not the name of the checkout's folder.
.build/netc:
	@mkdir -p .build
	@ln -sfn .. .build/netc
