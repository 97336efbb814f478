# `make chat` and `make test` do all the set-up on a fresh machine; second runs start in seconds.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
DEV_STAMP := $(VENV)/installed-dev
# A worker that is done takes over what another has left.
PYTEST := $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal

.PHONY: chat test check bench format clean
.DEFAULT_GOAL := chat

chat: $(STAMP)
	@$(BIN)/lifelore setup --yes
	@$(BIN)/lifelore

test: $(DEV_STAMP)
	@$(PYTEST)

check: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST)

bench: $(DEV_STAMP)
	@test -n "$(DATA)" || { echo "Say where the data is: make bench DATA=path/to/locomo10.json"; exit 2; }
	$(BIN)/lifelore bench locomo --data $(DATA)

format: $(DEV_STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/python: scripts/require.sh
	@sh scripts/require.sh $(PYTHON)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@touch $@

$(STAMP): $(VENV)/python pyproject.toml constraints.txt
	@echo "Installing Lifelore; the first time takes up to fifteen minutes, as llama.cpp is compiled."
	@sh scripts/install.sh $(BIN)/python "."
	@touch $@

$(DEV_STAMP): $(VENV)/python pyproject.toml constraints.txt
	@echo "Installing Lifelore; the first time takes up to fifteen minutes, as llama.cpp is compiled."
	@sh scripts/install.sh $(BIN)/python ".[dev]"
	@touch $(STAMP) $@

clean:
	rm -rf $(VENV)
