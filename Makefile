# Everything that is done with this tree. `make` alone lists it; `make run` and `make test` are the two that matter.
# A second call does only what changed: the stamps in .venv/.stamps and the built files say what is up to date.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Compiled modules are kept also where the environment says not to: reading all sources anew costs every start seconds.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# One more test process than there are cores: tests wait for the database now and then.
WORKERS ?= $(shell echo $$(( $(CORES) + 1 )))
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
INSTALL := $(BIN)/python scripts/install.py
WEB_LOCK := $(wildcard web/package.json web/package-lock.json)
MCP_REFERENCE := tests/mcp_servers/reference/node_modules/.installed
NODE_JUDGES := tests/judges/node/node_modules/.installed
LIGHTHOUSE := web/bench/lighthouse/node_modules/.installed
WEB_INSTALLED := web/node_modules/.installed
WEB_BUILT := steward/static/index.html
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/e2e/*' -not -path 'web/bench/*' -not -path 'web/tests/*' \
	-not -path 'web/test-results/*' -not -path 'web/playwright-report/*' -not -name '*.test.ts' -not -name '*.test.tsx' \
	-not -name '*.md' -not -name '*.tsbuildinfo' 2>/dev/null)
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) -q

# Runs every step, also after one failed, and names at the end those that did.
define each
failed=; for step in $(1); do \
	printf '\n== %s\n' "$$step"; $(MAKE) "$$step" || failed="$$failed $$step"; \
done; \
if [ -n "$$failed" ]; then printf '\nFailed:%s\n' "$$failed"; exit 1; fi; \
printf '\nAll passed: %s\n' "$(1)"
endef

.PHONY: help
help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# --- installation --------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(STAMPS)/project $(WEB_BUILT) ## Install the program into .venv and build the web app
	@:

.PHONY: setup-dev
setup-dev: $(STAMPS)/project $(STAMPS)/dev $(WEB_INSTALLED) $(WEB_BUILT) $(MCP_REFERENCE) $(NODE_JUDGES) $(LIGHTHOUSE) ## The same, with all that checks and tests need
	@bash scripts/system_packages.sh

$(STAMPS)/venv: requirements/uv.txt
	@command -v "$(PYTHON)" >/dev/null || { echo "Steward needs Python 3.11 or newer: install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Steward needs Python 3.11 or newer, and $(PYTHON) is $$("$(PYTHON)" -V 2>&1): name a newer one: make PYTHON=python3.11"; exit 1; }
	@[ -x $(BIN)/python ] && $(BIN)/python -m pip --version >/dev/null 2>&1 \
		|| { echo "Creating .venv"; "$(PYTHON)" -m venv $(VENV); } \
		|| { echo "Python could not create .venv: on Debian and Ubuntu, install the package python3-venv, then run make again"; exit 1; }
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@mkdir -p $(@D) && touch $@

$(STAMPS)/runtime: requirements/runtime.txt requirements/build.txt scripts/install.py | $(STAMPS)/venv
	@echo "Installing Python packages"
	@$(INSTALL) requirements/runtime.txt requirements/build.txt
	@mkdir -p $(@D) && touch $@

# The packages are pinned already, so the project itself is linked into .venv without asking any index.
$(STAMPS)/project: pyproject.toml hatch_build.py $(STAMPS)/runtime
	@$(INSTALL) --project
	@mkdir -p $(@D) && touch $@

$(STAMPS)/dev: requirements/dev.txt scripts/install.py | $(STAMPS)/runtime
	@echo "Installing Python packages for checks and tests"
	@$(INSTALL) requirements/dev.txt
	@mkdir -p $(@D) && touch $@

$(WEB_INSTALLED): $(WEB_LOCK)
	@bash scripts/need_node.sh
	@echo "Installing the web app's packages"
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(@D) && touch $@

$(MCP_REFERENCE): tests/mcp_servers/reference/package-lock.json
	@echo "Installing the MCP server of the tests"
	@cd $(dir $<) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(NODE_JUDGES): tests/judges/node/package-lock.json
	@echo "Installing the Node clients that judge the doors"
	@cd $(dir $<) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(LIGHTHOUSE): web/bench/lighthouse/package-lock.json
	@bash scripts/need_node.sh
	@echo "Installing Lighthouse, which judges the web app"
	@cd $(dir $<) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB_BUILT): $(WEB_SOURCES) | $(WEB_INSTALLED)
	@bash scripts/need_node.sh
	@echo "Building the web app"
	@cd web && npm run --silent build -- --logLevel warn
	@mkdir -p $(@D) && touch $@

# --- running -------------------------------------------------------------------------------------------------------

.PHONY: run
run: setup ## Install what is missing and serve on http://127.0.0.1:8000 (ARGS="--port 9000")
	@exec $(BIN)/steward serve $(ARGS)

.PHONY: eval
eval: setup-dev ## Measure the search over documents with the questions of eval/
	@$(BIN)/python -m eval

.PHONY: bench
bench: setup-dev ## Measure the server against its figures
	@$(BIN)/python -m bench $(ARGS)

# --- checks --------------------------------------------------------------------------------------------------------

# The type check runs beside the tests, which have a process less for it: each costs seconds to collect what there is.
.PHONY: check
check: $(STAMPS)/project $(STAMPS)/dev $(WEB_INSTALLED) $(WEB_BUILT) ## The quick gate: everything but slow tests and browsers
	@log=$$(mktemp); ($(call each,types web-check)) >"$$log" 2>&1 & beside=$$!; \
	code=0; (export WORKERS=$(CORES); $(call each,format lint floors unit)) || code=1; \
	wait $$beside || code=1; cat "$$log"; rm "$$log"; exit $$code

.PHONY: test
test: setup-dev ## Everything that must pass: checks, all tests, browsers
	@$(call each,format lint floors types tests web-check web-test e2e lighthouse)

.PHONY: format lint floors types unit tests web-check web-test e2e lighthouse
format:
	@$(BIN)/ruff format --check --quiet . && echo "ruff format: all files are formatted" \
		|| { echo "ruff format: run make fix"; exit 1; }

lint:
	@$(BIN)/ruff check .

floors:
	@$(BIN)/lint-imports --no-logo

types:
	@web/node_modules/.bin/pyright --pythonpath $(BIN)/python

# The judges are other people's clients, which take seconds to load in each process.
unit:
	@$(PYTEST) -m "not slow" --ignore=tests/judges $(ARGS)

tests:
	@$(PYTEST) $(ARGS)

web-check:
	@cd web && npm run --silent check

web-test:
	@cd web && npm run --silent test

e2e:
	@cd web && npm run --silent e2e

lighthouse:
	@cd web && npm run --silent lighthouse

.PHONY: fix
fix: $(STAMPS)/dev $(WEB_INSTALLED) ## Format and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .
	@cd web && npm run --silent --if-present fix

# --- upkeep --------------------------------------------------------------------------------------------------------

.PHONY: requirements
requirements: $(STAMPS)/venv ## Which requirements have a test (ARGS="--open CHAT" lists open rows)
	@$(BIN)/python scripts/requirements.py $(ARGS)

.PHONY: docs
docs: $(STAMPS)/project $(STAMPS)/dev ## Write the tables of settings and refusals and docs/llms.txt anew
	@$(BIN)/python scripts/reference.py
	@$(BIN)/python scripts/llms.py
	@$(BIN)/python scripts/openapi.py

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header $(ARGS)

.PHONY: lock
lock: $(STAMPS)/venv ## Compile requirements/*.txt anew (ARGS=--upgrade takes newer versions)
	@$(COMPILE) requirements/uv.in -o requirements/uv.txt
	@$(COMPILE) pyproject.toml -o requirements/runtime.txt
	@$(COMPILE) requirements/build.in -c requirements/runtime.txt -o requirements/build.txt
	@$(COMPILE) pyproject.toml requirements/build.in requirements/dev.in \
		-c requirements/runtime.txt -c requirements/build.txt -o requirements/dev.txt

.PHONY: screenshots
screenshots: setup-dev ## Take the pictures of the README anew, into docs/pictures; look at them
	@cd web && node_modules/.bin/playwright test --config playwright.pictures.config.ts

.PHONY: clean
clean: ## Remove what was installed and built; data stays
	@rm -rf $(VENV) web/node_modules web/bench/lighthouse/node_modules steward/static build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
