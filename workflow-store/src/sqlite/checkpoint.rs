//! Folding the write-ahead log into the file, aside from whoever commits.
//!
//! SQLite by itself folds the log in at the end of a commit: one commit in some hundreds takes a hundred times as
//! long as the others. Here a thread does it, over a connection of its own, while others go on committing. What
//! they have added meanwhile it folds in too, again and again until little is left: that little is left to the
//! next commit, after which the log begins anew. The thread is there only as long as it folds.
//!
//! SQLite has the file written to the disk only when all of the log is folded in, and so where the little is:
//! the more jobs there are, the more pages that are, of which no two are the same. So the thread has the disk
//! write what it folded in, too.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, OpenFlags};

use super::guard::LockGuard;

/// From how many pages on the log is folded in. A command writes some sixteen pages, most of them the same ones as
/// the command before: so many are folded in once where a fourth of them would have been four times.
const BEGIN: u32 = 4_000;

/// So little is folded in by a commit, so that the log can begin anew.
const LITTLE: u32 = 400;

/// How often a thread looks for what was added meanwhile: less each time, as long as the disk keeps up.
const ROUNDS: usize = 8;

/// From how many pages on a commit waits until all is folded in: the disk does not keep up, and the log would
/// grow without end.
const END: u32 = 4 * BEGIN;

/// After how many more pages it is tried again, when a reader holds on to what is in the log.
const AGAIN: u32 = 1_000;

/// Folds the log of one file in.
pub(super) struct Checkpoints {
    path: PathBuf,
    synchronous: &'static str,
    /// How many pages the log had after the last commit of the connection that writes.
    pages: Arc<AtomicU32>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whoever is folding; it gives its connection back.
    thread: Option<JoinHandle<Option<Connection>>>,
    /// For the next thread.
    connection: Option<Connection>,
    /// Not before the log has so many pages.
    not_before: u32,
}

impl Checkpoints {
    /// Takes the folding over for the connection that writes.
    pub(super) fn take_over(writer: &mut Connection, path: &Path, synchronous: &'static str) -> rusqlite::Result<Self> {
        let pages = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, now| {
            seen.store(u32::try_from(now).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let state = Mutex::new(State { not_before: BEGIN, ..State::default() });
        Ok(Self { path: path.to_owned(), synchronous, pages, state })
    }

    /// To be called after every commit, by whoever holds the connection that writes. What cannot be folded in now
    /// is so later: nothing that was committed depends on it.
    pub(super) fn after_commit(&self, writer: &Connection, guard: &Arc<LockGuard>) {
        let pages = self.pages.load(Ordering::Relaxed);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { thread, connection, not_before } = &mut *state;
        match thread.take() {
            // At work, and it keeps up.
            Some(at_work) if !at_work.is_finished() && pages < END => *thread = Some(at_work),
            Some(through) => {
                *connection = through.join().ok().flatten();
                // Where nobody had committed meanwhile, the log has begun anew with this commit.
                *not_before = if pages < BEGIN { BEGIN } else { fold_rest(writer, pages) };
            }
            None if pages < BEGIN => *not_before = BEGIN,
            None if pages < *not_before => {}
            None => {
                if pages < END {
                    *thread = self.begin(connection.take(), guard);
                }
                if thread.is_none() {
                    *not_before = fold_rest(writer, pages);
                }
            }
        }
    }

    fn begin(&self, connection: Option<Connection>, guard: &Arc<LockGuard>) -> Option<JoinHandle<Option<Connection>>> {
        let (path, synchronous, pages) = (self.path.clone(), self.synchronous, Arc::clone(&self.pages));
        let guard = Arc::clone(guard);
        let run = move || {
            let connection = match connection {
                Some(connection) => connection,
                None => open(&path, synchronous).ok()?,
            };
            for _ in 0..ROUNDS {
                // A log that was pulled away is not one to fold in.
                guard.confirm().ok()?;
                let Some(folded) = fold(&connection) else { break };
                // Where that fails, SQLite is told so as well when it does the same.
                if let Some(file) = database_file(&path)
                    && file.sync_data().is_err()
                {
                    break;
                }
                if pages.load(Ordering::Relaxed).saturating_sub(folded) <= LITTLE {
                    break;
                }
            }
            Some(connection)
        };
        thread::Builder::new().name("workflow-checkpoint".to_owned()).spawn(run).ok()
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = state.thread.take() {
            drop(thread.join());
        }
    }
}

/// The file, to have it written; nothing while so many descriptors are kept: it is then written where the log begins
/// anew.
fn database_file(path: &Path) -> Option<Arc<File>> {
    #[cfg(target_os = "linux")]
    {
        const MOST: usize = 256;
        super::descriptor::of(path, MOST)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        None
    }
}

fn open(path: &Path, synchronous: &str) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.execute_batch(&format!("PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 0;"))?;
    Ok(connection)
}

/// Folds in what nobody is reading in the log, and answers how many pages of it are in the file now; nothing when
/// somebody else is folding, or it failed.
fn fold(connection: &Connection) -> Option<u32> {
    let mut statement = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)").ok()?;
    let (busy, folded): (bool, i64) = statement.query_row([], |row| Ok((row.get(0)?, row.get(2)?))).ok()?;
    if busy { None } else { u32::try_from(folded).ok() }
}

/// Folds in what is left, with nobody committing, and answers from how many pages on it is to be tried again.
fn fold_rest(writer: &Connection, pages: u32) -> u32 {
    match fold(writer) {
        Some(folded) if folded >= pages => BEGIN,
        _ => pages.saturating_add(AGAIN),
    }
}
