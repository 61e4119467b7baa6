//! Connections of the store's own, on a runtime of its own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, Row, Statement as Prepared};
use workflow_core::error::{ErrorKind, StoreError};

use super::fault::{fault, is_gone};
use super::hint::Hints;
use super::link::{Control, Failure, Link, Step};
use super::pipeline::{Work, together};
use super::statement::Statement;
use super::tls::Tls;
use super::wait::{wait, wait_at_most};

/// Statements kept prepared per connection, before all are forgotten: more than most hosts use.
const STATEMENTS: usize = 512;

/// After how many runs on a connection plans are made anew. The first may have been made while the
/// tables were empty, and the server notices that they have grown after a minute or so.
const PLANS: [u64; 4] = [50, 400, 3_000, 20_000];

/// The same by time: what the server notices of tables that grow or shrink, however seldom they are asked.
const PLANS_LAST: Duration = Duration::from_secs(180);

/// How long a connection that is closed may take to say so.
const FAREWELL: Duration = Duration::from_secs(1);

/// How to connect.
#[derive(Debug)]
pub(super) struct Dial {
    pub(super) config: Config,
    pub(super) tls: Tls,
    /// The schema's name, quoted.
    pub(super) schema: String,
    /// What every connection begins with.
    pub(super) setup: String,
    /// Whether plans are made anew as the tables grow.
    pub(super) plans_anew: bool,
    /// How many connections there are at most.
    pub(super) most: usize,
    /// How long to wait for one.
    pub(super) patience: Duration,
}

/// Connections, as many as are needed and allowed.
pub(super) struct Pool {
    dial: Dial,
    // Taken when the pool is dropped.
    runtime: Option<Runtime>,
    state: Mutex<State>,
    freed: Condvar,
    pub(super) round_trips: AtomicU64,
    pub(super) connected: AtomicU64,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    open: usize,
}

/// A connection that somebody uses alone.
pub(super) struct Connection {
    client: Arc<Client>,
    driver: JoinHandle<()>,
    prepared: HashMap<Statement, Prepared>,
    /// How often something was run on it.
    runs: u64,
    /// When plans were last made anew.
    planned: Instant,
}

/// A connection on loan. It goes back when it is dropped.
pub(super) struct Loan<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
    /// Whether a transaction may be open on it.
    dirty: bool,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub(super) fn new(dial: Dial) -> Result<Self, StoreError> {
        // What it does is to move bytes: one thread carries a good many connections.
        let threads = std::thread::available_parallelism().map_or(1, usize::from).div_ceil(4).min(dial.most.max(1));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("workflow-postgres")
            .enable_all()
            .build()
            .map_err(|error| {
                StoreError::new(ErrorKind::Unavailable, format!("a thread cannot be started: {error}")).caused_by(error)
            })?;
        Ok(Self {
            dial,
            runtime: Some(runtime),
            state: Mutex::default(),
            freed: Condvar::new(),
            round_trips: AtomicU64::new(0),
            connected: AtomicU64::new(0),
        })
    }

    /// Has hints heard on a connection of their own.
    pub(super) fn listen(&self, hints: &Hints) {
        if let Some(runtime) = &self.runtime {
            hints.listen(runtime, &self.dial);
        }
    }

    /// A connection, waited for when all are in use.
    pub(super) fn connection(&self) -> Result<Loan<'_>, StoreError> {
        let end = Instant::now() + self.dial.patience;
        let mut state = lock(&self.state);
        loop {
            while let Some(connection) = state.idle.pop() {
                if !connection.client.is_closed() {
                    return Ok(self.lend(connection));
                }
                state.open = state.open.saturating_sub(1);
            }
            if state.open < self.dial.most {
                state.open = state.open.saturating_add(1);
                break;
            }
            let Some(left) = end.checked_duration_since(Instant::now()) else {
                let why = "all connections are in use; try again, or raise `pool`";
                return Err(StoreError::new(ErrorKind::Busy, why));
            };
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        self.connect().map(|connection| self.lend(connection)).inspect_err(|_| self.forget())
    }

    fn lend(&self, connection: Connection) -> Loan<'_> {
        Loan { pool: self, connection: Some(connection), dirty: false }
    }

    fn forget(&self) {
        let mut state = lock(&self.state);
        state.open = state.open.saturating_sub(1);
        self.freed.notify_one();
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let Some(runtime) = &self.runtime else {
            return Err(StoreError::new(ErrorKind::Unavailable, "the store is being closed"));
        };
        let (config, tls) = (self.dial.config.clone(), self.dial.tls.clone());
        let dialed = runtime.spawn(async move { tls.connect(&config, None).await });
        let (client, driver) = match wait(dialed) {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => return Err(fault("connecting", error)),
            Err(error) => {
                return Err(StoreError::new(ErrorKind::Unavailable, format!("connecting failed: {error}")));
            }
        };
        let driver = runtime.spawn(driver);
        self.connected.fetch_add(1, Ordering::Relaxed);
        let connection =
            Connection { client: Arc::new(client), driver, prepared: HashMap::new(), runs: 0, planned: Instant::now() };
        if !self.dial.setup.is_empty() {
            self.round_trips.fetch_add(1, Ordering::Relaxed);
            wait(connection.client.batch_execute(&self.dial.setup))
                .map_err(|error| fault("setting the connection up", error))?;
        }
        Ok(connection)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let state = std::mem::take(&mut *lock(&self.state));
        for connection in state.idle {
            connection.close();
        }
        if let Some(runtime) = self.runtime.take() {
            // The other way to drop it would panic where the host is inside a runtime of its own.
            runtime.shutdown_background();
        }
    }
}

