//! How a job's time went: told from what its log says of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Elapsed;
use crate::apply::apply_entry;
use crate::calendar::FirmCalendar;
use crate::definition::Party;
use crate::event::Entry;
use crate::id::JobId;
use crate::model::{ItemProgress, Job, JobStatus, TaskState};
use crate::state::State;

/// How a job's time went, as far as its entries of the log were followed.
///
/// Its entries are folded as its record was, so that what counts at an instant is what was so then.
pub(crate) struct Course<'a> {
    calendar: &'a FirmCalendar,
    job: JobId,
    state: State,
    /// Since when it is in this status, and whose turn it is. None while it is finished.
    present: Option<(DateTime<Utc>, JobStatus, Party)>,
    /// When work on it began: a task was taken up, or it left the stage that it was created in.
    pub(crate) started: Option<DateTime<Utc>>,
    /// How long it was in which status, completed and archived left out.
    pub(crate) statuses: BTreeMap<JobStatus, Elapsed>,
    /// For how long it waited for whom, while it was not finished.
    pub(crate) waiting: BTreeMap<Party, Elapsed>,
}

impl<'a> Course<'a> {
    /// Of a job whose entries are to be followed.
    pub(crate) fn new(calendar: &'a FirmCalendar, job: JobId) -> Self {
        Self {
            calendar,
            job,
            state: State::default(),
            present: None,
            started: None,
            statuses: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// Goes on with the next entry. `declared` tells whose turn the job's status or stage says it is.
    pub(crate) fn follow(&mut self, entry: &Entry, declared: impl Fn(&Job) -> Option<Party>) {
        apply_entry(&mut self.state, entry);
        let now = self.state.job(self.job).and_then(|job| {
            if self.started.is_none() && has_begun(job) {
                self.started = Some(entry.at);
            }
            let party = declared(job).unwrap_or_else(|| party(job));
            (!job.status.is_finished()).then(|| (job.status.clone(), party))
        });
        let same = match (&self.present, &now) {
            (Some((_, status, party)), Some(now)) => (status, party) == (&now.0, &now.1),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.until(entry.at);
            self.present = now.map(|(status, party)| (entry.at, status, party));
        }
    }

    /// Closes the present stretch.
    fn until(&mut self, at: DateTime<Utc>) {
        if let Some((since, status, party)) = self.present.take() {
            let elapsed = Elapsed::between(self.calendar, since, at);
            let sum = self.statuses.entry(status).or_default();
            *sum = sum.plus(elapsed);
            let sum = self.waiting.entry(party).or_default();
            *sum = sum.plus(elapsed);
        }
    }

    /// Ends it at an instant.
    pub(crate) fn ended(mut self, at: DateTime<Utc>) -> Self {
        self.until(at);
        self
    }
}

fn has_begun(job: &Job) -> bool {
    job.visits.len() > 1
        || job.tasks.iter().any(|link| matches!(link.state, TaskState::InProgress | TaskState::Completed))
}

/// Whose turn it is on a job, by what its present visit and its status wait for: the firm's while it
/// has a task to do, the client's when only items are open. A declined item is the firm's to settle.
pub(crate) fn party(job: &Job) -> Party {
    let (visit, round) = (job.visit_number(), Some(job.status_round));
    let task = job.tasks.iter().any(|link| {
        (link.origin.visit == visit || link.origin.status_round == round)
            && matches!(link.state, TaskState::Planned | TaskState::InProgress)
    });
    let mut items = job
        .items
        .iter()
        .filter(|link| link.origin.visit == visit || link.origin.status_round == round)
        .map(|link| link.progress);
    let declined = items.clone().any(|progress| progress == ItemProgress::Declined);
    if !task && !declined && items.any(|progress| progress == ItemProgress::Open) { Party::Client } else { Party::Firm }
}
