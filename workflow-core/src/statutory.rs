//! Due dates that the law of the United States sets, by form and period.
//!
//! The rules are data, `deadlines/us.yaml`: date expressions with their sources. [`forms`] lists
//! them and [`due`] applies them. In date expressions they are written `due date of form 1040` and
//! `extended due date of form 1040`, and count from the job's period.
//!
//! They are what the law says in an ordinary year. Postponements by notice, such as those of 2020
//! and 2021 (Notices 2020-23 and 2021-21) or after a disaster, are no rules: a firm moves the dates
//! of the jobs concerned, with [`Command::ShiftDeadlines`](crate::command::Command::ShiftDeadlines).
//! Nor are holidays of a state known here, which may move a date for those who file there.

use std::sync::LazyLock;

use chrono::{Datelike, Months, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::FirmCalendar;
use crate::dates::{DateAnchor, DateExpression, FormDate};
use crate::definition::is_default;
use crate::document;
use crate::model::FirmSettings;
use crate::suggest::near;

#[cfg(test)]
mod tests;

/// A tax year, or a part of one: both days included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Its first day.
    pub start: NaiveDate,
    /// Its last day.
    pub end: NaiveDate,
}

impl Period {
    /// The year of the calendar.
    #[must_use]
    pub fn year(year: i32) -> Option<Self> {
        Some(Self { start: NaiveDate::from_ymd_opt(year, 1, 1)?, end: NaiveDate::from_ymd_opt(year, 12, 31)? })
    }

    /// Whether it is no longer than so many months.
    fn fits(self, months: u32) -> bool {
        self.start <= self.end
            && self.start.checked_add_months(Months::new(months)).is_none_or(|after| self.end < after)
    }
}

/// When a form is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deadlines {
    /// By the law.
    pub original: NaiveDate,
    /// After an extension, where the law knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<NaiveDate>,
}

/// A form with the rules of its due dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Names it in date expressions, such as `1120-S`.
    pub key: String,
    /// Other names that are understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What it is.
    pub title: String,
    /// What it is filed for.
    pub period: PeriodKind,
    /// The rules, of which the first that holds counts.
    pub rules: Vec<Rule>,
}

/// What a form is filed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// A tax year, or a short one: at most twelve months and a week.
    Year,
    /// A quarter of the calendar.
    Quarter,
    /// Payments during a tax year. A period of at most four months stands for the payment of the
    /// quarter of the calendar year in which it ends.
    Payments,
}

/// When a form is due, under conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// For periods that begin on this day or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins_from: Option<NaiveDate>,
    /// For periods that begin before this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins_before: Option<NaiveDate>,
    /// For periods that end in June.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ends_in_june: bool,
    /// The due date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<DateExpression>,
    /// The due date after an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<DateExpression>,
    /// The due dates of payments, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<DateExpression>,
    /// Where the law says so.
    pub sources: Vec<String>,
}

impl Rule {
    fn holds(&self, period: Period) -> bool {
        self.begins_from.is_none_or(|from| period.start >= from)
            && self.begins_before.is_none_or(|before| period.start < before)
            && (!self.ends_in_june || period.end.month() == 6)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Table {
    forms: Vec<Form>,
}

/// The table as it is compiled in. Empty only if the data were broken, which a test rules out.
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let table = document::read::<Table>("table of deadlines", include_bytes!("../deadlines/us.yaml"));
    table.map_or_else(|_| Vec::new(), |table| table.forms)
});

/// The calendars that are built in, whatever a firm's settings are.
static LAW: LazyLock<Option<FirmCalendar>> = LazyLock::new(|| FirmCalendar::new(&FirmSettings::named("")).ok());

/// Every form whose due dates are known.
#[must_use]
pub fn forms() -> &'static [Form] {
    &FORMS
}

/// A form by one of its names. Letters' case, spaces and hyphens do not count: `1120s` is `1120-S`.
#[must_use]
pub fn form(name: &str) -> Option<&'static Form> {
    let bare = |name: &str| -> String {
        name.chars().filter(|letter| !matches!(letter, ' ' | '-')).flat_map(char::to_lowercase).collect()
    };
    let wanted = bare(name);
    FORMS.iter().find(|form| bare(&form.key) == wanted || form.also.iter().any(|other| bare(other) == wanted))
}

/// When a form is due for a period. For forms of payments, see [`payment_due`].
///
/// ```
/// use workflow_core::statutory::{Period, due};
///
/// let deadlines = due("1040", Period::year(2025).expect("a year")).expect("it is known");
/// assert_eq!(deadlines.original.to_string(), "2026-04-15");
/// assert_eq!(deadlines.extended.expect("it has one").to_string(), "2026-10-15");
/// ```
///
/// # Errors
/// In words, when the form is not known, or its law is not known for this period.
pub fn due(name: &str, period: Period) -> Result<Deadlines, String> {
    deadlines(known(name)?, None, period)
}