impl Connection {
    /// Says goodbye to the server, and waits until it is said.
    fn close(self) {
        let Self { client, driver, prepared, .. } = self;
        drop((prepared, client));
        drop(wait_at_most(FAREWELL, driver));
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.dirty && wait(connection.client.batch_execute(Control::Rollback.sql())).is_err() {
            drop(connection);
            self.pool.forget();
            return;
        }
        if connection.prepared.len() > STATEMENTS {
            connection.prepared.clear();
        }
        let mut state = lock(&self.pool.state);
        if connection.client.is_closed() || state.open > self.pool.dial.most {
            state.open = state.open.saturating_sub(1);
        } else {
            state.idle.push(connection);
        }
        self.pool.freed.notify_one();
    }
}

impl Loan<'_> {
    /// Runs text that is no statement of the store's, such as a migration.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.pool.round_trips.fetch_add(1, Ordering::Relaxed);
        match &self.connection {
            Some(connection) => wait(connection.client.batch_execute(sql)),
            None => Ok(()),
        }
    }

    /// The same for a query with parameters.
    pub(super) fn query(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.pool.round_trips.fetch_add(1, Ordering::Relaxed);
        match &self.connection {
            Some(connection) => wait(connection.client.query(sql, params)),
            None => Ok(Vec::new()),
        }
    }

    /// Whether a transaction was left open, to be rolled back when the loan ends.
    pub(super) fn leave_open(&mut self, open: bool) {
        self.dirty = open;
    }

    /// Forgets what was prepared: the schema may have changed.
    pub(super) fn forget_statements(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.prepared.clear();
        }
    }

    /// The same after a failure that came from a statement which was prepared before a migration.
    pub(super) fn forget_statements_of(&mut self, failure: &Failure) {
        let stale = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::FEATURE_NOT_SUPPORTED];
        if failure.error.as_ref().and_then(Error::code).is_some_and(|code| stale.contains(code)) {
            self.forget_statements();
        }
    }

    fn prepare(&mut self, steps: &[Step]) -> Result<(), Error> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let mut missing: Vec<Statement> = Vec::new();
        for step in steps {
            if let Step::Run(statement, _) = step
                && !connection.prepared.contains_key(statement)
                && !missing.contains(statement)
            {
                missing.push(*statement);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        self.pool.round_trips.fetch_add(1, Ordering::Relaxed);
        let texts: Vec<String> = missing.iter().map(|statement| statement.sql(&self.pool.dial.schema)).collect();
        let client = &connection.client;
        let prepare = |sql: &'_ String| -> Work<'_, Prepared> {
            let sql = sql.clone();
            Box::pin(async move { client.prepare(&sql).await })
        };
        for (statement, prepared) in missing.iter().zip(wait(together(texts.iter().map(prepare).collect()))) {
            connection.prepared.insert(*statement, prepared?);
        }
        Ok(())
    }
}

