//! Holidays as data: documents of rules, and the days that the rules make.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::business::last_of_month;
use crate::definition::is_default;
use crate::document::{quote, read_with};
use crate::error::{Problem, Rejection};
use crate::limits::{HOLIDAY_FIRST_YEAR, HOLIDAY_LAST_YEAR, HOLIDAY_RULES, NAME_BYTES, SETTINGS};

/// A set of holidays, as it is written in a document.
///
/// Rules hold for the years from [`HOLIDAY_FIRST_YEAR`] to [`HOLIDAY_LAST_YEAR`]; outside of them
/// there are no holidays by rule.
///
/// ```
/// use workflow_core::calendar::HolidaySet;
///
/// let set = HolidaySet::read(b"
/// name: Massachusetts
/// holidays:
///   - {name: Patriots' Day, on: {nth_weekday: {nth: 3, weekday: Mon, month: 4}}, from: 1969}
/// ")?;
/// let [day] = set.in_year(2026).try_into().expect("one holiday");
/// assert_eq!(day.date.to_string(), "2026-04-20");
/// # Ok::<(), workflow_core::error::Rejection>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HolidaySet {
    /// What people call the set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the days are laid down, such as an act or an address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The holidays.
    pub holidays: Vec<Holiday>,
}

/// A holiday: its name, its rule, and the years in which the rule holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// What it is called.
    pub name: String,
    /// The day it is.
    pub on: HolidayRule,
    /// The day that is closed besides when it falls on a Saturday or Sunday.
    #[serde(default, skip_serializing_if = "is_default")]
    pub observed: Observed,
    /// The first year in which it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1900, max = 2200))]
    pub from: Option<i32>,
    /// The last year in which it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1900, max = 2200))]
    pub until: Option<i32>,
    /// Only every so many years, counted from the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 300))]
    pub every: Option<u16>,
    /// Years in which it is none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except: BTreeSet<i32>,
}

/// The day that a holiday falls on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum HolidayRule {
    /// The same date each year. 29 February is only there in leap years.
    Fixed(MonthDay),
    /// The first to fifth of a weekday in a month. A fifth is only there in some years.
    NthWeekday {
        /// Which one: 1 is the first.
        #[schemars(range(min = 1, max = 5))]
        nth: u8,
        /// Of which weekday.
        weekday: Weekday,
        /// In which month.
        #[schemars(range(min = 1, max = 12))]
        month: u8,
    },
    /// The last of a weekday in a month.
    LastWeekday {
        /// Of which weekday.
        weekday: Weekday,
        /// In which month.
        #[schemars(range(min = 1, max = 12))]
        month: u8,
    },
    /// A weekday on a date or the first one after it.
    WeekdayOnOrAfter {
        /// The weekday.
        weekday: Weekday,
        /// From which date on.
        date: MonthDay,
    },
    /// A weekday on a date or the last one before it.
    WeekdayOnOrBefore {
        /// The weekday.
        weekday: Weekday,
        /// Up to which date.
        date: MonthDay,
    },
    /// So many days after Easter Sunday of the Gregorian calendar; negative before it.
    Easter(#[schemars(range(min = -200, max = 200))] i16),
    /// These days and no others.
    Dates(BTreeSet<NaiveDate>),
}

/// A date of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonthDay {
    /// The month.
    #[schemars(range(min = 1, max = 12))]
    pub month: u8,
    /// The day of the month.
    #[schemars(range(min = 1, max = 31))]
    pub day: u8,
}

/// What else is closed when a holiday falls on a weekend. The day itself stays closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Observed {
    /// Nothing.
    #[default]
    None,
    /// Friday before a Saturday, Monday after a Sunday, as in the United States. A first of January
    /// on a Saturday closes 31 December of the year before.
    FridayOrMonday,
    /// Monday after a Sunday; nothing for a Saturday.
    SundayToMonday,
    /// The next Monday.
    NextMonday,
    /// The next weekday that no other holiday of the set has, as in the United Kingdom: when
    /// Christmas Day is a Saturday, it is followed by Monday 27, and Boxing Day by Tuesday 28.
    Substitute,
}

