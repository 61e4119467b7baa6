//! Automations that go in circles.

use serde_json::{Value, json};

use super::{expect, lint_alone, only};
use crate::error::Problem;
use crate::error::Severity::{Error, Warning};

/// Findings of a pipeline of three stages with these automations on their entries.
#[track_caller]
fn on_entry(a: Value, b: Value) -> Vec<Problem> {
    lint_alone(json!({"stages": [{"key": "a", "on_entry": a}, {"key": "b", "on_entry": b}, {"key": "c"}]}))
}

/// Findings of a pipeline with a custom status and these automations.
#[track_caller]
fn automations(rules: Value) -> Vec<Problem> {
    lint_alone(json!({
        "stages": [{"key": "a"}, {"key": "b"}, {"key": "c"}], "statuses": [{"key": "waiting"}], "automations": rules,
    }))
}

fn tag(word: &str, tag: &str) -> Value {
    json!({word: {"tag": tag}})
}

#[test]
fn s2_6_stages_that_send_jobs_back_and_forth_are_an_error() {
    let back = json!([{"key": "back", "do": [{"move_to": "a"}]}]);
    let problems = on_entry(json!([{"key": "forth", "do": [{"move_to": "b"}]}]), back.clone());
    expect(&problems, Error, "stages[0].on_entry[0]", "automation_loop");
    let named = "`forth` (enters `b`) → `back` (enters `a`) → `forth`";
    assert!(problems[0].message.contains(named), "{}", problems[0]);
    expect(
        &on_entry(json!([{"key": "on", "do": ["move_next"]}]), back.clone()),
        Error,
        "stages[0].on_entry[0]",
        "automation_loop",
    );
    let whole = json!([{"key": "here", "do": [{"move_to_pipeline": {"pipeline": "tax"}}]}]);
    let problems = on_entry(json!([{"key": "on", "do": [{"move_to": "b"}]}]), whole);
    expect(&problems, Error, "stages[0].on_entry[0]", "automation_loop");
}

#[test]
fn s2_6_a_loop_that_a_condition_or_refire_can_end_is_a_warning() {
    let back = json!([{"key": "back", "do": [{"move_to": "a"}]}]);
    for part in [json!({"if": {"role_filled": "x"}}), json!({"refire": "first_entry"}), json!({"enabled": false})] {
        let mut rule = json!({"key": "forth", "do": [{"move_to": "b"}]});
        rule.as_object_mut().expect("a rule").extend(part.as_object().expect("a part").clone());
        let problems = on_entry(json!([rule]), back.clone());
        expect(&problems, Warning, "stages[0].on_entry[0]", "automation_loop");
    }
}

#[test]
fn s2_6_an_exit_requirement_or_a_full_stage_can_end_a_loop() {
    for part in [json!({"exit": {"role_filled": "x"}}), json!({"wip_limit": {"max": 1, "mode": "refuse"}})] {
        let mut stage = json!({"key": "a", "on_entry": [{"key": "forth", "do": [{"move_to": "b"}]}]});
        stage.as_object_mut().expect("a stage").extend(part.as_object().expect("a part").clone());
        let other = json!({"key": "b", "on_entry": [{"key": "back", "do": [{"move_to": "a"}]}]});
        let problems = lint_alone(json!({"stages": [stage, other, {"key": "c"}]}));
        expect(&problems, Warning, "stages[0].on_entry[0]", "automation_loop");
    }
}

#[test]
fn s2_6_moving_a_job_to_where_it_is_is_no_loop() {
    assert_eq!(on_entry(json!([{"key": "r", "do": [{"move_to": "a"}]}]), json!([])), []);
    // Unless the job has been elsewhere in between.
    let problems = on_entry(json!([{"key": "r", "do": [{"move_to": "b"}, {"move_to": "a"}]}]), json!([]));
    expect(&problems, Error, "stages[0].on_entry[0]", "automation_loop");
}

#[test]
fn s2_6_moves_that_only_go_forward_are_no_loop() {
    let rule = json!({"key": "on", "on": "stage_entered", "stages": ["a", "b"], "do": ["move_next"]});
    assert_eq!(automations(json!([rule])), []);
    let rule = json!({"key": "on", "on": "stage_entered", "do": ["move_next"]});
    assert_eq!(automations(json!([rule])), []);
    let back = json!({"key": "back", "on": "stage_entered", "stages": ["c"], "do": [{"move_to": "a"}]});
    expect(&automations(json!([rule, back])), Warning, "automations[0]", "automation_loop");
}

