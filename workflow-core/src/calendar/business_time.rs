//! Durations in business time: real time that passes within business hours.

use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};

use super::hours::HoursSpan;
use super::zone::Change;
use super::{BusinessCalendar, BusinessHours, Zone};

const WEEK: i64 = 7;
const SECONDS_OF_A_DAY: i64 = 86_400;
/// No zone's clocks are further from UTC.
const TWO_DAYS: i64 = 2 * SECONDS_OF_A_DAY;
const SUNDAY_FIRST: [Weekday; 7] =
    [Weekday::Sun, Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat];

/// Business hours in a zone on the open days of a calendar: adds and measures time in them. Cheap
/// to clone.
///
/// What is counted is real time. Where clocks change within business hours, a span is as long as it
/// lasts: 00:00 to 06:00 has five hours on the day that skips one and seven on the day that repeats
/// one. Hours that are skipped are not there; of a time that is repeated, a span begins or ends at
/// the first.
///
/// An answer costs two binary searches, and a little for each clock change on the way that falls
/// on an open day. Instants are those of the years -9999 to 9999; outside of them no time passes.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use workflow_core::calendar::FirmCalendar;
/// use workflow_core::model::FirmSettings;
///
/// let mut settings = FirmSettings::named("Ledger & Sons");
/// settings.time_zone = "America/New_York".to_owned();
/// let time = FirmCalendar::new(&settings)?.business_time(None).expect("the default calendar");
/// // Friday 16:00 and two hours: Monday 10:00, on the other side of a clock change.
/// let friday: DateTime<Utc> = "2026-03-06T21:00:00Z".parse().expect("an instant");
/// let monday = "2026-03-09T14:00:00Z".parse().expect("an instant");
/// assert_eq!(time.add(friday, TimeDelta::hours(2)), Some(monday));
/// assert_eq!(time.between(friday, monday), TimeDelta::hours(2));
/// # Ok::<(), workflow_core::error::Rejection>(())
/// ```
#[derive(Debug, Clone)]
pub struct BusinessTime {
    zone: Zone,
    calendar: BusinessCalendar,
    hours: Arc<BusinessHours>,
    /// By weekday from Sunday: seconds by the clock, none when it is no working day.
    seconds: [i64; 7],
    /// Beside each closed day of the calendar, and after the last: seconds lost before it.
    lost: Arc<[i64]>,
}

impl BusinessTime {
    /// Hours in a zone on a calendar's open days.
    #[must_use]
    pub fn new(zone: Zone, calendar: BusinessCalendar, hours: Arc<BusinessHours>) -> Self {
        let seconds = SUNDAY_FIRST.map(|weekday| {
            let spans = if calendar.works_on(weekday) { hours.on(weekday) } else { &[] };
            spans.iter().map(|span| i64::from(span.minutes()) * 60).sum()
        });
        let mut sum = 0i64;
        let lost = calendar.closed_days().iter().map(|day| of(&seconds, *day)).chain([0]);
        let lost = lost
            .map(|seconds| {
                let before = sum;
                sum = sum.saturating_add(seconds);
                before
            })
            .collect();
        Self { zone, calendar, hours, seconds, lost }
    }

    /// The calendar whose open days count.
    #[must_use]
    pub fn calendar(&self) -> &BusinessCalendar {
        &self.calendar
    }

    /// The earliest instant at which so much business time has passed since another; for negative
    /// durations the latest instant from which so much passes until it. No duration at all is the
    /// instant itself.
    ///
    /// `None` when there are no business hours, or the answer lies outside the years -9999 to 9999.
    #[must_use]
    pub fn add(&self, instant: DateTime<Utc>, duration: TimeDelta) -> Option<DateTime<Utc>> {
        if duration.is_zero() {
            return Some(instant);
        }
        if self.seconds.iter().all(|seconds| *seconds == 0) {
            return None;
        }
        let day = self.day_of(instant);
        let passed = self.passed(day, instant);
        if duration > TimeDelta::zero() {
            self.forward(day, passed.checked_add(&duration)?)
        } else {
            let end = day.saturating_add(2);
            let rest = TimeDelta::try_seconds(self.measure(day, end))?.checked_sub(&passed)?;
            self.backward(end, rest.checked_sub(&duration)?)
        }
    }

