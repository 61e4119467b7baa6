//! The recurrences that firms use most, each as a rule of its own.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate, Weekday};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::InvalidRecurrence;
use super::rule::{Frequency, Rule, RuleDay, RuleParts};

/// A day of a month: `1` to `31`, or `last`. A month that is too short has it on its last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayOfMonth {
    /// 1 to 31.
    Day(u8),
    /// The month's last day.
    Last,
}

/// A recurrence by name (clause 9.3).
///
/// What a preset leaves open is as in the start: its weekday, its day of the month, its month.
///
/// ```
/// use chrono::NaiveDate;
/// use workflow_core::recurrence::{DayOfMonth, Preset};
///
/// let start = NaiveDate::from_ymd_opt(2026, 2, 1).expect("a date");
/// let quarterly = Preset::Quarterly { month: None, day: Some(DayOfMonth::Last) };
/// assert_eq!(quarterly.rule(start)?.to_string(), "FREQ=MONTHLY;BYMONTH=2,5,8,11;BYMONTHDAY=-1");
/// # Ok::<(), workflow_core::recurrence::InvalidRecurrence>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Preset {
    /// Every week.
    Weekly {
        /// On these weekdays; none is the start's.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        on: Vec<Weekday>,
    },
    /// Every other week, counted from the start's, which begins on Monday.
    Biweekly {
        /// On these weekdays; none is the start's.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        on: Vec<Weekday>,
    },
    /// Twice a month.
    SemiMonthly {
        /// The two days; the first is at most the 27th. 1 and 15 when left out.
        #[serde(default = "first_and_fifteenth")]
        days: [DayOfMonth; 2],
    },
    /// Every month.
    Monthly {
        /// The day; the start's when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<DayOfMonth>,
    },
    /// The last business day of every month.
    LastBusinessDay,
    /// A weekday of every month.
    NthWeekday {
        /// Which one: 1 to 5, or -5 to -1 from the end. Months without it are left out.
        #[schemars(range(min = -5, max = 5))]
        nth: i8,
        /// Of these days.
        weekday: Weekday,
    },
    /// Four times a year, three months apart.
    Quarterly {
        /// One of the months, 1 to 12; the start's when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 12))]
        month: Option<u8>,
        /// The day; the start's when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<DayOfMonth>,
    },
    /// Twice a year, six months apart.
    SemiAnnual {
        /// One of the months, 1 to 12; the start's when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 12))]
        month: Option<u8>,
        /// The day; the start's when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<DayOfMonth>,
    },
    /// Once a year.
    Annual {
        /// The month, 1 to 12; the start's when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = 12))]
        month: Option<u8>,
        /// The day; the start's when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<DayOfMonth>,
    },
}

fn first_and_fifteenth() -> [DayOfMonth; 2] {
    [DayOfMonth::Day(1), DayOfMonth::Day(15)]
}

impl Preset {
    /// The rule that it stands for, without an end. [`Self::LastBusinessDay`] is the last day of
    /// each month, which the schedule moves to the open day before.
    ///
    /// # Errors
    /// [`InvalidRecurrence`] when a month, day or number is out of its range, or the two days of a
    /// month can be one.
    pub fn rule(&self, start: NaiveDate) -> Result<Rule, InvalidRecurrence> {
        let own = DayOfMonth::Day(u8::try_from(start.day()).unwrap_or(1));
        let parts = match self {
            Self::Weekly { on } => weekly(1, on, start),
            Self::Biweekly { on } => weekly(2, on, start),
            Self::SemiMonthly { days: [first, second] } => semi_monthly(*first, *second)?,
            Self::Monthly { day } => monthly(day.unwrap_or(own))?,
            Self::LastBusinessDay => monthly(DayOfMonth::Last)?,
            Self::NthWeekday { nth, weekday } => nth_weekday(*nth, *weekday)?,
            Self::Quarterly { month, day } => months_apart(3, *month, day.unwrap_or(own), start)?,
            Self::SemiAnnual { month, day } => months_apart(6, *month, day.unwrap_or(own), start)?,
            Self::Annual { month, day } => annual(*month, day.unwrap_or(own), start)?,
        };
        Rule::new(parts)
    }
}

fn weekly(interval: u32, on: &[Weekday], start: NaiveDate) -> RuleParts {
    let of_start = [start.weekday()];
    let on = if on.is_empty() { &of_start } else { on };
    let days = on.iter().map(|weekday| RuleDay { ordinal: None, weekday: *weekday }).collect();
    RuleParts { frequency: Frequency::Weekly, interval, days, ..RuleParts::default() }
}

fn checked(day: DayOfMonth) -> Result<DayOfMonth, InvalidRecurrence> {
    match day {
        DayOfMonth::Day(number) if !(1..=31).contains(&number) => {
            Err(InvalidRecurrence::new("day", format!("`{number}` is no day of a month: write 1 to 31, or `last`")))
        }
        _ => Ok(day),
    }
}

