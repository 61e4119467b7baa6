//! Occurrences as instants of a time zone.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::compiled::Recurrence;
use crate::calendar::Zone;

/// No zone has ever moved its clocks by more than this.
const LARGEST_SHIFT: TimeDelta = TimeDelta::hours(26);

/// A recurrence in a time zone.
///
/// Times that a change of the clocks skips or repeats follow the rules of [`Zone`]. Instants ascend
/// strictly: when a change makes one of two occurrences, it is there once.
///
/// ```
/// use chrono::{DateTime, NaiveDateTime, Utc};
/// use workflow_core::calendar::Zone;
/// use workflow_core::recurrence::{Recurrence, Zoned};
///
/// let start: NaiveDateTime = "2026-03-07T02:30:00".parse()?;
/// let daily = Recurrence::new(start, &"FREQ=DAILY".parse()?)?;
/// let zoned = Zoned::new(&daily, Zone::named("America/New_York")?);
/// let saturday: DateTime<Utc> = "2026-03-07T07:30:00Z".parse()?;
/// // The clocks leave 02:30 out on Sunday: 03:30, four hours behind UTC.
/// assert_eq!(zoned.next_after(saturday), Some("2026-03-08T07:30:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Zoned {
    recurrence: Recurrence,
    zone: Zone,
}

impl Zoned {
    /// Sets a recurrence into a zone.
    #[must_use]
    pub fn new(recurrence: &Recurrence, zone: Zone) -> Self {
        Self { recurrence: recurrence.clone(), zone }
    }

    /// The first instant after this one.
    #[must_use]
    pub fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = self.zone.local(instant);
        // Times that are left out come later than some that follow them: all that lie as near as a
        // change can reach are looked at.
        let mut first: Option<DateTime<Utc>> = None;
        let begin = local.checked_sub_signed(LARGEST_SHIFT).unwrap_or(NaiveDateTime::MIN);
        let mut next = self.recurrence.next_from(begin);
        while let Some(time) = next {
            if let Some(found) = first.filter(|found| self.is_past(*found, time)) {
                return Some(found);
            }
            if let Some(at) = self.zone.instant_of(time.date(), time.time()).filter(|at| *at > instant) {
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
        time.signed_duration_since(self.zone.local(instant)) > LARGEST_SHIFT
    }
}
