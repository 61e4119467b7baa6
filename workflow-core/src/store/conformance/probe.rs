//! What a check holds: the store, a firm of its own, and short ways to ask and compare.

use std::fmt::{Debug, Display};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::{ErrorKind, StoreError};
use crate::event::Entry;
use crate::id::FirmId;
use crate::store::{
    Batch, Claim, Claimed, Committed, Conflict, Delete, DocId, Document, Enqueue, Hit, Lease, LogBy, LogScan, Logged,
    Put, Queue, QueueScan, QueuedState, Record, Revision, Scan, Settle, SettleHow, Store, Waiting,
};

/// What a check answers.
pub(super) type Outcome = Result<(), String>;

/// Most characters of a value that a reason shows.
const SHOWN: usize = 600;

/// How often a busy store is asked again.
const PATIENCE: u32 = 2_000;

/// Any error as a reason.
pub(super) fn why(error: impl Display) -> String {
    error.to_string()
}

/// An error of the store as a reason.
fn failed(what: &str) -> impl Fn(StoreError) -> String {
    move |error| format!("{what} failed: {error} ({:?})", error.kind())
}

/// A value for a reason, cut when long.
pub(super) fn shown(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(SHOWN).and_then(|(end, _)| text.get(..end)) {
        Some(begin) => format!("{begin}… ({} bytes)", text.len()),
        None => text,
    }
}

/// Ends a check unless two values are equal.
pub(super) fn same<A: Debug + PartialEq<B>, B: Debug>(what: impl Display, got: A, want: B) -> Outcome {
    if got == want { Ok(()) } else { Err(format!("{what}: expected {}, got {}", shown(&want), shown(&got))) }
}

/// Asks again while the store is busy with other threads.
pub(super) fn patiently<T>(what: &str, mut ask: impl FnMut() -> Result<T, StoreError>) -> Result<T, String> {
    let mut left = PATIENCE;
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(error) if left > 0 && matches!(error.kind(), ErrorKind::Busy | ErrorKind::Conflict) => {
                left = left.saturating_sub(1);
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(error) => return Err(failed(what)(error)),
        }
    }
}

/// An instant in the time of the checks, in seconds from its beginning. Whole microseconds: the
/// grain that index cells have.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    instant(2_000_000_000, seconds)
}

/// An instant long ago, when no work of anybody is due.
pub(super) fn long_ago(seconds: i64) -> DateTime<Utc> {
    instant(-3_000_000_000, seconds)
}

fn instant(base: i64, seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(base.saturating_add(seconds), 123_456_000).unwrap_or_default()
}

/// The store and a firm that nobody used before.
pub(super) struct Probe<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) firm: FirmId,
    state: AtomicU64,
}

impl<'a> Probe<'a> {
    pub(super) fn new(store: &'a dyn Store) -> Self {
        let firm = Uuid::now_v7();
        let (high, low) = firm.as_u64_pair();
        Self { store, firm: FirmId(firm), state: AtomicU64::new(high ^ low.rotate_left(17)) }
    }

