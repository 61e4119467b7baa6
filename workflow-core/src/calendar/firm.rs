//! A firm's calendar: its time zone, the days on which it is open, and dates counted in either.
//!
//! [`FirmCalendar`] is compiled once from [`FirmSettings`]. Every question it answers costs a
//! binary search at most, however far the dates lie apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::{BuiltIn, BusinessCalendar, EndOfMonth};
use crate::definition::DateUnit;
use crate::document::quote;
use crate::error::Rejection;
use crate::id::CalendarKey;
use crate::model::FirmSettings;

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
    /// The default calendar.
    business: BusinessCalendar,
    named: Arc<BTreeMap<CalendarKey, BusinessCalendar>>,
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
        let business =
            BusinessCalendar::new(&settings.working_days, settings.holidays.iter().copied()).ok_or_else(|| {
                Rejection::invalid("working_days", "it is empty: name at least one weekday, such as `Mon`")
            })?;
        Ok(Self { zone, business, named: Arc::default() })
    }

    /// One of the firm's business calendars by its name, or one that is built in ([`BuiltIn`]); the
    /// default one without a name.
    #[must_use]
    pub fn business(&self, name: Option<&CalendarKey>) -> Option<&BusinessCalendar> {
        match name {
            None => Some(&self.business),
            Some(name) => {
                self.named.get(name).or_else(|| BuiltIn::named(name.as_str()).map(|built_in| &built_in.calendar))
            }
        }
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
        self.business.is_open(date)
    }

    /// The day `n` business days from another, in the default calendar: see [`BusinessCalendar::add`].
    #[must_use]
    pub fn add_business_days(&self, date: NaiveDate, n: i32) -> Option<NaiveDate> {
        self.business.add(date, n)
    }

    /// How many days the firm is open from one day up to, but not including, another: see
    /// [`BusinessCalendar::count`].
    #[must_use]
    pub fn count_business_days(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        self.business.count(from, to)
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
            DateUnit::Months => self.business.add_months(date, offset, EndOfMonth::Clamp),
        }
    }
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
