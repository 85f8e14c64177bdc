# One command a chore. Everything runs in .venv; nothing is installed outside it,
# except by `make test` as root on Debian (browser, fonts, poolers for the fault tests).
PYTHON ?= python3
PORT   ?= 8501
BIN     = .venv/bin
# As many as two cores bear: of three tests one waits, for its database, a time-out or a restart, and a browser test is
# four busy processes. With four and three workers the stages took as long, measured on two idle cores.
SIDE_BY_SIDE = -n 3 --dist loadfile --no-loadscope-reorder
BROWSERS     = -n 2 --dist loadfile --no-loadscope-reorder
# Only these files: collecting all others takes longer than what is measured.
TIMED = $(shell grep -rl --include='test_*.py' 'mark\.timed' tests)
# Every core function on every generation of the schema. Not the commands that call them, nor the finer points of one
# function: `make test-postgres` runs all.
ON_EACH_POSTGRES = $(addprefix tests/integration/test_,schema.py triggers.py database.py generations.py every_write.py::test_each_write_leaves_who_what_before_and_after writes_in_the_source.py create_job.py job_report.py hub.py)

.PHONY: audit bandit browsers faults collect coverage house run test test-postgres lint types check packages bench bench-quick bench-accept bench-live bench-browser bench-gallery simulations fuzz gallery-of-pages screenshots soak chaos clean matrix walks

run: .venv/runs
	@$(BIN)/python -m feedly_core serve --port $(PORT)

test: .venv/tests packages check
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow and not timed" tests/unit tests/integration tests/pages
	@$(MAKE) --no-print-directory --output-sync -j2 browsers faults
	$(BIN)/python -m pytest -m timed $(TIMED)
	@$(MAKE) --no-print-directory test-postgres VERSIONS=14 TESTED="$(ON_EACH_POSTGRES)"

# Fault tests wait nine tenths of their time, for time-outs and restarts: beside them the browsers lose little.
browsers: .venv/tests packages
	$(BIN)/python -m pytest $(BROWSERS) -m "not slow and not timed" tests/browser

faults: .venv/tests packages
	$(BIN)/python -m pytest -m "not slow and not timed" tests/faults

# All that asks the database, on each major version to be had here, or on VERSIONS="14 17".
TESTED ?= tests/integration tests/pages
test-postgres: .venv/tests packages
	@found=$$($(BIN)/python -m tests.postgres_versions $(VERSIONS)) || exit 1; \
	echo "$$found" | while read -r version programs; do echo "PostgreSQL $$version"; \
		TEST_POSTGRES=$$programs $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "database and not slow and not timed" \
			$(TESTED) </dev/null || exit 1; done

check: .venv/tests
	@$(MAKE) --no-print-directory --output-sync -j2 types lint collect

lint: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/tests
	$(BIN)/mypy

# Every test can be collected. It also leaves the test files compiled, which else each worker of `make test` does
# for itself in a fresh clone: eight CPU seconds.
collect: .venv/tests
	@$(BIN)/python -m pytest -qq --collect-only tests >/dev/null \
		|| { $(BIN)/python -m pytest -q --collect-only tests | tail -40; exit 1; }

# The measures of the code: size, fragmentation, long functions, docstrings, types.
house: .venv/tests
	@$(BIN)/python -m benchmarks.house

# Lines and branches that tests reach. What browser and fault tests start runs in processes of its own, unmeasured.
coverage: .venv/tests packages
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow and not timed" --cov --cov-report=term:skip-covered \
		--cov-report=html tests/unit tests/integration tests/pages

packages: .venv/tests
	@sh tests/system_packages.sh $(BIN)/python

# Minutes long: the way from a commit to the screen with 1 and 50 viewers, and the cost of a refresh.
bench-live: .venv/tests packages
	$(BIN)/python -m benchmarks.monitor_refresh
	$(BIN)/python -m benchmarks.live_latency

.venv/runs: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 run"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements.txt
	@touch $@

.venv/tests: .venv/runs requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-dev.txt
	@touch $@

# Known security problems in our code and in the pinned packages; decisions in SECURITY.md.
audit: .venv/tests bandit
	$(BIN)/python -m tests.advisories

bandit: .venv/tests
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml feedly_core dashboard pages streamlit_app.py

