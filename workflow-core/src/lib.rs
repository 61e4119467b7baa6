//! An embeddable workflow engine for practice management: the core.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

pub mod apply;
pub mod command;
pub mod definition;
pub mod document;
pub mod error;
pub mod event;
pub mod id;
pub mod limits;
pub mod model;
pub mod state;
pub mod store;
