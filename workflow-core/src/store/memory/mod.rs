//! A store that keeps everything in memory: for tests, for trying things out, and as the smallest
//! example of the port.

mod documents;
mod indexes;
mod log;
mod queues;

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::{
    Batch, Capabilities, Cell, Claim, Claimed, Committed, Conflict, DocId, Document, Durability, Hit, IndexName,
    LogPosition, LogScan, Logged, Queue, QueueScan, ReadMoment, Record, Restore, Revision, Scan, StageTally, Transact,
    Waiting,
};
use crate::error::{ErrorKind, StoreError};
use crate::id::{AccountId, FirmId, JobId, PipelineKey, StageKey};
use documents::Documents;
use indexes::{Indexes, Partition};
use log::Log;
use queues::Queues;

/// A store in memory. Gone with the process; shared by threads.
///
/// ```
/// use workflow_core::id::FirmId;
/// use workflow_core::store::memory::MemoryStore;
/// use workflow_core::store::{DocId, Transact};
///
/// let store = MemoryStore::new();
/// let firm: FirmId = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// assert_eq!(store.get(firm, &[DocId::Firm])?, [None]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    firms: FxHashMap<FirmId, FirmData>,
    position: u64,
    sequence: u64,
    /// Only to be read: a moment of another.
    frozen: bool,
}

/// What belongs to one firm.
#[derive(Debug, Clone, Default)]
struct FirmData {
    documents: Documents,
    indexes: Indexes,
    tallies: FxHashMap<PipelineKey, FxHashMap<StageKey, StageTally>>,
    log: Log,
    queues: Queues,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // A thread that panicked while it held the lock was outside of any change: batches are
    // checked whole before the first write, and writing cannot fail.
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> Result<RwLockWriteGuard<'_, Inner>, StoreError> {
        let inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if inner.frozen {
            return Err(StoreError::new(ErrorKind::Unsupported, "a moment that is past cannot be changed"));
        }
        Ok(inner)
    }
}

/// So many documents, and no more, are read for a command that is about to change them.
const FEW: usize = 4;

impl FirmData {
    /// Reads what a change of a job or an account comes to besides its document: the processor then waits for it
    /// together with the document, and not again when the change is committed.
    fn reach(&self, owner: Uuid) {
        self.indexes.reach(owner);
        self.queues.reach(owner);
    }

    fn revision(&self, id: &DocId) -> Option<Revision> {
        self.documents.get(id).map(|record| record.revision)
    }

    /// Whether a batch can be committed, before anything of it is.
    fn check(&self, batch: &Batch) -> Result<(), Conflict> {
        for check in &batch.checks {
            if self.revision(&check.id) != check.expected {
                return Err(Conflict::Document(check.id.clone()));
            }
        }
        let mut taken = BTreeSet::new();
        for put in &batch.puts {
            let id = put.document.id();
            if self.revision(&id) != put.expected {
                return Err(Conflict::Document(id));
            }
            self.check_unique(batch, &put.document, &id, &mut taken)?;
        }
        for delete in &batch.deletes {
            let id = delete.previous.id();
            if self.revision(&id) != Some(delete.expected) {
                return Err(Conflict::Document(id));
            }
        }
        for guard in &batch.guards {
            let before = self.tally(&guard.pipeline, &guard.stage).jobs;
            let added = batch
                .tallies
                .iter()
                .filter(|delta| delta.pipeline == guard.pipeline && delta.stage == guard.stage)
                .fold(0i64, |sum, delta| sum.saturating_add(delta.by.jobs));
            if before.saturating_add(added) > guard.at_most {
                return Err(Conflict::Guard(guard.stage.clone()));
            }
        }
        for restored in &batch.restore {
            let Restore::Record(record) = restored else { continue };
            let id = record.document.id();
            let also_put = batch.puts.iter().any(|put| put.document.id() == id);
            if also_put || self.revision(&id).is_some() {
                return Err(Conflict::Document(id));
            }
            self.check_unique(batch, &record.document, &id, &mut taken)?;
        }
        self.log.check(&batch.entries)?;
        self.queues.check(batch)
    }

    /// Whether the unique index of a document would hold one row in its place, once the whole
    /// batch is written.
    fn check_unique(
        &self,
        batch: &Batch,
        document: &Document,
        id: &DocId,
        taken: &mut BTreeSet<(IndexName, Vec<Cell>)>,
    ) -> Result<(), Conflict> {
        let index = match document {
            Document::Account(account) if account.external.is_some() => IndexName::AccountExternal,
            Document::Item(item) if item.external.is_some() => IndexName::ItemExternal,
            _ => return Ok(()),
        };
        for entry in document.index_entries(index) {
            let place = (index, entry.partition);
            // The rows of what the batch writes or deletes go; those that come are in `taken`.
            let stays = |key: &Cell| {
                let touched = |id: DocId| id.kind() == document.kind() && id.cell() == *key;
                !batch.puts.iter().any(|put| touched(put.document.id()))
                    && !batch.deletes.iter().any(|delete| touched(delete.previous.id()))
            };
            let key = id.cell();
            let mut keys = self.indexes.partition(index, &place.1).into_iter().flat_map(Partition::keys);
            let others = keys.any(|other| other != key && stays(&other));
            if others || !taken.insert(place) {
                return Err(Conflict::Unique(index));
            }
        }
        Ok(())
    }

    fn tally(&self, pipeline: &PipelineKey, stage: &StageKey) -> StageTally {
        self.tallies.get(pipeline).and_then(|stages| stages.get(stage)).copied().unwrap_or_default()
    }

