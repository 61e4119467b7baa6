//! A store over any ordered keys and values: the short way to put the engine on a database.
//!
//! A [`Keyspace`] holds byte strings by byte strings, in the order of their bytes, and changes them
//! in transactions. It knows nothing of jobs, indexes or queues: [`KeyedStore`] lays all of them
//! over it, and keeps the whole contract of [`Transact`]. An ordered map behind a lock, a table of
//! two columns in a SQL database, RocksDB, LMDB, redb, TiKV and FoundationDB all are one.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::{Mutex, MutexGuard, PoisonError};
//! use workflow_core::engine::Engine;
//! use workflow_core::error::StoreError;
//! use workflow_core::store::keyed::{Change, KeyRange, KeyTransaction, KeyedStore, Keyspace};
//! use workflow_core::store::{Capabilities, Durability};
//!
//! #[derive(Default)]
//! struct Map(Mutex<BTreeMap<Vec<u8>, Vec<u8>>>);
//!
//! impl Keyspace for Map {
//!     fn capabilities(&self) -> Capabilities {
//!         Capabilities { name: "map".to_owned(), durability: Durability::None, shared: false }
//!     }
//!     fn begin(&self, _write: bool) -> Result<Box<dyn KeyTransaction + '_>, StoreError> {
//!         Ok(Box::new(Locked(self.0.lock().unwrap_or_else(PoisonError::into_inner))))
//!     }
//! }
//!
//! struct Locked<'a>(MutexGuard<'a, BTreeMap<Vec<u8>, Vec<u8>>>);
//!
//! impl KeyTransaction for Locked<'_> {
//!     fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
//!         Ok(self.0.get(key).cloned())
//!     }
//!     fn range(&mut self, range: &KeyRange, row: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
//!         let mut rows = self.0.range(range.from.clone()..range.to.clone());
//!         for _ in 0..range.limit {
//!             let next = if range.descending { rows.next_back() } else { rows.next() };
//!             let Some((key, value)) = next else { break };
//!             row(key, value);
//!         }
//!         Ok(())
//!     }
//!     fn commit(mut self: Box<Self>, changes: &[Change]) -> Result<(), StoreError> {
//!         for Change { key, value } in changes {
//!             match value {
//!                 Some(value) => drop(self.0.insert(key.clone(), value.clone())),
//!                 None => drop(self.0.remove(key)),
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let engine = Engine::new(std::sync::Arc::new(KeyedStore::open(Map::default())?));
//! # Ok::<(), StoreError>(())
//! ```
//!
//! # What is kept where
//! A key begins with its space: [`FORMAT_KEY`] alone holds the version of this layout; the rest
//! belongs to a firm, or to the queues of all firms. Values of documents, log entries and queued
//! rows end in their JSON. A database of these keys can be moved to another keyspace by copying
//! them.

mod buffer;
mod commit;
mod key;
mod moment;
mod queues;
mod read;
mod row;

use std::cell::RefCell;

use chrono::{DateTime, Utc};

use super::{
    Batch, Capabilities, Claim, Claimed, Committed, Conflict, DocId, Hit, LogScan, Logged, Queue, QueueScan,
    ReadMoment, Record, Scan, StageTally, Transact, Waiting,
};
use crate::engine::back_off;
use crate::error::{ErrorKind, StoreError};
use crate::id::{FirmId, PipelineKey, StageKey};
use crate::limits;
use buffer::Buffer;
use moment::Moment;

/// The version of the layout that this library writes.
pub const FORMAT: u32 = 1;

/// The key under which the version of the layout is kept.
pub const FORMAT_KEY: &[u8] = key::FORMAT_KEY;

/// Most rows that one [`KeyTransaction::range`] is asked for.
pub const ROWS: usize = 1_000;

/// A part of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// From this key on.
    pub from: Vec<u8>,
    /// Up to this key, which is not part of it. Never less than `from`.
    pub to: Vec<u8>,
    /// Greatest first.
    pub descending: bool,
    /// No more rows than this: 1 to [`ROWS`].
    pub limit: usize,
    /// The values will not be looked at: any will do.
    pub keys_only: bool,
}

/// A key to write or to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which. Never empty.
    pub key: Vec<u8>,
    /// What it holds from now on; the key is deleted when absent, if it is there.
    pub value: Option<Vec<u8>>,
}

/// Ordered keys and values, changed in transactions.
pub trait Keyspace {
    /// What it is and can.
    fn capabilities(&self) -> Capabilities;

    /// Whether transactions that only read keep nobody waiting, however long they last. Where they do
    /// not, the store cannot show a firm at one moment while others work on it, and says so.
    fn reads_without_waiting(&self) -> bool {
        false
    }

