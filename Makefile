# `make demo` shows the whole job; `make test` proves that it works. Both set themselves up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test format lint types tests wheel clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed ## the weekly job, offline, on an invented blog
	@$(BIN)/otalk-digest demo

test: format lint types tests wheel ## everything that must hold before a change lands

format: $(VENV)/installed-dev
	$(BIN)/ruff format --check .

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

tests: $(VENV)/installed-dev
	$(BIN)/pytest --numprocesses auto

wheel: $(VENV)/installed-dev ## built, and installed into an empty environment, where the demo runs
	rm -rf .build
	$(BIN)/python -m build --wheel --outdir .build/dist . > /dev/null
	$(PYTHON) -m venv .build/empty
	.build/empty/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt .build/dist/*.whl
	cd .build && empty/bin/otalk-digest demo > /dev/null && test -s demo/preview/edition-2/students.html
	@echo "the wheel works in an empty environment"

$(VENV)/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) --editable '.[dev]'
	@touch $@

clean: ## forget the environment and everything built
	rm -rf $(VENV) .build demo .mypy_cache .ruff_cache .pytest_cache
