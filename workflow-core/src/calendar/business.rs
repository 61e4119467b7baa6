//! Business calendars: which days are open, and dates adjusted, counted and added in open days.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{Datelike, Months, NaiveDate, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::quote;

/// The day that chrono counts as 0, the last of year 0, was a Sunday: day numbers modulo 7 are weekdays from Sunday.
const WEEK: i64 = 7;

/// Working weekdays and the days that are closed all the same. Cheap to clone.
///
/// Every question costs a binary search at most, however far the dates lie apart. Answers are
/// `None` when they lie outside chrono's calendar, about 262,000 years either way.
///
/// ```
/// use chrono::{NaiveDate, Weekday};
/// use workflow_core::calendar::{Adjustment, BusinessCalendar, Roll};
///
/// let week = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
/// let date = |day| NaiveDate::from_ymd_opt(2026, 7, day).expect("a date");
/// let calendar = BusinessCalendar::new(&week, [date(3)]).expect("it has working days");
/// // The Fourth is a Saturday, observed on Friday the 3rd.
/// assert_eq!(calendar.adjust(date(3), Adjustment::Following), Some(date(6)));
/// assert_eq!(calendar.adjust(date(3), Adjustment::Preceding), Some(date(2)));
/// assert_eq!(calendar.offset(date(4), -1, Roll::Following), Ok(Some(date(2))));
/// assert_eq!(calendar.count(date(1), date(8)), 4);
/// ```
#[derive(Debug, Clone)]
pub struct BusinessCalendar {
    week: Week,
    closed: Arc<ClosedDays>,
}

/// What becomes of a date that falls on a closed day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// It stays, closed or not.
    #[default]
    Exact,
    /// The next open day.
    Following,
    /// The open day before.
    Preceding,
    /// The next open day, unless that is in another month: then the open day before.
    ModifiedFollowing,
    /// The open day before, unless that is in another month: then the next open day.
    ModifiedPreceding,
    /// The open day that is fewer days away; the later one when both are as far.
    Nearest,
}

/// How [`BusinessCalendar::offset`] treats a start that is closed: the roll names of numpy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Roll {
    /// An error (`raise`).
    Raise,
    /// No answer (`nat`).
    Nat,
    /// The next open day (`forward`, `following`).
    Following,
    /// The open day before (`backward`, `preceding`).
    Preceding,
    /// The next open day, unless that is in another month: then the open day before (`modifiedfollowing`).
    ModifiedFollowing,
    /// The open day before, unless that is in another month: then the next open day (`modifiedpreceding`).
    ModifiedPreceding,
}

/// What adding months makes of the end of a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndOfMonth {
    /// A day that the month does not have becomes its last: one month after 31 January is 28 or
    /// 29 February, and one month after 28 February is 28 March.
    #[default]
    Clamp,
    /// A month's last day becomes a month's last day: one month after 28 February is 31 March.
    Last,
    /// A month's last open day, or a closed day after it, becomes a month's last open day.
    LastOpen,
}

/// A start that is closed, when [`Roll::Raise`] was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a business day; choose how to roll it, such as `following`")]
pub struct NotOpen(pub NaiveDate);

/// A word that names no [`Adjustment`] or [`Roll`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {}; write one of {words}", quote(.text))]
pub struct UnknownWord {
    what: &'static str,
    text: String,
    words: &'static str,
}

/// The working weekdays, arranged so that counting them is arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Week {
    /// By weekday from Sunday: whether it is a working day.
    works: [bool; 7],
    /// By weekday from Sunday: working days of the week before it.
    before: [u8; 7],
    /// Working days of a week, 1 to 7.
    days: u8,
}

/// Closed days that fall on working weekdays.
#[derive(Debug, Default)]
struct ClosedDays {
    /// Day numbers, ascending.
    days: Vec<i64>,
    /// Beside each: the rank, among open days, of the first open day after it. Never descends.
    open_ranks: Vec<i64>,
}

impl BusinessCalendar {
    /// A calendar of working weekdays and closed days, in any order. `None` when there is no
    /// working weekday.
    #[must_use]
    pub fn new(working: &[Weekday], closed: impl IntoIterator<Item = NaiveDate>) -> Option<Self> {
        let week = Week::new(working)?;
        let mut days: Vec<i64> =
            closed.into_iter().map(|date| day_number(&date)).filter(|day| week.works_on(*day)).collect();
        days.sort_unstable();
        days.dedup();
        let open_ranks = days.iter().zip(0i64..).map(|(day, before)| week.rank(*day).saturating_sub(before)).collect();
        Some(Self { week, closed: Arc::new(ClosedDays { days, open_ranks }) })
    }

    /// Whether a day is open: a working weekday that is not closed.
    #[must_use]
    pub fn is_open(&self, date: NaiveDate) -> bool {
        let day = day_number(&date);
        self.week.works_on(day) && self.closed.days.binary_search(&day).is_err()
    }

