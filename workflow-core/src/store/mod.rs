//! The persistence port: what a store has to do, and nothing else.
//!
//! The engine hands a store whole documents and says how they are indexed; a store keeps them,
//! finds them by key or along an index, and commits a [`Batch`] entirely or not at all. Any
//! ordered, transactional store can do it. [`crate::store::memory`] is the smallest one, and the
//! conformance suite (feature `conformance`) tells whether another keeps the contract.

mod batch;
mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;
mod document;
mod index;
pub mod keyed;
pub mod memory;
mod port;
mod queue;

pub use batch::{Batch, Check, Committed, Conflict, Delete, Put, Ready, Restore, StageDelta, StageGuard, StageTally};
pub use codec::{decode_entry, decode_queued, encode_entry, encode_queued};
pub use document::{DocId, Document, Kind, Record, Revision};
pub use index::{Cell, CellType, Column, IndexEntry, IndexName, IndexSpec, NO_DATE, TableSpec, date_cell, time_cell};
pub use port::{
    Capabilities, Durability, Found, Hit, Integrity, LogBy, LogPosition, LogScan, Logged, Read, ReadMoment, Scan,
    Store, Transact, Wake,
};
pub use queue::{
    ActionOrigin, Chain, Claim, Claimed, Enqueue, FollowUp, FollowUpWork, Lease, Queue, QueueScan, QueuedBody,
    QueuedState, RestoredRow, SetTimer, Settle, SettleHow, TimerOf, Waiting,
};
