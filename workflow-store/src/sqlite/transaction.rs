//! The engine inside a transaction of the host's own.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Batch, Capabilities, Claim, Claimed, Committed, Conflict, DocId, Durability, Hit, LogScan, Logged, Queue,
    QueueScan, ReadMoment, Record, Scan, StageTally, Transact, Waiting,
};

use super::schema::{self, Found};
use super::{queue, read, writer};

/// A transaction that the host has begun on its own connection. What the engine writes through it
/// is committed or rolled back with everything else in it.
///
/// ```
/// use std::sync::Arc;
/// use rusqlite::Connection;
/// use workflow_core::command::{Command, Request};
/// use workflow_core::engine::Engine;
/// use workflow_core::event::Actor;
/// use workflow_core::model::FirmSettings;
/// use workflow_store::sqlite::{SqliteOptions, SqliteStore, SqliteTransaction};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("practice.db");
/// let store = SqliteStore::open(&path, SqliteOptions::default())?;
/// let engine = Engine::new(Arc::new(store));
///
/// let mut host = Connection::open(&path)?;
/// host.execute_batch("CREATE TABLE invoices (number INTEGER)")?;
/// let transaction = host.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
/// transaction.execute("INSERT INTO invoices VALUES (1)", [])?;
/// let command = Command::SaveFirm(Box::new(FirmSettings::named("Ledger & Sons")));
/// let firm = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// engine.within(&SqliteTransaction::new(&transaction)?).execute(&Request::new(firm, Actor::system("host"), command))?;
/// transaction.commit()?; // the invoice and the firm, or neither
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SqliteTransaction<'a> {
    connection: &'a Connection,
}

impl<'a> SqliteTransaction<'a> {
    /// Works over a connection on which a transaction was begun, best with `BEGIN IMMEDIATE`: one
    /// that reads first can be refused the write lock later.
    ///
    /// # Errors
    /// When no transaction was begun, or the database has no tables of the engine's, or those of
    /// another version: see [`SqliteTransaction::initialize`].
    pub fn new(connection: &'a Connection) -> Result<Self, StoreError> {
        if connection.is_autocommit() {
            let why = "begin a transaction first: without one every statement would be committed by itself";
            return Err(StoreError::new(ErrorKind::Unsupported, why));
        }
        let found = schema::look(connection)?;
        schema::check(found, "the host's database", false)?;
        if found != Found::Workflow(schema::SCHEMA_VERSION) {
            let why = "the database lacks the engine's tables, or has an older version of them; initialize it first";
            return Err(StoreError::new(ErrorKind::NotAStore, why));
        }
        Ok(Self { connection })
    }

    /// Works over a connection of the store's own, in a transaction.
    pub(super) fn over(connection: &'a Connection) -> Self {
        Self { connection }
    }

    /// Makes the engine's tables, whose names begin with `wf_`, in the host's own database, or
    /// brings them up to date, inside the transaction that the host has begun.
    ///
    /// # Errors
    /// When no transaction was begun, or a newer version of this library made the tables.
    pub fn initialize(connection: &'a Connection) -> Result<Self, StoreError> {
        if connection.is_autocommit() {
            return Self::new(connection);
        }
        schema::check(schema::look(connection)?, "the host's database", true)?;
        schema::migrate(connection)?;
        Self::new(connection)
    }
}

impl Transact for SqliteTransaction<'_> {
    fn capabilities(&self) -> Capabilities {
        // What the host's commit survives is the host's to say.
        Capabilities { name: "sqlite".to_owned(), durability: Durability::None, shared: true }
    }

    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
        read::get(self.connection, firm, ids, None)
    }

    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        read::scan(self.connection, firm, scan)
    }

    fn count(&self, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
        read::count(self.connection, firm, scan)
    }

    fn tallies(&self, firm: FirmId, pipeline: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
        read::tallies(self.connection, firm, pipeline)
    }

    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        read::log(self.connection, firm, scan)
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        let all: Vec<&Batch> = batches.iter().collect();
        match writer::in_savepoint(self.connection, &all)? {
            Ok((committed, _)) => Ok(committed.into_iter().map(Ok).collect()),
            Err(conflict) if all.len() == 1 => Ok(vec![Err(conflict)]),
            Err(_) => Ok(writer::one_by_one(self.connection, &all)?.0),
        }
    }

    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        queue::claim(self.connection, claim)
    }

    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        queue::next_due(self.connection, queue, firm)
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        read::queued(self.connection, scan)
    }

    /// The transaction is one moment already.
    fn at_one_moment(&self, _firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        read(self)
    }
}