    /// The day that a date becomes. Only [`Adjustment::Exact`] answers closed days.
    #[must_use]
    pub fn adjust(&self, date: NaiveDate, adjustment: Adjustment) -> Option<NaiveDate> {
        if adjustment == Adjustment::Exact || self.is_open(date) {
            return Some(date);
        }
        let (before, after) = (to_date(self.at_or_before(date)), to_date(self.at_or_after(date)));
        match adjustment {
            Adjustment::Exact => Some(date),
            Adjustment::Following => after,
            Adjustment::Preceding => before,
            Adjustment::ModifiedFollowing => after.filter(|day| same_month(*day, date)).or(before),
            Adjustment::ModifiedPreceding => before.filter(|day| same_month(*day, date)).or(after),
            Adjustment::Nearest => match (before, after) {
                (Some(before), Some(after)) => {
                    let later = after.signed_duration_since(date) <= date.signed_duration_since(before);
                    Some(if later { after } else { before })
                }
                (one, other) => one.or(other),
            },
        }
    }

    /// The day `n` open days from another: numpy's `busday_offset`. A closed start is rolled
    /// first, then the open days are counted from there.
    ///
    /// The answer is `None` when the start is closed and [`Roll::Nat`] was asked for, or outside
    /// chrono's calendar.
    ///
    /// # Errors
    /// [`NotOpen`] when the start is closed and [`Roll::Raise`] was asked for.
    pub fn offset(&self, date: NaiveDate, n: i32, roll: Roll) -> Result<Option<NaiveDate>, NotOpen> {
        let adjustment = match roll {
            Roll::Raise if !self.is_open(date) => return Err(NotOpen(date)),
            Roll::Nat if !self.is_open(date) => return Ok(None),
            Roll::Raise | Roll::Nat => Adjustment::Exact,
            Roll::Following => Adjustment::Following,
            Roll::Preceding => Adjustment::Preceding,
            Roll::ModifiedFollowing => Adjustment::ModifiedFollowing,
            Roll::ModifiedPreceding => Adjustment::ModifiedPreceding,
        };
        let start = self.adjust(date, adjustment);
        Ok(start.and_then(|start| {
            let rank = self.open_rank(day_number(&start));
            to_date(self.open_day(rank.saturating_add(i64::from(n))))
        }))
    }

    /// The day `n` business days from another.
    ///
    /// Exactly numpy's `busday_offset`: with `roll='forward'` for `n` ≥ 0, so that a closed day
    /// counts as the next open one, and with `roll='backward'` for `n` < 0, so that it counts as
    /// the open one before. Zero business days is the day itself, or the next open one.
    #[must_use]
    pub fn add(&self, date: NaiveDate, n: i32) -> Option<NaiveDate> {
        let day = day_number(&date);
        let start = if n < 0 { self.open_rank(day.saturating_add(1)).saturating_sub(1) } else { self.open_rank(day) };
        to_date(self.open_day(start.saturating_add(i64::from(n))))
    }

    /// How many days are open from one day up to, but not including, another.
    ///
    /// Exactly numpy's `busday_count`: when `to` is before `from`, the answer is minus the number
    /// of open days after `to` up to and including `from` (as numpy counts since 1.25).
    #[must_use]
    pub fn count(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        let (from, to) = (day_number(&from), day_number(&to));
        // Counting backwards leaves out the later end and takes in the earlier one.
        let shift = i64::from(to < from);
        self.open_rank(to.saturating_add(shift)).saturating_sub(self.open_rank(from.saturating_add(shift)))
    }

    /// The first open day of the month that a date is in; `None` when that month has none.
    #[must_use]
    pub fn first_open_of_month(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.nth_open_of_month(date, 1)
    }

    /// The last open day of the month that a date is in; `None` when that month has none.
    #[must_use]
    pub fn last_open_of_month(&self, date: NaiveDate) -> Option<NaiveDate> {
        self.nth_open_of_month(date, -1)
    }

    /// The nth open day of the month that a date is in: 1 is the first, -1 the last. `None` when
    /// that month has no such day, and for 0.
    #[must_use]
    pub fn nth_open_of_month(&self, date: NaiveDate, n: i32) -> Option<NaiveDate> {
        let day = if n > 0 {
            let first = self.open_rank(day_number(&date.with_day(1)?));
            self.open_day(first.saturating_add(i64::from(n)).saturating_sub(1))
        } else if n < 0 {
            let past = self.open_rank(day_number(&last_of_month(date)?).saturating_add(1));
            self.open_day(past.saturating_add(i64::from(n)))
        } else {
            return None;
        };
        to_date(day).filter(|found| same_month(*found, date))
    }

    /// The day `n` months from another, or before it, clamped to the month's end: a day that the
    /// month does not have becomes its last. `end` says whether ends of months stay ends.
    ///
    /// With [`EndOfMonth::LastOpen`], a month without open days answers its last day.
    #[must_use]
    pub fn add_months(&self, date: NaiveDate, n: i32, end: EndOfMonth) -> Option<NaiveDate> {
        let months = Months::new(n.unsigned_abs());
        let there = if n < 0 { date.checked_sub_months(months) } else { date.checked_add_months(months) }?;
        match end {
            EndOfMonth::Last if last_of_month(date) == Some(date) => last_of_month(there),
            EndOfMonth::LastOpen if self.last_open_of_month(date).is_some_and(|last| date >= last) => {
                self.last_open_of_month(there).or_else(|| last_of_month(there))
            }
            EndOfMonth::Clamp | EndOfMonth::Last | EndOfMonth::LastOpen => Some(there),
        }
    }

