//! The cascade: automations react to facts, breadth first, until the job comes to rest.

use std::rc::Rc;
use std::sync::Arc;

use super::facts::{Fact, Pending, Trail};
use super::wait::Waiting;
use super::{Decider, Step};
use crate::compile::{Compiled, Place, Rule};
use crate::definition::{Action, Automation, Refire, Trigger, count};
use crate::evaluate::{Facts, holds};
use crate::event::Event;
use crate::id::{AutomationKey, JobId};
use crate::limits;
use crate::model::{Account, Attention, AttentionReason, FailedAction, Job, JobStatus, LinkOrigin};

/// Whether an automation runs on a fact, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Runs,
    /// The fact is not what sets it off.
    OtherTrigger,
    SwitchedOff,
    LeftOut,
    NotFirstEntry,
    NotForward,
    ConditionFails,
}

/// Where an action's creations belong, and what it is part of.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) automation: AutomationKey,
    /// Its place among the automation's actions.
    pub(super) action: u32,
    pub(super) visit: u32,
    pub(super) status_round: Option<u32>,
}

impl Running {
    pub(super) fn origin(&self) -> LinkOrigin {
        LinkOrigin { visit: self.visit, automation: Some(self.automation.clone()), status_round: self.status_round }
    }
}

impl Decider<'_> {
    /// Brings a job into focus: what happens to it from here on sets its automations off.
    ///
    /// A job whose stage the newest version dropped is moved to where that stage is mapped.
    pub(super) fn focus(&mut self, id: JobId) -> Step<Arc<Job>> {
        let job = self.job(id)?;
        let account = self.account(job.account);
        let compiled = self.compiled(&job)?;
        account?;
        self.focus = Some(id);
        self.about.job = Some(id);
        self.about.account = Some(job.account);
        self.about.version = Some(compiled.version());
        if compiled.graph().position(&job.stage).is_none() {
            self.migrate(&job, &compiled);
            return self.job(id);
        }
        Ok(job)
    }

    /// Runs the cascade of the job in focus until it comes to rest.
    pub(super) fn run_cascade(&mut self) -> Step {
        let Some(id) = self.focus else { return Ok(()) };
        loop {
            self.settle_dates()?;
            while let Some(pending) = self.pending.pop_front() {
                if !self.react_to(id, &pending)? {
                    self.pending.clear();
                    return self.retime(id);
                }
                self.settle_dates()?;
            }
            if !self.wake(id)? && !self.come_to_rest(id)? {
                return self.retime(id);
            }
        }
    }

    /// Runs every automation that a fact sets off, in declared order. Answers whether the cascade
    /// may go on: not when it was cut for its length.
    fn react_to(&mut self, id: JobId, pending: &Pending) -> Step<bool> {
        let Some(job) = self.state.job(id) else { return Ok(true) };
        let archiving = matches!(&pending.fact, Fact::StatusSet { .. });
        if job.status == JobStatus::Archived && !archiving {
            return Ok(true);
        }
        let compiled = match &pending.fact {
            Fact::Entered { compiled, .. } | Fact::Left { compiled, .. } => Arc::clone(compiled),
            _ => {
                let job = Arc::clone(job);
                self.compiled(&job)?
            }
        };
        let by_hand: Vec<usize>;
        let rules: &[usize] = match &pending.fact {
            Fact::Entered { stage, .. } => compiled.entered(*stage),
            Fact::Left { stage, .. } => compiled.left(*stage),
            // Wherever the automation is written.
            Fact::ByHand(key) | Fact::Clock(key) => {
                by_hand = compiled.number_of(key).into_iter().collect();
                &by_hand
            }
            _ => compiled.others(),
        };
        for number in rules {
            let Some(rule) = compiled.rule(*number) else { continue };
            if !sets_off(rule, &pending.fact) {
                continue;
            }
            let Some(job) = self.state.job(id).cloned() else { return Ok(true) };
            let verdict = self.verdict(&compiled, rule, &pending.fact, &job)?;
            let account = self.state.account(job.account).cloned();
            self.note_preview(rule, verdict, &job, account.as_deref());
            drop(job);
            if verdict == Verdict::Runs {
                if self.events.len() > limits::CASCADE_EVENTS {
                    self.cut_loop(id, Trail::circle(pending.trail.as_ref(), &rule.automation.key));
                    return Ok(false);
                }
                self.run_rule(id, &compiled, rule, pending)?;
            }
        }
        Ok(true)
    }

    /// Whether an automation runs on a fact that sets it off.
    pub(super) fn verdict(&mut self, compiled: &Compiled, rule: &Rule, fact: &Fact, job: &Arc<Job>) -> Step<Verdict> {
        let verdict = applies(compiled, rule, fact, job, self.is_switched_on(compiled, &rule.automation));
        let (Verdict::Runs, Some(condition)) = (verdict, &rule.automation.condition) else { return Ok(verdict) };
        let account = self.account(job.account)?;
        let holds = holds(condition, &self.facts(job, &account));
        Ok(if holds { Verdict::Runs } else { Verdict::ConditionFails })
    }

    /// Whether an automation of a pipeline runs at all.
    pub(super) fn is_switched_on(&self, compiled: &Compiled, automation: &Automation) -> bool {
        let switch = self.catalog.pipeline(compiled.key()).and_then(|head| head.switches.get(&automation.key));
        switch.copied().unwrap_or(automation.enabled)
    }

    /// What conditions look at.
    pub(super) fn facts<'b>(&'b self, job: &'b Job, account: &'b Account) -> Facts<'b> {
        Facts { job, account, calendar: self.catalog.calendar(), today: self.today }
    }

    fn run_rule(&mut self, id: JobId, compiled: &Arc<Compiled>, rule: &Rule, pending: &Pending) -> Step {
        let key = &rule.automation.key;
        if !self.may_run(id, key, pending.trail.as_ref()) {
            return Ok(());
        }
        let status_round = match &pending.fact {
            Fact::StatusSet { status: JobStatus::Custom(_), round, .. } => Some(*round),
            _ => None,
        };
        let mut running = Running { automation: key.clone(), action: 0, visit: pending.visit, status_round };
        let (by, of, trail) = (self.by.take(), self.of.take(), self.trail.take());
        self.by = Some(key.clone());
        self.of = pending.event;
        self.trail = Some(Rc::new(Trail { automation: key.clone(), before: pending.trail.clone() }));
        self.emit(Event::AutomationRan { job: id, automation: key.clone() });
        let result = self.run_actions(id, compiled, &mut running, &rule.automation.actions, 0);
        (self.by, self.of, self.trail) = (by, of, trail);
        result
    }

    /// Does actions of an automation in order, those before a wait; the first has this number.
    pub(super) fn run_actions(
        &mut self,
        id: JobId,
        compiled: &Arc<Compiled>,
        running: &mut Running,
        actions: &[Action],
        first: u32,
    ) -> Step {
        let mut number = first;
        for action in actions {
            if self.state.job(id).is_none() {
                break;
            }
            running.action = number;
            number = number.saturating_add(1).saturating_add(count(action.within()));
            let result = match action {
                Action::Wait(delay) => match self.begin_wait(id, compiled, running, delay)? {
                    Ok(Waiting::Passed) => Ok(()),
                    Ok(Waiting::Begun) => break,
                    Err(why) => {
                        // What comes after the wait waits with it.
                        self.fail_action(id, running, why);
                        break;
                    }
                },
                action => self.perform(id, compiled, running, action)?,
            };
            // The next action sees what this one did to the dates.
            self.settle_dates()?;
            if let Err(why) = result {
                self.fail_action(id, running, why);
            }
        }
        Ok(())
    }

    /// Counts a run of an automation, and cuts a loop. Answers whether it may run.
    pub(super) fn may_run(&mut self, id: JobId, key: &AutomationKey, trail: Option<&Rc<Trail>>) -> bool {
        let runs = self.count_run(id, key);
        if runs <= limits::AUTOMATION_RUNS {
            return true;
        }
        // When it was cut before, the cut was told.
        if runs == limits::AUTOMATION_RUNS.saturating_add(1) {
            let circle = Trail::circle(trail, key);
            let circle = if circle.len() > 1 { circle } else { self.repeated(key) };
            self.cut_loop(id, circle);
        }
        false
    }

    /// Counts a run of an automation on a job. Answers how often it has run, this time included.
    fn count_run(&mut self, id: JobId, key: &AutomationKey) -> u32 {
        match self.chain.runs.iter_mut().find(|(job, known, _)| *job == id && known == key) {
            Some((_, _, runs)) => {
                *runs = runs.saturating_add(1);
                *runs
            }
            None => {
                self.chain.runs.push((id, key.clone(), 1));
                1
            }
        }
    }

    /// Automations that ran again and again along this chain of follow-ups.
    fn repeated(&self, last: &AutomationKey) -> Vec<AutomationKey> {
        let often = limits::AUTOMATION_RUNS.saturating_sub(1).max(1);
        let mut keys: Vec<AutomationKey> =
            self.chain.runs.iter().filter(|(_, _, runs)| *runs >= often).map(|(_, key, _)| key.clone()).collect();
        keys.dedup();
        if !keys.contains(last) {
            keys.push(last.clone());
        }
        keys
    }

    pub(super) fn cut_loop(&mut self, id: JobId, cycle: Vec<AutomationKey>) {
        let names: Vec<&str> = cycle.iter().map(AutomationKey::as_str).collect();
        let text = format!("automations went in circles and were stopped: {}", names.join(" → "));
        self.emit(Event::LoopCut { job: id, cycle });
        self.raise(id, AttentionReason::Loop, text);
    }

    pub(super) fn fail_action(&mut self, id: JobId, running: &Running, why: String) {
        let action = running.action;
        let number = self.state.job(id).map_or(1, |job| job.failures.saturating_add(1));
        let text = format!("action {} of `{}` could not be done: {why}", action.saturating_add(1), running.automation);
        let failure = FailedAction {
            number,
            automation: running.automation.clone(),
            action,
            visit: running.visit,
            status_round: running.status_round,
            why,
            at: self.now,
        };
        self.emit(Event::ActionFailed { job: id, failure: Box::new(failure) });
        self.raise(id, AttentionReason::ActionFailed(number), text);
    }

    /// Marks a job for attention, once per reason.
    pub(super) fn raise(&mut self, id: JobId, reason: AttentionReason, text: String) {
        let known = self
            .state
            .job(id)
            .is_some_and(|job| job.attention.iter().any(|known| known.reason == reason && known.text == text));
        if !known {
            let attention = Box::new(Attention { reason, text, since: self.now });
            self.emit(Event::AttentionRaised { job: id, attention });
        }
    }

    /// Clears a reason for attention, if it is there.
    pub(super) fn calm(&mut self, id: JobId, reason: &AttentionReason) {
        let known = self.state.job(id).is_some_and(|job| job.attention.iter().any(|known| known.reason == *reason));
        if known {
            self.emit(Event::AttentionCleared { job: id, reason: reason.clone() });
        }
    }
}

