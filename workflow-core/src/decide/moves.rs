//! Moves: by hand, by automations, and by themselves.

use std::rc::Rc;
use std::sync::Arc;

use super::facts::Fact;
use super::{Decider, Need, Step};
use crate::command::MoveJob;
use crate::compile::Compiled;
use crate::definition::{MoveRule, OnEmpty, Stage, WipMode};
use crate::error::Rejection;
use crate::evaluate::holds;
use crate::event::{Event, MoveKind};
use crate::id::{JobId, StageKey};
use crate::limits;
use crate::model::{AttentionReason, Job, JobStatus};
use crate::store::{DocId, FollowUpWork, StageGuard};

/// Where a job goes.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) compiled: Arc<Compiled>,
    pub(super) place: usize,
}

impl Target {
    pub(super) fn stage(&self) -> Option<&Stage> {
        self.compiled.stage(self.place)
    }
}

/// How full a stage is, before one more comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Free,
    Full { max: u32, mode: WipMode },
}

/// What a move leaves behind.
struct Left {
    stage: StageKey,
    /// Reasons for attention that lay in the stage and are gone with it.
    gone: Vec<AttentionReason>,
    /// Whether the job becomes active: it was finished and is no longer, or the pipeline it comes
    /// to does not know its status.
    activates: bool,
}

impl Left {
    fn new(job: &Job, target: &Target) -> Self {
        let reasons = job.attention.iter().map(|attention| attention.reason.clone());
        let gone = reasons
            .filter(|reason| {
                matches!(reason, AttentionReason::Held(_) | AttentionReason::WipLimit(_) | AttentionReason::OverTime(_))
            })
            .collect();
        let reopened = job.status == JobStatus::Completed && !target.compiled.graph().is_final(target.place);
        let unknown = matches!(&job.status, JobStatus::Custom(key) if target.compiled.status(key).is_none());
        Self { stage: job.stage.clone(), gone, activates: reopened || unknown }
    }
}

