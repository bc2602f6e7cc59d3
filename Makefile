# `make demo` shows the whole job; `make test` proves that it works. Both set themselves up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

AXE_VERSION := 4.14.1
AXE_SHA256 := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
AXE := .build/axe-core-$(AXE_VERSION)

.PHONY: demo test format lint types tests browser-tools wheel clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed ## the weekly job, offline, on an invented blog
	@$(BIN)/otalk-digest demo

# The tests use all that the machine has; what comes before them has one thread each.
test: ## everything that must hold before a change lands
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target format lint types wheel
	@$(MAKE) --no-print-directory tests

format: $(VENV)/installed-dev
	$(BIN)/ruff format --check .

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

tests: $(VENV)/installed-dev
	@test -e $(AXE) || ! command -v npm > /dev/null || $(MAKE) browser-tools \
		|| echo "axe-core could not be fetched: the tests that need a browser are skipped"
	$(BIN)/pytest --numprocesses auto --dist worksteal -r s

browser-tools: $(AXE) ## what the tests in a browser need besides Chromium; not ours to publish

$(AXE):
	rm -rf .build/axe-new
	mkdir -p .build/axe-new
	cd .build/axe-new && npm pack --silent axe-core@$(AXE_VERSION) > /dev/null
	echo "$(AXE_SHA256)  .build/axe-new/axe-core-$(AXE_VERSION).tgz" | sha256sum --check --quiet
	tar -xzf .build/axe-new/axe-core-$(AXE_VERSION).tgz -C .build/axe-new --strip-components=1
	mv .build/axe-new $@

wheel: $(VENV)/installed-dev ## built, and installed into an empty environment, where the demo runs
	rm -rf .build/dist .build/empty .build/demo
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
