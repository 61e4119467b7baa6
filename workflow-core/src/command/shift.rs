//! Moving the deadlines of many jobs at once.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dates::Span;
use crate::definition::{FieldTest, JobDate, TagTest};
use crate::id::PipelineKey;

/// Moves deadlines of open jobs to a later day, as the authorities do after a disaster.
///
/// Of each job that fits, those of the dates named that lie in the range are moved. A date that
/// follows another one that is named too is left to follow it. Moving a date ends its derivation.
/// Dates never move back: one that lies after the new day already stays.
///
/// ```
/// use workflow_core::command::ShiftDeadlines;
///
/// let order: ShiftDeadlines = serde_json::from_str(
///     r#"{ "accounts": { "all": ["disaster-ca"] }, "from": "2026-01-07", "until": "2026-10-15",
///          "postpone": { "to": "2026-10-15" }, "reason": "relief for the fires of January" }"#,
/// )?;
/// assert_eq!(order.dates.len(), 3); // due, statutory and extended
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShiftDeadlines {
    /// Of accounts with these tags.
    #[serde(default, skip_serializing_if = "is_any")]
    pub accounts: TagTest,
    /// In these pipelines; in all of them when empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub pipelines: BTreeSet<PipelineKey>,
    /// Of jobs or accounts whose custom field passes this test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldTest>,
    /// Only dates on this day or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// Only dates on this day or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Which dates.
    #[serde(default = "deadlines")]
    pub dates: BTreeSet<JobDate>,
    /// To when.
    pub postpone: Postpone,
    /// Why; kept with each date that is moved.
    pub reason: String,
}

/// How far deadlines are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Postpone {
    /// To this day.
    To(NaiveDate),
    /// By so long. Business days are those of the firm's default calendar.
    By(Span),
}

impl ShiftDeadlines {
    /// Moves due, statutory and extended dates of accounts with a tag. The rest of it is set on
    /// the answer.
    #[must_use]
    pub fn of(accounts: TagTest, postpone: Postpone, reason: impl Into<String>) -> Self {
        Self {
            accounts,
            pipelines: BTreeSet::new(),
            field: None,
            from: None,
            until: None,
            dates: deadlines(),
            postpone,
            reason: reason.into(),
        }
    }
}

fn is_any(test: &TagTest) -> bool {
    *test == TagTest::default()
}

fn deadlines() -> BTreeSet<JobDate> {
    [JobDate::Due, JobDate::Statutory, JobDate::Extended].into()
}
