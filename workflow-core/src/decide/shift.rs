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
    let mut moved: BTreeSet<JobDate> = BTreeSet::new();
    let mut shifts = Vec::new();
    // Those that others count from come first.
    for date in in_order(job) {
        if !order.dates.contains(&date) {
            // It may still be a link between two that are.
            if source_of(job, date).is_some_and(|from| moved.contains(&from)) {
                moved.insert(date);
            }
            continue;
        }
        if source_of(job, date).is_some_and(|from| moved.contains(&from)) {
            moved.insert(date);
            continue;
        }
        let Some(now) = job_date(job, date) else { continue };
        let outside = order.from.is_some_and(|from| now < from) || order.until.is_some_and(|until| now > until);
        let to = match order.postpone {
            Postpone::To(day) => Some(day),
            Postpone::By(span) => DateExpression::on(now).after(span).resolve(calendar, &|_| None).ok(),
        };
        if let Some(to) = to.filter(|to| !outside && *to > now) {
            moved.insert(date);
            shifts.push((date, to));
        }
    }
    shifts
}

/// The date of the job that one of its dates follows.
fn source_of(job: &Job, date: JobDate) -> Option<JobDate> {
    source(&**job.date_rules.get(&date)?)
}

fn in_order(job: &Job) -> Vec<JobDate> {
    let depth = |date: &JobDate| {
        let mut date = *date;
        let mut depth = 0u8;
        // A job's dates never go in circles; were they to, four steps are enough.
        for _ in JobDate::ALL {
            let Some(from) = source_of(job, date) else { break };
            date = from;
            depth = depth.saturating_add(1);
        }
        depth
    };
    let mut dates = JobDate::ALL.to_vec();
    dates.sort_by_key(depth);
    dates
}
