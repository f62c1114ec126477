# Each target is the whole set-up of what it names: on a fresh machine with Python ≥ 3.11 and git, `make lab` is enough.
#
#   make lab         JupyterLab on chapter 1 (ARGS="--no-browser --port 9999" passes through)
#   make book        the site, in _build/html
#   make test        everything that must hold before a change is kept
#   make processors  the chapters once more, as older processors would run them (ARGS="-k 13" for one)
#   make bench       the measurements
#   make sync        bring the chapters' two files together and run what changed (ARGS="02" for one)
#   make frontend    rebuild the widgets' browser half (the only target that needs Node)
#   make clean       remove the built site; .venv stays

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
BOOK_SOURCES = $(wildcard *.md *.ipynb _config.yml _toc.yml references.bib chapters/*.ipynb appendices/*.md assets/* \
	site_ext/*.py site_static/* cnnviz/static/*)
FRONTEND_SOURCES = $(shell find frontend/src frontend/*.mjs frontend/*.json -type f 2>/dev/null)

# Two cores: one thread a process, two processes at a time.
export OMP_NUM_THREADS := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1
# Python is started a few hundred times, and would compile the package and the tests each time.
unexport PYTHONDONTWRITEBYTECODE
WORKERS := -n 2

.PHONY: help lab book test processors bench sync frontend clean
help:
	@sed -n 's/^#   //p' Makefile

lab: .venv/.course
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/chapters/01-why-convolution.ipynb $(ARGS)

book: _build/.site

sync: .venv/.course
	$(BIN)/python tools/sync.py $(ARGS)

bench: .venv/.dev
	@for script in benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script; done

frontend: frontend/node_modules/.installed
	cd frontend && npm run --silent build

clean:
	rm -rf _build

# --- set-up: reinstalled only when what to install has changed ----------------------------------------------------

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo missing)." \
	       "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.course: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) -e ".[course]"
	@touch $@

.venv/.dev: .venv/.course
	$(INSTALL) -e ".[course,dev]"
	@touch $@

frontend/node_modules/.installed: frontend/package-lock.json
	@command -v npm >/dev/null || { echo "Node 20 or later is needed: on Debian, apt-get install nodejs npm" >&2; exit 1; }
	cd frontend && npm ci --silent --no-audit --no-fund
	@touch $@

# From scratch: Sphinx remembers pages that it read, though not their warnings, and misses a changed style sheet.
_build/.site: .venv/.course $(BOOK_SOURCES)
	@rm -rf $@ _build/html _build/.doctrees
	$(BIN)/jupyter-book build . -W -n --keep-going --quiet
	@test -f _build/html/index.html
	@touch $@
	@echo "The site: _build/html/index.html"

# --- tests ---------------------------------------------------------------------------------------------------------

.PHONY: lint types pairs front-end units chapters
# What takes a minute or less first, two at a time; then the long part, which needs the built site.
test: .venv/.dev
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint types pairs front-end book
	@$(MAKE) --no-print-directory units
	@$(MAKE) --no-print-directory chapters
	@echo "All tests passed."

lint: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.dev
	$(BIN)/mypy cnnviz site_ext tools

pairs: .venv/.dev
	$(BIN)/python tools/sync.py --check

# The browser half: strict types, its format, its own tests, and that the committed build is the sources' build.
ifneq ($(shell command -v npm),)
front-end: frontend/node_modules/.installed
	cd frontend && npm run --silent check && npm test --silent
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	(cd frontend && node build.mjs "$$fresh" >/dev/null); \
	diff --recursive --brief --exclude='*.mplstyle' --exclude=fonts "$$fresh" cnnviz/static || { \
	  echo "cnnviz/static is not what frontend/ builds: run \`make frontend\`" >&2; exit 1; }
else
front-end:
	@echo "SKIP tsc, vitest and the check of the built files: install Node 20 or later (on Debian: apt-get install nodejs npm)"
	@test -z "$${CI:-}" || { echo "nothing may be skipped when CI is set" >&2; exit 1; }
endif

units: .venv/.dev book
	$(BIN)/pytest $(WORKERS) --dist loadfile --no-loadscope-reorder --doctest-modules --ignore-glob='*/conftest.py' \
	  --ignore tests/chapters/test_outputs.py \
	  tests cnnviz site_ext $(ARGS)

# Each chapter run again, its outputs compared one by one.
chapters: .venv/.dev
	$(BIN)/pytest $(WORKERS) --dist load tests/chapters/test_outputs.py $(ARGS)

# With fewer instructions sums round differently, and a training ends elsewhere: an output that repeats on this processor alone
# shows here. Worth its minutes after a change to a chapter that trains.
processors:
	ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=AVX2 MKL_CBWR=COMPATIBLE OPENBLAS_CORETYPE=Nehalem \
	  NPY_DISABLE_CPU_FEATURES="AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX2 FMA3" \
	  $(MAKE) --no-print-directory chapters
