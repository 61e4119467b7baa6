//! Recurrence: when something happens again and again (clause 9.3).
//!
//! A [`Rule`] is an RFC 5545 RRULE, from DAILY upwards. A [`Recurrence`] is a rule with its start,
//! its added and its excepted dates, compiled: it answers the occurrence after any moment in
//! microseconds, however old it is. A [`Schedule`] is what a definition holds: a rule or a
//! [`Preset`], moved off closed days by a calendar, each occurrence with its [`Period`].
//!
//! All of it is *floating*: local dates and times, without a zone. [`Zoned`] turns them to
//! instants.
//!
//! ```
//! use chrono::NaiveDate;
//! use workflow_core::recurrence::{Recurrence, Rule};
//!
//! let rule: Rule = "FREQ=MONTHLY;BYMONTHDAY=-1".parse()?;
//! let start = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date");
//! let month_ends = Recurrence::new(start, &rule)?;
//! let dates: Vec<String> = month_ends.occurrences().take(3).map(|at| at.date().to_string()).collect();
//! assert_eq!(dates, ["2026-01-31", "2026-02-28", "2026-03-31"]);
//! # Ok::<(), workflow_core::recurrence::InvalidRecurrence>(())
//! ```

mod check;
mod compiled;
mod days;
mod error;
mod expand;
mod never;
mod parse;
mod period;
mod plan;
mod preset;
mod rule;
mod schedule;
mod zoned;

/// Marks a text in a schema as a recurrence rule.
pub(crate) const RULE_FORMAT: &str = "recurrence-rule";

pub use compiled::{Occurrences, Recurrence, RecurrenceBuilder, Start};
pub use error::InvalidRecurrence;
pub use period::{Covers, Period, PeriodLength};
pub use preset::{DayOfMonth, Preset};
pub use rule::{Frequency, Rule, RuleDay, RuleEnd, RuleParts, Until};
pub use schedule::{CompiledSchedule, Occurrence, Schedule};
pub use zoned::Zoned;

#[cfg(test)]
mod tests;
