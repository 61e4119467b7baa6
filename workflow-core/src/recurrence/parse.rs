//! Reading a rule from the RFC's text.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, Weekday};

use super::error::InvalidRecurrence;
use super::rule::{Frequency, Rule, RuleDay, RuleEnd, RuleParts, Until};
use crate::document::quote;
use crate::limits::RECURRENCE_RULE_BYTES;
use crate::suggest::near;

const PARTS: [&str; 14] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
    "BYSETPOS",
    "WKST",
];

type Parsed<T> = Result<T, InvalidRecurrence>;

impl FromStr for Rule {
    type Err = InvalidRecurrence;

    /// Reads `FREQ=MONTHLY;BYMONTHDAY=-1`, with or without `RRULE:` before it. Names of parts may
    /// stand in any order and in small letters.
    fn from_str(text: &str) -> Parsed<Self> {
        if text.len() > RECURRENCE_RULE_BYTES {
            return Err(InvalidRecurrence::new(
                "RRULE",
                format!(
                    "its length in bytes is past the limit RECURRENCE_RULE_BYTES of {RECURRENCE_RULE_BYTES} (it is {})",
                    text.len()
                ),
            ));
        }
        let upper = text.trim().to_ascii_uppercase();
        let body = upper.strip_prefix("RRULE:").unwrap_or(&upper);
        let mut reader = Reader::default();
        for part in body.split(';') {
            reader.part(part)?;
        }
        reader.finish()
    }
}

#[derive(Default)]
struct Reader {
    parts: RuleParts,
    frequency: Option<Frequency>,
    seen: Vec<&'static str>,
}

impl Reader {
    fn part(&mut self, part: &str) -> Parsed<()> {
        let Some((name, value)) = part.split_once('=') else {
            return Err(InvalidRecurrence::new(
                "RRULE",
                format!("{} is not a part: write parts as `NAME=value`, with `;` between them", quote(part)),
            ));
        };
        let Some(name) = PARTS.into_iter().find(|known| *known == name) else {
            return Err(InvalidRecurrence::new("RRULE", format!("there is no part {}{}", quote(name), unknown(name))));
        };
        if self.seen.contains(&name) {
            return Err(InvalidRecurrence::new(name, "it is there twice: write it once, with `,` between its values"));
        }
        self.seen.push(name);
        let parts = &mut self.parts;
        match name {
            "FREQ" => self.frequency = Some(frequency(value)?),
            "INTERVAL" => parts.interval = number(name, value)?,
            "COUNT" => self.end(name, RuleEnd::Count(number(name, value)?))?,
            "UNTIL" => self.end(name, RuleEnd::Until(until(value)?))?,
            "BYMONTH" => parts.months = list(name, value, number)?,
            "BYWEEKNO" => parts.weeks = list(name, value, number)?,
            "BYYEARDAY" => parts.year_days = list(name, value, number)?,
            "BYMONTHDAY" => parts.month_days = list(name, value, number)?,
            "BYDAY" => parts.days = list(name, value, day)?,
            "BYHOUR" => parts.hours = list(name, value, number)?,
            "BYMINUTE" => parts.minutes = list(name, value, number)?,
            "BYSECOND" => parts.seconds = list(name, value, number)?,
            "BYSETPOS" => parts.positions = list(name, value, number)?,
            _ => parts.week_start = weekday(name, value)?,
        }
        Ok(())
    }

    fn end(&mut self, name: &'static str, end: RuleEnd) -> Parsed<()> {
        if self.parts.end.replace(end).is_some() {
            return Err(InvalidRecurrence::new(
                name,
                "COUNT and UNTIL cannot stand in one rule (RFC 5545): leave one of them out",
            ));
        }
        Ok(())
    }

    fn finish(mut self) -> Parsed<Rule> {
        let Some(frequency) = self.frequency else {
            return Err(InvalidRecurrence::new("FREQ", "it is missing: write `FREQ=MONTHLY`, or another frequency"));
        };
        self.parts.frequency = frequency;
        Rule::new(self.parts)
    }
}

