//! A job as it was once.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::Queries;
use crate::error::{Error, Rejection};
use crate::id::{EntryId, JobId};
use crate::model::{Job, Task};
use crate::past::{History, Moment};
use crate::store::{LogPosition, Revision};

/// A moment of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// An instant.
    At(DateTime<Utc>),
    /// When everything up to this place of the log had happened, and nothing after it.
    Position(LogPosition),
}

/// A job as it was once.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobAt {
    /// The job as it was stored then.
    pub job: Arc<Job>,
    /// The revision that it had.
    pub revision: Revision,
    /// Its tasks as they were, in the order they were linked: those that the job's log tells of. A task
    /// that was made before it was linked is left out; what the job knew of it is in [`Job::tasks`].
    pub tasks: Vec<Arc<Task>>,
    /// When the last change before that moment happened.
    pub changed: DateTime<Utc>,
    /// The entry of that change.
    pub entry: EntryId,
    /// Its place in the log.
    pub position: LogPosition,
}

impl Queries<'_> {
    /// A job as it was at a moment, rebuilt from the log: equal to what was stored then.
    ///
    /// At an instant at which several commands were carried out, it is the job after the last of them.
    /// Who may see the job now may see what it was; a job that is deleted, those who see everything.
    ///
    /// # Errors
    /// [`Rejection::NotFound`] when the job was not created by then, [`Rejection::Refused`] with the rule
    /// `deleted` when it was deleted by then, those of [`Queries::job`],
    /// and when the store failed.
    pub fn job_at(&self, id: JobId, when: When) -> Result<JobAt, Error> {
        let stored = self.seen_job(id)?;
        if stored.is_none() && !self.sees_all() {
            return Err(Rejection::not_found("job", id).into());
        }
        let moment = match when {
            When::At(at) => Moment::Instant(at),
            When::Position(position) => Moment::Position(position),
        };
        let stored = stored.as_ref().map(|(revision, job, _)| (*revision, &**job));
        let history = History::of(self.store, self.firm, id)?;
        let Some(folded) = history.at(moment, stored)? else {
            return Err(Rejection::not_found("job", id).into());
        };
        match (folded.job, folded.by) {
            (Some(job), Some(by)) => Ok(JobAt {
                job,
                revision: folded.revision,
                tasks: folded.tasks,
                changed: by.entry.at,
                entry: by.entry.id,
                position: by.position,
            }),
            (None, Some(by)) => {
                let at = by.entry.at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
                let why = format!(
                    "the job was deleted at {at}, at place {} of the log; ask for an earlier moment",
                    by.position
                );
                Err(Rejection::refused("deleted", why).into())
            }
            _ => Err(Rejection::not_found("job", id).into()),
        }
    }
}
