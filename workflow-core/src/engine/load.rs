//! Loads what a decision asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::catalogs::Catalogs;
use crate::command::{Command, ItemRef, MakeOccurrence};
use crate::compile::Compiled;
use crate::decide::Need;
use crate::error::Error;
use crate::id::{AccountId, ExternalRef, FirmId, ItemId, PipelineKey, StageKey};
use crate::model::OccurrenceId;
use crate::state::State;
use crate::store::{Batch, Cell, DocId, Document, IndexName, Record, Scan, Transact};

/// Reads records for decisions, over what earlier decisions of the same commit have changed.
pub(super) struct Loader<'a> {
    pub(super) store: &'a dyn Transact,
    pub(super) catalogs: &'a Catalogs,
    pub(super) firm: FirmId,
    pub(super) overlay: Option<&'a Overlay>,
}

/// What decisions have changed that are not committed yet, over what was read for all of them.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    documents: FxHashMap<DocId, Option<Record>>,
    /// Items by what the host calls them now; names that are no item's any more.
    items: FxHashMap<ExternalRef, Option<ItemId>>,
    /// The same of accounts.
    accounts: FxHashMap<ExternalRef, Option<AccountId>>,
    jobs: FxHashMap<PipelineKey, FxHashMap<StageKey, i64>>,
}

impl Overlay {
    /// Takes in what a batch will write.
    pub(super) fn absorb(&mut self, batch: &Batch) {
        // A name that one gives up another may take.
        for previous in batch.puts.iter().filter_map(|put| put.previous.as_ref()) {
            self.call(previous, false);
        }
        for put in &batch.puts {
            self.call(&put.document, true);
            let revision = put.expected.unwrap_or(0).saturating_add(1);
            let record = Record { revision, document: put.document.clone() };
            self.documents.insert(put.document.id(), Some(record));
        }
        for delete in &batch.deletes {
            self.documents.insert(delete.previous.id(), None);
        }
        for delta in &batch.tallies {
            let jobs = self.jobs.entry(delta.pipeline.clone()).or_default().entry(delta.stage.clone()).or_default();
            *jobs = jobs.saturating_add(delta.by.jobs);
        }
    }

    /// Notes that a document goes by its external reference, or no longer does.
    fn call(&mut self, document: &Document, so: bool) {
        match document {
            Document::Item(item) => {
                if let Some(name) = &item.external {
                    self.items.insert(name.clone(), so.then_some(item.id));
                }
            }
            Document::Account(account) => {
                if let Some(name) = &account.external {
                    self.accounts.insert(name.clone(), so.then_some(account.id));
                }
            }
            _ => {}
        }
    }
}

