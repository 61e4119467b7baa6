//! Filters over dates, and the bounds on a template's work.

use std::fmt::Write;

use chrono::NaiveDate;
use chrono::format::{Item, StrftimeItems};
use minijinja::value::Object;
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value};

use crate::calendar::FirmCalendar;
use crate::definition::DateUnit;
use crate::limits;

/// The firm's calendar, where filters find it.
#[derive(Debug)]
pub(super) struct CalendarValue(FirmCalendar);

impl Object for CalendarValue {}

impl CalendarValue {
    pub(super) const NAME: &str = "_calendar";

    pub(super) fn of(calendar: FirmCalendar) -> Value {
        Value::from_object(Self(calendar))
    }
}

pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(limits::TEMPLATE_FUEL));
    environment.set_recursion_limit(50);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("date", format_date);
    environment.add_filter("add_days", |state: &State<'_, '_>, value: &Value, count: i32| {
        add(state, value, count, DateUnit::Days)
    });
    environment.add_filter("add_weeks", |state: &State<'_, '_>, value: &Value, count: i32| {
        add(state, value, count, DateUnit::Weeks)
    });
    environment.add_filter("add_months", |state: &State<'_, '_>, value: &Value, count: i32| {
        add(state, value, count, DateUnit::Months)
    });
    environment.add_filter("add_business_days", |state: &State<'_, '_>, value: &Value, count: i32| {
        add(state, value, count, DateUnit::BusinessDays)
    });
    environment
}

/// Says so when a text was given up because it takes too much work.
pub(super) fn too_much_work(error: &Error) -> Option<String> {
    let max = limits::TEMPLATE_FUEL;
    let why = || format!("the shortcodes take more work than the limit TEMPLATE_FUEL of {max} steps");
    (error.kind() == ErrorKind::OutOfFuel).then(why)
}

/// A near filter for one that is not known.
pub(super) fn suggestion(error: &Error) -> String {
    const FILTERS: [&str; 9] =
        ["date", "add_days", "add_weeks", "add_months", "add_business_days", "upper", "lower", "title", "default"];
    if error.kind() != ErrorKind::UnknownFilter {
        return String::new();
    }
    let wanted = error.detail().and_then(|detail| detail.split_whitespace().nth(1)).unwrap_or_default();
    crate::suggest::near(wanted, FILTERS)
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// The date of a value; none when there is no value.
fn read(value: &Value) -> Result<Option<NaiveDate>, Error> {
    if !value.is_true() {
        return Ok(None);
    }
    let value = value.to_string();
    value.parse().map(Some).map_err(|_| wrong(format!("`{value}` is not a date")))
}

/// Writes a date in a format of the strftime family, such as `%m/%d/%Y`.
fn format_date(value: &Value, format: &str) -> Result<String, Error> {
    let Some(date) = read(value)? else { return Ok(String::new()) };
    let items: Vec<Item<'_>> = StrftimeItems::new(format).collect();
    let mut out = String::new();
    if items.contains(&Item::Error) || write!(out, "{}", date.format_with_items(items.iter())).is_err() {
        return Err(wrong(format!("`{format}` is not a format for dates; write one such as `%m/%d/%Y`")));
    }
    Ok(out)
}

fn add(state: &State<'_, '_>, value: &Value, count: i32, unit: DateUnit) -> Result<String, Error> {
    let Some(date) = read(value)? else { return Ok(String::new()) };
    let calendar = state.lookup(CalendarValue::NAME);
    let calendar = calendar.as_ref().and_then(|value| value.downcast_object_ref::<CalendarValue>());
    let Some(CalendarValue(calendar)) = calendar else {
        // Tried out without a firm: any date will do.
        return Ok(date.to_string());
    };
    let date = calendar.add(date, count, unit).ok_or_else(|| wrong("the date is out of range".to_owned()))?;
    Ok(date.to_string())
}
