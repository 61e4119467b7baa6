//! The one connection that writes, and group commit over it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::{Batch, Committed, Conflict};

use super::checkpoint::Checkpoints;
use super::decoded::Decoded;
use super::fault::{Stop, commit_fault, fault, is_busy};
use super::guard::LockGuard;
use super::write::{self, Written};
use crate::group::{Answers, Groups};

pub(super) struct Writer {
    // Ended before the connection is closed: SQLite tidies the log away with the last one.
    checkpoints: Checkpoints,
    connection: Mutex<Connection>,
    busy_timeout: Duration,
    groups: Groups<()>,
    guard: Arc<LockGuard>,
    decoded: Decoded,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        checkpoints: Checkpoints,
        busy_timeout: Duration,
        guard: LockGuard,
    ) -> Self {
        Self {
            checkpoints,
            connection: Mutex::new(connection),
            busy_timeout,
            groups: Groups::default(),
            guard: Arc::new(guard),
            decoded: Decoded::default(),
        }
    }

    /// Documents read or written lately.
    pub(super) fn decoded(&self) -> &Decoded {
        &self.decoded
    }

    /// The connection, unless somebody is writing.
    pub(super) fn idle(&self) -> Option<MutexGuard<'_, Connection>> {
        match self.connection.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Writes batches, together with others' where they come at the same time.
    pub(super) fn commit(&self, batches: &[Batch]) -> Result<Answers, StoreError> {
        if batches.is_empty() {
            return Ok(Vec::new());
        }
        self.groups.commit((), batches, || lock(&self.connection), |connection, all| self.write_all(connection, all))
    }

    /// Writes all batches together, and one by one where one of them conflicts.
    ///
    /// A savepoint makes SQLite keep a copy of every page that is changed after it, which costs
    /// more than it saves where conflicts are rare: it is for when there was one.
    fn write_all(&self, connection: &Connection, batches: &[&Batch]) -> Result<Answers, StoreError> {
        let done = self.transaction(connection, |connection| {
            let done = straight(connection, batches, Some(&self.decoded))?;
            Ok((done.is_ok(), done))
        })?;
        let (answers, written) = match done {
            Ok((committed, written)) => (committed.into_iter().map(Ok).collect(), vec![written]),
            Err(conflict) if batches.len() == 1 => (vec![Err(conflict)], Vec::new()),
            Err(_) => self.transaction(connection, |connection| {
                let done = one_by_one(connection, batches)?;
                Ok((done.0.iter().any(Result::is_ok), done))
            })?,
        };
        written.into_iter().for_each(|written| written.remember(&self.decoded));
        Ok(answers)
    }

    /// Runs something in a transaction of its own that is committed when it says so.
    pub(super) fn transaction<T>(
        &self,
        connection: &Connection,
        run: impl FnOnce(&Connection) -> Result<(bool, T), StoreError>,
    ) -> Result<T, StoreError> {
        self.begin(connection)?;
        let result = self.end(connection, run(connection));
        if result.is_err() {
            // What was to be committed may be there or not.
            self.decoded.doubt();
        }
        result
    }

    /// Commits or rolls back what was run in a transaction.
    fn end<T>(&self, connection: &Connection, result: Result<(bool, T), StoreError>) -> Result<T, StoreError> {
        match result {
            Ok((true, answer)) => {
                if let Err(error) = self.guard.check() {
                    roll_back(connection)?;
                    return Err(error);
                }
                match statement(connection, "COMMIT") {
                    Ok(()) => {
                        self.guard.confirm()?;
                        self.checkpoints.after_commit(connection, &self.guard);
                        Ok(answer)
                    }
                    Err(error) => {
                        let error = commit_fault(error);
                        // After some errors the transaction is over already.
                        if !connection.is_autocommit() {
                            drop(roll_back(connection));
                        }
                        Err(error)
                    }
                }
            }
            Ok((false, answer)) => {
                roll_back(connection)?;
                Ok(answer)
            }
            Err(error) => {
                if !connection.is_autocommit() {
                    drop(roll_back(connection));
                }
                Err(self.explain(error))
            }
        }
    }

    /// What an error comes from, where it can be told.
    pub(super) fn explain(&self, error: StoreError) -> StoreError {
        if error.kind() == ErrorKind::Corrupt { self.guard.explain(error) } else { error }
    }

    /// Takes the write lock at once: a transaction that reads first and writes later can fail for
    /// good when another has written in between.
    fn begin(&self, connection: &Connection) -> Result<(), StoreError> {
        let give_up = Instant::now() + self.busy_timeout;
        loop {
            match statement(connection, "BEGIN IMMEDIATE") {
                Ok(()) => return Ok(()),
                // A random pause, so that several processes take turns.
                Err(error) if is_busy(&error) && Instant::now() < give_up => std::thread::sleep(pause()),
                Err(error) => return Err(fault("beginning to write", error)),
            }
        }
    }

    /// Runs something that changes rows in a transaction of its own.
    pub(super) fn change<T>(&self, run: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = lock(&self.connection);
        self.transaction(&connection, |connection| Ok((true, run(connection)?)))
    }
}

fn statement(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn roll_back(connection: &Connection) -> Result<(), StoreError> {
    statement(connection, "ROLLBACK").map_err(|error| fault("rolling back", error))
}

/// What became of batches that are written together.
type Done = Result<(Vec<Committed>, Written), Conflict>;

/// Writes batches, or answers the first conflict; what it wrote is then to be rolled back.
fn straight(connection: &Connection, batches: &[&Batch], decoded: Option<&Decoded>) -> Result<Done, StoreError> {
    match write::write(connection, batches, decoded) {
        Ok(done) => Ok(Ok(done)),
        Err(Stop::Conflict(conflict)) => Ok(Err(conflict)),
        Err(Stop::Fault(error)) => Err(error),
    }
}

/// The same so that what it wrote is taken back by itself.
pub(super) fn in_savepoint(connection: &Connection, batches: &[&Batch]) -> Result<Done, StoreError> {
    let run = |sql| statement(connection, sql).map_err(|error| fault("marking a place to return to", error));
    run("SAVEPOINT wf_batch")?;
    let done = straight(connection, batches, None);
    let back = if matches!(done, Ok(Ok(_))) { Ok(()) } else { run("ROLLBACK TO wf_batch") };
    let ended = back.and_then(|()| run("RELEASE wf_batch"));
    // What stopped the writing says more than that the savepoint is gone: some errors end the transaction.
    let done = done?;
    ended?;
    Ok(done)
}

/// Writes batches each of which is taken back by itself when it conflicts.
pub(super) fn one_by_one(connection: &Connection, batches: &[&Batch]) -> Result<(Answers, Vec<Written>), StoreError> {
    let (mut answers, mut written) = (Vec::with_capacity(batches.len()), Vec::new());
    for batch in batches {
        match in_savepoint(connection, &[batch])? {
            Ok((committed, of)) => {
                answers.extend(committed.into_iter().map(Ok));
                written.push(of);
            }
            Err(conflict) => answers.push(Err(conflict)),
        }
    }
    Ok((answers, written))
}

/// Between a half and eight milliseconds.
fn pause() -> Duration {
    let random = RandomState::new().build_hasher().finish();
    Duration::from_micros(500 + random % 7_500)
}
