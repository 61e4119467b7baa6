//! A rule with its start, arranged so that the days of any period are a few masks.

use chrono::{Datelike, Timelike};

use super::days::{
    DAY, DaySet, YearBits, bit, day_of, days_of_month, days_of_year, is_leap, low_bits, month_of, month_offset,
    to_time, weekday_of, weekdays_in, year_start,
};
use super::error::InvalidRecurrence;
use super::rule::{Frequency, Rule, RuleParts};
use crate::limits::RECURRENCE_TIMES;

/// The last year in which anything recurs.
pub(super) const LAST_YEAR: i32 = 9999;
const ALL_MONTHS: u32 = 0xfff;

/// A stretch of days that is looked at in one go: a period of the rule, or, when days are its
/// periods, a month of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) first: i32,
    pub(super) last: i32,
    year: i32,
    month: usize,
}

/// Nth weekdays: the number and the weekday, 0 for Monday.
type Ordinals = Vec<(i32, i32)>;

/// A compiled rule.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    frequency: Frequency,
    interval: i64,
    /// The first moment that may be an occurrence.
    pub(super) start: i64,
    /// The last one.
    pub(super) last: i64,
    start_day: i32,
    /// What periods are counted from: a year, a month counted from year 0, the first day of a week, or a day.
    origin: i64,
    week_start: i32,
    /// Bit by month.
    months: u32,
    /// Whether BYMONTH was there.
    by_month: bool,
    /// Days of a month of 28, 29, 30 and 31 days.
    month_days: [u32; 4],
    /// Plain and leap.
    year_days: Option<[YearBits; 2]>,
    weeks: Vec<i32>,
    /// Whether BYDAY was there, or a weekday taken from the start.
    by_day: bool,
    /// Bit by weekday.
    weekdays: u32,
    ordinals: Ordinals,
    /// Seconds of the day, ascending.
    pub(super) times: Vec<u32>,
    pub(super) positions: Vec<i64>,
}

impl Plan {
    /// `start` in seconds.
    pub(super) fn new(rule: &Rule, start: i64) -> Result<Self, InvalidRecurrence> {
        let parts = rule.parts();
        let start_day = day_of(start);
        let (year, month) = month_of(start_day);
        let week_start = i32::try_from(parts.week_start.num_days_from_monday()).unwrap_or(0);
        let origin = match parts.frequency {
            Frequency::Yearly => i64::from(year),
            Frequency::Monthly => month_index(year, month),
            Frequency::Weekly => i64::from(week_of(start_day, week_start)),
            Frequency::Daily => i64::from(start_day),
        };
        let mut plan = Self {
            frequency: parts.frequency,
            interval: i64::from(parts.interval),
            start,
            last: i64::from(year_start(LAST_YEAR.saturating_add(1))).saturating_mul(DAY).saturating_sub(1),
            start_day,
            origin,
            week_start,
            months: parts.months.iter().fold(0, |bits, month| bits | bit(i32::from(*month).saturating_sub(1))),
            by_month: !parts.months.is_empty(),
            month_days: [u32::MAX; 4],
            year_days: year_days(parts),
            weeks: parts.weeks.iter().map(|week| i32::from(*week)).collect(),
            by_day: !parts.days.is_empty(),
            weekdays: 0,
            ordinals: Vec::new(),
            times: times(parts, start)?,
            positions: parts.positions.iter().map(|position| i64::from(*position)).collect(),
        };
        for day in &parts.days {
            let weekday = i32::try_from(day.weekday.num_days_from_monday()).unwrap_or(0);
            match day.ordinal {
                None => plan.weekdays |= bit(weekday),
                Some(ordinal) => plan.ordinals.push((i32::from(ordinal), weekday)),
            }
        }
        plan.take_from_start(parts, month);
        if !plan.by_month {
            plan.months = ALL_MONTHS;
        }
        if plan.frequency == Frequency::Daily && !plan.positions.is_empty() {
            plan.choose_times();
        }
        Ok(plan)
    }

    /// What a rule leaves open is as in the start: its weekday, its day of the month, its month.
    fn take_from_start(&mut self, parts: &RuleParts, month: usize) {
        let mut month_days: Vec<i32> = parts.month_days.iter().map(|day| i32::from(*day)).collect();
        let open = parts.weeks.is_empty()
            && parts.year_days.is_empty()
            && parts.month_days.is_empty()
            && parts.days.is_empty();
        if open {
            let day = to_time(self.start).map_or(1, |time| time.day());
            let day = i32::try_from(day).unwrap_or(1);
            match self.frequency {
                Frequency::Yearly => {
                    if !self.by_month {
                        self.by_month = true;
                        self.months = bit(i32::try_from(month).unwrap_or(0));
                    }
                    month_days.push(day);
                }
                Frequency::Monthly => month_days.push(day),
                Frequency::Weekly => {
                    self.by_day = true;
                    self.weekdays = bit(weekday_of(self.start_day));
                }
                Frequency::Daily => {}
            }
        }
        if !month_days.is_empty() {
            for (length, bits) in (28i32..).zip(self.month_days.iter_mut()) {
                *bits = month_days.iter().fold(0, |bits, day| {
                    bits | if *day > 0 { bit(day.saturating_sub(1)) } else { bit(length.saturating_add(*day)) }
                });
            }
        }
    }