    /// The same store with another new firm.
    pub(super) fn another(&self) -> Probe<'a> {
        Probe::new(self.store)
    }

    /// A UUID that is new, anywhere in the whole range: the order of such UUIDs by their bytes is
    /// not the order in which they were made.
    pub(super) fn uuid(&self) -> Uuid {
        Uuid::from_u64_pair(self.random(), self.random())
    }

    fn random(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn batch(&self) -> Batch {
        Batch::new(self.firm)
    }

    // Reading.

    pub(super) fn get(&self, ids: &[DocId]) -> Result<Vec<Option<Record>>, String> {
        let found = self.store.get(self.firm, ids).map_err(failed("get"))?;
        same("the number of answers of get", found.len(), ids.len())?;
        Ok(found)
    }

    pub(super) fn one(&self, id: &DocId) -> Result<Option<Record>, String> {
        Ok(self.get(std::slice::from_ref(id))?.into_iter().next().flatten())
    }

    /// Ends the check unless a document is at a revision with this body.
    pub(super) fn holds(&self, document: &Document, revision: Revision) -> Outcome {
        let id = document.id();
        same(&id, self.one(&id)?, Some(Record { revision, document: document.clone() }))
    }

    /// Ends the check unless a document is absent.
    pub(super) fn lacks(&self, id: &DocId) -> Outcome {
        same(id, self.one(id)?, None::<Record>)
    }

    pub(super) fn scan(&self, scan: &Scan) -> Result<Vec<Hit>, String> {
        self.store.scan(self.firm, scan).map_err(failed("scan"))
    }

    pub(super) fn count(&self, scan: &Scan) -> Result<usize, String> {
        self.store.count(self.firm, scan).map_err(failed("count"))
    }

    pub(super) fn log(&self, scan: &LogScan) -> Result<Vec<Logged>, String> {
        self.store.log(self.firm, scan).map_err(failed("log"))
    }

    /// The whole log by something.
    pub(super) fn logged(&self, by: LogBy) -> Result<Vec<Arc<Entry>>, String> {
        Ok(self.log(&LogScan::new(by, 10_000))?.into_iter().map(|logged| logged.entry).collect())
    }

    pub(super) fn queued(&self, queue: Queue, state: QueuedState) -> Result<Vec<Waiting>, String> {
        self.queued_after(queue, state, None, 10_000)
    }

    pub(super) fn queued_after(
        &self,
        queue: Queue,
        state: QueuedState,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Waiting>, String> {
        let scan = QueueScan { queue, firm: self.firm, state, after, limit };
        self.store.queued(&scan).map_err(failed("queued"))
    }

    /// The one row of a queue that has this identifier.
    pub(super) fn waiting(&self, queue: Queue, state: QueuedState, id: Uuid) -> Result<Waiting, String> {
        let rows = self.queued(queue, state)?;
        let found = rows.iter().find(|row| row.id == id).cloned();
        found.ok_or_else(|| format!("{queue:?} does not list {id} as {state:?}, but {}", shown(&rows)))
    }

    // Writing.

    pub(super) fn commit(&self, batch: &Batch) -> Result<Result<Committed, Conflict>, String> {
        let mut answers = self.commit_all(std::slice::from_ref(batch))?;
        answers.pop().ok_or_else(|| "commit answered nothing".to_owned())
    }

    pub(super) fn commit_all(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, String> {
        let answers = self.store.commit(batches).map_err(failed("commit"))?;
        same("the number of answers of commit", answers.len(), batches.len())?;
        Ok(answers)
    }

    /// Commits what must not conflict.
    pub(super) fn done(&self, batch: &Batch) -> Result<Committed, String> {
        self.commit(batch)?.map_err(|conflict| format!("a batch that fits conflicts: {conflict:?}"))
    }

    /// Commits what must conflict like this.
    pub(super) fn conflicts(&self, what: &str, batch: &Batch, conflict: &Conflict) -> Outcome {
        match self.commit(batch)? {
            Err(found) if found == *conflict => Ok(()),
            answer => Err(format!("{what}: expected {conflict:?}, got {answer:?}")),
        }
    }

    pub(super) fn insert(&self, documents: &[Document]) -> Outcome {
        let mut batch = self.batch();
        batch.puts = documents.iter().map(insert).collect();
        self.done(&batch).map(drop)
    }

    pub(super) fn update(&self, expected: Revision, previous: &Document, document: &Document) -> Outcome {
        let mut batch = self.batch();
        batch.puts.push(update(expected, previous, document));
        self.done(&batch).map(drop)
    }

    pub(super) fn enqueue(&self, rows: &[Enqueue]) -> Outcome {
        let mut batch = self.batch();
        batch.enqueue = rows.to_vec();
        self.done(&batch).map(drop)
    }

    /// Claims rows of the firm under a lease of this length in seconds.
    pub(super) fn claim(
        &self,
        queue: Queue,
        now: DateTime<Utc>,
        seconds: i64,
        limit: usize,
    ) -> Result<Vec<Claimed>, String> {
        let until = now.checked_add_signed(chrono::TimeDelta::seconds(seconds)).unwrap_or(now);
        let claim = Claim { queue, firm: Some(self.firm), now, lease: Lease { owner: self.uuid(), until }, limit };
        self.claim_by(&claim)
    }

    pub(super) fn claim_by(&self, claim: &Claim) -> Result<Vec<Claimed>, String> {
        self.store.claim(claim).map_err(failed("claim"))
    }

    /// Claims the outbox and ends the check unless just these rows are handed out, in this order.
    pub(super) fn hands_out(&self, what: &str, now: DateTime<Utc>, rows: &[Uuid]) -> Result<Vec<Claimed>, String> {
        let claimed = self.claim(Queue::Outbox, now, 60, 100)?;
        same(what, claimed.iter().map(|row| row.id).collect::<Vec<_>>(), rows)?;
        Ok(claimed)
    }

    /// The same for one row.
    pub(super) fn hands_out_one(&self, what: &str, now: DateTime<Utc>, row: Uuid) -> Result<Claimed, String> {
        self.hands_out(what, now, &[row])?.pop().ok_or_else(|| format!("{what}: nothing was handed out"))
    }

    pub(super) fn settle(&self, settle: Settle) -> Outcome {
        let mut batch = self.batch();
        batch.settle.push(settle);
        self.done(&batch).map(drop)
    }

    /// Settles what must not be held any more.
    pub(super) fn settle_is_refused(&self, what: &str, settle: Settle) -> Outcome {
        let mut batch = self.batch();
        batch.settle.push(settle);
        self.conflicts(what, &batch, &Conflict::Lease)
    }
}

/// A document to insert.
pub(super) fn insert(document: &Document) -> Put {
    Put { expected: None, document: document.clone(), previous: None }
}

/// A document to update.
pub(super) fn update(expected: Revision, previous: &Document, document: &Document) -> Put {
    Put { expected: Some(expected), document: document.clone(), previous: Some(previous.clone()) }
}

/// A document to delete.
pub(super) fn delete(expected: Revision, previous: &Document) -> Delete {
    Delete { expected, previous: previous.clone() }
}

/// What becomes of a row of the outbox that was handed out.
pub(super) fn settle(claimed: &Claimed, how: SettleHow) -> Settle {
    Settle { queue: claimed.body.queue(), id: claimed.id, generation: Some(claimed.generation), how }
}
