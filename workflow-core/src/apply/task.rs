//! Events of tasks.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::job;
use crate::event::{Event, TaskChanges};
use crate::id::TaskId;
use crate::model::{Job, Task, TaskLink, TaskState, TimerKey};
use crate::shelf::Slot;
use crate::state::State;

pub(super) fn apply(state: &mut State, at: DateTime<Utc>, event: &Event) {
    match event {
        Event::TaskCreated { task, origin } => {
            if let (Some(job), Some(origin)) = (task.job, origin) {
                job::edit(state, at, job, |job| {
                    job.tasks.push(TaskLink::new(task, origin.clone()));
                });
            }
            state.tasks.put(task.id, Arc::clone(task));
        }
        Event::TaskStateSet { task, job, to, custom } => {
            edit(state, at, *task, |task| {
                task.state = *to;
                task.custom_status.clone_from(custom);
                task.completed = (*to == TaskState::Completed).then_some(at);
            });
            if let Some(job) = job {
                job::edit(state, at, *job, |job| {
                    if let Some(link) = job.tasks.iter_mut().find(|link| link.task == *task) {
                        link.state = *to;
                        link.completed = (*to == TaskState::Completed).then_some(at);
                    }
                    if to.is_ended() {
                        forget_fired(job, *task);
                    }
                });
            }
        }
        Event::TaskEdited { task, changes } => edit(state, at, *task, |task| change(task, changes)),
        Event::TaskDatesSet { task, start, due, derived } => {
            edit(state, at, *task, |task| {
                task.start = *start;
                task.due = *due;
                if !derived {
                    task.start_rule = None;
                    task.due_rule = None;
                }
            });
            let job = state.task(*task).and_then(|task| task.job);
            if let Some(job) = job {
                job::edit(state, at, job, |job| {
                    if let Some(link) = job.tasks.iter_mut().find(|link| link.task == *task) {
                        link.due = *due;
                    }
                });
            }
        }
        Event::TaskAssigneesChanged { task, assignees, roles } => edit(state, at, *task, |task| {
            task.assignees.clone_from(assignees);
            task.assigned_roles.clone_from(roles);
        }),
        Event::TaskChecklistSet { task, checklist } => {
            edit(state, at, *task, |task| task.checklist.clone_from(checklist));
        }
        Event::TaskWaitsChanged { task, on, waits } => edit(state, at, *task, |task| {
            if *waits {
                task.waits_for.insert(*on);
            } else {
                task.waits_for.remove(on);
            }
        }),
        Event::TaskLinked { task, job, account, link } => {
            edit(state, at, *task, |task| {
                task.job = Some(*job);
                task.account = Some(*account);
            });
            job::edit(state, at, *job, |job| job.tasks.push((**link).clone()));
        }
        Event::TaskUnlinked { task, job } => {
            edit(state, at, *task, |task| task.job = None);
            unlink(state, at, *task, *job);
        }
        Event::TaskDeleted { task, job } => {
            if let Some(slot) = state.tasks.get_mut(task) {
                slot.remove();
            }
            if let Some(job) = job {
                unlink(state, at, *task, *job);
            }
        }
        _ => {}
    }
}

fn unlink(state: &mut State, at: DateTime<Utc>, task: TaskId, job: crate::id::JobId) {
    job::edit(state, at, job, |job| {
        job.tasks.retain(|link| link.task != task);
        forget_fired(job, task);
    });
}

/// A task that is opened again is late anew.
fn forget_fired(job: &mut Job, task: TaskId) {
    job.fired.retain(|fired| !matches!(fired.key, TimerKey::Task { task: other, .. } if other == task));
}

fn change(task: &mut Task, changes: &TaskChanges) {
    if let Some(title) = &changes.title {
        task.title = title.as_str().into();
    }
    if let Some(description) = &changes.description {
        task.description = (!description.is_empty()).then(|| description.as_str().into());
    }
    if let Some(priority) = changes.priority {
        task.priority = priority;
    }
    if let Some(tags) = &changes.tags {
        task.tags.clone_from(tags);
    }
    if let Some(minutes) = changes.budget_minutes {
        task.budget_minutes = (minutes > 0).then_some(minutes);
    }
}

fn edit(state: &mut State, at: DateTime<Utc>, id: TaskId, change: impl FnOnce(&mut Task)) {
    if let Some(task) = state.tasks.get_mut(&id).and_then(Slot::edit) {
        change(task);
        task.updated = at;
    }
}
