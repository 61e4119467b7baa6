//! Time zones: what the clocks of a place show at an instant, and the instant at which they show it.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use crate::document::quote;

const SECONDS_OF_A_DAY: i64 = 86_400;

/// A time zone of the IANA data that this library was built with, whatever the machine has, so that
/// every host of a firm sees the same dates. Cheap to clone.
///
/// When clocks go forward, the local times that they skip do not exist: such a time **moves forward
/// by the length of the gap**, so 02:30 is 03:30. When clocks go back, local times are there twice:
/// such a time is **the first of the two**.
///
/// ```
/// use workflow_core::calendar::Zone;
///
/// let zone = Zone::named("America/New_York")?;
/// let at = |date: &str, time: &str| zone.instant_of(date.parse().expect("a date"), time.parse().expect("a time"));
/// assert_eq!(at("2026-03-08", "02:30:00"), "2026-03-08T07:30:00Z".parse().ok()); // 03:30 in summer time
/// assert_eq!(at("2026-11-01", "01:30:00"), "2026-11-01T05:30:00Z".parse().ok()); // still summer time
/// # Ok::<(), workflow_core::calendar::UnknownZone>(())
/// ```
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

/// A name that is no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {}; {hint}", quote(.name))]
pub struct UnknownZone {
    name: String,
    hint: String,
}

/// A change of a zone's clocks, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// When.
    pub(super) at: i64,
    /// What the clocks show before or after it, whichever is earlier, as if it were UTC.
    pub(super) low: i64,
    /// What the clocks show before or after it, whichever is later.
    pub(super) high: i64,
}

impl Zone {
    /// A zone by its IANA name, such as `America/New_York`.
    ///
    /// # Errors
    /// [`UnknownZone`], with the nearest name when there is one.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let database = TimeZoneDatabase::bundled();
        match database.get(name) {
            Ok(zone) if !zone.is_unknown() => Ok(Self(zone)),
            _ => {
                let name: String = name.chars().take(60).collect();
                let hint = near_zone(&database, &name).map_or_else(
                    || "write an IANA name such as `America/New_York`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                Err(UnknownZone { name, hint })
            }
        }
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What the clocks show at an instant.
    ///
    /// Instants outside the years -9999 to 9999 take the zone's offset at that bound; past the ends
    /// of chrono's calendar the answer is its end.
    #[must_use]
    pub fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        let offset = TimeDelta::seconds(self.offset(instant.timestamp()));
        let end = if offset < TimeDelta::zero() { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
        instant.naive_utc().checked_add_signed(offset).unwrap_or(end)
    }

    /// The day it is at an instant; ends as [`Self::local`] does.
    #[must_use]
    pub fn civil_date(&self, instant: DateTime<Utc>) -> NaiveDate {
        self.local(instant).date()
    }

    /// The instant at which the clocks show a time, by the rules above for times that are skipped
    /// or repeated. `None` outside the years -9999 to 9999.
    ///
    /// A day that the zone left out altogether, such as 30 December 2011 in Samoa, moves forward
    /// like any other gap: to the day after.
    #[must_use]
    pub fn instant_of(&self, date: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
        let instant = self.0.to_timestamp(civil(date, time.num_seconds_from_midnight())?).ok()?;
        DateTime::from_timestamp(instant.as_second(), time.nanosecond().min(999_999_999))
    }

    /// The first instant of a day: midnight, or what the clocks show after a change that skips it.
    /// `None` outside the years -9999 to 9999.
    ///
    /// A day that the zone left out altogether begins when the next one does.
    #[must_use]
    pub fn day_start(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.reaching(date, 0)?, 0)
    }

    /// The first second at which the clocks show a time or a later one: of times that are skipped,
    /// the change itself. `seconds` are those of the day, up to a day.
    pub(super) fn reaching(&self, date: NaiveDate, seconds: i64) -> Option<i64> {
        let (date, seconds) =
            if seconds >= SECONDS_OF_A_DAY { (date.succ_opt()?, seconds - SECONDS_OF_A_DAY) } else { (date, seconds) };
        let shown = self.0.to_ambiguous_timestamp(civil(date, u32::try_from(seconds).ok()?)?);
        let skipped = matches!(shown.offset(), AmbiguousOffset::Gap { .. });
        let instant = shown.compatible().ok()?;
        if !skipped {
            return Some(instant.as_second());
        }
        let after = Timestamp::from_second(instant.as_second().saturating_add(1)).ok()?;
        self.0.preceding(after).next().map(|change| change.timestamp().as_second())
    }

    /// Changes after a second, in order.
    pub(super) fn changes_after(&self, seconds: i64) -> impl Iterator<Item = Change> + '_ {
        self.0
            .following(bounded(seconds))
            .map(|change| self.change(change.timestamp().as_second(), i64::from(change.offset().seconds())))
    }

    /// Changes before a second, the latest first.
    pub(super) fn changes_before(&self, seconds: i64) -> impl Iterator<Item = Change> + '_ {
        self.0
            .preceding(bounded(seconds))
            .map(|change| self.change(change.timestamp().as_second(), i64::from(change.offset().seconds())))
    }

    fn change(&self, at: i64, after: i64) -> Change {
        let before = self.offset(at.saturating_sub(1));
        let (one, other) = (at.saturating_add(before), at.saturating_add(after));
        Change { at, low: one.min(other), high: one.max(other) }
    }

    fn offset(&self, seconds: i64) -> i64 {
        i64::from(self.0.to_offset(bounded(seconds)).seconds())
    }
}

fn bounded(seconds: i64) -> Timestamp {
    let bounded = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(bounded).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn civil(date: NaiveDate, seconds: u32) -> Option<jiff::civil::DateTime> {
    let (year, month, day) =
        (i16::try_from(date.year()).ok()?, i8::try_from(date.month()).ok()?, i8::try_from(date.day()).ok()?);
    let part = |unit: u32, of: u32| i8::try_from(seconds / unit % of).ok();
    Some(jiff::civil::Date::new(year, month, day).ok()?.at(part(3600, 24)?, part(60, 60)?, part(1, 60)?, 0))
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
