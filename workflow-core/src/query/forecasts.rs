//! When jobs may be expected to be done.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::job_measures::{end_of, stays};
use super::pager::fingerprint;
use super::{JobQuery, Page, PageRequest, Queries};
use crate::error::Error;
use crate::id::{AccountId, JobId, PipelineKey, StageKey};
use crate::limits;
use crate::measure::Survival;
use crate::model::{Account, Job, JobStatus};

/// When a job may be expected to be done.
///
/// It is told by how long others of its pipeline took from where it is, in business hours; those that
/// are not done count as far as they have come. It says what is usual, and knows nothing of this job
/// but where it is and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct JobForecast {
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
    /// When the firm wants it done.
    pub due: Option<NaiveDate>,
    /// When the law wants it done.
    pub statutory: Option<NaiveDate>,
    /// When the law wants it done after an extension.
    pub extended: Option<NaiveDate>,
    /// What it is told by.
    pub basis: Basis,
    /// How many jobs it is told by.
    pub jobs: u64,
    /// How many of them were done.
    pub done: u64,
    /// How likely it is done by the end of the due date, 0 to 1. Absent without one, and when too few
    /// jobs were done to tell.
    pub before_due: Option<f64>,
    /// The same for the statutory date.
    pub before_statutory: Option<f64>,
    /// The same for the extended date.
    pub before_extended: Option<f64>,
    /// By when half of such jobs are done.
    pub p50: Option<DateTime<Utc>>,
    /// By when 85 of 100 are. Absent, as are the others, when that was never seen.
    pub p85: Option<DateTime<Utc>>,
    /// By when 95 of 100 are.
    pub p95: Option<DateTime<Utc>>,
}

/// What a forecast is told by: the first of these for which enough jobs were done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Jobs that were in this stage for at least as long as this one is.
    Age,
    /// Jobs that came into this stage, from when they did.
    Stage,
    /// Jobs that were in this pipeline for at least as long as this one is.
    Pipeline,
    /// Nothing: too few jobs were done.
    Nothing,
}

/// A job as others learn from it: when it came somewhere, and when it ended.
struct Past {
    job: JobId,
    /// How long it stayed, in seconds.
    stayed: i64,
    /// How long it took from when it came to when it ended, or to now.
    took: i64,
    /// Whether it ended.
    done: bool,
}

/// How the jobs of a pipeline went.
#[derive(Default)]
struct History {
    /// From when they came into the pipeline.
    whole: Vec<Past>,
    /// From when they first came into a stage.
    stages: BTreeMap<StageKey, Vec<Past>>,
}

impl Queries<'_> {
    /// When the open ones of a list of jobs may be expected to be done, and how likely that is before
    /// their deadlines. Of each pipeline it looks at the [`limits::FORECAST_JOBS`] jobs due last; a
    /// forecast is made when [`limits::FORECAST_LEAST`] of them tell something.
    ///
    /// # Errors
    /// As [`Queries::jobs`].
    pub fn forecasts(&self, query: &JobQuery, page: &PageRequest) -> Result<Page<JobForecast>, Error> {
        let mut histories: BTreeMap<PipelineKey, History> = BTreeMap::new();
        self.pages_of_jobs(fingerprint(&("forecasts", query)), query, page, |_, found| {
            let mut rows = Vec::with_capacity(found.len());
            for found in found {
                let Some((job, account)) = found.filter(|(job, _)| !job.status.is_finished()) else {
                    rows.push(None);
                    continue;
                };
                if !histories.contains_key(&job.pipeline) {
                    histories.insert(job.pipeline.clone(), self.history(&job.pipeline)?);
                }
                let history = histories.get(&job.pipeline);
                rows.push(history.map(|history| self.forecast(&job, account.as_deref(), history)));
            }
            Ok(rows)
        })
    }

    /// Seconds of business time from one instant to another.
    fn hours(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
        self.catalog.calendar().business_time_between(from, to).num_seconds()
    }

    fn history(&self, pipeline: &PipelineKey) -> Result<History, Error> {
        let mut history = History::default();
        if self.catalog.newest(pipeline).is_none() {
            return Ok(history);
        }
        self.each_job_of(pipeline, limits::FORECAST_JOBS, |job| {
            let (end, done) = (end_of(&job, self.now), job.completed.is_some());
            let past = |entered, left| Past {
                job: job.id,
                stayed: self.hours(entered, left),
                took: self.hours(entered, end),
                done,
            };
            let mut here = stays(&job, self.now).filter(|stay| stay.pipeline == pipeline).peekable();
            history.whole.extend(here.peek().map(|first| past(first.entered, end)));
            for stay in here.filter(|stay| !stay.again) {
                history.stages.entry(stay.stage.clone()).or_default().push(past(stay.entered, stay.left));
            }
            Ok(())
        })?;
        Ok(history)
    }

    fn forecast(&self, job: &Job, account: Option<&Account>, history: &History) -> JobForecast {
        let (basis, survival, jobs) = self.usual(job, history);
        let before = |day: Option<NaiveDate>| {
            let end = self.catalog.calendar().day_start(day?.succ_opt()?)?;
            let rest = self.hours(self.now, end);
            survival.as_ref().map(|survival| if end <= self.now { 0.0 } else { survival.done_within(rest) })
        };
        let until = |share| {
            let left = TimeDelta::try_seconds(survival.as_ref()?.until(share)?)?;
            self.catalog.calendar().add_business_time(self.now, left)
        };
        JobForecast {
            id: job.id,
            name: Arc::clone(&job.name),
            account: job.account,
            account_name: account.map(|account| account.name.clone()).unwrap_or_default(),
            pipeline: job.pipeline.clone(),
            stage: job.stage.clone(),
            status: job.status.clone(),
            due: job.due,
            statutory: job.statutory,
            extended: job.extended,
            basis,
            jobs,
            done: survival.as_ref().map_or(0, |survival| survival.ended() as u64),
            before_due: before(job.due),
            before_statutory: before(job.statutory),
            before_extended: before(job.extended),
            p50: until(0.5),
            p85: until(0.85),
            p95: until(0.95),
        }
    }

    /// What is left of such jobs, told by the closest of what is known that is enough.
    fn usual(&self, job: &Job, history: &History) -> (Basis, Option<Survival>, u64) {
        let here = history.stages.get(&job.stage).map(Vec::as_slice).unwrap_or_default();
        let age = job.visit().map_or(0, |visit| self.hours(visit.entered, self.now));
        let whole = stays(job, self.now).find(|stay| *stay.pipeline == job.pipeline);
        let since = whole.map_or(0, |stay| self.hours(stay.entered, self.now));
        // What is left for those others that took at least as long as this one has, once they had.
        let rest = |past: &[Past], long_enough: &dyn Fn(&Past) -> bool, age: i64| -> Vec<(i64, bool)> {
            let others = past.iter().filter(|past| past.job != job.id && long_enough(past));
            others.map(|past| (past.took.saturating_sub(age), past.done)).collect()
        };
        let candidates = [
            (Basis::Age, rest(here, &|past| past.stayed >= age, age)),
            (Basis::Stage, rest(here, &|_| true, 0)),
            (Basis::Pipeline, rest(&history.whole, &|past| past.took >= since, since)),
        ];
        for (basis, seen) in candidates {
            let count = seen.len() as u64;
            let survival = Survival::of(seen);
            if survival.ended() >= limits::FORECAST_LEAST {
                return (basis, Some(survival), count);
            }
        }
        (Basis::Nothing, None, 0)
    }
}
