//! Entries of a log become commits again: the same entries, and what they do to the records.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::apply::{apply, touched};
use crate::engine::commit::deltas;
use crate::error::Error;
use crate::event::Entry;
use crate::id::FirmId;
use crate::model::Firm;
use crate::shelf::Slot;
use crate::state::State;
use crate::store::{Batch, Check, DocId, Document, Transact};

/// The firm's own record, which no commit but the last one writes. As long as it is missing there is
/// no firm to the engine: nothing is done to what is there, by nobody.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    firm: Option<Slot<Firm>>,
}

impl Unwritten {
    /// Folds the entries of a commit that is in the store already.
    pub(super) fn pass(&mut self, commit: &[Arc<Entry>]) {
        let mut state = State { firm: self.firm.take(), ..State::default() };
        fold(&mut state, commit);
        state.settle();
        self.firm = state.firm;
    }

    /// The batches that make commits anew: their entries, and the records as they are after each.
    pub(super) fn replay(
        &mut self,
        store: &dyn Transact,
        firm: FirmId,
        commits: &[&[Arc<Entry>]],
    ) -> Result<Vec<Batch>, Error> {
        let mut state = State { firm: self.firm.take(), ..State::default() };
        load(&mut state, store, firm, commits)?;
        let mut batches = Vec::with_capacity(commits.len());
        for commit in commits {
            fold(&mut state, commit);
            let mut batch = Batch::new(firm);
            batch.checks.push(Check { id: DocId::Firm, expected: None });
            (batch.puts, batch.deletes) = state.writes();
            batch.puts.retain(|put| !matches!(put.document, Document::Firm(_)));
            batch.tallies = deltas(state.changed_jobs());
            batch.entries = commit.to_vec();
            batches.push(batch);
            state.settle();
        }
        self.firm = state.firm;
        Ok(batches)
    }

    /// The record as it is after everything, with its revision.
    pub(super) fn record(&self) -> Option<crate::store::Record> {
        let slot = self.firm.as_ref()?;
        let document = Document::Firm(Arc::clone(slot.get()?));
        Some(crate::store::Record { revision: slot.next_revision(), document })
    }
}

fn fold(state: &mut State, commit: &[Arc<Entry>]) {
    for entry in commit {
        entry.events.iter().for_each(|recorded| apply(state, entry.firm, entry.at, &recorded.event));
    }
}

/// Loads the records that commits change.
fn load(state: &mut State, store: &dyn Transact, firm: FirmId, commits: &[&[Arc<Entry>]]) -> Result<(), Error> {
    // Twice: which job a task belongs to is known when the task is.
    for _ in 0..2 {
        let mut ids: BTreeSet<DocId> = BTreeSet::new();
        for recorded in commits.iter().copied().flatten().flat_map(|entry| &entry.events) {
            touched(&recorded.event, state, &mut |id| {
                if id != DocId::Firm && !state.has(&id) {
                    ids.insert(id);
                }
            });
        }
        let ids: Vec<DocId> = ids.into_iter().collect();
        for some in ids.chunks(crate::limits::PAGE) {
            for (id, record) in some.iter().zip(store.get(firm, some)?) {
                state.load(id, record);
            }
        }
    }
    Ok(())
}
