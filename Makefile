# make run         set everything up, load examples/ into an embedded store, and serve it
# make test        set everything up, and run the linters, the type checker and all tests
# make bench       what it costs, beside its limits (make bench ARGS=--quick for a small data set)
# make help        the rest

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STORE  ?= var/eir
TESTS  ?= tests
ARGS   ?=

READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup system run load-examples serve test lint types unit campaign bench proto examples lock clean

help:
	@sed -n '/^# make help/d; s/^# make /make /p' Makefile
	@printf '%s\n' \
	  'make setup       the virtual environment in .venv, and the system packages it needs' \
	  'make serve       serve the store that is there (make serve STORE=DIR ARGS=--workers=4)' \
	  'make unit        the tests alone; one file or test: make unit TESTS=tests/test_lists.py' \
	  'make lint types  the linters; the type checker' \
	  'make campaign    the long tests: crashes, models, corruption (about half an hour)' \
	  'make proto       eir/v1 from proto/, after a change there' \
	  'make examples    examples/ from its generator' \
	  'make lock        newest versions of all dependencies into requirements.lock' \
	  'make clean       remove the environment, caches and the store in var/'

# ---- setting up: does nothing, and needs no network, once it is done

setup: $(READY)

$(READY): pyproject.toml requirements.lock tools/system-packages.sh
	@python=$$(sh tools/system-packages.sh "$(PYTHON)") && \
	  { $(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "setup: $(VENV)"; "$$python" -m venv --clear $(VENV); }; }
	@echo "setup: dependencies"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# ---- the two commands

SERVE := exec $(BIN)/eir --store "$(STORE)" serve $(ARGS)

run: load-examples
	@$(SERVE)

load-examples: setup
	@BIN=$(BIN) STORE="$(STORE)" sh examples/load.sh

serve: setup
	@$(SERVE)

test: setup lint types unit

# ---- its parts

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy

unit: setup
	@$(BIN)/pytest --numprocesses 2 --dist worksteal $(TESTS) $(ARGS)

campaign: setup
	@$(BIN)/pytest --numprocesses 2 --dist worksteal -m 'campaign or hypothesis' --hypothesis-profile campaign $(TESTS) $(ARGS)

bench: setup
	@$(BIN)/python -m bench $(ARGS)

proto: setup
	@$(BIN)/python -m grpc_tools.protoc -I proto --python_out=. --pyi_out=. --grpc_python_out=. proto/eir/v1/*.proto
	@rm -f eir/v1/records_pb2_grpc.py

examples: setup
	@$(BIN)/python examples/generate.py

lock:
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@{ echo "# make lock wrote this: every dependency at the version that the tests ran with"; \
	   $(VENV)-lock/bin/python -m pip freeze --all --exclude-editable | grep -v '^pip=='; } > requirements.lock
	@rm -rf $(VENV)-lock

clean:
	@rm -rf $(VENV) var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