    /// BYSETPOS of days chooses among the times of one day, the same ones each day.
    fn choose_times(&mut self) {
        let count = i64::try_from(self.times.len()).unwrap_or(i64::MAX);
        let chosen = |index: i64| self.positions.iter().any(|position| place(*position, count) == Some(index));
        self.times = (0i64..).zip(&self.times).filter(|(index, _)| chosen(*index)).map(|(_, time)| *time).collect();
        self.positions.clear();
    }

    /// The first unit that does not end before this day. Days before the start's period are not asked for.
    pub(super) fn unit_from(&self, day: i32) -> Option<Unit> {
        match self.frequency {
            Frequency::Yearly => {
                let (year, _) = month_of(day);
                self.year(up(i64::from(year), self.origin, self.interval))
            }
            Frequency::Monthly => {
                let (year, month) = month_of(day);
                let mut index = up(month_index(year, month), self.origin, self.interval);
                for _ in 0..12 {
                    if self.has_month(month_of_index(index)) {
                        return self.month(index);
                    }
                    index = index.saturating_add(self.interval);
                }
                None
            }
            Frequency::Weekly => {
                let week = i64::from(week_of(day, self.week_start));
                self.week(up(week, self.origin, self.interval.saturating_mul(7)))
            }
            Frequency::Daily => self.daily_from(day),
        }
    }

    fn daily_from(&self, day: i32) -> Option<Unit> {
        let mut next = i32::try_from(up(i64::from(day), self.origin, self.interval)).ok()?;
        loop {
            let (year, month) = month_of(next);
            if year > LAST_YEAR {
                return None;
            }
            if self.has_month(month) {
                return self.month(month_index(year, month));
            }
            let index = (1..=12).map(|ahead| month_index(year, month).saturating_add(ahead));
            let allowed = index.into_iter().find(|index| self.has_month(month_of_index(*index)))?;
            next = i32::try_from(up(i64::from(self.month(allowed)?.first), self.origin, self.interval)).ok()?;
        }
    }

    /// The last unit that does not begin after this day, however far before the start.
    pub(super) fn unit_back(&self, day: i32) -> Option<Unit> {
        match self.frequency {
            Frequency::Yearly => self.year(down(i64::from(month_of(day).0), self.origin, self.interval)),
            Frequency::Monthly => {
                let (year, month) = month_of(day);
                let mut index = down(month_index(year, month), self.origin, self.interval);
                for _ in 0..12 {
                    if self.has_month(month_of_index(index)) {
                        return self.month(index);
                    }
                    index = index.saturating_sub(self.interval);
                }
                None
            }
            Frequency::Weekly => {
                let week = i64::from(week_of(day, self.week_start));
                self.week(down(week, self.origin, self.interval.saturating_mul(7)))
            }
            Frequency::Daily => self.daily_back(day),
        }
    }

    fn daily_back(&self, day: i32) -> Option<Unit> {
        let mut before = i32::try_from(down(i64::from(day), self.origin, self.interval)).ok()?;
        loop {
            if before < self.start_day {
                return None;
            }
            let (year, month) = month_of(before);
            if self.has_month(month) {
                return self.month(month_index(year, month));
            }
            let index = (1..=12).map(|back| month_index(year, month).saturating_sub(back));
            let allowed = index.into_iter().find(|index| self.has_month(month_of_index(*index)))?;
            before = i32::try_from(down(i64::from(self.month(allowed)?.last), self.origin, self.interval)).ok()?;
        }
    }

    fn has_month(&self, month: usize) -> bool {
        self.months & bit(i32::try_from(month).unwrap_or(-1)) != 0
    }

    fn year(&self, year: i64) -> Option<Unit> {
        let year = i32::try_from(year).ok().filter(|year| (0..=LAST_YEAR).contains(year))?;
        let first = year_start(year);
        let last = first.saturating_add(days_of_year(year)).saturating_sub(1);
        Some(Unit { first, last, year, month: 0 })
    }

    fn month(&self, index: i64) -> Option<Unit> {
        let year = i32::try_from(index.div_euclid(12)).ok().filter(|year| (0..=LAST_YEAR).contains(year))?;
        let month = month_of_index(index);
        let leap = is_leap(year);
        let first = year_start(year).saturating_add(month_offset(leap, month));
        Some(Unit { first, last: first.saturating_add(days_of_month(leap, month)).saturating_sub(1), year, month })
    }

