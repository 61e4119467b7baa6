//! Calendars in a firm's settings: how they are written, and what can be wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::holidays::{self, Holiday};
use super::{BuiltIn, BusinessCalendar, BusinessHours, Zone};
use crate::document::quote;
use crate::error::Problem;
use crate::id::CalendarKey;
use crate::model::{FirmSettings, monday_to_friday};

/// A business calendar besides the firm's default one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarDefinition {
    /// Weekdays on which it is open.
    #[serde(default = "monday_to_friday")]
    #[schemars(with = "BTreeSet<String>")]
    pub working_days: Vec<Weekday>,
    /// Days on which it is closed although the weekday is a working one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holidays: BTreeSet<NaiveDate>,
    /// Sets of holidays that it observes: built-in ones, and the firm's own.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holiday_sets: BTreeSet<CalendarKey>,
    /// Holidays by rules of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Holiday>,
    /// Its business hours, where they are not the firm's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business_hours: Option<BusinessHours>,
}

impl Default for CalendarDefinition {
    fn default() -> Self {
        Self {
            working_days: monday_to_friday(),
            holidays: BTreeSet::new(),
            holiday_sets: BTreeSet::new(),
            rules: Vec::new(),
            business_hours: None,
        }
    }
}

/// The days of a firm's own sets, made once.
pub(super) type OwnSets<'a> = BTreeMap<&'a CalendarKey, BTreeSet<NaiveDate>>;

/// The days of a firm's own sets.
pub(super) fn own_sets(settings: &FirmSettings) -> OwnSets<'_> {
    settings.own_holiday_sets.iter().map(|(key, set)| (key, set.dates())).collect()
}

/// The firm's default calendar; `None` when it never works.
pub(super) fn default_calendar(settings: &FirmSettings, own: &OwnSets<'_>) -> Option<BusinessCalendar> {
    let observed = observed(&settings.holiday_sets, own);
    BusinessCalendar::new(&settings.working_days, settings.holidays.iter().copied().chain(observed))
}

/// One of its other calendars.
pub(super) fn calendar(definition: &CalendarDefinition, own: &OwnSets<'_>) -> Option<BusinessCalendar> {
    let observed = observed(&definition.holiday_sets, own);
    let rules = holidays::dates(&definition.rules);
    BusinessCalendar::new(&definition.working_days, definition.holidays.iter().copied().chain(observed).chain(rules))
}

fn observed<'a>(sets: &'a BTreeSet<CalendarKey>, own: &'a OwnSets<'_>) -> impl Iterator<Item = NaiveDate> + 'a {
    sets.iter()
        .filter_map(|key| own.get(key).or_else(|| BuiltIn::named(key.as_str()).map(BuiltIn::dates)))
        .flatten()
        .copied()
}

/// What is wrong with a firm's time zone, calendars and hours, but for the length of its lists.
pub(super) fn problems(settings: &FirmSettings) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Err(unknown) = Zone::named(&settings.time_zone) {
        problems.push(Problem::error("time_zone", "invalid", unknown.to_string()));
    }
    working_days(&settings.working_days, "working_days", &mut problems);
    known_sets(settings, &settings.holiday_sets, "holiday_sets", &mut problems);
    for (key, set) in &settings.own_holiday_sets {
        let path = field("own_holiday_sets", key);
        not_built_in(key, &path, &mut problems);
        problems.extend(set.problems(&path));
    }
    for (key, calendar) in &settings.calendars {
        let path = field("calendars", key);
        not_built_in(key, &path, &mut problems);
        calendar.check(settings, &path, &mut problems);
    }
    if let Some(hours) = &settings.business_hours {
        problems.extend(hours.problems("business_hours"));
    }
    some_hours(settings.business_hours.as_ref(), &settings.working_days, "business_hours", &mut problems);
    problems
}

impl CalendarDefinition {
    fn check(&self, settings: &FirmSettings, path: &str, problems: &mut Vec<Problem>) {
        working_days(&self.working_days, &format!("{path}.working_days"), problems);
        known_sets(settings, &self.holiday_sets, &format!("{path}.holiday_sets"), problems);
        problems.extend(holidays::rule_problems(&self.rules, &format!("{path}.rules")));
        let hours_path = format!("{path}.business_hours");
        if let Some(hours) = &self.business_hours {
            problems.extend(hours.problems(&hours_path));
            some_hours(Some(hours), &self.working_days, &hours_path, problems);
        }
    }
}

fn field(list: &str, key: &CalendarKey) -> String {
    let mut path = crate::document::Path::default();
    path.push_key(list);
    path.push_key(key.as_str());
    path.into_string()
}

fn working_days(days: &[Weekday], path: &str, problems: &mut Vec<Problem>) {
    if days.is_empty() {
        problems.push(Problem::error(path, "invalid", "it is empty: name at least one weekday, such as `Mon`"));
    }
}

fn some_hours(hours: Option<&BusinessHours>, days: &[Weekday], path: &str, problems: &mut Vec<Problem>) {
    if hours.is_some_and(|hours| days.iter().all(|day| hours.on(*day).is_empty())) {
        let message = "no working day has hours: give at least one of them hours, such as `09:00-17:00`";
        problems.push(Problem::error(path, "invalid", message));
    }
}

fn not_built_in(key: &CalendarKey, path: &str, problems: &mut Vec<Problem>) {
    if BuiltIn::named(key.as_str()).is_some() {
        let message = format!("{} is built in; choose another name", quote(key.as_str()));
        problems.push(Problem::error(path, "duplicate_key", message));
    }
}

fn known_sets(settings: &FirmSettings, sets: &BTreeSet<CalendarKey>, path: &str, problems: &mut Vec<Problem>) {
    let built_in = BuiltIn::all().iter().map(|one| &one.key);
    for (place, key) in sets.iter().enumerate() {
        if settings.own_holiday_sets.contains_key(key) || BuiltIn::named(key.as_str()).is_some() {
            continue;
        }
        let names = built_in.clone().chain(settings.own_holiday_sets.keys()).map(CalendarKey::as_str);
        let advice = crate::document::advice(key.as_str(), "there are", names);
        let message = format!("there is no set of holidays {}; {advice}", quote(key.as_str()));
        problems.push(Problem::error(format!("{path}[{place}]"), "unknown_holiday_set", message));
    }
}

#[cfg(test)]
mod tests;
