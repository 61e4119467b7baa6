//! Group commit.
//!
//! Commits that would wait for each other in the database share transactions, and so one
//! synchronisation with the disk: whoever finds that nobody is writing leads, and takes along what
//! others have left meanwhile. Who comes while a leader is at work leaves its batches and waits for
//! them to be written, or to lead the next group.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::store::{Batch, Committed, Conflict};

/// A group takes no more batches along than this: what it writes is built in memory.
const BATCHES: usize = 1_024;

/// What became of batches, in their order.
pub(crate) type Answers = Vec<Result<Committed, Conflict>>;

type Answer = Result<Answers, StoreError>;

/// Who waits, by what they would wait for each other at. A key is there while somebody writes under it.
pub(crate) struct Groups<K>(Mutex<HashMap<K, VecDeque<Arc<Ticket>>>>);

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Batches left to the next leader.
struct Ticket {
    batches: Vec<Batch>,
    state: Mutex<State>,
    turned: Condvar,
}

enum State {
    Waiting,
    /// The one before has finished: lead the next group.
    Lead,
    Answered(Answer),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ticket {
    fn turn(&self, state: State) {
        *lock(&self.state) = state;
        self.turned.notify_one();
    }

    fn wait(&self) -> State {
        let mut state = lock(&self.state);
        loop {
            match std::mem::replace(&mut *state, State::Waiting) {
                State::Waiting => state = self.turned.wait(state).unwrap_or_else(PoisonError::into_inner),
                turned => return turned,
            }
        }
    }
}

/// The lead of a group. Handed on when its holder is through, however that comes about; nobody is
/// left waiting.
struct Lead<'a, K: Copy + Eq + Hash> {
    groups: &'a Groups<K>,
    key: K,
    /// Those that were taken along and have no answer yet.
    others: VecDeque<Arc<Ticket>>,
}

impl<K: Copy + Eq + Hash> Drop for Lead<'_, K> {
    fn drop(&mut self) {
        for ticket in self.others.drain(..) {
            let why = "whoever was committing for others broke off; repeat the command with its idempotency key";
            ticket.turn(State::Answered(Err(StoreError::new(ErrorKind::Ambiguous, why))));
        }
        let mut groups = lock(&self.groups.0);
        match groups.get_mut(&self.key).and_then(VecDeque::pop_front) {
            Some(next) => next.turn(State::Lead),
            None => drop(groups.remove(&self.key)),
        }
    }
}

impl<K: Copy + Eq + Hash> Groups<K> {
    /// Commits batches, together with others' under the same key where they come at the same time.
    /// `hold` waits for what is needed to write; those that come meanwhile are taken along. `write`
    /// writes what several callers brought.
    pub(crate) fn commit<H>(
        &self,
        key: K,
        own: &[Batch],
        hold: impl FnOnce() -> H,
        write: impl Fn(&H, &[&Batch]) -> Answer,
    ) -> Answer {
        {
            let mut groups = lock(&self.0);
            if let Some(waiting) = groups.get_mut(&key) {
                let (state, turned) = (Mutex::new(State::Waiting), Condvar::new());
                let ticket = Arc::new(Ticket { batches: own.to_vec(), state, turned });
                waiting.push_back(Arc::clone(&ticket));
                drop(groups);
                if let State::Answered(answer) = ticket.wait() {
                    return answer;
                }
            } else {
                groups.insert(key, VecDeque::new());
            }
        }
        let mut lead = Lead { groups: self, key, others: VecDeque::new() };
        let held = hold();
        lead.others = self.take(key, own.len());
        let parts: Vec<&[Batch]> =
            std::iter::once(own).chain(lead.others.iter().map(|ticket| ticket.batches.as_slice())).collect();
        let mut answers = write_group(&parts, |batches| write(&held, batches)).into_iter();
        drop(held);
        let answer = answers.next().unwrap_or(Ok(Vec::new()));
        for answer in answers {
            if let Some(ticket) = lead.others.pop_front() {
                ticket.turn(State::Answered(answer));
            }
        }
        answer
    }

    /// Takes what others have left, as much as fits.
    fn take(&self, key: K, mut batches: usize) -> VecDeque<Arc<Ticket>> {
        let mut groups = lock(&self.0);
        let mut taken = VecDeque::new();
        let Some(waiting) = groups.get_mut(&key) else { return taken };
        while let Some(next) = waiting.front()
            && batches.saturating_add(next.batches.len()) <= BATCHES
        {
            batches = batches.saturating_add(next.batches.len());
            taken.extend(waiting.pop_front());
        }
        taken
    }
}

