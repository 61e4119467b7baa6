//! One job in full.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::Queries;
use crate::error::{Error, Rejection};
use crate::id::JobId;
use crate::limits;
use crate::model::{Account, Comment, Item, Job, Tally, Task};
use crate::store::{Cell, DocId, Document, IndexName, Revision, Scan};

/// One job with everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobView {
    /// The job.
    pub job: Arc<Job>,
    /// Its revision.
    pub revision: Revision,
    /// Its account.
    pub account: Arc<Account>,
    /// What its pipeline is called.
    pub pipeline_name: String,
    /// What its stage is called.
    pub stage_name: String,
    /// Whether it is late.
    pub overdue: bool,
    /// What its present visit waits for.
    pub blockers: Tally,
    /// Its tasks, in the order they were linked.
    pub tasks: Vec<Arc<Task>>,
    /// Its items, in the order they were linked.
    pub items: Vec<Arc<Item>>,
    /// The first comments on it, oldest first; no more than [`limits::PAGE`].
    pub comments: Vec<Arc<Comment>>,
}

/// A job with its revision and its account.
type Known = (Revision, Arc<Job>, Arc<Account>);

impl Queries<'_> {
    /// A job that the actor may see, with its revision and its account; `None` when there is none.
    pub(super) fn seen_job(&self, id: JobId) -> Result<Option<Known>, Error> {
        self.for_the_firm()?;
        let record = self.store.get(self.firm, &[DocId::Job(id)])?.into_iter().flatten().next();
        let (revision, job) = match record.map(|record| (record.revision, record.document)) {
            Some((revision, Document::Job(job))) => (revision, job),
            _ => return Ok(None),
        };
        let account = self.accounts_of([job.account])?.remove(&job.account);
        let Some(account) = account else { return Err(Rejection::not_found("account", job.account).into()) };
        if !self.sees(&job, Some(&account)) {
            let why = "the job's pipeline is not open to you for this account".to_owned();
            return Err(Rejection::Forbidden(why).into());
        }
        Ok(Some((revision, job, account)))
    }

    /// One job in full.
    ///
    /// # Errors
    /// When there is no such job, the actor may not see it, or the store failed.
    pub fn job(&self, id: JobId) -> Result<JobView, Error> {
        let Some((revision, job, account)) = self.seen_job(id)? else {
            return Err(Rejection::not_found("job", id).into());
        };
        let tasks: Vec<DocId> = job.tasks.iter().map(|link| DocId::Task(link.task)).collect();
        let items: Vec<DocId> = job.items.iter().map(|link| DocId::Item(link.item)).collect();
        let task = |document| match document {
            Some(Document::Task(task)) => Some(task),
            _ => None,
        };
        let item = |document| match document {
            Some(Document::Item(item)) => Some(item),
            _ => None,
        };
        let scan = Scan::all(IndexName::Comments, vec![Cell::Uuid(id.0)], limits::PAGE);
        let comments = self.store.scan(self.firm, &scan)?.into_iter().filter_map(|hit| match hit.record.document {
            Document::Comment(comment) => Some(comment),
            _ => None,
        });
        let newest = self.catalog.newest(&job.pipeline);
        let stage = newest.and_then(|newest| newest.stage_named(&job.stage)).and_then(|(_, stage)| stage.name.clone());
        Ok(JobView {
            revision,
            pipeline_name: newest.map(|newest| newest.definition().name.clone()).unwrap_or_default(),
            stage_name: stage.unwrap_or_else(|| job.stage.to_string()),
            overdue: job.is_overdue(self.today),
            blockers: job.blockers(),
            tasks: self.documents(&tasks)?.into_iter().filter_map(task).collect(),
            items: self.documents(&items)?.into_iter().filter_map(item).collect(),
            comments: comments.collect(),
            account,
            job,
        })
    }
}