impl Decider<'_> {
    pub(super) fn move_job(&mut self, order: &MoveJob) -> Step {
        let job = self.focus(order.job)?;
        self.subject = Some(DocId::Job(job.id));
        if job.status == JobStatus::Archived {
            return Err(Rejection::refused("archived", "the job is archived; take it out of the archive first").into());
        }
        let here = self.compiled(&job)?;
        let account = self.account(job.account)?;
        self.check_access(&here, &account)?;
        let target = self.target(&job, order.pipeline.as_ref(), Some(&order.to))?;
        let elsewhere = target.compiled.key() != here.key();
        if elsewhere {
            self.check_access(&target.compiled, &account)?;
        }
        if !elsewhere && order.to == job.stage && !order.reenter {
            self.unchanged = Some(format!("the job is in `{}` already", order.to));
            return Ok(());
        }
        for key in &order.leave_out {
            if target.compiled.rule_named(key).or(here.rule_named(key)).is_none() {
                return Err(Rejection::not_found("automation", key).into());
            }
        }
        if !order.override_rules {
            let from = here.graph().position(&job.stage);
            let restricted = here.definition().moves == MoveRule::Transitions && !elsewhere && order.to != job.stage;
            if restricted && !from.is_some_and(|from| here.graph().may_move(from, target.place)) {
                let why = format!("`{}` allows no move from `{}` to `{}`", here.key(), job.stage, order.to);
                return Err(Rejection::refused("transition", why).into());
            }
            if let Some(why) = self.exit_refusal(&job)? {
                return Err(Rejection::refused("exit_requirement", why).into());
            }
        }
        let room = self.room(&target, Some(&job), order.override_rules)?;
        if let (Room::Full { max, mode: WipMode::Refuse }, false) = (room, order.override_rules) {
            let why = format!("`{}` holds {max} jobs already, as many as it may", order.to);
            return Err(Rejection::refused("wip_limit", why).into());
        }
        super::check_limit("VISITS", limits::VISITS, job.visits.len().saturating_add(1), "the number of visits")?;
        self.leave_out = Rc::new(order.leave_out.clone());
        if !order.leave_out.is_empty() {
            let automations = order.leave_out.iter().cloned().collect();
            self.emit(Event::AutomationsLeftOut { job: job.id, automations });
        }
        self.go_to(job.id, &target, MoveKind::Manual, Vec::new(), order.fire_jumped)?;
        self.warn_if_full(job.id, &target, room);
        self.leave_out = Rc::default();
        self.run_cascade()
    }

    /// The stage that a move names: in another pipeline, or in the job's own.
    pub(super) fn target(
        &mut self,
        job: &Job,
        pipeline: Option<&crate::id::PipelineKey>,
        stage: Option<&StageKey>,
    ) -> Step<Target> {
        let compiled = match pipeline {
            Some(key) if *key != job.pipeline => {
                let newest = self.catalog.newest(key).ok_or_else(|| Rejection::not_found("pipeline", key))?;
                if self.catalog.pipeline(key).is_some_and(|head| head.archived) {
                    return Err(Rejection::refused("pipeline_archived", format!("`{key}` is archived")).into());
                }
                Arc::clone(newest)
            }
            _ => self.compiled(job)?,
        };
        let place = match stage {
            Some(key) => compiled.graph().position(key).ok_or_else(|| Rejection::not_found("stage", key))?,
            None => 0,
        };
        Ok(Target { compiled, place })
    }

    /// Why a job may not leave its stage, if it may not.
    pub(super) fn exit_refusal(&mut self, job: &Arc<Job>) -> Step<Option<String>> {
        let compiled = self.compiled(job)?;
        let Some(exit) = compiled.stage_named(&job.stage).and_then(|(_, stage)| stage.exit.as_ref()) else {
            return Ok(None);
        };
        let account = self.account(job.account)?;
        let open = holds(exit, &self.facts(job, &account));
        Ok((!open).then(|| format!("the exit requirements of `{}` are not met", job.stage)))
    }

    /// Moves a job and notes what that means to its automations.
    pub(super) fn go_to(
        &mut self,
        id: JobId,
        target: &Target,
        how: MoveKind,
        skipped: Vec<StageKey>,
        fire_jumped: bool,
    ) -> Step {
        let job = self.job(id)?;
        let here = self.compiled(&job)?;
        let (from, Some(stage)) = (here.graph().position(&job.stage), target.stage()) else { return Ok(()) };
        let same = here.key() == target.compiled.key();
        let forward = !same || from.is_none_or(|from| target.place > from);
        let left_visit = job.visit_number();
        let left = Left::new(&job, target);
        drop(job);
        let event = self.emit(Event::JobMoved {
            job: id,
            from: left.stage.clone(),
            to: stage.key.clone(),
            pipeline: (!same).then(|| target.compiled.key().clone()),
            version: target.compiled.version(),
            how,
            skipped,
        });
        let leave_out = Rc::clone(&self.leave_out);
        if let Some(stage) = from {
            let fact = Fact::Left { compiled: Arc::clone(&here), stage, leave_out: Rc::clone(&leave_out) };
            self.note_in_visit(event, left_visit, fact);
        }
        let visit = left_visit.saturating_add(1);
        if fire_jumped && same {
            let first = from.map_or(0, |from| from.saturating_add(1));
            for stage in first..target.place {
                let fact = Fact::Entered {
                    compiled: Arc::clone(&target.compiled),
                    stage,
                    forward: true,
                    leave_out: Rc::clone(&leave_out),
                };
                self.note_in_visit(event, visit, fact);
            }
        }
        let fact = Fact::Entered { compiled: Arc::clone(&target.compiled), stage: target.place, forward, leave_out };
        self.note_in_visit(event, visit, fact);
        for reason in &left.gone {
            self.calm(id, reason);
        }
        self.free(&here, &left.stage);
        if left.activates {
            self.emit(Event::JobStatusSet { job: id, to: JobStatus::Active });
        }
        Ok(())
    }

    /// Lets jobs that wait for a full stage know that one has left it.
    pub(super) fn free(&mut self, compiled: &Compiled, stage: &StageKey) {
        let limit = compiled.stage_named(stage).and_then(|(_, stage)| stage.wip_limit);
        if limit.is_some_and(|limit| limit.mode == WipMode::Refuse) {
            let work = FollowUpWork::StageFreed { pipeline: compiled.key().clone(), stage: stage.clone() };
            if !self.follow_ups.contains(&work) {
                self.follow_ups.push(work);
            }
        }
    }

    /// How full a stage is for a job that comes from elsewhere, or from nowhere.
    pub(super) fn room(&mut self, target: &Target, job: Option<&Job>, overridden: bool) -> Step<Room> {
        let Some(stage) = target.stage() else { return Ok(Room::Free) };
        let Some(limit) = stage.wip_limit else { return Ok(Room::Free) };
        let pipeline = target.compiled.key();
        if job.is_some_and(|job| job.pipeline == *pipeline && job.stage == stage.key) {
            return Ok(Room::Free);
        }
        let Some(counts) = self.state.stage_jobs.get(pipeline) else {
            return self.need(Need::StageJobs(pipeline.clone()));
        };
        let here = |job: &Job| {
            i64::from(job.pipeline == *pipeline && job.stage == stage.key && job.status != JobStatus::Archived)
        };
        // The counts were loaded: what this decision has moved so far is not in them.
        let moved: i64 = self
            .state
            .jobs
            .values()
            .map(|slot| slot.get().map_or(0, |job| here(job)).saturating_sub(slot.before().map_or(0, |job| here(job))))
            .sum();
        let count = counts.get(&stage.key).copied().unwrap_or(0).saturating_add(moved);
        if limit.mode == WipMode::Refuse && !overridden {
            // INVARIANT: the bound is checked again where it cannot be raced: at the commit.
            self.guards.push(StageGuard {
                pipeline: pipeline.clone(),
                stage: stage.key.clone(),
                at_most: i64::from(limit.max),
            });
        }
        let full = count >= i64::from(limit.max);
        Ok(if full { Room::Full { max: limit.max, mode: limit.mode } } else { Room::Free })
    }

    pub(super) fn warn_if_full(&mut self, id: JobId, target: &Target, room: Room) {
        if let (Room::Full { max, .. }, Some(stage)) = (room, target.stage()) {
            let text = format!("`{}` holds more than the {max} jobs it should", stage.key);
            self.raise(id, AttentionReason::WipLimit(stage.key.clone()), text);
        }
    }

    /// Moves a job for an automation. Answers why it could not.
    pub(super) fn move_by_automation(&mut self, id: JobId, target: &Target) -> Step<Result<(), String>> {
        let job = self.job(id)?;
        let Some(stage) = target.stage() else { return Ok(Err("the stage does not exist".to_owned())) };
        if target.compiled.key() == &job.pipeline && stage.key == job.stage {
            // Moving a job to where it is changes nothing.
            return Ok(Ok(()));
        }
        if let Some(why) = self.exit_refusal(&job)? {
            return Ok(Err(why));
        }
        if job.visits.len() >= limits::VISITS {
            return Ok(Err(format!("the number of visits would be past the limit VISITS of {}", limits::VISITS)));
        }
        let guards = self.guards.len();
        let room = self.room(target, Some(&job), false)?;
        if let Room::Full { max, mode: WipMode::Refuse } = room {
            self.guards.truncate(guards);
            return Ok(Err(format!("`{}` holds {max} jobs already, as many as it may", stage.key)));
        }
        self.go_to(id, target, MoveKind::Automation, Vec::new(), false)?;
        self.warn_if_full(id, target, room);
        Ok(Ok(()))
    }

    /// Where automove would take the job from its present stage, and the conditional stages that
    /// it would pass over.
    pub(super) fn next_stage(&mut self, job: &Arc<Job>) -> Step<Option<(Target, Vec<StageKey>)>> {
        let compiled = self.compiled(job)?;
        let Some(from) = compiled.graph().position(&job.stage) else { return Ok(None) };
        let account = self.account(job.account)?;
        let mut skipped = Vec::new();
        for place in compiled.graph().automove_candidates(from).iter().copied() {
            let Some(stage) = compiled.stage(place) else { continue };
            match &stage.when {
                Some(condition) if !holds(condition, &self.facts(job, &account)) => skipped.push(stage.key.clone()),
                _ => return Ok(Some((Target { compiled: Arc::clone(&compiled), place }, skipped))),
            }
        }
        Ok(None)
    }

    /// What a job does by itself when no automation is left to run. Answers whether it did
    /// anything.
    pub(super) fn come_to_rest(&mut self, id: JobId) -> Step<bool> {
        let Some(job) = self.state.job(id).cloned() else { return Ok(false) };
        match &job.status {
            JobStatus::Archived | JobStatus::Completed => Ok(false),
            JobStatus::Active => self.advance(job),
            JobStatus::Custom(key) => {
                let compiled = self.compiled(&job)?;
                let automove = compiled.status(key).is_some_and(|status| status.automove);
                let failed = job.failed.iter().any(|failure| failure.status_round == Some(job.status_round));
                if !automove || failed || job.status_blockers().open > 0 || !job.had_status_blockers() {
                    return Ok(false);
                }
                self.emit(Event::JobStatusSet { job: id, to: JobStatus::Active });
                Ok(true)
            }
        }
    }

    fn advance(&mut self, job: Arc<Job>) -> Step<bool> {
        let visit = job.visit_number();
        let held = job.blockers().open > 0
            || job.failed.iter().any(|failure| failure.visit == visit)
            || job.waits_for.values().any(|finished| !finished);
        if held {
            return Ok(false);
        }
        let id = job.id;
        // What an automation of this visit still waits to do would be cancelled.
        let waiting = job.waits.iter().any(|wait| wait.visit == visit && wait.status_round.is_none() && !wait.keep);
        let compiled = self.compiled(&job)?;
        let Some((place, stage)) = compiled.stage_named(&job.stage) else { return Ok(false) };
        if compiled.graph().is_final(place) {
            if compiled.definition().complete_at_final && !waiting {
                drop(job);
                self.emit(Event::JobStatusSet { job: id, to: JobStatus::Completed });
                return Ok(true);
            }
            return Ok(false);
        }
        if !stage.automove || (!job.had_blockers() && (stage.on_empty == OnEmpty::Hold || waiting)) {
            return Ok(false);
        }
        if self.exit_refusal(&job)?.is_some() {
            return Ok(false);
        }
        let Some((target, skipped)) = self.next_stage(&job)? else { return Ok(false) };
        let Some(next) = target.stage().map(|stage| stage.key.clone()) else { return Ok(false) };
        if job.visits.len() >= limits::VISITS {
            let text =
                format!("everything is done, but the visits of the job are at the limit VISITS of {}", limits::VISITS);
            self.raise(id, AttentionReason::Held(next), text);
            return Ok(false);
        }
        let guards = self.guards.len();
        let room = self.room(&target, Some(&job), false)?;
        drop(job);
        if let Room::Full { max, mode: WipMode::Refuse } = room {
            self.guards.truncate(guards);
            let text = format!("everything is done, but `{next}` holds {max} jobs, as many as it may");
            self.raise(id, AttentionReason::Held(next), text);
            return Ok(false);
        }
        self.go_to(id, &target, MoveKind::Automove, skipped, false)?;
        self.warn_if_full(id, &target, room);
        Ok(true)
    }

    /// Moves a job out of a stage that its version of the pipeline does not have.
    pub(super) fn migrate(&mut self, job: &Arc<Job>, compiled: &Arc<Compiled>) {
        let mapped = self.catalog.pipeline(&job.pipeline).and_then(|head| head.moved_stages.get(&job.stage));
        let to = mapped.filter(|stage| compiled.graph().position(stage).is_some());
        // Only archived jobs can be in a stage that was dropped without a mapping: they begin anew.
        let to = to.or_else(|| compiled.stage(0).map(|stage| &stage.key));
        let Some(to) = to.cloned() else { return };
        self.emit(Event::JobMoved {
            job: job.id,
            from: job.stage.clone(),
            to,
            pipeline: None,
            version: compiled.version(),
            how: MoveKind::Migration,
            skipped: Vec::new(),
        });
    }
}
