//! The order in which a job's dates follow each other.

use std::collections::BTreeMap;

use super::{DateAnchor, DateExpression};
use crate::definition::JobDate;

/// The date of the job that an expression counts from.
pub(crate) fn source(rule: &DateExpression) -> Option<JobDate> {
    JobDate::ALL.into_iter().find(|date| rule.counts_from(*date))
}

/// The first date that counts from itself, with those in between, back to it.
pub(crate) fn circle(rules: &BTreeMap<JobDate, &DateExpression>) -> Option<Vec<JobDate>> {
    rules.keys().find_map(|first| {
        let mut chain = vec![*first];
        let mut next = rules.get(first).and_then(|rule| source(rule));
        // Each step leads to one other date: more steps than dates go in circles elsewhere.
        for _ in JobDate::ALL {
            let date = next?;
            chain.push(date);
            if date == *first {
                return Some(chain);
            }
            next = rules.get(&date).and_then(|rule| source(rule));
        }
        None
    })
}

/// Says that dates count from each other.
pub(crate) fn circle_message(circle: &[JobDate]) -> String {
    let names: Vec<String> = circle.iter().map(|date| DateAnchor::from(*date).to_string()).collect();
    format!("these dates count from each other in a circle: {}; give one of them another anchor", names.join(" → "))
}

/// The dates of a set of rules, those first that others of it count from.
pub(crate) fn in_order(rules: &BTreeMap<JobDate, &DateExpression>) -> Vec<JobDate> {
    let mut waiting: Vec<JobDate> = rules.keys().copied().collect();
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let counts = |date: &JobDate| {
            let from = rules.get(date).and_then(|rule| source(rule));
            from.is_some_and(|from| from != *date && waiting.contains(&from))
        };
        // In a circle, the first one begins.
        let next = waiting.iter().position(|date| !counts(date)).unwrap_or(0);
        order.push(waiting.remove(next));
    }
    order
}
