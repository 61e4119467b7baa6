//! Loads what a decision asks for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::catalogs::Catalogs;
use super::seal::Seals;
use super::session::Known;
use crate::command::{Command, ItemRef, MakeOccurrence, Request};
use crate::compile::Compiled;
use crate::decide::Need;
use crate::error::{Error, StoreError};
use crate::id::{AccountId, ExternalRef, FirmId, IdempotencyKey, ItemId, PipelineKey, StageKey};
use crate::model::OccurrenceId;
use crate::state::State;
use crate::store::{
    Batch, Cell, DocId, Document, Found, IndexName, LogBy, LogScan, Logged, Read, Record, Scan, StageTally, Transact,
};

/// Reads records for decisions, over what earlier decisions of the same commit have changed.
pub(super) struct Loader<'a> {
    pub(super) store: &'a dyn Transact,
    pub(super) catalogs: &'a Catalogs,
    pub(super) firm: FirmId,
    pub(super) known: Known<'a>,
}

/// What decisions have changed that may not be committed yet.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    documents: FxHashMap<DocId, Option<Record>>,
    /// Items by what the host calls them now; names that are no item's any more.
    items: FxHashMap<ExternalRef, Option<ItemId>>,
    /// The same of accounts.
    accounts: FxHashMap<ExternalRef, Option<AccountId>>,
    jobs: RefCell<FxHashMap<PipelineKey, StageJobs>>,
}

/// How many jobs the stages of a pipeline hold by now, once the store was asked; until then, by how
/// many that has changed since what the store counts.
#[derive(Debug, Default)]
struct StageJobs {
    jobs: BTreeMap<StageKey, i64>,
    counted: bool,
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
        let jobs = self.jobs.get_mut();
        for delta in &batch.tallies {
            let stages = jobs.entry(delta.pipeline.clone()).or_default();
            let jobs = stages.jobs.entry(delta.stage.clone()).or_default();
            *jobs = jobs.saturating_add(delta.by.jobs);
        }
    }

    /// How many jobs the stages of a pipeline hold, if the store was asked already.
    fn counted(&self, pipeline: &PipelineKey) -> Option<BTreeMap<StageKey, i64>> {
        self.jobs.borrow().get(pipeline).filter(|stages| stages.counted).map(|stages| stages.jobs.clone())
    }

    /// Notes that the store counts everything that was decided.
    fn caught_up(&self) {
        self.jobs.borrow_mut().retain(|_, stages| stages.counted);
    }

    /// Takes in what the store counts, and answers it with what has changed since.
    fn count(&self, pipeline: &PipelineKey, counts: BTreeMap<StageKey, i64>) -> BTreeMap<StageKey, i64> {
        let mut jobs = self.jobs.borrow_mut();
        let stages = jobs.entry(pipeline.clone()).or_default();
        for (stage, count) in counts {
            let jobs = stages.jobs.entry(stage).or_default();
            *jobs = jobs.saturating_add(count);
        }
        stages.counted = true;
        stages.jobs.clone()
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

/// What is read for commands that come next, before any of them is decided.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    documents: FxHashMap<DocId, Option<Record>>,
    items: FxHashMap<ExternalRef, Option<ItemId>>,
    keys: FxHashMap<IdempotencyKey, Option<Logged>>,
}