impl Loader<'_> {
    /// Loads what a command names, before it is asked for.
    pub(super) fn prefetch(&self, command: &Command, state: &mut State) -> Result<(), Error> {
        let mut wanted = Vec::new();
        match command {
            Command::Bulk { commands, .. } => commands.iter().for_each(|command| named(command, &mut wanted)),
            command => named(command, &mut wanted),
        }
        self.documents(wanted, state)
    }

    /// Loads what many commands name, and what decisions about these ask for next: a few reads for
    /// all of them instead of a few for each.
    pub(super) fn ahead<'c>(&self, commands: impl Iterator<Item = &'c Command>) -> Result<Overlay, Error> {
        let mut overlay = Overlay::default();
        let mut wanted = Vec::new();
        commands.for_each(|command| named(command, &mut wanted));
        while !wanted.is_empty() {
            wanted.sort_unstable();
            wanted.dedup();
            let records = self.store.get(self.firm, &wanted)?;
            let mut further = Vec::new();
            for (id, record) in wanted.into_iter().zip(records) {
                if let Some(record) = &record {
                    related(&record.document, &mut further);
                }
                overlay.documents.insert(id, record);
            }
            further.retain(|id| !overlay.documents.contains_key(id));
            wanted = further;
        }
        Ok(overlay)
    }

    /// Loads what a decision asked for.
    pub(super) fn fill(
        &self,
        needs: BTreeSet<Need>,
        state: &mut State,
        versions: &mut BTreeMap<(PipelineKey, u32), Arc<Compiled>>,
    ) -> Result<(), Error> {
        let mut wanted = Vec::new();
        for need in needs {
            match need {
                Need::Document(id) => wanted.push(id),
                Need::ExternalItem(name) => {
                    let known = self.overlay.and_then(|overlay| overlay.items.get(&name)).copied();
                    let id = match known {
                        Some(id) => id,
                        None => match self.external(IndexName::ItemExternal, &name)? {
                            Some(Document::Item(item)) => Some(item.id),
                            _ => None,
                        },
                    };
                    wanted.extend(id.map(DocId::Item));
                    state.external_items.insert(name, id);
                }
                Need::ExternalAccount(name) => {
                    let known = self.overlay.and_then(|overlay| overlay.accounts.get(&name)).copied();
                    let id = match known {
                        Some(id) => id,
                        None => match self.external(IndexName::AccountExternal, &name)? {
                            Some(Document::Account(account)) => Some(account.id),
                            _ => None,
                        },
                    };
                    state.external_accounts.insert(name, id);
                }
                Need::StageJobs(pipeline) => {
                    let counts = self.stage_jobs(&pipeline)?;
                    state.stage_jobs.insert(pipeline, counts);
                }
                Need::Version(key, version) => {
                    let compiled = self.catalogs.version(self.store, self.firm, &key, version)?;
                    versions.insert((key, version), compiled);
                }
            }
        }
        self.documents(wanted, state)
    }

    fn external(&self, index: IndexName, name: &ExternalRef) -> Result<Option<Document>, Error> {
        let scan = Scan::all(index, vec![Cell::Text(name.shared())], 1);
        Ok(self.store.scan(self.firm, &scan)?.into_iter().next().map(|hit| hit.record.document))
    }

    fn stage_jobs(&self, pipeline: &PipelineKey) -> Result<BTreeMap<StageKey, i64>, Error> {
        let tallies = self.store.tallies(self.firm, pipeline)?;
        let mut counts: BTreeMap<StageKey, i64> =
            tallies.into_iter().map(|(stage, tally)| (stage, tally.jobs)).collect();
        for (stage, jobs) in self.overlay.and_then(|overlay| overlay.jobs.get(pipeline)).into_iter().flatten() {
            let count = counts.entry(stage.clone()).or_default();
            *count = count.saturating_add(*jobs);
        }
        Ok(counts)
    }

    /// Loads documents, and those that a decision about them asks for next: a task's job, a job's
    /// account.
    fn documents(&self, mut wanted: Vec<DocId>, state: &mut State) -> Result<(), Error> {
        while !wanted.is_empty() {
            wanted.retain(|id| !state.has(id));
            if wanted.len() > 1 {
                wanted.sort_unstable();
                wanted.dedup();
            }
            let records = self.get(&wanted)?;
            let mut further = Vec::new();
            for (id, record) in wanted.iter().zip(records) {
                if let Some(record) = &record {
                    related(&record.document, &mut further);
                }
                state.load(id, record);
            }
            wanted = further;
        }
        Ok(())
    }

    fn get(&self, ids: &[DocId]) -> Result<Vec<Option<Record>>, Error> {
        let Some(overlay) = self.overlay.filter(|overlay| !overlay.documents.is_empty()) else {
            return Ok(if ids.is_empty() { Vec::new() } else { self.store.get(self.firm, ids)? });
        };
        let unknown: Vec<DocId> = ids.iter().filter(|id| !overlay.documents.contains_key(*id)).cloned().collect();
        let mut stored = match unknown.is_empty() {
            true => Vec::new(),
            false => self.store.get(self.firm, &unknown)?,
        }
        .into_iter();
        let record = |id: &DocId| match overlay.documents.get(id) {
            Some(record) => record.clone(),
            None => stored.next().flatten(),
        };
        Ok(ids.iter().map(record).collect())
    }
}

