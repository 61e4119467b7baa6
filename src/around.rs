//! A store around another, for suites and benches that look at commits or get in their way.

use std::num::NonZeroUsize;

use chrono::{DateTime, Utc};
use workflow_core::error::StoreError;
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Batch, Capabilities, Claim, Claimed, Committed, Conflict, DocId, Found, Hit, LogScan, Logged, Queue, QueueScan,
    Read, ReadMoment, Ready, Record, Scan, StageTally, Transact, Waiting,
};

/// What commits go through on their way to a store.
pub trait Hand {
    /// The store.
    fn store(&self) -> &dyn Transact;

    /// Commits to it, or does something else.
    ///
    /// # Errors
    /// As [`Transact::commit`].
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError>;

    /// From how many batches on a commit is worth a thread of its own.
    fn commits_aside(&self) -> Option<NonZeroUsize> {
        self.store().commits_aside()
    }

    /// Makes batches ready on the thread that decides.
    fn make_ready(&self, batches: Vec<Batch>) -> Ready {
        Ready::new(batches)
    }

    /// Commits what was made ready; as anything else, unless it looks at what it was made.
    ///
    /// # Errors
    /// As [`Transact::commit`].
    fn commit_ready(&self, ready: &Ready) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.commit(&ready.batches)
    }

    /// Reads rows of an index, or does something before.
    ///
    /// # Errors
    /// As [`Transact::scan`].
    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        self.store().scan(firm, scan)
    }

    /// Reads several things together, or does something before.
    ///
    /// # Errors
    /// As [`Transact::read`].
    fn read(&self, firm: FirmId, reads: &[Read]) -> Result<Vec<Found>, StoreError> {
        self.store().read(firm, reads)
    }

    /// Reads its log, or something else.
    ///
    /// # Errors
    /// As [`Transact::log`].
    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        self.store().log(firm, scan)
    }

    /// Lists rows of it, or does something before.
    ///
    /// # Errors
    /// As [`Transact::queued`].
    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        self.store().queued(scan)
    }

    /// Shows a moment of it, or not.
    ///
    /// # Errors
    /// As [`Transact::at_one_moment`].
    fn at_one_moment(&self, firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        self.store().at_one_moment(firm, read)
    }
}

/// A store whose commits go through a hand, and what else the hand takes; the rest is the store's own.
pub struct Around<T>(pub T);

impl<T: Hand> Transact for Around<T> {
    fn capabilities(&self) -> Capabilities {
        self.0.store().capabilities()
    }
    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
        self.0.store().get(firm, ids)
    }
    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        self.0.scan(firm, scan)
    }
    fn count(&self, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
        self.0.store().count(firm, scan)
    }
    fn tallies(&self, firm: FirmId, pipeline: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
        self.0.store().tallies(firm, pipeline)
    }
    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        self.0.log(firm, scan)
    }
    fn read(&self, firm: FirmId, reads: &[Read]) -> Result<Vec<Found>, StoreError> {
        self.0.read(firm, reads)
    }
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.0.commit(batches)
    }
    fn commits_aside(&self) -> Option<NonZeroUsize> {
        self.0.commits_aside()
    }
    fn make_ready(&self, batches: Vec<Batch>) -> Ready {
        self.0.make_ready(batches)
    }
    fn commit_ready(&self, ready: &Ready) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.0.commit_ready(ready)
    }
    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        self.0.store().claim(claim)
    }
    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.0.store().next_due(queue, firm)
    }
    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        self.0.queued(scan)
    }
    fn at_one_moment(&self, firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        self.0.at_one_moment(firm, read)
    }
}
