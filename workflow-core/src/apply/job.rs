//! Events of jobs.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::definition::JobDate;
use crate::event::{Event, MoveKind};
use crate::id::JobId;
use crate::limits;
use crate::model::{Job, JobStatus, Visit};
use crate::shelf::Slot;
use crate::state::State;

pub(super) fn apply(state: &mut State, at: DateTime<Utc>, event: &Event) {
    match event {
        Event::JobCreated(job) => {
            state.jobs.put(job.id, Arc::clone(job));
        }
        Event::JobDeleted { job } => {
            if let Some(slot) = state.jobs.get_mut(job) {
                slot.remove();
            }
        }
        Event::JobCommented(comment) => {
            state.comments.put(comment.id, Arc::clone(comment));
            edit(state, at, comment.job, |job| job.comments = job.comments.saturating_add(1));
        }
        Event::JobDependencyAdded { job, on, finished } => {
            edit(state, at, *job, |job| {
                job.waits_for.insert(*on, *finished);
            });
            edit(state, at, *on, |awaited| {
                awaited.awaited_by.insert(*job);
            });
        }
        Event::JobDependencyRemoved { job, on } => {
            edit(state, at, *job, |job| {
                job.waits_for.remove(on);
            });
            edit(state, at, *on, |awaited| {
                awaited.awaited_by.remove(job);
            });
        }
        event => {
            if let Some(id) = subject(event) {
                edit(state, at, id, |job| change(job, at, event));
            }
        }
    }
}

/// The job that an event changes, for those that change one job and nothing else.
fn subject(event: &Event) -> Option<JobId> {
    match event {
        Event::JobMoved { job, .. }
        | Event::JobStatusSet { job, .. }
        | Event::JobRenamed { job, .. }
        | Event::JobDescribed { job, .. }
        | Event::JobPrioritySet { job, .. }
        | Event::JobDateSet { job, .. }
        | Event::JobPeriodSet { job, .. }
        | Event::JobBudgetSet { job, .. }
        | Event::JobFieldSet { job, .. }
        | Event::JobTagsChanged { job, .. }
        | Event::JobAssigneesChanged { job, .. }
        | Event::JobClientStatusSet { job, .. }
        | Event::JobPinned { job, .. }
        | Event::JobDependencyChanged { job, .. }
        | Event::AttentionRaised { job, .. }
        | Event::AttentionCleared { job, .. }
        | Event::ActionFailed { job, .. }
        | Event::FailureEnded { job, .. } => Some(*job),
        // Facts that change no record: an automation that ran, a signal, a loop that was cut.
        _ => None,
    }
}

fn change(job: &mut Job, at: DateTime<Utc>, event: &Event) {
    match event {
        Event::JobMoved { .. } => moved(job, at, event),
        Event::JobStatusSet { to, .. } => set_status(job, at, to),
        Event::JobRenamed { name, .. } => job.name = Arc::clone(name),
        Event::JobDescribed { description, .. } => job.description.clone_from(description),
        Event::JobPrioritySet { to, .. } => job.priority = *to,
        Event::JobDateSet { date, to, rule, derived, .. } => {
            match date {
                JobDate::Start => job.start = *to,
                JobDate::Due => job.due = *to,
                JobDate::Statutory => job.statutory = *to,
                JobDate::Extended => job.extended = *to,
            }
            match rule {
                _ if *derived => {}
                Some(rule) => drop(job.date_rules.insert(*date, Arc::clone(rule))),
                None => drop(job.date_rules.remove(date)),
            }
        }
        Event::JobPeriodSet { start, end, .. } => {
            job.period_start = *start;
            job.period_end = *end;
        }
        Event::JobBudgetSet { minutes, .. } => job.budget_minutes = *minutes,
        Event::JobFieldSet { field, value, .. } => match value {
            Some(value) => drop(job.fields.insert(field.clone(), value.clone())),
            None => drop(job.fields.remove(field)),
        },
        Event::JobTagsChanged { added, removed, .. } => {
            for tag in removed {
                job.tags.remove(tag);
            }
            job.tags.extend(added.iter().cloned());
        }
        Event::JobAssigneesChanged { assignees, roles, members, .. } => {
            job.assignees.clone_from(assignees);
            job.assigned_roles.clone_from(roles);
            job.assigned_members.clone_from(members);
        }
        Event::JobClientStatusSet { text, .. } => job.client_status.clone_from(text),
        Event::JobPinned { pinned, .. } => job.pinned = *pinned,
        Event::JobDependencyChanged { on, finished, .. } => {
            if let Some(known) = job.waits_for.get_mut(on) {
                *known = *finished;
            }
        }
        Event::AttentionRaised { attention, .. } => {
            job.attention.retain(|known| known.reason != attention.reason);
            job.attention.push((**attention).clone());
            if job.attention.len() > limits::ATTENTION {
                job.attention.remove(0);
            }
        }
        Event::AttentionCleared { reason, .. } => job.attention.retain(|known| known.reason != *reason),
        Event::ActionFailed { failure, .. } => {
            job.failures = job.failures.max(failure.number);
            job.failed.push((**failure).clone());
            if job.failed.len() > limits::FAILED_ACTIONS {
                job.failed.remove(0);
            }
        }
        Event::FailureEnded { number, .. } => job.failed.retain(|failure| failure.number != *number),
        _ => {}
    }
}

fn moved(job: &mut Job, at: DateTime<Utc>, event: &Event) {
    let Event::JobMoved { to, pipeline, version, how, .. } = event else { return };
    job.version = *version;
    job.stage = to.clone();
    if *how == MoveKind::Migration {
        // The stage goes by another name now: the visit and what it waits for go on.
        if let Some(visit) = job.visits.last_mut() {
            visit.stage = to.clone();
        }
        return;
    }
    if let Some(visit) = job.visits.last_mut() {
        visit.left = Some(at);
    }
    job.visits.push(Visit { pipeline: pipeline.clone(), stage: to.clone(), entered: at, left: None });
    if let Some(pipeline) = pipeline {
        job.pipeline = pipeline.clone();
        // The automations of that pipeline are others.
        job.fired.clear();
    }
}

fn set_status(job: &mut Job, at: DateTime<Utc>, to: &JobStatus) {
    if *to == JobStatus::Archived {
        job.status_before_archive = Some(job.status.clone());
        job.archived = Some(at);
    } else {
        job.status_before_archive = None;
        job.archived = None;
    }
    match to {
        JobStatus::Completed => job.completed = job.completed.or(Some(at)),
        // An archived job keeps the time it was completed.
        JobStatus::Archived => {}
        JobStatus::Active | JobStatus::Custom(_) => job.completed = None,
    }
    job.status = to.clone();
    job.status_round = job.status_round.saturating_add(1);
}

pub(super) fn edit(state: &mut State, at: DateTime<Utc>, id: JobId, change: impl FnOnce(&mut Job)) {
    if let Some(job) = state.jobs.get_mut(&id).and_then(Slot::edit) {
        change(job);
        job.updated = at;
    }
}
