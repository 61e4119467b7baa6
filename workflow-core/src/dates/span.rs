//! Durations, as people write them: `3 days`, `4 business hours`, `1 month`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidDate;
use super::read::Reader;
use crate::limits;

/// A length of time, in one unit. Written `3 days`, `1 business day`, `90 minutes`.
///
/// ```
/// use workflow_core::dates::{Span, SpanUnit};
///
/// let span: Span = "2 business days".parse()?;
/// assert_eq!(span, Span::new(2, SpanUnit::BusinessDays));
/// assert_eq!(span.to_string(), "2 business days");
/// assert_eq!("1 Months".parse::<Span>()?.to_string(), "1 month");
/// # Ok::<(), workflow_core::dates::InvalidDate>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// How many, at most [`limits::DATE_OFFSET`] in a text.
    pub count: u32,
    /// Of what.
    pub unit: SpanUnit,
}

/// What a duration counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SpanUnit {
    /// Sixty seconds each.
    Minutes,
    /// Sixty minutes each.
    Hours,
    /// Hours in which the firm is open.
    BusinessHours,
    /// Days of the calendar.
    Days,
    /// Days on which the firm, or the calendar named, is open.
    BusinessDays,
    /// Seven days each.
    Weeks,
    /// Months, clamped to the month's end.
    Months,
    /// Twelve months each.
    Years,
}

impl SpanUnit {
    /// Every unit.
    pub const ALL: [Self; 8] = [
        Self::Minutes,
        Self::Hours,
        Self::BusinessHours,
        Self::Days,
        Self::BusinessDays,
        Self::Weeks,
        Self::Months,
        Self::Years,
    ];

    /// The unit for one, such as `business day`.
    #[must_use]
    pub fn singular(self) -> &'static str {
        match self {
            Self::Minutes => "minute",
            Self::Hours => "hour",
            Self::BusinessHours => "business hour",
            Self::Days => "day",
            Self::BusinessDays => "business day",
            Self::Weeks => "week",
            Self::Months => "month",
            Self::Years => "year",
        }
    }

    /// Whether it counts whole days, so that it can be counted from a date.
    #[must_use]
    pub fn is_of_days(self) -> bool {
        !self.is_of_hours()
    }

    /// Whether it counts parts of a day.
    #[must_use]
    pub fn is_of_hours(self) -> bool {
        matches!(self, Self::Minutes | Self::Hours | Self::BusinessHours)
    }

    /// Whether it needs a business calendar.
    #[must_use]
    pub fn is_business(self) -> bool {
        matches!(self, Self::BusinessDays | Self::BusinessHours)
    }
}

impl Span {
    /// So many of a unit.
    #[must_use]
    pub const fn new(count: u32, unit: SpanUnit) -> Self {
        Self { count, unit }
    }

    /// So many minutes.
    #[must_use]
    pub const fn minutes(count: u32) -> Self {
        Self::new(count, SpanUnit::Minutes)
    }

    /// So many hours.
    #[must_use]
    pub const fn hours(count: u32) -> Self {
        Self::new(count, SpanUnit::Hours)
    }

    /// So many days of the calendar.
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self::new(count, SpanUnit::Days)
    }

    /// So many business days.
    #[must_use]
    pub const fn business_days(count: u32) -> Self {
        Self::new(count, SpanUnit::BusinessDays)
    }

    /// So many weeks.
    #[must_use]
    pub const fn weeks(count: u32) -> Self {
        Self::new(count, SpanUnit::Weeks)
    }

    /// So many months.
    #[must_use]
    pub const fn months(count: u32) -> Self {
        Self::new(count, SpanUnit::Months)
    }

    /// So many years.
    #[must_use]
    pub const fn years(count: u32) -> Self {
        Self::new(count, SpanUnit::Years)
    }

    /// Reads a duration at the reader's place.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, InvalidDate> {
        let count = if matches!(reader.word(), "a" | "an" | "one") {
            reader.step();
            1
        } else {
            reader.number(limits::DATE_OFFSET, &format!("is past the limit DATE_OFFSET of {}", limits::DATE_OFFSET))?
        };
        let business = reader.take("business");
        let unit = match (reader.word(), business) {
            ("minute" | "minutes", false) => SpanUnit::Minutes,
            ("hour" | "hours", false) => SpanUnit::Hours,
            ("hour" | "hours", true) => SpanUnit::BusinessHours,
            ("day" | "days", false) => SpanUnit::Days,
            ("day" | "days", true) => SpanUnit::BusinessDays,
            ("week" | "weeks", false) => SpanUnit::Weeks,
            ("month" | "months", false) => SpanUnit::Months,
            ("year" | "years", false) => SpanUnit::Years,
            (_, true) => return Err(reader.unexpected("`days` or `hours`", &["days", "hours"])),
            (_, false) => {
                let words = ["business", "minutes", "hours", "days", "weeks", "months", "years"];
                return Err(reader.unexpected("a unit such as `days`, `business days` or `months`", &words));
            }
        };
        reader.step();
        Ok(Self { count, unit })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.count, self.unit.singular())
    }
}

impl FromStr for Span {
    type Err = InvalidDate;
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let mut reader = Reader::new("a duration", text)?;
        let span = Self::read(&mut reader)?;
        reader.finish("the end of the duration", &[])?;
        Ok(span)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": super::SPAN_FORMAT,
            "description": "A length of time: a whole number and a unit, one of minutes, hours, business hours, \
                            days, business days, weeks, months and years.",
            "minLength": 1,
            "maxLength": limits::DATE_BYTES,
            "examples": ["3 days", "2 business days", "4 business hours", "90 minutes", "1 month"],
        })
    }
}