    /// The business time that passes from one instant to another; negative when the other is before.
    #[must_use]
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        if to < from {
            return self.between(to, from).checked_mul(-1).unwrap_or(TimeDelta::MIN);
        }
        let (first, last) = (self.day_of(from), self.day_of(to));
        let days = TimeDelta::try_seconds(self.measure(first, last)).unwrap_or(TimeDelta::MAX);
        let ends = self.passed(last, to).checked_sub(&self.passed(first, from)).unwrap_or(TimeDelta::zero());
        days.checked_add(&ends).unwrap_or(TimeDelta::MAX)
    }

    /// Whether an instant is within business hours. A span's end is not.
    #[must_use]
    pub fn is_within(&self, instant: DateTime<Utc>) -> bool {
        let day = self.day_of(instant);
        let within = |day| self.spans(day).any(|(from, to)| from <= instant && instant < to);
        // Where clocks go back over midnight, a day's hours can lie before the end of the day before.
        within(day) || within(day.saturating_add(1))
    }

    fn day_of(&self, instant: DateTime<Utc>) -> i64 {
        i64::from(self.zone.civil_date(instant).num_days_from_ce())
    }

    /// A day's spans as instants; none when it is closed.
    fn spans(&self, day: i64) -> impl DoubleEndedIterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let date = to_date(day).filter(|date| self.calendar.is_open(*date));
        let spans: &[HoursSpan] = date.map_or(&[], |date| self.hours.on(date.weekday()));
        let at = move |seconds| DateTime::from_timestamp(self.zone.reaching(date?, seconds)?, 0);
        spans.iter().filter_map(move |span| {
            let (from, to) = span.seconds();
            Some((at(from)?, at(to)?))
        })
    }

    /// Business time from a day's start, the day of the instant, up to the instant.
    fn passed(&self, day: i64, instant: DateTime<Utc>) -> TimeDelta {
        [day, day.saturating_add(1)]
            .into_iter()
            .flat_map(|day| self.spans(day))
            .map(|(from, to)| instant.min(to).signed_duration_since(from).max(TimeDelta::zero()))
            .fold(TimeDelta::zero(), |sum, one| sum.checked_add(&one).unwrap_or(sum))
    }

    /// Real seconds of a day's hours.
    fn real(&self, day: i64) -> i64 {
        self.spans(day).map(|(from, to)| to.signed_duration_since(from).num_seconds()).sum()
    }

    /// Business seconds of the days from one up to, but not including, another.
    fn measure(&self, from: i64, to: i64) -> i64 {
        let mut sum = self.nominal(to).saturating_sub(self.nominal(from));
        for day in self.odd_days(from).take_while(|day| *day < to).filter(|day| self.is_open(*day)) {
            let by_the_clock = self.nominal(day.saturating_add(1)).saturating_sub(self.nominal(day));
            sum = sum.saturating_add(self.real(day)).saturating_sub(by_the_clock);
        }
        sum
    }

    /// Seconds by the clock of all days before one, from an origin that never shows.
    fn nominal(&self, day: i64) -> i64 {
        let week: i64 = self.seconds.iter().sum();
        let this_week: i64 = self.seconds.iter().zip(0..day.rem_euclid(WEEK)).map(|(seconds, _)| *seconds).sum();
        let closed = self.calendar.closed_days().partition_point(|closed| *closed < day);
        let lost = self.lost.get(closed).copied().unwrap_or(0);
        day.div_euclid(WEEK).saturating_mul(week).saturating_add(this_week).saturating_sub(lost)
    }

    /// Days from one on whose clocks change, in order.
    fn odd_days(&self, from: i64) -> impl Iterator<Item = i64> + '_ {
        let mut least = from;
        let days = self.zone.changes_after(start_of(from).saturating_sub(TWO_DAYS)).flat_map(days_of);
        days.filter(move |day| {
            let fresh = *day >= least;
            least = least.max(day.saturating_add(1));
            fresh
        })
    }

    /// Days before one whose clocks change, the latest first.
    fn odd_days_before(&self, end: i64) -> impl Iterator<Item = i64> + '_ {
        let mut most = end;
        let days =
            self.zone.changes_before(start_of(end).saturating_add(TWO_DAYS)).flat_map(|change| days_of(change).rev());
        days.filter(move |day| {
            let fresh = *day < most;
            most = most.min(*day);
            fresh
        })
    }

    fn is_open(&self, day: i64) -> bool {
        to_date(day).is_some_and(|date| self.calendar.is_open(date))
    }

    /// The earliest instant at which so much has passed since a day's start.
    fn forward(&self, start: i64, rest: TimeDelta) -> Option<DateTime<Utc>> {
        let (mut cursor, mut rest) = (start, rest);
        for odd in self.odd_days(start) {
            let until = TimeDelta::try_seconds(self.nominal(odd).saturating_sub(self.nominal(cursor)))?;
            if rest <= until {
                break;
            }
            if !self.is_open(odd) {
                continue;
            }
            rest = rest.checked_sub(&until)?;
            let real = TimeDelta::try_seconds(self.real(odd))?;
            if rest <= real {
                return self.within(odd, rest);
            }
            rest = rest.checked_sub(&real)?;
            cursor = odd.saturating_add(1);
        }
        // From here on days are as long as the clock says.
        let begun = self.nominal(cursor);
        let enough = |day: i64| seconds_reach(self.nominal(day.saturating_add(1)).saturating_sub(begun), rest);
        let day = first_where(cursor, day_number(NaiveDate::MAX), enough)?;
        let before = TimeDelta::try_seconds(self.nominal(day).saturating_sub(begun))?;
        self.within(day, rest.checked_sub(&before)?)
    }

    /// The latest instant from which so much passes until a day's start.
    fn backward(&self, end: i64, rest: TimeDelta) -> Option<DateTime<Utc>> {
        let (mut cursor, mut rest) = (end, rest);
        for odd in self.odd_days_before(end) {
            let after = odd.saturating_add(1);
            let until = TimeDelta::try_seconds(self.nominal(cursor).saturating_sub(self.nominal(after)))?;
            if rest <= until {
                break;
            }
            if !self.is_open(odd) {
                continue;
            }
            rest = rest.checked_sub(&until)?;
            let real = TimeDelta::try_seconds(self.real(odd))?;
            if rest <= real {
                return self.within_from_end(odd, rest);
            }
            rest = rest.checked_sub(&real)?;
            cursor = odd;
        }
        let done = self.nominal(cursor);
        // Counted downwards, so that the first found is the latest.
        let enough = |down: i64| seconds_reach(done.saturating_sub(self.nominal(down.saturating_neg())), rest);
        let first = cursor.saturating_sub(1).saturating_neg();
        let day = first_where(first, day_number(NaiveDate::MIN).saturating_neg(), enough)?.saturating_neg();
        let after = TimeDelta::try_seconds(done.saturating_sub(self.nominal(day.saturating_add(1))))?;
        self.within_from_end(day, rest.checked_sub(&after)?)
    }

    /// The instant of a day at which so much of its hours has passed.
    fn within(&self, day: i64, mut rest: TimeDelta) -> Option<DateTime<Utc>> {
        for (from, to) in self.spans(day) {
            let length = to.signed_duration_since(from);
            if rest <= length {
                return from.checked_add_signed(rest);
            }
            rest = rest.checked_sub(&length)?;
        }
        None
    }

    /// The instant of a day at which so much of its hours is to come.
    fn within_from_end(&self, day: i64, mut rest: TimeDelta) -> Option<DateTime<Utc>> {
        for (from, to) in self.spans(day).rev() {
            let length = to.signed_duration_since(from);
            if rest <= length {
                return to.checked_sub_signed(rest);
            }
            rest = rest.checked_sub(&length)?;
        }
        None
    }
}

