//! What happened: the log as people read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pager::fingerprint;
use super::{Cursor, Page, PageRequest, Queries};
use crate::error::{Error, Rejection};
use crate::event::Event;
use crate::id::{AccountId, JobId, MemberId};
use crate::limits;
use crate::model::Job;
use crate::store::{Cell, DocId, Document, LogBy, LogPosition, LogScan, Logged};

/// Whose activity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityOf {
    /// The firm's.
    #[default]
    Firm,
    /// What happened to a job.
    Job(JobId),
    /// What happened to an account and its jobs.
    Account(AccountId),
    /// What a member did.
    Member(MemberId),
}

/// A list of what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ActivityQuery {
    /// Whose.
    pub of: ActivityOf,
    /// Oldest first, instead of newest first.
    pub oldest_first: bool,
}

impl Queries<'_> {
    /// What happened, newest first. Commands that changed nothing are not listed; what happened
    /// to jobs that the actor may not see is left out, and so is what happened to deleted jobs,
    /// except for those who see everything.
    ///
    /// # Errors
    /// When the cursor is not of this query, a limit is passed, or the store failed.
    pub fn activity(&self, query: &ActivityQuery, page: &PageRequest) -> Result<Page<Logged>, Error> {
        self.for_the_firm()?;
        page.check()?;
        let fingerprint = fingerprint(query);
        let mut after = match &page.after {
            None => None,
            Some(Cursor { query, last: Some((Cell::Int(position), _)), .. }) if *query == fingerprint => {
                Some(LogPosition(position.unsigned_abs()))
            }
            Some(_) => return Err(Rejection::invalid("after", "the cursor belongs to another query").into()),
        };
        let by = match &query.of {
            ActivityOf::Firm => LogBy::Firm,
            ActivityOf::Job(job) => LogBy::Job(*job),
            ActivityOf::Account(account) => LogBy::Account(*account),
            ActivityOf::Member(member) => LogBy::Member(*member),
        };
        let mut rows: Vec<Logged> = Vec::new();
        let mut looked_at = 0usize;
        let next = |position: LogPosition| {
            let position = i64::try_from(position.0).unwrap_or(i64::MAX);
            Some(Cursor { query: fingerprint, stretch: 0, last: Some((Cell::Int(position), Cell::Null)) })
        };
        loop {
            let limit = page.limit.saturating_sub(rows.len()).max(16);
            let scan = LogScan { by: by.clone(), after, descending: !query.oldest_first, limit };
            let found = self.store.log(self.firm, &scan)?;
            let ended = found.len() < limit;
            looked_at = looked_at.saturating_add(found.len());
            let seen = self.seen(&found)?;
            for (logged, seen) in found.into_iter().zip(seen) {
                if rows.len() == page.limit {
                    return Ok(Page { rows, next: after.and_then(next) });
                }
                after = Some(logged.position);
                if seen && !logged.entry.events.is_empty() {
                    rows.push(logged);
                }
            }
            if ended {
                return Ok(Page { rows, next: None });
            }
            if looked_at >= limits::SCAN {
                return Ok(Page { rows, next: after.and_then(next) });
            }
        }
    }

    /// Whether an event is of no pipeline, or of one that is open to the actor.
    pub(crate) fn may_read(&self, event: &Event) -> bool {
        match event {
            Event::PipelinePublished { definition, .. } => self.may_open(&definition.key),
            Event::PipelineArchived { pipeline, .. } | Event::AutomationSwitched { pipeline, .. } => {
                self.may_open(pipeline)
            }
            _ => true,
        }
    }

    /// Which entries the actor may see.
    pub(super) fn seen(&self, found: &[Logged]) -> Result<Vec<bool>, Error> {
        if self.sees_all() {
            return Ok(vec![true; found.len()]);
        }
        let mut wanted: Vec<DocId> = found.iter().filter_map(|logged| logged.entry.job.map(DocId::Job)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let job = |document| match document {
            Some(Document::Job(job)) => Some((job.id, job)),
            _ => None,
        };
        let jobs: BTreeMap<JobId, Arc<Job>> = self.documents(&wanted)?.into_iter().filter_map(job).collect();
        let accounts = self.accounts_of(jobs.values().map(|job| job.account))?;
        let seen = |logged: &Logged| match logged.entry.job {
            None => logged.entry.events.iter().all(|recorded| self.may_read(&recorded.event)),
            Some(id) => {
                jobs.get(&id).is_some_and(|job| self.sees(job, accounts.get(&job.account).map(|account| &**account)))
            }
        };
        Ok(found.iter().map(seen).collect())
    }
}