    /// Begins a transaction, to read only or to write too.
    ///
    /// # Errors
    /// When that is not possible. With [`ErrorKind::Conflict`] it is tried again, from the
    /// beginning and a bounded number of times, here and wherever a transaction answers it.
    fn begin(&self, write: bool) -> Result<Box<dyn KeyTransaction + '_>, StoreError>;
}

/// One transaction. Dropped without a commit, it has changed nothing.
///
/// # Contract
/// - All reads are of one instant, not before the transaction began: they see every commit that was
///   acknowledged before, and nothing of one that has not happened.
/// - What a writing transaction has read is still so when it commits; if another has changed it,
///   the commit answers [`ErrorKind::Conflict`]. One lock, or one writer at a time, is enough.
/// - Keys are up to a few thousand bytes long, values up to some millions.
pub trait KeyTransaction {
    /// What a key holds.
    ///
    /// # Errors
    /// When the database fails.
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Hands out the rows of a range in order: key and value.
    ///
    /// # Errors
    /// When the database fails.
    fn range(&mut self, range: &KeyRange, row: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError>;

    /// Makes all changes, which are in the order of their keys and of different keys, or none, and
    /// ends the transaction. Only asked of one that was begun to write.
    ///
    /// # Errors
    /// When nothing was changed; with [`ErrorKind::Ambiguous`] when it is not known.
    fn commit(self: Box<Self>, changes: &[Change]) -> Result<(), StoreError>;
}

/// A store over a keyspace. It is a [`super::Store`] when threads may share the keyspace.
#[derive(Debug)]
pub struct KeyedStore<K> {
    keyspace: K,
}

impl<K: Keyspace> KeyedStore<K> {
    /// A store over a keyspace, which is made ready when it is empty.
    ///
    /// # Errors
    /// [`ErrorKind::NewerVersion`] when a newer version of this library has written there,
    /// [`ErrorKind::NotAStore`] when something else has, and whatever the keyspace answers.
    pub fn open(keyspace: K) -> Result<Self, StoreError> {
        let store = Self { keyspace };
        if !store.read(is_ready)? {
            store.write(|buffer| {
                if !is_ready(buffer)? {
                    buffer.put(FORMAT_KEY.to_vec(), FORMAT.to_be_bytes().to_vec());
                }
                Ok(())
            })?;
        }
        Ok(store)
    }

    /// The keyspace under it.
    pub fn keyspace(&self) -> &K {
        &self.keyspace
    }

    fn read<T>(&self, read: impl Fn(&mut Buffer<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        patiently(|| read(&mut Buffer::new(self.keyspace.begin(false)?)))
    }

    fn write<T>(&self, write: impl Fn(&mut Buffer<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        patiently(|| {
            let mut buffer = Buffer::new(self.keyspace.begin(true)?);
            let answer = write(&mut buffer)?;
            buffer.commit()?;
            Ok(answer)
        })
    }
}

/// Tries again while other transactions are faster.
fn patiently<T>(attempt: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let mut tries = 0;
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::Conflict && tries < limits::CONFLICT_RETRIES => back_off(tries),
            answer => return answer,
        }
        tries = tries.saturating_add(1);
    }
}

/// Whether the layout is there.
fn is_ready(buffer: &mut Buffer<'_>) -> Result<bool, StoreError> {
    let Some(format) = buffer.get(FORMAT_KEY)? else { return Ok(false) };
    match <[u8; 4]>::try_from(format.as_slice()).map(u32::from_be_bytes) {
        Ok(FORMAT) => Ok(true),
        Ok(newer) if newer > FORMAT => {
            let why = format!("the keys are of layout {newer}; this version of the library knows {FORMAT}");
            Err(StoreError::new(ErrorKind::NewerVersion, why))
        }
        _ => Err(StoreError::new(ErrorKind::NotAStore, "something else than workflow data is kept under these keys")),
    }
}

impl<K: Keyspace> Transact for KeyedStore<K> {
    fn capabilities(&self) -> Capabilities {
        self.keyspace.capabilities()
    }

    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
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

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.write(|buffer| batches.iter().map(|batch| commit::commit(buffer, batch)).collect())
    }

    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        // Whether anything is due is told without a transaction that writes.
        if !self.read(|buffer| queues::any_due(buffer, claim))? {
            return Ok(Vec::new());
        }
        self.write(|buffer| queues::claim(buffer, claim))
    }

    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(|buffer| queues::next_due(buffer, queue, firm))
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        self.read(|buffer| queues::queued(buffer, scan))
    }

    fn at_one_moment(&self, _: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        if !self.keyspace.reads_without_waiting() {
            let why = "this store cannot show a firm as it is at one moment: its readers keep others waiting";
            return Err(StoreError::new(ErrorKind::Unsupported, why));
        }
        let capabilities = self.keyspace.capabilities();
        read(&Moment { buffer: RefCell::new(Buffer::new(self.keyspace.begin(false)?)), capabilities })
    }
}
