# What can be done here. Only Python (3.11, 3.12 or 3.13) and make are needed first: each target installs what it uses.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := uv==0.13.9
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run reproduce benchmark test lint book lock clean FORCE

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Another interpreter: make PYTHON=python3.12 run"

install: $(VENV)/.installed ## put what requirements.lock names, and this checkout, into .venv

run: install ## the baseline study: its findings, and where its figures are
	@$(BIN)/python -m experiments.run experiment=baseline

reproduce: install ## every study anew, and what changed (STUDIES="a b": those alone; QUICK=1: only see that they run)
	@$(BIN)/python -m experiments.reproduce $(if $(QUICK),--quick) $(STUDIES)

test: install ## all tests
	@$(BIN)/python -m pytest -q -n auto --dist loadfile

lint: install ## style, layout and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

book: install ## write the parameter book (configs/README.md) and the table of studies (experiments/README.md) anew
	@$(BIN)/python -m tests.pages

benchmark: install ## how fast it is, against Mesa's and Hydra's own ways: results/benchmark/
	@$(BIN)/python -m tests.benchmark

lock: ## bring requirements.lock in step with pyproject.toml (UPGRADE=1: take the newest of everything)
	@test -x .lock/bin/uv || { $(PYTHON) -m venv --clear .lock && .lock/bin/python -m pip install -qq '$(UV)'; }
	@.lock/bin/uv pip compile pyproject.toml --extra dev --output-file requirements.lock $(if $(UPGRADE),--upgrade) \
		--universal --python-version 3.11 --fork-strategy requires-python --generate-hashes \
		--python .lock/bin/python --no-config --no-emit-index-url --custom-compile-command "make lock" --quiet

clean: ## remove .venv, caches and build products; results stay
	@rm -rf $(VENV) .lock build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is whole when both marks are there. Each step drops its mark first and sets it last, so that what was
# interrupted is begun again. It is made anew when the lock changes, the checkout moves, the interpreter is gone or
# another one is asked for.
FORCE:
ifneq ($(shell test -x $(BIN)/python && cat $(VENV)/.locked 2>/dev/null),$(CURDIR))
$(VENV)/.locked: FORCE
else ifneq ($(origin PYTHON),file)
BASE := -c 'import sys; print(sys.base_prefix)'
ifneq ($(shell { $(PYTHON) $(BASE); } 2>/dev/null),$(shell $(BIN)/python $(BASE)))
$(VENV)/.locked: FORCE
endif
endif

# What is published as source alone (a parser that hydra-core needs) is built with the locked tools, not the newest.
$(VENV)/.locked: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null || { echo \
		"hedging needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is" \
		"$$($(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null || echo 'not there');" \
		"name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Installing into .venv what requirements.lock names; this takes about a minute."
	@rm -f $@
	@$(PYTHON) -m venv --clear $(VENV)
	@awk '/^[^ #]/ { keep = /^(packaging|setuptools|wheel)==/ } keep' requirements.lock > $(VENV)/tools.lock
	@$(PIP) --require-hashes --no-deps -r $(VENV)/tools.lock
	@$(PIP) --require-hashes --no-build-isolation -r requirements.lock
	@printf '%s\n' "$(CURDIR)" > $@

$(VENV)/.installed: pyproject.toml $(VENV)/.locked
	@rm -f $@
	@$(PIP) --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check > $(VENV)/check.log || { cat $(VENV)/check.log; \
		echo "requirements.lock is behind pyproject.toml: make lock" >&2; exit 1; }
	@touch $@
