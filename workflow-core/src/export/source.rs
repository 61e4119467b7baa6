//! Where an export reads: what the actor may see, some records at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::ExportQuery;
use crate::error::Error;
use crate::id::{AccountId, JobId, PipelineKey, StageKey, StatusKey};
use crate::model::{Account, Job};
use crate::query::Queries;
use crate::store::{
    Cell, DocId, Document, Found, Hit, IndexName, LogBy, LogPosition, LogScan, Logged, Read, Scan, Transact,
};

/// Accounts whose first jobs are read in one go.
const ACCOUNTS_AT_ONCE: usize = 32;
/// Jobs of one account that are read in one go.
const JOBS_AT_ONCE: usize = 32;
/// Jobs whose first entries are read in one go.
pub(super) const HISTORIES_AT_ONCE: usize = 16;
/// Entries of the log that are read in one go.
pub(super) const ENTRIES_AT_ONCE: usize = 200;

/// What an export goes by.
pub(super) struct Source<'s> {
    pub(super) queries: &'s Queries<'s>,
    pub(super) store: &'s dyn Transact,
    pub(super) query: &'s ExportQuery,
    /// The end of the log when the export began. What comes later may be about records that were not
    /// there when they were listed.
    last: Option<LogPosition>,
}

/// What a walk comes upon.
pub(super) enum Step<'w> {
    /// An account.
    Account(&'w Account),
    /// Some jobs of it.
    Jobs(&'w Account, &'w [Arc<Job>]),
}

/// The place in an index behind some rows.
pub(super) fn behind(hits: &[Hit]) -> Option<(Cell, Cell)> {
    hits.last().map(|hit| (hit.sort.clone(), hit.record.document.id().cell()))
}

impl<'s> Source<'s> {
    pub(super) fn new(
        queries: &'s Queries<'s>,
        store: &'s dyn Transact,
        query: &'s ExportQuery,
    ) -> Result<Self, Error> {
        let newest = LogScan { descending: true, ..LogScan::new(LogBy::Firm, 1) };
        let last = store.log(queries.firm, &newest)?.first().map(|logged| logged.position);
        Ok(Self { queries, store, query, last })
    }

    /// Whether an instant is within the days asked for.
    pub(super) fn covers(&self, at: DateTime<Utc>) -> bool {
        if self.query.from.is_none() && self.query.to.is_none() {
            return true;
        }
        let day = self.queries.catalog.calendar().civil_date(at);
        self.query.from.is_none_or(|from| day >= from) && self.query.to.is_none_or(|to| day <= to)
    }

    /// Whether a job belongs to the export: it is in the pipeline asked for, and the actor sees it.
    pub(super) fn takes(&self, job: &Job, account: Option<&Account>) -> bool {
        self.query.pipeline.as_ref().is_none_or(|pipeline| *pipeline == job.pipeline) && self.queries.sees(job, account)
    }

    /// Documents by key, those that are there.
    pub(super) fn documents(&self, mut ids: Vec<DocId>) -> Result<Vec<Document>, Error> {
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let records = self.store.get(self.queries.firm, &ids)?;
        Ok(records.into_iter().flatten().map(|record| record.document).collect())
    }

    /// Accounts by identifier, those that are there.
    pub(super) fn accounts(
        &self,
        ids: impl IntoIterator<Item = AccountId>,
    ) -> Result<BTreeMap<AccountId, Arc<Account>>, Error> {
        let found = self.documents(ids.into_iter().map(DocId::Account).collect())?;
        let account = |document| match document {
            Document::Account(account) => Some((account.id, account)),
            _ => None,
        };
        Ok(found.into_iter().filter_map(account).collect())
    }

