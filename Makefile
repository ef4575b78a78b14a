# All set-up is here: `make demo` and `make test` need make, git and Python 3.11 or later.

.DEFAULT_GOAL := help
.PHONY: demo test check bench fuzz reports truth help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PYTHONS := python3.14 python3.13 python3.12 python3.11 python3
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
TESTS :=

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/run-time ## make a small fleet of images in ./demo and analyse it
	@$(BIN)/layerscope demo --force demo

test: $(VENV)/develop ## run the tests; what is skipped is listed with its reason (TESTS=... picks)
	@$(BIN)/python -m pytest -p no:benchmark -n auto $(TESTS)

check: $(VENV)/develop ## lint, format, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/bench ## run the benchmarks; on a quiet machine, please
	@$(BIN)/python -m pytest benchmarks --benchmark-only $(TESTS)

fuzz: $(VENV)/develop ## run the property tests with many more examples
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -p no:benchmark -n auto -m hypothesis $(TESTS)

reports: $(VENV)/develop ## write again what is generated: reports/gallery, docs/reference/commands.md
	@$(BIN)/python -m reports.rebuild

truth: $(VENV)/develop ## ask the real builders (docker.io, buildah, busybox-static; as root): a sample of cases
	@$(BIN)/python -m tests.truth.sample

# The stamps: packages are installed again only when pyproject.toml or constraints.txt changed.
$(VENV)/run-time: $(BIN)/python pyproject.toml constraints.txt
	@echo "installing run-time packages into $(VENV)" >&2
	@$(PIP) --editable .
	@touch $@

$(VENV)/develop: $(VENV)/run-time
	@echo "installing packages for tests and checks into $(VENV)" >&2
	@$(call groups,test lint types) >$(VENV)/develop.txt
	@$(PIP) --requirement $(VENV)/develop.txt
	@touch $@

$(VENV)/bench: $(VENV)/develop
	@echo "installing the programs to compare with into $(VENV)" >&2
	@$(call groups,bench) >$(VENV)/bench.txt
	@$(PIP) --requirement $(VENV)/bench.txt
	@touch $@

# The lines of dependency groups, for pip before 25.1 does not read them itself.
groups = $(BIN)/python -c 'import sys, tomllib; \
  groups = tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]; \
  print(*(line for name in sys.argv[1:] for line in groups[name]), sep="\n")' $(1)

# Forced when the Python of .venv does not run: after a move of the folder, or of that Python.
$(BIN)/python: $(if $(shell $(BIN)/python -c 'import pip' >/dev/null 2>&1 || echo gone),FORCE)
	@for name in $(PYTHONS); do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    python=$$name; break; \
	  fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "make: Python 3.11 or later is needed; none of these is: $(PYTHONS)" >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "make: $$python has no venv module; on Debian: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	"$$python" -m venv --clear $(VENV)

.PHONY: FORCE
FORCE:
