//! A store in one SQLite file.
//!
//! One connection writes, with group commit; others read and never wait for it. Several processes
//! may work on one file. `docs/sqlite.md` tells what is kept when, and what to keep off the file.

mod address;
mod backup;
mod bind;
mod checkpoint;
mod decoded;
#[cfg(target_os = "linux")]
mod descriptor;
mod fault;
mod guard;
mod open;
mod prepared;
mod queue;
mod read;
mod schema;
mod statements;
mod transaction;
mod write;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Batch, Capabilities, Claim, Claimed, Committed, Conflict, DocId, Durability, Hit, Integrity, LogScan, Logged,
    Queue, QueueScan, ReadMoment, Record, Scan, StageTally, Transact, Waiting,
};

use fault::fault;
use guard::LockGuard;
use read::Remembered;
pub use schema::SCHEMA_VERSION;
pub use transaction::SqliteTransaction;
use writer::Writer;

/// How to open a file. An address says the same after its `?`.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// What an acknowledged commit survives: [`Durability::PowerCut`] syncs every commit to the
    /// disk (`synchronous = FULL`), [`Durability::Process`] (`durability=process`) leaves that to checkpoints
    /// (`NORMAL`).
    pub durability: Durability,
    /// How long to wait for another process that is writing (`busy_timeout=`, milliseconds).
    pub busy_timeout: Duration,
    /// How many idle reading connections are kept (`readers=`).
    pub readers: usize,
    /// Make the file when there is none (`create=false` refuses).
    pub create: bool,
    /// The file is another program's database, and the engine's tables are to live in it
    /// (`inside_host_database=true`).
    pub inside_host_database: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durability: Durability::PowerCut,
            busy_timeout: Duration::from_secs(10),
            readers: 4,
            create: true,
            inside_host_database: false,
        }
    }
}

/// How the file is open, as SQLite itself says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteSettings {
    /// `wal`.
    pub journal_mode: String,
    /// `FULL` or `NORMAL`.
    pub synchronous: String,
    /// How long a writer waits for another process.
    pub busy_timeout: Duration,
    /// The version of SQLite.
    pub sqlite_version: String,
    /// The version of the schema.
    pub schema_version: u32,
    /// Another copy of SQLite that was loaded in this process when the store was opened. Harmless
    /// as long as it keeps off this file; the store refuses to commit once it did not.
    pub foreign_sqlite: Option<String>,
}

