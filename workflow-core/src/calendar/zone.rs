//! Temporary.
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use super::FirmCalendar;

impl FirmCalendar {
    /// Local time.
    #[must_use]
    pub fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        let date = self.civil_date(instant);
        let start = self.day_start(date).unwrap_or(instant);
        date.and_time(NaiveTime::MIN) + (instant - start)
    }
    /// Instant.
    #[must_use]
    pub fn instant_of(&self, date: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
        let start = self.day_start(date)?;
        start.checked_add_signed(TimeDelta::seconds(i64::from(time.num_seconds_from_midnight())))
    }
    /// Business time.
    #[must_use]
    pub fn add_business_time(&self, from: DateTime<Utc>, time: TimeDelta) -> Option<DateTime<Utc>> {
        from.checked_add_signed(time)
    }
}
