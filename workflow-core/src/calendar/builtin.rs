//! The sets of holidays that are built in.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::{NaiveDate, Weekday};

use super::{BusinessCalendar, HolidaySet};
use crate::id::CalendarKey;

const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

const US_FEDERAL: &str = include_str!("../../holidays/us-federal.yaml");
const US_DC: &str = include_str!("../../holidays/us-dc.yaml");
const UK_ENGLAND_WALES: &str = include_str!("../../holidays/uk-england-wales.yaml");

/// Name, and the documents whose holidays it has.
const FILES: [(&str, &[&str]); 3] =
    [("us-federal", &[US_FEDERAL]), ("us-dc", &[US_DC, US_FEDERAL]), ("uk-england-wales", &[UK_ENGLAND_WALES])];

/// A set of holidays that every firm has, and the calendar it makes of Monday to Friday.
///
/// ```
/// use workflow_core::calendar::BuiltIn;
///
/// let dc = BuiltIn::named("us-dc").expect("built in");
/// // Emancipation Day is a Saturday in 2022: Friday the 15th is closed, and taxes are due on Monday.
/// let tax_day = "2022-04-15".parse()?;
/// assert!(!dc.calendar.is_open(tax_day));
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Debug)]
pub struct BuiltIn {
    /// What settings call it: `us-federal`, `us-dc` or `uk-england-wales`.
    pub key: CalendarKey,
    /// Its document.
    pub set: HolidaySet,
    /// Open from Monday to Friday but for the set's days.
    pub calendar: BusinessCalendar,
    dates: BTreeSet<NaiveDate>,
}

static ALL: LazyLock<Vec<BuiltIn>> =
    LazyLock::new(|| FILES.iter().filter_map(|(key, files)| BuiltIn::read(key, files)).collect());

impl BuiltIn {
    /// All of them.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// One by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|one| one.key.as_str() == name)
    }

    /// Every day on which it is closed.
    #[must_use]
    pub fn dates(&self) -> &BTreeSet<NaiveDate> {
        &self.dates
    }

    /// A document that could not be read would leave the set out; a test reads them all.
    fn read(key: &str, files: &[&str]) -> Option<Self> {
        let mut set = HolidaySet::default();
        for file in files {
            let part = HolidaySet::read(file.as_bytes()).ok()?;
            set.name = set.name.or(part.name);
            set.sources.extend(part.sources);
            set.holidays.extend(part.holidays);
        }
        let dates = set.dates();
        let calendar = BusinessCalendar::new(&WORKDAYS, dates.iter().copied())?;
        Some(Self { key: CalendarKey::new(key).ok()?, set, calendar, dates })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s9_2_every_built_in_set_is_read() {
        for (_, files) in FILES {
            for file in files {
                HolidaySet::read(file.as_bytes()).expect("no mistakes");
            }
        }
        let names: Vec<&str> = BuiltIn::all().iter().map(|one| one.key.as_str()).collect();
        assert_eq!(names, ["us-federal", "us-dc", "uk-england-wales"]);
    }
}
