# The only commands to know: make demo · make test · make check · make bench · make fuzz
PYTHON ?= python3
BIN := .venv/bin
PEERS := build/bench/peers
SERVE ?= 1
PORT ?= 8000

.PHONY: demo test check bench fuzz setup clean

setup: .venv/ready

.venv/ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src  # children start where nothing can be written: they cannot keep what they compile
	@touch $@

demo: setup  ## draw the operation "village", run it through the whole chain, then serve its pages
	$(BIN)/sauveterre demo --folder build/demo $(if $(filter 0,$(SERVE)),--no-serve,--port $(PORT))

test: setup  ## every test
	$(BIN)/pytest -q --numprocesses auto --dist loadfile

check: setup  ## lint, types, import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: setup  ## side-by-side measurements; results in build/bench/*.json
	$(BIN)/python -m compileall -q src
	@$(MAKE) --no-print-directory $(PEERS)/ready || echo "dissect, dfVFS, faiss, threatexchange and usearch are not installed: they will be named as missing"
	$(BIN)/python bench/pdq.py $(BENCH)
	$(BIN)/python bench/pictures.py $(BENCH)
	$(BIN)/python bench/digests.py $(BENCH)
	$(BIN)/python bench/video.py $(BENCH)
	$(BIN)/python bench/matching.py $(BENCH)
	$(BIN)/python bench/turned.py $(BENCH)
	$(BIN)/python bench/exact_lookup.py $(BENCH)
	$(BIN)/python bench/false_matches.py $(BENCH)
	$(BIN)/python bench/lists.py $(BENCH)
	$(BIN)/python bench/carving.py $(BENCH)
	$(BIN)/python bench/evidence.py $(BENCH)
	$(BIN)/python bench/deleted.py $(BENCH)
	$(BIN)/python bench/messages.py $(BENCH)
	$(BIN)/python bench/pages.py $(BENCH)

# Peers have licences of their own: they live in an environment of their own, and are only ever run as programs.
$(PEERS)/ready: requirements/bench.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

fuzz: setup  ## parsers of messages, guided by coverage; ten thousand spoilt pictures and clips; damaged images and archives; fixed seeds
	$(BIN)/python fuzz/messages.py $(FUZZ)
	$(BIN)/python bench/hostile_media.py $(FUZZ)
	$(BIN)/python bench/damage.py $(FUZZ)

clean:
	rm -rf build .venv
