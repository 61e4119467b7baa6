//! Conditions: a typed tree of tests over a job and what belongs to it.
//!
//! A value that is missing makes a comparison false, never an error.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DateUnit, FieldScope, JobDate, is_default};
use crate::id::{FieldKey, PipelineKey, RoleKey, StageKey, StatusKey, Tag, TemplateKey};
use crate::model::{FieldValue, ItemKind, ItemProgress, Priority, TaskState};

/// One test, or several put together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Every one holds; true when empty.
    All(Vec<Condition>),
    /// At least one holds; false when empty.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// Tags of the account.
    AccountTags(TagTest),
    /// Tags of the job.
    JobTags(TagTest),
    /// A custom field of the account or the job.
    Field(FieldTest),
    /// Somebody holds the role on the account.
    RoleFilled(RoleKey),
    /// The job's status is one of these.
    Status(BTreeSet<StatusKey>),
    /// The job's priority.
    Priority(PriorityTest),
    /// A date of the job.
    Date(DateTest),
    /// How often the job entered a stage.
    Visits(VisitTest),
    /// Tasks of the job.
    Tasks(TaskTest),
    /// Items of the job.
    Items(ItemTest),
    /// The job is in one of these pipelines.
    Pipeline(BTreeSet<PipelineKey>),
}

/// A test of a set of tags. Every part that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagTest {
    /// Has all of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub all: BTreeSet<Tag>,
    /// Has at least one of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub any: BTreeSet<Tag>,
    /// Has none of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub none: BTreeSet<Tag>,
}

/// A test of a custom field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldTest {
    /// Of the account or of the job.
    pub scope: FieldScope,
    /// Which field.
    pub field: FieldKey,
    /// What it must be.
    pub is: Compare,
}

/// A comparison with a field's value. Numbers compare as numbers, dates (written `YYYY-MM-DD`)
/// as dates, texts by their letters; values of different kinds never match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// The field has a value, whatever it is.
    Present,
    /// The field has no value. The one test that a missing value passes.
    Absent,
    /// Equal to this.
    Equals(FieldValue),
    /// Has a value that is not this.
    Differs(FieldValue),
    /// Less than this.
    LessThan(FieldValue),
    /// At most this.
    AtMost(FieldValue),
    /// Greater than this.
    GreaterThan(FieldValue),
    /// At least this.
    AtLeast(FieldValue),
    /// A text that holds this one, or a list that has it as a member. Letters' case counts.
    Contains(String),
    /// Equal to one of these.
    OneOf(Vec<FieldValue>),
}

/// A test of the job's priority. Every part that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriorityTest {
    /// This or more urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Priority>,
    /// This or less urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Priority>,
}

/// A test of one of the job's dates, in the firm's time zone. Every part given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DateTest {
    /// Which date.
    pub date: JobDate,
    /// Earlier than this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<NaiveDate>,
    /// Later than this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<NaiveDate>,
    /// Earlier than another date of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_date: Option<JobDate>,
    /// Later than another date of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_date: Option<JobDate>,
    /// Earlier than today.
    #[serde(default, skip_serializing_if = "is_default")]
    pub past: bool,
    /// From today to this far ahead, both days included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// A distance in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// How many.
    pub count: u16,
    /// Of what.
    pub unit: DateUnit,
}

/// A test of a count. Every part that is given must hold; with none, at least one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberTest {
    /// Exactly this many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<u32>,
    /// At least this many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// At most this many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
}

/// A test of how often the job entered a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitTest {
    /// Which stage; the present one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageKey>,
    /// How often, the present visit included.
    #[serde(default)]
    pub count: NumberTest,
}

/// A test of the job's tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskTest {
    /// Only tasks made from this template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// Only tasks in one of these states.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub states: BTreeSet<TaskState>,
    /// How many.
    #[serde(default)]
    pub count: NumberTest,
}

/// A test of the job's items.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemTest {
    /// Only items of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ItemKind>,
    /// Only items requested from this template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateKey>,
    /// Only items that have come this far.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub progress: BTreeSet<ItemProgress>,
    /// Only items whose last reported status is one of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub statuses: BTreeSet<StatusKey>,
    /// How many.
    #[serde(default)]
    pub count: NumberTest,
}
