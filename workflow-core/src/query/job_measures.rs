//! How long jobs took, each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::jobs::Seen;
use super::pager::fingerprint;
use super::{JobQuery, Page, PageRequest, Queries};
use crate::definition::Party;
use crate::error::Error;
use crate::id::{AccountId, JobId, PipelineKey, StageKey};
use crate::limits;
use crate::measure::{Course, Elapsed};
use crate::model::{Account, Job, JobStatus};
use crate::store::{Found, LogBy, LogScan, Logged, Read, Transact};

/// How long a job took, or has taken until now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JobMeasures {
    /// Its identifier.
    pub id: JobId,
    /// What it is called.
    pub name: Arc<str>,
    /// For whom.
    pub account: AccountId,
    /// What they are called.
    pub account_name: String,
    /// The pipeline it is in.
    pub pipeline: PipelineKey,
    /// The stage it is in.
    pub stage: StageKey,
    /// Its status.
    pub status: JobStatus,
    /// When it is due.
    pub due: Option<NaiveDate>,
    /// Whether it was completed after its due date, or is overdue.
    pub late: bool,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// When work on it began: a task of it was taken up or completed, or it left the stage that it was
    /// created in.
    pub started: Option<DateTime<Utc>>,
    /// When it was completed.
    pub completed: Option<DateTime<Utc>>,
    /// Lead time: from its creation until it was completed or put away; until now when it is open.
    pub lead: Elapsed,
    /// Cycle time: the same from when work on it began.
    pub cycle: Option<Elapsed>,
    /// How long it is in its stage, when it is open.
    pub age: Option<Elapsed>,
    /// How often it came into a stage that it had been in before.
    pub reentries: u32,
    /// How long it was in which stage, in the order it first came into them.
    pub stages: Vec<StageTime>,
    /// How long it had which status; completed and archived left out.
    pub statuses: Vec<StatusTime>,
    /// For how long it was whose turn.
    pub waiting: Vec<PartyTime>,
}

/// How long a job was in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StageTime {
    /// Of which pipeline.
    pub pipeline: PipelineKey,
    /// Which stage.
    pub stage: StageKey,
    /// How often it came in.
    pub visits: u32,
    /// How long it was there altogether.
    pub time: Elapsed,
}

/// How long a job had a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusTime {
    /// Which status.
    pub status: JobStatus,
    /// How long altogether.
    pub time: Elapsed,
}

/// For how long it was somebody's turn on a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartyTime {
    /// Whose turn.
    pub party: Party,
    /// For how long altogether.
    pub time: Elapsed,
}

/// A visit of a stage as it is measured.
pub(super) struct Stay<'a> {
    pub(super) pipeline: &'a PipelineKey,
    pub(super) stage: &'a StageKey,
    pub(super) entered: DateTime<Utc>,
    /// When it ended; when the job did, or now, for the last one.
    pub(super) left: DateTime<Utc>,
    /// Whether it goes on.
    pub(super) lasts: bool,
    /// Whether the job had been in the stage before.
    pub(super) again: bool,
}

/// When a job ended, or now: what is open is measured until now.
pub(super) fn end_of(job: &Job, now: DateTime<Utc>) -> DateTime<Utc> {
    job.completed.or(job.archived).unwrap_or(now).max(job.created)
}

/// A job's visits. Where it went after its end takes no time.
pub(super) fn stays(job: &Job, now: DateTime<Utc>) -> impl Iterator<Item = Stay<'_>> {
    let end = end_of(job, now);
    let mut pipeline = &job.pipeline;
    let mut seen = BTreeSet::new();
    job.visits.iter().map(move |visit| {
        pipeline = visit.pipeline.as_ref().unwrap_or(pipeline);
        let entered = visit.entered.min(end);
        let left = visit.left.map_or(end, |left| left.clamp(entered, end));
        let lasts = visit.left.is_none() && !job.status.is_finished();
        let again = !seen.insert((pipeline, &visit.stage));
        Stay { pipeline, stage: &visit.stage, entered, left, lasts, again }
    })
}

