//! What RFC 5545 section 3.3.10 forbids, and rules that no day can fit.

use super::error::InvalidRecurrence;
use super::rule::{Frequency, RuleEnd, RuleParts, Until};
use crate::limits::RECURRENCE_COUNT;

type Checked = Result<(), InvalidRecurrence>;

/// The longest that each month can be.
const LONGEST: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn refuse(part: &'static str, why: impl Into<String>) -> Checked {
    Err(InvalidRecurrence::new(part, why))
}

/// Each number within its range.
pub(super) fn ranges(parts: &RuleParts) -> Checked {
    if parts.interval == 0 {
        return refuse("INTERVAL", "it is 0: write 1 for every period, 2 for every other, …");
    }
    match parts.end {
        Some(RuleEnd::Count(0)) => return refuse("COUNT", "it is 0: name at least one occurrence"),
        Some(RuleEnd::Count(count)) if count > RECURRENCE_COUNT => {
            return refuse(
                "COUNT",
                format!("{count} is past the limit RECURRENCE_COUNT of {RECURRENCE_COUNT}: use UNTIL, or no end"),
            );
        }
        Some(RuleEnd::Until(Until::DateTime(time))) if chrono::Timelike::nanosecond(&time) != 0 => {
            return refuse("UNTIL", "it has a fraction of a second: name a whole one");
        }
        _ => {}
    }
    within("BYMONTH", &parts.months, 1, 12, false)?;
    within("BYWEEKNO", &parts.weeks, 1, 53, true)?;
    within("BYYEARDAY", &parts.year_days, 1, 366, true)?;
    within("BYMONTHDAY", &parts.month_days, 1, 31, true)?;
    let ordinals: Vec<i8> = parts.days.iter().filter_map(|day| day.ordinal).collect();
    within("BYDAY", &ordinals, 1, 53, true)?;
    within("BYHOUR", &parts.hours, 0, 23, false)?;
    within("BYMINUTE", &parts.minutes, 0, 59, false)?;
    within("BYSECOND", &parts.seconds, 0, 60, false)?;
    within("BYSETPOS", &parts.positions, 1, 366, true)
}

fn within<T: Copy + Into<i32>>(part: &'static str, values: &[T], least: i32, most: i32, signed: bool) -> Checked {
    for value in values.iter().map(|value| (*value).into()) {
        let size = if signed { value.abs() } else { value };
        if size < least || size > most {
            let from_the_end = if signed { format!(" or -{most} to -{least} from the end") } else { String::new() };
            return refuse(part, format!("`{value}` is out of range: write {least} to {most}{from_the_end}"));
        }
    }
    Ok(())
}

/// Parts that may not stand together.
pub(super) fn combinations(parts: &RuleParts) -> Checked {
    let frequency = parts.frequency;
    let name = frequency.name();
    if !parts.weeks.is_empty() && frequency != Frequency::Yearly {
        return refuse("BYWEEKNO", format!("RFC 5545 allows it with FREQ=YEARLY only, and this is {name}"));
    }
    if !parts.year_days.is_empty() && frequency != Frequency::Yearly {
        return refuse("BYYEARDAY", format!("RFC 5545 forbids it with FREQ={name}: write FREQ=YEARLY"));
    }
    if !parts.month_days.is_empty() && frequency == Frequency::Weekly {
        return refuse("BYMONTHDAY", "RFC 5545 forbids it with FREQ=WEEKLY: write FREQ=MONTHLY, or BYDAY for weekdays");
    }
    if let Some(day) = parts.days.iter().find(|day| day.ordinal.is_some()) {
        if !matches!(frequency, Frequency::Monthly | Frequency::Yearly) {
            return refuse(
                "BYDAY",
                format!(
                    "`{day}` counts weekdays of a month or year, which RFC 5545 forbids with FREQ={name}: leave the number out, or write FREQ=MONTHLY"
                ),
            );
        }
        if !parts.weeks.is_empty() {
            return refuse(
                "BYDAY",
                format!(
                    "`{day}` has a number, which RFC 5545 forbids beside BYWEEKNO: leave the number or BYWEEKNO out"
                ),
            );
        }
    }
    let alone = parts.months.is_empty()
        && parts.weeks.is_empty()
        && parts.year_days.is_empty()
        && parts.month_days.is_empty()
        && parts.days.is_empty()
        && parts.hours.is_empty()
        && parts.minutes.is_empty()
        && parts.seconds.is_empty();
    if !parts.positions.is_empty() && alone {
        return refuse("BYSETPOS", "RFC 5545 wants another BY part beside it, to choose from");
    }
    Ok(())
}

/// Refuses what no day of any year can fit. What depends on the start is seen when it is known.
pub(super) fn possible(parts: &RuleParts) -> Checked {
    if !parts.months.is_empty() && !parts.month_days.is_empty() {
        let fits = |month: &u8| {
            let longest = LONGEST.get(usize::from(month.saturating_sub(1))).copied().unwrap_or(0);
            parts.month_days.iter().any(|day| day.unsigned_abs() <= longest)
        };
        if !parts.months.iter().any(fits) {
            return refuse(
                "BYMONTHDAY",
                format!(
                    "it never occurs: no month of BYMONTH={} has a day {}",
                    joined(&parts.months),
                    joined(&parts.month_days)
                ),
            );
        }
    }
    let in_month = parts.frequency == Frequency::Monthly || !parts.months.is_empty();
    if in_month && !parts.days.is_empty() && parts.days.iter().all(|day| day.ordinal.is_some_and(|n| n.abs() > 5)) {
        return refuse("BYDAY", "it never occurs: a month has a weekday five times at most");
    }
    Ok(())
}

pub(super) fn joined<T: std::fmt::Display>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