# The published figures (benchmarks/RESULTS.md): every question of the pages at 1,000, 30,000 and 300,000 jobs, and
# the old tool's way beside it, near and over a network. Half an hour the first time, and 15 GB below KEPT, where
# the databases stay. SIZES="1000000" measures a million.
KEPT  ?= /tmp/feedlyai-benchmark
SIZES ?= 1000 30000 300000
bench: .venv/tests packages
	$(BIN)/python -m benchmarks.published --home $(KEPT) --sizes $(SIZES)

# At most three minutes once the database of 30,000 jobs exists.
bench-quick: .venv/tests packages
	$(BIN)/python -m benchmarks.published --home $(KEPT) --sizes 30000 --seconds 1.5

# What a person waits for in Chromium, on the demo and on the largest database below KEPT, beside Streamlit's floor.
# On an idle machine: half a minute of it starts the demo twice. JOBS=0 leaves the large database out.
JOBS ?= 300000
bench-browser: .venv/tests packages
	$(BIN)/python -m benchmarks.browser_figures --home $(KEPT) --jobs $(JOBS)

# The ratios of the last run become those that `make test` compares with: look at the difference first.
bench-accept: .venv/tests
	$(BIN)/python -m benchmarks.accept

# Minutes long: thousands of simulated releases; how often the statistics hold the truth and keep their promise.
simulations: .venv/tests
	$(BIN)/python -m pytest -s -m slow tests/unit/statistics

# Minutes long: a thousand requests made from the OpenAPI document, none of which ends with 500.
fuzz: .venv/tests
	$(BIN)/python -m pytest -m slow tests/integration/test_programs.py

# A minute: sixty thumbnails of the gallery, as a browser measures them.
bench-gallery: .venv/tests packages
	$(BIN)/python -m benchmarks.gallery_paint

# Half an hour: every page in four widths, two languages, two themes, as pictures to look at; ends with 1 when
# one is not drawn, shows an error or is wider than the screen. ONLY="--views review --widths 390" does less.
PICTURES ?= tests/browser/artifacts/pages
gallery-of-pages: .venv/tests packages
	$(BIN)/python -m benchmarks.page_gallery --out $(PICTURES) $(ONLY)

# The README's pictures: the first screen of each page, in both languages.
SHOWN = overview,create_jobs-one,live_monitor-board,results-gallery,results-job,review-judge,review-screen,trends,trigger_diagnostics-checks
screenshots: .venv/tests packages
	$(BIN)/python -m benchmarks.page_gallery --out docs/screenshots --first-screen --widths 1440 --themes light --views $(SHOWN)

# Half an hour: 30 viewers on a moving database; errors, memory, connections, commit to screen. MINUTES=2 rehearses
# it; VIEWERS=100 PROCESSES=3 STAY="12 60" stands behind nginx, and people look longer at a page. CHROMIUM of the
# viewers are real pages.
CHROMIUM ?= 3
MINUTES ?= 30
VIEWERS ?= 30
PROCESSES ?= 1
STAY ?= 4 20
soak: .venv/tests packages
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES) --viewers $(VIEWERS) --browsers $(CHROMIUM) --processes $(PROCESSES) \
		--stay $(STAY)

# Rounds of restarts, kills, a full disk, clock steps and latency while people work. CHAOS_SEED repeats a run.
ROUNDS ?= 10
chaos: .venv/tests packages
	CHAOS_ROUNDS=$(ROUNDS) CHAOS_SEED=$${CHAOS_SEED:-$$$$} \
		$(BIN)/python -m pytest -m slow tests/faults/test_chaos.py -o log_cli=true --log-cli-level=INFO

# An hour: every page and command on every generation of the schema, and every odd value that PostgreSQL can hold,
# in every column, at every door. PART=2/8 tries an eighth of the values.
PART ?= 1/1
matrix: .venv/tests
	MATRIX_PART=$(PART) $(BIN)/python -m pytest -m slow tests/pages/test_generations.py \
		tests/integration/test_generations_terminal.py tests/pages/test_matrix.py

# Ten minutes: every view with hostile rows, in every size, for everybody. WALK_SEED repeats the hostile sample of
# `make test`.
walks: .venv/tests packages
	$(BIN)/python -m pytest $(BROWSERS) -m slow tests/browser

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/browser/artifacts