impl Queries<'_> {
    /// How long a list of jobs took, each: a row for every job that [`Queries::jobs`] would list. It
    /// reads what the log says of them, some dozens of entries for a job.
    ///
    /// # Errors
    /// As [`Queries::jobs`].
    pub fn job_measures(&self, query: &JobQuery, page: &PageRequest) -> Result<Page<JobMeasures>, Error> {
        self.pages_of_jobs(fingerprint(&("measures", query)), query, page, |_, rows| {
            let courses = self.courses(self.store, rows.iter().flatten().map(|(job, _)| &**job))?;
            let mut courses = courses.into_iter();
            let row = |found: Option<Seen>| {
                let (job, account) = found?;
                Some(self.measured(&job, account.as_deref(), courses.next()?))
            };
            Ok(rows.into_iter().map(row).collect())
        })
    }

    /// How these jobs' time went, in their order.
    pub(crate) fn courses<'j>(
        &self,
        store: &dyn Transact,
        jobs: impl IntoIterator<Item = &'j Job>,
    ) -> Result<Vec<Course<'_>>, Error> {
        let jobs: Vec<&Job> = jobs.into_iter().collect();
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let scan = |job: &Job| LogScan::new(LogBy::Job(job.id), limits::PAGE);
        let reads: Vec<Read> = jobs.iter().map(|job| Read::Log(scan(job))).collect();
        let mut courses = Vec::new();
        for (job, found) in jobs.into_iter().zip(store.read(self.firm, &reads)?) {
            let mut entries = match found {
                Found::Log(entries) => entries,
                _ => Vec::new(),
            };
            let mut course = Course::new(self.catalog.calendar(), job.id);
            let mut scan = scan(job);
            loop {
                entries.iter().for_each(|logged| course.follow(&logged.entry, |job| self.declared(job)));
                let full = |entries: &Vec<Logged>| entries.len() >= scan.limit;
                let Some(last) = entries.last().filter(|_| full(&entries)) else { break };
                scan.after = Some(last.position);
                entries = store.log(self.firm, &scan)?;
            }
            courses.push(course.ended(end_of(job, self.now)));
        }
        Ok(courses)
    }

    /// Whose turn it is, when the newest version of the job's pipeline says so of its status or stage.
    pub(super) fn declared(&self, job: &Job) -> Option<Party> {
        let newest = self.catalog.newest(&job.pipeline)?;
        let of_status = match &job.status {
            JobStatus::Custom(key) => newest.status(key).and_then(|status| status.waiting_for),
            _ => None,
        };
        let stages = &newest.definition().stages;
        of_status.or_else(|| stages.iter().find(|stage| stage.key == job.stage)?.waiting_for)
    }

    pub(crate) fn measured(&self, job: &Job, account: Option<&Account>, course: Course<'_>) -> JobMeasures {
        let calendar = self.catalog.calendar();
        let end = end_of(job, self.now);
        let open = !job.status.is_finished();
        let mut stages: Vec<StageTime> = Vec::new();
        let mut places: BTreeMap<(&PipelineKey, &StageKey), usize> = BTreeMap::new();
        let mut reentries = 0u32;
        for stay in stays(job, self.now) {
            reentries = reentries.saturating_add(u32::from(stay.again));
            let place = *places.entry((stay.pipeline, stay.stage)).or_insert(stages.len());
            let time = Elapsed::between(calendar, stay.entered, stay.left);
            match stages.get_mut(place) {
                Some(known) => {
                    known.visits = known.visits.saturating_add(1);
                    known.time = known.time.plus(time);
                }
                None => stages.push(StageTime {
                    pipeline: stay.pipeline.clone(),
                    stage: stay.stage.clone(),
                    visits: 1,
                    time,
                }),
            }
        }
        JobMeasures {
            id: job.id,
            name: Arc::clone(&job.name),
            account: job.account,
            account_name: account.map(|account| account.name.clone()).unwrap_or_default(),
            pipeline: job.pipeline.clone(),
            stage: job.stage.clone(),
            status: job.status.clone(),
            due: job.due,
            late: self.is_past_due(job),
            created: job.created,
            started: course.started,
            completed: job.completed,
            lead: Elapsed::between(calendar, job.created, end),
            cycle: course.started.map(|started| Elapsed::between(calendar, started, end)),
            age: job.visit().filter(|_| open).map(|visit| Elapsed::between(calendar, visit.entered, self.now)),
            reentries,
            stages,
            statuses: course.statuses.into_iter().map(|(status, time)| StatusTime { status, time }).collect(),
            waiting: course.waiting.into_iter().map(|(party, time)| PartyTime { party, time }).collect(),
        }
    }

    /// Whether a job was completed after the day it was due, or is overdue.
    pub(super) fn is_past_due(&self, job: &Job) -> bool {
        match job.completed {
            Some(at) => job.due.is_some_and(|due| self.catalog.calendar().civil_date(at) > due),
            None => job.is_overdue(self.today),
        }
    }
}
