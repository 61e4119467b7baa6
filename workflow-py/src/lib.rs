//! The native half of the Python package `workflow_py`: `workflow_py._native`.
//!
//! Nothing but translation. Commands and questions come in as JSON documents, or through a typed
//! function where they are given often; answers go out as JSON, and the Python half makes objects
//! of them when somebody looks. Every call of the engine lets go of the interpreter's lock.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod acting;
mod call;
mod command;
mod document;
mod engine;
mod failure;
mod host;
mod instant;
mod outbox;
mod outcome;
mod runner;
mod suite;

use mimalloc::MiMalloc;
use pyo3::prelude::*;

/// The engine allocates much and holds little. What Python allocates is its own.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What `workflow_py` is made of. Private: its contents may change with any version.
#[pymodule(gil_used = true)]
mod _native {
    #[pymodule_export]
    use crate::acting::Acting;
    #[pymodule_export]
    use crate::command::{Command, command, move_job, report_item, set_task_state};
    #[pymodule_export]
    use crate::document::{check, pipeline_document, schema, schema_names, to_mermaid, to_yaml};
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::host::ManualClock;
    #[pymodule_export]
    use crate::outbox::Outbox;
    #[pymodule_export]
    use crate::outcome::Outcome;
    #[pymodule_export]
    use crate::runner::Runner;
    #[pymodule_export]
    use crate::suite::{check_store, store_checks};

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