impl Ahead {
    /// Reads what requests name, all together.
    pub(super) fn read<'a>(
        store: &dyn Transact,
        firm: FirmId,
        requests: impl Iterator<Item = &'a Request>,
        overlay: &Overlay,
    ) -> Result<Self, StoreError> {
        let (mut ahead, mut wanted) = (Self::default(), Vec::new());
        let (mut keys, mut names) = (Vec::new(), BTreeSet::new());
        for request in requests {
            named(&request.command, &mut wanted);
            keys.extend(request.key.clone());
            if let Command::ReportItem { item: ItemRef::External(name), .. } = &request.command
                && !overlay.items.contains_key(name)
            {
                names.insert(name.clone());
            }
        }
        let mut reads: Vec<Read> = keys.iter().map(|key| Read::Log(LogScan::new(LogBy::Key(key.clone()), 1))).collect();
        reads.extend(names.iter().map(|name| external(IndexName::ItemExternal, name)));
        let (mut keys, mut names) = (keys.into_iter(), names.into_iter());
        loop {
            wanted.retain(|id| !overlay.documents.contains_key(id) && !ahead.documents.contains_key(id));
            wanted.sort_unstable();
            wanted.dedup();
            if !wanted.is_empty() {
                reads.push(Read::Documents(std::mem::take(&mut wanted)));
            }
            if reads.is_empty() {
                return Ok(ahead);
            }
            for found in store.read(firm, &std::mem::take(&mut reads))? {
                match found {
                    Found::Documents(records) => {
                        for (id, record) in records {
                            ahead.keep(id, record, &mut wanted);
                        }
                    }
                    Found::Hits(hits) => {
                        let record = hits.into_iter().next().map(|hit| hit.record);
                        let id = record.as_ref().and_then(item_of);
                        ahead.items.extend(names.next().map(|name| (name, id)));
                        if let (Some(id), record) = (id, record) {
                            ahead.keep(DocId::Item(id), record, &mut wanted);
                        }
                    }
                    Found::Log(logged) => {
                        ahead.keys.extend(keys.next().map(|key| (key, logged.into_iter().next())));
                    }
                    Found::Tallies(_) => {}
                }
            }
        }
    }

    fn keep(&mut self, id: DocId, record: Option<Record>, further: &mut Vec<DocId>) {
        further.extend(record.iter().flat_map(|record| record.document.owners()));
        self.documents.insert(id, record);
    }

    /// What the log has under a key. `None` when that was not looked up.
    pub(super) fn logged(&self, key: &IdempotencyKey) -> Option<Option<Logged>> {
        self.keys.get(key).cloned()
    }
}

fn external(index: IndexName, name: &ExternalRef) -> Read {
    Read::Scan(Scan::all(index, vec![Cell::Text(name.shared())], 1))
}

fn item_of(record: &Record) -> Option<ItemId> {
    match &record.document {
        Document::Item(item) => Some(item.id),
        _ => None,
    }
}

/// What is to be read in one go.
#[derive(Default)]
struct Wanted {
    documents: Vec<DocId>,
    items: Vec<ExternalRef>,
    accounts: Vec<ExternalRef>,
    tallies: Vec<PipelineKey>,
}

