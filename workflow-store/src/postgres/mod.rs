//! A store in PostgreSQL.
//!
//! Any number of processes may work on one database. `docs/postgres.md` tells how to open it, what
//! roles it needs, and what it keeps when.

mod body;
mod change;
mod emit;
mod facts;
mod fault;
mod hint;
mod link;
mod moment;
mod options;
mod param;
mod pipeline;
mod plan;
mod pool;
mod queue;
mod read;
mod schema;
mod sql;
mod statement;
mod tls;
mod transaction;
mod wait;
mod write;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::{FirmId, PipelineKey, StageKey};
use workflow_core::store::{
    Batch, Capabilities, Claim, Claimed, Committed, Conflict, DocId, Durability, Found, Hit, LogScan, Logged, Queue,
    QueueScan, Read, ReadMoment, Ready, Record, Scan, StageTally, Transact, Waiting, Wake,
};

use fault::{Nature, fault, nature, report};
use hint::Hints;
use link::{Control, Failure, Link, Step};
use moment::Moment;
use options::Address;
pub use options::PostgresOptions;
use pool::{Dial, Pool};
pub use schema::{SCHEMA_VERSION, roles_sql, row_level_security_sql};
use tls::Tls;
pub use transaction::PostgresTransaction;
use write::{How, Writing};

use crate::group::{Answers, Groups};

/// How often a read is asked again on another connection when one was lost.
const READ_TRIES: u32 = 4;

/// How often a claim is begun anew because others were in its way.
const CLAIM_TRIES: u32 = 40;

/// How many batches a commit waits for while more are being decided: some ten milliseconds of the
/// server's work.
const ASIDE: usize = 64;

/// What a store has cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostgresStatistics {
    /// Waits for the server, whatever was sent in one go.
    pub round_trips: u64,
    /// Connections opened.
    pub connections: u64,
}

/// A store in PostgreSQL.
pub struct PostgresStore {
    pool: Pool,
    groups: Groups<FirmId>,
    hints: Hints,
    options: PostgresOptions,
    durability: Durability,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("options", &self.options).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens a store by its address (`postgres://user@host/database`), and makes its tables or
    /// brings them up to date. What the address says after `?` counts more than the options.
    ///
    /// # Errors
    /// [`ErrorKind::NotAStore`] when the schema has tables of another program and
    /// [`ErrorKind::NewerVersion`] when a newer version of this library made them: neither is
    /// touched. [`ErrorKind::Unsupported`] for an address that makes no sense, and
    /// [`ErrorKind::Unavailable`] when the server cannot be reached or does not let us in.
    pub fn open(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let Address { config, options, place } = Address::read(url, options)?;
        let tls = Tls::new(&config, &options)?;
        let dial = Dial {
            config,
            tls,
            schema: place.quoted.clone(),
            setup: setup(&options),
            plans_anew: !options.portable,
            most: options.pool,
            patience: options.pool_timeout,
        };
        let pool = Pool::new(dial)?;
        let mut loan = pool.connection()?;
        let found = schema::look(&mut loan, &place)?;
        schema::check(found, &place)?;
        if !schema::is_present(found) {
            if !options.migrate {
                let why = format!(
                    "the schema `{}` lacks the engine's tables, or has an older version of them, and this host is not \
                     to make them (`migrate=false`)",
                    place.name
                );
                return Err(StoreError::new(ErrorKind::NotAStore, why));
            }
            schema::migrate(&mut loan, &place, options.portable)?;
            loan.forget_statements();
        }
        let durability = durability(&mut loan)?;
        drop(loan);
        let hints = Hints::default();
        if options.hints {
            pool.listen(&hints);
        }
        Ok(Self { pool, groups: Groups::default(), hints, options, durability })
    }

    /// What the store has cost so far.
    #[must_use]
    pub fn statistics(&self) -> PostgresStatistics {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PostgresStatistics { round_trips: number(&self.pool.round_trips), connections: number(&self.pool.connected) }
    }

