//! Occurrences as instants of a time zone.

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use super::recurrence::Recurrence;

/// No zone has ever moved its clocks by more than this.
const LARGEST_SHIFT: TimeDelta = TimeDelta::hours(26);

/// The instant at which the clocks of a zone show a local time.
///
/// As RFC 5545 has it: a time that a change of the clocks leaves out counts with the offset before
/// the change, so that 02:30 becomes 03:30; one that comes twice is the first. `None` outside the
/// years -9999 to 9999.
#[must_use]
pub fn instant_in(zone: &TimeZone, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    let date = civil::Date::new(
        i16::try_from(local.year()).ok()?,
        i8::try_from(local.month()).ok()?,
        i8::try_from(local.day()).ok()?,
    )
    .ok()?;
    let time = civil::Time::new(
        i8::try_from(local.hour()).ok()?,
        i8::try_from(local.minute()).ok()?,
        i8::try_from(local.second()).ok()?,
        0,
    )
    .ok()?;
    let instant = zone.to_timestamp(date.to_datetime(time)).ok()?;
    DateTime::from_timestamp(instant.as_second(), 0)
}

/// A recurrence in a time zone. Its instants ascend strictly: when a change of the clocks makes one
/// of two occurrences, it is there once.
///
/// ```
/// use chrono::{DateTime, NaiveDateTime, Utc};
/// use workflow_core::recurrence::{Recurrence, Zoned};
///
/// let start: NaiveDateTime = "2026-03-07T02:30:00".parse()?;
/// let daily = Recurrence::new(start, &"FREQ=DAILY".parse()?)?;
/// let zoned = Zoned::new(&daily, jiff::tz::TimeZone::get("America/New_York")?);
/// let saturday: DateTime<Utc> = "2026-03-07T07:30:00Z".parse()?;
/// // The clocks leave 02:30 out on Sunday: 03:30, four hours behind UTC.
/// assert_eq!(zoned.next_after(saturday), Some("2026-03-08T07:30:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Zoned {
    recurrence: Recurrence,
    zone: TimeZone,
}

impl Zoned {
    /// Sets a recurrence into a zone.
    #[must_use]
    pub fn new(recurrence: &Recurrence, zone: TimeZone) -> Self {
        Self { recurrence: recurrence.clone(), zone }
    }

    /// The first instant after this one.
    #[must_use]
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = self.local(instant)?;
        // Times that are left out come later than some that follow them: all that lie as near as a
        // change can reach are looked at.
        let mut first: Option<DateTime<Utc>> = None;
        let begin = local.checked_sub_signed(LARGEST_SHIFT).unwrap_or(NaiveDateTime::MIN);
        let mut next = self.recurrence.next_from(begin);
        while let Some(time) = next {
            if let Some(found) = first.filter(|found| self.is_past(*found, time)) {
                return Some(found);
            }
            if let Some(at) = instant_in(&self.zone, time).filter(|at| *at > instant) {
                first = Some(first.map_or(at, |found| found.min(at)));
            }
            next = self.recurrence.next_after(time);
        }
        first
    }

    /// Every instant, ascending.
    pub fn instants(&self) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let zoned = self.clone();
        std::iter::successors(zoned.next_after(DateTime::<Utc>::MIN_UTC), move |at| zoned.next_after(*at))
    }

    /// Whether local times from this one on come after an instant, whatever the clocks do.
    fn is_past(&self, instant: DateTime<Utc>, time: NaiveDateTime) -> bool {
        self.local(instant).is_some_and(|local| time.signed_duration_since(local) > LARGEST_SHIFT)
    }

    /// What the clocks show; far outside the years, the zone's offset there.
    fn local(&self, instant: DateTime<Utc>) -> Option<NaiveDateTime> {
        let seconds = instant.timestamp().clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let timestamp = Timestamp::from_second(seconds).ok()?;
        let offset = i64::from(self.zone.to_offset(timestamp).seconds());
        DateTime::from_timestamp(seconds.saturating_add(offset), 0).map(|local| local.naive_utc())
    }
}
