//! A rule with its start and its added and excepted dates, ready to be asked.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::days::{seconds_down, seconds_up, to_time};
use super::error::InvalidRecurrence;
use super::expand::{Expansion, last_moment};
use super::never;
use super::plan::LAST_YEAR;
use super::rule::{Rule, RuleEnd, Until};
use crate::limits::RECURRENCE_DATES;

/// When a recurrence begins: a day, or a local time.
///
/// It says what kind the UNTIL of the rule has to be, and whether the rule may name times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Start {
    /// Whole days; their moments are midnights.
    Date(NaiveDate),
    /// Times. Whole seconds.
    DateTime(NaiveDateTime),
}

impl From<NaiveDate> for Start {
    fn from(date: NaiveDate) -> Self {
        Self::Date(date)
    }
}

impl From<NaiveDateTime> for Start {
    fn from(time: NaiveDateTime) -> Self {
        Self::DateTime(time)
    }
}

/// Occurrences in local time, computed from any moment on. Cheap to clone.
///
/// As in python-dateutil, the start is an occurrence only when it fits the rule. Nothing recurs
/// after the year 9999.
///
/// ```
/// use chrono::{NaiveDate, NaiveDateTime};
/// use workflow_core::recurrence::Recurrence;
///
/// let start: NaiveDateTime = "1997-09-02T09:00:00".parse().expect("a time");
/// let fridays = Recurrence::new(start, &"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13".parse()?)?;
/// let now: NaiveDateTime = "2026-01-01T00:00:00".parse().expect("a time");
/// assert_eq!(fridays.next_after(now).map(|at| at.to_string()).as_deref(), Some("2026-02-13 09:00:00"));
/// assert_eq!(fridays.previous_before(now).map(|at| at.to_string()).as_deref(), Some("2025-06-13 09:00:00"));
/// # Ok::<(), workflow_core::recurrence::InvalidRecurrence>(())
/// ```
#[derive(Debug, Clone)]
pub struct Recurrence {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    rule: Rule,
    start: Start,
    expansion: Expansion,
    /// Ascending, none twice.
    added: Vec<i64>,
    /// Ascending, none twice: what is excepted and would occur.
    excepted: Vec<Excepted>,
}

/// An excepted occurrence, and those around it that are not excepted.
#[derive(Debug, Clone, Copy)]
struct Excepted {
    at: i64,
    previous: Option<i64>,
    next: Option<i64>,
}

/// Puts a [`Recurrence`] together.
///
/// ```
/// use chrono::NaiveDate;
/// use workflow_core::recurrence::Recurrence;
///
/// let day = |day| NaiveDate::from_ymd_opt(2026, 4, day).expect("a date");
/// let fridays = Recurrence::builder(day(1), &"FREQ=WEEKLY;BYDAY=FR;COUNT=3".parse()?)
///     .adding(day(8).into())
///     .excepting(day(10).into())
///     .build()?;
/// let days: Vec<_> = fridays.occurrences().map(|at| at.date()).collect();
/// assert_eq!(days, [day(3), day(8), day(17)]);
/// # Ok::<(), workflow_core::recurrence::InvalidRecurrence>(())
/// ```
#[derive(Debug, Clone)]
pub struct RecurrenceBuilder {
    rule: Rule,
    start: Start,
    added: Vec<NaiveDateTime>,
    excepted: Vec<NaiveDateTime>,
}

impl RecurrenceBuilder {
    /// An occurrence beside those of the rule (RDATE); one that is there already is one.
    #[must_use]
    pub fn adding(mut self, time: NaiveDateTime) -> Self {
        self.added.push(time);
        self
    }

    /// An occurrence that is left out (EXDATE), even an added one. COUNT counts it all the same.
    #[must_use]
    pub fn excepting(mut self, time: NaiveDateTime) -> Self {
        self.excepted.push(time);
        self
    }

    /// Compiles it.
    ///
    /// # Errors
    /// [`InvalidRecurrence`] when the rule never occurs from the start on, its UNTIL is of another
    /// kind than the start, a date lies outside the years 1 to 9999, or there are more than
    /// `RECURRENCE_DATES` of a kind.
    pub fn build(self) -> Result<Recurrence, InvalidRecurrence> {
        let start = start_moment(self.start)?;
        check_kind(self.start, &self.rule)?;
        if let Some(RuleEnd::Until(until)) = self.rule.parts().end
            && last_moment(until) < start
        {
            return Err(InvalidRecurrence::new("UNTIL", format!("`{until}` lies before the start: end later")));
        }
        let expansion = Expansion::new(&self.rule, start)?;
        if expansion.is_empty() {
            return Err(never::explain(&self.rule, start));
        }
        let added = moments("RDATE", self.start, &self.added)?;
        let excepted = moments("EXDATE", self.start, &self.excepted)?;
        let mut inner = Inner { rule: self.rule, start: self.start, expansion, added, excepted: Vec::new() };
        inner.excepted = inner.skips(&excepted);
        Ok(Recurrence { inner: Arc::new(inner) })
    }
}

