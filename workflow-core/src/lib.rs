//! An embeddable workflow engine for practice management: the core.
//!
//! A firm's work goes through **pipelines**: stages on a kanban board, with automations. A **job** is
//! one service for one client, a card that is moved by people, by automations and by itself. The
//! [`engine::Engine`] is given a [`command::Command`] and decides what it means; records, log and
//! notifications are committed together to a [`store::Store`], and the host carries the
//! notifications out.
//!
//! | to | begin at |
//! |---|---|
//! | run an engine | [`engine::Engine`], [`engine::Acting`] |
//! | read pipelines from YAML or JSON, or write them in Rust | [`document`], [`builder`] |
//! | ask what is so | [`query::Queries`], or [`engine::Engine::ask`] with documents |
//! | carry notifications out | [`engine::Notifier`], [`engine::Engine::claim_notifications`] |
//! | see a pipeline's problems and its graph | [`lint`], [`export`] |
//! | write a store | [`store::Transact`], and the conformance suite (feature `conformance`) |
//! | know the bounds | [`limits`] |
//!
//! ```
//! use std::sync::Arc;
//! use workflow_core::builder::{PipelineBuilder, StageBuilder};
//! use workflow_core::command::{MoveJob, NewJob};
//! use workflow_core::engine::Engine;
//! use workflow_core::event::{AccountRecord, Actor};
//! use workflow_core::id::AccountId;
//! use workflow_core::model::FirmSettings;
//! use workflow_core::store::memory::MemoryStore;
//!
//! let engine = Engine::new(Arc::new(MemoryStore::new()));
//! let firm = engine.acting("0190a5d0-0000-7000-8000-000000000001".parse()?, Actor::system("tour"));
//! firm.save_firm(FirmSettings::named("Ledger & Sons"))?;
//! firm.publish(PipelineBuilder::new("return", "Tax return").stage(StageBuilder::new("prepare")).stage(StageBuilder::new("done")).build()?)?;
//! let jane: AccountId = "0190a5d0-0000-7000-8000-0000000000aa".parse()?;
//! firm.save_account(AccountRecord { id: jane, name: "Jane Doe".into(), external: None, fields: [].into(), roles: [].into(), linked: vec![] })?;
//! let job = firm.create_job(NewJob::new(jane, "return".parse()?))?.job().expect("a job");
//! let moved = firm.move_job(MoveJob::to(job, "done".parse()?))?;
//! assert_eq!(moved.events().len(), 2); // moved, and completed: `done` is the last stage
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
pub mod dates;
pub mod decide;
pub mod definition;
pub mod document;
pub mod engine;
pub mod error;
pub mod evaluate;
pub mod event;
pub mod explain;
pub mod export;
pub mod graph;
pub mod id;
mod instant;
mod json;
pub mod limits;
pub mod lint;
pub mod measure;
pub mod model;
mod past;
mod payload;
pub mod query;
pub mod recurrence;
pub mod seal;
mod series;
mod shelf;
mod shortcode;
pub mod state;
pub mod statutory;
pub mod store;
mod suggest;
mod undo;
pub mod validate;

pub use compile::Compiled;
