//! Unreachable stages, and stages with no way to a final one.

use serde_json::json;

use super::{expect, lint_alone};
use crate::error::Severity::{Error, Warning};

#[test]
fn s2_6_an_unreachable_stage_is_an_error_where_moves_are_restricted() {
    let stages = json!([{"key": "a"}, {"key": "b"}, {"key": "lost"}, {"key": "d"}]);
    let transitions = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "d"}]);
    let problems = lint_alone(json!({"moves": "transitions", "stages": stages, "transitions": transitions}));
    expect(&problems, Error, "stages[2]", "unreachable_stage");
}

#[test]
fn s2_6_an_unreachable_stage_is_a_warning_where_moves_are_free_and_the_pipeline_branches() {
    let stages = json!([{"key": "a"}, {"key": "b"}, {"key": "parked"}, {"key": "d"}]);
    let transitions = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "d"}]);
    let problems = lint_alone(json!({"stages": stages, "transitions": transitions}));
    expect(&problems, Warning, "stages[2]", "unreachable_stage");
    assert!(problems[0].message.contains("`parked`"), "{}", problems[0]);
}

#[test]
fn s2_6_stages_that_people_alone_use_are_fine_where_nothing_branches() {
    let stages = json!([{"key": "a"}, {"key": "done", "final": true}, {"key": "cancelled", "final": true}]);
    assert_eq!(lint_alone(json!({"stages": stages})), []);
    let problems = lint_alone(json!({"moves": "transitions", "stages": stages}));
    expect(&problems, Error, "stages[2]", "unreachable_stage");
}

#[test]
fn s2_6_a_stage_that_an_automation_leads_to_is_reachable() {
    let transitions = json!([{"from": "a", "to": "c"}]);
    let with = |action: serde_json::Value| {
        json!({
            "moves": "transitions", "transitions": transitions,
            "stages": [{"key": "a"}, {"key": "b"}, {"key": "c", "on_entry": [{"key": "r", "if": {"role_filled": "x"}, "do": [action]}]}, {"key": "d"}],
        })
    };
    assert_eq!(lint_alone(with(json!({"move_to": "b"}))), []);
    assert_eq!(lint_alone(with(json!({"move_to_pipeline": {"pipeline": "tax", "stage": "b"}}))), []);
    assert_eq!(lint_alone(with(json!({"create_job": {"stage": "b"}}))), []);
    expect(&lint_alone(with(json!("archive"))), Error, "stages[1]", "unreachable_stage");
    // An automation of a stage that no job reaches leads nowhere.
    let stages = json!([{"key": "a"}, {"key": "b", "on_entry": [{"key": "r", "do": [{"move_to": "b2"}]}]}, {"key": "b2"}, {"key": "c"}]);
    let problems = lint_alone(json!({"moves": "transitions", "transitions": transitions, "stages": stages}));
    let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["stages[1]", "stages[2]"]);
}

#[test]
fn s2_6_conditional_stages_are_passed_over() {
    let test = json!({"account_tags": {"all": ["vip"]}});
    let stages =
        json!([{"key": "a"}, {"key": "b", "when": test}, {"key": "c", "when": test}, {"key": "d"}, {"key": "e"}]);
    assert_eq!(lint_alone(json!({"moves": "transitions", "stages": stages})), []);
}

#[test]
fn s2_6_a_stage_with_no_way_to_a_final_stage_is_an_error() {
    let stages = json!([{"key": "a"}, {"key": "done", "final": true}, {"key": "stuck"}]);
    let transitions = json!([{"from": "a", "to": "stuck"}, {"from": "a", "to": "done"}]);
    for moves in ["free", "transitions"] {
        let problems = lint_alone(json!({"moves": moves, "stages": stages, "transitions": transitions}));
        expect(&problems, Error, "stages[2]", "no_way_to_final");
    }
}

#[test]
fn s2_6_two_stages_that_lead_only_to_each_other_have_no_way_to_a_final_stage() {
    let stages = json!([{"key": "a"}, {"key": "done", "final": true}, {"key": "x"}, {"key": "y"}]);
    let transitions = json!([{"from": "a", "to": "x"}, {"from": "a", "to": "done"}, {"from": "y", "to": "x"}]);
    let problems = lint_alone(json!({"stages": stages, "transitions": transitions}));
    let found: Vec<_> = problems.iter().map(|problem| (problem.path.as_str(), problem.code)).collect();
    assert_eq!(found, [("stages[2]", "no_way_to_final"), ("stages[3]", "no_way_to_final")]);
}

#[test]
fn s2_6_no_way_to_a_final_stage_is_a_warning_where_people_move_freely() {
    let stages = json!([{"key": "a"}, {"key": "done", "final": true}, {"key": "parked"}]);
    expect(&lint_alone(json!({"stages": stages})), Warning, "stages[2]", "no_way_to_final");
}

#[test]
fn s2_6_a_way_back_or_an_automation_is_a_way_to_a_final_stage() {
    let transitions = json!([{"from": "a", "to": "b"}, {"from": "a", "to": "done"}, {"from": "b", "to": "a"}]);
    let stages = json!([{"key": "a"}, {"key": "done", "final": true}, {"key": "b"}]);
    assert_eq!(lint_alone(json!({"stages": stages, "transitions": transitions})), []);
    let transitions = json!([{"from": "a", "to": "b"}, {"from": "a", "to": "done"}]);
    for action in [json!({"move_to": "a"}), json!("archive"), json!({"set_status": "completed"})] {
        let rule = json!({"key": "r", "on": "by_hand", "stages": ["b"], "do": [action]});
        let parts = json!({"stages": stages, "transitions": transitions, "automations": [rule]});
        assert_eq!(lint_alone(parts), [], "{rule}");
    }
}
