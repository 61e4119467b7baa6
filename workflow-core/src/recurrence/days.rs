//! Sets of days, as bits by month.
//!
//! Days are numbers, day 1 being January 1 of year 1, a Monday; moments are seconds since day 0.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

pub(super) const DAY: i64 = 86_400;

/// Where each month begins within its year, plain and leap.
const MONTH_STARTS: [[i32; 12]; 2] =
    [[0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335]];

pub(super) fn is_leap(year: i32) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

pub(super) fn days_of_year(year: i32) -> i32 {
    if is_leap(year) { 366 } else { 365 }
}

/// The number of a year's January 1.
pub(super) fn year_start(year: i32) -> i32 {
    let before = year.saturating_sub(1);
    before
        .saturating_mul(365)
        .saturating_add(before.div_euclid(4))
        .saturating_sub(before.div_euclid(100))
        .saturating_add(before.div_euclid(400))
        .saturating_add(1)
}

/// Where a month (0 to 11) begins within its year.
pub(super) fn month_offset(leap: bool, month: usize) -> i32 {
    MONTH_STARTS.get(usize::from(leap)).and_then(|starts| starts.get(month)).copied().unwrap_or(0)
}

pub(super) fn days_of_month(leap: bool, month: usize) -> i32 {
    match month {
        1 if leap => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// The weekday of a day, 0 for Monday to 6.
pub(super) fn weekday_of(day: i32) -> i32 {
    day.saturating_sub(1).rem_euclid(7)
}

/// Year and month (0 to 11) of a day.
pub(super) fn month_of(day: i32) -> (i32, usize) {
    let date = NaiveDate::from_num_days_from_ce_opt(day).unwrap_or(NaiveDate::MAX);
    (date.year(), usize::try_from(date.month0()).unwrap_or(0))
}

/// A moment, fractions of a second rounded down.
pub(super) fn seconds_down(time: NaiveDateTime) -> i64 {
    i64::from(time.date().num_days_from_ce())
        .saturating_mul(DAY)
        .saturating_add(i64::from(time.num_seconds_from_midnight()))
}

/// A moment, fractions of a second rounded up.
pub(super) fn seconds_up(time: NaiveDateTime) -> i64 {
    seconds_down(time).saturating_add(i64::from(time.nanosecond() > 0))
}

pub(super) fn day_of(moment: i64) -> i32 {
    i32::try_from(moment.div_euclid(DAY)).unwrap_or(if moment < 0 { i32::MIN } else { i32::MAX })
}

pub(super) fn to_time(moment: i64) -> Option<NaiveDateTime> {
    let date = NaiveDate::from_num_days_from_ce_opt(day_of(moment))?;
    let seconds = u32::try_from(moment.rem_euclid(DAY)).ok()?;
    Some(date.and_time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0)?))
}

/// The lowest `count` bits.
pub(super) fn low_bits(count: i32) -> u32 {
    match u32::try_from(count) {
        Err(_) | Ok(0) => 0,
        Ok(count) if count >= 32 => u32::MAX,
        Ok(count) => 1u32.checked_shl(count).unwrap_or(0).wrapping_sub(1),
    }
}

/// One bit, or none outside 0 to 31.
pub(super) fn bit(place: i32) -> u32 {
    u32::try_from(place).ok().and_then(|place| 1u32.checked_shl(place)).unwrap_or(0)
}

/// The days of a month, which begins at `weekday`, whose weekday is among the seven bits.
pub(super) fn weekdays_in(pattern: u32, weekday: i32) -> u32 {
    let by = u32::try_from(weekday.rem_euclid(7)).unwrap_or(0);
    let turned = (pattern >> by) | (pattern << 7u32.saturating_sub(by));
    let week = u64::from(turned & 0x7f);
    let month = week | week << 7 | week << 14 | week << 21 | week << 28;
    u32::try_from(month & u64::from(u32::MAX)).unwrap_or(0)
}

/// The days of a year that fit, by month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct YearBits([u32; 12]);

