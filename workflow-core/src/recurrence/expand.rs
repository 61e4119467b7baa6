//! The occurrences of a compiled rule, sought from any moment, forwards and backwards.
//!
//! A rule whose occurrences lie far apart (February 29 on a Monday) is listed once, when it is
//! compiled; every other is computed anew from the period that is asked for.

use super::days::{DAY, DaySet, day_of};
use super::error::InvalidRecurrence;
use super::plan::{Plan, place};
use super::rule::{Rule, RuleEnd, Until};

/// Occurrences that are found before a rule is said to be dense.
const SAMPLE: usize = 64;
/// Units looked at for one occurrence, on average, up to which a rule is dense.
const DENSE: u64 = 64;

/// A rule that is compiled and known to occur.
#[derive(Debug, Clone)]
pub(super) struct Expansion {
    plan: Plan,
    /// Every occurrence, when they are few or far apart.
    listed: Option<Vec<i64>>,
}

/// Seeks in a plan, and counts the units it looks at.
struct Seek<'a> {
    plan: &'a Plan,
    units: u64,
}

impl Expansion {
    /// `start` and `until` in seconds.
    pub(super) fn new(rule: &Rule, start: i64) -> Result<Self, InvalidRecurrence> {
        let mut plan = Plan::new(rule, start)?;
        match rule.parts().end {
            Some(RuleEnd::Until(until)) => plan.last = plan.last.min(last_moment(until)),
            Some(RuleEnd::Count(count)) => plan.last = plan.nth(count).unwrap_or(plan.last),
            None => {}
        }
        let listed = plan.list();
        Ok(Self { plan, listed })
    }

    /// Whether it never occurs.
    pub(super) fn is_empty(&self) -> bool {
        self.listed.as_ref().is_some_and(Vec::is_empty)
    }

    /// The first occurrence at or after a moment.
    pub(super) fn from(&self, moment: i64) -> Option<i64> {
        match &self.listed {
            Some(listed) => listed.get(listed.partition_point(|at| *at < moment)).copied(),
            None => Seek { plan: &self.plan, units: 0 }.from(moment),
        }
    }

    /// The last occurrence at or before a moment.
    pub(super) fn back(&self, moment: i64) -> Option<i64> {
        match &self.listed {
            Some(listed) => listed.get(listed.partition_point(|at| *at <= moment).checked_sub(1)?).copied(),
            None => Seek { plan: &self.plan, units: 0 }.back(moment),
        }
    }
}

#[cfg(test)]
impl Expansion {
    /// How many units are looked at for the occurrences on either side of a moment.
    pub(super) fn units(&self, moment: i64) -> u64 {
        if self.listed.is_some() {
            return 0;
        }
        let mut seek = Seek { plan: &self.plan, units: 0 };
        let _ = seek.from(moment);
        let forwards = std::mem::take(&mut seek.units);
        let _ = seek.back(moment);
        forwards.max(seek.units)
    }
}

/// The last second at which a rule may occur.
pub(super) fn last_moment(until: Until) -> i64 {
    match until {
        Until::Date(date) => {
            super::days::seconds_down(date.and_time(chrono::NaiveTime::MIN)).saturating_add(DAY).saturating_sub(1)
        }
        Until::DateTime(time) => super::days::seconds_down(time),
    }
}

impl Plan {
    /// The nth occurrence, from 1.
    fn nth(&self, count: u32) -> Option<i64> {
        let mut seek = Seek { plan: self, units: 0 };
        let mut at = seek.from(self.start)?;
        for _ in 1..count {
            at = seek.from(at.saturating_add(1))?;
        }
        Some(at)
    }

    /// Every occurrence, unless the rule is dense.
    fn list(&self) -> Option<Vec<i64>> {
        let mut seek = Seek { plan: self, units: 0 };
        let mut found = Vec::new();
        let mut from = self.start;
        while let Some(at) = seek.from(from) {
            let so_far = u64::try_from(found.len()).unwrap_or(u64::MAX);
            if found.len() >= SAMPLE && seek.units < so_far.saturating_mul(DENSE) {
                return None;
            }
            found.push(at);
            from = at.saturating_add(1);
        }
        Some(found)
    }
}

impl Seek<'_> {
    fn from(&mut self, moment: i64) -> Option<i64> {
        let moment = moment.max(self.plan.start);
        let mut day = day_of(moment);
        let last_day = day_of(self.plan.last);
        loop {
            let unit = self.plan.unit_from(day).filter(|unit| unit.first <= last_day)?;
            self.units = self.units.saturating_add(1);
            let days = self.plan.days(unit);
            if !days.is_empty()
                && let Some(at) = self.plan.first_of(&days, moment)
            {
                return (at <= self.plan.last).then_some(at);
            }
            day = unit.last.saturating_add(1);
        }
    }

    fn back(&mut self, moment: i64) -> Option<i64> {
        let moment = moment.min(self.plan.last);
        if moment < self.plan.start {
            return None;
        }
        let mut day = day_of(moment);
        let first_day = day_of(self.plan.start);
        loop {
            let unit = self.plan.unit_back(day).filter(|unit| unit.last >= first_day)?;
            self.units = self.units.saturating_add(1);
            let days = self.plan.days(unit);
            if !days.is_empty()
                && let Some(at) = self.plan.last_of(&days, moment)
            {
                return (at >= self.plan.start).then_some(at);
            }
            day = unit.first.saturating_sub(1);
        }
    }
}

impl Plan {
    fn time_count(&self) -> i64 {
        i64::try_from(self.times.len()).unwrap_or(i64::MAX)
    }

    /// How many of the days' times lie before a moment.
    fn rank(&self, days: &DaySet, moment: i64) -> i64 {
        let (before, here) = days.rank(day_of(moment));
        let of_days = before.saturating_mul(self.time_count());
        if !here {
            return of_days;
        }
        let second = moment.rem_euclid(DAY);
        let times = self.times.partition_point(|time| i64::from(*time) < second);
        of_days.saturating_add(i64::try_from(times).unwrap_or(i64::MAX))
    }

    fn at(&self, days: &DaySet, index: i64) -> Option<i64> {
        let count = self.time_count().max(1);
        let day = days.get(index.div_euclid(count))?;
        let time = self.times.get(usize::try_from(index.rem_euclid(count)).ok()?)?;
        Some(i64::from(day).saturating_mul(DAY).saturating_add(i64::from(*time)))
    }

    /// The first occurrence among these days at or after a moment.
    fn first_of(&self, days: &DaySet, moment: i64) -> Option<i64> {
        let least = self.rank(days, moment);
        if self.positions.is_empty() {
            return self.at(days, least);
        }
        let count = days.len().saturating_mul(self.time_count());
        let places = self.positions.iter().filter_map(|position| place(*position, count));
        self.at(days, places.filter(|place| *place >= least).min()?)
    }

    /// The last occurrence among these days at or before a moment.
    fn last_of(&self, days: &DaySet, moment: i64) -> Option<i64> {
        let end = self.rank(days, moment.saturating_add(1));
        if self.positions.is_empty() {
            return self.at(days, end.checked_sub(1).filter(|index| *index >= 0)?);
        }
        let count = days.len().saturating_mul(self.time_count());
        let places = self.positions.iter().filter_map(|position| place(*position, count));
        self.at(days, places.filter(|place| *place < end).max()?)
    }
}
