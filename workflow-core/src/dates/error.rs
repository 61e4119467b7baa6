//! What is wrong with the text of a date or a duration.

use crate::document::quote;

/// Text that is no date expression, or no duration.
///
/// ```
/// use workflow_core::dates::Span;
///
/// let error = "3 busines days".parse::<Span>().unwrap_err();
/// assert_eq!(error.position(), 3);
/// assert!(error.to_string().contains("did you mean `business`?"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not {what}: {}{why}", quote(.text), place(*.position))]
pub struct InvalidDate {
    what: &'static str,
    text: String,
    position: usize,
    why: String,
}

/// How much of a wrong text is shown.
const SHOWN: usize = 80;

impl InvalidDate {
    pub(super) fn new(what: &'static str, text: &str, position: usize, why: impl Into<String>) -> Self {
        Self { what, text: text.chars().take(SHOWN).collect(), position, why: why.into() }
    }

    /// The character at which reading stopped, counted from 1; 0 when the text as a whole is wrong.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// What is wrong there, and what was expected.
    #[must_use]
    pub fn why(&self) -> &str {
        &self.why
    }
}

fn place(position: usize) -> String {
    if position == 0 { String::new() } else { format!("at character {position}, ") }
}