/// The days of which a change makes something other than the clock says.
fn days_of(change: Change) -> impl DoubleEndedIterator<Item = i64> {
    let day = |local: i64| local.div_euclid(SECONDS_OF_A_DAY).saturating_add(EPOCH);
    day(change.low)..=day(change.high)
}

/// The day number of 1970-01-01.
const EPOCH: i64 = 719_163;

/// When a day would begin in UTC.
fn start_of(day: i64) -> i64 {
    day.saturating_sub(EPOCH).saturating_mul(SECONDS_OF_A_DAY)
}

fn of(seconds: &[i64; 7], day: i64) -> i64 {
    usize::try_from(day.rem_euclid(WEEK)).ok().and_then(|place| seconds.get(place)).copied().unwrap_or(0)
}

fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce())
}

fn to_date(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).ok()?)
}

fn seconds_reach(seconds: i64, rest: TimeDelta) -> bool {
    TimeDelta::try_seconds(seconds).is_none_or(|have| rest <= have)
}

/// The first number of a range that passes a test which all later ones pass too.
fn first_where(mut low: i64, high: i64, test: impl Fn(i64) -> bool) -> Option<i64> {
    if low > high || !test(high) {
        return None;
    }
    let mut high = high;
    while low < high {
        let middle = low.saturating_add(high.saturating_sub(low) / 2);
        if test(middle) {
            high = middle;
        } else {
            low = middle.saturating_add(1);
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests;