/// Whether an automation runs on a fact, its condition left aside.
pub(super) fn applies(compiled: &Compiled, rule: &Rule, fact: &Fact, job: &Job, switched_on: bool) -> Verdict {
    let automation = &rule.automation;
    if !sets_off(rule, fact) {
        return Verdict::OtherTrigger;
    }
    // A stage's own automations know their stage; the others may be bound to some.
    if rule.place == Place::Pipeline && !automation.stages.is_empty() {
        let stage = match fact {
            Fact::Entered { stage, .. } | Fact::Left { stage, .. } => compiled.stage(*stage).map(|stage| &stage.key),
            _ => Some(&job.stage),
        };
        if !stage.is_some_and(|stage| automation.stages.contains(stage)) {
            return Verdict::OtherTrigger;
        }
    }
    if !switched_on {
        return Verdict::SwitchedOff;
    }
    match fact {
        Fact::Entered { leave_out, .. } | Fact::Left { leave_out, .. } | Fact::StatusSet { leave_out, .. }
            if leave_out.contains(&automation.key) =>
        {
            Verdict::LeftOut
        }
        Fact::Entered { stage, forward, .. } => {
            let entries = compiled.stage(*stage).map_or(1, |stage| job.visits_of(&stage.key));
            match automation.refire {
                Refire::FirstEntry if entries > 1 => Verdict::NotFirstEntry,
                Refire::ForwardOnly if !forward => Verdict::NotForward,
                _ => Verdict::Runs,
            }
        }
        _ => Verdict::Runs,
    }
}

