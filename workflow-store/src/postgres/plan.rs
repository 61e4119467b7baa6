//! What several batches come to: one set of statements, each for many rows.
//!
//! Batches of one firm are taken in order. A later one sees the earlier ones, so what is written of
//! a record is what the last of them makes it, on the condition that it is found as the first of
//! them expects it. Without facts from the database a plan assumes that every batch finds what it
//! expects; the statements make sure of it, and fail all together when one does not. With facts a
//! plan knows which batches conflict and leaves them out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;
use workflow_core::error::StoreError;
use workflow_core::event::Entry;
use workflow_core::id::{EntryId, FirmId, IdempotencyKey, PipelineKey, StageKey};
use workflow_core::store::{
    Batch, Cell, Conflict, DocId, Document, Enqueue, IndexName, Kind, Queue, QueuedState, Restore, RestoredRow,
    Revision, SetTimer, Settle, SettleHow, StageTally,
};

use super::emit;
use super::link::Step;

/// What the database holds of all that some batches are about.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) revisions: HashMap<DocId, Revision>,
    /// Whose a unique reference is.
    pub(super) holders: HashMap<(IndexName, Cell), DocId>,
    pub(super) jobs: HashMap<(PipelineKey, StageKey), i64>,
    pub(super) entries: HashSet<EntryId>,
    pub(super) keys: HashSet<IdempotencyKey>,
    pub(super) rows: HashMap<(Queue, Uuid), Row>,
}

/// A queued row, as far as settling it goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) dead: bool,
    /// Not known of a row that was settled unseen.
    pub(super) generation: Option<u64>,
}

/// A record that batches touch.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    /// What it must be found at; absent when `None`.
    pub(super) expected: Option<Revision>,
    /// What it was before the first batch that writes it.
    pub(super) before: Option<&'a Document>,
    /// At which revision it is now; absent when `None`.
    pub(super) revision: Option<Revision>,
    /// What it is now, when a batch wrote it.
    pub(super) document: Option<&'a Document>,
}

