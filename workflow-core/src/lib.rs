//! An embeddable workflow engine for practice management: the core.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

pub mod access;
pub mod apply;
pub mod builder;
pub mod calendar;
pub mod catalog;
pub mod command;
mod compile;
pub mod decide;
pub mod definition;
pub mod document;
pub mod engine;
pub mod error;
pub mod evaluate;
pub mod event;
pub mod export;
pub mod graph;
pub mod id;
pub mod limits;
pub mod lint;
pub mod model;
pub mod query;
mod shelf;
mod shortcode;
pub mod state;
pub mod store;
mod suggest;
pub mod validate;

pub use compile::Compiled;
