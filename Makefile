# `make demo` and `make test` do all set-up themselves. Nothing else is needed first.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& { echo $$p; break; }; done)
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.ready
DOCS := .docs/venv
DEB := .deb/venv
# Tests on the real Asterisk wait most of the time: more at once than there are cores (tests/lanes.py).
JOBS ?= $(shell echo $$((7 * $$(nproc) / 2)))
# A Chromium is several processes that compute: beside telephones, which keep time, it makes them late.
BROWSERS ?= $(shell nproc)
# Hundreds of processes start in a run: each would compile the product anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: model first-call console console-stop screenshots supervise-demo fuzz soak chaos demo docs deb deb-test test test-long check lab bench bench-full load transcripts lock clean help

help:
	@echo "make demo   real calls on a real Asterisk, what became of them, and the console on them in a browser"
	@echo "make first-call  the lines of docs/try.md in a bare Debian 12, timed (root; 5 minutes)"
	@echo "make console  that console again, on the last demo's calls; make console-stop ends it"
	@echo "make screenshots  the pictures of the console in docs/, of the last demo's calls"
	@echo "make supervise-demo  a supervisor and three operators, in one minute and without Asterisk"
	@echo "make test   make check, then the tests, those on the real Asterisk included (half an hour on 2 cores)"
	@echo "make test-long  all of them: the benchmarks, the soak and the chaos in short as well"
	@echo "make check  lint, format, strict types, import contract"
	@echo "make docs   the pages of docs/ as a site of two languages: .docs/site/index.html"
	@echo "make deb    the Debian package, and its bill of materials beside it: dist/"
	@echo "make deb-test  that package in a fresh Debian 12 and 13: installed, upgraded, removed, purged, a call through it"
	@echo "make bench  speed of the decision beside servers that do nothing, and of all else (BENCH='--json --only decision')"
	@echo "make bench-full  the same, longer, with 250 million do-not-call numbers (25 GB in .bench, once)"
	@echo "make load   what a crowd at the gate costs its callers, and a storm of events the listener"
	@echo "make soak   a thousand answered calls, each found again everywhere (CALLS, CONCURRENT, SEED)"
	@echo "make chaos  an hour of mixed calls and random faults, P1 to P7 counted from outside (MINUTES, CONCURRENT, SEED, CALM)"
	@echo "make model  the model of two nodes and three calls, every state of it, and each rule left out once (MODEL)"
	@echo "make fuzz   hostile input for everything that reads what others write (MINUTES, SEED, TARGET)"
	@echo "make transcripts  what the real Asterisk says on AGI and AMI, captured anew (RELEASE=bullseye: 16)"

first-call: $(STAMP)
	@$(PY) -m tests.lab.bootstrap
	@$(PY) -m tests.deploy.first_call

demo: $(STAMP)
	@$(PY) -m tests.lab.bootstrap
	@$(PY) -m tests.lab.demo $(DEMO)

console: $(STAMP)
	@$(PY) -m tests.lab.console $(CONSOLE)

console-stop: $(STAMP)
	@$(PY) -m tests.lab.console --stop

screenshots: $(STAMP)
	@$(PY) -m tests.web.console.browser.screenshots

supervise-demo: $(STAMP)
	@$(PY) -m tests.supervision.demo

# The two share nothing but .venv, and the lab's packages take their time to come and to unpack.
test test-long: $(STAMP)
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target check lab
	@$(PY) -m pytest -m "not alone and not browser $(FEWER)" -n $(JOBS) --cov --cov-report= --cov-fail-under=0 $(TEST) || $(ONCE_MORE)
	@$(PY) -m pytest -m "browser and not alone $(FEWER)" -n $(BROWSERS) --cov --cov-append --cov-report= --cov-fail-under=0 $(TEST)
	@$(PY) -m pytest -m "alone $(FEWER)" --cov --cov-append --cov-report=term:skip-covered $(TEST)