fn start_moment(start: Start) -> Result<i64, InvalidRecurrence> {
    let time = match start {
        Start::Date(date) => date.and_time(NaiveTime::MIN),
        Start::DateTime(time) => time,
    };
    whole("DTSTART", time)
}

/// A moment within the years, without a fraction of a second.
fn whole(part: &'static str, time: NaiveDateTime) -> Result<i64, InvalidRecurrence> {
    if !(1..=LAST_YEAR).contains(&chrono::Datelike::year(&time)) {
        return Err(InvalidRecurrence::new(part, format!("`{time}` lies outside the years 1 to {LAST_YEAR}")));
    }
    if time.nanosecond() != 0 {
        return Err(InvalidRecurrence::new(part, format!("`{time}` has a fraction of a second: name a whole one")));
    }
    Ok(seconds_down(time))
}

/// RFC 5545: UNTIL is of the start's kind, and days have no times.
fn check_kind(start: Start, rule: &Rule) -> Result<(), InvalidRecurrence> {
    let parts = rule.parts();
    let refuse = |part, why: &str| Err(InvalidRecurrence::new(part, why));
    match (start, parts.end) {
        (Start::Date(_), Some(RuleEnd::Until(Until::DateTime(_)))) => {
            return refuse("UNTIL", "it is a time and the start is a day: write the day alone, such as `20261231`");
        }
        (Start::DateTime(_), Some(RuleEnd::Until(Until::Date(_)))) => {
            return refuse(
                "UNTIL",
                "it is a day and the start has a time: write the time too, such as `20261231T235959`",
            );
        }
        _ => {}
    }
    if let Start::Date(_) = start {
        for (part, list) in [("BYHOUR", &parts.hours), ("BYMINUTE", &parts.minutes), ("BYSECOND", &parts.seconds)] {
            if !list.is_empty() {
                return refuse(part, "the start is a day, and days have no times: give the start a time");
            }
        }
    }
    Ok(())
}

fn moments(part: &'static str, start: Start, times: &[NaiveDateTime]) -> Result<Vec<i64>, InvalidRecurrence> {
    if times.len() > RECURRENCE_DATES {
        return Err(InvalidRecurrence::new(
            part,
            format!("it has {} dates, past the limit RECURRENCE_DATES of {RECURRENCE_DATES}", times.len()),
        ));
    }
    if let (Start::Date(_), Some(time)) = (start, times.iter().find(|time| time.time() != NaiveTime::MIN)) {
        return Err(InvalidRecurrence::new(
            part,
            format!("`{time}` has a time and the start is a day: name the day alone"),
        ));
    }
    let mut moments = times.iter().map(|time| whole(part, *time)).collect::<Result<Vec<_>, _>>()?;
    moments.sort_unstable();
    moments.dedup();
    Ok(moments)
}

impl Inner {
    /// The first occurrence at or after a moment, excepted ones too.
    fn any_from(&self, moment: i64) -> Option<i64> {
        let added = self.added.get(self.added.partition_point(|at| *at < moment)).copied();
        match (self.expansion.from(moment), added) {
            (Some(ruled), Some(added)) => Some(ruled.min(added)),
            (ruled, added) => ruled.or(added),
        }
    }

    /// The last one at or before a moment.
    fn any_back(&self, moment: i64) -> Option<i64> {
        let place = self.added.partition_point(|at| *at <= moment);
        let added = place.checked_sub(1).and_then(|place| self.added.get(place)).copied();
        self.expansion.back(moment).max(added)
    }

    /// Around each excepted occurrence, the nearest that are not, so that a run of them is passed in one step.
    fn skips(&self, excepted: &[i64]) -> Vec<Excepted> {
        let real = excepted.iter().copied().filter(|at| self.any_from(*at) == Some(*at));
        let mut skips: Vec<Excepted> = real.map(|at| Excepted { at, previous: None, next: None }).collect();
        let mut before: Option<Excepted> = None;
        for skip in &mut skips {
            let previous = self.any_back(skip.at.saturating_sub(1));
            skip.previous = match before {
                Some(run) if previous == Some(run.at) => run.previous,
                _ => previous,
            };
            before = Some(*skip);
        }
        let mut after: Option<Excepted> = None;
        for skip in skips.iter_mut().rev() {
            let next = self.any_from(skip.at.saturating_add(1));
            skip.next = match after {
                Some(run) if next == Some(run.at) => run.next,
                _ => next,
            };
            after = Some(*skip);
        }
        skips
    }

