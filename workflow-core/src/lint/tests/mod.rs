//! Every finding of clause 2.6.

mod automove;
mod loops;
mod names;
mod reach;
mod tags;

use serde_json::{Value, json};

use super::{Surroundings, lint};
use crate::definition::PipelineDefinition;
use crate::error::{Problem, Severity};
use crate::validate::validate;

/// Reads a good definition; it must be valid by itself.
#[track_caller]
fn read(parts: Value) -> PipelineDefinition {
    let mut document = json!({"key": "tax", "name": "Tax"});
    for (part, value) in parts.as_object().expect("parts") {
        document[part] = value.clone();
    }
    let definition = serde_json::from_value(document).expect("a definition");
    assert_eq!(validate(&definition), []);
    definition
}

#[track_caller]
fn lint_alone(parts: Value) -> Vec<Problem> {
    lint(&read(parts), &Surroundings::default())
}

/// The one finding that is expected.
#[track_caller]
fn only(problems: &[Problem]) -> &Problem {
    assert_eq!(problems.len(), 1, "{problems:#?}");
    &problems[0]
}

#[track_caller]
fn expect(problems: &[Problem], severity: Severity, path: &str, code: &str) {
    let problem = only(problems);
    assert_eq!((problem.severity, problem.path.as_str(), problem.code), (severity, path, code), "{problem}");
}

/// A set of keys.
fn keys<K: Ord + for<'k> TryFrom<&'k str, Error = crate::id::InvalidKey>>(
    names: &[&str],
) -> std::collections::BTreeSet<K> {
    names.iter().map(|name| K::try_from(name).expect("a key")).collect()
}

#[test]
fn s2_6_a_plain_pipeline_has_no_findings() {
    assert_eq!(lint_alone(json!({"stages": [{"key": "a"}, {"key": "b"}, {"key": "c"}]})), []);
    assert_eq!(lint_alone(json!({"stages": [{"key": "a"}]})), []);
}

#[test]
fn s2_6_errors_come_before_warnings_and_are_never_crowded_out() {
    let automove: Vec<_> = (0..199).map(|number| json!({"key": format!("s{number}"), "automove": true})).collect();
    let mut stages = automove;
    stages.push(json!({"key": "end"}));
    let statuses: Vec<_> = (0..100).map(|number| json!({"key": format!("w{number}"), "automove": true})).collect();
    let rule = json!({"key": "r", "on": "by_hand", "do": [{"create_job": {"pipeline": "nowhere"}}]});
    let problems = lint_alone(json!({"stages": stages, "statuses": statuses, "automations": [rule]}));
    assert_eq!(problems.len(), crate::limits::PROBLEMS);
    assert_eq!(problems[0].code, "unknown_pipeline");
    assert_eq!(problems[1].code, "automove_never_fires");
}

#[test]
fn s2_6_an_invalid_definition_does_not_panic() {
    let documents = [
        json!({"key": "p", "name": "", "stages": []}),
        json!({"key": "p", "name": "", "stages": [], "statuses": [{"key": "s", "automove": true}],
            "transitions": [{"from": "x", "to": "y"}],
            "automations": [{"key": "a", "do": ["move_next", {"move_to": "x"}]},
                {"key": "a", "on": "stage_entered", "stages": ["q"], "do": ["move_next", {"create_job": {}}]}]}),
        json!({"key": "p", "name": "", "stages": [{"key": "a", "automove": true, "on_entry": [{"key": "a", "do": []}]}, {"key": "a"}]}),
    ];
    for document in documents {
        let definition: PipelineDefinition = serde_json::from_value(document).expect("a definition");
        assert!(lint(&definition, &Surroundings::default()).len() < 10);
    }
}
