# Fobsmith. `make demo` and `make test` set up everything they need in .venv.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SIM_STATE ?= build/sim

.DEFAULT_GOAL := help
.PHONY: help demo test check sim bench clean

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

demo: $(READY) ## Show the whole life of a token in the simulator
	@$(BIN)/python -m tests.demo

test: ## Run all tests
	@$(MAKE) --no-print-directory -j 2 $(READY) tools
	@$(BIN)/pytest

check: $(READY) ## Run linters, the type checker and the architecture's rules
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/mypy firmware/boot.py firmware/safemode.py
	@$(BIN)/mypy firmware/code.py
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.gate

sim: $(READY) ## Run a simulated token until Ctrl-C; its state stays in build/sim
	@$(BIN)/fobsim run --state $(SIM_STATE)

bench: $(READY) ## Measure the verifier, the simulator and the firmware's heap
	@$(BIN)/python -m tests.bench

clean: ## Remove the environment and everything built
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv (once; this takes about a minute) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Oracles of the tests: programs of others, which they ask.
.PHONY: tools
tools:
	@sh tests/tools.sh
