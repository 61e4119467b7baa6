//! Notifications: what the host is asked to carry out.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ItemKind;
use crate::definition::AccessMode;
use crate::id::{AccountId, FirmId, ItemId, JobId, MemberId, NotificationId, SignalKey, TaskId, TemplateKey};

/// An intent for the host to carry out, delivered at least once, in order per job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notification {
    /// Its identifier, which is also its idempotency key: the same however often it is delivered.
    pub id: NotificationId,
    /// Of which firm.
    pub firm: FirmId,
    /// About which job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// About which account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// When the change that caused it was made.
    #[serde(serialize_with = "crate::instant::write", deserialize_with = "crate::instant::read")]
    pub at: DateTime<Utc>,
    /// What is to be done.
    pub intent: Intent,
}

/// What the host is asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Intent {
    /// Make this item and send it to the client: an organizer, an invoice, an email, …
    RequestItem {
        /// The engine's record of it; report its status under this id.
        item: ItemId,
        /// What kind.
        kind: ItemKind,
        /// The host's template.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<TemplateKey>,
        /// What it is called.
        title: Arc<str>,
        /// A text to go with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Arc<str>>,
    },
    /// Consider an item done: the firm does not wait for it any more.
    CompleteItem {
        /// Which.
        item: ItemId,
        /// What kind.
        kind: ItemKind,
    },
    /// Withdraw an item that was asked for.
    CancelItem {
        /// Which.
        item: ItemId,
        /// What kind.
        kind: ItemKind,
    },
    /// Remind whoever has something to do with an item.
    RemindOfItem {
        /// Which.
        item: ItemId,
        /// What kind.
        kind: ItemKind,
        /// What it is called.
        title: Arc<str>,
        /// The how many-eth reminder it is.
        count: u32,
        /// How many there are at most.
        at_most: u32,
    },
    /// Remind the assignees of a task.
    RemindOfTask {
        /// Which.
        task: TaskId,
        /// Its title.
        title: Arc<str>,
        /// Whom.
        assignees: BTreeSet<MemberId>,
        /// The how many-eth reminder it is.
        count: u32,
        /// How many there are at most.
        at_most: u32,
    },
    /// Lay out the account's folders.
    ApplyFolderTemplate {
        /// By this template of the host's.
        template: TemplateKey,
    },
    /// Change which members may see the account.
    UpdateAccountAccess {
        /// How.
        mode: AccessMode,
        /// For whom.
        members: Vec<MemberId>,
    },
    /// Take note of a signal.
    Signal {
        /// Its name.
        name: SignalKey,
        /// What goes with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<serde_json::Value>,
    },
}

impl Intent {
    /// Its name, as it is written in documents.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::RequestItem { .. } => "request_item",
            Self::CompleteItem { .. } => "complete_item",
            Self::CancelItem { .. } => "cancel_item",
            Self::RemindOfItem { .. } => "remind_of_item",
            Self::RemindOfTask { .. } => "remind_of_task",
            Self::ApplyFolderTemplate { .. } => "apply_folder_template",
            Self::UpdateAccountAccess { .. } => "update_account_access",
            Self::Signal { .. } => "signal",
        }
    }
}
