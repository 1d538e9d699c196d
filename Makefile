# Seatrial. `make help` lists the targets; each is one command a person may also type by hand.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SHIPPED := tests/process/wheel tests/process/test_ci.py tests/process/test_vanished_context.py
STAMP := $(VENV)/installed-$(shell cat requirements.lock pyproject.toml | sha256sum | cut -c1-12)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv from requirements.lock (skipped when nothing changed)
	@echo "setup: $(VENV) holds requirements.lock"

$(STAMP):
	@echo "setup: installing requirements.lock into $(VENV) (about a minute; pip's output: $(VENV)/setup.log)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: $(PYTHON) is older than 3.11; name a newer one: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "setup: $(PYTHON) has no venv module; trying apt-get install python3-venv"; apt-get update -qq && apt-get install -y -qq python3-venv; }
	@rm -f $(VENV)/installed-*
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements.lock >$(VENV)/setup.log 2>&1 & \
	of=$$(grep -c '^[A-Za-z0-9].*==' requirements.lock); began=$$SECONDS; said=0; \
	while kill -0 $$! 2>/dev/null; do \
	  sleep 0.5; \
	  if (( SECONDS - began >= said + 10 )); then \
	    said=$$((SECONDS - began)); n=$$(grep -c '^Collecting' $(VENV)/setup.log); \
	    grep -q '^Installing collected' $(VENV)/setup.log && doing="installing $$of packages" || doing="fetched $$n of $$of packages"; \
	    echo "setup: $$doing; $$said s so far, usually about 60 s"; \
	  fi; \
	done; \
	wait $$! || { tail -n 5 $(VENV)/setup.log >&2; echo "setup: pip failed; all of its output is in $(VENV)/setup.log" >&2; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

lint: setup ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/mypy

unit: setup ## tests of the tool that need no cluster (about two minutes)
	@$(BIN)/pytest -q tests/unit sample-system/tests/unit

attacks: setup ## every known way to a false verdict, each tried; no cluster
	@$(BIN)/pytest -q tests/attacks

shipped: setup ## the wheel and the CI jobs as somebody else uses them, in processes of their own; no cluster
	@$(BIN)/pytest -q --reruns 1 $(SHIPPED)

# A whole cluster on two cores starves its own tests now and then: what is red once runs again, and is told as rerun.
# What looks at no clock runs two at a time, each told when it has ended.
test: setup ## everything: lint, unit, attacks, process, then the tool's tests and the suites on a real kind cluster
	@$(MAKE) --no-print-directory -j2 --output-sync=target unit lint attacks shipped
	@$(BIN)/pytest -q --reruns 1 tests/process $(addprefix --ignore=,$(SHIPPED))
	@$(BIN)/seatrial up --system fixtures/systems/chandlery.yaml
	@$(BIN)/pytest -q --reruns 1 sample-system/tests/integration
	@$(BIN)/pytest -q --reruns 1 tests/cluster
	@$(BIN)/pytest -q --reruns 1 tests/trial
	@$(BIN)/pytest -q --reruns 1 tests/systems
	@$(BIN)/python tests/support/unhurried.py >.seatrial/unhurried.yaml
	@$(BIN)/pytest suites/ --repeats 1 --system .seatrial/unhurried.yaml -k "Declared or not (catalogue or system or drain or node_loss)" # each scenario once, but the loss of a node, which that of a zone holds, and drains: on two cores they hang on what else runs, and are for make trial

trial: setup ## everything against the sample system: cluster, suites, load, experiments, one page
	@$(BIN)/seatrial run --system fixtures/systems/chandlery.yaml

bench: setup ## print the numbers that matter, as ratios within one run
	@$(BIN)/python -m benchmarks

differential: setup ## the autoscaler's oracle against the real controller (needs Go; minutes the first time)
	@$(BIN)/pytest -q -s tests/differential

mutants: setup ## change judges and glue in 200 places, one at a time: which change does no unit test notice?
	@nice -n 10 $(BIN)/python -m tests.mutants

clean: ## take down what `up` made and remove .venv and caches of this folder (keeps ~/.cache/seatrial)
	@[ ! -x $(BIN)/seatrial ] || $(BIN)/seatrial down
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build src/*.egg-info

.PHONY: help setup lint unit attacks shipped test trial bench differential mutants clean
