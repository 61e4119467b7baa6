//! What conditions come down to, and why.
//!
//! [`holds`] answers; [`explain`] answers with the values that were compared. Both are pure.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::calendar::FirmCalendar;
use crate::definition::{
    Compare, Condition, DateTest, DateUnit, FieldScope, FieldTest, ItemTest, JobDate, NumberTest, PriorityTest,
    TagTest, TaskTest, VisitTest,
};
use crate::id::Tag;
use crate::model::{Account, FieldValue, Job};

/// What a condition is held against.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The job.
    pub job: &'a Job,
    /// Its account.
    pub account: &'a Account,
    /// The firm's calendar.
    pub calendar: &'a FirmCalendar,
    /// The day it is for the firm.
    pub today: NaiveDate,
}

/// A condition with the values that were compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explanation {
    /// What was asked, in words.
    pub test: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was found.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub found: String,
    /// Whether a value was missing. Then a comparison does not hold.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// The parts of a condition that is made of others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

/// Whether a condition holds. A comparison with a value that is missing does not.
#[must_use]
pub fn holds(condition: &Condition, facts: &Facts<'_>) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(part, facts)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, facts)),
        Condition::Not(part) => !holds(part, facts),
        Condition::AccountTags(test) => tags_hold(test, &facts.account.tags),
        Condition::JobTags(test) => tags_hold(test, &facts.job.tags),
        Condition::Field(test) => compare(field(test, facts), &test.is),
        Condition::RoleFilled(role) => facts.account.roles.holders(role).is_some_and(|holders| !holders.is_empty()),
        Condition::Status(wanted) => wanted.contains(facts.job.status.as_str()),
        Condition::Priority(test) => priority_holds(test, facts.job),
        Condition::Date(test) => date_holds(test, facts),
        Condition::Visits(test) => number_holds(&test.count, visits(test, facts.job)),
        Condition::Tasks(test) => number_holds(&test.count, tasks(test, facts.job)),
        Condition::Items(test) => number_holds(&test.count, items(test, facts.job)),
        Condition::Pipeline(wanted) => wanted.contains(&facts.job.pipeline),
    }
}

pub(crate) fn tags_hold(test: &TagTest, tags: &std::collections::BTreeSet<Tag>) -> bool {
    test.all.is_subset(tags)
        && (test.any.is_empty() || test.any.iter().any(|tag| tags.contains(tag)))
        && test.none.is_disjoint(tags)
}

/// Whether a test of a custom field holds.
pub(crate) fn field_holds(test: &FieldTest, facts: &Facts<'_>) -> bool {
    compare(field(test, facts), &test.is)
}

fn field<'a>(test: &FieldTest, facts: &Facts<'a>) -> Option<&'a FieldValue> {
    match test.scope {
        FieldScope::Account => facts.account.fields.get(&test.field),
        FieldScope::Job => facts.job.fields.get(&test.field),
    }
}

fn compare(found: Option<&FieldValue>, test: &Compare) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    if *test == Compare::Absent {
        return found.is_none();
    }
    let Some(found) = found else { return false };
    match test {
        Compare::Present => true,
        Compare::Absent => false,
        Compare::Equals(wanted) => same(found, wanted),
        Compare::Differs(wanted) => !same(found, wanted),
        Compare::LessThan(wanted) => order(found, wanted) == Some(Less),
        Compare::AtMost(wanted) => matches!(order(found, wanted), Some(Less | Equal)),
        Compare::GreaterThan(wanted) => order(found, wanted) == Some(Greater),
        Compare::AtLeast(wanted) => matches!(order(found, wanted), Some(Greater | Equal)),
        Compare::Contains(part) => match found {
            FieldValue::Text(text) => text.contains(part.as_str()),
            FieldValue::List(texts) => texts.contains(part),
            _ => false,
        },
        Compare::OneOf(wanted) => wanted.iter().any(|wanted| same(found, wanted)),
    }
}

fn same(a: &FieldValue, b: &FieldValue) -> bool {
    match order(a, b) {
        Some(order) => order.is_eq(),
        None => a == b,
    }
}

