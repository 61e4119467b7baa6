//! One event of an iCalendar file, and the days it has.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};

use super::lines::{ContentLine, text};
use crate::document::quote;
use crate::error::Problem;
use crate::limits::{HOLIDAY_FIRST_YEAR, HOLIDAY_LAST_YEAR, NAME_BYTES, SETTINGS};
use crate::recurrence::{Recurrence, Rule};

/// An event that lasts longer than so many days is none that a holiday has.
const LONGEST: i64 = 366;

/// The days that are asked for.
pub(super) struct Window {
    first: NaiveDate,
    last: NaiveDate,
}

impl Window {
    /// `None` when the range is empty or outside the years for which holidays are given.
    pub(super) fn of(years: &RangeInclusive<i32>) -> Option<Self> {
        let within =
            HOLIDAY_FIRST_YEAR <= *years.start() && years.start() <= years.end() && *years.end() <= HOLIDAY_LAST_YEAR;
        let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1)?;
        let last = NaiveDate::from_ymd_opt(*years.end(), 12, 31)?;
        within.then_some(Self { first, last })
    }

    fn holds(&self, date: NaiveDate) -> bool {
        self.first <= date && date <= self.last
    }
}

/// An event, read.
pub(super) struct Event {
    path: String,
    pub(super) name: String,
    pub(super) uid: Option<String>,
    /// The instance of a series that this event stands for.
    pub(super) instance: Option<NaiveDate>,
    pub(super) cancelled: bool,
    start: NaiveDate,
    /// How many days it lasts, at least 1.
    days: i64,
    rule: Option<(u32, Rule)>,
    added: BTreeSet<NaiveDate>,
    excepted: BTreeSet<NaiveDate>,
    pub(super) line: u32,
}

/// A value that is a day, or one that has a time.
enum When {
    Day(NaiveDate),
    Timed,
}

/// Reads the lines of one event and takes down what is wrong with them.
struct Reader<'a> {
    path: String,
    lines: &'a [ContentLine],
    problems: &'a mut Vec<Problem>,
    bad: bool,
}

impl Event {
    /// `None` when it has times or mistakes; `problems` says which.
    pub(super) fn of(place: usize, line: u32, lines: &[ContentLine], problems: &mut Vec<Problem>) -> Option<Self> {
        let mut reader = Reader { path: format!("VEVENT[{place}]"), lines, problems, bad: false };
        let Some(start_line) = reader.one("DTSTART") else {
            reader.wrong("DTSTART", line, "missing_field", "the event has no DTSTART; add one".to_owned());
            return None;
        };
        let start = match reader.when(start_line, start_line.value.trim())? {
            When::Day(date) => date,
            When::Timed => {
                let message = "the event has a time and is left out; holidays are whole days, such as `DTSTART;VALUE=DATE:20260704`";
                let path = format!("{}.DTSTART", reader.path);
                reader.problems.push(Problem::warning(path, "timed", message).at_line(Some(start_line.line)));
                return None;
            }
        };
        let name = reader.name();
        let days = reader.length(start);
        let rule = reader.rule();
        let (added, excepted) = (reader.dates("RDATE"), reader.dates("EXDATE"));
        let instance = reader.instance();
        if let Some(line) = reader.find("EXRULE") {
            let message = "EXRULE is not part of RFC 5545; write the dates as EXDATE".to_owned();
            reader.wrong("EXRULE", line.line, "invalid", message);
        }
        let uid = reader.one("UID").map(|line| line.value.clone());
        let cancelled = reader.one("STATUS").is_some_and(|line| line.value.trim().eq_ignore_ascii_case("CANCELLED"));
        let (path, bad) = (reader.path, reader.bad);
        (!bad).then_some(Self { path, name, uid, instance, cancelled, start, days: days?, rule, added, excepted, line })
    }

