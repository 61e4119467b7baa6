//! The trait that a store implements.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Committed, Conflict, Ready, StageTally};
use super::document::{DocId, Record};
use super::index::{Cell, IndexName};
use super::queue::{Claim, Claimed, Queue, QueueScan, Waiting};
use crate::error::StoreError;
use crate::event::Entry;
use crate::id::{AccountId, EntryId, FirmId, IdempotencyKey, JobId, MemberId, PipelineKey, StageKey};

/// A place in a store's log. Later commits have greater positions; there may be gaps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LogPosition(pub u64);

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an acknowledged commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Nothing: it is gone with the process.
    None,
    /// The death of the process, not always a power cut.
    Process,
    /// A power cut.
    PowerCut,
}

/// What a store is and can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Capabilities {
    /// Its name, for messages.
    pub name: String,
    /// What an acknowledged commit survives.
    pub durability: Durability,
    /// Whether several processes may work on it at once.
    pub shared: bool,
}

/// What a store found when it looked whether what it wrote is still sound.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Integrity {
    /// What is wrong, in the store's own words; nothing when all is well.
    pub problems: Vec<String>,
}

/// A range of an index.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Which index.
    pub index: IndexName,
    /// The partition, all cells of it.
    pub partition: Vec<Cell>,
    /// From this sort cell.
    pub from: Bound<Cell>,
    /// To this sort cell.
    pub to: Bound<Cell>,
    /// Only rows past this one, in the scan's direction: its sort cell and the document's key.
    pub after: Option<(Cell, Cell)>,
    /// Greatest first.
    pub descending: bool,
    /// No more than this many.
    pub limit: usize,
}

impl Scan {
    /// A whole partition from its beginning.
    #[must_use]
    pub fn all(index: IndexName, partition: Vec<Cell>, limit: usize) -> Self {
        Self { index, partition, from: Bound::Unbounded, to: Bound::Unbounded, after: None, descending: false, limit }
    }
}

/// A row that a scan found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its sort cell; with the document's key it is where a next scan goes on.
    pub sort: Cell,
    /// The document.
    pub record: Record,
}

/// By what the log is read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogBy {
    /// All of the firm.
    Firm,
    /// Entries about a job.
    Job(JobId),
    /// Entries about an account, or about a job of it.
    Account(AccountId),
    /// Entries of commands that a member gave.
    Member(MemberId),
    /// The one entry of this identifier.
    Entry(EntryId),
    /// The one entry of this idempotency key.
    Key(IdempotencyKey),
}

/// A stretch of the log.
#[derive(Debug, Clone)]
pub struct LogScan {
    /// By what.
    pub by: LogBy,
    /// Only entries past this position, in the scan's direction.
    pub after: Option<LogPosition>,
    /// Newest first.
    pub descending: bool,
    /// No more than this many.
    pub limit: usize,
}

impl LogScan {
    /// From the beginning.
    #[must_use]
    pub fn new(by: LogBy, limit: usize) -> Self {
        Self { by, after: None, descending: false, limit }
    }
}

/// An entry with its place in the log.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Logged {
    /// Its place.
    pub position: LogPosition,
    /// The entry.
    pub entry: Arc<Entry>,
}

/// Something to read together with other things.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Read {
    /// What [`Transact::get`] answers. The documents of different keys need not be of one instant.
    Documents(Vec<DocId>),
    /// What [`Transact::scan`] answers.
    Scan(Scan),
    /// What [`Transact::tallies`] answers.
    Tallies(PipelineKey),
    /// What [`Transact::log`] answers.
    Log(LogScan),
}

/// What a [`Read`] found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Found {
    /// The documents of the keys, or that there is none: those that were asked for, and any of
    /// their owners ([`Document::owners`](super::Document::owners)) that the store saw at once.
    Documents(Vec<(DocId, Option<Record>)>),
    /// Rows of an index.
    Hits(Vec<Hit>),
    /// The counts of a pipeline's stages.
    Tallies(Vec<(StageKey, StageTally)>),
    /// Entries of the log.
    Log(Vec<Logged>),
}