    /// Writes a batch that was checked.
    fn apply(&mut self, batch: &Batch, position: &mut u64, sequence: &mut u64) {
        for delete in &batch.deletes {
            let id = delete.previous.id();
            for index in id.kind().indexes() {
                self.indexes.remove(*index, &delete.previous, &id);
            }
            self.documents.remove(&id);
        }
        for put in &batch.puts {
            let id = put.document.id();
            for index in id.kind().indexes() {
                match &put.previous {
                    Some(previous) if put.document.same_entries(*index, previous) => {}
                    previous => {
                        if let Some(previous) = previous {
                            self.indexes.remove(*index, previous, &id);
                        }
                        self.indexes.add(*index, &put.document, &id);
                    }
                }
            }
            let record =
                Record { revision: put.expected.unwrap_or(0).saturating_add(1), document: put.document.clone() };
            self.documents.put(id, record);
        }
        for delta in &batch.tallies {
            let stages = match self.tallies.get_mut(&delta.pipeline) {
                Some(stages) => stages,
                None => self.tallies.entry(delta.pipeline.clone()).or_default(),
            };
            match stages.get_mut(&delta.stage) {
                Some(tally) => *tally = tally.plus(delta.by),
                None => drop(stages.insert(delta.stage.clone(), delta.by)),
            }
        }
        for entry in &batch.entries {
            *position = position.saturating_add(1);
            self.log.append(LogPosition(*position), entry, &mut self.documents);
        }
        for settle in &batch.settle {
            self.queues.settle(settle, sequence);
        }
        for row in &batch.enqueue {
            *sequence = sequence.saturating_add(1);
            self.queues.add(*sequence, row);
        }
        for timer in &batch.timers {
            *sequence = sequence.saturating_add(1);
            self.queues.set_timer(*sequence, timer);
        }
        for restored in &batch.restore {
            match restored {
                Restore::Record(record) => self.insert(record),
                Restore::Row(row) => {
                    *sequence = sequence.saturating_add(1);
                    self.queues.restore(*sequence, row);
                }
            }
        }
    }

    /// Adds a document that is not there yet.
    fn insert(&mut self, record: &Record) {
        let id = record.document.id();
        for index in id.kind().indexes() {
            self.indexes.add(*index, &record.document, &id);
        }
        self.documents.put(id, record.clone());
    }

    fn scan(&self, scan: &Scan) -> Vec<Hit> {
        let hit = |(sort, key): (Cell, Cell)| {
            let record = self.documents.get(&scan.index.spec().kind.id_of(&key)?)?.clone();
            Some(Hit { sort, record })
        };
        let rows = self.indexes.partition(scan.index, &scan.partition);
        rows.into_iter().flat_map(|rows| rows.scan(scan)).filter_map(hit).take(scan.limit).collect()
    }
}

impl Transact for MemoryStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities { name: "memory".to_owned(), durability: Durability::None, shared: false }
    }

    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
        let inner = self.read();
        let Some(data) = inner.firms.get(&firm) else { return Ok(vec![None; ids.len()]) };
        if ids.len() <= FEW {
            for id in ids {
                if let DocId::Job(JobId(owner)) | DocId::Account(AccountId(owner)) = id {
                    data.reach(*owner);
                }
            }
        }
        Ok(data.documents.get_all(ids))
    }

    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        Ok(self.read().firms.get(&firm).map_or_else(Vec::new, |data| data.scan(scan)))
    }

    fn count(&self, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
        Ok(self
            .read()
            .firms
            .get(&firm)
            .and_then(|data| data.indexes.partition(scan.index, &scan.partition))
            .map_or(0, |rows| rows.count(scan)))
    }

    fn tallies(&self, firm: FirmId, pipeline: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
        let inner = self.read();
        let stages = inner.firms.get(&firm).and_then(|data| data.tallies.get(pipeline));
        Ok(stages.into_iter().flatten().map(|(stage, tally)| (stage.clone(), *tally)).collect())
    }

    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        Ok(self.read().firms.get(&firm).map_or_else(Vec::new, |data| data.log.scan(scan, &data.documents)))
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let mut inner = self.write()?;
        let Inner { firms, position, sequence, .. } = &mut *inner;
        let mut commit = |batch: &Batch| {
            let data = firms.entry(batch.firm).or_default();
            data.check(batch)?;
            data.apply(batch, position, sequence);
            Ok(Committed { position: LogPosition(*position) })
        };
        Ok(batches.iter().map(&mut commit).collect())
    }

    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        let mut inner = self.write()?;
        let mut due = Vec::new();
        let mut look = |firm: FirmId, data: &FirmData| {
            due.extend(data.queues.due(claim).map(|(at, sequence)| (at, sequence, firm)));
        };
        match claim.firm {
            Some(firm) => inner.firms.get(&firm).into_iter().for_each(|data| look(firm, data)),
            None => inner.firms.iter().for_each(|(firm, data)| look(*firm, data)),
        }
        due.sort_unstable();
        due.truncate(claim.limit);
        let mut hand_out =
            |(at, sequence, firm)| inner.firms.get_mut(&firm)?.queues.hand_out(firm, claim, (at, sequence));
        Ok(due.into_iter().filter_map(&mut hand_out).collect())
    }

    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let inner = self.read();
        Ok(match firm {
            Some(firm) => inner.firms.get(&firm).and_then(|data| data.queues.next_due(queue)),
            None => inner.firms.values().filter_map(|data| data.queues.next_due(queue)).min(),
        })
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        Ok(self.read().firms.get(&scan.firm).map_or_else(Vec::new, |data| data.queues.list(scan)))
    }

    fn at_one_moment(&self, firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        // A copy, so that nobody waits for the reader. What is large in it is shared.
        let firms = self.read().firms.get(&firm).cloned().map(|data| (firm, data)).into_iter().collect();
        let inner = Inner { firms, frozen: true, ..Inner::default() };
        read(&Self { inner: RwLock::new(inner) })
    }
}
