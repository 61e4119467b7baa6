//! Units in which conditions count dates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a test of a date counts in.
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
