//! How documents, entries and queued work are written by stores that keep bytes: as JSON.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::document::{Document, Kind};
use super::queue::{Queue, QueuedBody, TimerOf};
use crate::error::{ErrorKind, StoreError};
use crate::event::Entry;
use crate::json;

fn write(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    json::to_vec(value)
        .map_err(|error| StoreError::new(ErrorKind::Corrupt, "a record cannot be written as JSON").caused_by(error))
}

fn read<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<Arc<T>, StoreError> {
    serde_json::from_slice(bytes).map(Arc::new).map_err(|error| {
        StoreError::new(ErrorKind::Corrupt, format!("the store holds a {what} that cannot be read: {error}"))
            .caused_by(error)
    })
}

impl Document {
    /// Writes the body.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when a value has no form in JSON, such as a number that is not finite.
    pub fn encode(&self) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Firm(firm) => write(&**firm),
            Self::Member(member) => write(&**member),
            Self::Template(template) => write(&**template),
            Self::Pipeline(head) => write(&**head),
            Self::PipelineVersion(version) => write(&**version),
            Self::Account(account) => write(&**account),
            Self::Job(job) => write(&**job),
            Self::Task(task) => write(&**task),
            Self::Item(item) => write(&**item),
            Self::Comment(comment) => write(&**comment),
            Self::Series(series) => write(&**series),
            Self::Occurrence(occurrence) => write(&**occurrence),
        }
    }

    /// Reads a body of a kind.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when it is not what the engine writes.
    pub fn decode(kind: Kind, bytes: &[u8]) -> Result<Self, StoreError> {
        Ok(match kind {
            Kind::Firm => Self::Firm(read("firm", bytes)?),
            Kind::Member => Self::Member(read("member", bytes)?),
            Kind::Template => Self::Template(read("template", bytes)?),
            Kind::Pipeline => Self::Pipeline(read("pipeline", bytes)?),
            Kind::PipelineVersion => Self::PipelineVersion(read("pipeline version", bytes)?),
            Kind::Account => Self::Account(read("account", bytes)?),
            Kind::Job => Self::Job(read("job", bytes)?),
            Kind::Task => Self::Task(read("task", bytes)?),
            Kind::Item => Self::Item(read("item", bytes)?),
            Kind::Comment => Self::Comment(read("comment", bytes)?),
            Kind::Series => Self::Series(read("series", bytes)?),
            Kind::Occurrence => Self::Occurrence(read("ledger line", bytes)?),
        })
    }
}

/// Writes an entry of the log.
///
/// # Errors
/// As [`Document::encode`].
pub fn encode_entry(entry: &Entry) -> Result<Vec<u8>, StoreError> {
    write(entry)
}

/// Reads an entry of the log.
///
/// # Errors
/// As [`Document::decode`].
pub fn decode_entry(bytes: &[u8]) -> Result<Arc<Entry>, StoreError> {
    read("log entry", bytes)
}

/// Writes what a queued row carries.
///
/// # Errors
/// As [`Document::encode`].
pub fn encode_queued(body: &QueuedBody) -> Result<Vec<u8>, StoreError> {
    match body {
        QueuedBody::Notification(notification) => write(&**notification),
        QueuedBody::FollowUp(follow_up) => write(&**follow_up),
        QueuedBody::Timer(of) => write(of),
    }
}

/// Reads what a row of a queue carries.
///
/// # Errors
/// As [`Document::decode`].
pub fn decode_queued(queue: Queue, bytes: &[u8]) -> Result<QueuedBody, StoreError> {
    Ok(match queue {
        Queue::Outbox => QueuedBody::Notification(read("notification", bytes)?),
        Queue::FollowUps => QueuedBody::FollowUp(read("follow-up", bytes)?),
        Queue::Timers => QueuedBody::Timer(*read::<TimerOf>("timer", bytes)?),
    })
}

impl QueuedBody {
    /// The queue it belongs to.
    #[must_use]
    pub fn queue(&self) -> Queue {
        match self {
            Self::Notification(_) => Queue::Outbox,
            Self::FollowUp(_) => Queue::FollowUps,
            Self::Timer(_) => Queue::Timers,
        }
    }
}
