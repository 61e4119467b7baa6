//! What day a date expression comes to.

use std::str::FromStr as _;

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta, Weekday};

use super::{DateAnchor, DateExpression, DatePoint, Day, Direction, Span, SpanUnit, Window};
use crate::calendar::{Adjustment, BusinessCalendar, EndOfMonth, FirmCalendar};
use crate::id::CalendarKey;
use crate::limits;
use crate::model::FieldValue;
use crate::statutory::{self, Period};

/// Why a date expression comes to no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unresolved {
    /// What it counts from has no date.
    #[error("`{0}`, which it counts from, is not set")]
    Missing(DateAnchor),
    /// The firm has no such calendar.
    #[error("there is no calendar `{0}`: name one of the firm's settings, or a built-in one")]
    NoCalendar(CalendarKey),
    /// The law as it is known here says nothing of this form for this period.
    #[error("{0}")]
    NoDeadline(String),
    /// The window has no open day.
    #[error("{0} has no open day")]
    NoOpenDay(Window),
    /// The day lies outside the years 1 to 9999, or the expression is nested too deep.
    #[error("the date is out of range")]
    OutOfRange,
}

/// What an expression is resolved by.
struct Resolver<'a> {
    calendar: &'a BusinessCalendar,
    end: EndOfMonth,
    anchors: &'a dyn Fn(&DateAnchor) -> Option<NaiveDate>,
}

impl DateExpression {
    /// The day that it comes to, by the calendars of a firm and the dates that `anchors` answers.
    ///
    /// # Errors
    /// [`Unresolved`] with the reason: what it counts from is not set, a calendar does not exist,
    /// or the day is out of range.
    pub fn resolve(
        &self,
        calendar: &FirmCalendar,
        anchors: &dyn Fn(&DateAnchor) -> Option<NaiveDate>,
    ) -> Result<NaiveDate, Unresolved> {
        let Some(business) = calendar.business(self.calendar.as_ref()) else {
            return Err(self.calendar.clone().map_or(Unresolved::OutOfRange, Unresolved::NoCalendar));
        };
        let end = if self.keep_month_end { EndOfMonth::Last } else { EndOfMonth::Clamp };
        let resolver = Resolver { calendar: business, end, anchors };
        let date = resolver.point(&self.point, limits::DATE_DEPTH)?;
        in_range(business.adjust(date, self.adjustment))
    }
}

fn in_range(date: Option<NaiveDate>) -> Result<NaiveDate, Unresolved> {
    date.filter(|date| (1..=9_999).contains(&date.year())).ok_or(Unresolved::OutOfRange)
}

