//! Automove that can never fire.

use serde_json::{Value, json};

use super::{expect, lint_alone};
use crate::error::Severity::{Error, Warning};

/// A pipeline whose second stage has automove.
fn stages(part: &str, value: Value) -> Value {
    let mut stage = json!({"key": "b", "automove": true});
    stage[part] = value;
    json!({"stages": [{"key": "a"}, stage, {"key": "c"}]})
}

fn creating(action: Value) -> Value {
    json!([{"key": "r", "do": [action]}])
}

#[test]
fn s2_6_automove_with_nothing_to_wait_for_is_a_warning() {
    let problems = lint_alone(stages("name", json!("B")));
    expect(&problems, Warning, "stages[1].automove", "automove_never_fires");
    assert!(problems[0].message.contains("linked by hand"), "{}", problems[0]);
    assert_eq!(lint_alone(stages("on_empty", json!("advance"))), []);
}

#[test]
fn s2_6_automove_waits_for_tasks_and_actionable_items_of_its_stage() {
    let task = json!({"create_task": {"key": "t", "title": "T"}});
    assert_eq!(lint_alone(stages("on_entry", creating(task.clone()))), []);
    assert_eq!(lint_alone(stages("on_entry", creating(json!({"request": {"kind": "organizer"}})))), []);
    assert_eq!(lint_alone(stages("on_entry", creating(json!({"request": {"kind": "k1_package"}})))), []);
    let email = stages("on_entry", creating(json!({"request": {"kind": "email"}})));
    expect(&lint_alone(email), Warning, "stages[1].automove", "automove_never_fires");
    let exit = stages("on_exit", creating(task.clone()));
    expect(&lint_alone(exit), Warning, "stages[1].automove", "automove_never_fires");
    for (on, bound, fires) in [
        ("job_created", json!([]), true),
        ("by_hand", json!(["b"]), true),
        ("by_hand", json!(["a"]), false),
        ("stage_left", json!(["b"]), false),
    ] {
        let mut parts = stages("name", json!("B"));
        parts["automations"] = json!([{"key": "r", "on": on, "stages": bound, "do": [task]}]);
        assert_eq!(lint_alone(parts).is_empty(), fires, "{on} {bound}");
    }
}

#[test]
fn s2_6_automove_with_nowhere_to_go_is_an_error() {
    let stages =
        json!([{"key": "a"}, {"key": "b", "final": true}, {"key": "c", "automove": true, "on_empty": "advance"}]);
    let transitions = json!([{"from": "c", "to": "a"}]);
    let problems = lint_alone(json!({"stages": stages, "transitions": transitions}));
    expect(&problems, Error, "stages[2].automove", "automove_nowhere");
}

#[test]
fn s2_6_a_status_with_automove_creates_something_to_wait_for() {
    let status = |rules: Value| json!({"stages": [{"key": "a"}, {"key": "b"}], "statuses": [{"key": "waiting", "automove": true, "on_set": rules}]});
    expect(&lint_alone(status(json!([]))), Warning, "statuses[0].automove", "automove_never_fires");
    assert_eq!(lint_alone(status(creating(json!({"request": {"kind": "document"}})))), []);
    let mut elsewhere = status(json!([]));
    elsewhere["automations"] = json!([{"key": "r", "on": {"status_set": {"status": "waiting"}}, "do": [{"create_task": {"key": "t", "title": "T"}}]}]);
    assert_eq!(lint_alone(elsewhere), []);
}
