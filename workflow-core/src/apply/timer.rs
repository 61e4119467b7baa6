//! Events of what a job waits for.

use chrono::{DateTime, Utc};

use super::job::edit;
use crate::event::Event;
use crate::id::JobId;
use crate::model::{Fired, Job, Timer};
use crate::state::State;

pub(super) fn apply(state: &mut State, at: DateTime<Utc>, event: &Event) {
    let Some(id) = subject(event) else { return };
    edit(state, at, id, |job| change(job, event));
}

fn subject(event: &Event) -> Option<JobId> {
    match event {
        Event::TimerSet { job, .. }
        | Event::TimerDropped { job, .. }
        | Event::TimerFired { job, .. }
        | Event::WaitBegun { job, .. }
        | Event::WaitLookedAt { job, .. }
        | Event::WaitEnded { job, .. }
        | Event::RemindersBegun { job, .. }
        | Event::Reminded { job, .. }
        | Event::RemindersEnded { job, .. } => Some(*job),
        _ => None,
    }
}

fn change(job: &mut Job, event: &Event) {
    match event {
        Event::TimerSet { timer, .. } => match job.timers.binary_search_by(|known| known.key.cmp(&timer.key)) {
            Ok(place) => {
                if let Some(known) = job.timers.get_mut(place) {
                    *known = timer.clone();
                }
            }
            Err(place) => job.timers.insert(place, Timer::clone(timer)),
        },
        Event::TimerDropped { key, .. } => job.timers.retain(|timer| timer.key != *key),
        Event::TimerFired { key, due, .. } => {
            // What it was about, the timer itself knows.
            let day = job.timers.iter().find(|timer| timer.key == *key).and_then(|timer| timer.day);
            job.timers.retain(|timer| timer.key != *key);
            note_fired(job, Fired { key: key.clone(), due: *due, day });
        }
        Event::WaitBegun { wait, .. } => {
            job.waits_begun = wait.number;
            job.waits.push((**wait).clone());
        }
        Event::WaitLookedAt { number, next, .. } => {
            if let Some(wait) = job.waits.iter_mut().find(|wait| wait.number == *number) {
                wait.look = Some(*next);
            }
        }
        Event::WaitEnded { number, .. } => job.waits.retain(|wait| wait.number != *number),
        Event::RemindersBegun { reminder, .. } => {
            job.reminders_begun = reminder.number;
            job.reminders.push((**reminder).clone());
        }
        Event::Reminded { number, next: Some(next), .. } => {
            if let Some(reminder) = job.reminders.iter_mut().find(|reminder| reminder.number == *number) {
                reminder.sent = reminder.sent.saturating_add(1);
                reminder.next = *next;
            }
        }
        Event::Reminded { number, next: None, .. } | Event::RemindersEnded { number, .. } => {
            job.reminders.retain(|reminder| reminder.number != *number);
        }
        _ => {}
    }
}

/// What a timer fired for is not asked for again.
fn note_fired(job: &mut Job, fired: Fired) {
    match job.fired.binary_search_by(|known| known.key.cmp(&fired.key)) {
        Ok(place) => {
            if let Some(known) = job.fired.get_mut(place) {
                *known = fired;
            }
        }
        Err(place) => job.fired.insert(place, fired),
    }
}