impl Resolver<'_> {
    fn point(&self, point: &DatePoint, depth: usize) -> Result<NaiveDate, Unresolved> {
        let below = depth.checked_sub(1).ok_or(Unresolved::OutOfRange)?;
        match point {
            DatePoint::On(date) => Ok(*date),
            DatePoint::Anchor(anchor) => self.anchor(anchor),
            DatePoint::Counted { span, direction, from } => {
                in_range(self.counted(self.point(from, below)?, *span, *direction))
            }
            DatePoint::DayOf { day, of } => self.day_of(*day, of, below),
            DatePoint::Form(form) => {
                let period =
                    Period { start: self.anchor(&DateAnchor::PeriodStart)?, end: self.anchor(&DateAnchor::PeriodEnd)? };
                statutory::date_of(form, period).map_err(Unresolved::NoDeadline)
            }
        }
    }

    fn anchor(&self, anchor: &DateAnchor) -> Result<NaiveDate, Unresolved> {
        (self.anchors)(anchor).ok_or_else(|| Unresolved::Missing(anchor.clone()))
    }

    fn counted(&self, date: NaiveDate, span: Span, direction: Direction) -> Option<NaiveDate> {
        let count = i64::from(span.count);
        let signed = match direction {
            Direction::Before => count.saturating_neg(),
            Direction::After => count,
        };
        let small = i32::try_from(signed).ok()?;
        match span.unit {
            // No business days before a closed day is the open day before it.
            SpanUnit::BusinessDays if direction == Direction::Before && count == 0 => {
                self.calendar.adjust(date, Adjustment::Preceding)
            }
            SpanUnit::BusinessDays => self.calendar.add(date, small),
            SpanUnit::Days => date.checked_add_signed(TimeDelta::try_days(signed)?),
            SpanUnit::Weeks => date.checked_add_signed(TimeDelta::try_weeks(signed)?),
            SpanUnit::Months => self.calendar.add_months(date, small, self.end),
            SpanUnit::Years => self.calendar.add_months(date, small.checked_mul(12)?, self.end),
            // Refused where expressions are read and checked.
            _ => None,
        }
    }

    fn day_of(&self, day: Day, of: &Window, depth: usize) -> Result<NaiveDate, Unresolved> {
        let (first, last) = self.window(of, depth)?;
        let first = || first.clone();
        let last = || last.clone();
        let bound = |date: Option<NaiveDate>| -> Result<NaiveDate, Unresolved> { Ok(in_range(date)?.min(last()?)) };
        let last_open = || {
            let open = in_range(self.calendar.adjust(last()?, Adjustment::Preceding))?;
            // A period without a first day has no bound there.
            match first() {
                Ok(first) if open < first => Err(Unresolved::NoOpenDay(of.clone())),
                _ => Ok(open),
            }
        };
        let last_weekday = |weekday: Weekday| {
            let last = last()?;
            let back = last.weekday().days_since(weekday);
            in_range(last.checked_sub_days(Days::new(u64::from(back))))
        };
        match day {
            Day::Nth(n) => bound(first()?.checked_add_days(Days::new(u64::from(n.saturating_sub(1))))),
            Day::Last => last(),
            Day::NthBusiness(n) => {
                let nth = in_range(self.calendar.add(first()?, i32::from(n.saturating_sub(1))))?;
                if nth > last()? { last_open() } else { Ok(nth) }
            }
            Day::LastBusiness => last_open(),
            Day::NthWeekday(n, weekday) => {
                let first = first()?;
                let ahead = u64::from(weekday.days_since(first.weekday()));
                let weeks = u64::from(n.saturating_sub(1)).saturating_mul(7);
                let nth = in_range(first.checked_add_days(Days::new(ahead.saturating_add(weeks))))?;
                if nth > last()? { last_weekday(weekday) } else { Ok(nth) }
            }
            Day::LastWeekday(weekday) => last_weekday(weekday),
        }
    }

    /// The first and the last day of a window. A period may lack one of them.
    #[allow(clippy::type_complexity, reason = "two answers of the same kind")]
    fn window(
        &self,
        of: &Window,
        depth: usize,
    ) -> Result<(Result<NaiveDate, Unresolved>, Result<NaiveDate, Unresolved>), Unresolved> {
        let (first, months) = match of {
            Window::Period => {
                return Ok((self.anchor(&DateAnchor::PeriodStart), self.anchor(&DateAnchor::PeriodEnd)));
            }
            Window::Month { shift, of } => (shifted(self.point(of, depth)?.with_day(1), *shift)?, 1),
            Window::Year { shift, of } => {
                let date = self.point(of, depth)?;
                let months = shift.checked_mul(12).ok_or(Unresolved::OutOfRange)?;
                (shifted(NaiveDate::from_ymd_opt(date.year(), 1, 1), months)?, 12)
            }
        };
        let last = first.checked_add_months(Months::new(months)).and_then(|next| next.pred_opt());
        Ok((Ok(first), in_range(last)))
    }
}

fn shifted(first: Option<NaiveDate>, months: i32) -> Result<NaiveDate, Unresolved> {
    let count = Months::new(months.unsigned_abs());
    in_range(first.and_then(
        |first| {
            if months < 0 { first.checked_sub_months(count) } else { first.checked_add_months(count) }
        },
    ))
}

/// The date that a custom field holds.
///
/// - A text `YYYY-MM-DD` is that day; with `yearly`, only its month and day count.
/// - A text `MM-DD` (or a month and day of a yearly date) is the last such day up to the end of
///   the job's period: a fiscal year that ends on `06-30` ends on 30 June 2025 for a period that
///   ends on 31 December 2025. Without a period it has no date. 29 February is the last day of
///   February, so that a fiscal year may end with that month.
///
/// Anything else is no date.
///
/// ```
/// use workflow_core::dates::field_date;
/// use workflow_core::model::FieldValue;
///
/// let end = "2025-12-31".parse().ok();
/// let field = FieldValue::Text("06-30".to_owned());
/// assert_eq!(field_date(&field, false, end), "2025-06-30".parse().ok());
/// ```
#[must_use]
pub fn field_date(value: &FieldValue, yearly: bool, period_end: Option<NaiveDate>) -> Option<NaiveDate> {
    let FieldValue::Text(text) = value else { return None };
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return None;
    }
    // A leap year, so that 29 February exists.
    let date = match text.len() {
        10 => NaiveDate::from_str(text).ok()?,
        5 => NaiveDate::from_str(&format!("2000-{text}")).ok()?,
        _ => return None,
    };
    if text.len() == 10 && !yearly {
        return Some(date);
    }
    let end = period_end?;
    let of_year = |year: i32| {
        NaiveDate::from_ymd_opt(year, date.month(), date.day())
            .or_else(|| NaiveDate::from_ymd_opt(year, date.month(), 28))
    };
    of_year(end.year()).filter(|day| *day <= end).or_else(|| of_year(end.year().saturating_sub(1)))
}
