# The commands of this project; `make help` lists them.
PYTHON ?= python3.11
PORT ?= 5000
# The cores of the smallest machine; tests that wait for a page or a server lose patience where there are more.
TEST_PROCESSES ?= 2
VENV := .venv
PY := $(VENV)/bin/python
ENGINE_TESTS := $(addprefix tests/jobs/test_,$(addsuffix .py,control edges execution finish items_of_workloads lease queue records workers))
POSTGRES_TESTS := tests/contracts tests/plans tests/test_retention.py \
	$(addprefix tests/api/test_,$(addsuffix .py,jobs job_control ownership registry session_list sessions uploads))
STAMP := $(VENV)/.requirements-installed
NODE_STAMP := tests/realtime/node_modules/.package-lock.json
TUS_STAMP := tests/tus/node_modules/.package-lock.json
LITE_STAMP := tests/supabase_lite/node_modules/.package-lock.json
WEB_STAMP := web/node_modules/.package-lock.json
PAGE := web/dist/index.html
PAGE_SOURCES := $(shell find web/src web/public -type f -not -name schema.d.ts) web/index.html web/vite.config.ts
WITHOUT_DATABASE := $(addprefix tests/,events forecasting local_training uploads)
# Tests run in several processes: libraries that start threads for all cores in each only stand in their way.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
PYTEST := $(ONE_THREAD) $(PY) -m pytest --durations=20 -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder
export DATA_DIR ?= uploads
export PORT

# What does not need each other is done side by side: packages of two languages, checks of two languages.
MAKEFLAGS += --jobs=2

.DEFAULT_GOAL := help

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-19s %s\n", $$1, $$2}'

setup: $(STAMP) $(NODE_STAMP) $(TUS_STAMP) $(LITE_STAMP) $(WEB_STAMP) ## Install everything into .venv and node_modules

$(STAMP): requirements.txt requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: put it on the PATH or call make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(NODE_STAMP): tests/realtime/package-lock.json
	@{ command -v npm >/dev/null && npm ci --silent --no-fund --no-audit --prefix tests/realtime && touch $@; } \
		|| echo "No JavaScript client (npm ci did not work): its tests will be skipped"

$(TUS_STAMP): tests/tus/package-lock.json
	@{ command -v npm >/dev/null && npm ci --silent --no-fund --no-audit --prefix tests/tus && touch $@; } \
		|| echo "No JavaScript tus client (npm ci did not work): its tests will be skipped"

$(LITE_STAMP): tests/supabase_lite/package-lock.json
	@{ command -v npm >/dev/null && npm ci --silent --no-fund --no-audit --prefix tests/supabase_lite && touch $@; } \
		|| echo "No Supabase Lite (npm ci did not work): its tests will be skipped"

$(WEB_STAMP): web/package-lock.json
	@{ command -v npm >/dev/null && npm ci --silent --no-fund --no-audit --prefix web && touch $@; } \
		|| echo "No page (npm ci did not work; it needs Node 20.19): the server runs without it"

build: setup $(PAGE) ## Build the page

$(PAGE): $(WEB_STAMP) $(PAGE_SOURCES)
	@test ! -d web/node_modules || npm run --silent --prefix web build

run: build ## Set up, build the page, migrate and serve on http://localhost:$PORT
	@$(PY) app.py

worker: setup ## Work for a cluster on this machine (JOB_RUNNER=celery, see docs/cluster.md)
	@$(PY) -m services.jobs.cluster_worker

up: ## Start a cluster with Docker Compose: 2 servers, 2 workers, Redis, PostgreSQL, nginx
	@test -f .env || { echo "There is no .env with the secrets: docs/cluster.md shows how to make it"; exit 1; }
	docker compose up --detach --build

down: ## Stop the cluster of `make up`; its data stays
	docker compose down

demo: setup ## The whole way on sample data, or on DATA=path.csv [COLUMN=name]
	@$(PY) -m examples.demo $(if $(DATA),--data $(DATA)) $(if $(COLUMN),--column $(COLUMN))

check: check-code check-page ## Lint, format check, types

check-code: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m bandit -q -c pyproject.toml -r app.py api middleware services utils

audit: check ## Ask what is known of our packages' weaknesses (needs the internet)
	$(PY) -m pip_audit -r requirements.txt --no-deps --disable-pip
	npm audit --omit=dev --prefix web

check-page: setup ## The page's types (from the API's own description), lint and unit tests
	@if [ -d web/node_modules ]; then $(PY) -m api.docs.write web/openapi.json && cd web && npm run --silent types && npm run --silent lint && npm run --silent test; \
	else echo "No page to check: npm ci did not work"; test -z "$$CI"; fi

test: check build ## Set up, check and run the tests
	$(PYTEST) -m "not slow"
	TEST_DATABASE=postgres $(PYTEST) -m "not slow" $(POSTGRES_TESTS)

test-all: ## Everything: `make test`, the slow tests, all on PostgreSQL, the engine through a pooler and in a cluster
	$(MAKE) test
	$(PYTEST) -m slow
	$(MAKE) test-postgres
	$(MAKE) test-cluster

test-postgres: setup ## All that has to do with a database again, on a real PostgreSQL; and the engine's tests through a pooler
	TEST_DATABASE=postgres $(PYTEST) $(addprefix --ignore=,$(WITHOUT_DATABASE))
	TEST_DATABASE=pooler $(PYTEST) $(POSTGRES_TESTS) $(ENGINE_TESTS)

test-cluster: setup ## The engine's tests again, on a real Redis and PostgreSQL
	TEST_RUNNER=celery $(PYTEST) $(ENGINE_TESTS)

supabase-migrations: setup ## Write supabase/migrations anew from the Alembic revisions
	$(PY) -m flask --app app:create_cli_app supabase-migrations

format: setup ## Format the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean: ## Remove the virtual environment and caches (never data)
	rm -rf $(VENV) tests/realtime/node_modules tests/tus/node_modules tests/supabase_lite/node_modules web/node_modules web/dist .mypy_cache .ruff_cache .pytest_cache

.PHONY: help setup build run worker up down demo check audit check-code check-page test test-all test-cluster test-postgres supabase-migrations format clean
