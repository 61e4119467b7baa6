//! Moving the deadlines of many jobs: what one order means to each.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::dates::NewDate;
use super::{Decider, Step, check_limit, check_name};
use crate::calendar::FirmCalendar;
use crate::command::{Postpone, ShiftDeadlines};
use crate::dates::{DateAnchor, DateExpression, source};
use crate::definition::JobDate;
use crate::error::Rejection;
use crate::evaluate::{Facts, field_holds, job_date, tags_hold};
use crate::event::Event;
use crate::id::JobId;
use crate::limits;
use crate::model::{Account, Job, JobStatus};
use crate::store::{DocId, FollowUpWork};

impl Decider<'_> {
    pub(super) fn order_shift(&mut self, order: &ShiftDeadlines) -> Step {
        check_name("reason", &order.reason)?;
        let tests = [&order.accounts.all, &order.accounts.any, &order.accounts.none];
        let tags = tests.iter().map(|tags| tags.len()).sum();
        check_limit("TAGS", limits::TAGS, tags, "the number of tags")?;
        check_limit("SETTINGS", limits::SETTINGS, order.pipelines.len(), "the number of pipelines")?;
        if tags == 0 && order.pipelines.is_empty() && order.field.is_none() {
            let why = "it would move the deadlines of every client: name a tag, a pipeline or a field";
            return Err(Rejection::invalid("accounts", why).into());
        }
        if order.dates.is_empty() {
            let why = "it is empty: name at least one of `due`, `statutory`, `extended` and `start`";
            return Err(Rejection::invalid("dates", why).into());
        }
        if let (Some(from), Some(until)) = (order.from, order.until)
            && until < from
        {
            return Err(Rejection::invalid("until", format!("{until} is before {from}")).into());
        }
        if let Postpone::By(span) = order.postpone {
            let rule = DateExpression::from(DateAnchor::Statutory).after(span);
            rule.check().map_err(|why| Rejection::invalid("postpone.by", why))?;
        }
        if let Some(key) = order.pipelines.iter().find(|key| self.catalog.pipeline(key).is_none()) {
            return Err(Rejection::not_found("pipeline", key).into());
        }
        self.subject = Some(DocId::Firm);
        self.emit(Event::DeadlinesShifted { order: Box::new(order.clone()) });
        self.follow_ups.push(FollowUpWork::ShiftDeadlines { order: Box::new(order.clone()), at: self.now });
        Ok(())
    }

    /// Moves the deadlines of one job.
    pub(super) fn shift_job(&mut self, id: JobId, order: &ShiftDeadlines, at: DateTime<Utc>) -> Step {
        let job = self.job(id)?;
        let account = self.account(job.account)?;
        let shifts = shifts(&job, &account, order, at, self.catalog.calendar(), self.today);
        drop(job);
        let reason: Arc<str> = order.reason.as_str().into();
        for (date, to) in shifts {
            let reason = Some(Arc::clone(&reason));
            self.set_job_date(id, date, NewDate { to: Some(to), rule: None, reason })?;
        }
        Ok(())
    }
}

/// The dates of a job that an order moves, and to when. Empty when the job does not fit. Jobs
/// created after the order, completed and archived ones do not.
pub(crate) fn shifts(
    job: &Job,
    account: &Account,
    order: &ShiftDeadlines,
    at: DateTime<Utc>,
    calendar: &FirmCalendar,
    today: NaiveDate,
) -> Vec<(JobDate, NaiveDate)> {
    let open = matches!(job.status, JobStatus::Active | JobStatus::Custom(_)) && job.created <= at;
    let facts = Facts { job, account, calendar, today };
    let fits = open
        && tags_hold(&order.accounts, &account.tags)
        && (order.pipelines.is_empty() || order.pipelines.contains(&job.pipeline))
        && order.field.as_ref().is_none_or(|test| field_holds(test, &facts));
    if !fits {
        return Vec::new();
    }
    let dates =
        JobDate::ALL.into_iter().filter(|date| order.dates.contains(date) && !follows(job, *date, &order.dates));
    dates.filter_map(|date| Some((date, shifted(job_date(job, date)?, order, calendar)?))).collect()
}

/// Whether one of a job's dates follows one of some others, directly or through others.
fn follows(job: &Job, date: JobDate, others: &BTreeSet<JobDate>) -> bool {
    let mut date = date;
    // A job's dates never go in circles; were they to, four steps are enough.
    for _ in JobDate::ALL {
        let Some(from) = job.date_rules.get(&date).and_then(|rule| source(rule)) else { return false };
        if others.contains(&from) {
            return true;
        }
        date = from;
    }
    false
}

/// To when a date is moved; none when it stays.
fn shifted(now: NaiveDate, order: &ShiftDeadlines, calendar: &FirmCalendar) -> Option<NaiveDate> {
    if order.from.is_some_and(|from| now < from) || order.until.is_some_and(|until| now > until) {
        return None;
    }
    let to = match order.postpone {
        Postpone::To(day) => day,
        Postpone::By(span) => DateExpression::on(now).after(span).resolve(calendar, &|_| None).ok()?,
    };
    (to > now).then_some(to)
}
