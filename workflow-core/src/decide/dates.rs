//! Dates that follow from other dates.
//!
//! A job keeps the expressions its dates came from, and so do tasks. What an expression counts
//! from is an anchor; events that change an anchor note it here ([`Decider::note_moved`]), and
//! what counts from it is derived again before anything else looks at it
//! ([`Decider::settle_dates`]): the job's dates first, in the order they count from each other,
//! then the tasks'.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::{Decider, Step, Stop};
use crate::command::Change;
use crate::dates::{DateAnchor, DateExpression, Unresolved, circle, circle_message, field_date, in_order};
use crate::definition::{FieldScope, JobDate};
use crate::error::Rejection;
use crate::evaluate::job_date;
use crate::event::{Event, MoveKind};
use crate::id::{FieldKey, JobId};
use crate::model::{Account, FieldValue, Job, Task, TaskState};
use crate::store::FollowUpWork;

/// Anchors of a job that changed.
#[derive(Debug, Clone, Default)]
pub(super) struct Moved {
    /// Any of them may have.
    everything: bool,
    anchors: BTreeSet<DateAnchor>,
}

impl Moved {
    fn touches(&self, watched: &[DateAnchor]) -> bool {
        self.everything || watched.iter().any(|anchor| self.anchors.contains(anchor))
    }
}

/// What a job's date is set to, and how it came to it.
pub(super) struct NewDate {
    pub(super) to: Option<NaiveDate>,
    /// The expression it keeps following.
    pub(super) rule: Option<Arc<DateExpression>>,
    /// Why somebody set it.
    pub(super) reason: Option<Arc<str>>,
}

