//! Writes date expressions: one text for each.

use std::fmt::{self, Display, Write as _};

use chrono::Weekday;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DateAnchor, DateExpression, DatePoint, Day, Direction, FormDate, Window};
use crate::calendar::Adjustment;
use crate::definition::FieldScope;
use crate::limits;

/// Adjustments that are written, by their words.
pub(super) const ADJUSTMENTS: [(Adjustment, &str); 5] = [
    (Adjustment::Following, "following"),
    (Adjustment::Preceding, "preceding"),
    (Adjustment::ModifiedFollowing, "modified following"),
    (Adjustment::ModifiedPreceding, "modified preceding"),
    (Adjustment::Nearest, "nearest"),
];

pub(super) const WEEKDAYS: [(Weekday, &str); 7] = [
    (Weekday::Mon, "Monday"),
    (Weekday::Tue, "Tuesday"),
    (Weekday::Wed, "Wednesday"),
    (Weekday::Thu, "Thursday"),
    (Weekday::Fri, "Friday"),
    (Weekday::Sat, "Saturday"),
    (Weekday::Sun, "Sunday"),
];

impl Display for DateExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.point.fmt(f)?;
        if self.keep_month_end {
            f.write_str(", keeping month end")?;
        }
        if let Some((_, word)) = ADJUSTMENTS.iter().find(|(adjustment, _)| *adjustment == self.adjustment) {
            write!(f, ", {word}")?;
        }
        match &self.calendar {
            Some(calendar) => write!(f, " on {}", Name(calendar.as_str())),
            None => Ok(()),
        }
    }
}

impl Display for DatePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(date) => date.fmt(f),
            Self::Anchor(anchor) => anchor.fmt(f),
            Self::Counted { span, direction, from } => write!(f, "{span} {direction} {from}"),
            Self::DayOf { day, of } => write!(f, "{day} of {of}"),
            Self::Form(form) => form.fmt(f),
        }
    }
}

impl Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

impl Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nth(n) => Ordinal(u32::from(*n)).fmt(f),
            Self::Last => f.write_str("last day"),
            Self::NthBusiness(1) => f.write_str("first business day"),
            Self::NthBusiness(n) => write!(f, "{} business day", Ordinal(u32::from(*n))),
            Self::LastBusiness => f.write_str("last business day"),
            Self::NthWeekday(1, weekday) => write!(f, "first {}", weekday_name(*weekday)),
            Self::NthWeekday(n, weekday) => write!(f, "{} {}", Ordinal(u32::from(*n)), weekday_name(*weekday)),
            Self::LastWeekday(weekday) => write!(f, "last {}", weekday_name(*weekday)),
        }
    }
}

fn weekday_name(weekday: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(known, _)| *known == weekday).map_or("", |(_, name)| name)
}

impl Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, shift, of) = match self {
            Self::Period => return f.write_str("the period"),
            Self::Month { shift, of } => ("month", *shift, of),
            Self::Year { shift, of } => ("year", *shift, of),
        };
        let direction = if shift < 0 { Direction::Before } else { Direction::After };
        match shift.unsigned_abs() {
            0 => write!(f, "the {what} of {of}"),
            1 => write!(f, "the {what} {direction} {of}"),
            n => write!(f, "the {} {what} {direction} {of}", Ordinal(n)),
        }
    }
}

impl Display for FormDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.extended {
            f.write_str("extended ")?;
        }
        f.write_str("due date of ")?;
        if let Some(payment) = self.payment {
            write!(f, "payment {payment} of ")?;
        }
        write!(f, "form {}", Name(&self.form))
    }
}

impl Display for DateAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scope, field, yearly) = match self {
            Self::Creation => return f.write_str("creation"),
            Self::Start => return f.write_str("start"),
            Self::Due => return f.write_str("due"),
            Self::Statutory => return f.write_str("statutory"),
            Self::Extended => return f.write_str("extended"),
            Self::StageEntry => return f.write_str("stage entry"),
            Self::PeriodStart => return f.write_str("period start"),
            Self::PeriodEnd => return f.write_str("period end"),
            Self::Completion(template) => return write!(f, "completion of task {}", Name(template.as_str())),
            Self::Field { scope, field, yearly } => (scope, field, yearly),
        };
        if *yearly {
            f.write_str("yearly ")?;
        }
        f.write_str(match scope {
            FieldScope::Account => "account.",
            FieldScope::Job => "job.",
        })?;
        Name(field.as_str()).fmt(f)
    }
}

/// A name that somebody chose: bare where that reads back as it, else in double quotes.
struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_empty() && !self.0.chars().any(|letter| letter.is_whitespace() || matches!(letter, ',' | '"')) {
            return f.write_str(self.0);
        }
        f.write_char('"')?;
        for letter in self.0.chars() {
            if matches!(letter, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(letter)?;
        }
        f.write_char('"')
    }
}

/// `1st`, `2nd`, `3rd`, `4th`.
pub(super) struct Ordinal(pub(super) u32);

impl Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = match (self.0 % 100, self.0 % 10) {
            (11..=13, _) => "th",
            (_, 1) => "st",
            (_, 2) => "nd",
            (_, 3) => "rd",
            _ => "th",
        };
        write!(f, "{}{suffix}", self.0)
    }
}

impl Serialize for DateExpression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DateExpression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for DateAnchor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DateAnchor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for DateAnchor {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DateAnchor".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": limits::DATE_BYTES,
            "examples": ["due", "period end", "account.fiscal_year_end"],
        })
    }
}

impl JsonSchema for DateExpression {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DateExpression".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": super::DATE_FORMAT,
            "description": "A day, fixed or counted from another. A date `YYYY-MM-DD`, or one of `creation`, \
                            `start`, `due`, `statutory`, `extended`, `stage entry`, `period start`, `period end`, \
                            `completion of task KEY`, `account.FIELD`, `job.FIELD`, `due date of form NAME`; before \
                            that, if wanted, `3 business days before` or `15th of the 4th month after`; after it \
                            `, following` and `on CALENDAR`.",
            "minLength": 1,
            "maxLength": limits::DATE_BYTES,
            "examples": [
                "2026-04-15",
                "stage entry",
                "3 business days before statutory",
                "1 month after period end",
                "last business day of the period",
                "15th of the 4th month after account.fiscal_year_end, following on us-dc",
                "2 days after completion of task review",
                "extended due date of form 1040",
            ],
        })
    }
}
