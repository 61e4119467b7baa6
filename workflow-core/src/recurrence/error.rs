//! What is wrong with a rule, preset or schedule.

/// Why a recurrence is refused: which part, what is wrong with it, and what to do.
///
/// ```
/// use workflow_core::recurrence::Rule;
///
/// let refused = "FREQ=WEEKLY;BYMONTHDAY=15".parse::<Rule>().expect_err("RFC 5545 forbids it");
/// assert_eq!(refused.part(), "BYMONTHDAY");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {why}")]
pub struct InvalidRecurrence {
    part: &'static str,
    why: String,
}

impl InvalidRecurrence {
    pub(super) fn new(part: &'static str, why: impl Into<String>) -> Self {
        Self { part, why: why.into() }
    }

    /// The part that is wrong: `BYMONTHDAY`, `UNTIL`, or a field of a schedule such as `except`.
    #[must_use]
    pub fn part(&self) -> &'static str {
        self.part
    }

    /// What is wrong with it, and what to do.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }
}
