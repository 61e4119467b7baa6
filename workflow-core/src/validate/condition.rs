//! Checks of conditions.

use super::{Findings, Names, check_limit, check_text, each_test};
use crate::definition::{Compare, Condition, DateTest, NumberTest, PriorityTest, TagTest, VisitTest};
use crate::limits;
use crate::model::FieldValue;

/// Checks a condition: its size, and each of its tests.
pub(super) fn check(path: &str, condition: &Condition, names: &Names<'_>, found: &mut Findings) {
    if is_too_deep(condition, limits::CONDITION_DEPTH) {
        found.error(path, "limit", || {
            format!("the condition is nested past the limit CONDITION_DEPTH of {}", limits::CONDITION_DEPTH)
        });
    }
    let mut nodes = 0usize;
    each_test(path, condition, &mut |path, test| {
        nodes = nodes.saturating_add(1);
        if nodes <= limits::CONDITION_NODES {
            check_test(path, test, names, found);
        }
    });
    check_limit(path, "CONDITION_NODES", limits::CONDITION_NODES, nodes, "the number of tests", found);
}

/// Whether a condition is nested deeper than this. Stops where it is.
fn is_too_deep(condition: &Condition, depth: usize) -> bool {
    let Some(below) = depth.checked_sub(1) else { return true };
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| is_too_deep(part, below)),
        Condition::Not(part) => is_too_deep(part, below),
        _ => false,
    }
}

fn check_test(path: &str, test: &Condition, names: &Names<'_>, found: &mut Findings) {
    match test {
        Condition::All(parts) if parts.is_empty() => empty(&format!("{path}.all"), "write the tests in it", found),
        Condition::Any(parts) if parts.is_empty() => empty(&format!("{path}.any"), "write the tests in it", found),
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) | Condition::RoleFilled(_) => {}
        Condition::AccountTags(test) => check_tags(&format!("{path}.account_tags"), test, found),
        Condition::JobTags(test) => check_tags(&format!("{path}.job_tags"), test, found),
        Condition::Field(test) => check_compare(&format!("{path}.field.is"), &test.is, found),
        Condition::Status(wanted) => {
            let path = format!("{path}.status");
            if wanted.is_empty() {
                empty(&path, "name at least one status", found);
            }
            wanted.iter().for_each(|status| names.check_status(&path, status, found));
        }
        Condition::Priority(test) => check_priority(&format!("{path}.priority"), test, found),
        Condition::Date(test) => check_date(&format!("{path}.date"), test, found),
        Condition::Visits(test) => check_visits(&format!("{path}.visits"), test, found),
        Condition::Tasks(test) => check_count(&format!("{path}.tasks.count"), &test.count, found),
        Condition::Items(test) => check_count(&format!("{path}.items.count"), &test.count, found),
        Condition::Pipeline(wanted) if wanted.is_empty() => {
            empty(&format!("{path}.pipeline"), "name at least one pipeline", found);
        }
        Condition::Pipeline(_) => {}
    }
}

fn empty(path: &str, remedy: &str, found: &mut Findings) {
    found.error(path, "empty_test", || format!("it tests nothing: {remedy}, or remove it"));
}

fn check_tags(path: &str, test: &TagTest, found: &mut Findings) {
    if *test == TagTest::default() {
        empty(path, "name tags under `all`, `any` or `none`", found);
    }
    for (part, tags) in [("all", &test.all), ("any", &test.any), ("none", &test.none)] {
        check_limit(&format!("{path}.{part}"), "TAGS", limits::TAGS, tags.len(), "the number of tags", found);
    }
}

fn check_compare(path: &str, compare: &Compare, found: &mut Findings) {
    match compare {
        Compare::Present | Compare::Absent => {}
        Compare::Equals(value) => check_value(&format!("{path}.equals"), value, found),
        Compare::Differs(value) => check_value(&format!("{path}.differs"), value, found),
        Compare::LessThan(value) => check_value(&format!("{path}.less_than"), value, found),
        Compare::AtMost(value) => check_value(&format!("{path}.at_most"), value, found),
        Compare::GreaterThan(value) => check_value(&format!("{path}.greater_than"), value, found),
        Compare::AtLeast(value) => check_value(&format!("{path}.at_least"), value, found),
        Compare::Contains(text) => {
            let path = format!("{path}.contains");
            if text.is_empty() {
                empty(&path, "write the text to look for", found);
            }
            check_text(&path, text, found);
        }
        Compare::OneOf(values) => {
            let path = format!("{path}.one_of");
            if values.is_empty() {
                empty(&path, "name at least one value", found);
            }
            check_limit(&path, "FIELD_LIST", limits::FIELD_LIST, values.len(), "the number of values", found);
            values.iter().for_each(|value| check_value(&path, value, found));
        }
    }
}

/// Checks the value of a custom field.
pub(super) fn check_value(path: &str, value: &FieldValue, found: &mut Findings) {
    match value {
        FieldValue::Flag(_) | FieldValue::Integer(_) => {}
        FieldValue::Decimal(number) => {
            if !number.is_finite() {
                found.error(path, "not_finite", || format!("`{number}` is not a finite number"));
            }
        }
        FieldValue::Text(text) => check_text(path, text, found),
        FieldValue::List(texts) => {
            check_limit(path, "FIELD_LIST", limits::FIELD_LIST, texts.len(), "the number of texts", found);
            texts.iter().for_each(|text| check_text(path, text, found));
        }
    }
}

fn check_priority(path: &str, test: &PriorityTest, found: &mut Findings) {
    if *test == PriorityTest::default() {
        empty(path, "write `at_least` or `at_most`", found);
    }
    if let (Some(least), Some(most)) = (test.at_least, test.at_most)
        && least > most
    {
        impossible(path, found);
    }
}

fn impossible(path: &str, found: &mut Findings) {
    found.error(path, "impossible_test", || {
        "it can never hold: `at_least` must not be more than `at_most`, nor may `equals` be outside of them".to_owned()
    });
}

fn check_date(path: &str, test: &DateTest, found: &mut Findings) {
    let compares = test.before.is_some()
        || test.after.is_some()
        || test.before_date.is_some()
        || test.after_date.is_some()
        || test.past
        || test.within.is_some();
    if !compares {
        let remedy = "write `before`, `after`, `before_date`, `after_date`, `past` or `within`";
        empty(path, remedy, found);
    }
}

fn check_visits(path: &str, test: &VisitTest, found: &mut Findings) {
    // Without a stage and without a count it would ask whether the job has been where it is.
    if test.stage.is_none() && test.count == NumberTest::default() {
        empty(path, "name a stage or a count", found);
    }
    check_count(&format!("{path}.count"), &test.count, found);
}

/// Checks a test of a count. One that says nothing means at least one, and is fine.
fn check_count(path: &str, test: &NumberTest, found: &mut Findings) {
    let least = test.equals.into_iter().chain(test.at_least).max();
    let most = test.equals.into_iter().chain(test.at_most).min();
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        impossible(path, found);
    }
}
