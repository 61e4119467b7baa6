//! Tasks: what team members do.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Priority;
use crate::definition::{DateExpression, is_default};
use crate::id::{AccountId, JobId, MemberId, RoleKey, StatusKey, Tag, TaskId, TemplateKey};

/// A task. It belongs to one job, or to none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Its identifier.
    pub id: TaskId,
    /// The job it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The account it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// What is to be done.
    pub title: Arc<str>,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Arc<str>>,
    /// Its state.
    pub state: TaskState,
    /// The firm's own name for its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_status: Option<StatusKey>,
    /// How urgent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: Priority,
    /// Who does it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub assignees: BTreeSet<MemberId>,
    /// The roles that assignees were resolved from.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub assigned_roles: BTreeSet<RoleKey>,
    /// When it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<NaiveDate>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// How the start follows from the job's dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_rule: Option<DateExpression>,
    /// How the due date follows from the job's dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_rule: Option<DateExpression>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Steps to tick off. They never hold the task up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<ChecklistItem>,
    /// Time budgeted, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u32>,
    /// The template it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// Tasks it waits for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub waits_for: BTreeSet<TaskId>,
    /// When it was created.
    #[serde(serialize_with = "crate::instant::write", deserialize_with = "crate::instant::read")]
    pub created: DateTime<Utc>,
    /// When it last changed.
    #[serde(serialize_with = "crate::instant::write", deserialize_with = "crate::instant::read")]
    pub updated: DateTime<Utc>,
    /// When it was completed, if it is.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::instant::write_some",
        deserialize_with = "crate::instant::read_some"
    )]
    pub completed: Option<DateTime<Utc>>,
}

/// The state of a task. Custom statuses stand for one of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// To be done.
    #[default]
    Planned,
    /// Being done.
    InProgress,
    /// Done.
    Completed,
    /// Not to be done.
    Cancelled,
}

impl TaskState {
    /// Whether nothing more is to be done.
    #[must_use]
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A step to tick off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistItem {
    /// What it says.
    pub text: Arc<str>,
    /// Whether it is ticked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub done: bool,
}