    /// Its days within a window. `changed` are instances that other events stand for.
    pub(super) fn dates(
        &self,
        window: &Window,
        changed: &BTreeSet<NaiveDate>,
        problems: &mut Vec<Problem>,
    ) -> BTreeSet<NaiveDate> {
        let mut wrong = |part: &str, line: u32, code: &'static str, message: String| {
            problems.push(Problem::error(format!("{}.{part}", self.path), code, message).at_line(Some(line)));
        };
        let mut starts: BTreeSet<NaiveDate> = self.added.iter().copied().chain([self.start]).collect();
        if let Some((line, rule)) = &self.rule {
            match Recurrence::new(self.start, rule) {
                Ok(recurrence) => {
                    let before = TimeDelta::days(self.days.saturating_sub(1));
                    let first = window.first.checked_sub_signed(before).unwrap_or(window.first);
                    let after = window.last.succ_opt().unwrap_or(window.last);
                    let found = recurrence.between(first.and_time(NaiveTime::MIN), after.and_time(NaiveTime::MIN));
                    starts.extend(found.take(SETTINGS.saturating_add(1)).map(|at| at.date()));
                }
                Err(error) => wrong("RRULE", *line, "invalid", error.to_string()),
            }
        }
        let starts = starts.into_iter().filter(|date| !self.excepted.contains(date) && !changed.contains(date));
        let mut dates = BTreeSet::new();
        let mut done = None;
        for start in starts {
            // Instances that overlap are walked once.
            let past = start.checked_add_signed(TimeDelta::days(self.days)).unwrap_or(NaiveDate::MAX);
            let from = done.map_or(start, |done| start.max(done));
            dates.extend(from.iter_days().take_while(|date| *date < past).filter(|date| window.holds(*date)));
            done = Some(past);
            if dates.len() > SETTINGS {
                break;
            }
        }
        if dates.len() > SETTINGS {
            let message = format!("the event has more days in these years than the limit SETTINGS of {SETTINGS}");
            wrong("RRULE", self.rule.as_ref().map_or(self.line, |(line, _)| *line), "too_long", message);
        }
        dates
    }
}

impl<'a> Reader<'a> {
    fn wrong(&mut self, part: &str, line: u32, code: &'static str, message: String) {
        self.bad = true;
        self.problems.push(Problem::error(format!("{}.{part}", self.path), code, message).at_line(Some(line)));
    }

