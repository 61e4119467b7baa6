//! Commits what has been decided, on a thread of its own while more is being decided.
//!
//! Who decides hands over one batch after the other. Where commits are worth a thread
//! ([`Transact::commits_aside`]), that thread takes whatever has been handed over by the time it is
//! free, and commits it together: the longer a commit takes, the more share the next. Elsewhere
//! everything is committed at the end, by who decides.

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope};

use super::Engine;
use super::alarm::Alarm;
use crate::error::{ErrorKind, StoreError};
use crate::store::{Batch, Committed, Store};

#[cfg(doc)]
use crate::store::Transact;

/// What became of a batch.
pub(super) enum Fate {
    Committed(Committed),
    /// Nothing of it was written.
    Left,
    /// The store does not know.
    Unknown(StoreError),
}

pub(super) struct Committer<'a> {
    store: &'a dyn Store,
    /// How many batches a thread of its own waits for; nothing where none is worth it.
    least: Option<usize>,
    alarm: &'a Alarm,
    line: Mutex<Line>,
    turned: Condvar,
}

/// What stands between who decides and who commits.
#[derive(Default)]
struct Line {
    ready: Vec<Batch>,
    /// Of the batches handed over, in their order.
    fates: Vec<Fate>,
    /// Whether a thread commits aside.
    aside: bool,
    at_work: bool,
    /// What is ready is to be committed however little it is.
    hurried: bool,
    /// No more batches come.
    closed: bool,
    /// Whoever commits has panicked: there is nothing to wait for.
    broken: bool,
}

impl Engine {
    pub(super) fn committer(&self) -> Committer<'_> {
        let (store, alarm) = (&*self.shared.store, &self.shared.alarm);
        let least = store.commits_aside().map(NonZeroUsize::get);
        Committer { store, least, alarm, line: Mutex::default(), turned: Condvar::new() }
    }
}

impl Committer<'_> {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'l>(&self, line: MutexGuard<'l, Line>, while_so: impl FnMut(&mut Line) -> bool) -> MutexGuard<'l, Line> {
        self.turned.wait_while(line, while_so).unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a batch over. When there are enough, a thread of the scope commits them where that is
    /// worth it; `more` says that further ones may come.
    pub(super) fn add<'scope, 'env>(&'env self, batch: Batch, more: bool, scope: &'scope Scope<'scope, 'env>) {
        let mut line = self.lock();
        line.ready.push(batch);
        let Some(least) = self.least.filter(|least| line.ready.len() == *least) else { return };
        if line.aside {
            self.turned.notify_all();
        } else if more {
            let thread = Builder::new().name("workflow-commit".to_owned());
            // Where none can be started, who decides commits in the end.
            line.aside = thread.spawn_scoped(scope, move || self.run(least)).is_ok();
        }
    }

    /// Waits until a thread aside has committed everything handed over. Answers whether there is one.
    pub(super) fn catch_up(&self) -> bool {
        let mut line = self.lock();
        if line.aside {
            line.hurried = true;
            self.turned.notify_all();
            drop(self.wait(line, |line| (line.at_work || !line.ready.is_empty()) && !line.broken));
            return true;
        }
        false
    }

    /// Commits what is left, and tells what became of every batch, in the order they were handed over.
    pub(super) fn finish(&self) -> Vec<Fate> {
        if !self.catch_up() {
            let ready = std::mem::take(&mut self.lock().ready);
            return self.commit(&ready);
        }
        std::mem::take(&mut self.lock().fates)
    }

    /// When this is dropped, the thread aside ends, whatever has become of who decides.
    pub(super) fn closing(&self) -> Closing<'_> {
        Closing(self)
    }

    fn run(&self, least: usize) {
        let _breaking = Breaking(self);
        loop {
            let idle = |line: &mut Line| line.ready.len() < least && !line.hurried && !line.closed;
            let mut line = self.wait(self.lock(), idle);
            line.hurried = false;
            let ready = std::mem::take(&mut line.ready);
            if ready.is_empty() && line.closed {
                break;
            }
            line.at_work = true;
            drop(line);
            let fates = self.commit(&ready);
            let mut line = self.lock();
            line.fates.extend(fates);
            line.at_work = false;
            self.turned.notify_all();
        }
    }

    fn commit(&self, batches: &[Batch]) -> Vec<Fate> {
        if batches.is_empty() {
            return Vec::new();
        }
        let fates = match self.store.commit(batches) {
            Ok(results) => {
                // One for each, so that none is taken for another's should the store answer fewer.
                let mut results = results.into_iter();
                let fate = |_: &Batch| results.next().and_then(Result::ok).map_or(Fate::Left, Fate::Committed);
                batches.iter().map(fate).collect()
            }
            Err(error) if error.kind() == ErrorKind::Ambiguous => {
                let unknown = |_: &Batch| Fate::Unknown(StoreError::new(error.kind(), error.to_string()));
                batches.iter().map(unknown).collect()
            }
            Err(_) => batches.iter().map(|_| Fate::Left).collect(),
        };
        batches.iter().for_each(|batch| self.alarm.note(batch));
        fates
    }
}

/// Closes the line when it is dropped.
pub(super) struct Closing<'a>(&'a Committer<'a>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.turned.notify_all();
    }
}

/// Tells who waits when committing panics.
struct Breaking<'a>(&'a Committer<'a>);

impl Drop for Breaking<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().broken = true;
            self.0.turned.notify_all();
        }
    }
}
