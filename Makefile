# Holdfast. `make demo` does the main job, `make test` runs every test, `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: help build packages test-packages fetch fetch-results venv demo test test-neon bench format lint docs docs-c \
  install uninstall dist deb wheel clean

SWIFT ?= swift
PYTHON ?= python3
PREFIX ?= /usr/local
TO = $(DESTDIR)$(PREFIX)
export HOLDFAST_CACHE ?= $(HOME)/.cache/holdfast

VERSION := 0.1.0
SONAME := libholdfast.so.0
RELEASE := .build/release
VENV := .venv
MODEL = "$(HOLDFAST_CACHE)/models/SmolLM2-135M-Instruct.Q4_1.gguf"
STUDY := examples/studies/quickstart.yaml
RUN := runs/quickstart
SOURCES := Package.swift $(shell find Sources include -type f 2>/dev/null)
# Both products are linked a second time against the static runtime, from the object files SwiftPM left: the flag in
# SwiftPM itself would compile everything anew, and in the manifest it would bar Holdfast from being a dependency.
# STATIC_STDLIB=no leaves the Swift runtime in its toolchain. STATIC_HDF5=yes takes HDF5 inside, unseen from outside.
STATIC_STDLIB ?= yes
STATIC_HDF5 ?= no
LINKED := $(RELEASE)$(if $(filter no,$(STATIC_STDLIB)),/swift-outside)$(if $(filter yes,$(STATIC_HDF5)),/hdf5-inside)
LIBRARY := $(LINKED)/libholdfast.so
LINK := swiftc -use-ld=lld $(if $(filter no,$(STATIC_STDLIB)),,-static-stdlib) -Xlinker -s -Xlinker --as-needed
# What Yams needs of Foundation, which only a static link has to name.
FOUNDATION := $(if $(filter no,$(STATIC_STDLIB)),,-lFoundationInternationalization -l_FoundationICU -lFoundationEssentials \
  -l_FoundationCShims -l_FoundationCollections -lCoreFoundation)

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

$(LINKED)/$(SONAME): $(RELEASE)/.built bindings/c/holdfast.map
	@mkdir -p $(@D)
	hdf5=$$(.ci/link-hdf5 $(STATIC_HDF5) $(LINKED)); $(LINK) -emit-library @$(RELEASE)/HoldfastC.product/Objects.LinkFileList -o $@ \
	  -Xlinker -soname=$(SONAME) -Xlinker --version-script=bindings/c/holdfast.map $$hdf5

$(LINKED)/command: $(RELEASE)/.built
	@mkdir -p $(@D)
	hdf5=$$(.ci/link-hdf5 $(STATIC_HDF5) $(LINKED)); $(LINK) -emit-executable @$(RELEASE)/holdfast.product/Objects.LinkFileList -o $@ \
	  -Xlinker --defsym=main=holdfast_cli_main $$hdf5 $(FOUNDATION)

$(LIBRARY): $(LINKED)/$(SONAME)
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
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check pytest xarray h5netcdf mypy auditwheel
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
	  echo gcc g++ binutils) abigail-tools cmake valgrind

test: test-packages build $(VENV)/.test fetch ## every test: lint, Swift, C, Python, the command and a small study
	@.ci/test

test-neon: ## the kernels for ARM against the reference, under QEMU
	@.ci/install-packages $$([ "$$(uname -m)" = aarch64 ] || echo qemu-user-static libc6-dev-arm64-cross libgcc-12-dev-arm64-cross)
	@.ci/test-neon

lint: ## swift-format, strictly
	$(SWIFT) format lint --strict --parallel --recursive Sources Tests Package.swift

format: ## rewrites the sources in the house style
	$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift

bench: build fetch ## what the machine can do, and what share of it each workload reaches; nothing else should run
	$(RELEASE)/holdfast bench $(MODEL) --questions "$(HOLDFAST_CACHE)/questions/arc_easy_test.jsonl" \
	  --dev "$(HOLDFAST_CACHE)/questions/arc_easy_validation.jsonl"

docs: build ## the command's help pages, and the README's picture from the demo's study where there is one
	@.ci/write-command-help $(RELEASE)/holdfast > docs/command.md
	@[ ! -e $(RUN)/study.h5 ] || $(RELEASE)/holdfast report $(RUN) -o $(RUN)/report.html --picture docs/quickstart.png

docs-c: ## HTML of the C headers in .build/docs/c; a symbol without a word about it is an error
	@.ci/install-packages doxygen
	@rm -rf .build/docs/c && mkdir -p .build/docs
	doxygen docs/Doxyfile

