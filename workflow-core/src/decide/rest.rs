//! What a job does by itself when no automation is left to run, and what holds it where it is.
//!
//! The engine stops at the first thing that holds a job; an explanation looks on and tells all of them.

use crate::compile::Compiled;
use crate::definition::{Condition, OnEmpty, Stage};
use crate::evaluate::{Facts, holds};
use crate::id::{StageKey, StatusKey};
use crate::limits;
use crate::model::{FailedAction, Job, JobStatus, Wait};

/// Something that holds a job where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// It is put away.
    Archived,
    /// It is finished.
    Completed,
    /// It has a custom status that stays until it is set.
    Status,
    /// An action of its status could not be done.
    StatusFailure,
    /// Something that its status waits for is not done.
    StatusBlocker,
    /// Its status waits for something, and there never was anything.
    StatusEmpty,
    /// Something that its visit waits for is not done.
    Blocker,
    /// An action of its visit could not be done.
    Failure,
    /// A job that it waits for is not finished.
    Prerequisite,
    /// Its stage is final, and completing it is left to people.
    FinalStage,
    /// An action of its visit waits.
    Wait,
    /// Its stage does not move jobs on.
    NoAutomove,
    /// Its visit never had anything to wait for, and such a visit holds.
    EmptyVisit,
    /// What must hold before it leaves does not.
    ExitRequirement,
    /// No stage further on takes it.
    NoWayOn,
}

/// What a job does by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Onward {
    /// It becomes active again.
    Activate,
    /// It is completed.
    Complete,
    /// It moves to the stage of this place, past those whose condition does not hold. Whether there is
    /// room in it is another matter.
    Move { place: usize, passed: Vec<StageKey> },
}

/// What a job does next by itself. `look_on` is told what holds it, and answers whether to look on as
/// if that did not.
pub(crate) fn onward(compiled: &Compiled, facts: &Facts<'_>, look_on: &mut dyn FnMut(Hold) -> bool) -> Option<Onward> {
    match &facts.job.status {
        JobStatus::Archived => {
            look_on(Hold::Archived);
            None
        }
        JobStatus::Completed => {
            look_on(Hold::Completed);
            None
        }
        JobStatus::Custom(key) => leaves_status(facts.job, compiled, key, look_on).then_some(Onward::Activate),
        JobStatus::Active => leaves_stage(compiled, facts, look_on),
    }
}

fn leaves_status(job: &Job, compiled: &Compiled, key: &StatusKey, look_on: &mut dyn FnMut(Hold) -> bool) -> bool {
    let automove = compiled.status(key).is_some_and(|status| status.automove);
    (automove || look_on(Hold::Status))
        && (status_failures(job).next().is_none() || look_on(Hold::StatusFailure))
        && (job.status_blockers().open == 0 || look_on(Hold::StatusBlocker))
        && (job.had_status_blockers() || !automove || look_on(Hold::StatusEmpty))
}

/// What an active job does when everything asked for in its stage is done.
pub(crate) fn leaves_stage(
    compiled: &Compiled,
    facts: &Facts<'_>,
    look_on: &mut dyn FnMut(Hold) -> bool,
) -> Option<Onward> {
    let job = facts.job;
    let goes = (job.blockers().open == 0 || look_on(Hold::Blocker))
        && (failures(job).next().is_none() || look_on(Hold::Failure))
        && (job.waits_for.values().all(|finished| *finished) || look_on(Hold::Prerequisite));
    if !goes {
        return None;
    }
    let (place, stage) = compiled.stage_named(&job.stage)?;
    if compiled.graph().is_final(place) {
        let goes = (compiled.definition().complete_at_final || look_on(Hold::FinalStage))
            && (waits(job).next().is_none() || look_on(Hold::Wait));
        return goes.then_some(Onward::Complete);
    }
    let had = job.had_blockers();
    let goes = (stage.automove || look_on(Hold::NoAutomove))
        && (had || !stage.automove || stage.on_empty == OnEmpty::Advance || look_on(Hold::EmptyVisit))
        // What an automation of this visit still waits to do would be cancelled.
        && (had || !stage.automove || waits(job).next().is_none() || look_on(Hold::Wait))
        && (exit_holds(stage, facts) || look_on(Hold::ExitRequirement));
    if !goes {
        return None;
    }
    let mut passed = Vec::new();
    match way_on(compiled, facts, &mut |stage, _| passed.push(stage.key.clone())) {
        Some(place) => Some(Onward::Move { place, passed }),
        None => {
            look_on(Hold::NoWayOn);
            None
        }
    }
}

/// Where automove would take a job from its present stage. `pass` is shown the conditional stages that
/// it would pass over, with their conditions.
pub(crate) fn way_on(
    compiled: &Compiled,
    facts: &Facts<'_>,
    pass: &mut dyn FnMut(&Stage, &Condition),
) -> Option<usize> {
    let from = compiled.graph().position(&facts.job.stage)?;
    for place in compiled.graph().automove_candidates(from).iter().copied() {
        let Some(stage) = compiled.stage(place) else { continue };
        match &stage.when {
            Some(condition) if !holds(condition, facts) => pass(stage, condition),
            _ => return Some(place),
        }
    }
    None
}

/// Whether what must hold before a job leaves a stage does.
pub(crate) fn exit_holds(stage: &Stage, facts: &Facts<'_>) -> bool {
    stage.exit.as_ref().is_none_or(|exit| holds(exit, facts))
}

/// Failed actions that hold the present visit.
pub(crate) fn failures(job: &Job) -> impl Iterator<Item = &FailedAction> {
    let visit = job.visit_number();
    job.failed.iter().filter(move |failure| failure.visit == visit)
}

/// Failed actions that hold the present status.
pub(crate) fn status_failures(job: &Job) -> impl Iterator<Item = &FailedAction> {
    let round = Some(job.status_round);
    job.failed.iter().filter(move |failure| failure.status_round == round)
}

/// Actions of the present visit that wait, and would be cancelled if the job left it.
pub(crate) fn waits(job: &Job) -> impl Iterator<Item = &Wait> {
    let visit = job.visit_number();
    job.waits.iter().filter(move |wait| wait.visit == visit && wait.status_round.is_none() && !wait.keep)
}

/// Whether a job has been in so many stages that it can be in no more.
pub(crate) fn has_moved_enough(job: &Job) -> bool {
    job.visits.len() >= limits::VISITS
}