/// When a payment of a form is due, counted from 1 in its tax year.
///
/// # Errors
/// In words, when the form is not known, has no such payment, or its law is not known for this period.
pub fn payment_due(name: &str, payment: u8, period: Period) -> Result<NaiveDate, String> {
    Ok(deadlines(known(name)?, Some(payment), period)?.original)
}

/// Writes a form's name in a date as it is written in the table.
pub(crate) fn recognize(date: &mut FormDate) {
    if let Some(form) = form(&date.form) {
        date.form.clone_from(&form.key);
    }
}

/// Whether a date of a form makes sense.
pub(crate) fn check(date: &FormDate) -> Result<(), String> {
    let form = known(&date.form)?;
    let payments = form.rules.iter().map(|rule| rule.payments.len()).max().unwrap_or(0);
    let key = &form.key;
    match date.payment {
        Some(_) if payments == 0 => return Err(format!("form {key} has no payments; leave `payment` out")),
        Some(n) if n == 0 || usize::from(n) > payments => {
            return Err(format!("form {key} has no payment {n}; they are counted from 1 to {payments}"));
        }
        _ => {}
    }
    if date.extended && form.rules.iter().all(|rule| rule.extended.is_none()) {
        return Err(format!("form {key} has no extension; leave `extended` out"));
    }
    Ok(())
}

/// The day of a date of a form.
pub(crate) fn date_of(date: &FormDate, period: Period) -> Result<NaiveDate, String> {
    let deadlines = deadlines(known(&date.form)?, date.payment, period)?;
    if date.extended {
        return deadlines.extended.ok_or_else(|| format!("form {} has no extension", date.form));
    }
    Ok(deadlines.original)
}

fn known(name: &str) -> Result<&'static Form, String> {
    form(name).ok_or_else(|| {
        let name: String = name.chars().take(60).collect();
        let near = near(&name, FORMS.iter().map(|form| form.key.as_str()));
        let hint = if near.is_empty() {
            let keys: Vec<&str> = FORMS.iter().map(|form| form.key.as_str()).collect();
            format!("; the forms are {}", keys.join(", "))
        } else {
            near
        };
        format!("the due dates of form {} are not known{hint}", document::quote(&name))
    })
}

/// Twelve months and a week: the longest tax year there is, of 53 weeks.
const WEEK: u64 = 7;
/// A period of so many months at most stands for a payment.
const PAYMENT_MONTHS: u32 = 4;

fn deadlines(form: &Form, payment: Option<u8>, period: Period) -> Result<Deadlines, String> {
    let unfit = |wanted: &str| {
        let Period { start, end } = period;
        format!("form {} is filed for {wanted}, and the period from {start} to {end} is none", form.key)
    };
    let (period, payment) = match form.period {
        PeriodKind::Year => {
            let shorter = period.end.checked_sub_days(chrono::Days::new(WEEK)).unwrap_or(period.end);
            let fits = period.fits(12) || (Period { end: shorter, ..period }).fits(12);
            if fits { (period, None) } else { return Err(unfit("a tax year")) }
        }
        PeriodKind::Quarter => {
            let next = period.end.succ_opt();
            let ends = next.is_some_and(|next| next.day() == 1 && next.month() % 3 == 1);
            if ends && period.fits(3) { (period, None) } else { return Err(unfit("a quarter of the calendar")) }
        }
        PeriodKind::Payments if period.fits(PAYMENT_MONTHS) => {
            let quarter = u8::try_from(period.end.month0() / 3).ok().and_then(|quarter| quarter.checked_add(1));
            let year = Period::year(period.end.year()).ok_or_else(|| unfit("a tax year"))?;
            (year, payment.or(quarter))
        }
        PeriodKind::Payments => {
            if payment.is_none() {
                return Err(format!(
                    "form {} has several payments a year: write `due date of payment 1 of form {}`",
                    form.key, form.key
                ));
            }
            if period.fits(12) { (period, payment) } else { return Err(unfit("a tax year")) }
        }
    };
    let rule = form.rules.iter().find(|rule| rule.holds(period)).ok_or_else(|| {
        format!("the due date of form {} is not known for periods that begin on {}", form.key, period.start)
    })?;
    let original = match payment {
        Some(n) => rule.payments.get(usize::from(n.saturating_sub(1))),
        None => rule.original.as_ref(),
    };
    let day = |expression: &DateExpression| resolve(expression, period);
    let original = original.ok_or_else(|| format!("form {} has no such payment", form.key))?;
    Ok(Deadlines { original: day(original)?, extended: rule.extended.as_ref().map(day).transpose()? })
}

fn resolve(expression: &DateExpression, period: Period) -> Result<NaiveDate, String> {
    let calendar = LAW.as_ref().ok_or("the built-in calendars cannot be read")?;
    let anchors = |anchor: &DateAnchor| match anchor {
        DateAnchor::PeriodStart => Some(period.start),
        DateAnchor::PeriodEnd => Some(period.end),
        _ => None,
    };
    expression.resolve(calendar, &anchors).map_err(|why| why.to_string())
}
