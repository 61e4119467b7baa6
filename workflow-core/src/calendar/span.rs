//! Durations counted from instants and days.

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};

use super::FirmCalendar;
use crate::dates::{Span, SpanUnit};

impl FirmCalendar {
    /// The instant that lies a duration after another.
    ///
    /// Minutes and hours pass by the clock, business hours while the firm is open. Whole days,
    /// weeks and months end at the time of day at which they began, in the firm's time zone;
    /// business days on a day on which the firm is open. `None` when it is out of range.
    ///
    /// ```
    /// use workflow_core::calendar::FirmCalendar;
    /// use workflow_core::dates::Span;
    /// use workflow_core::model::FirmSettings;
    ///
    /// let mut settings = FirmSettings::named("Ledger & Sons");
    /// settings.time_zone = "America/New_York".to_owned();
    /// let calendar = FirmCalendar::new(&settings)?;
    /// // Friday at five in the afternoon; the clocks go forward on Sunday.
    /// let friday = "2026-03-06T22:00:00Z".parse().expect("an instant");
    /// let monday = "2026-03-09T21:00:00Z".parse().expect("an instant");
    /// assert_eq!(calendar.later(friday, Span::business_days(1)), Some(monday));
    /// # Ok::<(), workflow_core::error::Rejection>(())
    /// ```
    #[must_use]
    pub fn later(&self, from: DateTime<Utc>, span: Span) -> Option<DateTime<Utc>> {
        match span.unit {
            SpanUnit::Minutes => from.checked_add_signed(TimeDelta::try_minutes(i64::from(span.count))?),
            SpanUnit::Hours => from.checked_add_signed(TimeDelta::try_hours(i64::from(span.count))?),
            SpanUnit::BusinessHours => self.add_business_time(from, TimeDelta::try_hours(i64::from(span.count))?),
            _ => {
                let local = self.local(from);
                self.instant_of(self.shift(local.date(), span, false)?, local.time())
            }
        }
    }

    /// The instant that lies a duration before a day begins.
    ///
    /// Whole days, weeks and months before it are at the beginning of a day; business days before
    /// a day on which the firm is closed are counted from the open day before it.
    #[must_use]
    pub fn before_day(&self, day: NaiveDate, span: Span) -> Option<DateTime<Utc>> {
        let start = self.day_start(day)?;
        match span.unit {
            SpanUnit::Minutes => start.checked_sub_signed(TimeDelta::try_minutes(i64::from(span.count))?),
            SpanUnit::Hours => start.checked_sub_signed(TimeDelta::try_hours(i64::from(span.count))?),
            SpanUnit::BusinessHours => {
                self.add_business_time(start, TimeDelta::try_hours(i64::from(span.count))?.checked_mul(-1)?)
            }
            _ => self.day_start(self.shift(day, span, true)?),
        }
    }

    /// The instant that lies a duration after a day begins.
    #[must_use]
    pub fn after_day(&self, day: NaiveDate, span: Span) -> Option<DateTime<Utc>> {
        match span.unit {
            SpanUnit::Minutes | SpanUnit::Hours | SpanUnit::BusinessHours => self.later(self.day_start(day)?, span),
            _ => self.day_start(self.shift(day, span, false)?),
        }
    }

    /// A day moved by whole days, weeks, months or years. `None` for parts of a day, and out of
    /// range.
    #[must_use]
    pub fn shift(&self, day: NaiveDate, span: Span, back: bool) -> Option<NaiveDate> {
        let count = i32::try_from(span.count).ok()?;
        let count = if back { count.checked_neg()? } else { count };
        let days = |days: i64| day.checked_add_signed(TimeDelta::try_days(days)?);
        let months = |months: i32| match months {
            ..0 => day.checked_sub_months(Months::new(months.unsigned_abs())),
            _ => day.checked_add_months(Months::new(months.unsigned_abs())),
        };
        match span.unit {
            SpanUnit::Minutes | SpanUnit::Hours | SpanUnit::BusinessHours => None,
            SpanUnit::Days => days(i64::from(count)),
            SpanUnit::BusinessDays => self.add_business_days(day, count),
            SpanUnit::Weeks => days(i64::from(count).checked_mul(7)?),
            SpanUnit::Months => months(count),
            SpanUnit::Years => months(count.checked_mul(12)?),
        }
    }
}