    fn skip(&self, at: i64) -> Option<&Excepted> {
        self.excepted.binary_search_by_key(&at, |skip| skip.at).ok().and_then(|place| self.excepted.get(place))
    }

    fn from(&self, moment: i64) -> Option<i64> {
        let at = self.any_from(moment)?;
        self.skip(at).map_or(Some(at), |skip| skip.next)
    }

    fn back(&self, moment: i64) -> Option<i64> {
        let at = self.any_back(moment)?;
        self.skip(at).map_or(Some(at), |skip| skip.previous)
    }
}

impl Recurrence {
    /// A rule from its start on, nothing added and nothing excepted.
    ///
    /// # Errors
    /// As [`RecurrenceBuilder::build`].
    pub fn new(start: impl Into<Start>, rule: &Rule) -> Result<Self, InvalidRecurrence> {
        Self::builder(start, rule).build()
    }

    /// Begins one with added or excepted dates.
    #[must_use]
    pub fn builder(start: impl Into<Start>, rule: &Rule) -> RecurrenceBuilder {
        RecurrenceBuilder { rule: rule.clone(), start: start.into(), added: Vec::new(), excepted: Vec::new() }
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &Rule {
        &self.inner.rule
    }

    /// The start.
    #[must_use]
    pub fn start(&self) -> Start {
        self.inner.start
    }

    /// The first occurrence, unless all are excepted.
    #[must_use]
    pub fn first(&self) -> Option<NaiveDateTime> {
        self.inner.from(i64::MIN).and_then(to_time)
    }

    /// The last occurrence. A recurrence without an end has one in 9999.
    #[must_use]
    pub fn last(&self) -> Option<NaiveDateTime> {
        self.inner.back(i64::MAX).and_then(to_time)
    }

    /// The first occurrence after a moment, that moment itself left out. Its cost does not depend
    /// on how long the recurrence has been going on.
    #[must_use]
    pub fn next_after(&self, time: NaiveDateTime) -> Option<NaiveDateTime> {
        self.inner.from(seconds_down(time).saturating_add(1)).and_then(to_time)
    }

    /// The first occurrence at or after a moment.
    #[must_use]
    pub fn next_from(&self, time: NaiveDateTime) -> Option<NaiveDateTime> {
        self.inner.from(seconds_up(time)).and_then(to_time)
    }

    /// The last occurrence before a moment, that moment itself left out.
    #[must_use]
    pub fn previous_before(&self, time: NaiveDateTime) -> Option<NaiveDateTime> {
        self.inner.back(seconds_up(time).saturating_sub(1)).and_then(to_time)
    }

    /// Whether something occurs at this moment.
    #[must_use]
    pub fn contains(&self, time: NaiveDateTime) -> bool {
        self.next_from(time) == Some(time)
    }

    /// Every occurrence in order, computed as it is asked for.
    #[must_use]
    pub fn occurrences(&self) -> Occurrences {
        Occurrences { inner: Arc::clone(&self.inner), next: i64::MIN, end: i64::MAX }
    }

    /// Those at or after `from` and before `to`.
    #[must_use]
    pub fn between(&self, from: NaiveDateTime, to: NaiveDateTime) -> Occurrences {
        Occurrences { inner: Arc::clone(&self.inner), next: seconds_up(from), end: seconds_up(to) }
    }

    /// The occurrence of an ordinal, the first being 0. It counts from the first, so its cost grows
    /// with the ordinal.
    #[must_use]
    pub fn nth(&self, ordinal: usize) -> Option<NaiveDateTime> {
        self.occurrences().nth(ordinal)
    }
}

/// Occurrences in ascending order, by [`Recurrence::occurrences`] or [`Recurrence::between`].
#[derive(Debug, Clone)]
pub struct Occurrences {
    inner: Arc<Inner>,
    next: i64,
    end: i64,
}

impl Iterator for Occurrences {
    type Item = NaiveDateTime;

    fn next(&mut self) -> Option<NaiveDateTime> {
        let at = self.inner.from(self.next).filter(|at| *at < self.end)?;
        self.next = at.saturating_add(1);
        to_time(at)
    }
}

impl std::iter::FusedIterator for Occurrences {}
