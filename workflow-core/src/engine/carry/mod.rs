//! A firm is carried from one store to another: written to a file, and read from it.
//!
//! The file holds the firm's log, entry by entry as it is, and the rows of its queues. It does not
//! hold the records: they are the fold of the log, and whoever imports it folds them anew, commit by
//! commit, through the one function that ever changes a record. So the records of the copy cannot
//! differ from its log, a record cannot be altered in the file, and an export of a firm that is being
//! worked on needs to be of one moment only where it is short: the log behind that moment does not
//! change any more.
//!
//! The rows have no other home than the queues, and are written as they are at that moment.

mod export;
mod file;
mod import;
mod replay;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{FirmId, NotificationId};

/// What an export wrote, or what an import found in the file and brought into the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Carried {
    /// Which firm.
    pub firm: FirmId,
    /// Entries of its log.
    pub entries: u64,
    /// Of these, the entries that an interrupted import had brought already.
    pub already_there: u64,
    /// Notifications that wait to be delivered.
    pub outbox: u64,
    /// Follow-ups that wait to be run.
    pub follow_ups: u64,
    /// Timers that are not just as their records say: those that failed and are tried again.
    pub timers: u64,
    /// Dead letters of all queues, among the numbers above.
    pub dead: u64,
    /// Notifications that a host was delivering at the moment of the export. Whether they arrived is
    /// not known: in the copy they are handed out again, under the same identifiers. The first
    /// [`crate::limits::PAGE`] of them.
    pub under_way: Vec<NotificationId>,
    /// SHA-256 of the file up to its last line, in hexadecimal digits: the last line says the same.
    pub sha256: String,
}

impl Carried {
    fn of(firm: FirmId) -> Self {
        Self {
            firm,
            entries: 0,
            already_there: 0,
            outbox: 0,
            follow_ups: 0,
            timers: 0,
            dead: 0,
            under_way: Vec::new(),
            sha256: String::new(),
        }
    }

    /// Counts a row.
    fn count(&mut self, row: &file::Row) {
        let of_its_queue = match &row.body {
            file::Body::Notification(_) => &mut self.outbox,
            file::Body::FollowUp(_) => &mut self.follow_ups,
            file::Body::Timer(_) => &mut self.timers,
        };
        *of_its_queue = of_its_queue.saturating_add(1);
        self.dead = self.dead.saturating_add(u64::from(row.dead));
        if let file::Body::Notification(notification) = &row.body
            && row.under_way
            && self.under_way.len() < crate::limits::PAGE
        {
            self.under_way.push(notification.id);
        }
    }
}
