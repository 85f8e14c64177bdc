# One command a chore. Everything runs in .venv; nothing is installed outside it,
# except by `make test` as root on Debian (browser, fonts, poolers for the fault tests).
PYTHON ?= python3
PORT   ?= 8501
BIN     = .venv/bin

.PHONY: run test lint types check packages clean

run: .venv/runs
	@$(BIN)/python -m feedly_core serve --port $(PORT)

test: .venv/tests packages check
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/unit tests/integration tests/pages
	$(BIN)/python -m pytest tests/faults tests/browser

check: lint types

lint: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/tests
	$(BIN)/mypy

packages: .venv/tests
	@sh tests/system_packages.sh $(BIN)/python

.venv/runs: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 run"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements.txt
	@touch $@

.venv/tests: .venv/runs requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-dev.txt
	@touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/browser/artifacts
