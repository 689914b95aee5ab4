# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
PORT ?= 8000
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
LOCK_OPTIONS := --quiet --strip-extras --generate-hashes --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: run test lint corpus bench soak chaos fuzz audit load lock clean

run: .venv/run.stamp
	@$(PY) -m bot demo --port $(PORT) $(if $(FRESH),--fresh)

test: .venv/dev.stamp
	$(PY) -m pytest -n 2 -m "not browser"
	$(PY) -m pytest -m browser

lint: .venv/dev.stamp
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

corpus: .venv/dev.stamp
	$(PY) -m tests.corpus

bench: .venv/dev.stamp
	$(PY) -m tests.bench

soak: .venv/dev.stamp
	$(PY) -m tests.soak $(SOAK)

chaos: .venv/dev.stamp
	$(PY) -m tests.chaos $(CHAOS)

load: .venv/dev.stamp
	$(PY) -m tests.load $(LOAD)

fuzz: .venv/dev.stamp
	$(PY) -m tests.fuzz $(FUZZ)

audit: .venv/dev.stamp
	@$(PY) -m tests.audit

lock: .venv/dev.stamp
	$(PIP) install pip-tools
	.venv/bin/pip-compile $(LOCK_OPTIONS) -o requirements/run.txt requirements/run.in
	.venv/bin/pip-compile $(LOCK_OPTIONS) -o requirements/dev.txt requirements/dev.in

clean:
	rm -rf .venv data/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which with: make PYTHON=python3.11" >&2; exit 1; }
	@echo "Making .venv ..."
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt | .venv/bin/python
	@echo "Installing the locked dependencies ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt | .venv/bin/python
	@echo "Installing the locked dependencies for development ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@ .venv/run.stamp
