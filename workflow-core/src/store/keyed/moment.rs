//! A firm at one moment: a transaction that reads, for as long as somebody looks.

use std::cell::RefCell;

use chrono::{DateTime, Utc};

use super::super::{
    Batch, Capabilities, Claim, Claimed, Committed, Conflict, DocId, Hit, LogScan, Logged, Queue, QueueScan, Record,
    Scan, StageTally, Transact, Waiting,
};
use super::buffer::Buffer;
use super::{queues, read};
use crate::error::{ErrorKind, StoreError};
use crate::id::{FirmId, PipelineKey, StageKey};

/// What a transaction sees, to be read only.
pub(super) struct Moment<'a> {
    pub(super) buffer: RefCell<Buffer<'a>>,
    pub(super) capabilities: Capabilities,
}

impl Moment<'_> {
    fn read<T>(&self, read: impl FnOnce(&mut Buffer<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let busy = |_| StoreError::new(ErrorKind::Unsupported, "a reader of this moment asks within its own question");
        read(&mut *self.buffer.try_borrow_mut().map_err(busy)?)
    }
}

fn refused() -> StoreError {
    StoreError::new(ErrorKind::Unsupported, "a moment that is past cannot be changed")
}

impl Transact for Moment<'_> {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
        self.read(|buffer| ids.iter().map(|id| read::get(buffer, firm, id)).collect())
    }

    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        self.read(|buffer| read::scan(buffer, firm, scan))
    }

    fn count(&self, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
        self.read(|buffer| read::count(buffer, firm, scan))
    }

    fn tallies(&self, firm: FirmId, pipeline: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
        self.read(|buffer| read::tallies(buffer, firm, pipeline))
    }

    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        self.read(|buffer| read::log(buffer, firm, scan))
    }

    fn commit(&self, _: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        Err(refused())
    }

    fn claim(&self, _: &Claim) -> Result<Vec<Claimed>, StoreError> {
        Err(refused())
    }

    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(|buffer| queues::next_due(buffer, queue, firm))
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        self.read(|buffer| queues::queued(buffer, scan))
    }
}
