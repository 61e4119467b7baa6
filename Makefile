# The main job and the suites. `make help` lists what there is.

CARGO ?= cargo
OUT ?= demo-out
ROUNDS ?= 50

.PHONY: help demo test lint bench yardstick crash schema clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: ## a firm's tax season on one SQLite file, in $(OUT)
	$(CARGO) run --release --locked --example tax_season -- --folder $(OUT)

test: ## every suite
	$(CARGO) test --workspace --all-features --locked --no-fail-fast

lint: ## formatting and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --all-features --locked

bench: ## criterion benches; see docs/benchmarks.md
	$(CARGO) bench --locked --bench engine

yardstick: ## the engine beside a hand-written SQLite program, as ratios
	$(CARGO) bench --locked --bench yardstick

crash: ## kills workers and the demo $(ROUNDS) times at random and looks at what is left
	$(CARGO) build --locked --release --example tax_season
	WORKFLOW_CRASH_ROUNDS=$(ROUNDS) $(CARGO) test --locked --release --test processes --test demo -- --nocapture

schema: ## writes the JSON Schemas anew
	WORKFLOW_REGENERATE=1 $(CARGO) test --locked -p workflow-core --test schema

clean: ## removes what the targets above make
	$(CARGO) clean
	rm -rf $(OUT)
