//! The engine inside a transaction of the host's own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use postgres::Transaction;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement as Prepared};
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Batch, Capabilities, Claim, Claimed, Committed, Conflict, DocId, Durability, Found, Hit, LogScan, Logged, Queue,
    QueueScan, Read, ReadMoment, Record, Scan, StageTally, Transact, Waiting,
};

use super::fault::{fault, report};
use super::link::{Failure, Link, Step};
use super::moment::Moment;
use super::schema::{self, Place, Plain};
use super::statement::Statement;
use super::{queue, read, write};

/// A transaction that the host has begun on its own connection. What the engine writes through it
/// is committed or rolled back with everything else in it.
///
/// Until then other commands of the same firm wait: begin late and commit soon. At the isolation
/// level READ COMMITTED, PostgreSQL's own, a command finds everything that was committed before it.
/// At a stricter one it can be refused for what came after the transaction began: repeat the whole
/// transaction.
///
/// ```no_run
/// use std::sync::Arc;
/// use workflow_core::command::{Command, Request};
/// use workflow_core::engine::Engine;
/// use workflow_core::event::Actor;
/// use workflow_core::model::FirmSettings;
/// use workflow_store::postgres::PostgresTransaction;
///
/// let url = "postgres://portal@localhost/practice";
/// let engine = Engine::new(workflow_store::open(url)?);
///
/// let mut host = postgres::Client::connect(url, postgres::NoTls)?;
/// let mut transaction = host.transaction()?;
/// transaction.execute("INSERT INTO invoices VALUES (1)", &[])?;
/// let command = Command::SaveFirm(Box::new(FirmSettings::named("Ledger & Sons")));
/// let firm = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// let within = PostgresTransaction::new(&mut transaction, "workflow")?;
/// engine.within(&within).execute(&Request::new(firm, Actor::system("host"), command))?;
/// drop(within);
/// transaction.commit()?; // the invoice and the firm, or neither
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PostgresTransaction<'a, 'c> {
    link: RefCell<Within<'a, 'c>>,
}

/// The host's transaction, and what was prepared in it.
struct Within<'a, 'c> {
    transaction: &'a mut Transaction<'c>,
    schema: String,
    prepared: HashMap<Statement, Prepared>,
}

impl<'a, 'c> PostgresTransaction<'a, 'c> {
    /// Works over a transaction on a database in which the engine's tables are in this schema.
    ///
    /// # Errors
    /// When the schema has no tables of the engine's, or those of another version: open a store on
    /// it once, or see [`PostgresTransaction::initialize`].
    pub fn new(transaction: &'a mut Transaction<'c>, schema: &str) -> Result<Self, StoreError> {
        let place = Place::new(schema)?;
        let found = schema::look(transaction, &place)?;
        schema::check(found, &place)?;
        if !schema::is_present(found) {
            let why = format!("the schema `{schema}` lacks the engine's tables, or has an older version of them");
            return Err(StoreError::new(ErrorKind::NotAStore, format!("{why}; open a store on it first")));
        }
        Ok(Self::over(transaction, &place))
    }

    /// Makes the engine's tables in this schema of the host's own database, or brings them up to
    /// date, inside the host's transaction.
    ///
    /// # Errors
    /// When a newer version of this library, or another program, made what is in the schema.
    pub fn initialize(transaction: &'a mut Transaction<'c>, schema: &str) -> Result<Self, StoreError> {
        let place = Place::new(schema)?;
        schema::install_within(transaction, &place)?;
        Ok(Self::over(transaction, &place))
    }

    fn over(transaction: &'a mut Transaction<'c>, place: &Place) -> Self {
        let within = Within { transaction, schema: place.quoted.clone(), prepared: HashMap::new() };
        Self { link: RefCell::new(within) }
    }

    fn with<T>(&self, run: impl FnOnce(&mut Within<'a, 'c>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self.link.try_borrow_mut() {
            Ok(mut link) => run(&mut link),
            Err(_) => Err(StoreError::new(ErrorKind::Unsupported, "the host's transaction is in use already")),
        }
    }

    fn ask(&self, step: Option<Step>) -> Result<Vec<Row>, StoreError> {
        let Some(step) = step else { return Ok(Vec::new()) };
        self.with(|link| {
            let rows = link.run(&Arc::new(vec![step])).map_err(|failure| report("reading", failure))?;
            Ok(rows.into_iter().next().unwrap_or_default())
        })
    }
}

impl Link for Within<'_, '_> {
    fn run(&mut self, steps: &Arc<Vec<Step>>) -> Result<Vec<Vec<Row>>, Failure> {
        let failed = |error| Failure { error: Some(error), in_doubt: false };
        let mut rows = Vec::with_capacity(steps.len());
        for step in steps.iter() {
            rows.push(match step {
                // It is the host who begins and ends.
                Step::Control(_) => Vec::new(),
                Step::Run(statement, params) => {
                    let prepared = match self.prepared.get(statement) {
                        Some(prepared) => prepared.clone(),
                        None => {
                            let prepared = self.transaction.prepare(&statement.sql(&self.schema)).map_err(failed)?;
                            self.prepared.insert(*statement, prepared.clone());
                            prepared
                        }
                    };
                    let params: Vec<&(dyn ToSql + Sync)> =
                        params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
                    self.transaction.query(&prepared, &params).map_err(failed)?
                }
            });
        }
        Ok(rows)
    }
}

impl Plain for Transaction<'_> {
    fn execute(&mut self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.batch_execute(sql)
    }

    fn numbers(&mut self, sql: &str, text: &str) -> Result<Vec<i64>, tokio_postgres::Error> {
        let rows = self.query(sql, &[&text])?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }
}

impl Transact for PostgresTransaction<'_, '_> {
    fn capabilities(&self) -> Capabilities {
        // What the host's commit survives is the host's to say.
        Capabilities { name: "postgres".to_owned(), durability: Durability::None, shared: true }
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
        reads.iter().map(|one| read::found(one, &self.ask(read::ask(firm, one)?)?)).collect()
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.with(|link| write::commit_within(link, batches))
    }

    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        queue::claimed(claim.queue, &self.ask(Some(queue::claim(claim, false)))?)
    }

    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        queue::due(&self.ask(Some(queue::next_due(queue, firm)))?)
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        read::waiting(scan.queue, &self.ask(Some(read::queued(scan)))?)
    }

    /// The transaction is one moment where the host began it at REPEATABLE READ or SERIALIZABLE.
    fn at_one_moment(&self, _firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        self.with(|link| {
            let rows = link.transaction.query("SHOW transaction_isolation", &[]);
            let level: String = rows
                .and_then(|rows| rows.first().map_or(Ok(String::new()), |row| row.try_get(0)))
                .map_err(|error| fault("looking at the transaction's isolation level", error))?;
            if !["repeatable read", "serializable"].contains(&level.as_str()) {
                let why = format!(
                    "at the isolation level `{level}` every statement sees another moment; begin the \
                    transaction at REPEATABLE READ"
                );
                return Err(StoreError::new(ErrorKind::Unsupported, why));
            }
            read(&Moment::new(link, Durability::None))
        })
    }
}