fn unknown(name: &str) -> String {
    match name {
        "DTSTART" => ": a start does not belong in a rule, but beside it".to_owned(),
        "RDATE" | "EXDATE" => ": dates that are added or excepted stand beside a rule".to_owned(),
        "BYEASTER" => ": it is none of RFC 5545".to_owned(),
        _ => near(name, PARTS),
    }
}

fn frequency(value: &str) -> Parsed<Frequency> {
    match value {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        "HOURLY" | "MINUTELY" | "SECONDLY" => Err(InvalidRecurrence::new(
            "FREQ",
            format!("`{value}` is finer than a day, and work recurs by the day at most: write DAILY with BYHOUR"),
        )),
        _ => Err(InvalidRecurrence::new(
            "FREQ",
            format!(
                "there is no frequency {}{}",
                quote(value),
                match near(value, ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]) {
                    hint if hint.is_empty() => ": write DAILY, WEEKLY, MONTHLY or YEARLY".to_owned(),
                    hint => hint,
                }
            ),
        )),
    }
}

fn list<T>(name: &'static str, value: &str, one: impl Fn(&'static str, &str) -> Parsed<T>) -> Parsed<Vec<T>> {
    if value.is_empty() {
        return Err(InvalidRecurrence::new(name, "it is empty: name at least one value, or leave the part out"));
    }
    value.split(',').map(|entry| one(name, entry)).collect()
}

fn number<T: FromStr>(name: &'static str, value: &str) -> Parsed<T> {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidRecurrence::new(name, format!("{} is not a whole number", quote(value))));
    }
    value.parse().map_err(|_| InvalidRecurrence::new(name, format!("{} is out of range", quote(value))))
}

fn weekday(name: &'static str, value: &str) -> Parsed<Weekday> {
    match value {
        "MO" => Ok(Weekday::Mon),
        "TU" => Ok(Weekday::Tue),
        "WE" => Ok(Weekday::Wed),
        "TH" => Ok(Weekday::Thu),
        "FR" => Ok(Weekday::Fri),
        "SA" => Ok(Weekday::Sat),
        "SU" => Ok(Weekday::Sun),
        _ => Err(InvalidRecurrence::new(
            name,
            format!("{} is not a weekday: write MO, TU, WE, TH, FR, SA or SU", quote(value)),
        )),
    }
}

fn day(name: &'static str, value: &str) -> Parsed<RuleDay> {
    let split = value.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(value.len());
    let (ordinal, letters) = value.split_at_checked(split).unwrap_or((value, ""));
    let weekday = weekday(name, letters).map_err(|_| {
        InvalidRecurrence::new(
            name,
            format!("{} is not a day: write `MO`, or `2MO` or `-1FR` for one of them", quote(value)),
        )
    })?;
    let ordinal = if ordinal.is_empty() { None } else { Some(number(name, ordinal)?) };
    Ok(RuleDay { ordinal, weekday })
}

fn until(value: &str) -> Parsed<Until> {
    if value.ends_with('Z') {
        return Err(InvalidRecurrence::new(
            "UNTIL",
            format!(
                "{} is a time in UTC, and the rule counts in local time: write the local time, without `Z`",
                quote(value)
            ),
        ));
    }
    let date = |text: &str| {
        let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
    };
    let read = match value.split_once('T') {
        None => date(value).map(Until::Date),
        Some((day, time))
            if time.len() == 6 && time.bytes().all(|byte| byte.is_ascii_digit()) && date(day).is_some() =>
        {
            NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").ok().map(Until::DateTime)
        }
        Some(_) => None,
    };
    read.ok_or_else(|| {
        InvalidRecurrence::new(
            "UNTIL",
            format!("{} is neither a date nor a time: write `20261231` or `20261231T170000`", quote(value)),
        )
    })
}
