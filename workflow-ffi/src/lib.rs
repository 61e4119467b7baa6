//! The C library: `libworkflow` and `workflow.h`.
//!
//! Nothing but translation: what the engine does is in `workflow-core`, the stores are in
//! `workflow-store`. `docs/c.md` is the guide for those who link it.
//!
//! # Safety
//! What every exported function trusts, and nothing more: a pointer that is not NULL and is not a
//! handle points to what its type says, as many as the length beside it says, and nobody else writes
//! there during the call. Handles may be anything.

#![allow(non_camel_case_types, reason = "the names are C's")]
#![allow(unsafe_code, reason = "pointers come in; every block says why it is sound")]
#![allow(clippy::missing_safety_doc, reason = "the same for every export: see the crate's documentation")]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod acting;
mod answer;
mod call;
mod carry;
mod code;
mod cursor;
mod document;
mod engine;
mod error;
mod failure;
mod handle;
mod host;
mod id;
mod input;
mod outbox;
mod runner;
mod store;
mod text;
mod time;
mod version;

pub use acting::*;
pub use answer::*;
pub use carry::*;
pub use code::workflow_code;
pub use cursor::*;
pub use document::workflow_schema;
pub use engine::*;
pub use error::*;
pub use host::*;
pub use id::*;
pub use input::workflow_text;
pub use outbox::*;
pub use runner::*;
pub use store::*;
pub use version::*;
