# The commands of this project; `make help` lists them.
PYTHON ?= python3.11
PORT ?= 5000
TEST_PROCESSES ?= 2
VENV := .venv
PY := $(VENV)/bin/python
ENGINE_TESTS := $(addprefix tests/jobs/test_,$(addsuffix .py,control execution lease queue records workers))
STAMP := $(VENV)/.requirements-installed
NODE_STAMP := tests/realtime/node_modules/.package-lock.json
export DATA_DIR ?= uploads
export PORT

.DEFAULT_GOAL := help

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(STAMP) $(NODE_STAMP) ## Install everything into .venv

$(STAMP): requirements.txt requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: put it on the PATH or call make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(NODE_STAMP): tests/realtime/package-lock.json
	@{ command -v npm >/dev/null && npm ci --silent --no-fund --no-audit --prefix tests/realtime && touch $@; } \
		|| echo "No JavaScript client (npm ci did not work): its tests will be skipped"

run: setup ## Migrate and serve on http://localhost:$PORT
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

check: setup ## Lint, format check, types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

test: check ## Set up, check and run the tests
	$(PY) -m pytest -n $(TEST_PROCESSES) --dist loadfile -m "not slow"

test-all: check ## Everything, the slow tests too
	$(PY) -m pytest -n $(TEST_PROCESSES) --dist loadfile
	$(MAKE) test-cluster

test-cluster: setup ## The engine's tests again, on a real Redis and PostgreSQL
	TEST_RUNNER=celery $(PY) -m pytest -n $(TEST_PROCESSES) --dist loadfile $(ENGINE_TESTS)

format: setup ## Format the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean: ## Remove the virtual environment and caches (never data)
	rm -rf $(VENV) tests/realtime/node_modules .mypy_cache .ruff_cache .pytest_cache

.PHONY: help setup run worker up down demo check test test-all test-cluster format clean
