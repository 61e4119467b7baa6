//! What becomes of a command that is undone.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Account, Comment, Item, Job, Task};
use crate::id::{AccountId, CommentId, EntryId, ItemId, JobId, NotificationId, TaskId};

/// A command that was undone, with what followed from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Undone {
    /// The entry that was named.
    pub entry: EntryId,
    /// The name of its command.
    pub command: String,
    /// Every entry that was taken back: those of the command, then those that followed from it.
    pub entries: Vec<EntryId>,
    /// What could not be taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
}

/// Something that could not be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// What.
    pub what: Subject,
    /// Why not.
    pub reason: KeptReason,
    /// The same in words.
    pub why: String,
}

/// Why something could not be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeptReason {
    /// It, or something that belongs to it, was changed since by something else.
    ChangedSince,
    /// The host has it, or may have it.
    Delivered,
    /// It was withdrawn before, and is not sent after all.
    Withdrawn,
    /// The stage or status that it had is gone from its pipeline.
    StageGone,
    /// What the host called it is another's name now.
    NameTaken,
    /// It is of a kind that is not undone.
    NotReversible,
}

impl KeptReason {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ChangedSince => "changed_since",
            Self::Delivered => "delivered",
            Self::Withdrawn => "withdrawn",
            Self::StageGone => "stage_gone",
            Self::NameTaken => "name_taken",
            Self::NotReversible => "not_reversible",
        }
    }
}

/// A record, or a notification, that an undone command had to do with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subject {
    /// An account.
    Account(AccountId),
    /// A job.
    Job(JobId),
    /// A task.
    Task(TaskId),
    /// An item.
    Item(ItemId),
    /// A comment.
    Comment(CommentId),
    /// A notification.
    Notification(NotificationId),
    /// Another record, by kind and key.
    Other(String),
}

/// A record as it was before a command that was undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Restored {
    /// An account.
    Account(Arc<Account>),
    /// A job.
    Job(Arc<Job>),
    /// A task.
    Task(Arc<Task>),
    /// An item.
    Item(Arc<Item>),
    /// A comment.
    Comment(Arc<Comment>),
}

/// A record that a command which was undone had made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unmade {
    /// A job.
    Job(JobId),
    /// A task.
    Task(TaskId),
    /// An item.
    Item(ItemId),
    /// A comment.
    Comment(CommentId),
}
