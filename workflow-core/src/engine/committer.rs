//! Commits what has been decided, on a thread of its own while more is being decided.
//!
//! Who decides hands over one batch after the other. Where commits are worth a thread
//! ([`Transact::commits_aside`]), what has been handed over is made ready by who decides
//! ([`Transact::make_ready`]) as soon as the thread has taken what was ready before, and is committed
//! together: the longer a commit takes, the more share the next. The thread goes from one commit to
//! the next, and nobody else waits for it. Elsewhere everything is committed at the end, by who
//! decides.

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope};

use super::Engine;
use super::alarm::Alarm;
use crate::error::{ErrorKind, StoreError};
use crate::store::{Batch, Committed, Conflict, Ready, Store};

#[cfg(doc)]
use crate::store::Transact;

/// What the store says of batches.
type Answer = Result<Vec<Result<Committed, Conflict>>, StoreError>;

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
    decided: Vec<Batch>,
    /// What comes before them, and is committed next.
    next: Option<Ready>,
    /// What was committed. To let go of it takes a while, which the thread aside has not.
    spent: Vec<Ready>,
    /// Of the batches handed over, in their order.
    fates: Vec<Fate>,
    /// Whether a thread commits aside.
    aside: bool,
    at_work: bool,
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
        line.decided.push(batch);
        let enough = self.least.is_some_and(|least| line.decided.len() >= least);
        if !enough || line.next.is_some() || !(line.aside || more) {
            return;
        }
        let mut line = self.make_ready(line);
        if line.aside {
            self.turned.notify_all();
        } else {
            let thread = Builder::new().name("workflow-commit".to_owned());
            // Where none can be started, who decides commits in the end.
            line.aside = thread.spawn_scoped(scope, move || self.run()).is_ok();
        }
    }

    /// Makes what was decided the next to be committed, once what was next before is under way.
    fn make_ready<'l>(&'l self, mut line: MutexGuard<'l, Line>) -> MutexGuard<'l, Line> {
        let (decided, spent) = (std::mem::take(&mut line.decided), std::mem::take(&mut line.spent));
        drop(line);
        drop(spent);
        let ready = self.store.make_ready(decided);
        let mut line = self.wait(self.lock(), |line| line.next.is_some() && !line.broken);
        line.next = Some(ready);
        line
    }

    /// Waits until a thread aside has committed everything handed over. Answers whether there is one.
    pub(super) fn catch_up(&self) -> bool {
        let mut line = self.lock();
        if line.aside {
            if !line.decided.is_empty() {
                line = self.make_ready(line);
                self.turned.notify_all();
            }
            drop(self.wait(line, |line| (line.at_work || line.next.is_some()) && !line.broken));
            return true;
        }
        false
    }

    /// Commits what is left, and tells what became of every batch, in the order they were handed over.
    pub(super) fn finish(&self) -> Vec<Fate> {
        if !self.catch_up() {
            let mut line = self.lock();
            let (next, decided) = (line.next.take(), std::mem::take(&mut line.decided));
            drop(line);
            let mut fates = next.map_or_else(Vec::new, |ready| self.commit_ready(&ready));
            fates.extend(self.commit(&decided));
            return fates;
        }
        std::mem::take(&mut self.lock().fates)
    }

    /// When this is dropped, the thread aside ends, whatever has become of who decides.
    pub(super) fn closing(&self) -> Closing<'_> {
        Closing(self)
    }

    fn run(&self) {
        let _breaking = Breaking(self);
        loop {
            let mut line = self.wait(self.lock(), |line| line.next.is_none() && !line.closed);
            let Some(ready) = line.next.take() else { break };
            line.at_work = true;
            drop(line);
            // Who decides may wait to put the next one there.
            self.turned.notify_all();
            let fates = self.commit_ready(&ready);
            let mut line = self.lock();
            line.fates.extend(fates);
            line.spent.push(ready);
            line.at_work = false;
            self.turned.notify_all();
        }
    }

    fn commit_ready(&self, ready: &Ready) -> Vec<Fate> {
        self.fates(&ready.batches, || self.store.commit_ready(ready))
    }

    fn commit(&self, batches: &[Batch]) -> Vec<Fate> {
        self.fates(batches, || self.store.commit(batches))
    }

    fn fates(&self, batches: &[Batch], commit: impl FnOnce() -> Answer) -> Vec<Fate> {
        if batches.is_empty() {
            return Vec::new();
        }
        let fates = match commit() {
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