    /// The rows of an index, page after page.
    pub(super) fn each_page(
        &self,
        index: IndexName,
        partition: Vec<Cell>,
        limit: usize,
        each: &mut dyn FnMut(&[Hit]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut scan = Scan::all(index, partition, limit);
        loop {
            let hits = self.store.scan(self.queries.firm, &scan)?;
            each(&hits)?;
            if hits.len() < scan.limit {
                return Ok(());
            }
            scan.after = behind(&hits);
        }
    }

    /// Goes through the accounts by name and the jobs of each by creation: the order that changes least
    /// while the firm is worked on. Where a pipeline is asked for, accounts without a job in it are
    /// passed over.
    pub(super) fn walk(&self, each: &mut dyn FnMut(Step<'_>) -> Result<(), Error>) -> Result<(), Error> {
        self.each_page(IndexName::Accounts, Vec::new(), ACCOUNTS_AT_ONCE, &mut |hits| {
            let account = |hit: &Hit| match &hit.record.document {
                Document::Account(account) => Some(Arc::clone(account)),
                _ => None,
            };
            let accounts: Vec<Arc<Account>> = hits.iter().filter_map(account).collect();
            let scan = |account: &Arc<Account>| {
                Scan::all(IndexName::JobAccounts, vec![Cell::Uuid(account.id.0)], JOBS_AT_ONCE)
            };
            let reads: Vec<Read> = accounts.iter().map(|account| Read::Scan(scan(account))).collect();
            let found = self.store.read(self.queries.firm, &reads)?;
            for (account, found) in accounts.iter().zip(found) {
                let first = match found {
                    Found::Hits(hits) => hits,
                    _ => Vec::new(),
                };
                self.walk_account(account, scan(account), first, each)?;
            }
            Ok(())
        })
    }

    fn walk_account(
        &self,
        account: &Account,
        mut scan: Scan,
        mut hits: Vec<Hit>,
        each: &mut dyn FnMut(Step<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut told = self.query.pipeline.is_none();
        if told {
            each(Step::Account(account))?;
        }
        loop {
            let job = |hit: &Hit| match &hit.record.document {
                Document::Job(job) => self.takes(job, Some(account)).then(|| Arc::clone(job)),
                _ => None,
            };
            let jobs: Vec<Arc<Job>> = hits.iter().filter_map(job).collect();
            if !jobs.is_empty() {
                if !std::mem::replace(&mut told, true) {
                    each(Step::Account(account))?;
                }
                each(Step::Jobs(account, &jobs))?;
            }
            if hits.len() < scan.limit {
                return Ok(());
            }
            scan.after = behind(&hits);
            hits = self.store.scan(self.queries.firm, &scan)?;
        }
    }

    /// The first entries of the log about each of some jobs, in their order.
    pub(super) fn first_entries(&self, jobs: &[Arc<Job>]) -> Result<Vec<Vec<Logged>>, Error> {
        let scan = |job: &Arc<Job>| Read::Log(LogScan::new(LogBy::Job(job.id), ENTRIES_AT_ONCE));
        let found = self.store.read(self.queries.firm, &jobs.iter().map(scan).collect::<Vec<_>>())?;
        let entries = |found| match found {
            Found::Log(entries) => entries,
            _ => Vec::new(),
        };
        Ok(found.into_iter().map(entries).collect())
    }

    /// Goes through the entries about a job, page after page, beginning with those that are read.
    pub(super) fn each_entry_of(
        &self,
        job: JobId,
        first: Vec<Logged>,
        each: &mut dyn FnMut(&[Logged]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.each_entries(LogScan::new(LogBy::Job(job), ENTRIES_AT_ONCE), first, each)
    }

    /// Goes through the entries of the firm, page after page.
    pub(super) fn each_entry(&self, each: &mut dyn FnMut(&[Logged]) -> Result<(), Error>) -> Result<(), Error> {
        let scan = LogScan::new(LogBy::Firm, ENTRIES_AT_ONCE);
        let first = self.store.log(self.queries.firm, &scan)?;
        self.each_entries(scan, first, each)
    }

    fn each_entries(
        &self,
        mut scan: LogScan,
        mut entries: Vec<Logged>,
        each: &mut dyn FnMut(&[Logged]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        loop {
            let full = entries.len() >= scan.limit;
            scan.after = entries.last().map(|logged| logged.position);
            let ended = scan.after > self.last;
            entries.retain(|logged| Some(logged.position) <= self.last);
            each(&entries)?;
            if !full || ended {
                return Ok(());
            }
            entries = self.store.log(self.queries.firm, &scan)?;
        }
    }

    /// What a stage is called, by the newest version of its pipeline. Two that are called alike go by
    /// their keys too.
    pub(super) fn stage_name(&self, pipeline: &PipelineKey, stage: &StageKey) -> String {
        let Some(newest) = self.queries.catalog.newest(pipeline) else { return stage.to_string() };
        let named = |key: &StageKey| newest.stage_named(key).and_then(|(_, stage)| stage.name.as_deref());
        let Some(name) = named(stage) else { return stage.to_string() };
        let called_so = |other: &&crate::definition::Stage| other.name.as_deref() == Some(name);
        match newest.definition().stages.iter().filter(called_so).count() {
            0 | 1 => name.to_owned(),
            _ => format!("{name} ({stage})"),
        }
    }

    /// What a custom status is called, by the newest version of its pipeline.
    pub(super) fn status_name(&self, pipeline: &PipelineKey, status: &StatusKey) -> String {
        let found = self.queries.catalog.newest(pipeline).and_then(|newest| newest.status(status));
        found.and_then(|found| found.name.clone()).unwrap_or_else(|| status.to_string())
    }

    /// What a pipeline is called.
    pub(super) fn pipeline_name(&self, pipeline: &PipelineKey) -> String {
        let newest = self.queries.catalog.newest(pipeline);
        newest.map_or_else(|| pipeline.to_string(), |newest| newest.definition().name.clone())
    }
}

/// The pipeline of the stage that a job entered at an instant.
pub(super) fn pipeline_entered<'j>(job: &'j Job, at: DateTime<Utc>, stage: &StageKey) -> &'j PipelineKey {
    let mut pipeline = &job.pipeline;
    for visit in &job.visits {
        pipeline = visit.pipeline.as_ref().unwrap_or(pipeline);
        if visit.entered == at && visit.stage == *stage {
            return pipeline;
        }
    }
    &job.pipeline
}
