//! The records that a decision works on.
//!
//! A [`State`] holds what was loaded for a command and how it has changed since. It is filled from
//! a store, or by folding the log from its beginning.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::definition::{Template, TemplateKind};
use crate::id::{
    AccountId, CommentId, ExternalRef, ItemId, JobId, MemberId, PipelineKey, SeriesId, StageKey, TaskId, TemplateKey,
};
use crate::model::{
    Account, Comment, Firm, Item, Job, Member, Occurrence, OccurrenceId, PipelineHead, PipelineVersion, Series, Task,
};
use crate::seal::Seal;
use crate::shelf::{Shelf, Slot};
use crate::store::{Check, Delete, DocId, Document, Put, Record, Revision};
use crate::undo::Undoing;

/// The records that a decision works on.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(crate) firm: Option<Slot<Firm>>,
    pub(crate) members: Shelf<MemberId, Member>,
    pub(crate) templates: Shelf<(TemplateKind, TemplateKey), Template>,
    pub(crate) pipelines: Shelf<PipelineKey, PipelineHead>,
    pub(crate) versions: Shelf<(PipelineKey, u32), PipelineVersion>,
    pub(crate) accounts: Shelf<AccountId, Account>,
    pub(crate) jobs: Shelf<JobId, Job>,
    pub(crate) tasks: Shelf<TaskId, Task>,
    pub(crate) items: Shelf<ItemId, Item>,
    pub(crate) comments: Shelf<CommentId, Comment>,
    pub(crate) series: Shelf<SeriesId, Series>,
    pub(crate) occurrences: Shelf<OccurrenceId, Occurrence>,
    /// Items found by external reference, or found missing.
    pub(crate) external_items: BTreeMap<ExternalRef, Option<ItemId>>,
    /// Accounts found by external reference, or found missing.
    pub(crate) external_accounts: BTreeMap<ExternalRef, Option<AccountId>>,
    /// The next seal of the log, as far as it was loaded; none when there is nothing to seal.
    pub(crate) next_seal: Option<Option<Arc<Seal>>>,
    /// A command that is to be undone, as far as that was loaded.
    pub(crate) undoing: Option<Arc<Undoing>>,
    /// Jobs per stage of a pipeline, as they were loaded.
    pub(crate) stage_jobs: BTreeMap<PipelineKey, BTreeMap<StageKey, i64>>,
}

macro_rules! shelves {
    ($self:ident, $each:ident) => {
        $each!($self.members, Member);
        $each!($self.templates, Template);
        $each!($self.pipelines, Pipeline);
        $each!($self.versions, PipelineVersion);
        $each!($self.accounts, Account);
        $each!($self.jobs, Job);
        $each!($self.tasks, Task);
        $each!($self.items, Item);
        $each!($self.comments, Comment);
        $each!($self.series, Series);
        $each!($self.occurrences, Occurrence);
    };
}

impl State {
    /// Takes in what the store answered for a key.
    pub fn load(&mut self, id: &DocId, record: Option<Record>) {
        macro_rules! slot {
            ($variant:ident) => {
                Slot::loaded(record.and_then(|record| match record.document {
                    Document::$variant(document) => Some((record.revision, document)),
                    _ => None,
                }))
            };
        }
        match id {
            DocId::Firm => self.firm = Some(slot!(Firm)),
            DocId::Member(id) => self.members.insert(*id, slot!(Member)),
            DocId::Template(kind, key) => self.templates.insert((*kind, key.clone()), slot!(Template)),
            DocId::Pipeline(key) => self.pipelines.insert(key.clone(), slot!(Pipeline)),
            DocId::PipelineVersion(key, version) => {
                self.versions.insert((key.clone(), *version), slot!(PipelineVersion));
            }
            DocId::Account(id) => self.accounts.insert(*id, slot!(Account)),
            DocId::Job(id) => self.jobs.insert(*id, slot!(Job)),
            DocId::Task(id) => self.tasks.insert(*id, slot!(Task)),
            DocId::Item(id) => self.items.insert(*id, slot!(Item)),
            DocId::Comment(id) => self.comments.insert(*id, slot!(Comment)),
            DocId::Series(id) => self.series.insert(*id, slot!(Series)),
            DocId::Occurrence(id) => self.occurrences.insert((**id).clone(), slot!(Occurrence)),
        }
    }

    /// What has to be written to a store that holds the records as they were loaded.
    #[must_use]
    pub fn writes(&self) -> (Vec<Put>, Vec<Delete>) {
        let (mut puts, mut deletes) = (Vec::new(), Vec::new());
        if let Some(firm) = &self.firm {
            firm.write(Document::Firm, &mut puts, &mut deletes);
        }
        macro_rules! write {
            ($shelf:expr, $variant:ident) => {
                for slot in $shelf.values() {
                    slot.write(Document::$variant, &mut puts, &mut deletes);
                }
            };
        }
        shelves!(self, write);
        (puts, deletes)
    }

