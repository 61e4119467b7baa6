//! A firm's calendar: its time zone, the days on which it is open, and dates counted in either.
//!
//! [`FirmCalendar`] is compiled once from [`FirmSettings`]. Every question it answers costs a
//! binary search at most, however far the dates lie apart.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc, Weekday};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::definition::{DateAnchor, DateRule, DateUnit};
use crate::document::quote;
use crate::error::Rejection;
use crate::model::FirmSettings;

/// The day that chrono counts as 0, the last of year 0, was a Sunday: day numbers modulo 7 are weekdays from Sunday.
const WEEK: i64 = 7;
const SECONDS_OF_A_DAY: i64 = 86_400;

/// What a firm's settings say about days, ready to be asked. Cheap to clone.
///
/// ```
/// use chrono::NaiveDate;
/// use workflow_core::calendar::FirmCalendar;
/// use workflow_core::model::FirmSettings;
///
/// let mut settings = FirmSettings::named("Ledger & Sons");
/// settings.time_zone = "America/New_York".to_owned();
/// let calendar = FirmCalendar::new(&settings)?;
/// // Two in the morning in London is still the day before in New York.
/// let instant = "2026-04-16T01:00:00Z".parse().expect("an instant");
/// let tax_day = NaiveDate::from_ymd_opt(2026, 4, 15).expect("a date");
/// assert_eq!(calendar.civil_date(instant), tax_day);
/// // Wednesday and three business days: over the weekend, to Monday.
/// assert_eq!(calendar.add_business_days(tax_day, 3), NaiveDate::from_ymd_opt(2026, 4, 20));
/// # Ok::<(), workflow_core::error::Rejection>(())
/// ```
#[derive(Debug, Clone)]
pub struct FirmCalendar {
    zone: TimeZone,
    week: Week,
    closed: Arc<ClosedDays>,
}

/// The working weekdays, arranged so that counting them is arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Week {
    /// By weekday from Sunday: whether the firm works then.
    works: [bool; 7],
    /// By weekday from Sunday: working days of the week before it.
    before: [u8; 7],
    /// Working days of a week, 1 to 7.
    days: u8,
}

/// Holidays that fall on working weekdays.
#[derive(Debug, Default)]
struct ClosedDays {
    /// Day numbers, ascending.
    days: Vec<i64>,
    /// Beside each: the rank, among open days, of the first open day after it. Never descends.
    open_ranks: Vec<i64>,
}

impl FirmCalendar {
    /// Compiles a firm's settings. Time zone data are the IANA data this library was built with,
    /// whatever the machine has, so that every host of a firm sees the same dates.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] when the time zone is unknown (a near name is suggested) or no
    /// weekday is a working day.
    pub fn new(settings: &FirmSettings) -> Result<Self, Rejection> {
        let zone = time_zone(&settings.time_zone)?;
        let week = Week::new(&settings.working_days).ok_or_else(|| {
            Rejection::invalid("working_days", "it is empty: name at least one weekday, such as `Mon`")
        })?;
        let mut closed = ClosedDays::default();
        for day in settings.holidays.iter().map(day_number).filter(|day| week.works_on(*day)) {
            closed.open_ranks.push(week.rank(day).saturating_sub(length(&closed.days)));
            closed.days.push(day);
        }
        Ok(Self { zone, week, closed: Arc::new(closed) })
    }

    /// The IANA name of the firm's time zone.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The day it is at this instant in the firm's time zone.
    ///
    /// Instants outside the years -9999 to 9999 take the zone's offset at that bound.
    #[must_use]
    pub fn civil_date(&self, instant: DateTime<Utc>) -> NaiveDate {
        let seconds = instant.timestamp();
        let bounded = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let offset =
            Timestamp::from_second(bounded).map_or(0, |timestamp| i64::from(self.zone.to_offset(timestamp).seconds()));
        let days = seconds.saturating_add(offset).div_euclid(SECONDS_OF_A_DAY);
        let date = i32::try_from(days).ok().and_then(NaiveDate::from_epoch_days);
        date.unwrap_or(if days < 0 { NaiveDate::MIN } else { NaiveDate::MAX })
    }