    /// Asks several things at once, each seen as it is when it is answered. Asks again on another
    /// connection when one was lost: reading changes nothing.
    fn ask(&self, steps: Vec<Step>) -> Result<Vec<Vec<Row>>, StoreError> {
        let steps = Arc::new(steps);
        let mut tries = 0;
        loop {
            let mut loan = self.pool.connection()?;
            let failure = match loan.run(&steps) {
                Ok(rows) => return Ok(rows),
                Err(failure) => failure,
            };
            tries += 1;
            if tries >= READ_TRIES || !matches!(nature(&failure), Nature::Again | Nature::Lost) {
                return Err(report("reading", failure));
            }
            loan.forget_statements();
        }
    }

    /// In which way it commits.
    fn how(&self) -> How {
        How { portable: self.options.portable, hints: self.options.hints }
    }

    /// Commits batches, with what was made for them beforehand if something was.
    fn commit_made(&self, own: &[Batch], made: Option<&Writing>) -> Result<Answers, StoreError> {
        let Some(first) = own.first() else { return Ok(Vec::new()) };
        let write = |batches: &[&Batch]| {
            // It is of no use when others' are taken along.
            let alone = batches.len() == own.len() && batches.first().is_some_and(|batch| std::ptr::eq(*batch, first));
            write::commit(&self.pool, self.how(), batches, made.filter(|_| alone))
        };
        if own.iter().all(|batch| batch.firm == first.firm) {
            // Commits of one firm wait for each other where its counters are locked. Those of others
            // do not, and the server lets them share its syncs.
            return self.groups.commit(first.firm, own, || (), |(), batches| write(batches));
        }
        write(&own.iter().collect::<Vec<_>>())
    }

    fn ask_one(&self, step: Step) -> Result<Vec<Row>, StoreError> {
        Ok(self.ask(vec![step])?.pop().unwrap_or_default())
    }

    fn claim_once(&self, loan: &mut pool::Loan<'_>, claim: &Claim) -> Result<Vec<Row>, Failure> {
        let step = queue::claim(claim, !self.options.portable);
        if !self.options.portable {
            return Ok(loan.run(&Arc::new(vec![step]))?.pop().unwrap_or_default());
        }
        let steps = vec![Step::Control(Control::BeginSerializable), step, Step::Control(Control::Commit)];
        Ok(loan.run(&Arc::new(steps))?.into_iter().nth(1).unwrap_or_default())
    }
}

/// What every connection begins with.
fn setup(options: &PostgresOptions) -> String {
    let longest = options.statement_timeout.as_millis();
    // A host that stands still in the middle of a commit does not hold its firm for ever.
    let mut setup = format!("SET statement_timeout = {longest}; SET idle_in_transaction_session_timeout = {longest};");
    if options.portable {
        return setup;
    }
    // Every statement goes along an index, whatever the planner knows of the tables by then. Plans
    // are made once: what they depend on is not in the parameters.
    for setting in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_bitmapscan", "jit"] {
        setup += &format!(" SET {setting} = off;");
    }
    setup += " SET plan_cache_mode = force_generic_plan;";
    setup += match options.durability {
        Durability::Process => " SET synchronous_commit = off;",
        // Stricter settings of the server's stay.
        _ => {
            " SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off';"
        }
    };
    setup
}

/// What an acknowledged commit survives, as the server says.
fn durability(loan: &mut pool::Loan<'_>) -> Result<Durability, StoreError> {
    let sql = "SELECT coalesce(current_setting('fsync', true), 'on') = 'off' \
               OR coalesce(current_setting('synchronous_commit', true), 'on') = 'off'";
    let rows = loan.query(sql, &[]).map_err(|error| fault("looking at the server's settings", error))?;
    let lax = match rows.first() {
        Some(row) => param::value::<bool>(row, 0)?,
        None => false,
    };
    Ok(if lax { Durability::Process } else { Durability::PowerCut })
}