/// One day of a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HolidayDay<'a> {
    /// The day.
    pub date: NaiveDate,
    /// The holiday's name.
    pub name: &'a str,
    /// Whether it is closed in place of a weekend day.
    pub in_lieu: bool,
}

impl HolidaySet {
    /// Reads a set from YAML or JSON.
    ///
    /// # Errors
    /// [`Rejection::Document`] with every problem, its path and its line.
    pub fn read(bytes: &[u8]) -> Result<Self, Rejection> {
        read_with("holiday set", bytes, |set: &Self| set.problems(""))
    }

    /// What is wrong with the set; paths begin with `at`.
    #[must_use]
    pub fn problems(&self, at: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let dot = if at.is_empty() { "" } else { "." };
        let texts = self.name.iter().map(|name| ("name".to_owned(), name));
        let sources = self.sources.iter().enumerate().map(|(place, source)| (format!("sources[{place}]"), source));
        for (field, text) in texts.chain(sources) {
            check_name(&format!("{at}{dot}{field}"), text, &mut problems);
        }
        if self.sources.len() > SETTINGS {
            problems.push(Problem::error(format!("{at}{dot}sources"), "too_long", past("SETTINGS", SETTINGS)));
        }
        problems.extend(rule_problems(&self.holidays, &format!("{at}{dot}holidays")));
        problems
    }

    /// The days of one year, in order: those of the rules, and those observed in place of others.
    #[must_use]
    pub fn in_year(&self, year: i32) -> Vec<HolidayDay<'_>> {
        days(&self.holidays, year..=year)
    }

    /// Every day on which the set is closed.
    #[must_use]
    pub fn dates(&self) -> BTreeSet<NaiveDate> {
        dates(&self.holidays)
    }
}

/// What is wrong with a list of rules.
pub(super) fn rule_problems(rules: &[Holiday], at: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if rules.len() > HOLIDAY_RULES {
        problems.push(Problem::error(at, "too_long", past("HOLIDAY_RULES", HOLIDAY_RULES)));
    }
    for (place, holiday) in rules.iter().enumerate().take(HOLIDAY_RULES) {
        holiday.check(&format!("{at}[{place}]"), &mut problems);
    }
    problems
}

/// Every day of a list of rules.
pub(super) fn dates(rules: &[Holiday]) -> BTreeSet<NaiveDate> {
    days(rules, HOLIDAY_FIRST_YEAR..=HOLIDAY_LAST_YEAR).into_iter().map(|day| day.date).collect()
}

fn past(limit: &str, most: usize) -> String {
    format!("this is past the limit {limit} of {most}")
}

fn check_name(path: &str, text: &str, problems: &mut Vec<Problem>) {
    if text.trim().is_empty() {
        problems.push(Problem::error(path, "invalid", "it is empty; write a text"));
    } else if text.len() > NAME_BYTES {
        problems.push(Problem::error(path, "too_long", past("NAME_BYTES", NAME_BYTES)));
    }
}

fn days(rules: &[Holiday], years: RangeInclusive<i32>) -> Vec<HolidayDay<'_>> {
    // Days are observed across the end of a year.
    let (first, last) = (years.start().saturating_sub(1), years.end().saturating_add(1));
    let (first, last) = (first.max(HOLIDAY_FIRST_YEAR), last.min(HOLIDAY_LAST_YEAR));
    let mut found = Vec::new();
    let mut waiting = Vec::new();
    for holiday in rules {
        for date in holiday.nominal(first, last) {
            found.push(HolidayDay { date, name: &holiday.name, in_lieu: false });
            match holiday.observed.besides(date) {
                Besides::Nothing => {}
                Besides::Day(date) => found.push(HolidayDay { date, name: &holiday.name, in_lieu: true }),
                Besides::NextFree => waiting.push((date, &*holiday.name)),
            }
        }
    }
    if !waiting.is_empty() {
        let mut taken: BTreeSet<NaiveDate> = found.iter().map(|day| day.date).collect();
        // By date; those of one day in the order they are written.
        waiting.sort_by_key(|(date, _)| *date);
        for (from, name) in waiting {
            let free = from.iter_days().skip(1).find(|day| !is_weekend(*day) && !taken.contains(day));
            if let Some(date) = free {
                taken.insert(date);
                found.push(HolidayDay { date, name, in_lieu: true });
            }
        }
    }
    found.retain(|day| years.contains(&day.date.year()));
    found.sort();
    found
}

