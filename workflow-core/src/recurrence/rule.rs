//! RFC 5545 recurrence rules, checked.

use std::borrow::Cow;
use std::fmt;

use chrono::{NaiveDate, NaiveDateTime, Weekday};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::check;
use super::error::InvalidRecurrence;

/// How often a rule's periods come. Those of RFC 5545 below DAILY are refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// Each day is a period.
    #[default]
    Daily,
    /// Each week, from the rule's week start.
    Weekly,
    /// Each month of the calendar.
    Monthly,
    /// Each year of the calendar.
    Yearly,
}

impl Frequency {
    /// As the RFC writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
            Self::Monthly => "MONTHLY",
            Self::Yearly => "YEARLY",
        }
    }
}

/// One entry of BYDAY: a weekday, or the nth one of the month or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RuleDay {
    /// Which one, from the end when negative; none is every one. -53 to 53 without 0.
    pub ordinal: Option<i8>,
    /// Of these days.
    pub weekday: Weekday,
}

/// The last moment at which a rule may occur, itself included.
///
/// It has to be of the start's kind: a day for a recurrence of days, a time for one of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Until {
    /// The whole day.
    Date(NaiveDate),
    /// A local time.
    DateTime(NaiveDateTime),
}

/// How a rule ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleEnd {
    /// After so many occurrences, 1 to `RECURRENCE_COUNT`. Excepted ones count too.
    Count(u32),
    /// At this moment.
    Until(Until),
}

/// The parts of a rule, by RFC 5545 section 3.3.10. An empty list is a part that is not there.
///
/// ```
/// use workflow_core::recurrence::{Frequency, Rule, RuleParts};
///
/// let parts = RuleParts { frequency: Frequency::Monthly, month_days: vec![15, 1], ..RuleParts::default() };
/// assert_eq!(Rule::new(parts)?.to_string(), "FREQ=MONTHLY;BYMONTHDAY=1,15");
/// # Ok::<(), workflow_core::recurrence::InvalidRecurrence>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RuleParts {
    /// FREQ.
    pub frequency: Frequency,
    /// INTERVAL: every so many periods, counted from the one of the start. At least 1.
    pub interval: u32,
    /// COUNT or UNTIL.
    pub end: Option<RuleEnd>,
    /// BYMONTH: 1 to 12.
    pub months: Vec<u8>,
    /// BYWEEKNO: weeks of the year, 1 to 53 or -53 to -1 from its end.
    pub weeks: Vec<i8>,
    /// BYYEARDAY: 1 to 366 or -366 to -1.
    pub year_days: Vec<i16>,
    /// BYMONTHDAY: 1 to 31 or -31 to -1.
    pub month_days: Vec<i8>,
    /// BYDAY.
    pub days: Vec<RuleDay>,
    /// BYHOUR: 0 to 23.
    pub hours: Vec<u8>,
    /// BYMINUTE: 0 to 59.
    pub minutes: Vec<u8>,
    /// BYSECOND: 0 to 60; 60 counts as 59, as there are no leap seconds here.
    pub seconds: Vec<u8>,
    /// BYSETPOS: which of a period's occurrences, 1 to 366 or -366 to -1 from the end.
    pub positions: Vec<i16>,
    /// WKST: the day on which weeks begin.
    pub week_start: Weekday,
}

impl Default for RuleParts {
    fn default() -> Self {
        Self {
            frequency: Frequency::Daily,
            interval: 1,
            end: None,
            months: Vec::new(),
            weeks: Vec::new(),
            year_days: Vec::new(),
            month_days: Vec::new(),
            days: Vec::new(),
            hours: Vec::new(),
            minutes: Vec::new(),
            seconds: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Mon,
        }
    }
}

/// A legal RFC 5545 rule. It is written, in documents too, as the RFC's text.
///
/// ```
/// use workflow_core::recurrence::Rule;
///
/// let rule: Rule = "RRULE:INTERVAL=1;FREQ=MONTHLY;BYDAY=-1FR;WKST=SU".parse()?;
/// assert_eq!(rule.to_string(), "FREQ=MONTHLY;BYDAY=-1FR;WKST=SU");
/// let refused = "FREQ=HOURLY".parse::<Rule>().expect_err("finer than a day");
/// assert_eq!(refused.part(), "FREQ");
/// # Ok::<(), workflow_core::recurrence::InvalidRecurrence>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    parts: RuleParts,
}