/// Queued work of batches that can be written together: no row is touched twice.
#[derive(Debug, Default)]
pub(super) struct Segment<'a> {
    touched: HashSet<(Queue, Uuid)>,
    pub(super) settles: Vec<&'a Settle>,
    /// With their places in the order of the queue, counted from 1.
    pub(super) enqueues: Vec<(i64, &'a Enqueue)>,
    pub(super) timers: BTreeMap<Uuid, (i64, &'a SetTimer)>,
    /// Rows of another store. They are alone in their segment.
    pub(super) restores: Vec<(i64, &'a RestoredRow)>,
    /// The place that a dead letter gets when it is revived.
    pub(super) revived: i64,
}

/// A bound on a stage, with the jobs that it had got from batches by then.
#[derive(Debug)]
pub(super) struct Bound<'a> {
    pub(super) stage: (&'a PipelineKey, &'a StageKey),
    pub(super) at_most: i64,
    pub(super) so_far: i64,
}

/// What batches of a firm come to.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) firm: FirmId,
    facts: Option<&'a Facts>,
    holders: HashMap<(IndexName, Cell), DocId>,
    pub(super) slots: BTreeMap<DocId, Slot<'a>>,
    pub(super) tallies: BTreeMap<(&'a PipelineKey, &'a StageKey), StageTally>,
    pub(super) bounds: Vec<Bound<'a>>,
    pub(super) entries: Vec<&'a Arc<Entry>>,
    known_entries: HashSet<EntryId>,
    known_keys: HashSet<&'a IdempotencyKey>,
    rows: HashMap<(Queue, Uuid), Option<Row>>,
    pub(super) segments: Vec<Segment<'a>>,
    pub(super) places: i64,
    /// For each batch, how many entries the log has got by its end, or why it is left out.
    pub(super) answers: Vec<Result<i64, Conflict>>,
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn restored_rows(batch: &Batch) -> impl Iterator<Item = &RestoredRow> {
    batch.restore.iter().filter_map(|restored| match restored {
        Restore::Row(row) => Some(row),
        Restore::Record(_) => None,
    })
}

/// The place of a document in a unique index.
fn unique_place(document: &Document) -> Option<(IndexName, Cell)> {
    let index = match document.kind() {
        Kind::Account => IndexName::AccountExternal,
        Kind::Item => IndexName::ItemExternal,
        _ => return None,
    };
    let cell = document.index_entries(index).into_iter().next()?.partition.into_iter().next()?;
    Some((index, cell))
}

impl<'a> Plan<'a> {
    /// How many entries the log gets.
    pub(super) fn log_entries(&self) -> i64 {
        count(self.entries.len())
    }

    /// Takes batches of one firm in order.
    pub(super) fn new(firm: FirmId, batches: &[&'a Batch], facts: Option<&'a Facts>) -> Self {
        let mut plan = Self {
            firm,
            facts,
            holders: facts.map(|facts| facts.holders.clone()).unwrap_or_default(),
            slots: BTreeMap::new(),
            tallies: BTreeMap::new(),
            bounds: Vec::new(),
            entries: Vec::new(),
            known_entries: HashSet::new(),
            known_keys: HashSet::new(),
            rows: HashMap::new(),
            segments: vec![Segment::default()],
            places: 0,
            answers: Vec::with_capacity(batches.len()),
        };
        for batch in batches {
            let answer = match plan.check(batch) {
                Ok(()) => {
                    plan.take(batch);
                    Ok(count(plan.entries.len()))
                }
                Err(conflict) => Err(conflict),
            };
            plan.answers.push(answer);
        }
        plan
    }

    /// Whether any batch is to be written.
    pub(super) fn writes(&self) -> bool {
        self.answers.iter().any(Result::is_ok)
    }

    /// Whether other hosts may find something to do when it is written.
    pub(super) fn queues(&self) -> bool {
        let makes_due = |segment: &Segment<'_>| {
            !segment.enqueues.is_empty() || segment.timers.values().any(|(_, timer)| timer.due.is_some())
        };
        self.segments.iter().any(makes_due)
    }

    /// The statements, the first of which answers where the firm's log ends after them.
    /// `together` says whether one statement may change several tables.
    pub(super) fn steps(&self, together: bool) -> Result<Vec<Step>, StoreError> {
        emit::steps(self, together)
    }

    /// At which revision a document is, absent or not. `None` when that is not known.
    fn revision(&self, id: &DocId) -> Option<Option<Revision>> {
        match (self.slots.get(id), self.facts) {
            (Some(slot), _) => Some(slot.revision),
            (None, Some(facts)) => Some(facts.revisions.get(id).copied()),
            (None, None) => None,
        }
    }

    /// `own` is what the batch itself has said so far of records that are not known: it cannot be
    /// right when it says two things of one.
    fn expect(
        &self,
        own: &mut BTreeMap<DocId, Option<Revision>>,
        id: &DocId,
        expected: Option<Revision>,
    ) -> Result<(), Conflict> {
        match self.revision(id).unwrap_or_else(|| *own.entry(id.clone()).or_insert(expected)) {
            found if found != expected => Err(Conflict::Document(id.clone())),
            _ => Ok(()),
        }
    }

    /// Whether a batch conflicts with what is known, before anything of it is taken.
    fn check(&self, batch: &'a Batch) -> Result<(), Conflict> {
        let mut own = BTreeMap::new();
        for check in &batch.checks {
            self.expect(&mut own, &check.id, check.expected)?;
        }
        let mut touched: BTreeSet<DocId> = BTreeSet::new();
        let mut written = |id: &DocId| touched.insert(id.clone());
        for put in &batch.puts {
            let id = put.document.id();
            self.expect(&mut own, &id, put.expected)?;
            if !written(&id) {
                return Err(Conflict::Document(id));
            }
        }
        for delete in &batch.deletes {
            let id = delete.previous.id();
            self.expect(&mut own, &id, Some(delete.expected))?;
            if !written(&id) {
                return Err(Conflict::Document(id));
            }
        }
        for restored in batch.restore.iter().filter_map(Restore::document) {
            let id = restored.id();
            self.expect(&mut own, &id, None)?;
            if !touched.insert(id.clone()) {
                return Err(Conflict::Document(id));
            }
        }
        self.check_unique(batch, &touched)?;
        self.check_guards(batch)?;
        self.check_entries(batch)?;
        self.check_queues(batch)
    }

    fn check_unique(&self, batch: &Batch, touched: &BTreeSet<DocId>) -> Result<(), Conflict> {
        if self.facts.is_none() {
            return Ok(());
        }
        let mut taken = HashSet::new();
        let restored = batch.restore.iter().filter_map(Restore::document);
        for place in batch.puts.iter().map(|put| &put.document).chain(restored).filter_map(unique_place) {
            let index = place.0;
            let other = self.holders.get(&place).is_some_and(|holder| !touched.contains(holder));
            if other || !taken.insert(place) {
                return Err(Conflict::Unique(index));
            }
        }
        Ok(())
    }

    fn check_guards(&self, batch: &Batch) -> Result<(), Conflict> {
        let Some(facts) = self.facts else { return Ok(()) };
        for guard in &batch.guards {
            let stage = (guard.pipeline.clone(), guard.stage.clone());
            let before = facts.jobs.get(&stage).copied().unwrap_or(0);
            let so_far = self.tallies.get(&(&guard.pipeline, &guard.stage)).map_or(0, |tally| tally.jobs);
            let added = batch
                .tallies
                .iter()
                .filter(|delta| delta.pipeline == guard.pipeline && delta.stage == guard.stage)
                .fold(0i64, |sum, delta| sum.saturating_add(delta.by.jobs));
            if before.saturating_add(so_far).saturating_add(added) > guard.at_most {
                return Err(Conflict::Guard(guard.stage.clone()));
            }
        }
        Ok(())
    }

    fn check_entries(&self, batch: &Batch) -> Result<(), Conflict> {
        let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
        for entry in &batch.entries {
            if let Some(key) = &entry.key {
                let known = self.known_keys.contains(key) || self.facts.is_some_and(|facts| facts.keys.contains(key));
                if known || !keys.insert(key) {
                    return Err(Conflict::Key(key.clone()));
                }
            }
            let known = self.known_entries.contains(&entry.id)
                || self.facts.is_some_and(|facts| facts.entries.contains(&entry.id));
            if known || !ids.insert(entry.id) {
                // The same commit, given again. Who loads and looks for its entry finds it.
                return Err(Conflict::Document(DocId::Firm));
            }
        }
        Ok(())
    }

    /// A queued row, there or not. `None` when that is not known.
    fn row(&self, place: &(Queue, Uuid)) -> Option<Option<Row>> {
        match (self.rows.get(place), self.facts) {
            (Some(row), _) => Some(*row),
            (None, Some(facts)) => Some(facts.rows.get(place).copied()),
            (None, None) => None,
        }
    }

    fn check_queues(&self, batch: &Batch) -> Result<(), Conflict> {
        let mut touched = HashSet::new();
        for settle in &batch.settle {
            let place = (settle.queue, settle.id);
            let revives = matches!(settle.how, SettleHow::Revive { .. });
            let held = match self.row(&place) {
                None => true,
                Some(None) => false,
                Some(Some(row)) => {
                    let generation = settle.generation.zip(row.generation);
                    row.dead == revives && generation.is_none_or(|(wanted, found)| wanted == found)
                }
            };
            if !held || !touched.insert(place) {
                return Err(Conflict::Lease);
            }
        }
        for row in &batch.enqueue {
            let place = (row.body.queue(), row.id);
            if matches!(self.row(&place), Some(Some(_))) || !touched.insert(place) {
                // The same commit, given again.
                return Err(Conflict::Document(DocId::Firm));
            }
        }
        let set = batch.timers.iter().filter(|timer| timer.due.is_some());
        touched.extend(set.map(|timer| (Queue::Timers, timer.of.row())));
        for row in restored_rows(batch) {
            let place = (row.body.queue(), row.id);
            if matches!(self.row(&place), Some(Some(_))) || !touched.insert(place) {
                return Err(Conflict::Document(DocId::Firm));
            }
        }
        Ok(())
    }

    /// Takes in a batch that was checked.
    fn take(&mut self, batch: &'a Batch) {
        for check in &batch.checks {
            self.slots.entry(check.id.clone()).or_insert(Slot {
                expected: check.expected,
                before: None,
                revision: check.expected,
                document: None,
            });
        }
        for delete in &batch.deletes {
            self.write(delete.previous.id(), Some(delete.expected), Some(&delete.previous), None);
        }
        for put in &batch.puts {
            let revision = put.expected.unwrap_or(0).saturating_add(1);
            self.write(put.document.id(), put.expected, put.previous.as_ref(), Some((revision, &put.document)));
        }
        for restored in &batch.restore {
            if let Restore::Record(record) = restored {
                self.write(record.document.id(), None, None, Some((record.revision, &record.document)));
            }
        }
        for delta in &batch.tallies {
            let tally = self.tallies.entry((&delta.pipeline, &delta.stage)).or_default();
            *tally = tally.plus(delta.by);
        }
        for guard in &batch.guards {
            let stage = (&guard.pipeline, &guard.stage);
            let so_far = self.tallies.get(&stage).map_or(0, |tally| tally.jobs);
            self.bounds.push(Bound { stage, at_most: guard.at_most, so_far });
        }
        for entry in &batch.entries {
            self.known_entries.insert(entry.id);
            self.known_keys.extend(&entry.key);
            self.entries.push(entry);
        }
        self.queue(batch);
    }

    fn write(
        &mut self,
        id: DocId,
        expected: Option<Revision>,
        previous: Option<&'a Document>,
        now: Option<(Revision, &'a Document)>,
    ) {
        let document = now.map(|(_, document)| document);
        if self.facts.is_some() {
            self.holders.retain(|_, holder| *holder != id);
            if let Some(place) = document.and_then(unique_place) {
                self.holders.insert(place, id.clone());
            }
        }
        let slot = self.slots.entry(id).or_insert(Slot { expected, before: None, revision: expected, document: None });
        if slot.document.is_none() && slot.before.is_none() && slot.expected.is_some() {
            slot.before = previous;
        }
        slot.revision = now.map(|(revision, _)| revision);
        slot.document = document;
    }

    fn queue(&mut self, batch: &'a Batch) {
        // A dead letter that is revived goes to the end of its lane: what came before is before it.
        let revives = batch.settle.iter().any(|settle| matches!(settle.how, SettleHow::Revive { .. }));
        let settles = batch.settle.iter().map(|settle| (settle.queue, settle.id));
        let enqueues = batch.enqueue.iter().map(|row| (row.body.queue(), row.id));
        let timers = batch.timers.iter().map(|timer| (Queue::Timers, timer.of.row()));
        let touched: HashSet<(Queue, Uuid)> = settles.chain(enqueues).chain(timers).collect();
        let apart = self.segments.last().is_none_or(|last| !last.touched.is_disjoint(&touched));
        if apart || revives {
            self.segments.push(Segment::default());
        }
        for settle in &batch.settle {
            if let SettleHow::Revive { .. } = settle.how {
                self.places = self.places.saturating_add(1);
                // Alone in its segment, so that its lane is looked at as it is then.
                let revived = Segment { settles: vec![settle], revived: self.places, ..Segment::default() };
                let place = self.segments.len().saturating_sub(1);
                self.segments.insert(place, revived);
            } else if let Some(segment) = self.segments.last_mut() {
                segment.settles.push(settle);
            }
            self.note(settle);
        }
        for row in &batch.enqueue {
            self.places = self.places.saturating_add(1);
            let state = Row { dead: false, generation: Some(u64::from(row.lease.is_some())) };
            self.rows.insert((row.body.queue(), row.id), Some(state));
            if let Some(segment) = self.segments.last_mut() {
                segment.enqueues.push((self.places, row));
            }
        }
        for timer in &batch.timers {
            self.places = self.places.saturating_add(1);
            let state = timer.due.map(|_| Row { dead: false, generation: Some(timer.generation) });
            self.rows.insert((Queue::Timers, timer.of.row()), state);
            if let Some(segment) = self.segments.last_mut() {
                segment.timers.insert(timer.of.row(), (self.places, timer));
            }
        }
        if let Some(segment) = self.segments.last_mut() {
            segment.touched.extend(touched);
        }
        self.restore(batch);
    }

    /// Rows of another store come after everything else of their batch, and before all that follows.
    fn restore(&mut self, batch: &'a Batch) {
        let mut segment = Segment::default();
        for row in restored_rows(batch) {
            self.places = self.places.saturating_add(1);
            let state = Row { dead: row.state == QueuedState::Dead, generation: Some(row.generation) };
            self.rows.insert((row.body.queue(), row.id), Some(state));
            segment.restores.push((self.places, row));
        }
        if !segment.restores.is_empty() {
            self.segments.extend([segment, Segment::default()]);
        }
    }

    /// Remembers what became of a row.
    fn note(&mut self, settle: &Settle) {
        let place = (settle.queue, settle.id);
        let found = self.row(&place).flatten();
        let generation = settle.generation.or(found.and_then(|row| row.generation));
        let state = match settle.how {
            SettleHow::Done => None,
            SettleHow::Dead { .. } => Some(Row { dead: true, generation }),
            SettleHow::Retry { .. } | SettleHow::Renew { .. } | SettleHow::Revive { .. } => {
                Some(Row { dead: false, generation })
            }
        };
        self.rows.insert(place, state);
    }
}