impl Holiday {
    /// A holiday of every year, observed on its own days alone.
    #[must_use]
    pub fn new(name: impl Into<String>, on: HolidayRule) -> Self {
        let observed = Observed::None;
        Self { name: name.into(), on, observed, from: None, until: None, every: None, except: BTreeSet::new() }
    }

    /// Its own days in a range of years.
    fn nominal(&self, first: i32, last: i32) -> Vec<NaiveDate> {
        let holds = |year: i32| {
            let since = self.from.map_or(0, |from| year.saturating_sub(from));
            since >= 0
                && self.until.is_none_or(|until| year <= until)
                && self.every.is_none_or(|every| since.checked_rem(i32::from(every)) == Some(0))
                && !self.except.contains(&year)
        };
        match &self.on {
            HolidayRule::Dates(dates) => dates
                .iter()
                .copied()
                .filter(|date| (first..=last).contains(&date.year()) && holds(date.year()))
                .collect(),
            rule => (first..=last).filter(|year| holds(*year)).filter_map(|year| rule.in_year(year)).collect(),
        }
    }

    fn check(&self, path: &str, problems: &mut Vec<Problem>) {
        check_name(&format!("{path}.name"), &self.name, problems);
        let limits = HOLIDAY_FIRST_YEAR..=HOLIDAY_LAST_YEAR;
        let outside = |year: i32| {
            format!(
                "{year} is not from {HOLIDAY_FIRST_YEAR} to {HOLIDAY_LAST_YEAR} (HOLIDAY_FIRST_YEAR, HOLIDAY_LAST_YEAR)"
            )
        };
        for (field, year) in [("from", self.from), ("until", self.until)] {
            if let Some(year) = year.filter(|year| !limits.contains(year)) {
                problems.push(Problem::error(format!("{path}.{field}"), "out_of_range", outside(year)));
            }
        }
        if let Some(year) = self.except.iter().find(|year| !limits.contains(year)) {
            problems.push(Problem::error(format!("{path}.except"), "out_of_range", outside(*year)));
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && from > until
        {
            let message = format!("it ends in {until} before it begins in {from}");
            problems.push(Problem::error(format!("{path}.until"), "invalid", message));
        }
        match self.every {
            Some(0) => problems.push(Problem::error(format!("{path}.every"), "out_of_range", "write 1 or more")),
            Some(_) if self.from.is_none() => {
                let message = "the years are counted from the first one: add `from`";
                problems.push(Problem::error(format!("{path}.every"), "missing_field", message));
            }
            _ => {}
        }
        self.on.check(&format!("{path}.on"), problems);
    }
}

impl HolidayRule {
    /// The day in one year, for all rules but lists of dates.
    fn in_year(&self, year: i32) -> Option<NaiveDate> {
        match self {
            Self::Fixed(date) => date.in_year(year),
            Self::NthWeekday { nth, weekday, month } => {
                NaiveDate::from_weekday_of_month_opt(year, u32::from(*month), *weekday, *nth)
            }
            Self::LastWeekday { weekday, month } => {
                let last = last_of_month(NaiveDate::from_ymd_opt(year, u32::from(*month), 1)?)?;
                on_or_before(last, *weekday)
            }
            Self::WeekdayOnOrAfter { weekday, date } => {
                let day = date.in_year(year)?;
                day.checked_add_signed(TimeDelta::days(i64::from(weekday.days_since(day.weekday()))))
            }
            Self::WeekdayOnOrBefore { weekday, date } => on_or_before(date.in_year(year)?, *weekday),
            Self::Easter(days) => easter(year)?.checked_add_signed(TimeDelta::days(i64::from(*days))),
            Self::Dates(_) => None,
        }
    }

