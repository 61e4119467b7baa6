//! What a runner has done, and what it is at.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::store::Queue;

/// What a runner has done since it was started, and what it is at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunnerStatus {
    /// Records on which something was due.
    pub timers: WorkStatus,
    /// Follow-ups that nobody held.
    pub follow_ups: WorkStatus,
    /// Notifications.
    pub notifications: WorkStatus,
    /// Threads that are doing something just now.
    pub working: usize,
    /// Whether nothing is in hand and nothing was due when it last looked: it sleeps.
    pub idle: bool,
    /// When it looks again by itself, if it sleeps; it is woken earlier.
    pub looks_again: Option<DateTime<Utc>>,
    /// Whether it was told to stop.
    pub stopping: bool,
}

/// What a runner has done of one kind of work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WorkStatus {
    /// How many were done: for notifications, delivered and acknowledged.
    pub done: u64,
    /// How many failed and are tried again later, or are dead now.
    pub failed: u64,
    /// How many another host has taken over because the lease was lost.
    pub lost: u64,
    /// Failures of the store one after the other, up to now: more than none, it pauses.
    pub failing: u32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Of which kind that was.
    pub last_error_kind: Option<ErrorKind>,
}

impl RunnerStatus {
    /// What was done of one kind.
    #[must_use]
    pub fn of(&self, queue: Queue) -> &WorkStatus {
        match queue {
            Queue::Outbox => &self.notifications,
            Queue::FollowUps => &self.follow_ups,
            Queue::Timers => &self.timers,
        }
    }

    pub(super) fn of_mut(&mut self, queue: Queue) -> &mut WorkStatus {
        match queue {
            Queue::Outbox => &mut self.notifications,
            Queue::FollowUps => &mut self.follow_ups,
            Queue::Timers => &mut self.timers,
        }
    }
}

impl WorkStatus {
    pub(super) fn note(&mut self, error: &Error) {
        self.last_error = Some(error.to_string());
        self.last_error_kind = Some(error.kind());
    }
}

/// Counts one more.
pub(super) fn more(count: &mut u64, by: usize) {
    *count = count.saturating_add(u64::try_from(by).unwrap_or(u64::MAX));
}
