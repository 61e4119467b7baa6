# The main job and the suites. `make help` lists what there is.

CARGO ?= cargo
OUT ?= demo-out
ROUNDS ?= 50
PYTHON ?= python3
PINNED = workflow-py/requirements.txt
PY = workflow-py

.PHONY: help demo venv lock develop pytest docs-py wheel test lint lint-py bench bench-py yardstick crash decade schema clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: ## a firm's calendar year on one SQLite file, in $(OUT)
	$(CARGO) run --release --locked --example tax_season -- --folder $(OUT)

venv: ## Python for the oracles and the Python package in .venv, where there is Python 3.11 or newer
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "no $(PYTHON) of 3.11 or newer: suites that ask an oracle are skipped, or fail where CI is set"; \
	elif ! cmp -s $(PINNED) .venv/requirements.txt; then \
		$(PYTHON) -m venv .venv \
		&& .venv/bin/python -m pip install --quiet --disable-pip-version-check -r $(PINNED) \
		&& cp $(PINNED) .venv/requirements.txt \
		|| { rm -rf .venv; echo "the Python packages cannot be installed"; test -z "$$CI"; }; \
	fi

lock: ## pins anew what the Python package is tested with
	.venv/bin/python -m piptools compile --quiet --upgrade --no-header --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --no-annotate --strip-extras -o $(PINNED) $(PY)/requirements.in

develop: venv ## the Python package into .venv, for its tests
	@test ! -x .venv/bin/maturin || .venv/bin/maturin develop --quiet --locked -m $(PY)/Cargo.toml

pytest: develop ## the Python package's suite
	@if test -x .venv/bin/maturin; then .venv/bin/python -m pytest -q -c $(PY)/pyproject.toml $(PY)/tests; \
	else echo "the Python package's suite is skipped"; test -z "$$CI"; fi

docs-py: develop ## the reference of the Python package, in target/python-docs
	.venv/bin/python -m sphinx -q -W --keep-going -b html $(PY)/docs target/python-docs

wheel: venv ## the Python package's wheel and source distribution, in target/wheels
	.venv/bin/maturin build --release --locked --sdist -m $(PY)/Cargo.toml -o target/wheels

bench-py: wheel ## what Python costs over Rust, and beside other libraries
	$(CARGO) bench --locked --profile release --bench python > target/direct.json
	rm -rf target/bench-venv && $(PYTHON) -m venv target/bench-venv
	target/bench-venv/bin/python -m pip install --quiet --disable-pip-version-check -r $(PINNED) target/wheels/*.whl
	cd $(PY)/benches && WORKFLOW_DIRECT=$(CURDIR)/target/direct.json ../../target/bench-venv/bin/python -m pytest -q \
		-c ../pyproject.toml --benchmark-columns=median,iqr,rounds --benchmark-json=$(CURDIR)/target/python-bench.json .
	$(PYTHON) $(PY)/benches/told.py target/python-bench.json

test: venv ## every suite
	WORKFLOW_PYTHON="$${WORKFLOW_PYTHON:-$$(ls $(CURDIR)/.venv/bin/python 2>/dev/null)}" \
		$(CARGO) test --workspace --all-features --locked --no-fail-fast
	$(MAKE) --no-print-directory pytest

lint: ## formatting and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --all-features --locked
	$(MAKE) --no-print-directory lint-py

lint-py: develop
	@if test -x .venv/bin/maturin; then cd $(PY) && ../.venv/bin/ruff format --check . && ../.venv/bin/ruff check . ../examples \
		&& ../.venv/bin/mypy; fi

bench: ## criterion benches; see docs/benchmarks.md
	$(CARGO) bench --locked --bench engine --bench clock --bench calendar --bench recurrence

yardstick: ## the engine beside a hand-written SQLite program, as ratios
	$(CARGO) bench --locked --bench yardstick

crash: ## kills workers and the demo $(ROUNDS) times at random and looks at what is left
	$(CARGO) build --locked --release --example tax_season
	WORKFLOW_CRASH_ROUNDS=$(ROUNDS) $(CARGO) test --locked --release --test processes --test demo -- --nocapture

decade: ## a simulated decade: 500 accounts, monthly, quarterly and annual series, every period once
	WORKFLOW_DECADE=1 $(CARGO) test --locked --release --test series -- --nocapture s9_4_a_decade s9_4_many_series

schema: ## writes the JSON Schemas anew
	WORKFLOW_REGENERATE=1 $(CARGO) test --locked -p workflow-core --test schema

clean: ## removes what the targets above make
	$(CARGO) clean
	rm -rf $(OUT) .venv
