//! What a client sees.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::pager::{fingerprint, jobs};
use super::{Page, PageRequest, Queries};
use crate::error::Error;
use crate::event::Actor;
use crate::id::{AccountId, JobId};
use crate::model::{Job, JobStatus};
use crate::store::{Cell, IndexName, Scan};

/// A job as its client sees it, in client-facing words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClientJob {
    /// Its identifier.
    pub id: JobId,
    /// What it is called.
    pub name: Arc<str>,
    /// Where it stands: the client-facing status, or the status's or the stage's client-facing name.
    pub status: String,
    /// Whether it is finished.
    pub completed: bool,
}

impl Queries<'_> {
    /// The jobs of an account in client-facing words, newest first. A client asks for its own.
    ///
    /// # Errors
    /// [`crate::error::Rejection::Forbidden`] for another's account; else as [`Queries::jobs`].
    pub fn client_jobs(&self, account: AccountId, page: &PageRequest) -> Result<Page<ClientJob>, Error> {
        if let Actor::Client(own) = &self.actor
            && *own != account
        {
            self.for_the_firm()?;
        }
        let record = self.accounts_of([account])?.remove(&account);
        let mut scan = Scan::all(IndexName::JobAccounts, vec![Cell::Uuid(account.0)], 0);
        scan.descending = true;
        self.page(fingerprint(&("client", account)), &[vec![scan]], page, |hits| {
            let row = |job: &Arc<Job>| ClientJob {
                id: job.id,
                name: Arc::clone(&job.name),
                status: self.client_words(job),
                completed: job.status == JobStatus::Completed,
            };
            let shown = |job: &&Arc<Job>| {
                job.status != JobStatus::Archived
                    && (matches!(self.actor, Actor::Client(_)) || self.sees(job, record.as_deref()))
            };
            Ok(jobs(hits).into_iter().map(|job| job.filter(shown).map(row)).collect())
        })
    }

    fn client_words(&self, job: &Job) -> String {
        if let Some(text) = &job.client_status {
            return text.to_string();
        }
        let newest = self.catalog.newest(&job.pipeline);
        if let JobStatus::Custom(key) = &job.status
            && let Some(name) = newest.and_then(|newest| newest.status(key)?.client_name.clone())
        {
            return name;
        }
        let stage = newest.and_then(|newest| newest.stage_named(&job.stage)).map(|(_, stage)| stage);
        let name = stage.and_then(|stage| stage.client_name.clone().or_else(|| stage.name.clone()));
        name.unwrap_or_else(|| job.stage.to_string())
    }
}
