# The words of the day. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run test check fix interop ets fuzz bench demo clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: $(VENV)/.ready server/static/vendor/.ready ## set everything up and serve http://127.0.0.1:8000 with the sample city
	@SEBAR_DEMO=$${SEBAR_DEMO:-1} exec $(BIN)/sebar serve

test: $(VENV)/.dev server/static/vendor/.ready ## every test that this machine allows
	@$(BIN)/python -m tests.preparation
	$(BIN)/pytest -n auto --dist loadfile -m "not interop"

check: $(VENV)/.dev ## format, lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.dev ## format and mend what can be mended by machine
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

interop: $(VENV)/.dev node_modules/.clients ## GDAL, QGIS, OWSLib, browsers and others against a live server
	$(BIN)/pytest -m interop

ets: $(VENV)/.dev ## the OGC's test suite against a live server; ETS names its jars (tests/conformance/ets.py)
	@$(BIN)/python -m tests.conformance.ets

fuzz: $(VENV)/.dev ## 20,000 requests by schemathesis over /ogc/openapi
	@$(BIN)/python -W error -m tests.conformance.fuzz

bench: $(VENV)/.dev ## Sebar, its peers and nginx measured in turns, into bench/RESULTS.md (ROWS=2000000, QUICK=1)
	@$(BIN)/python -m bench.run --rows $(or $(ROWS),200000) $(if $(QUICK),--quick)

demo: $(VENV)/.ready ## fill the store with the sample city
	$(BIN)/sebar demo

clean: ## remove the environment and everything downloaded (never data/local)
	rm -rf $(VENV) node_modules server/static/vendor

$(VENV)/.ready: requirements.txt pyproject.toml
	@bash setup.sh $(VENV) requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.ready
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

server/static/vendor/.ready: package.json package-lock.json server/static/vendor.json $(VENV)/.ready
	@bash setup.sh --browser $(VENV)
	@touch $@

node_modules/.clients: package.json package-lock.json server/static/vendor/.ready
	@bash setup.sh --clients $(VENV)
	@touch $@
