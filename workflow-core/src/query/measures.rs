//! How the jobs of a pipeline went through it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::job_measures::{end_of, stays};
use super::weeks::monday;
use super::{JobQuery, JobScope, Queries, check_days};
use crate::definition::{Party, is_default};
use crate::error::Error;
use crate::id::{PipelineKey, StageKey};
use crate::limits;
use crate::measure::{Elapsed, Spread};
use crate::model::{Job, JobStatus};

/// Jobs whose log is read in one go.
const AT_ONCE: usize = 100;

/// What is measured of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasuresQuery {
    /// Of which pipeline.
    pub pipeline: PipelineKey,
    /// From this day.
    pub from: NaiveDate,
    /// To this day, which is part of it.
    pub to: NaiveDate,
    /// In what steps throughput is counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub by: Interval,
}

/// A step of the calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// A day.
    Day,
    /// A week, from Monday.
    #[default]
    Week,
    /// A month.
    Month,
}

impl Interval {
    /// The first day of the one that a day is in.
    fn first(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Week => monday(day),
            Self::Month => day.with_day(1).unwrap_or(day),
        }
    }

    /// The first day of the one after.
    fn next(self, day: NaiveDate) -> Option<NaiveDate> {
        let first = self.first(day);
        match self {
            Self::Day => first.succ_opt(),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
        }
    }
}

/// How the jobs that are in a pipeline now, archived ones too, went through it in a stretch of days.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Measures {
    /// Of which pipeline.
    pub pipeline: PipelineKey,
    /// From this day.
    pub from: NaiveDate,
    /// To this day, which is part of it.
    pub to: NaiveDate,
    /// Jobs that were looked at.
    pub jobs: u64,
    /// Whether there are more, which are not in the numbers.
    pub more: bool,
    /// Jobs created in the stretch.
    pub created: u64,
    /// Jobs completed in the stretch.
    pub completed: u64,
    /// The same by step of the calendar: every step, also those in which nothing happened.
    pub throughput: Vec<Throughput>,
    /// Lead time of the jobs completed: from creation to completion.
    pub lead: Spread,
    /// Cycle time of the jobs completed: from when work began to completion.
    pub cycle: Spread,
    /// Jobs completed that had a due date.
    pub completed_with_due: u64,
    /// Those of them that were completed after it.
    pub completed_late: u64,
    /// The share of these, 0 to 1. Absent when none had a due date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_rate: Option<f64>,
    /// Jobs that are open now.
    pub open: u64,
    /// Those of them that are overdue.
    pub open_late: u64,
    /// How old the open ones are, since their creation.
    pub age: Spread,
    /// Jobs completed that came into a stage that they had been in before.
    pub reworked: u64,
    /// How often they did.
    pub reentries: u64,
    /// The stages, in declared order; after them those that the newest version dropped.
    pub stages: Vec<StageMeasures>,
    /// For how long the jobs completed had which status.
    pub statuses: Vec<StatusMeasures>,
    /// For how long it was whose turn on the jobs completed.
    pub waiting: Vec<PartyMeasures>,
}

/// What came in and went out in a step of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Throughput {
    /// Its first day that is in the stretch.
    pub from: NaiveDate,
    /// Its last day that is in the stretch.
    pub to: NaiveDate,
    /// Jobs created.
    pub created: u64,
    /// Jobs completed.
    pub completed: u64,
}

/// How long jobs stay in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StageMeasures {
    /// Which stage.
    pub stage: StageKey,
    /// What it is called.
    pub name: String,
    /// How long the visits took that ended in the stretch.
    pub time: Spread,
    /// How many of these visits were not the job's first.
    pub reentries: u64,
    /// How long the jobs that are open and in it now have been there.
    pub age: Spread,
}

/// How long jobs had a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusMeasures {
    /// Which status.
    pub status: JobStatus,
    /// What it is called.
    pub name: String,
    /// How long, each job that had it.
    pub time: Spread,
}

/// For how long jobs waited for somebody.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PartyMeasures {
    /// For whom.
    pub party: Party,
    /// How long, each job that did.
    pub time: Spread,
    /// The share of all jobs' time, 0 to 1.
    pub share: f64,
}

/// Durations of a stage, as they are gathered.
#[derive(Default)]
struct OfStage {
    ended: Vec<Elapsed>,
    reentries: u64,
    present: Vec<Elapsed>,
}

/// What is gathered while jobs are looked at.
struct Gathered {
    from: NaiveDate,
    to: NaiveDate,
    by: Interval,
    steps: BTreeMap<NaiveDate, (u64, u64)>,
    lead: Vec<Elapsed>,
    cycle: Vec<Elapsed>,
    with_due: u64,
    late: u64,
    open_late: u64,
    ages: Vec<Elapsed>,
    reworked: u64,
    reentries: u64,
    stages: BTreeMap<StageKey, OfStage>,
    statuses: BTreeMap<JobStatus, Vec<Elapsed>>,
    waiting: BTreeMap<Party, Vec<Elapsed>>,
}

