# Holdfast. `make demo` does the main job, `make test` runs every test, `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: help build packages fetch venv demo test bench format lint docs install clean

SWIFT ?= swift
PYTHON ?= python3
PREFIX ?= /usr/local
export HOLDFAST_CACHE ?= $(HOME)/.cache/holdfast

VERSION := 0.1.0
ABI := 0
RELEASE := .build/release
VENV := .venv
STUDY := examples/studies/quickstart.yaml
RUN := runs/quickstart
SOURCES := Package.swift $(shell find Sources include -type f 2>/dev/null)

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

# --- build -----------------------------------------------------------------------------------------------------------

build: packages $(RELEASE)/holdfast ## the release command and library in .build/release

packages:
	@.ci/install-packages $(shell $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || echo python3-venv)

$(RELEASE)/holdfast: $(SOURCES)
	$(SWIFT) build -c release
	@touch $@

# --- demo ------------------------------------------------------------------------------------------------------------

fetch: ## the default model and questions, into the cache
	@(cd "$(HOLDFAST_CACHE)" 2>/dev/null && sha256sum --check --quiet --strict \
	  "$(CURDIR)/examples/quickstart/data.sha256" 2>/dev/null) || \
	  $$( [ -x $(VENV)/bin/python ] && echo $(VENV)/bin/python || echo $(PYTHON) ) examples/quickstart/fetch.py

venv: $(VENV)/.demo ## a virtual environment for reports
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
$(VENV)/.demo: | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check numpy h5py matplotlib
	@touch $@
$(VENV)/.test: $(VENV)/.demo
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check pytest xarray h5netcdf
	@touch $@

demo: build ## probe, tune, evaluate and compare on a real model, then draw the report
	@$(MAKE) --no-print-directory venv || echo "No virtual environment for the report; the study goes on without it." >&2
	@$(MAKE) --no-print-directory fetch
	$(RELEASE)/holdfast study run $(STUDY)
	@$(RELEASE)/holdfast report $(RUN)/study.h5 -o $(RUN)/report.html || \
	  echo "The study is finished and in $(RUN)/study.h5; only the report is missing." >&2

# --- care ------------------------------------------------------------------------------------------------------------

test: build $(VENV)/.test fetch ## every test: lint, Swift, C, Python, the command and a small study
	@.ci/test

lint: ## swift-format, strictly
	$(SWIFT) format lint --strict --parallel --recursive Sources Tests Package.swift

format: ## rewrites the sources in the house style
	$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift

bench: build fetch ## what there is of benchmarks
	@$(RELEASE)/holdfast system-info

docs: build ## the command's help pages, in docs/command.md
	@.ci/write-command-help $(RELEASE)/holdfast > docs/command.md

install: build ## the command, library, headers and Python package, under PREFIX
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/pkgconfig" "$(DESTDIR)$(PREFIX)/include/holdfast"
	install -m 755 $(RELEASE)/holdfast "$(DESTDIR)$(PREFIX)/bin/holdfast"
	install -m 644 include/holdfast.h "$(DESTDIR)$(PREFIX)/include/"
	install -m 644 include/holdfast/*.h "$(DESTDIR)$(PREFIX)/include/holdfast/"

clean: ## removes what was built; the cache, runs and the virtual environment stay
	rm -rf .build .build-test