impl Link for Loan<'_> {
    /// The whole runs on the pool's thread, where the answers come in: the caller sleeps until the
    /// last is there.
    fn run(&mut self, steps: &Arc<Vec<Step>>) -> Result<Vec<Vec<Row>>, Failure> {
        self.prepare(steps).map_err(|error| Failure { error: Some(error), in_doubt: false })?;
        self.pool.round_trips.fetch_add(1, Ordering::Relaxed);
        let (Some(connection), Some(runtime)) = (&mut self.connection, &self.pool.runtime) else {
            return Err(Failure { error: None, in_doubt: false });
        };
        connection.runs = connection.runs.saturating_add(1);
        let due = PLANS.contains(&connection.runs) || connection.planned.elapsed() >= PLANS_LAST;
        let anew = due && self.pool.dial.plans_anew && !self.dirty;
        if anew {
            connection.planned = Instant::now();
        }
        let prepared = |step: &Step| match step {
            Step::Run(statement, _) => connection.prepared.get(statement).cloned(),
            Step::Control(_) => None,
        };
        let prepared: Vec<Option<Prepared>> = steps.iter().map(prepared).collect();
        let sent = send(Arc::clone(&connection.client), Arc::clone(steps), prepared, anew);
        let Ok(answers) = wait(runtime.spawn(sent)) else {
            self.dirty = true;
            return Err(Failure { error: None, in_doubt: steps.iter().any(is_commit) });
        };
        let mut rows = Vec::with_capacity(steps.len());
        for (step, answer) in steps.iter().zip(answers) {
            match answer {
                Ok(found) => rows.push(found),
                Err(error) => {
                    let rest = steps.get(rows.len()..).unwrap_or_default();
                    // A statement's failure and the `COMMIT` after it have ended the transaction.
                    self.dirty = error.as_db_error().is_none() || !rest.iter().any(is_commit);
                    return Err(Failure { in_doubt: in_doubt(step, rest, &error), error: Some(error) });
                }
            }
        }
        if rows.len() < steps.len() {
            self.dirty = true;
            return Err(Failure { error: None, in_doubt: steps.iter().any(is_commit) });
        }
        Ok(rows)
    }
}

/// Sends steps in one go, and answers for each.
async fn send(
    client: Arc<Client>,
    steps: Arc<Vec<Step>>,
    prepared: Vec<Option<Prepared>>,
    plans_anew: bool,
) -> Vec<Result<Vec<Row>, Error>> {
    let (client, mut requests): (&Client, Vec<Work<'_, Vec<Row>>>) = (&client, Vec::with_capacity(steps.len() + 1));
    let control = |control: Control| async move { client.batch_execute(control.sql()).await.map(|()| Vec::new()) };
    if plans_anew {
        // Before the statements, in the same round trip.
        requests.push(Box::pin(control(Control::DiscardPlans)));
    }
    for (step, prepared) in steps.iter().zip(&prepared) {
        requests.push(match (step, prepared) {
            (Step::Run(_, params), Some(statement)) => {
                let params: Vec<&(dyn ToSql + Sync)> =
                    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
                Box::pin(async move { client.query(statement, &params).await })
            }
            (Step::Control(word), _) => Box::pin(control(*word)),
            // Every statement was prepared.
            (Step::Run(..), None) => Box::pin(async { Ok(Vec::new()) }),
        });
    }
    let mut answers = together(requests).await;
    if plans_anew && !answers.is_empty() {
        drop(answers.remove(0));
    }
    answers
}

fn is_commit(step: &Step) -> bool {
    matches!(step, Step::Control(Control::Commit))
}

/// Whether a commit may have happened, though this step failed, which is the first of the rest.
fn in_doubt(failed: &Step, rest: &[Step], error: &Error) -> bool {
    if !rest.iter().any(is_commit) {
        return false;
    }
    match error.as_db_error() {
        // The server said that a statement failed: the commit after it was a rollback.
        Some(_) if !is_commit(failed) => false,
        // It said that the commit failed. When it also ended the connection, it may have been
        // after the commit was written.
        Some(error) => error.severity() == "FATAL" || error.severity() == "PANIC",
        // Otherwise a parameter could not be written, and nothing was sent.
        None => is_gone(error),
    }
}
