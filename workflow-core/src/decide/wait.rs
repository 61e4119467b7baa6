//! Actions that wait.

use std::rc::Rc;
use std::sync::Arc;

use super::cascade::Running;
use super::facts::Trail;
use super::{Decider, Need, Step, check_limit};
use crate::compile::Compiled;
use crate::definition::{Action, Condition, DateTest, Delay, after, numbered};
use crate::error::Rejection;
use crate::evaluate::holds;
use crate::event::{Event, MoveKind};
use crate::id::JobId;
use crate::limits;
use crate::model::{Job, JobStatus, Wait, WaitCancelled, WaitEnd};
use crate::store::DocId;

/// What became of a wait that was to begin.
pub(super) enum Waiting {
    /// It goes on later.
    Begun,
    /// There is nothing to wait for.
    Passed,
}

impl Decider<'_> {
    /// Lets an automation wait. Answers why it could not.
    pub(super) fn begin_wait(
        &mut self,
        id: JobId,
        compiled: &Arc<Compiled>,
        running: &Running,
        delay: &Delay,
    ) -> Step<Result<Waiting, String>> {
        let job = self.job(id)?;
        if *compiled.key() != job.pipeline {
            return Ok(Err("the job has left the pipeline of the automation".to_owned()));
        }
        let waits = job.waits.len().saturating_add(1);
        if let Err(limit) = check_limit("WAITS", limits::WAITS, waits, "the waits of the job") {
            return Ok(Err(limit.to_string()));
        }
        let calendar = self.catalog.calendar();
        let now = self.now;
        let later = |span: &crate::dates::Span| {
            calendar.later(now, *span).ok_or_else(|| format!("{span} from now is out of range"))
        };
        let (until, look) = if let Some(span) = &delay.span {
            (Some(later(span)), None)
        } else if let Some(rule) = &delay.until {
            let day = self.job_date(&job, rule).map_err(|why| why.to_string());
            let day = day.and_then(|day| calendar.day_start(day).ok_or_else(|| format!("{day} is out of range")));
            match day {
                Ok(day) if day <= self.now => return Ok(Ok(Waiting::Passed)),
                day => (Some(day), None),
            }
        } else if let Some(condition) = &delay.condition {
            let account = self.account(job.account)?;
            if holds(condition, &self.facts(&job, &account)) {
                return Ok(Ok(Waiting::Passed));
            }
            let tomorrow = looks_at_the_day(condition).then(|| self.tomorrow()).flatten();
            (delay.at_most.as_ref().map(later), tomorrow)
        } else {
            return Ok(Ok(Waiting::Passed));
        };
        let until = match until.transpose() {
            Ok(until) => until,
            Err(why) => return Ok(Err(why)),
        };
        let wait = Wait {
            number: job.waits_begun.saturating_add(1),
            automation: running.automation.clone(),
            action: running.action,
            version: compiled.version(),
            visit: running.visit,
            status_round: running.status_round,
            began: self.now,
            until,
            look,
            for_condition: delay.condition.is_some(),
            keep: delay.keep,
        };
        drop(job);
        self.emit(Event::WaitBegun { job: id, wait: Box::new(wait) });
        Ok(Ok(Waiting::Begun))
    }

    fn tomorrow(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        self.catalog.calendar().day_start(self.today.succ_opt()?)
    }

    /// Ends the first wait whose condition holds by now. Answers whether there was one.
    pub(super) fn wake(&mut self, id: JobId) -> Step<bool> {
        let waiting =
            |job: &&Arc<Job>| job.status != JobStatus::Archived && job.waits.iter().any(|wait| wait.for_condition);
        if self.state.job(id).filter(waiting).is_none() {
            return Ok(false);
        }
        // Whoever switched an automation off may not have come to tell this job.
        self.drop_switched_off(id)?;
        let Some(job) = self.state.job(id).filter(waiting).cloned() else { return Ok(false) };
        let account = self.account(job.account)?;
        for wait in job.waits.iter().filter(|wait| wait.for_condition) {
            let compiled = self.version_of(&job, wait.version)?;
            let condition = delay_of(&compiled, wait).and_then(|delay| delay.condition.as_ref());
            if condition.is_none_or(|condition| holds(condition, &self.facts(&job, &account))) {
                let wait = wait.clone();
                drop(job);
                self.finish_wait(id, &wait, WaitEnd::Met)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes on with a wait whose time has come, or looks at its condition because the day is new.
    pub(super) fn wait_is_due(&mut self, id: JobId, number: u32) -> Step {
        let job = self.job(id)?;
        let Some(wait) = job.waits.iter().find(|wait| wait.number == number).cloned() else { return Ok(()) };
        let compiled = self.version_of(&job, wait.version)?;
        let condition = delay_of(&compiled, &wait).and_then(|delay| delay.condition.as_ref());
        if let Some(condition) = condition {
            let account = self.account(job.account)?;
            if holds(condition, &self.facts(&job, &account)) {
                drop(job);
                return self.finish_wait(id, &wait, WaitEnd::Met);
            }
        }
        drop(job);
        if wait.until.is_some_and(|until| until <= self.now) {
            let how = if condition.is_some() { WaitEnd::TimedOut } else { WaitEnd::Elapsed };
            return self.finish_wait(id, &wait, how);
        }
        if let Some(next) = self.tomorrow() {
            self.emit(Event::WaitLookedAt { job: id, number, next });
        }
        Ok(())
    }

    /// Ends a wait, and does the actions that come after it.
    fn finish_wait(&mut self, id: JobId, wait: &Wait, how: WaitEnd) -> Step {
        let job = self.job(id)?;
        let compiled = self.version_of(&job, wait.version)?;
        drop(job);
        let Wait { number, automation, .. } = wait;
        let event = self.emit(Event::WaitEnded { job: id, number: *number, automation: automation.clone(), how });
        let Some(rule) = compiled.rule_named(automation) else { return Ok(()) };
        if !self.may_run(id, automation, None) {
            return Ok(());
        }
        let actions = &rule.automation.actions;
        let delay = delay_of(&compiled, wait);
        let otherwise = delay.and_then(|delay| delay.otherwise.as_deref()).filter(|_| how == WaitEnd::TimedOut);
        let (rest, first) = match otherwise {
            Some(otherwise) => (otherwise, wait.action.saturating_add(1)),
            None => after(actions, wait.action).unwrap_or_default(),
        };
        let mut running = Running {
            automation: automation.clone(),
            action: first,
            visit: wait.visit,
            status_round: wait.status_round,
        };
        let (by, of, trail) = (self.by.take(), self.of.take(), self.trail.take());
        self.by = Some(automation.clone());
        self.of = Some(event);
        self.trail = Some(Rc::new(Trail { automation: automation.clone(), before: None }));
        let result = self.run_actions(id, &compiled, &mut running, rest, first);
        (self.by, self.of, self.trail) = (by, of, trail);
        result
    }

    /// A version of the pipeline that a job is in.
    fn version_of(&mut self, job: &Job, version: u32) -> Step<Arc<Compiled>> {
        if let Some(newest) = self.catalog.newest(&job.pipeline).filter(|newest| newest.version() == version) {
            return Ok(Arc::clone(newest));
        }
        let key = (job.pipeline.clone(), version);
        match self.versions.get(&key) {
            Some(compiled) => Ok(Arc::clone(compiled)),
            None => self.need(Need::Version(key.0, key.1)),
        }
    }

    /// The ends of the waits that an event cancels.
    pub(super) fn waits_ended_by(&self, event: &Event) -> Vec<Event> {
        match event {
            Event::JobMoved { job, pipeline: Some(_), .. } => {
                self.cancelled(*job, WaitCancelled::LeftPipeline, |_| true)
            }
            Event::JobMoved { job, how, .. } if *how != MoveKind::Migration => {
                self.cancelled(*job, WaitCancelled::LeftStage, |wait| !wait.keep && wait.status_round.is_none())
            }
            Event::JobStatusSet { job, to: JobStatus::Archived } => {
                self.cancelled(*job, WaitCancelled::Archived, |_| true)
            }
            Event::JobStatusSet { job, to: JobStatus::Active } => {
                let of_status = |wait: &Wait| !wait.keep && wait.status_round.is_some();
                self.cancelled(*job, WaitCancelled::StatusChanged, of_status)
            }
            Event::JobStatusSet { job, .. } => self.cancelled(*job, WaitCancelled::StatusChanged, |wait| !wait.keep),
            _ => Vec::new(),
        }
    }

    fn cancelled(&self, id: JobId, why: WaitCancelled, which: impl Fn(&Wait) -> bool) -> Vec<Event> {
        let Some(job) = self.state.job(id) else { return Vec::new() };
        let ended = job.waits.iter().filter(|wait| which(wait));
        let end = |wait: &Wait| Event::WaitEnded {
            job: id,
            number: wait.number,
            automation: wait.automation.clone(),
            how: WaitEnd::Cancelled(why),
        };
        ended.map(end).collect()
    }

    /// Cancels waits of a job.
    pub(super) fn cancel_waits(&mut self, id: JobId, why: WaitCancelled, which: impl Fn(&Wait) -> bool) {
        for event in self.cancelled(id, why, which) {
            self.emit(event);
        }
    }

    /// Lets a wait go on at once, or cancels it.
    pub(super) fn end_wait(&mut self, id: JobId, number: u32, cancel: bool) -> Step {
        drop(self.open_job(id)?);
        self.drop_switched_off(id)?;
        let job = self.job(id)?;
        let Some(wait) = job.waits.iter().find(|wait| wait.number == number).cloned() else {
            return Err(Rejection::not_found("wait", number).into());
        };
        self.subject = Some(DocId::Job(id));
        drop(job);
        if cancel {
            self.cancel_waits(id, WaitCancelled::ByHand, |wait| wait.number == number);
        } else {
            self.finish_wait(id, &wait, WaitEnd::Skipped)?;
        }
        self.run_cascade()
    }
}

/// The action that waits.
pub(crate) fn delay_of<'a>(compiled: &'a Compiled, wait: &Wait) -> Option<&'a Delay> {
    let rule = compiled.rule_named(&wait.automation)?;
    let (_, action) = numbered(&rule.automation.actions).into_iter().find(|(number, _)| *number == wait.action)?;
    match action {
        Action::Wait(delay) => Some(delay),
        _ => None,
    }
}

/// Whether what a condition comes to can change because another day begins.
fn looks_at_the_day(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(looks_at_the_day),
        Condition::Not(part) => looks_at_the_day(part),
        Condition::Date(DateTest { past, within, .. }) => *past || within.is_some(),
        _ => false,
    }
}
