//! The records that entries of the log are about.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::source::Source;
use crate::error::Error;
use crate::event::Event;
use crate::id::{AccountId, ItemId, JobId, TaskId};
use crate::model::{Account, Item, Job, Restored, Task, Unmade};
use crate::store::{DocId, Document, Logged};

/// Records by identifier, as they are now: those that some entries are about, and the jobs and
/// accounts that tell who may see them.
#[derive(Default)]
pub(super) struct Things {
    pub(super) jobs: BTreeMap<JobId, Arc<Job>>,
    pub(super) tasks: BTreeMap<TaskId, Arc<Task>>,
    pub(super) items: BTreeMap<ItemId, Arc<Item>>,
    pub(super) accounts: BTreeMap<AccountId, Arc<Account>>,
}

impl Things {
    /// What entries are about.
    pub(super) fn of<'l>(source: &Source<'_>, entries: impl IntoIterator<Item = &'l Logged>) -> Result<Self, Error> {
        let mut wanted = Vec::new();
        for logged in entries {
            wanted.extend(logged.entry.job.map(DocId::Job));
            for recorded in &logged.entry.events {
                wanted.extend(task_of(&recorded.event).map(DocId::Task));
                wanted.extend(item_of(&recorded.event).map(DocId::Item));
            }
        }
        Self::with(source, wanted)
    }

    /// Records, and what tells who may see them.
    pub(super) fn with(source: &Source<'_>, wanted: Vec<DocId>) -> Result<Self, Error> {
        let mut things = Self::default();
        things.take(source.documents(wanted)?);
        let of_items = things.items.values().flat_map(|item| item.jobs.iter().copied());
        let jobs = things.tasks.values().filter_map(|task| task.job).chain(of_items);
        let missing = jobs.filter(|job| !things.jobs.contains_key(job)).map(DocId::Job).collect();
        things.take(source.documents(missing)?);
        things.accounts = source.accounts(things.jobs.values().map(|job| job.account))?;
        Ok(things)
    }

    fn take(&mut self, documents: Vec<Document>) {
        for document in documents {
            match document {
                Document::Job(job) => drop(self.jobs.insert(job.id, job)),
                Document::Task(task) => drop(self.tasks.insert(task.id, task)),
                Document::Item(item) => drop(self.items.insert(item.id, item)),
                _ => {}
            }
        }
    }

    /// The job, if it is there and belongs to the export.
    pub(super) fn job(&self, source: &Source<'_>, id: JobId) -> Option<&Arc<Job>> {
        let job = self.jobs.get(&id)?;
        source.takes(job, self.accounts.get(&job.account).map(|account| &**account)).then_some(job)
    }

    /// The task, if it is there and belongs to the export: with its job, or because it has none.
    pub(super) fn task(&self, source: &Source<'_>, id: TaskId) -> Option<&Arc<Task>> {
        let task = self.tasks.get(&id)?;
        let taken = match task.job {
            Some(job) => self.job(source, job).is_some(),
            None => source.query.pipeline.is_none(),
        };
        taken.then_some(task)
    }

    /// The task, if it is there and the actor sees it.
    pub(super) fn seen_task(&self, source: &Source<'_>, id: TaskId) -> Option<&Arc<Task>> {
        let task = self.tasks.get(&id)?;
        task.job.is_none_or(|job| self.sees(source, job)).then_some(task)
    }

    /// The item, if it is there and the actor sees it: with any of its jobs, or because all are gone.
    pub(super) fn seen_item(&self, source: &Source<'_>, id: ItemId) -> Option<&Arc<Item>> {
        let item = self.items.get(&id)?;
        let alone = || item.jobs.iter().all(|job| !self.jobs.contains_key(job));
        (item.jobs.iter().any(|job| self.sees(source, *job)) || alone()).then_some(item)
    }

    fn sees(&self, source: &Source<'_>, id: JobId) -> bool {
        let account = |job: &Job| self.accounts.get(&job.account).map(|account| &**account);
        self.jobs.get(&id).is_some_and(|job| source.queries.sees(job, account(job)))
    }

    /// The item, if it is there and belongs to the export: with the first of its jobs that does, or
    /// because all of its jobs are gone.
    pub(super) fn item(&self, source: &Source<'_>, id: ItemId) -> Option<&Arc<Item>> {
        let item = self.items.get(&id)?;
        let alone = || source.query.pipeline.is_none() && item.jobs.iter().all(|job| !self.jobs.contains_key(job));
        (self.home(source, item).is_some() || alone()).then_some(item)
    }

    /// The first of an item's jobs that belongs to the export.
    pub(super) fn home(&self, source: &Source<'_>, item: &Item) -> Option<JobId> {
        item.jobs.iter().copied().find(|job| self.job(source, *job).is_some())
    }
}

/// The task that an event is about.
pub(super) fn task_of(event: &Event) -> Option<TaskId> {
    match event {
        Event::TaskCreated { task, .. } | Event::RecordRestored(Restored::Task(task)) => Some(task.id),
        Event::RecordUnmade(Unmade::Task(task)) => Some(*task),
        Event::TaskStateSet { task, .. }
        | Event::TaskEdited { task, .. }
        | Event::TaskDatesSet { task, .. }
        | Event::TaskAssigneesChanged { task, .. }
        | Event::TaskChecklistSet { task, .. }
        | Event::TaskWaitsChanged { task, .. }
        | Event::TaskLinked { task, .. }
        | Event::TaskUnlinked { task, .. }
        | Event::TaskDeleted { task, .. } => Some(*task),
        _ => None,
    }
}

/// The item that an event is about.
pub(super) fn item_of(event: &Event) -> Option<ItemId> {
    match event {
        Event::ItemCreated(item) | Event::RecordRestored(Restored::Item(item)) => Some(item.id),
        Event::RecordUnmade(Unmade::Item(item)) => Some(*item),
        Event::ItemLinked { link, .. } => Some(link.item),
        Event::ItemUnlinked { item, .. }
        | Event::ItemReported { item, .. }
        | Event::JobItemChanged { item, .. }
        | Event::ItemNamed { item, .. } => Some(*item),
        _ => None,
    }
}
