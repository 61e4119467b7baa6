//! Wakes the runner when a commit of this process brings the next deadline forward.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::store::Batch;

/// Counts what has changed; who waits for a change is woken.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    changes: Mutex<u64>,
    changed: Condvar,
    /// How many runners there are to wake.
    pub(super) runners: AtomicUsize,
    /// Whether the store was asked for hints.
    pub(super) hinted: AtomicBool,
}

impl Alarm {
    /// Notes that something may be due earlier than it was.
    pub(super) fn ring(&self) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        *changes = changes.wrapping_add(1);
        self.changed.notify_all();
    }

    /// Notes that a batch was committed.
    pub(super) fn note(&self, batch: &Batch) {
        if !batch.timers.is_empty() || !batch.enqueue.is_empty() {
            self.hint();
        }
    }

    /// Notes that there may be something to do, for runners if there are any.
    pub(super) fn hint(&self) {
        if self.runners.load(Ordering::Relaxed) > 0 {
            self.ring();
        }
    }

    /// How much has changed so far.
    pub(super) fn changes(&self) -> u64 {
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until more has changed than that, no longer than this.
    pub(super) fn wait(&self, since: u64, at_most: Duration) {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_timeout_while(changes, at_most, |changes| *changes == since));
    }
}
