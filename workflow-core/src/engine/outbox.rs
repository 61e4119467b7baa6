//! Notifications on their way to the host: pushed by [`Engine::deliver`] or pulled.
//!
//! Each is delivered at least once, in order per job, under the same identifier every time.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clock::after;
use super::commit::Work;
use super::follow::backoff;
use super::{Engine, LEASE};
use crate::command::{Command, Request};
use crate::error::{Error, Rejection};
use crate::event::Actor;
use crate::id::{FirmId, NotificationId};
use crate::limits;
use crate::model::Notification;
use crate::store::{
    Chain, Claim, Claimed, Lease, Queue, QueueScan, QueuedBody, QueuedState, Settle, SettleHow, Waiting,
};

/// Delivers notifications for the host.
pub trait Notifier {
    /// Delivers one. It may come again with the same identifier: deliver it once all the same.
    fn deliver(&self, notification: &Notification) -> Delivered;
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// It was delivered.
    Done,
    /// It could not be delivered now. It comes again at this instant, or after a while that grows
    /// with every try; after [`limits::DELIVERY_ATTEMPTS`] it becomes a dead letter.
    Retry {
        /// When.
        at: Option<DateTime<Utc>>,
        /// Why it failed.
        why: String,
    },
    /// It can never be delivered: it becomes a dead letter, and its job is marked for attention.
    Reject {
        /// Why.
        why: String,
    },
}

/// How many deliveries came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Deliveries {
    /// Delivered.
    pub delivered: usize,
    /// To be tried again.
    pub retried: usize,
    /// Dead.
    pub rejected: usize,
}

/// A notification handed out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// What is to be done.
    pub notification: Arc<Notification>,
    /// How often it was handed out, this time included.
    pub attempts: u32,
    /// What to answer with.
    pub receipt: Receipt,
}

/// Names a delivery. Good as long as its lease, and in any process: it can be kept as a document.
///
/// ```
/// use workflow_core::engine::Receipt;
/// use workflow_core::document::read;
///
/// let kept = br#"{"firm": "0190a5d0-0000-7000-8000-000000000001",
///     "notification": "0190a5d0-0000-7000-8000-000000000002", "generation": 1, "attempts": 1}"#;
/// let receipt: Receipt = read("receipt", kept)?;
/// assert_eq!(receipt.attempts, 1);
/// # Ok::<(), workflow_core::error::Rejection>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Of which firm.
    pub firm: FirmId,
    /// Which notification.
    pub notification: NotificationId,
    /// Which time that it was handed out.
    pub generation: u64,
    /// How often it was handed out.
    pub attempts: u32,
    /// About which job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<crate::id::JobId>,
}

/// A notification that could not be delivered.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DeadLetter {
    /// Its place in the list: go on after it.
    pub sequence: u64,
    /// The notification.
    pub notification: Arc<Notification>,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed.
    pub why: String,
}

impl Engine {
    /// Delivers notifications that are due, until none is left or `limit` were tried.
    ///
    /// # Errors
    /// When the store fails. What was delivered before is settled.
    pub fn deliver(&self, notifier: &dyn Notifier, limit: usize) -> Result<Deliveries, Error> {
        let mut sum = Deliveries::default();
        let mut left = limit;
        while left > 0 {
            let until = after(self.now(), LEASE);
            let page = self.claim_notifications(None, LEASE, left.min(100))?;
            if page.is_empty() {
                break;
            }
            left = left.saturating_sub(page.len());
            for (place, delivery) in page.into_iter().enumerate() {
                if place > 0 && self.now() >= until {
                    // A slow host: what it has not begun is anybody's again.
                    break;
                }
                match notifier.deliver(&delivery.notification) {
                    Delivered::Done => {
                        self.acknowledge(&delivery.receipt)?;
                        sum.delivered = sum.delivered.saturating_add(1);
                    }
                    Delivered::Retry { at, why } => {
                        self.fail(&delivery.receipt, &why, at)?;
                        sum.retried = sum.retried.saturating_add(1);
                    }
                    Delivered::Reject { why } => {
                        self.reject(&delivery.receipt, &why)?;
                        sum.rejected = sum.rejected.saturating_add(1);
                    }
                }
            }
        }
        Ok(sum)
    }