#[test]
fn s2_6_a_loop_through_exits_is_found() {
    let stages = json!([
        {"key": "a", "on_entry": [{"key": "go", "do": [{"move_to": "b"}]}], "on_exit": [{"key": "mark", "do": [{"add_job_tags": ["x"]}]}]},
        {"key": "b"}, {"key": "c"},
    ]);
    let rule =
        json!({"key": "back", "on": tag("job_tag_added", "x"), "do": [{"remove_job_tags": ["x"]}, {"move_to": "a"}]});
    let problems = lint_alone(json!({"stages": stages, "automations": [rule]}));
    expect(&problems, Error, "stages[0].on_entry[0]", "automation_loop");
    assert!(problems[0].message.contains("`back` (enters `a`) → `go`"), "{}", problems[0]);
}

#[test]
fn s2_6_statuses_that_set_each_other_are_an_error() {
    let problems = automations(json!([
        {"key": "hold", "on": {"status_set": {"status": "active"}}, "do": [{"set_status": "waiting"}]},
        {"key": "free", "on": {"status_set": {"status": "waiting"}}, "do": [{"set_status": "active"}]},
    ]));
    expect(&problems, Error, "automations[0]", "automation_loop");
    let same = json!([{"key": "hold", "on": {"status_set": {"status": "waiting"}}, "do": [{"set_status": "waiting"}]}]);
    assert_eq!(automations(same), []);
}

#[test]
fn s2_6_an_archived_job_goes_in_no_circle() {
    let problems = automations(json!([
        {"key": "away", "on": {"status_set": {"status": "active"}}, "do": ["archive"]},
        {"key": "free", "on": {"status_set": {"status": "archived"}}, "do": [{"set_status": "active"}]},
    ]));
    assert_eq!(problems, []);
}

#[test]
fn s2_6_tags_that_are_only_added_make_no_loop() {
    let mut rules = json!([
        {"key": "one", "on": tag("account_tag_added", "x"), "do": [{"add_account_tags": ["y"]}]},
        {"key": "two", "on": tag("account_tag_added", "y"), "do": [{"add_account_tags": ["x"]}]},
    ]);
    assert_eq!(automations(rules.clone()), []);
    // What takes them off again without being set off by them ends nothing and begins nothing.
    let reset = json!({"key": "reset", "on": "by_hand", "do": ["clear_account_tags"]});
    rules.as_array_mut().expect("rules").push(reset);
    assert_eq!(automations(rules.clone()), []);
    rules[2] = json!({"key": "reset", "on": tag("account_tag_added", "y"), "if": {"role_filled": "z"}, "do": ["clear_account_tags"]});
    expect(&automations(rules), Warning, "automations[0]", "automation_loop");
}

#[test]
fn s2_6_a_tag_that_is_taken_off_and_put_on_again_is_a_loop() {
    let problems = automations(json!([
        {"key": "off", "on": tag("job_tag_added", "x"), "do": [{"remove_job_tags": ["x"]}]},
        {"key": "on", "on": tag("job_tag_removed", "x"), "do": [{"add_job_tags": ["x"]}]},
    ]));
    expect(&problems, Error, "automations[0]", "automation_loop");
    let replace =
        json!([{"key": "r", "on": {"job_tag_added": {}}, "do": [{"remove_job_tags": ["x"]}, {"add_job_tags": ["x"]}]}]);
    expect(&automations(replace), Error, "automations[0]", "automation_loop");
    // Added first and then taken off, it is not added when the automation runs for it.
    let settled = json!([{"key": "r", "on": tag("job_tag_added", "x"), "do": [{"add_job_tags": ["x"]}, {"remove_job_tags": ["x"]}]}]);
    expect(&automations(settled), Warning, "automations[0]", "automation_loop");
}

#[test]
fn s2_6_a_field_loops_only_when_its_value_goes_back_and_forth() {
    let rule = |key: &str, value: i64| json!({"key": key, "on": {"field_changed": {"scope": "job", "field": "f"}}, "do": [{"set_field": {"scope": "job", "field": "f", "value": value}}]});
    assert_eq!(automations(json!([rule("one", 1), rule("same", 1)])), []);
    expect(&automations(json!([rule("one", 1), rule("two", 2)])), Error, "automations[0]", "automation_loop");
}

#[test]
fn s2_6_tasks_loop_only_when_new_ones_are_created() {
    let done = json!({"key": "done", "on": {"task_completed": {}}, "do": [{"complete_tasks": {}}]});
    assert_eq!(automations(json!([done])), []);
    let again = json!({"key": "again", "on": "all_tasks_completed", "do": [{"create_task": {"key": "t", "title": "T"}}, {"complete_tasks": {}}]});
    expect(&automations(json!([again])), Warning, "automations[0]", "automation_loop");
}

