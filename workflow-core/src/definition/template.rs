//! Templates of tasks and jobs.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assignment, DateExpression, Reminders, is_default};
use crate::id::{FieldKey, Tag, TemplateKey};
use crate::model::{FieldValue, Priority};

/// Defaults of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskTemplate {
    /// Names the template. Also on a task written in place: conditions find it by this key.
    pub key: TemplateKey,
    /// The task's title; shortcodes allowed.
    pub title: String,
    /// What to do; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How urgent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: Priority,
    /// Who does it. Roles become their holders when the task is created.
    #[serde(default, skip_serializing_if = "Assignment::is_empty")]
    pub assign: Assignment,
    /// When it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<DateExpression>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateExpression>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Its checklist, which never holds the task up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<ChecklistStep>,
    /// Time budgeted, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u32>,
    /// Reminds its assignees of it until it is done. A task without a job reminds of nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind: Option<Reminders>,
    /// It waits for the job's open tasks made from these templates.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<TemplateKey>,
}

/// A step of a checklist, by its text.
pub type ChecklistStep = String;

/// Defaults of a job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobTemplate {
    /// The job's name; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its description; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Who is responsible. Roles become their holders when the job is created.
    #[serde(default, skip_serializing_if = "Assignment::is_empty")]
    pub assign: Assignment,
    /// When work should begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<DateExpression>,
    /// When the firm wants it done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateExpression>,
    /// When the law wants it done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statutory: Option<DateExpression>,
    /// When the law wants it done after an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<DateExpression>,
    /// Time budgeted, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u32>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldKey, FieldValue>,
    /// What the client sees of its state; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_status: Option<String>,
}

/// A template that the firm keeps, for any of its pipelines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// Of a task, under its own key.
    Task(Box<TaskTemplate>),
    /// Of a job.
    Job {
        /// Names the template.
        key: TemplateKey,
        /// The defaults.
        defaults: Box<JobTemplate>,
    },
}

/// The kinds of template that a firm keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateKind {
    /// Task templates.
    Task,
    /// Job templates.
    Job,
}

impl Template {
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> TemplateKind {
        match self {
            Self::Task(_) => TemplateKind::Task,
            Self::Job { .. } => TemplateKind::Job,
        }
    }

    /// Its key among the firm's templates of its kind.
    #[must_use]
    pub fn key(&self) -> &TemplateKey {
        match self {
            Self::Task(task) => &task.key,
            Self::Job { key, .. } => key,
        }
    }
}
