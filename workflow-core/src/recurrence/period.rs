//! The stretch of time that an occurrence is about, and its name in the ledger.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::{Frequency, Rule, RuleParts};

/// A stretch of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Its first day.
    pub start: NaiveDate,
    /// Its last day.
    pub end: NaiveDate,
}

/// How long the periods of a schedule are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodLength {
    /// The day itself: `2026-04-15`.
    Day,
    /// A week from Monday to Sunday, numbered as ISO 8601 has it: `2026-W15`.
    Week,
    /// A month of the calendar: `2026-04`.
    Month,
    /// Three months of the fiscal year: `2026-Q2`.
    Quarter,
    /// Six months of the fiscal year: `2026-H1`.
    Half,
    /// The fiscal year, named after the year it ends in: `2026`.
    Year,
}

/// Which period an occurrence is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// The one it falls in.
    #[default]
    This,
    /// The one before: books are closed when the month is over.
    Previous,
}

/// Periods of one length. Years end with a month, December unless the client's fiscal year does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Periods {
    pub(super) length: PeriodLength,
    pub(super) covers: Covers,
    /// 1 to 12.
    pub(super) year_end: u8,
}

impl Periods {
    /// The period of an occurrence, by its day before any adjustment. `None` outside the calendar.
    pub(super) fn of(self, day: NaiveDate) -> Option<Period> {
        let months = match self.length {
            PeriodLength::Day => return Some(Period { start: day, end: day }),
            PeriodLength::Week => {
                let back = match self.covers {
                    Covers::This => 0,
                    Covers::Previous => 7,
                };
                let back = u64::from(day.weekday().num_days_from_monday()).saturating_add(back);
                let start = day.checked_sub_days(Days::new(back))?;
                return Some(Period { start, end: start.checked_add_days(Days::new(6))? });
            }
            PeriodLength::Month => 1,
            PeriodLength::Quarter => 3,
            PeriodLength::Half => 6,
            PeriodLength::Year => 12,
        };
        let within = self.month_of_year(day).checked_rem(months)?;
        let back = match self.covers {
            Covers::This => within,
            Covers::Previous => within.saturating_add(months),
        };
        let start = day.with_day(1)?.checked_sub_months(Months::new(back))?;
        Some(Period { start, end: start.checked_add_months(Months::new(months))?.pred_opt()? })
    }

    /// The name of a period that [`Self::of`] answered. Two of one length never share it.
    pub(super) fn key(self, period: Period) -> String {
        let month = self.month_of_year(period.start);
        // A fiscal year that is not the calendar's says so, as its quarters are others.
        let fiscal = if self.year_end == 12 { "" } else { "FY" };
        let year =
            period.start.checked_add_months(Months::new(11u32.saturating_sub(month))).unwrap_or(period.end).year();
        match self.length {
            PeriodLength::Day => period.start.to_string(),
            PeriodLength::Week => {
                let week = period.start.iso_week();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            PeriodLength::Month => format!("{:04}-{:02}", period.start.year(), period.start.month()),
            PeriodLength::Quarter => format!("{fiscal}{year:04}-Q{}", month.div_euclid(3).saturating_add(1)),
            PeriodLength::Half => format!("{fiscal}{year:04}-H{}", month.div_euclid(6).saturating_add(1)),
            PeriodLength::Year => format!("{fiscal}{year:04}"),
        }
    }

    /// 0 for the first month of the fiscal year to 11.
    fn month_of_year(self, day: NaiveDate) -> u32 {
        fiscal_month(day.month(), self.year_end)
    }
}

fn fiscal_month(month: u32, year_end: u8) -> u32 {
    month.saturating_add(11).saturating_sub(u32::from(year_end)).rem_euclid(12)
}

/// What a rule says about how many of its days any stretch can hold.
struct Spread {
    /// No month of the calendar has two.
    month: bool,
    /// No year of the calendar has two.
    year: bool,
    /// No fiscal year, whenever it ends, has two.
    any_year: bool,
    months: Vec<u8>,
}

impl Spread {
    fn of(parts: &RuleParts, start: NaiveDate) -> Self {
        let yearly = parts.frequency == Frequency::Yearly;
        let open = parts.days.is_empty()
            && parts.month_days.is_empty()
            && parts.year_days.is_empty()
            && parts.weeks.is_empty();
        let months = if parts.months.is_empty() && yearly && open {
            u8::try_from(start.month()).into_iter().collect()
        } else {
            parts.months.clone()
        };
        let one_ordinal = parts.days.len() == 1 && parts.days.iter().all(|day| day.ordinal.is_some());
        let one_position = parts.positions.len() == 1;
        let month = match parts.frequency {
            Frequency::Weekly => false,
            Frequency::Daily => parts.month_days.len() == 1,
            Frequency::Monthly => open || parts.month_days.len() == 1 || one_ordinal || one_position,
            Frequency::Yearly => open || parts.month_days.len() == 1 || one_ordinal,
        };
        let any_year = month && (months.len() == 1 || parts.frequency == Frequency::Monthly && parts.interval >= 12);
        let of_year = yearly && (one_position || parts.year_days.len() == 1 || one_ordinal && parts.months.is_empty());
        Self { month: month || of_year, year: any_year || of_year, any_year, months }
    }