/// Records that a decision about a document looks at as well.
fn related(document: &Document, wanted: &mut Vec<DocId>) {
    match document {
        Document::Task(task) => {
            wanted.extend(task.job.map(DocId::Job));
            wanted.extend(task.account.map(DocId::Account));
        }
        Document::Job(job) => wanted.push(DocId::Account(job.account)),
        Document::Item(item) => wanted.extend(item.jobs.first().copied().map(DocId::Job)),
        _ => {}
    }
}

/// The records that a command names.
fn named(command: &Command, wanted: &mut Vec<DocId>) {
    match command {
        Command::CreateJob(new) => {
            wanted.extend(new.id.map(DocId::Job));
            wanted.push(DocId::Account(new.account));
        }
        Command::SaveAccount(record) => wanted.push(DocId::Account(record.id)),
        Command::TagAccount { account, .. } | Command::SetAccountField { account, .. } => {
            wanted.push(DocId::Account(*account));
        }
        Command::MoveJob(order) => wanted.push(DocId::Job(order.job)),
        Command::EditJob { job, .. }
        | Command::SetStatus { job, .. }
        | Command::AssignJob { job, .. }
        | Command::ResolveRoles { job }
        | Command::TagJob { job, .. }
        | Command::ArchiveJob { job, .. }
        | Command::DeleteJob { job }
        | Command::CommentJob { job, .. }
        | Command::PinJob { job, .. }
        | Command::ClearAttention { job, .. }
        | Command::RetryAction { job, .. }
        | Command::DismissAction { job, .. }
        | Command::FireAutomation { job, .. }
        | Command::EndWait { job, .. }
        | Command::SignalJob { job, .. }
        | Command::RejectNotification { job, .. } => wanted.push(DocId::Job(*job)),
        Command::AddJobDependency { job, on } | Command::RemoveJobDependency { job, on } => {
            wanted.extend([DocId::Job(*job), DocId::Job(*on)]);
        }
        Command::SetTaskState { task, .. }
        | Command::EditTask { task, .. }
        | Command::SetTaskDates { task, .. }
        | Command::AssignTask { task, .. }
        | Command::CheckTask { task, .. }
        | Command::SetChecklist { task, .. }
        | Command::UnlinkTask { task }
        | Command::DeleteTask { task } => wanted.push(DocId::Task(*task)),
        Command::AddTaskDependency { task, on } | Command::RemoveTaskDependency { task, on } => {
            wanted.extend([DocId::Task(*task), DocId::Task(*on)]);
        }
        Command::LinkTask { task, job } => wanted.extend([DocId::Task(*task), DocId::Job(*job)]),
        Command::ReportItem { item: ItemRef::Id(item), .. } => wanted.push(DocId::Item(*item)),
        Command::EditSeries { series, .. }
        | Command::SkipOccurrence { series, .. }
        | Command::PauseSeries { series, .. }
        | Command::EndSeries { series }
        | Command::AdvanceSeries { series } => wanted.push(DocId::Series(*series)),
        Command::RunOccurrence { series, accounts, .. } => {
            wanted.push(DocId::Series(*series));
            wanted.extend(accounts.iter().copied().map(DocId::Account));
        }
        Command::ChangeSeriesAccounts { series, add, .. } => {
            wanted.push(DocId::Series(*series));
            wanted.extend(add.iter().copied().map(DocId::Account));
        }
        Command::CreateSeries(new) => {
            wanted.extend(new.id.map(DocId::Series));
            wanted.extend(new.audience.accounts.iter().copied().map(DocId::Account));
        }
        Command::MakeOccurrence(order) => {
            let MakeOccurrence { series, account, turn, .. } = &**order;
            let id = OccurrenceId { period: turn.key.clone(), series: *series, account: *account };
            wanted.extend([DocId::Series(*series), DocId::Occurrence(Arc::new(id))]);
            wanted.extend(account.map(DocId::Account));
        }
        Command::React(reaction) => wanted.push(DocId::Job(reaction.job())),
        // The rest is asked for when it is needed.
        _ => {}
    }
}
