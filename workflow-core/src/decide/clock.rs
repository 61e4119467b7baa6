//! What happens to a job because time passes.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::{Decider, Step};
use crate::compile::Compiled;
use crate::dates::Span;
use crate::definition::{Automation, Trigger, WatchedDate};
use crate::event::Event;
use crate::id::{AutomationKey, JobId, TemplateKey};
use crate::limits;
use crate::model::{AttentionReason, Due, ItemProgress, Job, JobStatus, ReminderOf, Timer, TimerKey, WaitCancelled};
use crate::recurrence::{CompiledSchedule, Schedule};

impl Decider<'_> {
    /// Does what is due on the job in focus, in the order it is due.
    pub(super) fn fire_due(&mut self, id: JobId) -> Step {
        // The definitions may have changed since the timers were set.
        self.retime(id)?;
        let due = self.job(id)?.due_by(self.now);
        if due.is_empty() && self.events.is_empty() {
            self.unchanged = Some("nothing is due on the job".to_owned());
        }
        for (at, what) in due.into_iter().take(limits::TIMERS_AT_ONCE) {
            // One that fired before may have put this one off.
            if !self.state.job(id).is_some_and(|job| job.due_by(self.now).contains(&(at, what.clone()))) {
                continue;
            }
            // Each is a cascade of its own: what the ones before it ran does not count towards a loop.
            self.chain = self.before.clone();
            match what {
                Due::Timer(key) => self.fire_timer(id, key, at)?,
                Due::Wait(number) => self.wait_is_due(id, number)?,
                Due::Reminder(number) => self.remind(id, number)?,
            }
            self.run_cascade()?;
        }
        Ok(())
    }

    fn fire_timer(&mut self, id: JobId, key: TimerKey, due: DateTime<Utc>) -> Step {
        let is_limit = key == TimerKey::StageLimit;
        // Noted with it is the fact that sets automations off.
        self.emit(Event::TimerFired { job: id, key, due });
        if is_limit {
            let job = self.job(id)?;
            let compiled = self.compiled(&job)?;
            let limit = compiled.stage_named(&job.stage).and_then(|(_, stage)| stage.time_limit);
            if let Some(limit) = limit {
                let text = format!("the job has been in `{}` for more than {limit}", job.stage);
                let stage = job.stage.clone();
                drop(job);
                self.raise(id, AttentionReason::OverTime(stage), text);
            }
        }
        Ok(())
    }

    /// Brings what a job waits for up to date with everything else about it.
    pub(super) fn retime(&mut self, id: JobId) -> Step {
        let Some(job) = self.state.job(id).filter(|job| job.status != JobStatus::Archived).cloned() else {
            return Ok(());
        };
        let compiled = self.compiled(&job)?;
        let idle = job.timers.is_empty() && job.waits.is_empty() && job.reminders.is_empty();
        if idle && !compiled.keeps_time() {
            return Ok(());
        }
        let wanted = self.wanted_timers(&job, &compiled);
        let mut events = Vec::new();
        for timer in &job.timers {
            if !wanted.iter().any(|other| other.key == timer.key) {
                events.push(Event::TimerDropped { job: id, key: timer.key.clone() });
            }
        }
        for timer in wanted {
            if !job.timers.contains(&timer) {
                events.push(Event::TimerSet { job: id, timer });
            }
        }
        for reminder in &job.reminders {
            if !is_open(&job, reminder.of) {
                events.push(Event::RemindersEnded { job: id, number: reminder.number });
            }
        }
        drop(job);
        for event in events {
            self.emit(event);
        }
        self.drop_switched_off(id)
    }

    /// Cancels the waits of automations that are switched off, or gone from the pipeline.
    pub(super) fn drop_switched_off(&mut self, id: JobId) -> Step {
        let Some(job) = self.state.job(id).filter(|job| !job.waits.is_empty()).cloned() else { return Ok(()) };
        let compiled = self.compiled(&job)?;
        let off: Vec<u32> =
            job.waits.iter().filter(|wait| !self.is_on(&compiled, &wait.automation)).map(|wait| wait.number).collect();
        drop(job);
        if !off.is_empty() {
            self.cancel_waits(id, WaitCancelled::SwitchedOff, |wait| off.contains(&wait.number));
        }
        Ok(())
    }

    /// Whether an automation is part of a version and switched on.
    fn is_on(&self, compiled: &Compiled, key: &AutomationKey) -> bool {
        compiled.rule_named(key).is_some_and(|rule| self.is_switched_on(compiled, &rule.automation))
    }

    /// The timers that a job should have, in the order of their keys.
    fn wanted_timers(&self, job: &Job, compiled: &Compiled) -> Vec<Timer> {
        let mut wanted = Vec::new();
        let limit = compiled.stage_named(&job.stage).and_then(|(_, stage)| stage.time_limit);
        if let (Some(limit), Some(visit)) = (limit, job.visit()) {
            let due = self.catalog.calendar().later(visit.entered, limit);
            // One that fired since the job came here fired for this visit.
            let fired = job.fired_for(&TimerKey::StageLimit).is_some_and(|fired| fired.due > visit.entered);
            let due = due.filter(|_| !fired);
            wanted.extend(due.map(|due| Timer { key: TimerKey::StageLimit, due, day: None }));
        }
        for number in compiled.timed() {
            let Some(automation) = compiled.rule(number).map(|rule| &*rule.automation) else { continue };
            let here = automation.stages.is_empty() || automation.stages.contains(&job.stage);
            if !here || !self.is_switched_on(compiled, automation) {
                continue;
            }
            match (&automation.on, compiled.schedule(number)) {
                (Some(Trigger::Schedule(schedule)), Some(times)) => {
                    let key = TimerKey::Automation(automation.key.clone());
                    let due = self.next_time(job, &key, schedule, times);
                    wanted.extend(due.map(|due| Timer { key, due, day: None }));
                }
                _ => self.timers_of(job, automation, &mut wanted),
            }
        }
        if wanted.len() > limits::JOB_TIMERS {
            wanted.sort_by(|a, b| (a.due, &a.key).cmp(&(b.due, &b.key)));
            wanted.truncate(limits::JOB_TIMERS);
        }
        wanted.sort_by(|a, b| a.key.cmp(&b.key));
        wanted
    }

    fn timers_of(&self, job: &Job, automation: &Automation, wanted: &mut Vec<Timer>) {
        let (date, template) = match &automation.on {
            Some(Trigger::DueApproaching { date, template, .. } | Trigger::Overdue { date, template, .. }) => {
                (*date, template)
            }
            _ => return,
        };
        let key = || automation.key.clone();
        match watched(job, date) {
            Some(day) => {
                wanted.extend(day.and_then(|day| self.timer(job, TimerKey::Automation(key()), automation, day)));
            }
            None => {
                for (task, day) in open_tasks(job, template.as_ref()) {
                    let key = TimerKey::Task { automation: key(), task };
                    wanted.extend(self.timer(job, key, automation, day));
                }
            }
        }
    }

    /// The next time of a schedule. One that has come and has not fired stays; none comes again when
    /// a clock is behind the one by which it fired.
    fn next_time(
        &self,
        job: &Job,
        key: &TimerKey,
        schedule: &Schedule,
        times: &CompiledSchedule,
    ) -> Option<DateTime<Utc>> {
        /// Days that an adjustment moves an occurrence by, at most.
        const MOVED: u64 = 31;
        let calendar = self.catalog.calendar();
        let open = calendar.business(schedule.calendar.as_ref()).or_else(|| calendar.business(None))?;
        let standing = job.timers.iter().find(|timer| timer.key == *key).map(|timer| timer.due);
        let standing = standing.filter(|due| *due <= self.now);
        let before = |due: DateTime<Utc>| due.checked_sub_signed(TimeDelta::microseconds(1)).unwrap_or(due);
        let after = standing.map_or(self.now, before);
        let after = job.fired_for(key).map_or(after, |fired| after.max(fired.due));
        let from = calendar.civil_date(after).checked_sub_days(Days::new(MOVED))?;
        let mut next = times.next_from(from, open)?;
        // As many occurrences as there are days: each has a day of its own.
        for _ in 0..=MOVED.saturating_mul(2) {
            if let Some(due) = times.instant_of(&next, calendar.zone()).filter(|due| *due > after) {
                return Some(due);
            }
            next = times.next_after(next.nominal, open)?;
        }
        None
    }

    /// When a date of this day sets an automation off; never when the day has gone by that it was
    /// to warn of.
    fn moment(&self, automation: &Automation, day: NaiveDate) -> Option<DateTime<Utc>> {
        let calendar = self.catalog.calendar();
        match &automation.on {
            Some(Trigger::DueApproaching { before, .. }) if self.today <= day => calendar.before_day(day, *before),
            Some(Trigger::Overdue { after, .. }) => {
                let end = day.succ_opt()?;
                match after {
                    Some(span) => calendar.after_day(end, *span),
                    None => calendar.day_start(end),
                }
            }
            _ => None,
        }
    }

    /// The timer of a date, unless it has fired for that date, whenever that was.
    fn timer(&self, job: &Job, key: TimerKey, automation: &Automation, day: NaiveDate) -> Option<Timer> {
        let due = self.moment(automation, day)?;
        let told = job.fired_for(&key).is_some_and(|fired| fired.day == Some(day) || fired.due == due);
        (!told).then_some(Timer { key, due, day: Some(day) })
    }

    /// When something so far from now is.
    pub(super) fn later(&self, span: Span) -> Option<DateTime<Utc>> {
        self.catalog.calendar().later(self.now, span)
    }
}

/// A date that an automation watches; `None` when it watches tasks.
fn watched(job: &Job, date: WatchedDate) -> Option<Option<NaiveDate>> {
    match date {
        WatchedDate::Start => Some(job.start),
        WatchedDate::Due => Some(job.due),
        WatchedDate::Statutory => Some(job.statutory),
        WatchedDate::Extended => Some(job.extended),
        WatchedDate::TaskDue => None,
    }
}

fn open_tasks<'a>(
    job: &'a Job,
    template: Option<&'a TemplateKey>,
) -> impl Iterator<Item = (crate::id::TaskId, NaiveDate)> + 'a {
    let open = job.tasks.iter().filter(|link| !link.state.is_ended());
    let wanted = open.filter(move |link| template.is_none() || link.template.as_ref() == template);
    wanted.filter_map(|link| Some((link.task, link.due?)))
}

/// Whether there is still something to remind of.
pub(super) fn is_open(job: &Job, of: ReminderOf) -> bool {
    match of {
        ReminderOf::Item(item) => job.items.iter().any(|link| link.item == item && link.progress == ItemProgress::Open),
        ReminderOf::Task(task) => job.tasks.iter().any(|link| link.task == task && !link.state.is_ended()),
    }
}