    /// The first instant of a day in the firm's time zone: midnight, or what the clocks show after
    /// a change that skips it. `None` outside the years -9999 to 9999.
    ///
    /// A day that the zone left out altogether begins when the next one does.
    #[must_use]
    pub fn day_start(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        let (year, month, day) =
            (i16::try_from(date.year()).ok()?, i8::try_from(date.month()).ok()?, i8::try_from(date.day()).ok()?);
        let midnight = jiff::civil::Date::new(year, month, day).ok()?.at(0, 0, 0, 0);
        let instant = self.zone.to_timestamp(midnight).ok()?;
        DateTime::from_timestamp(instant.as_second(), 0)
    }

    /// Whether the firm is open on a day: a working weekday that is no holiday.
    #[must_use]
    pub fn is_open(&self, date: NaiveDate) -> bool {
        let day = day_number(&date);
        self.week.works_on(day) && self.closed.days.binary_search(&day).is_err()
    }

    /// The day `n` business days from another.
    ///
    /// Exactly numpy's `busday_offset`: with `roll='forward'` for `n` ≥ 0, so that a closed day
    /// counts as the next open one, and with `roll='backward'` for `n` < 0, so that it counts as
    /// the open one before. Zero business days is the day itself, or the next open one. `None` when
    /// the result lies outside chrono's calendar (about 262,000 years either way).
    #[must_use]
    pub fn add_business_days(&self, date: NaiveDate, n: i32) -> Option<NaiveDate> {
        let day = day_number(&date);
        let start = if n < 0 { self.open_rank(day.saturating_add(1)).saturating_sub(1) } else { self.open_rank(day) };
        to_date(self.open_day(start.saturating_add(i64::from(n))))
    }

    /// How many days the firm is open from one day up to, but not including, another.
    ///
    /// Exactly numpy's `busday_count`: when `to` is before `from`, the answer is minus the number
    /// of open days after `to` up to and including `from` (as numpy counts since 1.25).
    #[must_use]
    pub fn count_business_days(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        let (from, to) = (day_number(&from), day_number(&to));
        // Counting backwards leaves out the later end and takes in the earlier one.
        let shift = i64::from(to < from);
        self.open_rank(to.saturating_add(shift)).saturating_sub(self.open_rank(from.saturating_add(shift)))
    }

    /// The day that lies this far from another. Months are clamped to the month's end: one month
    /// after January 31 is February 28 or 29.
    ///
    /// `None` when the result lies outside chrono's calendar.
    #[must_use]
    pub fn add(&self, date: NaiveDate, offset: i32, unit: DateUnit) -> Option<NaiveDate> {
        match unit {
            DateUnit::Days => date.checked_add_signed(TimeDelta::try_days(i64::from(offset))?),
            DateUnit::BusinessDays => self.add_business_days(date, offset),
            DateUnit::Weeks => date.checked_add_signed(TimeDelta::try_weeks(i64::from(offset))?),
            DateUnit::Months if offset < 0 => date.checked_sub_months(Months::new(offset.unsigned_abs())),
            DateUnit::Months => date.checked_add_months(Months::new(offset.unsigned_abs())),
        }
    }

    /// The day that a rule names. `None` when the date it counts from is missing, or the result
    /// lies outside the calendar.
    #[must_use]
    pub fn resolve(&self, rule: &DateRule, anchors: &impl Fn(DateAnchor) -> Option<NaiveDate>) -> Option<NaiveDate> {
        match rule {
            DateRule::On(date) => Some(*date),
            DateRule::Relative(relative) => self.add(anchors(relative.from)?, relative.offset, relative.unit),
        }
    }

    /// Open days before this one, from an origin that never shows: only differences are used.
    fn open_rank(&self, day: i64) -> i64 {
        let closed_before = self.closed.days.partition_point(|closed| *closed < day);
        self.week.rank(day).saturating_sub(i64::try_from(closed_before).unwrap_or(i64::MAX))
    }

