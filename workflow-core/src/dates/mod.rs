//! Dates and durations as people write them.
//!
//! [`DateExpression`] is a day as a rule gives it: `3 business days before statutory`. It is a typed
//! value in Rust and a text in documents, and comes to a day by [`DateExpression::resolve`].
//! [`Span`] is a length of time: `3 days`, `4 business hours`.

mod error;
mod expression;
mod order;
mod parse;
mod print;
mod read;
mod resolve;
mod span;
#[cfg(test)]
mod tests;

pub use error::InvalidDate;
pub use expression::{DateAnchor, DateExpression, DatePoint, Day, Direction, FormDate, Window};
pub(crate) use order::{circle, circle_message, in_order, source};
pub use resolve::{Unresolved, field_date};
pub use span::{Span, SpanUnit};

/// Marks a text in a schema as a date expression.
pub(crate) const DATE_FORMAT: &str = "date-expression";
/// Marks a text in a schema as a duration.
pub(crate) const SPAN_FORMAT: &str = "span";
