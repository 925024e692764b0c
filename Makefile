# Two commands for everybody: `make serve` and `make test`. The rest is for who works on Parley.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PARLEY_INSTANCE ?= var
export PARLEY_INSTANCE
UI := server/parley/ui
SOURCES := pyproject.toml hatch_build.py $(wildcard $(UI)/*.js $(UI)/*.json $(UI)/src/*.js)
SAY_IF_UNBUNDLED := test -f server/parley/web/static/built/manifest.json \
  || echo "The scripts of the pages could not be bundled (is there a network?); the pages work without. Try again with: touch pyproject.toml"

.PHONY: help serve test lint format check bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: .venv/serve.stamp ## install what is needed, build the dataset if there is none, serve it
	@exec $(BIN)/parley serve

test: .venv/test.stamp ## install what is needed, lint, type-check and run the whole suite
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: .venv/test.stamp ## ruff and mypy only
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: .venv/test.stamp ## put the code into its one form
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

check: .venv/test.stamp ## every check of the dataset, OWL consistency included
	$(BIN)/parley check

bench: .venv/test.stamp ## the measurements of docs/benchmarks.md, short mode
	$(BIN)/python -m bench --short

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Parley needs Python 3.11 or newer; name one with: make serve PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/serve.stamp: $(SOURCES) | .venv/bin/python
	@echo "Installing Parley into .venv, bundling the scripts of its pages ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@$(SAY_IF_UNBUNDLED)
	@touch $@

.venv/test.stamp: $(SOURCES) | .venv/bin/python
	@echo "Installing Parley and what its tests need into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[reasoning,bench,test]'
	@$(SAY_IF_UNBUNDLED)
	@touch $@ .venv/serve.stamp

clean: ## remove the environment and the instance folder
	rm -rf .venv var
