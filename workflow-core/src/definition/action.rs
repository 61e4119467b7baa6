//! What automations do.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DateExpression, Delay, Reminders, TaskTemplate, is_default};
use crate::id::{FieldKey, MemberId, PipelineKey, RoleKey, SeriesId, SignalKey, StageKey, StatusKey, Tag, TemplateKey};
use crate::model::{FieldValue, ItemKind, Priority};

/// One thing an automation does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Create a task from each of these templates.
    CreateTasks(Vec<TemplateKey>),
    /// Create the task described here.
    CreateTask(Box<TaskTemplate>),
    /// Ask the host for an item: an organizer, a proposal, an invoice, an email, …
    Request(RequestItem),
    /// Ask the host to lay out the account's folders by one of its templates.
    ApplyFolderTemplate(TemplateKey),
    /// Put tags on the account.
    AddAccountTags(BTreeSet<Tag>),
    /// Take tags off the account.
    RemoveAccountTags(BTreeSet<Tag>),
    /// Take tags off the account and put others on.
    ReplaceAccountTags(ReplaceTags),
    /// Take every tag off the account.
    ClearAccountTags,
    /// Put tags on the job.
    AddJobTags(BTreeSet<Tag>),
    /// Take tags off the job.
    RemoveJobTags(BTreeSet<Tag>),
    /// Set the job's status: `active`, `completed` or a custom one.
    SetStatus(StatusKey),
    /// Set the job's priority.
    SetPriority(Priority),
    /// Set one of the job's dates.
    SetDate(SetDate),
    /// Set a custom field of the account or the job.
    SetField(SetField),
    /// Set what the client sees of the job's state; shortcodes allowed.
    SetClientStatus(String),
    /// Add assignees to the job.
    Assign(Assignment),
    /// Remove assignees from the job.
    Unassign(Assignment),
    /// Replace the job's assignees.
    ReplaceAssignees(Assignment),
    /// Change which members may see the account.
    UpdateAccountAccess(AccessChange),
    /// Move the job to this stage.
    MoveTo(StageKey),
    /// Move the job where automove would.
    MoveNext,
    /// Move the job to another pipeline.
    MoveToPipeline {
        /// Which pipeline.
        pipeline: PipelineKey,
        /// Which stage; the first when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<StageKey>,
    },
    /// Create another job.
    CreateJob(Box<CreateJob>),
    /// Complete open tasks of the job.
    CompleteTasks(EndTasks),
    /// Cancel open tasks of the job.
    CancelTasks(EndTasks),
    /// Mark open items of the job as done.
    CompleteItems(EndItems),
    /// Cancel open items of the job.
    CancelItems(EndItems),
    /// Let the job's account join a series, from its next occurrence on.
    StartSeries(SeriesId),
    /// Let the job's account leave a series. What the series has made stays.
    StopSeries(SeriesId),
    /// Archive the job.
    Archive,
    /// Send the host a signal.
    Signal(SendSignal),
    /// Wait before the actions after it.
    Wait(Box<Delay>),
}

/// Ask the host for an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestItem {
    /// What kind.
    pub kind: ItemKind,
    /// The host's template for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// What it is called; shortcodes allowed. The template's key, or the kind, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A text to go with it, such as an email's body; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Reminds of it until it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind: Option<Reminders>,
    /// For an invoice: a submitted payment counts as done, not only a cleared one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub payment_submitted_is_done: bool,
    /// For a proposal: it comes without a one-time invoice, so a signature is enough.
    #[serde(default, skip_serializing_if = "is_default")]
    pub without_invoice: bool,
}

/// Take some tags off and put others on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceTags {
    /// Take these off.
    pub remove: BTreeSet<Tag>,
    /// Put these on.
    pub add: BTreeSet<Tag>,
}

/// Which date of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobDate {
    /// When work should begin.
    Start,
    /// When the firm wants it done.
    Due,
    /// When the law wants it done.
    Statutory,
    /// When the law wants it done after an extension.
    Extended,
}

impl JobDate {
    /// Every one, those first that others usually count from.
    pub const ALL: [Self; 4] = [Self::Statutory, Self::Extended, Self::Due, Self::Start];
}

/// Set one of the job's dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetDate {
    /// Which date.
    pub date: JobDate,
    /// To what; cleared when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateExpression>,
}

/// Whose custom field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldScope {
    /// The account's.
    Account,
    /// The job's.
    Job,
}

/// Set a custom field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetField {
    /// Of the account or of the job.
    pub scope: FieldScope,
    /// Which field.
    pub field: FieldKey,
    /// To what; cleared when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<FieldValue>,
}

/// Members, named or by the seats they hold on the account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Members by id.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<MemberId>,
    /// All holders of these roles on the account.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<RoleKey>,
}

impl Assignment {
    /// Whether it names nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.roles.is_empty()
    }
}

/// Change which members may see the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessChange {
    /// How.
    pub mode: AccessMode,
    /// For whom.
    pub who: Assignment,
}

/// How account access changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessMode {
    /// These too.
    Add,
    /// These no longer.
    Remove,
    /// These and nobody else.
    Replace,
}

/// Create another job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateJob {
    /// In this pipeline; the same when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineKey>,
    /// In this stage; the first when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageKey>,
    /// From this job template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// Called so; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For whom.
    #[serde(default, skip_serializing_if = "is_default")]
    pub account: AccountTarget,
}

/// For which account an automation creates a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountTarget {
    /// The job's own.
    #[default]
    Same,
    /// Every account linked to the job's own under this relation, such as `spouse`.
    Linked(String),
}

/// Which open tasks to complete or cancel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndTasks {
    /// Only those of these templates; all when empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub templates: BTreeSet<TemplateKey>,
}

/// Which open items to complete or cancel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndItems {
    /// Only those of these kinds; all when empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<ItemKind>,
}

/// Send the host a signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendSignal {
    /// Its name.
    pub name: SignalKey,
    /// What goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<serde_json::Value>,
}