    fn check(&self, path: &str, problems: &mut Vec<Problem>) {
        let mut complain = |at: &str, code: &'static str, message: String| {
            problems.push(Problem::error(format!("{path}.{at}"), code, message));
        };
        let month_is_bad = |month: u8| !(1..=12).contains(&month);
        match self {
            Self::NthWeekday { nth, month, .. } => {
                if !(1..=5).contains(nth) {
                    complain("nth_weekday.nth", "out_of_range", format!("{nth} is not from 1 to 5"));
                }
                if month_is_bad(*month) {
                    complain("nth_weekday.month", "out_of_range", format!("{month} is not from 1 to 12"));
                }
            }
            Self::LastWeekday { month, .. } if month_is_bad(*month) => {
                complain("last_weekday.month", "out_of_range", format!("{month} is not from 1 to 12"));
            }
            Self::Fixed(date) if !date.exists() => complain("fixed", "invalid", date.no_such_day()),
            Self::WeekdayOnOrAfter { date, .. } if !date.exists() => {
                complain("weekday_on_or_after.date", "invalid", date.no_such_day());
            }
            Self::WeekdayOnOrBefore { date, .. } if !date.exists() => {
                complain("weekday_on_or_before.date", "invalid", date.no_such_day());
            }
            Self::Easter(days) if !(-200..=200).contains(days) => {
                complain("easter", "out_of_range", format!("{days} is not from -200 to 200"));
            }
            Self::Dates(dates) => {
                if dates.is_empty() {
                    complain("dates", "invalid", "the list is empty; write at least one day".to_owned());
                } else if dates.len() > SETTINGS {
                    complain("dates", "too_long", past("SETTINGS", SETTINGS));
                }
                let limits = HOLIDAY_FIRST_YEAR..=HOLIDAY_LAST_YEAR;
                if let Some(date) = dates.iter().find(|date| !limits.contains(&date.year())) {
                    let message = format!(
                        "{} is outside the years {HOLIDAY_FIRST_YEAR} to {HOLIDAY_LAST_YEAR} (HOLIDAY_FIRST_YEAR, HOLIDAY_LAST_YEAR)",
                        quote(&date.to_string())
                    );
                    complain("dates", "out_of_range", message);
                }
            }
            _ => {}
        }
    }
}

impl MonthDay {
    fn in_year(self, year: i32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, u32::from(self.month), u32::from(self.day))
    }

    /// Whether any year has it: 2000 was a leap year.
    fn exists(self) -> bool {
        self.in_year(2000).is_some()
    }

    fn no_such_day(self) -> String {
        format!("no year has a day {} in month {}", self.day, self.month)
    }
}

enum Besides {
    Nothing,
    Day(NaiveDate),
    NextFree,
}

impl Observed {
    fn besides(self, date: NaiveDate) -> Besides {
        let day = match (self, date.weekday()) {
            (Self::FridayOrMonday, Weekday::Sat) => date.pred_opt(),
            (Self::FridayOrMonday | Self::SundayToMonday | Self::NextMonday, Weekday::Sun) => date.succ_opt(),
            (Self::NextMonday, Weekday::Sat) => date.checked_add_signed(TimeDelta::days(2)),
            (Self::Substitute, Weekday::Sat | Weekday::Sun) => return Besides::NextFree,
            _ => None,
        };
        day.map_or(Besides::Nothing, Besides::Day)
    }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

fn on_or_before(date: NaiveDate, weekday: Weekday) -> Option<NaiveDate> {
    date.checked_sub_signed(TimeDelta::days(i64::from(date.weekday().days_since(weekday))))
}

/// Easter Sunday of the Gregorian calendar, by the algorithm known as Meeus, Jones and Butcher.
/// Numbers of years are far too small for any of this to overflow.
fn easter(year: i32) -> Option<NaiveDate> {
    let year = i64::from(year);
    let (golden, century, within) = (year.rem_euclid(19), year.div_euclid(100), year.rem_euclid(100));
    let (leap_centuries, century_rest) = (century / 4, century % 4);
    let moon_shift = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - leap_centuries - moon_shift + 15).rem_euclid(30);
    let to_sunday = (32 + 2 * century_rest + 2 * (within / 4) - epact - within % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * to_sunday) / 451;
    let days = epact + to_sunday - 7 * late + 114;
    NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        u32::try_from(days / 31).ok()?,
        u32::try_from(days % 31 + 1).ok()?,
    )
}

#[cfg(test)]
mod tests;
