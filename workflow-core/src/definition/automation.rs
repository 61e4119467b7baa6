//! Automations: trigger, condition, ordered actions.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Condition, FieldScope, is_default, is_true, yes};
use crate::dates::Span;
use crate::id::{AutomationKey, FieldKey, SignalKey, StageKey, StatusKey, Tag, TemplateKey};
use crate::model::ItemKind;
use crate::recurrence::Schedule;

/// When something happens, and a condition holds, do these things in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Automation {
    /// Names the automation in its pipeline.
    pub key: AutomationKey,
    /// What people call it; the key when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What sets it off. Not written on automations of a stage's entry or exit, or of a status:
    /// their place says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Trigger>,
    /// Only for jobs in these stages; in any stage when empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stages: BTreeSet<StageKey>,
    /// What must hold.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// Whether it runs at all. It can also be switched without a new version.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// On which entries it runs again.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refire: Refire,
    /// What it does, in order.
    #[serde(rename = "do")]
    pub actions: Vec<Action>,
}

/// On which entries of a stage an automation runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refire {
    /// On every entry.
    #[default]
    EveryEntry,
    /// On the first entry of the job into the stage.
    FirstEntry,
    /// When the job comes from an earlier stage, another pipeline, or is new.
    ForwardOnly,
}

/// A date that can come near or pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WatchedDate {
    /// When work on the job should begin.
    Start,
    /// When the firm wants the job done.
    #[default]
    Due,
    /// When the law wants the job done.
    Statutory,
    /// When the law wants the job done after an extension.
    Extended,
    /// When an open task of the job is due.
    TaskDue,
}

/// What sets an automation off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// The job entered a stage (which one, `stages` says).
    StageEntered,
    /// The job left a stage (which one, `stages` says).
    StageLeft,
    /// The job was created.
    JobCreated,
    /// The job got this status: `active`, `completed`, `archived` or a custom one.
    StatusSet {
        /// The status.
        status: StatusKey,
    },
    /// A task of the job was completed.
    TaskCompleted {
        /// Only a task of this template.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<TemplateKey>,
    },
    /// The last open task of the job was completed.
    AllTasksCompleted,
    /// An item of the job reached a status.
    ItemReached {
        /// Only an item of this kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<ItemKind>,
        /// Only an item requested from this template.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<TemplateKey>,
        /// The status.
        status: StatusKey,
    },
    /// The account got a tag.
    AccountTagAdded {
        /// Only this tag.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<Tag>,
    },
    /// The account lost a tag.
    AccountTagRemoved {
        /// Only this tag.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<Tag>,
    },
    /// The job got a tag.
    JobTagAdded {
        /// Only this tag.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<Tag>,
    },
    /// The job lost a tag.
    JobTagRemoved {
        /// Only this tag.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<Tag>,
    },
    /// A custom field changed.
    FieldChanged {
        /// Of the account or of the job.
        scope: FieldScope,
        /// Only this field.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<FieldKey>,
    },
    /// A date of the job, or a task's due date, comes near.
    DueApproaching {
        /// Which date.
        #[serde(default)]
        date: WatchedDate,
        /// Only tasks of this template; with `task_due` alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<TemplateKey>,
        /// How long before that day begins.
        before: Span,
    },
    /// A date of the job, or a task's due date, has passed.
    Overdue {
        /// Which date.
        #[serde(default)]
        date: WatchedDate,
        /// Only tasks of this template; with `task_due` alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<TemplateKey>,
        /// How long after that day has ended; at once when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Span>,
    },
    /// A time of a schedule has come, while the job is here. Times that passed while nobody
    /// ticked, or while the job was not active, set it off once.
    Schedule(Box<Schedule>),
    /// The job has been in its stage for as long as the stage's time limit says.
    StageTimeLimit,
    /// A person fired it.
    ByHand,
    /// The host sent a signal for the job.
    Signal {
        /// Its name.
        name: SignalKey,
    },
}

impl Trigger {
    /// Whether the passing of time sets it off.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        matches!(self, Self::DueApproaching { .. } | Self::Overdue { .. } | Self::Schedule(_) | Self::StageTimeLimit)
    }
}