    /// Whether no group of so many months can hold two.
    fn fits_months(&self, size: u32, parts: &RuleParts, year_end: u8) -> bool {
        if self.any_year || self.year && year_end == 12 {
            return true;
        }
        let mut groups: Vec<u32> =
            self.months.iter().map(|month| fiscal_month(u32::from(*month), year_end).div_euclid(size)).collect();
        groups.sort_unstable();
        groups.dedup();
        let apart = !self.months.is_empty() && groups.len() == self.months.len();
        let spaced = parts.frequency == Frequency::Monthly && parts.interval >= size;
        self.month && (apart || spaced)
    }

    /// Whether the rule comes every so many months, evenly.
    fn every(&self, size: u32, parts: &RuleParts) -> bool {
        if parts.frequency == Frequency::Monthly && parts.months.is_empty() {
            return parts.interval == size;
        }
        let count = 12u32.checked_div(size).unwrap_or(0);
        let first = self.months.first().copied().unwrap_or(0);
        let even = self.months.iter().all(|month| u32::from(month.saturating_sub(first)).checked_rem(size) == Some(0));
        parts.interval == 1 && even && u32::try_from(self.months.len()) == Ok(count)
    }
}

impl PeriodLength {
    /// The length that a rule suggests: the longest that comes as often as the rule does.
    pub(super) fn suggested(rule: &Rule, start: NaiveDate, year_end: u8) -> Self {
        let parts = rule.parts();
        let spread = Spread::of(parts, start);
        let fits = |length: Self| length.fits(rule, start, year_end);
        if fits(Self::Year) {
            Self::Year
        } else if spread.every(6, parts) && fits(Self::Half) {
            Self::Half
        } else if spread.every(3, parts) && fits(Self::Quarter) {
            Self::Quarter
        } else if fits(Self::Month) {
            Self::Month
        } else if fits(Self::Week) {
            Self::Week
        } else {
            Self::Day
        }
    }

    /// Whether no period of this length can hold two days of the rule.
    pub(super) fn fits(self, rule: &Rule, start: NaiveDate, year_end: u8) -> bool {
        let parts = rule.parts();
        let spread = Spread::of(parts, start);
        match self {
            Self::Day => true,
            Self::Week => match parts.frequency {
                Frequency::Daily => parts.interval >= 7,
                Frequency::Weekly => {
                    parts.days.len() <= 1 || parts.positions.len() == 1 && parts.week_start == Weekday::Mon
                }
                Frequency::Monthly | Frequency::Yearly => false,
            },
            Self::Month => spread.month,
            Self::Quarter => spread.fits_months(3, parts, year_end),
            Self::Half => spread.fits_months(6, parts, year_end),
            Self::Year => spread.fits_months(12, parts, year_end),
        }
    }

    /// As it is written in a document.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Half => "half",
            Self::Year => "year",
        }
    }
}