impl Transact for PostgresStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities { name: "postgres".to_owned(), durability: self.durability, shared: true }
    }

    fn get(&self, firm: FirmId, ids: &[DocId]) -> Result<Vec<Option<Record>>, StoreError> {
        match read::get(firm, ids)? {
            Some(step) => read::got(ids, &self.ask_one(step)?),
            None => Ok(Vec::new()),
        }
    }

    fn scan(&self, firm: FirmId, scan: &Scan) -> Result<Vec<Hit>, StoreError> {
        match read::scan(firm, scan, false)? {
            Some(step) => read::scanned(scan, &self.ask_one(step)?),
            None => Ok(Vec::new()),
        }
    }

    fn count(&self, firm: FirmId, scan: &Scan) -> Result<usize, StoreError> {
        match read::scan(firm, scan, true)? {
            Some(step) => read::counted(&self.ask_one(step)?),
            None => Ok(0),
        }
    }

    fn tallies(&self, firm: FirmId, pipeline: &PipelineKey) -> Result<Vec<(StageKey, StageTally)>, StoreError> {
        read::tallied(&self.ask_one(read::tallies(firm, pipeline))?)
    }

    fn log(&self, firm: FirmId, scan: &LogScan) -> Result<Vec<Logged>, StoreError> {
        read::logged(&self.ask_one(read::log(firm, scan)?)?)
    }

    fn read(&self, firm: FirmId, reads: &[Read]) -> Result<Vec<Found>, StoreError> {
        read::together(firm, reads, |steps| self.ask(steps))
    }

    fn commits_aside(&self) -> Option<NonZeroUsize> {
        // Reading waits for the commit where there is one connection for both.
        NonZeroUsize::new(ASIDE).filter(|_| self.options.pool > 1)
    }

    fn make_ready(&self, batches: Vec<Batch>) -> Ready {
        let made = write::make_ready(self.how(), &batches);
        Ready { batches, made: made.map(|made| Box::new(made) as _) }
    }

    fn commit(&self, batches: &[Batch]) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.commit_made(batches, None)
    }

    fn commit_ready(&self, ready: &Ready) -> Result<Vec<Result<Committed, Conflict>>, StoreError> {
        self.commit_made(&ready.batches, ready.made.as_ref().and_then(|made| made.downcast_ref()))
    }

    fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        let mut tries = 0;
        loop {
            let mut loan = self.pool.connection()?;
            let failure = match self.claim_once(&mut loan, claim) {
                Ok(rows) => return queue::claimed(claim.queue, &rows),
                Err(failure) => failure,
            };
            tries += 1;
            if tries >= CLAIM_TRIES || nature(&failure) != Nature::Again {
                return Err(report("handing out queued work", failure));
            }
            loan.forget_statements_of(&failure);
            drop(loan);
            std::thread::sleep(write::pause(tries));
        }
    }

    fn next_due(&self, queue: Queue, firm: Option<FirmId>) -> Result<Option<DateTime<Utc>>, StoreError> {
        queue::due(&self.ask_one(queue::next_due(queue, firm))?)
    }

    fn when_hinted(&self, wake: Box<Wake>) {
        if self.options.hints {
            self.hints.add(wake);
        }
    }

    fn queued(&self, scan: &QueueScan) -> Result<Vec<Waiting>, StoreError> {
        read::waiting(scan.queue, &self.ask_one(read::queued(scan))?)
    }

    fn at_one_moment(&self, _firm: FirmId, read: &mut ReadMoment<'_>) -> Result<(), StoreError> {
        let mut loan = self.pool.connection()?;
        // Rolled back when the loan ends: there is nothing to commit.
        loan.leave_open(true);
        loan.run(&Arc::new(vec![Step::Control(Control::BeginMoment)]))
            .map_err(|failure| report("beginning to read", failure))?;
        read(&Moment::new(&mut loan, self.durability))
    }
}
