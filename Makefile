# The main job and the suites. `make help` lists what there is.

CARGO ?= cargo
STORE ?= sqlite
OUT ?= $(if $(filter postgres%,$(STORE)),demo-out-postgres,demo-out)
ROUNDS ?= 50
PYTHON ?= python3
ORACLE = tests/oracle/requirements.txt

.PHONY: help demo venv postgres test lint bench yardstick bench-postgres bench-peers crash hosts decade schema clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: ## a firm's calendar year, in $(OUT); STORE=postgres, or an address, instead of a SQLite file
	$(CARGO) run --release --locked --example tax_season -- --folder $(OUT) --store $(STORE)

venv: ## Python for the oracles in .venv, where there is Python 3.11 or newer
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "no $(PYTHON) of 3.11 or newer: suites that ask an oracle are skipped, or fail where CI is set"; \
	elif ! cmp -s $(ORACLE) .venv/requirements.txt; then \
		$(PYTHON) -m venv .venv \
		&& .venv/bin/python -m pip install --quiet --disable-pip-version-check -r $(ORACLE) \
		&& cp $(ORACLE) .venv/requirements.txt \
		|| { rm -rf .venv; echo "the oracles' packages cannot be installed"; test -z "$$CI"; }; \
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

test: venv postgres ## every suite
	WORKFLOW_PYTHON="$${WORKFLOW_PYTHON:-$$(ls $(CURDIR)/.venv/bin/python 2>/dev/null)}" \
		$(CARGO) test --workspace --all-features --locked --no-fail-fast

lint: ## formatting and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --all-features --locked

bench: ## criterion benches; see docs/benchmarks.md
	$(CARGO) bench --locked --bench engine --bench clock --bench calendar --bench recurrence

yardstick: ## the engine beside a hand-written SQLite program, as ratios
	$(CARGO) bench --locked --bench yardstick

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
	rm -rf demo-out demo-out-postgres $(OUT) .venv
