//! Dates that follow from other dates.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Decider, Step};
use crate::command::Change;
use crate::definition::{DateAnchor, DateRule, JobDate};
use crate::error::Rejection;
use crate::event::Event;
use crate::id::JobId;
use crate::model::{Job, Task};

impl Decider<'_> {
    /// A date of a job that others count from; of its stage entries, that of the visit given.
    pub(super) fn anchor(&self, job: &Job, visit: u32, anchor: DateAnchor) -> Option<NaiveDate> {
        let calendar = self.catalog.calendar();
        match anchor {
            DateAnchor::Creation => Some(calendar.civil_date(job.created)),
            DateAnchor::Start => job.start,
            DateAnchor::Due => job.due,
            DateAnchor::Statutory => job.statutory,
            DateAnchor::Extended => job.extended,
            DateAnchor::PeriodEnd => job.period_end,
            DateAnchor::StageEntry => {
                let visit = job.visits.get(usize::try_from(visit).ok()?)?;
                Some(calendar.civil_date(visit.entered))
            }
        }
    }

    /// The date that a rule gives for a job; none when what it counts from is missing.
    pub(super) fn job_date(&self, job: &Job, rule: &DateRule) -> Option<NaiveDate> {
        let visit = job.visit_number();
        self.catalog.calendar().resolve(rule, &|anchor| self.anchor(job, visit, anchor))
    }

    /// The date that a rule gives for a task: its creation is the task's own.
    pub(super) fn task_date(
        &self,
        job: Option<&Job>,
        visit: u32,
        created: NaiveDate,
        rule: &DateRule,
    ) -> Option<NaiveDate> {
        self.catalog.calendar().resolve(rule, &|anchor| match (anchor, job) {
            (DateAnchor::Creation, _) => Some(created),
            (anchor, Some(job)) => self.anchor(job, visit, anchor),
            (_, None) => None,
        })
    }

    /// Fills in a new job's dates, which may count from each other in any order.
    pub(super) fn settle_job_dates(&self, job: &mut Job, rules: &[(JobDate, Option<DateRule>)]) {
        // Each round settles at least one date that depends on one more: as many rounds as dates.
        for _ in rules {
            for (date, rule) in rules {
                let Some(rule) = rule else { continue };
                let value = self.job_date(job, rule);
                *job_date_mut(job, *date) = value;
            }
        }
    }

    /// Sets and clears dates of a job. One that counts from another of the same edit comes after it.
    pub(super) fn edit_dates(&mut self, id: JobId, changes: &BTreeMap<JobDate, Change<DateRule>>) -> Step {
        let mut waiting: Vec<(JobDate, &Change<DateRule>)> =
            changes.iter().map(|(date, change)| (*date, change)).collect();
        while !waiting.is_empty() {
            let counts = |place: &(JobDate, &Change<DateRule>)| {
                waiting.iter().any(|(other, _)| *other != place.0 && counts_from(place.1, *other))
            };
            let next = waiting.iter().position(|place| !counts(place)).unwrap_or(0);
            let (date, change) = waiting.remove(next);
            let job = self.job(id)?;
            let to = match change {
                Change::Clear => None,
                Change::To(rule) => Some(self.job_date(&job, rule).ok_or_else(|| {
                    Rejection::invalid("dates", "the date that it counts from is not set, or it is out of range")
                })?),
            };
            self.set_job_date(id, date, to)?;
        }
        Ok(())
    }

    /// Sets one of a job's dates, and those of its tasks that count from it.
    pub(super) fn set_job_date(&mut self, id: JobId, date: JobDate, to: Option<NaiveDate>) -> Step {
        let job = self.job(id)?;
        let present = match date {
            JobDate::Start => job.start,
            JobDate::Due => job.due,
            JobDate::Statutory => job.statutory,
            JobDate::Extended => job.extended,
        };
        if present == to {
            return Ok(());
        }
        let anchored: Vec<_> = job
            .tasks
            .iter()
            .filter(|link| link.anchored && !link.state.is_ended())
            .map(|link| (link.task, link.origin.visit))
            .collect();
        let mut tasks = Vec::with_capacity(anchored.len());
        let mut missing = false;
        for (task, visit) in anchored {
            // Every task that is missing is asked for before giving up, so that one load serves.
            match self.task(task) {
                Ok(task) => tasks.push((task, visit)),
                Err(super::Stop::Missing) => missing = true,
                Err(stop) => return Err(stop),
            }
        }
        if missing {
            return Err(super::Stop::Missing);
        }
        self.emit(Event::JobDateSet { job: id, date, to });
        let job = self.job(id)?;
        for (task, visit) in tasks {
            self.derive_task_dates(&job, &task, visit);
        }
        Ok(())
    }

    /// Sets those of a task's dates that count from a job's.
    pub(super) fn derive_task_dates(&mut self, job: &Job, task: &Task, visit: u32) {
        let created = self.catalog.calendar().civil_date(task.created);
        let derive = |rule: &Option<DateRule>, now: Option<NaiveDate>| match rule {
            Some(rule) => self.task_date(Some(job), visit, created, rule),
            None => now,
        };
        let (start, due) = (derive(&task.start_rule, task.start), derive(&task.due_rule, task.due));
        if (start, due) != (task.start, task.due) {
            self.emit(Event::TaskDatesSet { task: task.id, start, due, derived: true });
        }
    }
}

fn job_date_mut(job: &mut Job, date: JobDate) -> &mut Option<NaiveDate> {
    match date {
        JobDate::Start => &mut job.start,
        JobDate::Due => &mut job.due,
        JobDate::Statutory => &mut job.statutory,
        JobDate::Extended => &mut job.extended,
    }
}

/// Whether a change of a date counts from another date of the job.
fn counts_from(change: &Change<DateRule>, date: JobDate) -> bool {
    let Change::To(DateRule::Relative(rule)) = change else { return false };
    let anchor = match date {
        JobDate::Start => DateAnchor::Start,
        JobDate::Due => DateAnchor::Due,
        JobDate::Statutory => DateAnchor::Statutory,
        JobDate::Extended => DateAnchor::Extended,
    };
    rule.from == anchor
}
