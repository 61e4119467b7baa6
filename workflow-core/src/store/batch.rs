//! What one commit does.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::document::{DocId, Document, Record, Revision};
use super::queue::{Enqueue, RestoredRow, SetTimer, Settle};
use super::{IndexName, LogPosition};
use crate::event::Entry;
use crate::id::{FirmId, IdempotencyKey, PipelineKey, StageKey};

/// Everything that one command changes, committed entirely or not at all.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Of which firm everything in it is.
    pub firm: FirmId,
    /// Documents that were read and must not have changed since.
    pub checks: Vec<Check>,
    /// Documents to write.
    pub puts: Vec<Put>,
    /// Documents to delete.
    pub deletes: Vec<Delete>,
    /// Changes of the stages' counts.
    pub tallies: Vec<StageDelta>,
    /// Bounds that the stages' counts must keep, after the changes.
    pub guards: Vec<StageGuard>,
    /// Entries to append to the log, in order.
    pub entries: Vec<Arc<Entry>>,
    /// Work to queue, in order.
    pub enqueue: Vec<Enqueue>,
    /// Timers to set, after everything else.
    pub timers: Vec<SetTimer>,
    /// Queued work to settle.
    pub settle: Vec<Settle>,
    /// What a firm brings along from another store, after everything else.
    pub restore: Vec<Restore>,
}

impl Batch {
    /// A batch that does nothing yet.
    #[must_use]
    pub fn new(firm: FirmId) -> Self {
        Self {
            firm,
            checks: Vec::new(),
            puts: Vec::new(),
            deletes: Vec::new(),
            tallies: Vec::new(),
            guards: Vec::new(),
            entries: Vec::new(),
            enqueue: Vec::new(),
            timers: Vec::new(),
            settle: Vec::new(),
            restore: Vec::new(),
        }
    }
}

/// Batches, and what a store has made of them beforehand.
pub struct Ready {
    /// What is to be committed.
    pub batches: Vec<Batch>,
    /// What the store that made them ready gets back when they are committed. It is worth nothing
    /// without these very batches.
    pub made: Option<Box<dyn Any + Send>>,
}

impl Ready {
    /// Batches of which nothing was made.
    #[must_use]
    pub fn new(batches: Vec<Batch>) -> Self {
        Self { batches, made: None }
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready").field("batches", &self.batches).field("made", &self.made.is_some()).finish()
    }
}

/// A document that must be at a revision, or absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Which.
    pub id: DocId,
    /// At which revision; absent when `None`.
    pub expected: Option<Revision>,
}

/// A document to write. Its revision becomes one more than expected, or 1.
#[derive(Debug, Clone)]
pub struct Put {
    /// The revision it must be at; `None` when it must not exist.
    pub expected: Option<Revision>,
    /// What it becomes.
    pub document: Document,
    /// What it was, for a store that updates only the index rows that change. Always there when
    /// `expected` is.
    pub previous: Option<Document>,
}

/// Something that another store held and this one is to hold just so. It must not be here yet: a
/// document that exists, or a row of that identifier in its queue, is a conflict as it would be for
/// a [`Put`] or an [`Enqueue`] that should be new.
#[derive(Debug, Clone, PartialEq)]
pub enum Restore {
    /// A document at a revision.
    Record(Record),
    /// A row of a queue.
    Row(RestoredRow),
}

impl Restore {
    /// The document, if it is one.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Record(record) => Some(&record.document),
            Self::Row(_) => None,
        }
    }
}

/// A document to delete.
#[derive(Debug, Clone)]
pub struct Delete {
    /// The revision it must be at.
    pub expected: Revision,
    /// What it was.
    pub previous: Document,
}

/// How many jobs a stage holds, archived ones left out, and what is the matter with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageTally {
    /// Jobs.
    pub jobs: i64,
    /// Jobs that somebody should look at.
    pub attention: i64,
    /// Open blockers of their present visits.
    pub open_blockers: i64,
    /// Done blockers of their present visits.
    pub done_blockers: i64,
}

impl StageTally {
    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            jobs: self.jobs.saturating_add(other.jobs),
            attention: self.attention.saturating_add(other.attention),
            open_blockers: self.open_blockers.saturating_add(other.open_blockers),
            done_blockers: self.done_blockers.saturating_add(other.done_blockers),
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        Self {
            jobs: self.jobs.saturating_neg(),
            attention: self.attention.saturating_neg(),
            open_blockers: self.open_blockers.saturating_neg(),
            done_blockers: self.done_blockers.saturating_neg(),
        }
    }
}

/// A change of a stage's counts, to be added to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageDelta {
    /// Of which pipeline.
    pub pipeline: PipelineKey,
    /// Of which stage.
    pub stage: StageKey,
    /// By how much.
    pub by: StageTally,
}

/// A bound on the jobs that a stage holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageGuard {
    /// Of which pipeline.
    pub pipeline: PipelineKey,
    /// Of which stage.
    pub stage: StageKey,
    /// No more than this many jobs after the commit.
    pub at_most: i64,
}

/// What a commit answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Position of the batch's last entry in the log; of the log's end when it has none.
    pub position: LogPosition,
}

/// Why a batch was not committed. Nothing of it was written; load anew and decide again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conflict {
    /// A document is not at the revision expected.
    Document(DocId),
    /// Another document has the same cells in a unique index.
    Unique(IndexName),
    /// A stage would hold more jobs than its bound.
    Guard(StageKey),
    /// The log has an entry with the same idempotency key.
    Key(IdempotencyKey),
    /// A lease was lost: the work is gone, or another has taken it.
    Lease,
}