impl YearBits {
    /// Adds a day of the year, the first being 0; what lies outside the year is left out.
    pub(super) fn add(&mut self, leap: bool, place: i32) {
        if place < 0 || place >= if leap { 366 } else { 365 } {
            return;
        }
        // No month is longer than 31 days: the month is this one or the one before.
        let guess = usize::try_from(place.div_euclid(31).saturating_add(1)).unwrap_or(0).min(11);
        let month = if month_offset(leap, guess) > place { guess.saturating_sub(1) } else { guess };
        if let Some(bits) = self.0.get_mut(month) {
            *bits |= bit(place.saturating_sub(month_offset(leap, month)));
        }
    }

    pub(super) fn month(&self, month: usize) -> u32 {
        self.0.get(month).copied().unwrap_or(0)
    }
}

/// Days in ascending order: up to twelve stretches of bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct DaySet {
    stretches: [(i32, u32); 12],
    length: usize,
}

impl DaySet {
    pub(super) fn new() -> Self {
        Self { stretches: [(0, 0); 12], length: 0 }
    }

    pub(super) fn one(first: i32, bits: u32) -> Self {
        let mut set = Self::new();
        set.push(first, bits);
        set
    }

    /// Adds a stretch that lies after all that are there.
    pub(super) fn push(&mut self, first: i32, bits: u32) {
        if bits != 0
            && let Some(place) = self.stretches.get_mut(self.length)
        {
            *place = (first, bits);
            self.length = self.length.saturating_add(1);
        }
    }

    fn each(&self) -> impl Iterator<Item = (i32, u32)> + '_ {
        self.stretches.iter().take(self.length).copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn len(&self) -> i64 {
        self.each().map(|(_, bits)| i64::from(bits.count_ones())).sum()
    }

    /// How many days lie before this one, and whether it is among them.
    pub(super) fn rank(&self, day: i32) -> (i64, bool) {
        let mut before = 0i64;
        for (first, bits) in self.each() {
            let place = day.saturating_sub(first);
            if place < 0 {
                break;
            }
            before = before.saturating_add(i64::from((bits & low_bits(place)).count_ones()));
            if bits & bit(place) != 0 {
                return (before, true);
            }
        }
        (before, false)
    }

    /// The day of a rank.
    pub(super) fn get(&self, rank: i64) -> Option<i32> {
        let mut left = u32::try_from(rank).ok()?;
        for (first, mut bits) in self.each() {
            let here = bits.count_ones();
            if left >= here {
                left = left.saturating_sub(here);
                continue;
            }
            while left > 0 {
                bits &= bits.wrapping_sub(1);
                left = left.saturating_sub(1);
            }
            return first.checked_add(i32::try_from(bits.trailing_zeros()).ok()?);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_years_are_those_of_chrono() {
        for year in 1..=9999 {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            assert_eq!(year_start(year), first.num_days_from_ce());
            assert_eq!(is_leap(year), first.leap_year());
            for month in 0..12usize {
                let start = first.with_month0(u32::try_from(month).unwrap()).unwrap();
                let day = start.num_days_from_ce();
                assert_eq!(year_start(year) + month_offset(is_leap(year), month), day);
                assert_eq!(weekday_of(day), i32::try_from(start.weekday().num_days_from_monday()).unwrap());
                assert_eq!(days_of_month(is_leap(year), month), i32::from(start.num_days_in_month()));
            }
        }
    }

    #[test]
    fn every_day_of_a_year_has_its_bit() {
        for leap in [false, true] {
            let mut bits = YearBits::default();
            let length = if leap { 366 } else { 365 };
            for place in -1..=length {
                bits.add(leap, place);
            }
            for month in 0..12 {
                assert_eq!(bits.month(month), low_bits(days_of_month(leap, month)), "{leap} {month}");
            }
        }
    }

    #[test]
    fn ranks_and_days_are_inverse() {
        let mut set = DaySet::new();
        set.push(100, 0b1011);
        set.push(131, 1 << 30 | 1);
        let days: Vec<i32> = (0..set.len()).map(|rank| set.get(rank).unwrap()).collect();
        assert_eq!(days, [100, 101, 103, 131, 161]);
        assert_eq!(set.get(5), None);
        for day in 90..170 {
            let before = days.iter().filter(|other| **other < day).count();
            assert_eq!(set.rank(day), (i64::try_from(before).unwrap(), days.contains(&day)));
        }
    }
}