    fn week(&self, first: i64) -> Option<Unit> {
        let first = i32::try_from(first).ok()?;
        let last = first.saturating_add(6);
        Some(Unit { first, last, year: 0, month: 0 })
    }

    /// The days of a unit that fit the rule.
    pub(super) fn days(&self, unit: Unit) -> DaySet {
        match self.frequency {
            Frequency::Yearly => self.days_of_year(unit),
            Frequency::Monthly => DaySet::one(unit.first, self.month_bits(unit.year, unit.month, unit.first)),
            Frequency::Weekly => self.days_of_week(unit),
            Frequency::Daily => {
                let bits = self.month_bits(unit.year, unit.month, unit.first);
                DaySet::one(unit.first, bits & self.aligned(unit.first))
            }
        }
    }

    /// BYMONTH, BYMONTHDAY and BYDAY in one month.
    fn month_bits(&self, year: i32, month: usize, first: i32) -> u32 {
        if !self.has_month(month) {
            return 0;
        }
        let length = days_of_month(is_leap(year), month);
        let by_length = usize::try_from(length.saturating_sub(28)).unwrap_or(0);
        let mut bits = self.month_days.get(by_length).copied().unwrap_or(0) & low_bits(length);
        if bits != 0 && self.by_day && !self.counts_in_year() {
            let weekday = weekday_of(first);
            let mut days = weekdays_in(self.weekdays, weekday);
            for (ordinal, wanted) in &self.ordinals {
                days |= bit(nth(*ordinal, *wanted, weekday, length));
            }
            bits &= days;
        }
        bits
    }

    /// Whether numbers of BYDAY count through the year, not the month.
    fn counts_in_year(&self) -> bool {
        self.frequency == Frequency::Yearly && !self.by_month && !self.ordinals.is_empty()
    }

    fn days_of_year(&self, unit: Unit) -> DaySet {
        let leap = is_leap(unit.year);
        let year_days = self.year_days.as_ref().and_then(|bits| bits.get(usize::from(leap)));
        let weeks = (!self.weeks.is_empty()).then(|| self.weeks_of(unit));
        let ordinals = self.counts_in_year().then(|| self.ordinals_of(unit));
        let mut set = DaySet::new();
        for month in 0..12 {
            let first = unit.first.saturating_add(month_offset(leap, month));
            let mut bits = self.month_bits(unit.year, month, first);
            if bits == 0 {
                continue;
            }
            if let Some(days) = year_days {
                bits &= days.month(month);
            }
            if let Some(days) = &weeks {
                bits &= days.month(month);
            }
            if let Some(days) = &ordinals {
                bits &= days.month(month) | weekdays_in(self.weekdays, weekday_of(first));
            }
            set.push(first, bits);
        }
        set
    }

    fn ordinals_of(&self, unit: Unit) -> YearBits {
        let mut bits = YearBits::default();
        let length = days_of_year(unit.year);
        for (ordinal, wanted) in &self.ordinals {
            bits.add(length == 366, nth(*ordinal, *wanted, weekday_of(unit.first), length));
        }
        bits
    }

    /// The days of a calendar year that lie in the weeks of BYWEEKNO. At either end of the year
    /// they can lie in the last week of the year before, or the first of the next.
    fn weeks_of(&self, unit: Unit) -> YearBits {
        let mut bits = YearBits::default();
        let leap = is_leap(unit.year);
        let first_week = |year: i32| week_of(year_start(year).saturating_add(3), self.week_start);
        for year in [unit.year.saturating_sub(1), unit.year, unit.year.saturating_add(1)] {
            let first = first_week(year);
            let weeks = first_week(year.saturating_add(1)).saturating_sub(first).div_euclid(7);
            for listed in &self.weeks {
                let week = if *listed < 0 { listed.saturating_add(weeks).saturating_add(1) } else { *listed };
                if !(1..=weeks).contains(&week) {
                    continue;
                }
                let monday = first.saturating_add(week.saturating_sub(1).saturating_mul(7));
                for day in 0..7 {
                    bits.add(leap, monday.saturating_add(day).saturating_sub(unit.first));
                }
            }
        }
        bits
    }