/// Whether a fact is what an automation waits for.
pub(super) fn sets_off(rule: &Rule, fact: &Fact) -> bool {
    let any =
        |filter: &Option<crate::id::Tag>, tag: &crate::id::Tag| filter.as_ref().is_none_or(|wanted| wanted == tag);
    match (&rule.place, &rule.automation.on, fact) {
        // A person may fire any automation of the pipeline.
        (_, _, Fact::ByHand(key)) => rule.automation.key == *key,
        (Place::Pipeline, Some(trigger), Fact::Clock(key)) => trigger.is_timed() && rule.automation.key == *key,
        (Place::Entry(place), _, Fact::Entered { stage, .. }) | (Place::Exit(place), _, Fact::Left { stage, .. }) => {
            place == stage
        }
        (Place::Status(key), _, Fact::StatusSet { status, .. }) => status.as_str() == key.as_str(),
        (Place::Pipeline, Some(trigger), fact) => match (trigger, fact) {
            (Trigger::StageEntered, Fact::Entered { .. })
            | (Trigger::StageLeft, Fact::Left { .. })
            | (Trigger::JobCreated, Fact::Created)
            | (Trigger::StageTimeLimit, Fact::OverTime)
            | (Trigger::AllTasksCompleted, Fact::AllTasksCompleted) => true,
            (Trigger::StatusSet { status: wanted }, Fact::StatusSet { status, .. }) => {
                status.as_str() == wanted.as_str()
            }
            (Trigger::TaskCompleted { template: wanted }, Fact::TaskCompleted { template }) => {
                wanted.is_none() || wanted == template
            }
            (
                Trigger::ItemReached { kind: wanted_kind, template: wanted, status: wanted_status },
                Fact::ItemReached { kind, template, status },
            ) => {
                wanted_status == status
                    && wanted_kind.as_ref().is_none_or(|wanted| wanted == kind)
                    && (wanted.is_none() || wanted == template)
            }
            (Trigger::AccountTagAdded { tag: wanted }, Fact::AccountTagAdded(tag))
            | (Trigger::AccountTagRemoved { tag: wanted }, Fact::AccountTagRemoved(tag))
            | (Trigger::JobTagAdded { tag: wanted }, Fact::JobTagAdded(tag))
            | (Trigger::JobTagRemoved { tag: wanted }, Fact::JobTagRemoved(tag)) => any(wanted, tag),
            (Trigger::FieldChanged { scope: wanted_scope, field: wanted }, Fact::FieldChanged(scope, field)) => {
                wanted_scope == scope && wanted.as_ref().is_none_or(|wanted| wanted == field)
            }
            (Trigger::Signal { name: wanted }, Fact::Signal(name)) => wanted == name,
            _ => false,
        },
        _ => false,
    }
}