impl Queries<'_> {
    /// How the jobs of a pipeline went through it in a stretch of days.
    ///
    /// It looks at every job that is in the pipeline, no more than [`limits::MEASURED_JOBS`] and those
    /// due last first, and reads the log of those that were completed in the stretch: a report to be made
    /// now and then, not with every click.
    ///
    /// # Errors
    /// When there is no such pipeline or it is not open to the actor, the stretch is the wrong way round
    /// or longer than [`limits::MEASURED_DAYS`], or the store failed.
    pub fn measures(&self, query: &MeasuresQuery) -> Result<Measures, Error> {
        self.for_the_firm()?;
        let newest = self.open_pipeline(&query.pipeline)?;
        check_days(query.from, query.to, "MEASURED_DAYS", limits::MEASURED_DAYS)?;
        let mut gathered = Gathered::new(query);
        let mut completed: Vec<Arc<Job>> = Vec::new();
        let (jobs, more) = self.each_job_of(&query.pipeline, limits::MEASURED_JOBS, |job| {
            if self.gather(&mut gathered, &query.pipeline, &job) {
                completed.push(job);
            }
            if completed.len() >= AT_ONCE {
                self.gather_courses(&mut gathered, &std::mem::take(&mut completed))?;
            }
            Ok(())
        })?;
        self.gather_courses(&mut gathered, &completed)?;
        let name = |status: &JobStatus| match status {
            JobStatus::Custom(key) => newest.status(key).and_then(|status| status.name.clone()),
            _ => None,
        };
        let declared = newest.definition().stages.iter().map(|stage| (stage.key.clone(), stage.name.clone()));
        let mut stages: Vec<(StageKey, Option<String>)> = declared.collect();
        let dropped = gathered.stages.keys().filter(|key| newest.graph().position(key).is_none());
        stages.extend(dropped.map(|key| (key.clone(), None)));
        Ok(gathered.told(&query.pipeline, (jobs, more), stages, name))
    }

    /// Goes through the jobs that are in a pipeline and that the actor sees, archived ones too, those due
    /// last first, no more than so many. Answers how many it went through, and whether there are more.
    pub(super) fn each_job_of(
        &self,
        pipeline: &PipelineKey,
        most: usize,
        mut each: impl FnMut(Arc<Job>) -> Result<(), Error>,
    ) -> Result<(u64, bool), Error> {
        let scope = JobScope::Pipeline { pipeline: pipeline.clone(), stages: [].into() };
        let query = JobQuery { scope, archived: true, descending: true, ..JobQuery::default() };
        // A job that changes meanwhile can be found in two places: it counts once.
        let mut seen = BTreeSet::new();
        let mut more = false;
        self.walk(self.job_stretches(&query)?.into_iter().flatten(), |hits| {
            for (job, _) in self.seen_jobs(hits, |_| true)?.into_iter().flatten() {
                more = seen.len() >= most && !seen.contains(&job.id);
                if more {
                    return Ok(false);
                }
                if seen.insert(job.id) {
                    each(job)?;
                }
            }
            Ok(true)
        })?;
        Ok((seen.len() as u64, more))
    }

    /// Takes in what a job's record tells. Answers whether its log is to be read.
    fn gather(&self, gathered: &mut Gathered, pipeline: &PipelineKey, job: &Job) -> bool {
        let calendar = self.catalog.calendar();
        let days = gathered.from..=gathered.to;
        let within = |at: DateTime<Utc>| Some(calendar.civil_date(at)).filter(|day| days.contains(day));
        let (created, completed) = (within(job.created), job.completed.and_then(within));
        if let Some(step) = created.and_then(|day| gathered.steps.get_mut(&gathered.by.first(day).max(gathered.from))) {
            step.0 = step.0.saturating_add(1);
        }
        let open = !job.status.is_finished();
        for stay in stays(job, self.now).filter(|stay| stay.pipeline == pipeline) {
            if !stay.lasts && within(stay.left).is_some() {
                let of = gathered.stages.entry(stay.stage.clone()).or_default();
                of.ended.push(Elapsed::between(calendar, stay.entered, stay.left));
                of.reentries = of.reentries.saturating_add(u64::from(stay.again));
            }
        }
        if open {
            gathered.ages.push(Elapsed::between(calendar, job.created, self.now));
            gathered.open_late = gathered.open_late.saturating_add(u64::from(self.is_past_due(job)));
            if let Some(visit) = job.visit() {
                let elapsed = Elapsed::between(calendar, visit.entered, self.now);
                gathered.stages.entry(job.stage.clone()).or_default().present.push(elapsed);
            }
        }
        let Some(day) = completed else { return false };
        if let Some(step) = gathered.steps.get_mut(&gathered.by.first(day).max(gathered.from)) {
            step.1 = step.1.saturating_add(1);
        }
        gathered.lead.push(Elapsed::between(calendar, job.created, end_of(job, self.now)));
        gathered.with_due = gathered.with_due.saturating_add(u64::from(job.due.is_some()));
        gathered.late = gathered.late.saturating_add(u64::from(self.is_past_due(job)));
        let again = stays(job, self.now).filter(|stay| stay.again).count() as u64;
        gathered.reworked = gathered.reworked.saturating_add(u64::from(again > 0));
        gathered.reentries = gathered.reentries.saturating_add(again);
        true
    }

    /// Takes in what the log tells of completed jobs.
    fn gather_courses(&self, gathered: &mut Gathered, jobs: &[Arc<Job>]) -> Result<(), Error> {
        let calendar = self.catalog.calendar();
        let courses = self.courses(self.store, jobs.iter().map(|job| &**job))?;
        for (job, course) in jobs.iter().zip(courses) {
            let cycle = course.started.map(|started| Elapsed::between(calendar, started, end_of(job, self.now)));
            gathered.cycle.extend(cycle);
            for (status, time) in course.statuses {
                gathered.statuses.entry(status).or_default().push(time);
            }
            for (party, time) in course.waiting {
                gathered.waiting.entry(party).or_default().push(time);
            }
        }
        Ok(())
    }
}