#[test]
fn s2_6_items_loop_only_when_new_ones_are_requested() {
    let on = json!({"item_reached": {"kind": "invoice", "status": "completed"}});
    let end = json!({"complete_items": {"kinds": ["invoice"]}});
    assert_eq!(automations(json!([{"key": "r", "on": on, "do": [end]}])), []);
    let ask = json!({"request": {"kind": "invoice"}});
    expect(
        &automations(json!([{"key": "r", "on": on, "do": [ask, end]}])),
        Warning,
        "automations[0]",
        "automation_loop",
    );
    // A status that the host alone reports makes no circle.
    let on = json!({"item_reached": {"kind": "invoice", "status": "paid"}});
    assert_eq!(automations(json!([{"key": "r", "on": on, "do": [ask, end]}])), []);
}

#[test]
fn s2_6_jobs_that_create_jobs_without_end_are_an_error() {
    let problems = automations(json!([{"key": "more", "on": "job_created", "do": [{"create_job": {}}]}]));
    expect(&problems, Error, "automations[0]", "automation_loop");
    let problems =
        on_entry(json!([{"key": "more", "do": [{"create_job": {"account": {"linked": "spouse"}}}]}]), json!([]));
    expect(&problems, Warning, "stages[0].on_entry[0]", "automation_loop");
    assert_eq!(on_entry(json!([{"key": "more", "do": [{"create_job": {"stage": "b"}}]}]), json!([])), []);
}

#[test]
fn s2_6_automove_closes_no_circle() {
    let stages = json!([
        {"key": "a", "automove": true, "on_empty": "advance"},
        {"key": "b", "on_entry": [{"key": "back", "do": [{"move_to": "a"}]}]},
        {"key": "c"},
    ]);
    assert_eq!(lint_alone(json!({"stages": stages})), []);
}

#[test]
fn s2_6_each_knot_of_loops_is_told_once() {
    let rule = |key: &str, to: &str| json!({"key": key, "do": [{"move_to": to}]});
    let stages = json!([
        {"key": "a", "on_entry": [rule("r1", "b"), rule("r2", "c")]},
        {"key": "b", "on_entry": [rule("r3", "a")]},
        {"key": "c", "on_entry": [rule("r4", "b")]},
        {"key": "d", "on_entry": [{"key": "r5", "if": {"role_filled": "x"}, "do": [{"move_to": "e"}]}]},
        {"key": "e", "on_entry": [rule("r6", "d")]},
        {"key": "f"},
    ]);
    let problems = lint_alone(json!({"stages": stages}));
    let found: Vec<_> = problems.iter().map(|problem| (problem.severity, problem.path.as_str())).collect();
    assert_eq!(found, [(Error, "stages[0].on_entry[0]"), (Warning, "stages[3].on_entry[0]")]);
}

#[test]
fn s2_6_what_archives_the_job_may_end_a_loop() {
    let problems = on_entry(
        json!([{"key": "forth", "do": [{"move_to": "b"}]}]),
        json!([{"key": "back", "do": [{"move_to": "a"}]}, {"key": "away", "do": ["archive"]}]),
    );
    expect(&problems, Warning, "stages[0].on_entry[0]", "automation_loop");
}

#[test]
fn s2_6_a_long_loop_is_found_without_deep_recursion() {
    let stages: Vec<_> = (0..200)
        .map(|number| {
            let to = format!("s{}", (number + 1) % 199);
            let rules =
                if number < 199 { json!([{"key": format!("r{number}"), "do": [{"move_to": to}]}]) } else { json!([]) };
            json!({"key": format!("s{number}"), "on_entry": rules})
        })
        .collect();
    let problems = lint_alone(json!({"stages": stages}));
    assert!(only(&problems).message.contains("`r198` (enters `s0`) → `r0`;"), "{}", problems[0]);
}

#[test]
fn s2_6_a_large_pipeline_is_linted_in_bounded_time() {
    let tags: Vec<_> = (0..40).map(|number| format!("t{number}")).collect();
    let rules: Vec<_> = (0..1_000)
        .map(|number| {
            let word = if number % 2 == 0 { "add_job_tags" } else { "remove_job_tags" };
            json!({"key": format!("r{number}"), "on": tag("job_tag_added", &format!("t{}", number % 40)), "do": [{word: tags}, {"move_to": "b"}]})
        })
        .collect();
    let began = std::time::Instant::now();
    assert!(!automations(json!(rules)).is_empty());
    assert!(began.elapsed().as_secs() < 20);
}
