//! How a job is to be changed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::definition::{DateExpression, JobDate, is_default};
use crate::id::{AutomationKey, FieldKey, JobId, PipelineKey, StageKey};
use crate::model::{FieldValue, Priority};

/// Where and how to move a job by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveJob {
    /// Which job.
    pub job: JobId,
    /// To which stage.
    pub to: StageKey,
    /// In another pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineKey>,
    /// Enter the stage anew if the job is in it already.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reenter: bool,
    /// Do not run these automations of the stage.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub leave_out: BTreeSet<AutomationKey>,
    /// Also run the entry automations of the stages jumped over.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fire_jumped: bool,
    /// Leave although the exit requirements do not hold, and enter although the stage is full.
    #[serde(default, skip_serializing_if = "is_default", rename = "override")]
    pub override_rules: bool,
}

impl MoveJob {
    /// A plain move within the job's pipeline.
    #[must_use]
    pub fn to(job: JobId, to: StageKey) -> Self {
        Self {
            job,
            to,
            pipeline: None,
            reenter: false,
            leave_out: BTreeSet::new(),
            fire_jumped: false,
            override_rules: false,
        }
    }
}

/// How a job's edit changes a value that can be cleared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change<T> {
    /// To this.
    To(T),
    /// To nothing.
    Clear,
}

impl<T> Change<T> {
    /// The new value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::To(value) => Some(value),
            Self::Clear => None,
        }
    }
}

/// What to change of a job. Absent parts stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobChanges {
    /// The name; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The description; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Change<String>>,
    /// The priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Dates. One that counts from another follows it from then on; a fixed one follows none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dates: BTreeMap<JobDate, Change<DateExpression>>,
    /// First day of the period it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_start: Option<Change<NaiveDate>>,
    /// Last day of the period it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<Change<NaiveDate>>,
    /// The time budget, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<Change<u32>>,
    /// Custom fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldKey, Change<FieldValue>>,
    /// What the client sees of its state; shortcodes allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_status: Option<Change<String>>,
}

/// How assignees change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssignMode {
    /// These too.
    Add,
    /// These no longer.
    Remove,
    /// These and nobody else.
    Replace,
}