    /// Whether a weekday is a working one.
    #[must_use]
    pub fn works_on(&self, weekday: Weekday) -> bool {
        self.week.works_on(i64::from(weekday.num_days_from_sunday()))
    }

    /// Closed days that fall on working weekdays, as day numbers, ascending.
    pub(super) fn closed_days(&self) -> &[i64] {
        &self.closed.days
    }

    /// The first open day from a date on.
    fn at_or_after(&self, date: NaiveDate) -> i64 {
        self.open_day(self.open_rank(day_number(&date)))
    }

    /// The last open day up to a date.
    fn at_or_before(&self, date: NaiveDate) -> i64 {
        self.open_day(self.open_rank(day_number(&date).saturating_add(1)).saturating_sub(1))
    }

    /// Open days before this one, from an origin that never shows: only differences are used.
    fn open_rank(&self, day: i64) -> i64 {
        let closed_before = self.closed.days.partition_point(|closed| *closed < day);
        self.week.rank(day).saturating_sub(i64::try_from(closed_before).unwrap_or(i64::MAX))
    }

    /// The open day of a rank: the inverse of [`Self::open_rank`].
    fn open_day(&self, rank: i64) -> i64 {
        // A holiday lies before that day just when no more open days than `rank` precede it.
        let closed_before = self.closed.open_ranks.partition_point(|open| *open <= rank);
        self.week.day(rank.saturating_add(i64::try_from(closed_before).unwrap_or(i64::MAX)))
    }
}

impl Week {
    fn new(working: &[Weekday]) -> Option<Self> {
        let mut works = [false; 7];
        let mut before = [0u8; 7];
        let mut days = 0u8;
        for (place, weekday) in
            [Weekday::Sun, Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat]
                .into_iter()
                .enumerate()
        {
            *before.get_mut(place)? = days;
            if working.contains(&weekday) {
                *works.get_mut(place)? = true;
                days = days.saturating_add(1);
            }
        }
        (days > 0).then_some(Self { works, before, days })
    }

    fn place(day: i64) -> usize {
        usize::try_from(day.rem_euclid(WEEK)).unwrap_or(0)
    }

    fn works_on(&self, day: i64) -> bool {
        self.works.get(Self::place(day)).copied().unwrap_or(false)
    }

    /// Working weekdays before a day, counted from day 0.
    fn rank(&self, day: i64) -> i64 {
        let this_week = self.before.get(Self::place(day)).copied().unwrap_or(0);
        day.div_euclid(WEEK).saturating_mul(i64::from(self.days)).saturating_add(i64::from(this_week))
    }

    /// The working weekday of a rank.
    fn day(&self, rank: i64) -> i64 {
        let days = i64::from(self.days.max(1));
        let within = rank.rem_euclid(days);
        let days_of_week = self.works.iter().zip(self.before).zip(0i64..);
        let place = days_of_week
            .filter_map(|((works, before), place)| (*works && i64::from(before) == within).then_some(place))
            .next()
            .unwrap_or(0);
        rank.div_euclid(days).saturating_mul(WEEK).saturating_add(place)
    }
}

/// Declares the words of an enum, for writing and reading.
macro_rules! words {
    ($name:ident, $what:literal, $list:literal, $($variant:ident = $word:literal $(| $other:literal)*;)+) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $word,)+
                })
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word $(| $other)* => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { what: $what, text: text.chars().take(60).collect(), words: $list }),
                }
            }
        }
    };
}

words! { Adjustment, "adjustment",
    "`exact`, `following`, `preceding`, `modified following`, `modified preceding`, `nearest`",
    Exact = "exact";
    Following = "following";
    Preceding = "preceding";
    ModifiedFollowing = "modified following";
    ModifiedPreceding = "modified preceding";
    Nearest = "nearest";
}

words! { Roll, "roll",
    "`raise`, `nat`, `forward`, `following`, `backward`, `preceding`, `modifiedfollowing`, `modifiedpreceding`",
    Raise = "raise";
    Nat = "nat";
    Following = "following" | "forward";
    Preceding = "preceding" | "backward";
    ModifiedFollowing = "modifiedfollowing";
    ModifiedPreceding = "modifiedpreceding";
}

/// The last day of a date's month.
pub(super) fn last_of_month(date: NaiveDate) -> Option<NaiveDate> {
    (28..=31).rev().find_map(|day| date.with_day(day))
}

fn same_month(one: NaiveDate, other: NaiveDate) -> bool {
    (one.year(), one.month()) == (other.year(), other.month())
}

fn day_number(date: &NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce())
}

fn to_date(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).ok()?)
}

#[cfg(test)]
mod tests;