/// What a store does. One method call is one transaction.
///
/// The engine works over a [`Store`], which may be shared between threads. A host that wants the
/// engine's changes inside a transaction of its own implements this alone, over that transaction.
///
/// # Contract
/// - Every method works within the firm given. What belongs to another firm does not exist.
/// - A read sees every commit acknowledged before it began, and nothing of a commit that has not
///   happened.
/// - An error means that nothing was changed, except [`crate::error::ErrorKind::Ambiguous`] from
///   [`Transact::commit`]: it may have.
/// - No method panics, whatever it is given.
pub trait Transact {
    /// What the store is and can.
    fn capabilities(&self) -> Capabilities;

    /// The documents of these keys, in the same order; `None` for those that do not exist.
    ///
    /// All are read at one instant.
    ///
    /// # Errors
    /// When the store cannot be read, or holds what is not a document.
    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError>;

    /// Rows of an index within a partition and range, ordered by sort cell and then document key
    /// (both reversed when descending), past `after`, at most `limit`.
    ///
    /// Integers order by value, texts and UUIDs by their bytes. A row past `after` is one that
    /// orders after (sort, key), whether or not a row with just these still exists, so that
    /// paging stays correct while rows change.
    ///
    /// # Errors
    /// As [`Transact::get`].
    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError>;

    /// How many rows a scan of the same partition and range would find, counting no further than
    /// its limit. `after` and direction play no part.
    ///
    /// # Errors
    /// As [`Transact::get`].
    fn count(&self, firm: FirmId, scan: &Scan) -> Result<usize, StoreError>;

    /// The counts of a pipeline's stages: the sum of every [`super::StageDelta`] committed.
    /// Stages never counted may be missing.
    ///
    /// # Errors
    /// As [`Transact::get`].
    fn tallies(&self, firm: FirmId, pipeline: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError>;

    /// A stretch of the log, ordered by position.
    ///
    /// A reader that goes on from the last position it saw misses nothing: no entry appears later
    /// at a lower position than one already seen.
    ///
    /// # Errors
    /// As [`Transact::get`].
    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError>;

    /// What several reads find, in their order: as if each were made by itself, one after the
    /// other.
    ///
    /// A store that is asked over a network asks all of them in one go; what a decision needs then
    /// costs one wait. Others leave this method as it is.
    ///
    /// # Errors
    /// As [`Transact::get`].
    fn read(&self, firm: FirmId, reads: &[Read]) -> Result<Vec<Found>, StoreError> {
        let one = |read: &Read| {
            Ok(match read {
                Read::Documents(ids) => Found::Documents(ids.iter().cloned().zip(self.get(firm, ids)?).collect()),
                Read::Scan(scan) => Found::Hits(self.scan(firm, scan)?),
                Read::Tallies(pipeline) => Found::Tallies(self.tallies(firm, pipeline)?),
                Read::Log(scan) => Found::Log(self.log(firm, scan)?),
            })
        };
        reads.iter().map(one).collect()
    }

    /// Commits batches, each entirely or not at all, in order: a later one sees the earlier ones.
    /// All share one synchronisation with the disk where the store has one, so that many cost
    /// little more than one. When the call answers, they survive what
    /// [`Capabilities::durability`] says.
    ///
    /// A batch conflicts when a check or an expected revision does not match, a unique index
    /// would hold two rows in a partition, a guard is not kept, an entry's idempotency key or
    /// identifier is in the log already, or a lease was lost. Then nothing of it is written, and
    /// the others go on.
    ///
    /// # Errors
    /// When the store failed: none of the batches happened, or with
    /// [`crate::error::ErrorKind::Ambiguous`] it is not known.
    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError>;

    /// From how many batches on a commit is worth a thread of its own: where it waits for a server
    /// that does the work, for one. [`Engine::execute_many`] then commits on a thread that it starts,
    /// while it reads and decides what comes next on its caller's; that thread takes as many batches
    /// as there are by the time it is free, this many at least while more are to come.
    ///
    /// A store whose commits keep this process busy, or which is to be used from one thread, leaves
    /// this method as it is.
    ///
    /// [`Engine::execute_many`]: crate::engine::Engine::execute_many
    fn commits_aside(&self) -> Option<NonZeroUsize> {
        None
    }

    /// Makes batches ready to be committed by [`Transact::commit_ready`], as far as that can be done
    /// before those that come before them are committed: how a store writes them, for one. It is
    /// done by who decides what comes next, while a thread commits aside; nothing may be read or
    /// written, and nothing can fail.
    ///
    /// A store that has nothing to make ready leaves this method as it is.
    fn make_ready(&self, batches: Vec<Batch>) -> Ready {
        Ready::new(batches)
    }

    /// [`Transact::commit`], for batches that this store has made ready. A store that has nothing to
    /// make ready leaves this method as it is.
    ///
    /// # Errors
    /// As [`Transact::commit`].
    fn commit_ready(&self, ready: &Ready) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.commit(&ready.batches)
    }