    /// The start's own week begins at the start, as python-dateutil has it: BYSETPOS counts from there.
    fn days_of_week(&self, unit: Unit) -> DaySet {
        let mut bits = if self.by_day { weekdays_in(self.weekdays, self.week_start) } else { u32::MAX } & low_bits(7);
        bits &= !low_bits(self.start_day.saturating_sub(unit.first).clamp(0, 7));
        if self.by_month {
            let (year, month) = month_of(unit.first);
            let left = days_of_month(is_leap(year), month)
                .saturating_add(year_start(year))
                .saturating_add(month_offset(is_leap(year), month))
                .saturating_sub(unit.first);
            if !self.has_month(month) {
                bits &= !low_bits(left);
            }
            if left < 7 && !self.has_month(month.saturating_add(1).rem_euclid(12)) {
                bits &= low_bits(left);
            }
        }
        DaySet::one(unit.first, bits)
    }

    /// The days of a month that lie a whole number of intervals from the start.
    fn aligned(&self, first: i32) -> u32 {
        if self.interval == 1 {
            return u32::MAX;
        }
        let mut place = self.origin.saturating_sub(i64::from(first)).rem_euclid(self.interval);
        let mut bits = 0;
        while place < 31 {
            bits |= bit(i32::try_from(place).unwrap_or(-1));
            place = place.saturating_add(self.interval);
        }
        bits
    }
}

/// Which of `count` occurrences a position of BYSETPOS names, from 0.
pub(super) fn place(position: i64, count: i64) -> Option<i64> {
    let index = if position > 0 { position.saturating_sub(1) } else { count.saturating_add(position) };
    (0..count).contains(&index).then_some(index)
}

/// Where the nth of a weekday lies among `length` days that begin at `first`; -1 when there is none.
fn nth(ordinal: i32, wanted: i32, first: i32, length: i32) -> i32 {
    let weeks = ordinal.abs().saturating_sub(1).saturating_mul(7);
    if ordinal > 0 {
        let place = wanted.saturating_sub(first).rem_euclid(7).saturating_add(weeks);
        if place < length { place } else { -1 }
    } else {
        let last = first.saturating_add(length).saturating_sub(1);
        let back = last.saturating_sub(wanted).rem_euclid(7).saturating_add(weeks);
        length.saturating_sub(1).saturating_sub(back).max(-1)
    }
}

/// The first day of the week in which a day lies.
fn week_of(day: i32, week_start: i32) -> i32 {
    day.saturating_sub(weekday_of(day).saturating_sub(week_start).rem_euclid(7))
}

fn month_index(year: i32, month: usize) -> i64 {
    i64::from(year).saturating_mul(12).saturating_add(i64::try_from(month).unwrap_or(0))
}

fn month_of_index(index: i64) -> usize {
    usize::try_from(index.rem_euclid(12)).unwrap_or(0)
}

/// The first value at or after this one that lies a whole number of steps from the origin.
fn up(value: i64, origin: i64, step: i64) -> i64 {
    value.saturating_add(origin.saturating_sub(value).rem_euclid(step.max(1)))
}

/// The last one at or before it.
fn down(value: i64, origin: i64, step: i64) -> i64 {
    value.saturating_sub(value.saturating_sub(origin).rem_euclid(step.max(1)))
}

fn year_days(parts: &RuleParts) -> Option<[YearBits; 2]> {
    let of = |leap: bool| {
        let mut bits = YearBits::default();
        let length = if leap { 366 } else { 365 };
        for day in &parts.year_days {
            let day = i32::from(*day);
            bits.add(leap, if day > 0 { day.saturating_sub(1) } else { day.saturating_add(length) });
        }
        bits
    };
    (!parts.year_days.is_empty()).then(|| [of(false), of(true)])
}

/// The times of a day: every hour with every minute with every second, the start's where none is named.
fn times(parts: &RuleParts, start: i64) -> Result<Vec<u32>, InvalidRecurrence> {
    let at = to_time(start).unwrap_or_default();
    let or_start =
        |list: &[u8], own: u32| if list.is_empty() { vec![own] } else { list.iter().map(|n| u32::from(*n)).collect() };
    let hours = or_start(&parts.hours, at.hour());
    let minutes = or_start(&parts.minutes, at.minute());
    let mut seconds: Vec<u32> =
        or_start(&parts.seconds, at.second()).into_iter().map(|second| second.min(59)).collect();
    seconds.dedup();
    let count = hours.len().saturating_mul(minutes.len()).saturating_mul(seconds.len());
    if count > RECURRENCE_TIMES {
        return Err(InvalidRecurrence::new(
            "BYHOUR",
            format!(
                "with BYMINUTE and BYSECOND it makes {count} times a day, past the limit RECURRENCE_TIMES of {RECURRENCE_TIMES}: name fewer"
            ),
        ));
    }
    let mut times = Vec::with_capacity(count);
    for hour in &hours {
        for minute in &minutes {
            for second in &seconds {
                let minutes = hour.saturating_mul(60).saturating_add(*minute);
                times.push(minutes.saturating_mul(60).saturating_add(*second));
            }
        }
    }
    Ok(times)
}
