# The main job and the suites. `make help` lists what there is.

CARGO ?= cargo
STORE ?= sqlite
OUT ?= $(if $(filter postgres%,$(STORE)),demo-out-postgres,demo-out)
ROUNDS ?= 50
PYTHON ?= python3
# The wheel is tried on each of these.
PYTHONS ?= $(PYTHON)
PINNED = workflow-py/requirements.txt
PY = workflow-py

PREFIX ?= /usr/local
FEATURES ?= sqlite
FUZZ_SECONDS ?= 300
# What cargo-fuzz would ask of the compiler: coverage for libFuzzer, and AddressSanitizer. Its checks are
# calls: in line, they take the compiler half as long again.
FUZZ_FLAGS = --cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
	-Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address \
	-Cllvm-args=-asan-instrumentation-with-call-threshold=0 -Cdebug-assertions -Ccodegen-units=16
# What runs at the same time tells its output when it is through, where make knows how.
WHOLE = $(if $(filter output-sync,$(.FEATURES)),--output-sync=recurse)
HOST = $(shell rustc -vV | sed -n 's/^host: //p')

.PHONY: help demo venv lock develop pytest chromium docs-py wheel wheel-test postgres valgrind node test test-c asan \
	header library install fuzz lint lint-py bench bench-c bench-py yardstick bench-postgres bench-peers crash hosts decade schema clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

demo: ## a firm's calendar year, in $(OUT); STORE=postgres, or an address, instead of a SQLite file
	$(CARGO) run --release --locked --example tax_season -- --folder $(OUT) --store $(STORE)

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

develop: venv ## the Python package into .venv, with every store, for its tests
	@test ! -x .venv/bin/maturin || .venv/bin/maturin develop --quiet --locked --features postgres,suites -m $(PY)/Cargo.toml

chromium:
	@command -v chromium chromium-browser google-chrome > /dev/null || { test "$$(id -u)" = 0 \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } > /dev/null 2>&1 \
		|| echo "no Chromium, and it cannot be installed: the board's suite is skipped, or fails where CI is set"

pytest: develop chromium postgres ## the Python package's suite
	@if test -x .venv/bin/maturin; then .venv/bin/python -m pytest -q -c $(PY)/pyproject.toml $(PY)/tests; \
	else echo "the Python package's suite is skipped"; test -z "$$CI"; fi

valgrind:
	@command -v valgrind > /dev/null || { apt-get update -qq && apt-get install -y -qq valgrind; } > /dev/null 2>&1 \
		|| echo "no valgrind, and it cannot be installed: its suite is skipped, or fails where CI is set"

node: ## koffi for the story in Node.js, in examples/node
	@command -v npm > /dev/null || { test "$$(id -u)" = 0 && command -v apt-get > /dev/null \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nodejs npm; } > /dev/null 2>&1 || true
	@if ! command -v npm > /dev/null; then \
		echo "no npm: the story in Node.js is skipped, or fails where CI is set"; \
	elif ! cmp -s examples/node/package-lock.json examples/node/node_modules/installed.json; then \
		(cd examples/node && npm ci --ignore-scripts --no-audit --no-fund --silent) \
		&& cp examples/node/package-lock.json examples/node/node_modules/installed.json \
		|| { echo "koffi cannot be installed"; test -z "$$CI"; }; \
	fi

