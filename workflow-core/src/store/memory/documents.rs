//! The documents of a firm.

use std::hint::black_box;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::log::Number;
use crate::store::{DocId, Document, Kind, Record};

/// Per kind, in the order of [`Kind::ALL`]: a table of jobs alone is small enough for a processor to keep
/// what it needs of it at hand.
#[derive(Debug, Clone)]
pub(super) struct Documents(Vec<Places>);

/// The documents of a kind. Those of most kinds have a UUID, of which both halves are kept as they are: the
/// smaller a row of the table, the more rarely it lies across two lines of a processor's cache.
#[derive(Debug, Clone, Default)]
struct Places {
    by_uuid: FxHashMap<(u64, u64), Place>,
    by_id: FxHashMap<DocId, Place>,
}

/// What is kept of a document in one place in memory, since a command that touches it needs all of it.
#[derive(Debug, Clone, Default)]
struct Place {
    /// The document, if it is there.
    record: Option<Record>,
    /// The last entry of the log about it, also when it is not there any more, or never was.
    last: Option<Number>,
}

impl Places {
    fn get(&self, id: &DocId) -> Option<&Place> {
        match id.uuid() {
            Some(uuid) => self.by_uuid.get(&uuid.as_u64_pair()),
            None => self.by_id.get(id),
        }
    }

    /// The place of a document, made if there was none.
    fn of(&mut self, id: DocId) -> &mut Place {
        match id.uuid() {
            Some(uuid) => self.by_uuid.entry(uuid.as_u64_pair()).or_default(),
            None => self.by_id.entry(id).or_default(),
        }
    }

    fn remove(&mut self, id: &DocId) {
        match id.uuid() {
            Some(uuid) => drop(self.by_uuid.remove(&uuid.as_u64_pair())),
            None => drop(self.by_id.remove(id)),
        }
    }
}

impl Default for Documents {
    fn default() -> Self {
        Self(Kind::ALL.iter().map(|_| Places::default()).collect())
    }
}

impl Documents {
    fn place(&self, id: &DocId) -> Option<&Place> {
        self.0.get(id.kind() as usize)?.get(id)
    }

    pub(super) fn get(&self, id: &DocId) -> Option<&Record> {
        self.place(id)?.record.as_ref()
    }

    /// Several documents. Where each lies is looked up first, and then read, before the first is taken: so that
    /// the processor waits for all of them at once.
    pub(super) fn get_all(&self, ids: &[DocId]) -> Vec<Option<Record>> {
        let records: Vec<Option<&Record>> = ids.iter().map(|id| self.get(id)).collect();
        records.iter().flatten().for_each(|record| reach(&record.document));
        records.into_iter().map(|record| record.cloned()).collect()
    }

    pub(super) fn put(&mut self, id: DocId, record: Record) {
        if let Some(places) = self.0.get_mut(id.kind() as usize) {
            places.of(id).record = Some(record);
        }
    }

    pub(super) fn remove(&mut self, id: &DocId) {
        let Some(places) = self.0.get_mut(id.kind() as usize) else { return };
        match places.get(id) {
            Some(place) if place.last.is_some() => places.of(id.clone()).record = None,
            _ => places.remove(id),
        }
    }

    /// The last entry of the log about a document.
    pub(super) fn last(&self, id: &DocId) -> Option<Number> {
        self.place(id)?.last
    }

    /// Makes an entry the last about a document, and answers which was.
    pub(super) fn end_with(&mut self, id: DocId, number: Number) -> Option<Number> {
        self.0.get_mut(id.kind() as usize)?.of(id).last.replace(number)
    }
}

/// Reads what commands read first of a document, if it is one of which there are many: all over the document
/// itself, and the beginnings of what it refers to.
fn reach(document: &Document) {
    match document {
        Document::Account(account) => {
            for (role, holders) in account.roles.iter() {
                black_box((role.as_str().as_bytes().first().copied(), holders.first().copied()));
            }
            black_box((account.name.as_bytes().first().copied(), account.tags.len(), account.access.len()));
        }
        Document::Job(job) => {
            black_box((Arc::strong_count(&job.name), job.assigned_roles.len(), job.assigned_members.len()));
            black_box((job.date_rules.len(), job.fields.len(), job.attention.len(), job.timers.len()));
            black_box((job.waits.len(), job.waits_for.len(), job.due, job.created, job.completed));
            black_box((job.assignees.first().copied(), job.tags.first().map(|tag| tag.as_str().len())));
            black_box((job.visits.last().map(|visit| visit.entered), job.items.last().map(|link| link.progress)));
            black_box(job.tasks.last().map(|link| link.state));
        }
        Document::Task(task) => {
            black_box((Arc::strong_count(&task.title), task.checklist.len(), task.waits_for.len(), task.updated));
            black_box((task.assignees.first().copied(), task.assigned_roles.first().map(|role| role.as_str().len())));
        }
        Document::Item(item) => {
            black_box((Arc::strong_count(&item.title), item.reached.len(), item.jobs.first().copied(), item.updated));
        }
        _ => {}
    }
}