# --- installing ------------------------------------------------------------------------------------------------------

NAME := holdfast-$(VERSION)-linux-$(shell uname -m)
# Everything `install` puts in place, for `uninstall`.
INSTALLED := bin/holdfast lib/libholdfast.so* lib/pkgconfig/holdfast.pc lib/cmake/holdfast include/holdfast.h \
  include/holdfast share/holdfast share/doc/holdfast share/man/man1/holdfast.1 share/man/man1/holdfast-*.1 \
  share/bash-completion/completions/holdfast share/zsh/site-functions/_holdfast \
  share/fish/vendor_completions.d/holdfast.fish

$(LINKED)/share/.written: $(LINKED)/command .ci/write-manual .ci/write-licenses
	@.ci/write-manual $(LINKED)/command $(@D)
	@mkdir -p $(@D)/doc/holdfast
	@.ci/write-licenses $(STATIC_HDF5) > $(@D)/doc/holdfast/THIRD-PARTY-LICENSES
	@touch $@

install: build ## the command, its manual, library, headers and Python package, under PREFIX
	@$(MAKE) --no-print-directory $(LINKED)/share/.written
	install -d "$(TO)/bin" "$(TO)/lib/pkgconfig" "$(TO)/lib/cmake/holdfast" "$(TO)/include/holdfast" "$(TO)/share/doc/holdfast"
	install -m 755 $(LINKED)/command "$(TO)/bin/holdfast"
	install -m 755 $(LINKED)/$(SONAME) "$(TO)/lib/$(SONAME).$(VERSION:0.%=%)"
	ln -sf $(SONAME).$(VERSION:0.%=%) "$(TO)/lib/$(SONAME)"
	ln -sf $(SONAME) "$(TO)/lib/libholdfast.so"
	install -m 644 include/holdfast.h "$(TO)/include/"
	install -m 644 include/holdfast/*.h "$(TO)/include/holdfast/"
	sed -e 's|@VERSION@|$(VERSION)|' bindings/c/holdfast.pc.in > "$(TO)/lib/pkgconfig/holdfast.pc"
	sed -e 's|@SONAME@|$(SONAME)|' bindings/c/holdfast-config.cmake.in > "$(TO)/lib/cmake/holdfast/holdfast-config.cmake"
	sed -e 's|@VERSION@|$(VERSION)|' bindings/c/holdfast-config-version.cmake.in \
	  > "$(TO)/lib/cmake/holdfast/holdfast-config-version.cmake"
	install -m 644 README.md LICENSE CHANGELOG.md "$(TO)/share/doc/holdfast/"
	@(cd $(LINKED)/share && find * -type f) | while read -r file; do \
	  install -D -m 644 "$(LINKED)/share/$$file" "$(TO)/share/$$file"; done
	@(cd bindings/python && find holdfast -type f ! -name '*.pyc') | while read -r file; do \
	  install -D -m 644 "bindings/python/$$file" "$(TO)/share/holdfast/python/$$file"; done

uninstall: ## removes what install put under PREFIX
	cd "$(TO)" && rm -rf $(INSTALLED)

dist: ## a tarball that runs where it is unpacked, HDF5 inside: dist/holdfast-VERSION-linux-MACHINE.tar.gz
	@rm -rf .build/stage && mkdir -p dist
	@$(MAKE) --no-print-directory install STATIC_HDF5=yes DESTDIR=.build/stage PREFIX=/$(NAME)
	tar -C .build/stage --sort=name --owner=0 --group=0 --numeric-owner -czf dist/$(NAME).tar.gz $(NAME)

deb: ## a Debian package, HDF5 inside: dist/holdfast_VERSION_MACHINE.deb
	@rm -rf .build/stage && mkdir -p dist
	@$(MAKE) --no-print-directory install STATIC_HDF5=yes DESTDIR=.build/stage PREFIX=/usr
	.ci/package-deb .build/stage $(VERSION) dist

wheel: packages $(VENV)/bin/python ## a Python wheel with the library and HDF5 inside: dist/holdfast-VERSION-….whl
	@$(MAKE) --no-print-directory build STATIC_HDF5=yes
	.ci/package-wheel $(RELEASE)/hdf5-inside/$(SONAME) $(VENV)/bin/python dist

clean: ## removes what was built; the cache, runs and the virtual environment stay
	rm -rf .build .build-test dist