    /// What was read and not written: it must not have changed at the commit.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        macro_rules! check {
            ($shelf:expr, $id:expr) => {
                for (key, slot) in $shelf.iter() {
                    if !slot.touched {
                        checks.push(Check { id: $id(*key), expected: slot.revision() });
                    }
                }
            };
        }
        check!(self.accounts, DocId::Account);
        check!(self.jobs, DocId::Job);
        check!(self.tasks, DocId::Task);
        check!(self.items, DocId::Item);
        check!(self.series, DocId::Series);
        checks
    }

    /// The revision that a record has once it is committed; 0 when it does not exist.
    #[must_use]
    pub fn next_revision(&self, id: &DocId) -> Revision {
        fn of<K: Ord, T: Clone>(shelf: &Shelf<K, T>, key: &K) -> Revision {
            shelf.get(key).map_or(0, Slot::next_revision)
        }
        match id {
            DocId::Firm => self.firm.as_ref().map_or(0, Slot::next_revision),
            DocId::Member(id) => of(&self.members, id),
            DocId::Template(kind, key) => of(&self.templates, &(*kind, key.clone())),
            DocId::Pipeline(key) => of(&self.pipelines, key),
            DocId::PipelineVersion(key, version) => of(&self.versions, &(key.clone(), *version)),
            DocId::Account(id) => of(&self.accounts, id),
            DocId::Job(id) => of(&self.jobs, id),
            DocId::Task(id) => of(&self.tasks, id),
            DocId::Item(id) => of(&self.items, id),
            DocId::Comment(id) => of(&self.comments, id),
            DocId::Series(id) => of(&self.series, id),
            DocId::Occurrence(id) => of(&self.occurrences, id),
        }
    }

    /// Whether a job was changed since it was loaded, or since the last commit.
    pub(crate) fn has_touched(&self, id: JobId) -> bool {
        self.jobs.get(&id).is_some_and(|slot| slot.touched)
    }

    /// Jobs as they were loaded and as they are now, those that changed.
    pub(crate) fn changed_jobs(&self) -> impl Iterator<Item = (Option<&Arc<Job>>, Option<&Arc<Job>>)> {
        self.jobs.values().filter(|slot| slot.touched).map(|slot| (slot.before(), slot.get()))
    }

    /// Whether a record was looked for already.
    pub(crate) fn has(&self, id: &DocId) -> bool {
        match id {
            DocId::Firm => self.firm.is_some(),
            DocId::Member(id) => self.members.contains_key(id),
            DocId::Template(kind, key) => self.templates.contains_key(&(*kind, key.clone())),
            DocId::Pipeline(key) => self.pipelines.contains_key(key),
            DocId::PipelineVersion(key, version) => self.versions.contains_key(&(key.clone(), *version)),
            DocId::Account(id) => self.accounts.contains_key(id),
            DocId::Job(id) => self.jobs.contains_key(id),
            DocId::Task(id) => self.tasks.contains_key(id),
            DocId::Item(id) => self.items.contains_key(id),
            DocId::Comment(id) => self.comments.contains_key(id),
            DocId::Series(id) => self.series.contains_key(id),
            DocId::Occurrence(id) => self.occurrences.contains_key(id),
        }
    }

    /// Every record there is, with its revision. After [`State::settle`] this is what a store
    /// should hold.
    #[must_use]
    pub fn records(&self) -> BTreeMap<DocId, Record> {
        let mut records = BTreeMap::new();
        let mut add = |revision: Revision, document: Document| {
            records.insert(document.id(), Record { revision, document });
        };
        if let Some(firm) = self.firm.as_ref().and_then(|slot| Some((slot.next_revision(), slot.get()?))) {
            add(firm.0, Document::Firm(Arc::clone(firm.1)));
        }
        macro_rules! collect {
            ($shelf:expr, $variant:ident) => {
                for slot in $shelf.values() {
                    if let Some(record) = slot.get() {
                        add(slot.next_revision(), Document::$variant(Arc::clone(record)));
                    }
                }
            };
        }
        shelves!(self, collect);
        records
    }

    /// Makes the present records the loaded ones, as a commit does.
    pub fn settle(&mut self) {
        if let Some(firm) = &mut self.firm {
            firm.settle();
        }
        macro_rules! settle {
            ($shelf:expr, $variant:ident) => {
                for slot in $shelf.values_mut() {
                    slot.settle();
                }
            };
        }
        shelves!(self, settle);
    }

    /// The job as it is now, if it is loaded and exists.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<&Arc<Job>> {
        self.jobs.get(&id)?.get()
    }

    /// The task as it is now, if it is loaded and exists.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<&Arc<Task>> {
        self.tasks.get(&id)?.get()
    }

    /// Knows nothing of a task any more.
    pub(crate) fn forget_task(&mut self, id: TaskId) {
        self.tasks.forget(&id);
    }

    /// The item as it is now, if it is loaded and exists.
    #[must_use]
    pub fn item(&self, id: ItemId) -> Option<&Arc<Item>> {
        self.items.get(&id)?.get()
    }

    /// The account as it is now, if it is loaded and exists.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(&id)?.get()
    }
}
