# `make demo` shows the thing, `make test` proves it. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# A fresh clone on a build machine finds its compiled dependencies again; at home they stay in the clone.
ifeq ($(CI),true)
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jianwei/target
endif
# Where rustup puts cargo, in case the shell does not know it yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

JIANWEI = $(or $(CARGO_TARGET_DIR),target)/release/jianwei
ONCE ?=
OUT ?=

# The mail server of the scenario, npm's maildev; it lies beside what is compiled.
MAIL_SINK = $(abspath $(or $(CARGO_TARGET_DIR),target))/mail-sink
MAILDEV = $(MAIL_SINK)/node_modules/.bin/maildev
# What is not there is not named: the scenario then takes the mails itself, and says so.
export JIANWEI_MAILDEV = $(shell test -x $(MAILDEV) && echo $(MAILDEV))

.PHONY: help demo scenario test bench bless tools lint-tools test-tools mail-sink

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: tools ## build, simulate a market and serve it; ONCE=1 prints the grade table and ends
	cargo build --release --locked --package jianwei
	$(JIANWEI) demo $(if $(filter-out 0,$(ONCE)),--once)

scenario: tools mail-sink ## three institutions, from filings to closed cases, with letters and mails; OUT=dir keeps the letters
	cargo build --release --locked --package jianwei
	$(JIANWEI) scenario $(if $(JIANWEI_MAILDEV),--maildev $(JIANWEI_MAILDEV)) $(if $(OUT),--out $(OUT))

test: tools lint-tools test-tools mail-sink ## format, lints and every test
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --release --locked -- -D warnings
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; failed=0; \
	cargo test --workspace --release --locked --no-fail-fast 2>&1 | tee "$$log" || failed=1; \
	awk -v failed=$$failed ' \
	  /^test result:/ { passed += $$4; broken += $$6; ignored += $$8 } \
	  END { \
	    if (failed || broken || !passed) { printf "make test: FAILED, %d tests passed, %d failed.\n", passed, broken; exit 1 } \
	    printf "make test: all %d tests passed, %d ignored; format and lints are clean.\n", passed, ignored \
	  }' "$$log"

bench: tools ## measure this machine: each part alone, then the whole path
	cargo build --release --locked --package jianwei
	$(JIANWEI) bench

bless: tools ## write schemas/, docs/standard/ and the tables of docs/views.md anew
	JIANWEI_BLESS=1 cargo test --package jianwei-model --release --test published -- --test-threads=1
	JIANWEI_BLESS=1 cargo test --package jianwei-views --release --lib page

# What cannot be compiled without. Root on Debian gets it; everybody else is told what to install.
tools:
	@command -v cargo >/dev/null || { echo "make: cargo is missing; install Rust from https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "make: installing a C compiler (gcc, libc6-dev)" && \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends gcc libc6-dev; \
	  else \
	    echo "make: a C compiler is missing; on Debian: sudo apt-get install gcc libc6-dev" >&2; exit 1; \
	  fi; }

# Without it the scenario runs as well, with a mail server of its own: what is missing is said, and is no failure.
mail-sink:
	@if [ -x $(MAILDEV) ] && cmp -s tools/mail-sink/package-lock.json $(MAIL_SINK)/package-lock.json; then exit 0; fi; \
	if ! command -v npm >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "make: installing Node.js and npm (nodejs, npm) for the mail server of the scenario"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends nodejs npm; } >/dev/null || true; \
	fi; \
	command -v npm >/dev/null || { \
	  echo "make: npm is missing, the scenario takes its mails itself; on Debian: sudo apt-get install nodejs npm"; exit 0; }; \
	mkdir -p $(MAIL_SINK) && cp tools/mail-sink/package.json tools/mail-sink/package-lock.json $(MAIL_SINK)/ && \
	npm ci --prefix $(MAIL_SINK) --ignore-scripts --no-audit --no-fund --loglevel=error || { \
	  rm -rf $(MAIL_SINK); \
	  echo "make: npm cannot install maildev (no registry?), the scenario takes its mails itself"; }

lint-tools:
	@for part in fmt clippy; do \
	  cargo $$part --version >/dev/null 2>&1 || { \
	    component=$${part/fmt/rustfmt}; \
	    if command -v rustup >/dev/null; then rustup component add $$component; \
	    else echo "make: cargo $$part is missing; install the package $$component of your Rust" >&2; exit 1; fi; }; \
	done

# What tests start besides: PostgreSQL, on a port and in a folder of their own.
test-tools:
	@command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "make: installing PostgreSQL (postgresql), which tests start" && \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends postgresql; \
	  else \
	    echo "make: PostgreSQL is missing, which tests start; on Debian: sudo apt-get install postgresql" >&2; exit 1; \
	  fi; }
