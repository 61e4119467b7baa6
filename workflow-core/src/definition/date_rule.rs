//! Dates written as rules.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A date, fixed or counted from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateRule {
    /// This day.
    On(NaiveDate),
    /// Counted from another date.
    Relative(RelativeDate),
}

/// A date counted from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelativeDate {
    /// From which date.
    pub from: DateAnchor,
    /// How far; negative is earlier.
    #[serde(default)]
    #[schemars(range(min = -10_000, max = 10_000))]
    pub offset: i32,
    /// In what.
    #[serde(default)]
    pub unit: DateUnit,
}

/// What a relative date counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateAnchor {
    /// The day the job or task was created.
    Creation,
    /// The job's start date.
    Start,
    /// The job's due date.
    Due,
    /// The job's statutory deadline.
    Statutory,
    /// The job's extended deadline.
    Extended,
    /// The day the job entered its present stage.
    StageEntry,
    /// The last day of the job's period.
    PeriodEnd,
}

/// Units of a relative date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateUnit {
    /// Days of the calendar.
    #[default]
    Days,
    /// Days on which the firm is open. Zero of them is the day itself, or the next open day.
    BusinessDays,
    /// Seven days each.
    Weeks,
    /// Months, clamped to the month's end.
    Months,
}