test-long: $(DEB)/.ready

test: FEWER = and not long

# Telephones have clocks: a test with an Asterisk that failed beside six others must pass beside nothing, as it had to
# when tests ran one by one. Any other test that fails has failed.
FAILED = $(PY) -m pytest --last-failed --last-failed-no-failures=none
ONCE_MORE = { [ $$? -eq 1 ] && \
	! $(FAILED) --collect-only --quiet --no-header -m "not lab and not browser and not alone $(FEWER)" $(TEST) && \
	echo "--- once more, beside nothing else:" && \
	$(FAILED) -v --maxfail=3 -m "lab and not alone $(FEWER)" \
	--cov --cov-append --cov-report= --cov-fail-under=0 $(TEST); }

lab: $(STAMP)
	@$(PY) -m tests.lab.bootstrap

check: $(STAMP)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

# In an environment of its own: neither the product nor its tests need what builds the pages.
docs: $(DOCS)/.ready
	@$(DOCS)/bin/python docs/site/build.py

# In an environment of its own as well, of pinned hashes.
deb: $(STAMP) $(DEB)/.ready
	@$(PY) deploy/debian/build.py $(OPTIONS)

deb-test: $(STAMP) $(DEB)/.ready lab
	@$(PY) -m pytest -v -m package tests/deploy tests/lab/test_package_call.py $(TEST)

bench: $(STAMP)
	@$(PY) -m tests.bench.gate_bench $(BENCH)

bench-full: $(STAMP)
	@$(PY) -m tests.bench.gate_bench --rounds 10 --numbers 250000000 $(BENCH)

load: $(STAMP)
	@$(PY) -m tests.bench.load_bench $(LOAD)

RUN = $(if $(CONCURRENT),--concurrent $(CONCURRENT)) $(if $(SEED),--seed $(SEED))

soak: $(STAMP)
	@$(PY) -m tests.lab.bootstrap
	@$(PY) -m tests.lab.soak $(if $(CALLS),--calls $(CALLS)) $(RUN)

chaos: $(STAMP)
	@$(PY) -m tests.lab.bootstrap
	@$(PY) -m tests.lab.chaos $(if $(MINUTES),--minutes $(MINUTES)) $(RUN) $(if $(CALM),--calm)

model: $(STAMP)
	@$(PY) -m tests.model $(MODEL)

fuzz: $(STAMP)
	@$(PY) -m tests.fuzz $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(if $(TARGET),--target $(TARGET))

transcripts: $(STAMP)
	@DIALPACT_LAB_RELEASE=$(RELEASE) $(PY) -m tests.lab.bootstrap
	@DIALPACT_LAB_RELEASE=$(RELEASE) $(PY) -m tests.lab.capture_agi
	@DIALPACT_LAB_RELEASE=$(RELEASE) $(PY) -m tests.lab.capture_ami

$(STAMP): requirements.lock tests/stock.lock pyproject.toml setup.sh
	@PYTHON="$(PYTHON)" ./setup.sh $(VENV)
	@touch $@

$(DOCS)/.ready: docs/site/requirements.lock $(STAMP)
	@rm -rf $(DOCS)
	@$(PY) -m venv $(DOCS)
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(DEB)/.ready: deploy/debian/requirements.lock $(STAMP)
	@rm -rf $(DEB)
	@$(PY) -m venv $(DEB)
	@$(DEB)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

# What was tested, to the version, for every supported Python.
lock:
	@$(PY) -m pip install --quiet uv
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-annotate --no-header \
		--generate-hashes --output-file requirements.lock pyproject.toml
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header \
		--output-file docs/site/requirements.lock docs/site/requirements.in
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header --generate-hashes \
		--output-file deploy/debian/requirements.lock deploy/debian/requirements.in

clean:
	rm -rf $(VENV) .bench .deb .docs .lab .mypy_cache .ruff_cache .pytest_cache