/// A store in one SQLite file.
///
/// ```
/// use workflow_store::sqlite::{SqliteOptions, SqliteStore};
///
/// let folder = tempfile::tempdir()?;
/// let store = SqliteStore::open(folder.path().join("practice.db"), SqliteOptions::default())?;
/// assert_eq!(store.settings().synchronous, "FULL");
/// assert!(store.integrity_check()?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SqliteStore {
    path: PathBuf,
    options: SqliteOptions,
    settings: SqliteSettings,
    // Closed before the writer: SQLite tidies the log away when a connection that may write is the
    // last one to be closed.
    readers: Mutex<Vec<Connection>>,
    writer: Writer,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens a file, makes it when it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`ErrorKind::NotAStore`] for a file of another program and [`ErrorKind::NewerVersion`] for
    /// one that a newer version of this library wrote: neither is touched. [`ErrorKind::Busy`],
    /// [`ErrorKind::Unavailable`] and [`ErrorKind::Corrupt`] as SQLite meets them.
    pub fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = open::place(path.as_ref());
        let options = SqliteOptions { busy_timeout: options.busy_timeout.min(open::LONGEST_WAIT), ..options };
        if options.durability == Durability::None {
            let why = "the file survives the process: ask for `Process` or `PowerCut`";
            return Err(StoreError::new(ErrorKind::Unsupported, why));
        }
        let found = open::inspect(&path, &options)?;
        let (connection, checkpoints, settings) = open::writer(&path, found, &options)?;
        let guard = LockGuard::new(&path);
        let writer = Writer::new(connection, checkpoints, options.busy_timeout, guard);
        Ok(Self { path, options, settings, writer, readers: Mutex::default() })
    }

    /// Opens the file of an address that says `sqlite:` no more.
    pub(crate) fn open_address(address: &str) -> Result<Self, StoreError> {
        let (path, options) = address::read(address)?;
        Self::open(path, options)
    }

    /// How the file is open.
    #[must_use]
    pub fn settings(&self) -> &SqliteSettings {
        &self.settings
    }

    /// Copies the database to another file while it is worked on. The copy is one consistent
    /// moment; the file appears when it is complete, over one that may be there.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when the path is the store's own file, or that of a database
    /// which is in use or was not closed. [`ErrorKind::Unavailable`] when the copy cannot be
    /// written. No half copy is left under that name.
    pub fn backup_to(&self, path: impl AsRef<Path>) -> Result<(), StoreError> {
        self.read(|connection| backup::to(connection, &self.path, path.as_ref()))
    }

    /// Lets SQLite check the whole file. Answers what is wrong, in its words; nothing when all is
    /// well.
    ///
    /// # Errors
    /// When the check cannot be run.
    pub fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let failed = |error| fault("checking the file", error);
            let mut statement = connection.prepare("PRAGMA integrity_check").map_err(failed)?;
            let lines = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
            let lines: Vec<String> = lines.collect::<Result<_, _>>().map_err(failed)?;
            Ok(lines.into_iter().filter(|line| line != "ok").collect())
        })
    }

    /// Reads a few rows: on the writing connection where nobody is writing. Its cache holds what was
    /// written last, while every commit empties those of the reading connections.
    fn read_few<T>(&self, run: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self.writer.idle() {
            Some(connection) => run(&connection).map_err(|error| self.writer.explain(error)),
            None => self.read(run),
        }
    }

    /// Runs something on a reading connection.
    fn read<T>(&self, run: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.path, self.options.busy_timeout)?,
        };
        let result = run(&connection).map_err(|error| self.writer.explain(error));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < self.options.readers {
            readers.push(connection);
        }
        result
    }
}

impl Transact for SqliteStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities { name: "sqlite".to_owned(), durability: self.options.durability, shared: true }
    }

    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
        let decoded = self.writer.decoded();
        if let Some(connection) = self.writer.idle() {
            return read::get_current(&connection, firm, ids, decoded).map_err(|error| self.writer.explain(error));
        }
        self.read(|connection| {
            let get = || read::get(connection, firm, ids, Some(Remembered { decoded, seen: None }));
            if ids.len() > 1 { read::at_one_moment(connection, get) } else { get() }
        })
    }

    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        self.read(|connection| read::scan(connection, firm, scan))
    }

    fn count(&self, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
        self.read(|connection| read::count(connection, firm, scan))
    }

    fn tallies(&self, firm: FirmId, pipeline: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
        self.read_few(|connection| read::tallies(connection, firm, pipeline))
    }

    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        self.read(|connection| read::log(connection, firm, scan))
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.writer.commit(batches)
    }

    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        // Whether anything is due is told without the write lock.
        if !self.read(|connection| queue::any_due(connection, claim))? {
            return Ok(Vec::new());
        }
        self.writer.change(|connection| queue::claim(connection, claim))
    }

    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(|connection| queue::next_due(connection, queue, firm))
    }

    fn backup_to(&self, path: &Path) -> Result<(), StoreError> {
        Self::backup_to(self, path)
    }

    fn integrity_check(&self) -> Result<Integrity, StoreError> {
        Ok(Integrity { problems: Self::integrity_check(self)? })
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        self.read(|connection| read::queued(connection, scan))
    }

    fn at_one_moment(&self, _firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        // The connection is one that only reads: what would write through it is refused.
        self.read(|connection| read::at_one_moment(connection, || read(&SqliteTransaction::over(connection))))
    }
}
