//! Group commit.
//!
//! Commits of one firm wait for each other in the database, where its counters are locked. So those
//! of one process share transactions: whoever finds that nobody of its firm is writing leads, and
//! takes along what others have left meanwhile. Commits of different firms do not wait for each
//! other, and the server lets them share its syncs.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use workflow_core::error::{ErrorKind, StoreError};
use workflow_core::id::FirmId;
use workflow_core::store::Batch;

use super::write::Answers;

/// A group takes no more batches along than this: what it writes is built in memory.
const BATCHES: usize = 1_024;

type Answer = Result<Answers, StoreError>;

/// Who waits, by firm. A firm is there while somebody writes for it.
#[derive(Default)]
pub(super) struct Groups {
    firms: Mutex<HashMap<FirmId, VecDeque<Arc<Ticket>>>>,
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

/// Hands the lead on when its holder is through, however that comes about.
struct Lead<'a> {
    groups: &'a Groups,
    firm: FirmId,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let mut firms = lock(&self.groups.firms);
        match firms.get_mut(&self.firm).and_then(VecDeque::pop_front) {
            Some(next) => next.turn(State::Lead),
            None => drop(firms.remove(&self.firm)),
        }
    }
}

impl Groups {
    /// Commits batches of one firm, together with others' of that firm where they come at the same
    /// time. `write` writes what several callers brought.
    pub(super) fn commit(&self, firm: FirmId, own: &[Batch], write: impl Fn(&[&Batch]) -> Answer) -> Answer {
        {
            let mut firms = lock(&self.firms);
            if let Some(waiting) = firms.get_mut(&firm) {
                let (state, turned) = (Mutex::new(State::Waiting), Condvar::new());
                let ticket = Arc::new(Ticket { batches: own.to_vec(), state, turned });
                waiting.push_back(Arc::clone(&ticket));
                drop(firms);
                if let State::Answered(answer) = ticket.wait() {
                    return answer;
                }
            } else {
                firms.insert(firm, VecDeque::new());
            }
        }
        let _lead = Lead { groups: self, firm };
        let others = self.take(firm, own.len());
        let parts: Vec<&[Batch]> =
            std::iter::once(own).chain(others.iter().map(|ticket| ticket.batches.as_slice())).collect();
        let mut answers = write_group(&parts, write).into_iter();
        let answer = answers.next().unwrap_or(Ok(Vec::new()));
        for (ticket, answer) in others.iter().zip(answers) {
            ticket.turn(State::Answered(answer));
        }
        answer
    }

    /// Takes what others have left, as much as fits.
    fn take(&self, firm: FirmId, mut batches: usize) -> Vec<Arc<Ticket>> {
        let mut firms = lock(&self.firms);
        let mut taken = Vec::new();
        let Some(waiting) = firms.get_mut(&firm) else { return taken };
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