postgres: ## PostgreSQL from the system's packages, where it is missing; the suites start it themselves
	@if ! ls "$$(pg_config --bindir 2> /dev/null)/initdb" /usr/lib/postgresql/*/bin/initdb 2> /dev/null | grep -q .; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
			mkdir -p /etc/postgresql-common \
			&& { test -e /etc/postgresql-common/createcluster.conf \
				|| echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf; } \
			&& apt-get update --quiet --quiet \
			&& DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends \
				-o Dpkg::Options::=--force-confold postgresql openssl; \
		else \
			echo "no PostgreSQL: install its server, or the suites that need it fail"; \
		fi; \
	fi

docs-py: develop ## the reference of the Python package, in target/python-docs
	.venv/bin/python -m sphinx -q -W --keep-going -b html $(PY)/docs target/python-docs

wheel: venv ## the Python package's wheel and source distribution, in target/wheels
	.venv/bin/maturin build --compression-level 9 --sdist -m $(PY)/Cargo.toml -o target/wheels

wheel-test: venv ## the wheel in a fresh environment for each of PYTHONS
	@if test -x .venv/bin/maturin; then \
		rm -rf target/wheels && $(MAKE) --no-print-directory wheel || exit 1; \
		for python in $(PYTHONS); do \
			rm -rf target/wheel-venv && $$python -m venv target/wheel-venv \
			&& target/wheel-venv/bin/python -m pip install --quiet --disable-pip-version-check target/wheels/*.whl \
			&& target/wheel-venv/bin/python -I $(PY)/tools/try_wheel.py target/wheels/*.whl || exit 1; \
		done; \
		rm -rf target/wheel-venv; \
	else echo "the wheel is not tried"; test -z "$$CI"; fi

bench-py: wheel ## what Python costs over Rust, and beside other libraries
	$(CARGO) bench --locked --profile release --bench python > target/direct.json
	rm -rf target/bench-venv && $(PYTHON) -m venv target/bench-venv
	target/bench-venv/bin/python -m pip install --quiet --disable-pip-version-check -r $(PINNED) target/wheels/*.whl
	cd $(PY)/benches && WORKFLOW_DIRECT=$(CURDIR)/target/direct.json ../../target/bench-venv/bin/python -m pytest -q \
		-c ../pyproject.toml --benchmark-columns=median,iqr,rounds --benchmark-json=$(CURDIR)/target/python-bench.json .
	$(PYTHON) $(PY)/benches/told.py target/python-bench.json

test: venv postgres valgrind node ## every suite
	WORKFLOW_PYTHON="$${WORKFLOW_PYTHON:-$$(ls $(CURDIR)/.venv/bin/python 2>/dev/null)}" \
		$(CARGO) test --workspace --all-features --locked --no-fail-fast
	$(MAKE) --no-print-directory --jobs=2 $(WHOLE) FUZZ_SECONDS=20 pytest asan fuzz wheel-test

# In a folder of its own: what is built with RUSTC_BOOTSTRAP would have all else built again.
asan: ## the C programs with AddressSanitizer, and the library built for it
	RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address $(CARGO) build --locked -p workflow-ffi \
		--target $(HOST) --target-dir target/asan
	WORKFLOW_SANITIZER=address WORKFLOW_LIBRARIES=$(CURDIR)/target/asan/$(HOST)/debug \
		$(CARGO) test --workspace --all-features --locked --test c

test-c: valgrind node ## the C programs in full: AddressSanitizer, Valgrind, killed at every statement
	WORKFLOW_C_WHOLE=1 $(CARGO) test --locked -p workflow-ffi
	WORKFLOW_C_WHOLE=1 $(MAKE) --no-print-directory asan
	WORKFLOW_VALGRIND=1 $(CARGO) test --locked -p workflow-ffi --test c

header: ## writes include/workflow.h and the list of symbols anew
	WORKFLOW_REGENERATE=1 $(CARGO) test --locked -p workflow-ffi --test c c1_

library: ## libworkflow.so and libworkflow.a, in target/release
	$(CARGO) build --locked --release -p workflow-ffi --no-default-features --features "$(FEATURES)"

install: library ## the C library under PREFIX, with header, pkg-config, CMake, schemas and manual
	packaging/install.sh target/release "$(PREFIX)"

fuzz: ## two fuzz targets for $(FUZZ_SECONDS) seconds each, from fuzz/seeds
	RUSTC_BOOTSTRAP=1 RUSTFLAGS="$(FUZZ_FLAGS)" $(CARGO) build --locked --release --manifest-path fuzz/Cargo.toml \
		--target $(HOST)
	@for target in execute document; do \
		mkdir -p fuzz/corpus.new/$$target; \
		fuzz/target/$(HOST)/release/$$target -max_total_time=$(FUZZ_SECONDS) -max_len=20000 -timeout=20 \
			-rss_limit_mb=4096 -artifact_prefix=fuzz/$$target- -print_final_stats=1 \
			fuzz/corpus.new/$$target fuzz/seeds/$$target || exit 1; \
	done

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

bench-c: ## the C functions beside Rust, a store behind callbacks beside one without
	$(CARGO) bench --locked -p workflow-ffi --bench boundary

# As a process that has been up for a while: the allocator keeps what it had, in large pages.
yardstick: ## the engine beside a hand-written SQLite program, as ratios
	MIMALLOC_PURGE_DELAY=-1 MIMALLOC_ALLOW_LARGE_OS_PAGES=1 $(CARGO) bench --locked --bench yardstick

bench-postgres: ## the engine beside a hand-written PostgreSQL program, as ratios
	$(CARGO) bench --locked --bench postgres

bench-peers: ## queues beside graphile_worker, items a second
	cd benches/peers && $(CARGO) run --locked --release

crash: ## kills workers and the demo $(ROUNDS) times at random and looks at what is left
	$(CARGO) build --locked --release --example tax_season
	WORKFLOW_CRASH_ROUNDS=$(ROUNDS) $(CARGO) test --locked --release --test processes --test demo -- --nocapture

hosts: ## eight processes on one PostgreSQL for a minute, some of them killed; servers that die
	WORKFLOW_STORM_SECONDS=60 $(CARGO) test --locked --test hosts -- --nocapture --test-threads=1

decade: ## a simulated decade: 500 accounts, monthly, quarterly and annual series, every period once
	WORKFLOW_DECADE=1 $(CARGO) test --locked --release --test series -- --nocapture s9_4_a_decade s9_4_many_series

schema: ## writes the JSON Schemas anew
	WORKFLOW_REGENERATE=1 $(CARGO) test --locked -p workflow-core --test schema

clean: ## removes what the targets above make
	$(CARGO) clean
	rm -rf demo-out demo-out-postgres $(OUT) .venv examples/node/node_modules
