# encaisse: what one does with it here. `make help` lists it.
#
# Needs GNU make, a POSIX shell and Python 3.11 or newer; nothing else. All paths are relative, so the tree may lie anywhere.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

# Variables: set them on the command line (make demo PORT=9000) or in the environment.
#? PYTHON       the Python that makes the virtual environment (default: the newest supported one that is found)
PYTHON ?=
#? SERVE        make demo: 1 serves the pages after the summary, 0 ends there (default: 1)
SERVE ?= 1
#? DEMO_DIR     make demo: where the demonstration company lives (default: demo)
DEMO_DIR ?= demo
#? PORT         make demo: the port of the pages on 127.0.0.1 (default: 8000)
PORT ?= 8000
#? JOBS         make test: how many tests run side by side (default: 2)
JOBS ?= 2
#? REQUIRE_ALL  make test: 1 fails where a part is missing (browser, PostgreSQL), instead of leaving it out
REQUIRE_ALL ?=
#? TESTS        make test: what to give to pytest (default: everything; TESTS="tests/law -x" for less)
TESTS ?=
#? ROWS         make bench: how many receivables, FEC lines (default: 1000000)
ROWS ?= 1000000
export REQUIRE_ALL

VENV := .venv
PY := $(VENV)/bin/python
BASE := $(VENV)/.installed-base
DEV := $(VENV)/.installed-dev
PO := $(wildcard src/encaisse/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
PIP := $(PY) -m pip --disable-pip-version-check

.PHONY: help
help: ## Say what there is
	@echo "encaisse"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16
	@echo
	@echo "Variables, for example: make demo PORT=9000"
	@sed -n 's/^#? /  /p' Makefile

# ------------------------------------------------------------------------------------------------- environment

$(PY):
	@found=; for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    found=$$python; break; fi; done; \
	if [ -z "$$found" ]; then \
	  echo "encaisse needs Python 3.11 or newer and none was found. Install one, or say where it is:" >&2; \
	  echo "  make venv PYTHON=/path/to/python3" >&2; exit 1; fi; \
	if ! "$$found" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  echo "$$found cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV)

# One install holds what runs, one adds what tests and checks. Both are remade only when what they read changes.
# Everything is pinned with its hash, what builds the package too.
$(BASE): requirements/base.txt pyproject.toml setup.py | $(PY)
	$(PIP) install --quiet --require-hashes -r requirements/base.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(BASE)
	$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

%.mo: %.po tools/translations.py | $(BASE)
	$(PY) -m tools.translations compile

.PHONY: venv
venv: $(DEV) $(MO) ## Make or refresh .venv, with all that tests and checks need

.PHONY: lock
lock: $(DEV) ## Pin requirements/*.in again into requirements/*.txt, with hashes
	$(PY) -m tools.lock

# ----------------------------------------------------------------------------------------------------- running

.PHONY: demo
demo: $(BASE) $(MO) ## Make a demonstration company, import its books, run its day, serve its pages
	$(VENV)/bin/encaisse demo --dir "$(DEMO_DIR)" --port $(PORT) $(if $(filter 0 no,$(SERVE)),--no-serve,--serve)

.PHONY: bench
bench: venv ## Measure what is promised about speed, on SQLite and on PostgreSQL
	$(PY) bench/nightly_run.py --receivables $(ROWS) --database sqlite
	$(PY) -m tests.postgres --durable -- $(PY) bench/nightly_run.py --receivables $(ROWS) --database postgresql
	$(PY) bench/interest.py --receivables $(ROWS)
	$(PY) bench/fec_import.py --lines $(ROWS) --database sqlite
	$(PY) -m tests.postgres --durable -- $(PY) bench/fec_import.py --lines $(ROWS) --database postgresql
	$(PY) bench/letters.py
	$(PY) bench/pages.py --receivables $(ROWS)
	$(PY) bench/camt_import.py
	$(PY) bench/einvoices.py
	$(PY) bench/matching.py

# ---------------------------------------------------------------------------------------------------- checking

LEFT_OUT := build/left-out.json

# Compiled files are kept, whatever the environment says: the second run reads what the first one compiled.
SUITE := PYTHONDONTWRITEBYTECODE= LEFT_OUT=$(LEFT_OUT) $(PY)

.PHONY: test
test: venv ## Run the whole suite on SQLite, then what touches the database (but no browser twice) on PostgreSQL
	@mkdir -p build && rm -f $(LEFT_OUT)
	@status=0; \
	echo "== SQLite"; \
	$(SUITE) -m pytest -n $(JOBS) $(TESTS) || status=$$?; \
	echo "== PostgreSQL"; \
	$(SUITE) -m tests.postgres -- $(PY) -m pytest -n $(JOBS) -m "database and not browser" $(TESTS) || status=$$?; \
	exit $$status

.PHONY: test-long
test-long: venv ## Run the tests that take minutes: fuzzing and random portfolios at length
	LONG=1 $(PY) -m pytest -n $(JOBS) -m slow $(TESTS)

.PHONY: check
check: venv ## Check style, types, floors, translations and templates
	@status=0; try() { echo "== $$*"; "$$@" || status=1; }; \
	try $(PY) -m ruff check .; \
	try $(PY) -m ruff format --check --quiet .; \
	try $(PY) -m mypy; \
	try $(VENV)/bin/lint-imports --no-logo; \
	try $(PY) -m tools.translations check; \
	try $(PY) -m tools.templates; \
	exit $$status

.PHONY: format
format: venv ## Put the code into its one form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# ------------------------------------------------------------------------------------------------------- tidying

.PHONY: clean
clean: ## Remove what was built, cached and installed; the demonstration company stays
	rm -rf $(VENV) build dist src/encaisse.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.mo' -type f -exec rm -f {} +
