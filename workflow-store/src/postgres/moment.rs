//! A firm as it is at one moment: reading in a transaction that sees only that.

use std::cell::RefCell;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Batch, Capabilities, Claim, Claimed, Committed, Conflict, DocId, Durability, Found, Hit, LogScan, Logged, Queue,
    QueueScan, Read, ReadMoment, Record, Scan, StageTally, Transact, Waiting,
};

use super::fault::report;
use super::link::{Link, Step};
use super::{queue, read};

/// Reads over a transaction, and refuses to change anything.
pub(super) struct Moment<'a> {
    link: RefCell<&'a mut dyn Link>,
    durability: Durability,
}

impl<'a> Moment<'a> {
    pub(super) fn new(link: &'a mut dyn Link, durability: Durability) -> Self {
        Self { link: RefCell::new(link), durability }
    }

    fn ask(&self, step: Option<Step>) -> Result<Vec<Row>, StoreError> {
        let Some(step) = step else { return Ok(Vec::new()) };
        Ok(self.run(vec![step])?.into_iter().next().unwrap_or_default())
    }

    fn run(&self, steps: Vec<Step>) -> Result<Vec<Vec<Row>>, StoreError> {
        let Ok(mut link) = self.link.try_borrow_mut() else {
            return Err(StoreError::new(ErrorKind::Unsupported, "this moment is being read already"));
        };
        link.run(&Arc::new(steps)).map_err(|failure| report("reading", failure))
    }
}

fn refused() -> StoreError {
    StoreError::new(ErrorKind::Unsupported, "a firm that is shown as it is at one moment cannot be changed")
}

impl Transact for Moment<'_> {
    fn capabilities(&self) -> Capabilities {
        Capabilities { name: "postgres".to_owned(), durability: self.durability, shared: true }
    }

    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
        read::got(ids, &self.ask(read::get(firm, ids)?)?)
    }

    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        read::scanned(scan, &self.ask(read::scan(firm, scan, false)?)?)
    }

    fn count(&self, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
        read::counted(&self.ask(read::scan(firm, scan, true)?)?)
    }

    fn tallies(&self, firm: FirmId, pipeline: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
        read::tallied(&self.ask(Some(read::tallies(firm, pipeline)))?)
    }

    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        read::logged(&self.ask(Some(read::log(firm, scan)?))?)
    }

    fn read(&self, firm: FirmId, reads: &[Read]) -> Result<Vec<Found>, StoreError> {
        read::together(firm, reads, |steps| self.run(steps))
    }

    fn commit(&self, _batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        Err(refused())
    }

    fn claim(&self, _claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        Err(refused())
    }

    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        queue::due(&self.ask(Some(queue::next_due(queue, firm)))?)
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        read::waiting(scan.queue, &self.ask(Some(read::queued(scan)))?)
    }

    fn at_one_moment(&self, _firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        read(self)
    }
}