    /// The open day of a rank: the inverse of [`Self::open_rank`].
    fn open_day(&self, rank: i64) -> i64 {
        // A holiday lies before that day just when no more open days than `rank` precede it.
        let closed_before = self.closed.open_ranks.partition_point(|open| *open <= rank);
        self.week.day(rank.saturating_add(i64::try_from(closed_before).unwrap_or(i64::MAX)))
    }
}

impl Week {
    fn new(working: &[Weekday]) -> Option<Self> {
        let mut works = [false; 7];
        let mut before = [0u8; 7];
        let mut days = 0u8;
        for (place, weekday) in
            [Weekday::Sun, Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat]
                .into_iter()
                .enumerate()
        {
            *before.get_mut(place)? = days;
            if working.contains(&weekday) {
                *works.get_mut(place)? = true;
                days = days.saturating_add(1);
            }
        }
        (days > 0).then_some(Self { works, before, days })
    }

    fn place(day: i64) -> usize {
        usize::try_from(day.rem_euclid(WEEK)).unwrap_or(0)
    }

    fn works_on(&self, day: i64) -> bool {
        self.works.get(Self::place(day)).copied().unwrap_or(false)
    }

    /// Working weekdays before a day, counted from day 0.
    fn rank(&self, day: i64) -> i64 {
        let this_week = self.before.get(Self::place(day)).copied().unwrap_or(0);
        day.div_euclid(WEEK).saturating_mul(i64::from(self.days)).saturating_add(i64::from(this_week))
    }

    /// The working weekday of a rank.
    fn day(&self, rank: i64) -> i64 {
        let days = i64::from(self.days.max(1));
        let within = rank.rem_euclid(days);
        let days_of_week = self.works.iter().zip(self.before).zip(0i64..);
        let place = days_of_week
            .filter_map(|((works, before), place)| (*works && i64::from(before) == within).then_some(place))
            .next()
            .unwrap_or(0);
        rank.div_euclid(days).saturating_mul(WEEK).saturating_add(place)
    }
}

fn day_number(date: &NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce())
}

fn to_date(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).ok()?)
}

fn length(days: &[i64]) -> i64 {
    i64::try_from(days.len()).unwrap_or(i64::MAX)
}

fn time_zone(name: &str) -> Result<TimeZone, Rejection> {
    let database = TimeZoneDatabase::bundled();
    match database.get(name) {
        Ok(zone) if !zone.is_unknown() => Ok(zone),
        _ => {
            let shown: String = name.chars().take(60).collect();
            let hint = near_zone(&database, &shown).map_or_else(
                || "write an IANA name such as `America/New_York`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Err(Rejection::invalid("time_zone", format!("there is no time zone {}; {hint}", quote(&shown))))
        }
    }
}

/// The zone whose name, or the last part of it, looks most like this one.
fn near_zone(database: &TimeZoneDatabase, name: &str) -> Option<String> {
    let wanted = name.trim().replace(' ', "_").to_lowercase();
    let wanted_city = wanted.rsplit('/').next().unwrap_or(&wanted);
    let mut best: Option<(f64, String)> = None;
    for zone in database.available() {
        let candidate = zone.as_str();
        if candidate == "Etc/Unknown" {
            continue;
        }
        let lower = candidate.to_lowercase();
        let city = lower.rsplit('/').next().unwrap_or(&lower);
        let whole = strsim::normalized_damerau_levenshtein(&wanted, &lower);
        // The city alone counts a little less, so that the right continent wins a tie.
        let score = whole.max(0.95 * strsim::normalized_damerau_levenshtein(wanted_city, city));
        if best.as_ref().is_none_or(|(most, _)| score > *most) {
            best = Some((score, candidate.to_owned()));
        }
    }
    best.filter(|(score, _)| *score >= 0.6).map(|(_, zone)| zone)
}

#[cfg(test)]
mod tests;