    /// Hands out queued rows that are due, oldest due first, under a lease.
    ///
    /// A row is handed out when it is waiting, due, not leased (or its lease ran out), and the
    /// oldest unsettled row of its lane. Its attempts and its generation go up by one. Two calls
    /// at once never hand out the same row.
    ///
    /// # Errors
    /// As [`Transact::get`].
    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError>;

    /// The earliest instant at which [`Transact::claim`] would hand out a row of a queue, of one
    /// firm or of all, if nothing changes until then. `None` when no row waits. It may lie in the
    /// past: then a row is due.
    ///
    /// # Errors
    /// As [`Transact::get`].
    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Has `wake` called when another process may have made queued work due, as soon as the store
    /// hears of it: a hint, so that a runner need not wait until it looks again. A hint can be lost, and
    /// be given for nothing. When `wake` answers no, it is not called any more.
    ///
    /// A store that hears nothing of others leaves this method as it is.
    fn when_hinted(&self, _wake: Box<Wake>) {}

    /// Copies the whole store to a file, as it is at one moment while it is worked on. The file appears
    /// when it is complete, over one that may be there.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Unsupported`] from a store that is no file, which is all that this
    /// method does where it is not written: its database has tools of its own. Otherwise when the copy
    /// cannot be made; then no half of it is left.
    fn backup_to(&self, _path: &Path) -> Result<(), StoreError> {
        let why = "this store is no file that could be copied; use its database's own tools";
        Err(StoreError::new(crate::error::ErrorKind::Unsupported, why))
    }

    /// Looks whether what the store wrote is still sound, as far as the store can tell without knowing
    /// what it means; [`crate::engine::Engine::verify`] knows that.
    ///
    /// # Errors
    /// As [`Transact::backup_to`]; and when it cannot be looked at.
    fn integrity_check(&self) -> Result<Integrity, StoreError> {
        let why = "this store cannot be looked through; use its database's own tools";
        Err(StoreError::new(crate::error::ErrorKind::Unsupported, why))
    }

    /// Lists queued rows of a firm in the order they were queued.
    ///
    /// # Errors
    /// As [`Transact::get`].
    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError>;

    /// Shows a firm as it is at one moment: everything that `read` asks of the view that it is given
    /// is of the same instant, one between the call's beginning and its end, however much it reads.
    /// Others commit meanwhile and are not kept waiting; the view sees nothing of it. What `read`
    /// answers is answered. It is called once, and may not use the store itself.
    ///
    /// Commits and claims through the view are refused, and nothing is changed.
    ///
    /// # Errors
    /// What `read` answers, and as [`Transact::get`]. [`crate::error::ErrorKind::Unsupported`],
    /// without `read` having been called, from a store that cannot do this: it is all that this
    /// method does where it is not written.
    fn at_one_moment(&self, _firm: FirmId, _read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        let why = "this store cannot show a firm as it is at one moment";
        Err(StoreError::new(crate::error::ErrorKind::Unsupported, why))
    }
}

/// What [`Transact::when_hinted`] calls. Answers whether it wants to be called again.
pub type Wake = dyn Fn() -> bool + Send + Sync;

/// What [`Transact::at_one_moment`] shows its view to.
pub type ReadMoment<'a> = dyn FnMut(&dyn Transact) -> Result<(), StoreError> + 'a;

/// A store that threads share.
pub trait Store: Transact + Send + Sync {}

impl<T: Transact + Send + Sync + ?Sized> Store for T {}