impl Decider<'_> {
    /// A date of a job that others count from; of its stage entries, that of the visit given.
    fn anchor(&self, job: &Job, visit: u32, anchor: &DateAnchor) -> Option<NaiveDate> {
        let calendar = self.catalog.calendar();
        match anchor {
            DateAnchor::Creation => Some(calendar.civil_date(job.created)),
            DateAnchor::Start => job.start,
            DateAnchor::Due => job.due,
            DateAnchor::Statutory => job.statutory,
            DateAnchor::Extended => job.extended,
            DateAnchor::PeriodStart => job.period_start,
            DateAnchor::PeriodEnd => job.period_end,
            DateAnchor::StageEntry => {
                let visit = job.visits.get(usize::try_from(visit).ok()?)?;
                Some(calendar.civil_date(visit.entered))
            }
            DateAnchor::Completion(template) => {
                let links = job.tasks.iter().filter(|link| link.template.as_ref() == Some(template));
                links.filter_map(|link| link.completed).max().map(|at| calendar.civil_date(at))
            }
            DateAnchor::Field { scope: FieldScope::Job, field, yearly } => {
                field_date(job.fields.get(field)?, *yearly, job.period_end)
            }
            DateAnchor::Field { scope: FieldScope::Account, field, yearly } => {
                field_date(self.state.account(job.account)?.fields.get(field)?, *yearly, job.period_end)
            }
        }
    }

    /// The date that an expression gives for a job.
    pub(super) fn job_date(&self, job: &Job, rule: &DateExpression) -> Result<NaiveDate, Unresolved> {
        let visit = job.visit_number();
        rule.resolve(self.catalog.calendar(), &|anchor| self.anchor(job, visit, anchor))
    }

    /// The date that an expression gives for a task: its creation is the task's own.
    pub(super) fn task_date(
        &self,
        job: Option<&Job>,
        account: Option<&Account>,
        visit: u32,
        created: NaiveDate,
        rule: &DateExpression,
    ) -> Result<NaiveDate, Unresolved> {
        let anchors = |anchor: &DateAnchor| match (anchor, job) {
            (DateAnchor::Creation, _) => Some(created),
            (anchor, Some(job)) => self.anchor(job, visit, anchor),
            (DateAnchor::Field { scope: FieldScope::Account, field, yearly }, None) => {
                field_date(account?.fields.get(field)?, *yearly, None)
            }
            (_, None) => None,
        };
        rule.resolve(self.catalog.calendar(), &anchors)
    }

    /// Fills in a new job's dates, which may count from each other in any order, and keeps the
    /// expressions that something can change.
    pub(super) fn settle_job_dates(
        &self,
        job: &mut Job,
        rules: &[(JobDate, Option<DateExpression>)],
    ) -> Result<(), Rejection> {
        let given: BTreeMap<JobDate, &DateExpression> =
            rules.iter().filter_map(|(date, rule)| Some((*date, rule.as_ref()?))).collect();
        for rule in given.values() {
            rule.check().map_err(|why| Rejection::invalid("dates", why))?;
        }
        if let Some(circle) = circle(&given) {
            return Err(Rejection::invalid("dates", circle_message(&circle)));
        }
        for date in in_order(&given) {
            let Some(rule) = given.get(&date) else { continue };
            *job_date_mut(job, date) = match self.job_date(job, rule) {
                Ok(to) => Some(to),
                // It may get one later.
                Err(Unresolved::Missing(_) | Unresolved::NoDeadline(_) | Unresolved::NoOpenDay(_)) => None,
                Err(why) => return Err(Rejection::invalid("dates", why.to_string())),
            };
            if !rule.is_fixed() {
                job.date_rules.insert(date, Arc::new((*rule).clone()));
            }
        }
        Ok(())
    }

    /// Sets and clears dates of a job. One that counts from another of the same edit comes after it.
    pub(super) fn edit_dates(&mut self, id: JobId, changes: &BTreeMap<JobDate, Change<DateExpression>>) -> Step {
        let rules = changes.iter().filter_map(|(date, change)| match change {
            Change::To(rule) => Some((*date, rule)),
            Change::Clear => None,
        });
        let rules: BTreeMap<JobDate, &DateExpression> = rules.collect();
        for date in changes.keys().filter(|date| !rules.contains_key(date)) {
            self.set_job_date(id, *date, NewDate { to: None, rule: None, reason: None })?;
        }
        for date in in_order(&rules) {
            let Some(rule) = rules.get(&date) else { continue };
            rule.check().map_err(|why| Rejection::invalid("dates", why))?;
            self.set_date_by_rule(id, date, rule)?.map_err(|why| Rejection::invalid("dates", why))?;
        }
        Ok(())
    }

    /// Sets one of a job's dates to what an expression gives. Answers why it gives nothing.
    ///
    /// The job keeps the expression, unless it is bound to the present stay in a stage or counts
    /// from the very date it sets: then it is carried out once.
    pub(super) fn set_date_by_rule(
        &mut self,
        id: JobId,
        date: JobDate,
        rule: &DateExpression,
    ) -> Step<Result<(), String>> {
        // What was set before, in the same command or cascade, has its consequences first.
        self.settle_dates()?;
        let job = self.job(id)?;
        let to = match self.job_date(&job, rule) {
            Ok(to) => to,
            Err(why) => return Ok(Err(why.to_string())),
        };
        let mut rules: BTreeMap<JobDate, &DateExpression> =
            job.date_rules.iter().map(|(date, rule)| (*date, &**rule)).collect();
        rules.insert(date, rule);
        let once = rule.is_fixed() || rule.anchor() == Some(&DateAnchor::StageEntry) || circle(&rules).is_some();
        let rule = (!once).then(|| Arc::new(rule.clone()));
        self.set_job_date(id, date, NewDate { to: Some(to), rule, reason: None })?;
        Ok(Ok(()))
    }

    /// Sets one of a job's dates. What counts from it follows.
    pub(super) fn set_job_date(&mut self, id: JobId, date: JobDate, new: NewDate) -> Step {
        let job = self.job(id)?;
        let NewDate { to, rule, reason } = new;
        if job_date(&job, date) == to && job.date_rules.get(&date) == rule.as_ref() {
            return Ok(());
        }
        drop(job);
        self.emit(Event::JobDateSet { job: id, date, to, rule, derived: false, reason });
        self.settle_dates()
    }

    /// Sets a job's period.
    pub(super) fn edit_period(
        &mut self,
        id: JobId,
        start: Option<&Change<NaiveDate>>,
        end: Option<&Change<NaiveDate>>,
    ) -> Step {
        let job = self.job(id)?;
        let value = |change: Option<&Change<NaiveDate>>, now| change.map_or(now, |change| change.clone().value());
        let (start, end) = (value(start, job.period_start), value(end, job.period_end));
        if (start, end) == (job.period_start, job.period_end) {
            return Ok(());
        }
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            let why = format!("the period would end on {end}, before it begins on {start}");
            return Err(Rejection::invalid("period_end", why).into());
        }
        drop(job);
        self.emit(Event::JobPeriodSet { job: id, start, end });
        self.settle_dates()
    }

    /// Notes what an event means to dates that count from others.
    pub(super) fn note_moved(&mut self, event: &Event) {
        let (job, anchors) = match event {
            Event::JobDateSet { job, date, .. } => (*job, vec![DateAnchor::from(*date)]),
            Event::JobPeriodSet { job, .. } => (*job, vec![DateAnchor::PeriodStart, DateAnchor::PeriodEnd]),
            Event::JobMoved { job, how, .. } if *how != MoveKind::Migration => (*job, vec![DateAnchor::StageEntry]),
            Event::JobFieldSet { job, field, .. } => (*job, vec![DateAnchor::job_field(field.clone())]),
            Event::AccountFieldSet { account, field, .. } => match self.focus {
                Some(job) if self.state.job(job).is_some_and(|job| job.account == *account) => {
                    (job, vec![DateAnchor::account_field(field.clone())])
                }
                _ => return,
            },
            Event::TaskStateSet { task, job: Some(job), .. } | Event::TaskLinked { task, job, .. } => {
                let template = self.state.task(*task).and_then(|task| task.template.clone());
                match template {
                    Some(template) => (*job, vec![DateAnchor::Completion(template)]),
                    None => return,
                }
            }
            _ => return,
        };
        self.note_anchors(job, anchors);
    }

    /// Notes that anchors of a job changed.
    pub(super) fn note_anchors(&mut self, id: JobId, anchors: Vec<DateAnchor>) {
        if self.state.job(id).is_some_and(|job| job.has_derived_dates()) {
            self.moved.entry(id).or_default().anchors.extend(anchors);
        }
    }

    /// Notes that a task with its completion goes off its job.
    pub(super) fn note_task_gone(&mut self, task: &Task) {
        if let (Some(job), Some(template), TaskState::Completed) = (task.job, &task.template, task.state) {
            self.note_anchors(job, vec![DateAnchor::Completion(template.clone())]);
        }
    }

    /// Notes that any of a job's anchors may have changed: the firm's calendar did, or its account.
    pub(super) fn note_everything_moved(&mut self, id: JobId) {
        self.moved.entry(id).or_default().everything = true;
    }

    /// Derives again what counts from what changed, until nothing is left to derive.
    pub(super) fn settle_dates(&mut self) -> Step {
        while let Some((id, moved)) = self.moved.pop_first() {
            self.derive_dates(id, moved)?;
        }
        Ok(())
    }

    fn derive_dates(&mut self, id: JobId, mut moved: Moved) -> Step {
        let Some(job) = self.state.job(id).cloned() else { return Ok(()) };
        let rules: BTreeMap<JobDate, &DateExpression> =
            job.date_rules.iter().map(|(date, rule)| (*date, &**rule)).collect();
        // Fields of the account count: it must be there.
        self.account(job.account)?;
        for date in in_order(&rules) {
            let Some(rule) = rules.get(&date).filter(|rule| moved.touches(&rule.watched())) else { continue };
            let Some(now) = self.state.job(id) else { return Ok(()) };
            let to = self.job_date(now, rule).ok();
            if job_date(now, date) != to {
                self.emit(Event::JobDateSet { job: id, date, to, rule: None, derived: true, reason: None });
                moved.anchors.insert(DateAnchor::from(date));
            }
        }
        // Its own dates are done: what they said of themselves is known.
        self.moved.remove(&id);
        let Some(job) = self.state.job(id).cloned() else { return Ok(()) };
        let watching = job.tasks.iter().filter(|link| link.anchored && !link.state.is_ended());
        let watching: Vec<_> =
            watching.filter(|link| moved.touches(&link.anchors)).map(|link| (link.task, link.origin.visit)).collect();
        let mut tasks = Vec::with_capacity(watching.len());
        let mut missing = false;
        for (task, visit) in watching {
            // Every task that is missing is asked for before giving up, so that one load serves.
            match self.task(task) {
                Ok(task) => tasks.push((task, visit)),
                Err(Stop::Missing) => missing = true,
                Err(stop) => return Err(stop),
            }
        }
        if missing {
            return Err(Stop::Missing);
        }
        for (task, visit) in tasks {
            self.derive_task_dates(&job, &task, visit);
        }
        Ok(())
    }

    /// Sets those of a task's dates that count from a job's.
    pub(super) fn derive_task_dates(&mut self, job: &Job, task: &Task, visit: u32) {
        let created = self.catalog.calendar().civil_date(task.created);
        let derive = |rule: &Option<DateExpression>, now: Option<NaiveDate>| match rule {
            Some(rule) => self.task_date(Some(job), None, visit, created, rule).ok(),
            None => now,
        };
        let (start, due) = (derive(&task.start_rule, task.start), derive(&task.due_rule, task.due));
        if (start, due) != (task.start, task.due) {
            self.emit(Event::TaskDatesSet { task: task.id, start, due, derived: true });
        }
    }

    /// Lets the account's jobs derive their dates again after a custom field changed, if it held a
    /// date or holds one.
    pub(super) fn follow_account_dates(
        &mut self,
        account: crate::id::AccountId,
        field: &FieldKey,
        values: [Option<&FieldValue>; 2],
        except: Option<JobId>,
    ) {
        if values.into_iter().flatten().any(is_date_like) {
            self.follow_ups.push(FollowUpWork::AccountDates { account, field: field.clone(), except });
        }
    }
}

/// Whether a value is a date or a month and day.
fn is_date_like(value: &FieldValue) -> bool {
    field_date(value, false, Some(NaiveDate::MAX)).is_some()
}

fn job_date_mut(job: &mut Job, date: JobDate) -> &mut Option<NaiveDate> {
    match date {
        JobDate::Start => &mut job.start,
        JobDate::Due => &mut job.due,
        JobDate::Statutory => &mut job.statutory,
        JobDate::Extended => &mut job.extended,
    }
}