impl Loader<'_> {
    /// Loads what a command names, before it is asked for.
    pub(super) fn prefetch(&self, command: &Command, state: &mut State) -> Result<(), Error> {
        let mut wanted = Wanted::default();
        match command {
            Command::Bulk { commands, .. } => {
                commands.iter().for_each(|command| named(command, &mut wanted.documents));
            }
            Command::ReportItem { item: ItemRef::External(name), .. } => {
                self.want_item(name.clone(), state, &mut wanted);
            }
            command => named(command, &mut wanted.documents),
        }
        self.load(wanted, state)
    }

    /// Loads what a decision asked for.
    pub(super) fn fill(
        &self,
        needs: BTreeSet<Need>,
        state: &mut State,
        versions: &mut BTreeMap<(PipelineKey, u32), Arc<Compiled>>,
    ) -> Result<(), Error> {
        let mut wanted = Wanted::default();
        for need in needs {
            match need {
                Need::Document(id) => wanted.documents.push(id),
                Need::ExternalItem(name) => self.want_item(name, state, &mut wanted),
                Need::ExternalAccount(name) => {
                    match self.known.overlay.and_then(|overlay| overlay.accounts.get(&name)).copied() {
                        Some(id) => drop(state.external_accounts.insert(name, id)),
                        None => wanted.accounts.push(name),
                    }
                }
                Need::StageJobs(pipeline) => match self.known.overlay.and_then(|overlay| overlay.counted(&pipeline)) {
                    Some(counts) => drop(state.stage_jobs.insert(pipeline, counts)),
                    None => wanted.tallies.push(pipeline),
                },
                Need::Undoing(entry) => state.undoing = Some(Arc::new(self.undoing(entry, state)?)),
                Need::Seal => {
                    state.next_seal = Some(Seals { store: self.store, firm: self.firm }.next()?.map(Arc::new))
                }
                Need::Version(key, version) => {
                    let compiled = self.catalogs.version(self.store, self.firm, &key, version)?;
                    versions.insert((key, version), compiled);
                }
            }
        }
        self.load(wanted, state)
    }

    /// An item by what the host calls it: known already, or to be looked up.
    fn want_item(&self, name: ExternalRef, state: &mut State, wanted: &mut Wanted) {
        let decided = self.known.overlay.and_then(|overlay| overlay.items.get(&name));
        match decided.or_else(|| self.known.ahead?.items.get(&name)).copied() {
            Some(id) => {
                wanted.documents.extend(id.map(DocId::Item));
                state.external_items.insert(name, id);
            }
            None => wanted.items.push(name),
        }
    }

    /// A document that earlier decisions of the same commit wrote, or that was read for several.
    fn known(&self, id: &DocId) -> Option<&Option<Record>> {
        let decided = self.known.overlay.and_then(|overlay| overlay.documents.get(id));
        decided.or_else(|| self.known.ahead?.documents.get(id))
    }

    /// Loads documents by key, and their owners.
    pub(super) fn load_documents(&self, documents: Vec<DocId>, state: &mut State) -> Result<(), Error> {
        self.load(Wanted { documents, ..Wanted::default() }, state)
    }

    /// Loads what is wanted, and the owners of documents: a task's job, a job's account.
    fn load(&self, mut wanted: Wanted, state: &mut State) -> Result<(), Error> {
        loop {
            let Wanted { mut documents, items, accounts, tallies } = std::mem::take(&mut wanted);
            let mut reads = Vec::new();
            documents.retain(|id| !state.has(id));
            if documents.len() > 1 {
                documents.sort_unstable();
                documents.dedup();
            }
            documents.retain(|id| match self.known(id) {
                Some(record) => {
                    keep(id, record.clone(), state, &mut wanted.documents);
                    false
                }
                None => true,
            });
            if !documents.is_empty() {
                reads.push(Read::Documents(documents));
            }
            reads.extend(items.iter().map(|name| external(IndexName::ItemExternal, name)));
            reads.extend(accounts.iter().map(|name| external(IndexName::AccountExternal, name)));
            reads.extend(tallies.iter().cloned().map(Read::Tallies));
            if reads.is_empty() && wanted.documents.is_empty() {
                return Ok(());
            }
            if reads.is_empty() {
                continue;
            }
            // What the store counts is to have all that was decided in it, or nothing.
            if let (false, Some(overlay), Some(committer)) =
                (tallies.is_empty(), self.known.overlay, self.known.committer)
                && committer.catch_up()
            {
                overlay.caught_up();
            }
            let (mut items, mut accounts, mut tallies) = (items.into_iter(), accounts.into_iter(), tallies.into_iter());
            for found in self.store.read(self.firm, &reads)? {
                match found {
                    Found::Documents(records) => {
                        for (id, record) in records {
                            self.take(&id, record, state, &mut wanted.documents);
                        }
                    }
                    Found::Hits(hits) => {
                        let record = hits.into_iter().next().map(|hit| hit.record);
                        match items.next() {
                            Some(name) => {
                                let id = record.as_ref().and_then(item_of);
                                if let Some(id) = id {
                                    self.take(&DocId::Item(id), record, state, &mut wanted.documents);
                                }
                                state.external_items.insert(name, id);
                            }
                            None => state.external_accounts.extend(accounts.next().map(|name| {
                                let account = match record.map(|record| record.document) {
                                    Some(Document::Account(account)) => Some(account.id),
                                    _ => None,
                                };
                                (name, account)
                            })),
                        }
                    }
                    Found::Tallies(counts) => state
                        .stage_jobs
                        .extend(tallies.next().map(|pipeline| (pipeline.clone(), self.stage_jobs(&pipeline, counts)))),
                    Found::Log(_) => {}
                }
            }
        }
    }

    /// Takes in what the store answered, unless it is older than what is known.
    fn take(&self, id: &DocId, record: Option<Record>, state: &mut State, further: &mut Vec<DocId>) {
        if !state.has(id) {
            let decided = self.known.overlay.and_then(|overlay| overlay.documents.get(id)).cloned();
            keep(id, decided.unwrap_or(record), state, further);
        }
    }

    fn stage_jobs(&self, pipeline: &PipelineKey, counts: Vec<(StageKey, StageTally)>) -> BTreeMap<StageKey, i64> {
        let counts = counts.into_iter().map(|(stage, tally)| (stage, tally.jobs)).collect();
        match self.known.overlay {
            Some(overlay) => overlay.count(pipeline, counts),
            None => counts,
        }
    }
}

/// Takes a document in, and notes those that a decision about it reads as well.
fn keep(id: &DocId, record: Option<Record>, state: &mut State, further: &mut Vec<DocId>) {
    further.extend(record.iter().flat_map(|record| record.document.owners()));
    state.load(id, record);
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
