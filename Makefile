PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL ?= $(BIN)/pip install --quiet
# Of the tests; with "browser", those of the page run, too.
EXTRAS ?= dev
# As many tests side by side as there are cores; more than four share too little to pay for loading torch again.
TEST := $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal

.PHONY: demo test check bench bench-report clean

# Each stamp is the environment with one set of extras, made anew when what it is made from changes.
$(VENV)/demo.stamp: pyproject.toml constraints.txt
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -c constraints.txt -e '.[tts]'
	touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -c constraints.txt -e '.[$(EXTRAS)]'
	$(INSTALL) --no-deps Resemblyzer==0.1.4  # a test compares with it
	touch $@ $(VENV)/demo.stamp

demo: $(VENV)/demo.stamp
	$(BIN)/talkinghead demo --overwrite

test: $(VENV)/dev.stamp
	$(TEST)

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(TEST)

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks

bench-report: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks --report

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
