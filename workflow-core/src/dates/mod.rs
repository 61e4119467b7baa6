//! Dates and durations as people write them.
//!
//! [`Span`] is a length of time: `3 days`, `4 business hours`.

mod error;
mod read;
mod span;

pub use error::InvalidDate;
pub use span::{Span, SpanUnit};

/// Marks a text in a schema as a duration.
pub(crate) const SPAN_FORMAT: &str = "span";