    /// Hands out notifications that are due, of one firm or of all, for as long as the lease
    /// lasts: one per job at a time, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn claim_notifications(
        &self,
        firm: Option<FirmId>,
        lease: TimeDelta,
        limit: usize,
    ) -> Result<Vec<Delivery>, Error> {
        let now = self.now();
        let lease = Lease { owner: self.shared.owner, until: after(now, lease.max(TimeDelta::seconds(1))) };
        let claim = Claim { queue: Queue::Outbox, firm, now, lease, limit: limit.min(limits::CLAIM) };
        Ok(self.shared.store.claim(&claim)?.into_iter().filter_map(Delivery::of).collect())
    }

    /// Says that a notification was delivered. Answers false when the lease had run out and
    /// another may deliver it once more.
    ///
    /// # Errors
    /// When the store fails.
    pub fn acknowledge(&self, receipt: &Receipt) -> Result<bool, Error> {
        Ok(self.settle(receipt.firm, receipt.settle(SettleHow::Done))?)
    }

    /// Says that many notifications of one firm were delivered, in one commit each but with one
    /// synchronisation. Answers for each what [`Engine::acknowledge`] does.
    ///
    /// # Errors
    /// When the store fails.
    pub fn acknowledge_many(&self, receipts: &[Receipt]) -> Result<Vec<bool>, Error> {
        let batch = |receipt: &Receipt| {
            let mut batch = crate::store::Batch::new(receipt.firm);
            batch.settle.push(receipt.settle(SettleHow::Done));
            batch
        };
        let batches: Vec<_> = receipts.iter().map(batch).collect();
        Ok(self.shared.store.commit(&batches)?.into_iter().map(|result| result.is_ok()).collect())
    }

    /// Says that a delivery failed and is to be tried again: at an instant, or after a while that
    /// grows with every try. Past [`limits::DELIVERY_ATTEMPTS`] it is rejected. Answers false when
    /// the lease had run out.
    ///
    /// # Errors
    /// When the store fails.
    pub fn fail(&self, receipt: &Receipt, why: &str, at: Option<DateTime<Utc>>) -> Result<bool, Error> {
        if receipt.attempts >= limits::DELIVERY_ATTEMPTS {
            return self.reject(receipt, why);
        }
        let at = at.unwrap_or_else(|| after(self.now(), backoff(receipt.attempts)));
        let error = shortened(why);
        Ok(self.settle(receipt.firm, receipt.settle(SettleHow::Retry { at, error }))?)
    }

    /// Says that a notification can never be delivered: it becomes a dead letter, and its job is
    /// marked for attention in the same commit. Answers false when the lease had run out.
    ///
    /// # Errors
    /// When the store fails.
    pub fn reject(&self, receipt: &Receipt, why: &str) -> Result<bool, Error> {
        let why = shortened(why);
        let settle = receipt.settle(SettleHow::Dead { error: why.clone() });
        let Some(job) = receipt.job else { return Ok(self.settle(receipt.firm, settle)?) };
        let command = Command::RejectNotification { job, notification: receipt.notification, why };
        let request = Request::new(receipt.firm, Actor::Automation, command);
        let now = self.now();
        let chain = Chain::default();
        let work =
            Work { request: &request, chain: &chain, settle: vec![settle.clone()], lease: Some(self.lease(now)) };
        match self.session(now).carry_out(&work) {
            Ok(done) => {
                let kept = !done.lost_lease;
                self.follow(done.follow_ups);
                Ok(kept)
            }
            // The job is gone: there is nobody to mark.
            Err(Error::Rejected(_)) => Ok(self.settle(receipt.firm, settle)?),
            Err(error) => Err(error),
        }
    }

    /// Notifications of a firm that could not be delivered, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn dead_letters(&self, firm: FirmId, after: Option<u64>, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        let found = self.queued(Queue::Outbox, firm, QueuedState::Dead, after, limit)?;
        Ok(found.into_iter().filter_map(DeadLetter::of).collect())
    }

    /// Queued work of a firm, oldest first: what waits, or what died.
    ///
    /// # Errors
    /// When the store fails.
    pub fn queued(
        &self,
        queue: Queue,
        firm: FirmId,
        state: QueuedState,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Waiting>, Error> {
        let scan = QueueScan { queue, firm, state, after, limit: limit.min(limits::PAGE) };
        Ok(self.shared.store.queued(&scan)?)
    }

    /// Sends a dead letter again, at the end of what waits for its job.
    ///
    /// # Errors
    /// When there is no such dead letter, or the store fails.
    pub fn send_again(&self, firm: FirmId, notification: NotificationId) -> Result<(), Error> {
        let how = SettleHow::Revive { at: self.now() };
        let settle = Settle { queue: Queue::Outbox, id: notification.0, generation: None, how };
        if self.settle(firm, settle)? {
            return Ok(());
        }
        Err(Rejection::not_found("dead letter", notification).into())
    }
}

impl DeadLetter {
    /// The dead letter that a queued row is, if it is one of the outbox.
    pub(crate) fn of(row: Waiting) -> Option<Self> {
        match row.body {
            QueuedBody::Notification(notification) => Some(Self {
                sequence: row.sequence,
                notification,
                attempts: row.attempts,
                why: row.error.unwrap_or_default(),
            }),
            QueuedBody::FollowUp(_) | QueuedBody::Timer(_) => None,
        }
    }
}

impl Delivery {
    /// A row of the outbox that was handed out.
    pub(super) fn of(claimed: Claimed) -> Option<Self> {
        let Claimed { firm, attempts, generation, body, .. } = claimed;
        let QueuedBody::Notification(notification) = body else { return None };
        let receipt = Receipt { firm, notification: notification.id, generation, attempts, job: notification.job };
        Some(Self { notification, attempts, receipt })
    }
}

impl Receipt {
    fn settle(&self, how: SettleHow) -> Settle {
        Settle { queue: Queue::Outbox, id: self.notification.0, generation: Some(self.generation), how }
    }
}

/// An error message that fits a record.
fn shortened(why: &str) -> String {
    why.chars().take(limits::REASON_CHARS).collect()
}