/// The values of BYMONTHDAY of which the last that a month has is the day.
fn candidates(day: DayOfMonth) -> Vec<i8> {
    match day {
        DayOfMonth::Last | DayOfMonth::Day(31..) => vec![-1],
        DayOfMonth::Day(number @ 29..) => (28..=number).filter_map(|day| i8::try_from(day).ok()).collect(),
        DayOfMonth::Day(number) => i8::try_from(number).into_iter().collect(),
    }
}

fn monthly(day: DayOfMonth) -> Result<RuleParts, InvalidRecurrence> {
    let month_days = candidates(checked(day)?);
    let positions = if month_days.len() > 1 { vec![-1] } else { Vec::new() };
    Ok(RuleParts { frequency: Frequency::Monthly, month_days, positions, ..RuleParts::default() })
}

fn semi_monthly(one: DayOfMonth, other: DayOfMonth) -> Result<RuleParts, InvalidRecurrence> {
    let place = |day| match day {
        DayOfMonth::Day(number) => number,
        DayOfMonth::Last => 31,
    };
    let (one, other) = (checked(one)?, checked(other)?);
    let (first, second) = if place(one) <= place(other) { (one, other) } else { (other, one) };
    if place(first) > 27 || place(first) == place(second) {
        return Err(InvalidRecurrence::new(
            "days",
            "the two days would be one in some months: write two different days, one of them the 27th at the latest",
        ));
    }
    let mut month_days = candidates(first);
    let second = candidates(second);
    let positions = if second.len() > 1 { vec![1, -1] } else { Vec::new() };
    month_days.extend(second);
    Ok(RuleParts { frequency: Frequency::Monthly, month_days, positions, ..RuleParts::default() })
}

fn nth_weekday(nth: i8, weekday: Weekday) -> Result<RuleParts, InvalidRecurrence> {
    if nth == 0 || !(-5..=5).contains(&nth) {
        return Err(InvalidRecurrence::new(
            "nth",
            format!("`{nth}` is out of range: write 1 to 5, or -5 to -1 from the end"),
        ));
    }
    let days = vec![RuleDay { ordinal: Some(nth), weekday }];
    Ok(RuleParts { frequency: Frequency::Monthly, days, ..RuleParts::default() })
}

fn month_of(month: Option<u8>, start: NaiveDate) -> Result<u8, InvalidRecurrence> {
    let month = month.unwrap_or_else(|| u8::try_from(start.month()).unwrap_or(1));
    if (1..=12).contains(&month) {
        Ok(month)
    } else {
        Err(InvalidRecurrence::new("month", format!("`{month}` is no month: write 1 to 12")))
    }
}

fn months_apart(
    apart: u8,
    month: Option<u8>,
    day: DayOfMonth,
    start: NaiveDate,
) -> Result<RuleParts, InvalidRecurrence> {
    let first = month_of(month, start)?.saturating_sub(1).checked_rem(apart).unwrap_or(0);
    let months = (0..12u8).filter(|month| month.checked_rem(apart) == Some(first)).map(|month| month.saturating_add(1));
    Ok(RuleParts { months: months.collect(), ..monthly(day)? })
}

fn annual(month: Option<u8>, day: DayOfMonth, start: NaiveDate) -> Result<RuleParts, InvalidRecurrence> {
    Ok(RuleParts { months: vec![month_of(month, start)?], ..monthly(day)? })
}

impl Serialize for DayOfMonth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Day(day) => serializer.serialize_u8(*day),
            Self::Last => serializer.serialize_str("last"),
        }
    }
}

impl<'de> Deserialize<'de> for DayOfMonth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = DayOfMonth;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a day of a month, 1 to 31, or `last`")
            }
            fn visit_u64<E: de::Error>(self, day: u64) -> Result<DayOfMonth, E> {
                match u8::try_from(day) {
                    Ok(day) if (1..=31).contains(&day) => Ok(DayOfMonth::Day(day)),
                    _ => Err(E::invalid_value(de::Unexpected::Unsigned(day), &self)),
                }
            }
            fn visit_i64<E: de::Error>(self, day: i64) -> Result<DayOfMonth, E> {
                match u64::try_from(day) {
                    Ok(day) => self.visit_u64(day),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(day), &self)),
                }
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<DayOfMonth, E> {
                match word {
                    "last" => Ok(DayOfMonth::Last),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl JsonSchema for DayOfMonth {
    fn schema_name() -> Cow<'static, str> {
        "DayOfMonth".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A day of a month, 1 to 31, or `last`. A month that is too short has it on its last day.",
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": 31 },
                { "type": "string", "const": "last" },
            ],
        })
    }
}
