//! Notifications in hand are delivered.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::crew::{Crew, pause};
use super::keeper::Hold;
use crate::engine::outbox::{Delivered, Delivery, Receipt};
use crate::error::{Error, ErrorKind, StoreError};
use crate::store::{Claimed, Queue};

/// How often it is tried to say what became of a delivery while the store fails.
const TRIES: u32 = 6;

impl Crew {
    /// Delivers notifications one after the other, those that are still held when their turn comes.
    pub(super) fn deliver(&self, rows: Vec<Claimed>, holds: Vec<Hold<'_>>) {
        let Some(notifier) = &self.options.notifier else { return };
        for (row, hold) in rows.into_iter().zip(holds) {
            let Some(delivery) = Delivery::of(row) else { continue };
            if !hold.lasts(self.engine.now()) {
                self.count(Queue::Outbox, 0, 0, 1);
                continue;
            }
            let answer = catch_unwind(AssertUnwindSafe(|| notifier.deliver(&delivery.notification)));
            let answer = answer.unwrap_or_else(|_| {
                let why = "the notifier panicked".to_owned();
                self.report(Queue::Outbox, &StoreError::new(ErrorKind::Unavailable, why.clone()).into());
                Delivered::Retry { at: None, why }
            });
            match self.say(&delivery.receipt, &answer) {
                Ok(true) if answer == Delivered::Done => self.count(Queue::Outbox, 1, 0, 0),
                Ok(true) => self.count(Queue::Outbox, 0, 1, 0),
                Ok(false) => self.count(Queue::Outbox, 0, 0, 1),
                Err(error) => {
                    // Its lease runs out, and it is handed out once more.
                    self.count(Queue::Outbox, 0, 1, 0);
                    self.report(Queue::Outbox, &error);
                }
            }
            drop(hold);
        }
    }

    /// Says what became of a delivery, again while the store fails: it was delivered, and would be
    /// once more if nobody were told. Answers whether it was still held.
    fn say(&self, receipt: &Receipt, answer: &Delivered) -> Result<bool, Error> {
        let mut failures = 0u32;
        loop {
            let said = match answer {
                Delivered::Done => self.engine.acknowledge(receipt),
                Delivered::Retry { at, why } => self.engine.fail(receipt, why, *at),
                Delivered::Reject { why } => self.engine.reject(receipt, why),
            };
            match said {
                // One that failed before may have been heard all the same.
                Ok(held) => return Ok(held || failures > 0),
                Err(error) if error.retryable() && failures < TRIES => {
                    self.report(Queue::Outbox, &error);
                    std::thread::sleep(pause(failures, self.options.longest_pause));
                    failures = failures.saturating_add(1);
                }
                Err(error) => return Err(error),
            }
        }
    }
}
