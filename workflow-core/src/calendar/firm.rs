//! A firm's calendar: its time zone, the days on which it is open, and dates counted in either.
//!
//! [`FirmCalendar`] is compiled once from [`FirmSettings`]. Every question it answers costs a
//! binary search at most, however far the dates lie apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::{BuiltIn, BusinessCalendar, BusinessHours, BusinessTime, EndOfMonth, Zone, settings};
use crate::definition::DateUnit;
use crate::error::{Problem, Rejection};
use crate::id::CalendarKey;
use crate::model::FirmSettings;

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
    zone: Zone,
    /// The default calendar with its hours.
    time: BusinessTime,
    named: Arc<BTreeMap<CalendarKey, BusinessTime>>,
    hours: Arc<BusinessHours>,
}

impl FirmCalendar {
    /// Compiles a firm's settings. Time zone data are the IANA data this library was built with,
    /// whatever the machine has, so that every host of a firm sees the same dates.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] when the time zone is unknown (a near name is suggested) or a
    /// calendar has no working day. [`Self::problems`] tells all that is wrong.
    pub fn new(settings: &FirmSettings) -> Result<Self, Rejection> {
        let zone =
            Zone::named(&settings.time_zone).map_err(|unknown| Rejection::invalid("time_zone", unknown.to_string()))?;
        let never = |field: String| Rejection::invalid(field, "it is empty: name at least one weekday, such as `Mon`");
        let own = settings::own_sets(settings);
        let hours = Arc::new(settings.business_hours.clone().unwrap_or_default());
        let business = settings::default_calendar(settings, &own).ok_or_else(|| never("working_days".to_owned()))?;
        let mut named = BTreeMap::new();
        for (key, definition) in &settings.calendars {
            let calendar =
                settings::calendar(definition, &own).ok_or_else(|| never(format!("calendars.{key}.working_days")))?;
            let hours = definition.business_hours.clone().map_or_else(|| Arc::clone(&hours), Arc::new);
            named.insert(key.clone(), BusinessTime::new(zone.clone(), calendar, hours));
        }
        let time = BusinessTime::new(zone.clone(), business, Arc::clone(&hours));
        Ok(Self { zone, time, named: Arc::new(named), hours })
    }

    /// Everything that is wrong with a firm's time zone, calendars, holidays and business hours,
    /// each with its path in the settings.
    #[must_use]
    pub fn problems(settings: &FirmSettings) -> Vec<Problem> {
        settings::problems(settings)
    }

    /// One of the firm's business calendars by its name, or one that is built in ([`BuiltIn`]); the
    /// default one without a name. Of two with the same name it is the firm's.
    #[must_use]
    pub fn business(&self, name: Option<&CalendarKey>) -> Option<&BusinessCalendar> {
        let Some(name) = name else { return Some(self.time.calendar()) };
        let own = self.named.get(name).map(BusinessTime::calendar);
        own.or_else(|| BuiltIn::named(name.as_str()).map(|built_in| &built_in.calendar))
    }

    /// Business time in one of these calendars; one that is built in has the firm's hours.
    #[must_use]
    pub fn business_time(&self, name: Option<&CalendarKey>) -> Option<BusinessTime> {
        let Some(name) = name else { return Some(self.time.clone()) };
        self.named.get(name).cloned().or_else(|| {
            let calendar = BuiltIn::named(name.as_str())?.calendar.clone();
            Some(BusinessTime::new(self.zone.clone(), calendar, Arc::clone(&self.hours)))
        })
    }

    /// The earliest instant at which so much business time has passed in the default calendar: see
    /// [`BusinessTime::add`].
    #[must_use]
    pub fn add_business_time(&self, instant: DateTime<Utc>, duration: TimeDelta) -> Option<DateTime<Utc>> {
        self.time.add(instant, duration)
    }

    /// The business time between two instants in the default calendar: see [`BusinessTime::between`].
    #[must_use]
    pub fn business_time_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        self.time.between(from, to)
    }

    /// The firm's time zone.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The IANA name of the firm's time zone.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        self.zone.name()
    }

    /// The day it is at this instant in the firm's time zone: see [`Zone::civil_date`].
    #[must_use]
    pub fn civil_date(&self, instant: DateTime<Utc>) -> NaiveDate {
        self.zone.civil_date(instant)
    }

    /// The first instant of a day in the firm's time zone: see [`Zone::day_start`].
    #[must_use]
    pub fn day_start(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        self.zone.day_start(date)
    }

    /// What the clocks show at an instant in the firm's time zone: see [`Zone::local`].
    #[must_use]
    pub fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        self.zone.local(instant)
    }

    /// The instant at which the clocks of the firm's time zone show a time, by one rule for times
    /// that are skipped and one for those that are repeated: see [`Zone::instant_of`].
    #[must_use]
    pub fn instant_of(&self, date: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
        self.zone.instant_of(date, time)
    }

    /// Whether the firm is open on a day: a working weekday that is no holiday.
    #[must_use]
    pub fn is_open(&self, date: NaiveDate) -> bool {
        self.time.calendar().is_open(date)
    }

    /// The day `n` business days from another, in the default calendar: see [`BusinessCalendar::add`].
    #[must_use]
    pub fn add_business_days(&self, date: NaiveDate, n: i32) -> Option<NaiveDate> {
        self.time.calendar().add(date, n)
    }

    /// How many days the firm is open from one day up to, but not including, another: see
    /// [`BusinessCalendar::count`].
    #[must_use]
    pub fn count_business_days(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        self.time.calendar().count(from, to)
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
            DateUnit::Months => self.time.calendar().add_months(date, offset, EndOfMonth::Clamp),
        }
    }
}

#[cfg(test)]
mod tests;
