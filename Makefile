# Holdfast. `make demo` does the main job, `make test` runs every test, `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: help build packages test-packages fetch fetch-results venv demo test test-neon bench format lint docs install clean

SWIFT ?= swift
PYTHON ?= python3
PREFIX ?= /usr/local
TO = $(DESTDIR)$(PREFIX)
export HOLDFAST_CACHE ?= $(HOME)/.cache/holdfast

VERSION := 0.1.0
SONAME := libholdfast.so.0
RELEASE := .build/release
LIBRARY := $(RELEASE)/libholdfast.so
VENV := .venv
MODEL = "$(HOLDFAST_CACHE)/models/SmolLM2-135M-Instruct.Q4_1.gguf"
STUDY := examples/studies/quickstart.yaml
RUN := runs/quickstart
SOURCES := Package.swift $(shell find Sources include -type f 2>/dev/null)
# Both products are linked a second time against the static runtime, from the object files SwiftPM left: the flag in
# SwiftPM itself would compile everything anew, and in the manifest it would bar Holdfast from being a dependency.
LINK := swiftc -use-ld=lld -static-stdlib -Xlinker -s -Xlinker --as-needed
# What Yams needs of Foundation, which only a static link has to name.
FOUNDATION := -lFoundationInternationalization -l_FoundationICU -lFoundationEssentials -l_FoundationCShims \
  -l_FoundationCollections -lCoreFoundation

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

# --- build -----------------------------------------------------------------------------------------------------------

build: packages ## the release command and library in .build/release
	@$(MAKE) --no-print-directory $(LIBRARY)

packages:
	@.ci/install-packages

$(RELEASE)/.built: $(SOURCES)
	$(SWIFT) build -c release
	@touch $@

$(RELEASE)/$(SONAME): $(RELEASE)/.built bindings/c/holdfast.map
	$(LINK) -emit-library @$(RELEASE)/HoldfastC.product/Objects.LinkFileList -o $@ \
	  -Xlinker -soname=$(SONAME) -Xlinker --version-script=bindings/c/holdfast.map $$(pkg-config --libs hdf5)

$(LIBRARY): $(RELEASE)/$(SONAME)
	@ln -sf $(SONAME) $@

# --- demo ------------------------------------------------------------------------------------------------------------

fetch: ## the default model and questions, into the cache
	@(cd "$(HOLDFAST_CACHE)" 2>/dev/null && sha256sum --check --quiet --strict \
	  "$(CURDIR)/examples/quickstart/data.sha256" 2>/dev/null) || \
	  $$( [ -x $(VENV)/bin/python ] && echo $(VENV)/bin/python || echo $(PYTHON) ) examples/quickstart/fetch.py

fetch-results: fetch ## what the studies of docs/RESULTS.md need beside that, but for their instructions
	@$(PYTHON) examples/quickstart/fetch.py --results

venv: $(VENV)/.demo ## a virtual environment for reports
$(VENV)/bin/python:
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || .ci/install-packages python3-venv
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

test-packages:
	@.ci/install-packages $(shell command -v cc >/dev/null && command -v c++ >/dev/null && command -v nm >/dev/null || \
	  echo gcc g++ binutils) abigail-tools

test: test-packages build $(VENV)/.test fetch ## every test: lint, Swift, C, Python, the command and a small study
	@.ci/test

test-neon: ## the kernels for ARM against the reference, under QEMU
	@.ci/install-packages $$([ "$$(uname -m)" = aarch64 ] || echo qemu-user-static libc6-dev-arm64-cross libgcc-12-dev-arm64-cross)
	@.ci/test-neon

lint: ## swift-format, strictly
	$(SWIFT) format lint --strict --parallel --recursive Sources Tests Package.swift

format: ## rewrites the sources in the house style
	$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift

bench: build fetch ## the machine, and questions and tokens per second of a probe and a short tuning
	@$(RELEASE)/holdfast system-info
	@mkdir -p runs/bench
	$(RELEASE)/holdfast probe $(MODEL) --questions "$(HOLDFAST_CACHE)/questions/arc_easy_test.jsonl" --limit 200 \
	  --out runs/bench/ledger.h5
	@head -48 "$(HOLDFAST_CACHE)/questions/arc_easy_validation.jsonl" | sed -E \
	  's/"question"/"prompt"/; s/"choices": \["(([^"\\]|\\.)*)".*/"response": "\1"}/' > runs/bench/rows.jsonl
	$(RELEASE)/holdfast tune $(MODEL) --data runs/bench/rows.jsonl --template none --epochs 1 --out runs/bench/tuned.h5

docs: build ## the command's help pages, and the README's picture from the demo's study where there is one
	@.ci/write-command-help $(RELEASE)/holdfast > docs/command.md
	@[ ! -e $(RUN)/study.h5 ] || $(RELEASE)/holdfast report $(RUN) -o $(RUN)/report.html --picture docs/quickstart.png

install: build ## the command, library, headers and Python package, under PREFIX
	$(LINK) -emit-executable @$(RELEASE)/holdfast.product/Objects.LinkFileList -o $(RELEASE)/holdfast-static \
	  -Xlinker --defsym=main=holdfast_cli_main $$(pkg-config --libs hdf5) $(FOUNDATION)
	install -d "$(TO)/bin" "$(TO)/lib/pkgconfig" "$(TO)/include/holdfast" "$(TO)/share/holdfast/python"
	install -m 755 $(RELEASE)/holdfast-static "$(TO)/bin/holdfast"
	install -m 755 $(RELEASE)/$(SONAME) "$(TO)/lib/$(SONAME).$(VERSION:0.%=%)"
	ln -sf $(SONAME).$(VERSION:0.%=%) "$(TO)/lib/$(SONAME)"
	ln -sf $(SONAME) "$(TO)/lib/libholdfast.so"
	install -m 644 include/holdfast.h "$(TO)/include/"
	install -m 644 include/holdfast/*.h "$(TO)/include/holdfast/"
	sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@VERSION@|$(VERSION)|g' bindings/c/holdfast.pc.in > "$(TO)/lib/pkgconfig/holdfast.pc"
	cp -R bindings/python/holdfast "$(TO)/share/holdfast/python/"

clean: ## removes what was built; the cache, runs and the virtual environment stay
	rm -rf .build .build-test
