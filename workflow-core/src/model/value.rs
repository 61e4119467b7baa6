//! Values of custom fields, and priorities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The value of a custom field. Dates are texts written `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldValue {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction. Never infinite nor NaN: JSON has no way to write them.
    Decimal(f64),
    /// A text, or a date.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

/// How urgent something is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When there is nothing else.
    Low,
    /// In its turn.
    #[default]
    Medium,
    /// Before others.
    High,
    /// Before everything.
    Urgent,
}