/// Writes what several callers brought. Answers each.
fn write_group(parts: &[&[Batch]], write: impl Fn(&[&Batch]) -> Answer) -> Vec<Answer> {
    let all: Vec<&Batch> = parts.iter().copied().flatten().collect();
    match write(&all) {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            parts.iter().map(|part| Ok(answers.by_ref().take(part.len()).collect())).collect()
        }
        // What failed may be one caller's alone, and nothing was written: each tries by itself.
        Err(error)
            if parts.len() > 1
                && !matches!(error.kind(), ErrorKind::Busy | ErrorKind::Ambiguous | ErrorKind::Unavailable) =>
        {
            parts.iter().map(|part| write(&part.iter().collect::<Vec<_>>())).collect()
        }
        Err(error) => {
            let copy = |_: &&[Batch]| Err(StoreError::new(error.kind(), error.to_string()));
            let mut answers: Vec<Answer> = parts.iter().skip(1).map(copy).collect();
            answers.insert(0, Err(error));
            answers
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use uuid::Uuid;
    use workflow_core::id::FirmId;
    use workflow_core::store::LogPosition;

    use super::*;

    fn batch() -> Batch {
        Batch::new(FirmId(Uuid::nil()))
    }

    fn fine(batches: &[&Batch]) -> Answer {
        Ok(batches.iter().map(|_| Ok(Committed { position: LogPosition(1) })).collect())
    }

    fn waiting(groups: &Groups<u8>) -> usize {
        lock(&groups.0).get(&1).map_or(0, VecDeque::len)
    }

    /// Three callers, of whom the first leads and begins to write once the others wait.
    fn three(
        groups: &Groups<u8>,
        write: impl Fn(&[&Batch]) -> Answer + Sync,
    ) -> (std::thread::Result<Answer>, Vec<Answer>) {
        let others_wait = || {
            while waiting(groups) < 2 {
                std::thread::yield_now();
            }
        };
        std::thread::scope(|scope| {
            let led = scope.spawn(|| {
                let commit = || groups.commit(1, &[batch()], others_wait, |(), batches| write(batches));
                std::panic::catch_unwind(AssertUnwindSafe(commit))
            });
            while !lock(&groups.0).contains_key(&1) {
                std::thread::yield_now();
            }
            let follow = || groups.commit(1, &[batch(), batch()], || (), |(), batches| write(batches));
            let others: Vec<_> = (0..2).map(|_| scope.spawn(follow)).collect();
            let others = others.into_iter().map(|other| other.join().unwrap()).collect();
            (led.join().unwrap(), others)
        })
    }

    #[test]
    fn those_that_wait_are_written_together_and_each_gets_its_own_answers() {
        let (groups, writes) = (Groups::default(), AtomicUsize::new(0));
        let (led, others) = three(&groups, |batches| {
            writes.fetch_add(1, Ordering::Relaxed);
            fine(batches)
        });
        assert_eq!(led.unwrap().unwrap().len(), 1);
        assert!(others.iter().all(|answer| answer.as_ref().unwrap().len() == 2));
        assert_eq!(writes.into_inner(), 1);
        assert!(lock(&groups.0).is_empty(), "nobody writes any more");
    }

    #[test]
    fn what_fails_together_is_tried_by_each_alone_but_not_where_it_may_have_happened() {
        for (kind, alone) in [(ErrorKind::Unsupported, true), (ErrorKind::Ambiguous, false)] {
            let groups = Groups::default();
            let (led, others) = three(&groups, |batches| match batches.len() {
                5 => Err(StoreError::new(kind, "no")),
                _ => fine(batches),
            });
            assert_eq!(led.unwrap().is_ok(), alone);
            assert!(others.iter().all(|answer| answer.is_ok() == alone));
        }
    }

    #[test]
    fn a_leader_that_breaks_off_leaves_nobody_waiting() {
        let (groups, writes) = (Groups::default(), AtomicUsize::new(0));
        let (led, others) = three(&groups, |_| {
            writes.fetch_add(1, Ordering::Relaxed);
            panic!("broken off")
        });
        assert!(led.is_err());
        for answer in others {
            assert_eq!(answer.unwrap_err().kind(), ErrorKind::Ambiguous);
        }
        assert_eq!(writes.into_inner(), 1);
        let after = groups.commit(1, &[batch()], || (), |(), batches| fine(batches));
        assert!(after.is_ok(), "the next is not kept from writing");
    }

    #[test]
    fn keys_do_not_wait_for_each_other() {
        let groups = Groups::default();
        let inner = || {
            let inner = groups.commit(2, &[batch()], || (), |(), batches| fine(batches));
            assert_eq!(inner.unwrap().len(), 1);
        };
        let outer = groups.commit(1, &[batch()], inner, |(), batches| fine(batches));
        assert_eq!(outer.unwrap().len(), 1);
    }
}
