//! What a command answers.

use std::sync::Arc;

use serde::Serialize;

use crate::decide::Outlook;
use crate::error::{Error, Problem};
use crate::event::{Entry, Event, Recorded};
use crate::id::{ItemId, JobId, SeriesId, TaskId};
use crate::model::Notification;
use crate::store::{LogPosition, Revision};

/// What a command did.
#[derive(Debug)]
pub struct Outcome {
    /// What was written to the log: one entry, or one for each command of a bulk that is all or
    /// nothing. An entry without a position is of a command that changed nothing.
    pub entries: Vec<Arc<Entry>>,
    /// Where the last of them is in the log; `None` when nothing had to be written.
    pub position: Option<LogPosition>,
    /// Whether an earlier command under the same idempotency key did all this.
    pub replayed: bool,
    /// Why nothing changed, when nothing did.
    pub unchanged: Option<String>,
    /// What is worth a look in a definition that was published all the same.
    pub warnings: Vec<Problem>,
    /// What became of each command of a bulk in which each is by itself.
    pub each: Vec<Result<Outcome, Error>>,
}

impl Outcome {
    /// What happened, in order.
    #[must_use]
    pub fn events(&self) -> Vec<&Recorded> {
        self.entries.iter().flat_map(|entry| &entry.events).collect()
    }

    /// The notifications that it caused, in order.
    #[must_use]
    pub fn notifications(&self) -> Vec<&Arc<Notification>> {
        self.entries.iter().flat_map(|entry| notifications(&entry.events)).collect()
    }

    /// The revision of the record that the command was about, after it; 0 when there is none.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.entries.last().map_or(0, |entry| entry.revision)
    }

    /// The job that the command was about.
    #[must_use]
    pub fn job(&self) -> Option<JobId> {
        self.entries.last()?.job
    }

    /// The last series that it created.
    #[must_use]
    pub fn series(&self) -> Option<SeriesId> {
        self.events().iter().rev().find_map(|recorded| match &recorded.event {
            Event::SeriesCreated(series) => Some(series.id),
            _ => None,
        })
    }

    /// The tasks that it created.
    #[must_use]
    pub fn tasks_created(&self) -> Vec<TaskId> {
        let created = |recorded: &&Recorded| match &recorded.event {
            Event::TaskCreated { task, .. } => Some(task.id),
            _ => None,
        };
        self.events().iter().filter_map(created).collect()
    }

    /// The items that it created.
    #[must_use]
    pub fn items_created(&self) -> Vec<ItemId> {
        let created = |recorded: &&Recorded| match &recorded.event {
            Event::ItemCreated(item) => Some(item.id),
            _ => None,
        };
        self.events().iter().filter_map(created).collect()
    }
}

fn notifications(events: &[Recorded]) -> impl Iterator<Item = &Arc<Notification>> {
    events.iter().filter_map(|recorded| match &recorded.event {
        Event::NotificationQueued(notification) => Some(notification),
        _ => None,
    })
}

/// What a command would do.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// What would happen, in order.
    pub events: Vec<Recorded>,
    /// Automations that it would run or not run, and why; for a publish, where jobs would go.
    pub outlook: Outlook,
    /// Why nothing would change, when nothing would.
    pub unchanged: Option<String>,
    /// What is worth a look in a definition that would be published all the same.
    pub warnings: Vec<Problem>,
}

impl Preview {
    /// The notifications that it would cause.
    #[must_use]
    pub fn notifications(&self) -> Vec<&Arc<Notification>> {
        notifications(&self.events).collect()
    }
}