impl Rule {
    /// Checks the parts, sorts their lists and drops what is there twice.
    ///
    /// # Errors
    /// [`InvalidRecurrence`] when a number is out of its range, RFC 5545 forbids the combination,
    /// or no day at all can fit.
    pub fn new(mut parts: RuleParts) -> Result<Self, InvalidRecurrence> {
        check::ranges(&parts)?;
        check::combinations(&parts)?;
        tidy(&mut parts);
        check::possible(&parts)?;
        Ok(Self { parts })
    }

    /// The parts, lists sorted.
    #[must_use]
    pub fn parts(&self) -> &RuleParts {
        &self.parts
    }

    /// The same rule with another end.
    ///
    /// # Errors
    /// [`InvalidRecurrence`] when the count is 0 or past `RECURRENCE_COUNT`.
    pub fn ending(&self, end: Option<RuleEnd>) -> Result<Self, InvalidRecurrence> {
        Self::new(RuleParts { end, ..self.parts.clone() })
    }
}

fn tidy(parts: &mut RuleParts) {
    fn sort<T: Ord>(list: &mut Vec<T>) {
        list.sort_unstable();
        list.dedup();
    }
    sort(&mut parts.months);
    sort(&mut parts.weeks);
    sort(&mut parts.year_days);
    sort(&mut parts.month_days);
    sort(&mut parts.hours);
    sort(&mut parts.minutes);
    sort(&mut parts.seconds);
    sort(&mut parts.positions);
    parts.days.sort_unstable_by_key(|day| (day.ordinal, day.weekday.num_days_from_monday()));
    parts.days.dedup();
}

/// A weekday as the RFC writes it.
pub(super) fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "MO",
        Weekday::Tue => "TU",
        Weekday::Wed => "WE",
        Weekday::Thu => "TH",
        Weekday::Fri => "FR",
        Weekday::Sat => "SA",
        Weekday::Sun => "SU",
    }
}

impl fmt::Display for RuleDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ordinal {
            Some(ordinal) => write!(f, "{ordinal}{}", weekday_name(self.weekday)),
            None => f.write_str(weekday_name(self.weekday)),
        }
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => date.format("%Y%m%d").fmt(f),
            Self::DateTime(time) => time.format("%Y%m%dT%H%M%S").fmt(f),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, name: &str, values: &[T]) -> fmt::Result {
            for (place, value) in values.iter().enumerate() {
                if place == 0 { write!(f, ";{name}={value}")? } else { write!(f, ",{value}")? }
            }
            Ok(())
        }
        let parts = &self.parts;
        write!(f, "FREQ={}", parts.frequency.name())?;
        if parts.interval != 1 {
            write!(f, ";INTERVAL={}", parts.interval)?;
        }
        match &parts.end {
            Some(RuleEnd::Count(count)) => write!(f, ";COUNT={count}")?,
            Some(RuleEnd::Until(until)) => write!(f, ";UNTIL={until}")?,
            None => {}
        }
        list(f, "BYMONTH", &parts.months)?;
        list(f, "BYWEEKNO", &parts.weeks)?;
        list(f, "BYYEARDAY", &parts.year_days)?;
        list(f, "BYMONTHDAY", &parts.month_days)?;
        list(f, "BYDAY", &parts.days)?;
        list(f, "BYHOUR", &parts.hours)?;
        list(f, "BYMINUTE", &parts.minutes)?;
        list(f, "BYSECOND", &parts.seconds)?;
        list(f, "BYSETPOS", &parts.positions)?;
        if parts.week_start != Weekday::Mon {
            write!(f, ";WKST={}", weekday_name(parts.week_start))?;
        }
        Ok(())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Rule {
    fn schema_name() -> Cow<'static, str> {
        "RecurrenceRule".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": super::RULE_FORMAT,
            "description": "An RFC 5545 recurrence rule, DAILY or above, such as `FREQ=MONTHLY;BYMONTHDAY=-1`.",
            "minLength": 10,
            "maxLength": crate::limits::RECURRENCE_RULE_BYTES,
        })
    }
}
