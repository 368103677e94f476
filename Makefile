# Everything is run through the virtual environment that the first target needs and makes by itself.
# PYTHON=python3.12 make demo  chooses another interpreter (3.11 or newer).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# One more than the cores of a small machine: a third of the tests wait for something outside.
WORKERS ?= 3
export PYTHONPATH := $(CURDIR)
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check lint unit lock screenshots clean bench chaos load check-devices seed report

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/installed: tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Python 3.11 or newer is needed: $(PYTHON) is older or missing. Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "==> Setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Python's venv module is missing (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --progress-bar on --require-hashes -r tests/requirements.txt
	@$(BIN)/python -m compileall -q $(VENV)/lib >/dev/null 2>&1 || true
	@touch $@

demo: $(VENV)/installed ## everything on this machine and one purchase; ARGS=--once ends after it
	@$(BIN)/python -m sandbox $(ARGS)

test: $(VENV)/installed ## everything: ruff, mypy, all tests, real processes and a real browser (minutes)
	@$(BIN)/python tests/browser/chromium.py
	@$(MAKE) --no-print-directory lint
	@echo "==> Tests: rules, functions, both Firestores, page, browser, processes"
	@COFFEE_TEST_RUN=$$PPID-$$$$ sh -c '\
	  $(BIN)/pytest tests tests/contract tests/explorer -n $(WORKERS) $(ARGS); status=$$?; \
	  $(BIN)/python tests/leftovers.py "$$COFFEE_TEST_RUN" || exit 1; \
	  exit $$status'

lint: $(VENV)/installed ## ruff and mypy
	@echo "==> ruff and mypy"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@for f in create_order webhook order_status reconcile; do $(BIN)/mypy functions/$$f/main.py || exit 1; done

check: lint ## quick gate: ruff, mypy, unit tests (seconds)
	@$(BIN)/pytest -q tests/unit -n $(WORKERS)

lock: $(VENV)/installed ## resolve every requirements.in again
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) \
	  tests/requirements.in -o tests/requirements.txt
	@for f in create_order webhook order_status reconcile; do \
	  $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	    -c tests/requirements.txt functions/$$f/requirements.in -o functions/$$f/requirements.txt || exit 1; \
	done
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  bench/requirements.in -o bench/requirements.txt

screenshots: $(VENV)/installed ## take the pictures of every state of the page again
	@$(BIN)/python tests/browser/chromium.py >/dev/null
	@$(BIN)/python -m tests.browser.screenshots
	@$(BIN)/python -m tests.e2e.pictures

bench: $(VENV)/installed build/django/installed ## speed and cost against a bare function and Django (minutes); ARGS=--quick
	@$(BIN)/python -m bench $(ARGS)

chaos: $(VENV)/installed ## purchases under faults and kill -9, then every payment is judged; ARGS="--purchases 500 --seed 1"
	@$(BIN)/python -m tests.chaos $(ARGS)

load: $(VENV)/installed ## purchases without faults: how many a second, then the same judgement; ARGS="--purchases 500"
	@$(BIN)/python -m bench.load $(ARGS)

build/django/installed: bench/requirements.txt
	@echo "==> Setting up build/django, for the comparison (once)"
	@{ $(PYTHON) -m venv build/django \
	  && build/django/bin/pip install --quiet --disable-pip-version-check --require-hashes -r bench/requirements.txt \
	  && { build/django/bin/python -m compileall -q build/django/lib >/dev/null 2>&1 || true; } \
	  && touch $@; } || echo "==> Django could not be installed: the comparison goes on without it"

check-devices: $(VENV)/installed ## say, in Russian, what is wrong with device and merchant documents
	@$(BIN)/python -m shared.operations.check_devices

seed: $(VENV)/installed ## an example device and merchant in an empty project; ARGS="--device ID --merchant ID"
	@$(BIN)/python -m shared.operations.seed $(ARGS)

report: $(VENV)/installed ## sales and failures of a week; ARGS="--from 2026-01-01 --to 2026-01-31 --html r.html --csv r.csv"
	@$(BIN)/python -m shared.operations.report $(ARGS)

clean: ## remove what was installed and built
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