    fn find(&self, name: &str) -> Option<&'a ContentLine> {
        self.lines.iter().find(|line| line.name == name)
    }

    /// The one line of a name; a second one is a mistake.
    fn one(&mut self, name: &str) -> Option<&'a ContentLine> {
        let mut found = self.lines.iter().filter(|line| line.name == name);
        let first = found.next()?;
        if let Some(second) = found.next() {
            let message = format!("{name} is given again after line {}; keep one of them", first.line);
            self.wrong(name, second.line, "duplicate_key", message);
        }
        Some(first)
    }

    fn name(&mut self) -> String {
        let Some(line) = self.one("SUMMARY") else { return "Holiday".to_owned() };
        let name = text(&line.value);
        if name.len() > NAME_BYTES {
            let message = format!("the summary has {} bytes; the limit is {NAME_BYTES} (NAME_BYTES)", name.len());
            self.wrong("SUMMARY", line.line, "too_long", message);
        }
        if name.is_empty() { "Holiday".to_owned() } else { name }
    }

    /// A day, or something with a time; anything else is a mistake.
    fn when(&mut self, line: &ContentLine, value: &str) -> Option<When> {
        if let Some(date) = day(value) {
            return Some(When::Day(date));
        }
        let timed = value.split_once('T').is_some_and(|(date, time)| {
            let digits = time.strip_suffix('Z').unwrap_or(time);
            day(date).is_some() && digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        if timed && line.param("VALUE").is_none_or(|kind| !kind.eq_ignore_ascii_case("DATE")) {
            return Some(When::Timed);
        }
        let message = format!("expected a day that exists, such as `20260704`, found {}", quote(value));
        self.wrong(&line.name, line.line, "invalid", message);
        None
    }

    /// A day; a time is a mistake here, because the event begins with a day.
    fn day(&mut self, line: &ContentLine, value: &str) -> Option<NaiveDate> {
        match self.when(line, value)? {
            When::Day(date) => Some(date),
            When::Timed => {
                let message =
                    format!("{} has a time, and the event is of whole days; write the day alone", quote(value));
                self.wrong(&line.name, line.line, "invalid", message);
                None
            }
        }
    }

    /// How many days the event lasts: up to DTEND, itself left out, or by DURATION, or one.
    fn length(&mut self, start: NaiveDate) -> Option<i64> {
        let (end, duration) = (self.one("DTEND"), self.one("DURATION"));
        let (line, days) = match (end, duration) {
            (None, None) => return Some(1),
            (Some(_), Some(duration)) => {
                let message = "DTEND and DURATION are both given; keep one of them".to_owned();
                self.wrong("DURATION", duration.line, "invalid", message);
                return None;
            }
            (Some(line), None) => {
                let days = self.day(line, line.value.trim())?.signed_duration_since(start).num_days();
                // Some programs write the last day itself where it is the first.
                (line, if days == 0 { 1 } else { days })
            }
            (None, Some(line)) => match duration_days(line.value.trim()) {
                Some(days) => (line, days),
                None => {
                    let message = format!("expected days or weeks, such as `P1D`, found {}", quote(&line.value));
                    self.wrong("DURATION", line.line, "invalid", message);
                    return None;
                }
            },
        };
        if (1..=LONGEST).contains(&days) {
            return Some(days);
        }
        let why = if days < 1 {
            "ends before it begins".to_owned()
        } else {
            format!("lasts {days} days; {LONGEST} is the most")
        };
        self.wrong(&line.name, line.line, "out_of_range", format!("the event {why}"));
        None
    }

    fn rule(&mut self) -> Option<(u32, Rule)> {
        let line = self.one("RRULE")?;
        match days_only(&line.value).parse::<Rule>() {
            Ok(rule) => Some((line.line, rule)),
            Err(error) => {
                self.wrong("RRULE", line.line, "invalid", error.to_string());
                None
            }
        }
    }

    /// The dates of all lines of a name.
    fn dates(&mut self, name: &str) -> BTreeSet<NaiveDate> {
        let lines = self.lines;
        let mut dates = BTreeSet::new();
        for line in lines.iter().filter(|line| line.name == name) {
            for value in line.value.split(',') {
                if dates.len() >= SETTINGS {
                    let message = format!("there are more dates than the limit SETTINGS of {SETTINGS}");
                    self.wrong(name, line.line, "too_long", message);
                    return dates;
                }
                dates.extend(self.day(line, value.trim()));
            }
        }
        dates
    }

    fn instance(&mut self) -> Option<NaiveDate> {
        let line = self.one("RECURRENCE-ID")?;
        if line.param("RANGE").is_some() {
            let message =
                "a change of this and all later instances is not read; end the first series and write a second";
            self.wrong("RECURRENCE-ID", line.line, "invalid", message.to_owned());
            return None;
        }
        self.day(line, line.value.trim())
    }
}

/// Eight digits that are a day.
fn day(value: &str) -> Option<NaiveDate> {
    let digits = value.len() == 8 && value.bytes().all(|byte| byte.is_ascii_digit());
    let number: i32 = digits.then(|| value.parse().ok())??;
    let part = |number: i32| u32::try_from(number).ok();
    NaiveDate::from_ymd_opt(number / 10_000, part(number / 100 % 100)?, part(number % 100)?)
        .filter(|date| date.year() > 0)
}

/// `P3D` or `P2W`, with an optional plus.
fn duration_days(value: &str) -> Option<i64> {
    let value = value.strip_prefix('+').unwrap_or(value).strip_prefix('P')?;
    let (digits, days) = match (value.strip_suffix('D'), value.strip_suffix('W')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 7),
        (None, None) => return None,
    };
    let plain = !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse::<i64>().ok()?.checked_mul(days))?
}

/// The rule with an UNTIL that has a time cut to its day, as the event is of whole days. Many
/// programs write one.
fn days_only(rule: &str) -> String {
    let part = |part: &str| match part.split_once('=') {
        Some((name, until)) if name.trim().eq_ignore_ascii_case("UNTIL") => {
            let day = until.split_once('T').map_or(until, |(day, _)| day);
            format!("{name}={day}")
        }
        _ => part.to_owned(),
    };
    rule.trim().split(';').map(part).collect::<Vec<_>>().join(";")
}