/// How two values compare: numbers by value, texts by their bytes, which puts dates in order.
/// Values of different kinds do not compare.
#[allow(clippy::cast_precision_loss, reason = "a whole number is compared with a fraction as a fraction")]
fn order(a: &FieldValue, b: &FieldValue) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (FieldValue::Integer(a), FieldValue::Integer(b)) => Some(a.cmp(b)),
        (FieldValue::Decimal(a), FieldValue::Decimal(b)) => a.partial_cmp(b),
        (FieldValue::Integer(a), FieldValue::Decimal(b)) => (*a as f64).partial_cmp(b),
        (FieldValue::Decimal(a), FieldValue::Integer(b)) => a.partial_cmp(&(*b as f64)),
        (FieldValue::Text(a), FieldValue::Text(b)) => Some(a.cmp(b)),
        (FieldValue::Flag(a), FieldValue::Flag(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn priority_holds(test: &PriorityTest, job: &Job) -> bool {
    test.at_least.is_none_or(|least| job.priority >= least) && test.at_most.is_none_or(|most| job.priority <= most)
}

/// One of a job's dates.
#[must_use]
pub fn job_date(job: &Job, date: JobDate) -> Option<NaiveDate> {
    match date {
        JobDate::Start => job.start,
        JobDate::Due => job.due,
        JobDate::Statutory => job.statutory,
        JobDate::Extended => job.extended,
    }
}

fn date_holds(test: &DateTest, facts: &Facts<'_>) -> bool {
    let Some(date) = job_date(facts.job, test.date) else { return false };
    let other = |wanted: Option<JobDate>, holds: fn(NaiveDate, NaiveDate) -> bool| match wanted {
        None => true,
        Some(wanted) => job_date(facts.job, wanted).is_some_and(|other| holds(date, other)),
    };
    test.before.is_none_or(|bound| date < bound)
        && test.after.is_none_or(|bound| date > bound)
        && other(test.before_date, |date, other| date < other)
        && other(test.after_date, |date, other| date > other)
        && (!test.past || date < facts.today)
        && test.within.is_none_or(|within| {
            let end = facts.calendar.add(facts.today, i32::from(within.count), within.unit);
            date >= facts.today && end.is_some_and(|end| date <= end)
        })
}

fn visits(test: &VisitTest, job: &Job) -> u32 {
    job.visits_of(test.stage.as_ref().unwrap_or(&job.stage))
}

fn tasks(test: &TaskTest, job: &Job) -> u32 {
    let wanted = job.tasks.iter().filter(|link| {
        (test.states.is_empty() || test.states.contains(&link.state))
            && (test.template.is_none() || test.template == link.template)
    });
    u32::try_from(wanted.count()).unwrap_or(u32::MAX)
}

fn items(test: &ItemTest, job: &Job) -> u32 {
    let wanted = job.items.iter().filter(|link| {
        test.kind.as_ref().is_none_or(|kind| *kind == link.kind)
            && (test.template.is_none() || test.template == link.template)
            && (test.progress.is_empty() || test.progress.contains(&link.progress))
            && (test.statuses.is_empty() || link.status.as_ref().is_some_and(|status| test.statuses.contains(status)))
    });
    u32::try_from(wanted.count()).unwrap_or(u32::MAX)
}

/// Whether a count is as wanted; without a wish, whether there is any.
fn number_holds(test: &NumberTest, count: u32) -> bool {
    if *test == NumberTest::default() {
        return count > 0;
    }
    test.equals.is_none_or(|wanted| count == wanted)
        && test.at_least.is_none_or(|least| count >= least)
        && test.at_most.is_none_or(|most| count <= most)
}

/// Why a condition holds, or does not: each test with what was found.
#[must_use]
pub fn explain(condition: &Condition, facts: &Facts<'_>) -> Explanation {
    let leaf = |test: String, found: String, missing: bool| Explanation {
        test,
        holds: holds(condition, facts),
        found,
        missing,
        parts: Vec::new(),
    };
    let tree = |test: &str, parts: &[Condition]| Explanation {
        test: test.to_owned(),
        holds: holds(condition, facts),
        found: String::new(),
        missing: false,
        parts: parts.iter().map(|part| explain(part, facts)).collect(),
    };
    match condition {
        Condition::All(parts) => tree("all of these hold", parts),
        Condition::Any(parts) => tree("one of these holds", parts),
        Condition::Not(part) => tree("this does not hold", std::slice::from_ref(&**part)),
        Condition::AccountTags(test) => leaf(tag_test("account", test), list(&facts.account.tags), false),
        Condition::JobTags(test) => leaf(tag_test("job", test), list(&facts.job.tags), false),
        Condition::Field(test) => {
            let found = field(test, facts);
            let scope = match test.scope {
                FieldScope::Account => "account",
                FieldScope::Job => "job",
            };
            leaf(format!("{scope} field `{}` {}", test.field, compare_test(&test.is)), show(found), found.is_none())
        }
        Condition::RoleFilled(role) => {
            let holders = facts.account.roles.holders(role).map_or(0, <[_]>::len);
            leaf(format!("somebody holds the role `{role}`"), format!("{holders} holders"), holders == 0)
        }
        Condition::Status(wanted) => {
            leaf(format!("status is one of {}", list(wanted)), facts.job.status.as_str().to_owned(), false)
        }
        Condition::Priority(test) => {
            leaf(priority_test(test), format!("{:?}", facts.job.priority).to_lowercase(), false)
        }
        Condition::Date(test) => {
            let date = job_date(facts.job, test.date);
            let others = [test.before_date, test.after_date];
            let missing =
                date.is_none() || others.into_iter().flatten().any(|other| job_date(facts.job, other).is_none());
            leaf(date_test(test), date.map_or_else(|| "not set".to_owned(), |date| date.to_string()), missing)
        }
        Condition::Visits(test) => {
            let stage = test.stage.as_ref().unwrap_or(&facts.job.stage);
            leaf(
                format!("visits of `{stage}` {}", number_test(&test.count)),
                visits(test, facts.job).to_string(),
                false,
            )
        }
        Condition::Tasks(test) => {
            leaf(format!("tasks {}", number_test(&test.count)), tasks(test, facts.job).to_string(), false)
        }
        Condition::Items(test) => {
            leaf(format!("items {}", number_test(&test.count)), items(test, facts.job).to_string(), false)
        }
        Condition::Pipeline(wanted) => {
            leaf(format!("pipeline is one of {}", list(wanted)), facts.job.pipeline.to_string(), false)
        }
    }
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") }
}

fn show(value: Option<&FieldValue>) -> String {
    match value {
        None => "not set".to_owned(),
        Some(FieldValue::Flag(flag)) => flag.to_string(),
        Some(FieldValue::Integer(number)) => number.to_string(),
        Some(FieldValue::Decimal(number)) => number.to_string(),
        Some(FieldValue::Text(text)) => text.clone(),
        Some(FieldValue::List(texts)) => list(texts),
    }
}

fn tag_test(whose: &str, test: &TagTest) -> String {
    let mut words = Vec::new();
    for (word, tags) in [("all of", &test.all), ("one of", &test.any), ("none of", &test.none)] {
        if !tags.is_empty() {
            words.push(format!("{word} {}", list(tags)));
        }
    }
    format!("{whose} has {}", words.join(" and "))
}

fn compare_test(test: &Compare) -> String {
    match test {
        Compare::Present => "is set".to_owned(),
        Compare::Absent => "is not set".to_owned(),
        Compare::Equals(value) => format!("is {}", show(Some(value))),
        Compare::Differs(value) => format!("is set and not {}", show(Some(value))),
        Compare::LessThan(value) => format!("is less than {}", show(Some(value))),
        Compare::AtMost(value) => format!("is at most {}", show(Some(value))),
        Compare::GreaterThan(value) => format!("is greater than {}", show(Some(value))),
        Compare::AtLeast(value) => format!("is at least {}", show(Some(value))),
        Compare::Contains(part) => format!("contains `{part}`"),
        Compare::OneOf(values) => format!("is one of {}", list(values.iter().map(|value| show(Some(value))))),
    }
}

fn priority_test(test: &PriorityTest) -> String {
    let bounds = [("at least", test.at_least), ("at most", test.at_most)];
    let words: Vec<String> =
        bounds.into_iter().filter_map(|(word, bound)| Some(format!("{word} {:?}", bound?).to_lowercase())).collect();
    format!("priority is {}", words.join(" and "))
}

fn date_test(test: &DateTest) -> String {
    let mut words = Vec::new();
    let name = |date: JobDate| format!("{date:?}").to_lowercase();
    words.extend(test.before.map(|bound| format!("before {bound}")));
    words.extend(test.after.map(|bound| format!("after {bound}")));
    words.extend(test.before_date.map(|other| format!("before the {} date", name(other))));
    words.extend(test.after_date.map(|other| format!("after the {} date", name(other))));
    if test.past {
        words.push("past".to_owned());
    }
    words.extend(test.within.map(|within| {
        let unit = match within.unit {
            DateUnit::Days => "days",
            DateUnit::BusinessDays => "business days",
            DateUnit::Weeks => "weeks",
            DateUnit::Months => "months",
        };
        format!("within {} {unit}", within.count)
    }));
    format!("{} date is {}", name(test.date), words.join(" and "))
}

fn number_test(test: &NumberTest) -> String {
    if *test == NumberTest::default() {
        return "there are any".to_owned();
    }
    let bounds = [("exactly", test.equals), ("at least", test.at_least), ("at most", test.at_most)];
    let words: Vec<String> =
        bounds.into_iter().filter_map(|(word, bound)| Some(format!("{word} {}", bound?))).collect();
    format!("number {}", words.join(" and "))
}