impl Gathered {
    fn new(query: &MeasuresQuery) -> Self {
        let mut steps = BTreeMap::new();
        let mut day = Some(query.from);
        while let Some(first) = day.filter(|day| *day <= query.to) {
            steps.insert(first, (0, 0));
            day = query.by.next(first);
        }
        Self {
            from: query.from,
            to: query.to,
            by: query.by,
            steps,
            lead: Vec::new(),
            cycle: Vec::new(),
            with_due: 0,
            late: 0,
            open_late: 0,
            ages: Vec::new(),
            reworked: 0,
            reentries: 0,
            stages: BTreeMap::new(),
            statuses: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }

    fn told(
        mut self,
        pipeline: &PipelineKey,
        (jobs, more): (u64, bool),
        stages: Vec<(StageKey, Option<String>)>,
        name: impl Fn(&JobStatus) -> Option<String>,
    ) -> Measures {
        let (by, to) = (self.by, self.to);
        let step = |(from, (created, completed)): (NaiveDate, (u64, u64))| {
            let last = by.next(from).and_then(|next| next.pred_opt()).unwrap_or(to).min(to);
            Throughput { from, to: last, created, completed }
        };
        let throughput: Vec<Throughput> = self.steps.into_iter().map(step).collect();
        let stage = |(stage, name): (StageKey, Option<String>)| {
            let of = self.stages.remove(&stage).unwrap_or_default();
            StageMeasures {
                name: name.unwrap_or_else(|| stage.to_string()),
                stage,
                time: Spread::of(&of.ended),
                reentries: of.reentries,
                age: Spread::of(&of.present),
            }
        };
        let stages = stages.into_iter().map(stage).collect();
        let status = |(status, times): (JobStatus, Vec<Elapsed>)| StatusMeasures {
            name: name(&status).unwrap_or_else(|| status.as_str().to_owned()),
            time: Spread::of(&times),
            status,
        };
        let seconds = |times: &Vec<Elapsed>| times.iter().map(|time| time.seconds as f64).sum::<f64>();
        let all: f64 = self.waiting.values().map(seconds).sum();
        let party = |(party, times): (Party, Vec<Elapsed>)| PartyMeasures {
            party,
            time: Spread::of(&times),
            share: if all > 0.0 { seconds(&times) / all } else { 0.0 },
        };
        Measures {
            pipeline: pipeline.clone(),
            from: self.from,
            to: self.to,
            jobs,
            more,
            created: throughput.iter().map(|step| step.created).sum(),
            completed: self.lead.len() as u64,
            throughput,
            lead: Spread::of(&self.lead),
            cycle: Spread::of(&self.cycle),
            completed_with_due: self.with_due,
            completed_late: self.late,
            late_rate: (self.with_due > 0).then(|| self.late as f64 / self.with_due as f64),
            open: self.ages.len() as u64,
            open_late: self.open_late,
            age: Spread::of(&self.ages),
            reworked: self.reworked,
            reentries: self.reentries,
            stages,
            statuses: self.statuses.into_iter().map(status).collect(),
            waiting: self.waiting.into_iter().map(party).collect(),
        }
    }
}
