# Two commands do all of their own set-up on a machine that has Python >= 3.11:
#   make demo   build a small corpus from the dialogues that ship, and say where to listen and look
#   make test   lint, types, and every test (what CI runs)
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Versions that are known to work together; delete the file's line to try a newer one.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test quick lint supply bench model clean

demo: $(VENV)/.tts
	$(BIN)/interactspeech build @demo --limit 5 --seed 1 --output demo

# The weights are for tests that listen; those skip, with the reason, where they cannot be had.
test: $(VENV)/.dev lint
	-$(BIN)/interactspeech voices install kokoro hibari --asr
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

# What a developer runs between two thoughts: no recognition, no browser, no big models.
quick: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses 2 -m "not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff format --check src tests bench examples
	$(BIN)/ruff check src tests bench examples
	$(BIN)/mypy

# What is delivered: hashes of models, bill of materials and licences, the wheel's content.
supply: $(VENV)/.dev
	$(BIN)/python tools/model_hashes.py
	$(BIN)/python tools/bill_of_materials.py out/supply --extra tts --extra listen --extra asr
	$(BIN)/python tools/check_wheel.py

# Every page in docs/bench is written by its benchmark.
bench: $(VENV)/.dev
	for script in bench/bench_*.py; do $(BIN)/python $$script --write || exit 1; done

# The listener that ships, from nothing; TRANSCRIPTS holds what AMI and PriMock57 say (CC BY 4.0).
TRANSCRIPTS ?= ../shared/data/timing
model: $(VENV)/.dev
	$(BIN)/python tools/make_model.py --transcripts $(TRANSCRIPTS) --output out/model --install
	$(BIN)/python bench/bench_listener.py --test out/model/test --write

clean:
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; try: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.tts: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[tts]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	touch $@
