//! Moves: by hand, by automations, and by themselves.

use std::rc::Rc;
use std::sync::Arc;

use super::facts::{Fact, each_fact_of_move};
use super::rest::{Onward, exit_holds, has_moved_enough, onward, way_on};
use super::{Decider, Need, Step};
use crate::command::MoveJob;
use crate::compile::Compiled;
use crate::definition::{MoveRule, Stage, WipMode};
use crate::error::Rejection;
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
pub(crate) enum Room {
    Free,
    Full { max: u32, mode: WipMode },
}

impl Room {
    /// In a stage that holds so many jobs.
    pub(crate) fn of(stage: &Stage, count: i64) -> Self {
        match stage.wip_limit {
            Some(limit) if count >= i64::from(limit.max) => Self::Full { max: limit.max, mode: limit.mode },
            _ => Self::Free,
        }
    }
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
        let stage = compiled.stage_named(&job.stage).map(|(_, stage)| stage);
        let Some(stage) = stage.filter(|stage| stage.exit.is_some()) else { return Ok(None) };
        let account = self.account(job.account)?;
        let open = exit_holds(stage, &self.facts(job, &account));
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
        let visit = left_visit.saturating_add(1);
        let leave_out = Rc::clone(&self.leave_out);
        each_fact_of_move((&here, from), target, &leave_out, fire_jumped, &mut |fact| {
            let of = if matches!(fact, Fact::Left { .. }) { left_visit } else { visit };
            self.note_in_visit(event, of, fact);
        });
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
        Ok(Room::of(stage, count))
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
        if has_moved_enough(&job) {
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
        let (compiled, account) = (self.compiled(job)?, self.account(job.account)?);
        let mut skipped = Vec::new();
        let place = way_on(&compiled, &self.facts(job, &account), &mut |stage, _| skipped.push(stage.key.clone()));
        Ok(place.map(|place| (Target { compiled, place }, skipped)))
    }

    /// What a job does by itself when no automation is left to run. Answers whether it did
    /// anything.
    pub(super) fn come_to_rest(&mut self, id: JobId) -> Step<bool> {
        let Some(job) = self.state.job(id).filter(|job| !job.status.is_finished()).cloned() else { return Ok(false) };
        let (compiled, account) = (self.compiled(&job)?, self.account(job.account)?);
        let Some(onward) = onward(&compiled, &self.facts(&job, &account), &mut |_| false) else { return Ok(false) };
        let to = match onward {
            Onward::Activate => JobStatus::Active,
            Onward::Complete => JobStatus::Completed,
            Onward::Move { place, passed } => return self.advance(job, &Target { compiled, place }, passed),
        };
        drop(job);
        self.emit(Event::JobStatusSet { job: id, to });
        Ok(true)
    }

    /// Lets a job go on to a stage, if there is room in it.
    fn advance(&mut self, job: Arc<Job>, target: &Target, passed: Vec<StageKey>) -> Step<bool> {
        let id = job.id;
        let Some(next) = target.stage().map(|stage| stage.key.clone()) else { return Ok(false) };
        if has_moved_enough(&job) {
            let text =
                format!("everything is done, but the visits of the job are at the limit VISITS of {}", limits::VISITS);
            self.raise(id, AttentionReason::Held(next), text);
            return Ok(false);
        }
        let guards = self.guards.len();
        let room = self.room(target, Some(&job), false)?;
        drop(job);
        if let Room::Full { max, mode: WipMode::Refuse } = room {
            self.guards.truncate(guards);
            let text = format!("everything is done, but `{next}` holds {max} jobs, as many as it may");
            self.raise(id, AttentionReason::Held(next), text);
            return Ok(false);
        }
        self.go_to(id, target, MoveKind::Automove, passed, false)?;
        self.warn_if_full(id, target, room);
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
