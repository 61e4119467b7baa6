//! Every rule of a document's form, by clause.

use serde_json::{Value, json};

use super::validate;
use crate::dates::{DateAnchor, DateExpression, Span};
use crate::definition::{Condition, PipelineDefinition};
use crate::error::{Problem, Severity};
use crate::limits;

fn read(document: Value) -> PipelineDefinition {
    serde_json::from_value(document).expect("a definition")
}

/// A good pipeline of two stages with other parts put in.
fn with(parts: Value) -> PipelineDefinition {
    let mut document = json!({
        "key": "tax", "name": "Tax", "stages": [{"key": "prepare"}, {"key": "review"}, {"key": "done"}],
    });
    for (part, value) in parts.as_object().expect("parts") {
        document[part] = value.clone();
    }
    read(document)
}

/// A good pipeline with one automation of the pipeline.
fn with_rule(rule: Value) -> PipelineDefinition {
    let mut automation = json!({"key": "rule", "on": "job_created", "do": ["archive"]});
    for (part, value) in rule.as_object().expect("parts") {
        automation[part] = value.clone();
    }
    with(json!({"automations": [automation]}))
}

fn with_test(test: Value) -> PipelineDefinition {
    with_rule(json!({"if": test}))
}

fn with_action(action: Value) -> PipelineDefinition {
    with_rule(json!({"do": [action]}))
}

/// The places and codes of the problems.
fn found(definition: &PipelineDefinition) -> Vec<(String, &'static str)> {
    let problems = validate(definition);
    assert!(problems.iter().all(|problem| problem.severity == Severity::Error));
    problems.into_iter().map(|problem| (problem.path, problem.code)).collect()
}

fn only(definition: &PipelineDefinition) -> Problem {
    let mut problems = validate(definition);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[track_caller]
fn refused(definition: &PipelineDefinition, path: &str, code: &str) {
    let problem = only(definition);
    assert_eq!((problem.path.as_str(), problem.code), (path, code), "{problem}");
}

#[track_caller]
fn accepted(definition: &PipelineDefinition) {
    assert_eq!(validate(definition), []);
}

#[test]
fn s2_1_a_good_document_has_no_problems() {
    accepted(&read(json!({
        "key": "tax", "name": "Tax returns", "access": {"only": {"roles": ["Preparer"]}},
        "statuses": [{"key": "waiting", "automove": true, "on_set": [{"key": "ask", "do": [{"request": {"kind": "email"}}]}]}],
        "stages": [
            {"key": "prepare", "automove": true, "time_limit": "3 business days",
             "wip_limit": {"max": 1}, "on_entry": [{"key": "make", "refire": "first_entry", "do": [{"create_tasks": ["t"]}]}]},
            {"key": "check", "when": {"account_tags": {"all": ["vip"]}}},
            {"key": "done", "on_exit": [{"key": "open", "do": [{"set_status": "active"}]}]},
        ],
        "transitions": [{"from": "done", "to": "prepare"}],
        "automations": [{"key": "late", "on": "stage_entered", "stages": ["check"], "refire": "forward_only",
            "if": {"tasks": {"template": "t"}}, "do": [{"set_status": "completed"}, {"set_field": {"scope": "job", "field": "f"}}]}],
        "task_templates": [{"key": "t", "title": "T"}, {"key": "u", "title": "U", "after": ["t", "of_the_firm"]}],
    })));
}

#[test]
fn s2_1_every_problem_is_answered_at_once() {
    let definition = read(json!({
        "key": "tax", "name": " ", "access": {"only": {}},
        "stages": [
            {"key": "a", "when": {"all": []}, "wip_limit": {"max": 0}},
            {"key": "a", "name": "", "on_entry": [{"key": "x", "do": []}]},
        ],
        "transitions": [{"from": "a", "to": "z"}],
        "automations": [{"key": "x", "do": [{"create_tasks": []}, {"add_job_tags": []}]}],
    }));
    let expected = [
        ("name", "empty"),
        ("access.only", "nobody"),
        ("stages[0].when", "condition_on_first"),
        ("stages[0].when.all", "empty_test"),
        ("stages[0].wip_limit.max", "out_of_range"),
        ("stages[1].key", "duplicate_key"),
        ("stages[1].name", "empty"),
        ("transitions[0].to", "unknown_stage"),
        ("stages[1].on_entry[0].do", "no_actions"),
        ("automations[0].key", "duplicate_key"),
        ("automations[0].on", "no_trigger"),
        ("automations[0].do[0].create_tasks", "empty_action"),
        ("automations[0].do[1].add_job_tags", "empty_action"),
    ];
    assert_eq!(found(&definition), expected.map(|(path, code)| (path.to_owned(), code)));
}

#[test]
fn s2_1_no_more_problems_are_listed_than_the_limit() {
    let definition = with_rule(json!({"do": vec![json!({"create_tasks": []}); 100], "stages": []}));
    let mut many = definition.clone();
    many.automations = vec![definition.automations[0].clone(); 10];
    assert_eq!(validate(&many).len(), limits::PROBLEMS);
}

#[test]
fn s2_2_a_pipeline_has_a_stage() {
    refused(&with(json!({"stages": []})), "stages", "no_stages");
}

#[test]
fn s2_2_transitions_name_stages_once() {
    let definition = with(json!({"transitions": [{"from": "preprae", "to": "done"}]}));
    let problem = only(&definition);
    assert_eq!(problem.path, "transitions[0].from");
    assert!(problem.message.ends_with("did you mean `prepare`?"), "{problem}");
    let twice = json!({"transitions": [{"from": "prepare", "to": "done"}, {"from": "prepare", "to": "done"}]});
    refused(&with(twice), "transitions[1]", "duplicate_transition");
    let itself = json!({"transitions": [{"from": "review", "to": "review"}]});
    refused(&with(itself), "transitions[0]", "transition_to_itself");
}

#[test]
fn s2_5_access_for_nobody_is_refused() {
    refused(&with(json!({"access": {"only": {}}})), "access.only", "nobody");
    accepted(&with(json!({"access": {"only": {"roles": ["Reviewer"]}}})));
}

#[test]
fn s3_1_the_first_and_final_stages_have_no_entry_condition() {
    let test = json!({"job_tags": {"all": ["x"]}});
    let stages = json!({"stages": [{"key": "a", "when": test}, {"key": "b"}]});
    refused(&with(stages), "stages[0].when", "condition_on_first");
    let stages = json!({"stages": [{"key": "a"}, {"key": "b", "when": test}]});
    refused(&with(stages), "stages[1].when", "condition_on_final");
    // The last stage is not final when another says that it is.
    let stages = json!({"stages": [{"key": "a"}, {"key": "b", "final": true}, {"key": "c", "when": test}]});
    accepted(&with(stages));
    let stages = json!({"stages": [{"key": "a"}, {"key": "b", "final": true, "when": test}, {"key": "c"}]});
    refused(&with(stages), "stages[1].when", "condition_on_final");
}

#[test]
fn s3_2_a_final_stage_has_no_automove() {
    let stages = json!({"stages": [{"key": "a", "automove": true}, {"key": "b", "automove": true}]});
    refused(&with(stages), "stages[1].automove", "automove_on_final");
    let stages = json!({"stages": [{"key": "a"}, {"key": "b", "final": true}, {"key": "c", "automove": true}]});
    accepted(&with(stages));
}

#[test]
fn s3_2_limits_of_a_stage_are_at_least_one() {
    let limit = |text: &str| json!({"stages": [{"key": "a", "time_limit": text}]});
    refused(&with(limit("0 hours")), "stages[0].time_limit", "out_of_range");
    accepted(&with(limit("10000 business hours")));
    let mut built = with(limit("1 day"));
    built.stages[0].time_limit = Some(crate::dates::Span::hours(10_001));
    refused(&built, "stages[0].time_limit", "limit");
    let stages = json!({"stages": [{"key": "a", "wip_limit": {"max": 0}}]});
    refused(&with(stages), "stages[0].wip_limit.max", "out_of_range");
}

#[test]
fn s2_1_keys_are_used_once() {
    refused(&with(json!({"stages": [{"key": "a"}, {"key": "b"}, {"key": "a"}]})), "stages[2].key", "duplicate_key");
    refused(&with(json!({"statuses": [{"key": "s"}, {"key": "s"}]})), "statuses[1].key", "duplicate_key");
    let task = json!({"key": "t", "title": "T"});
    refused(&with(json!({"task_templates": [task, task]})), "task_templates[1].key", "duplicate_key");
    let rule = json!({"key": "r", "do": ["archive"]});
    let mut on = rule.clone();
    on["on"] = json!("by_hand");
    let parts = json!({"stages": [{"key": "a", "on_exit": [rule]}], "automations": [on]});
    refused(&with(parts), "automations[0].key", "duplicate_key");
}

#[test]
fn s6_4_built_in_statuses_are_not_declared() {
    for status in ["active", "completed", "archived"] {
        refused(&with(json!({"statuses": [{"key": status}]})), "statuses[0].key", "reserved_status");
    }
}

#[test]
fn s2_1_names_are_not_empty() {
    refused(&with(json!({"name": "  "})), "name", "empty");
    refused(&with(json!({"stages": [{"key": "a", "client_name": ""}]})), "stages[0].client_name", "empty");
    refused(&with(json!({"statuses": [{"key": "s", "name": ""}]})), "statuses[0].name", "empty");
    refused(&with(json!({"task_templates": [{"key": "t", "title": ""}]})), "task_templates[0].title", "empty");
    let task = json!({"key": "t", "title": "T", "checklist": ["ok", " "]});
    refused(&with(json!({"task_templates": [task]})), "task_templates[0].checklist[1]", "empty");
    refused(&with(json!({"job_defaults": {"name": ""}})), "job_defaults.name", "empty");
    refused(&with_rule(json!({"name": ""})), "automations[0].name", "empty");
    let task = json!({"create_task": {"key": "t", "title": ""}});
    refused(&with_action(task), "automations[0].do[0].create_task.title", "empty");
    let request = json!({"request": {"kind": "email", "title": ""}});
    refused(&with_action(request), "automations[0].do[0].request.title", "empty");
    refused(&with_action(json!({"set_client_status": ""})), "automations[0].do[0].set_client_status", "empty");
    let job = json!({"create_job": {"account": {"linked": ""}}});
    refused(&with_action(job), "automations[0].do[0].create_job.account.linked", "empty");
}

#[test]
fn s12_1_sizes_have_limits() {
    let keys = |count: usize| (0..count).map(|number| json!({"key": format!("k{number}")})).collect::<Vec<_>>();
    refused(&with(json!({"stages": keys(limits::STAGES + 1)})), "stages", "limit");
    accepted(&with(json!({"stages": keys(limits::STAGES)})));
    refused(&with(json!({"statuses": keys(limits::STATUSES + 1)})), "statuses", "limit");
    let actions = vec![json!("archive"); limits::ACTIONS + 1];
    refused(&with_rule(json!({"do": actions})), "automations[0].do", "limit");
    let rules: Vec<_> = (0..=limits::AUTOMATIONS)
        .map(|number| json!({"key": format!("r{number}"), "on": "by_hand", "do": ["archive"]}))
        .collect();
    let problem = only(&with(json!({"automations": rules})));
    assert_eq!(problem.path, "automations");
    assert!(problem.message.contains("AUTOMATIONS of 1000 (it is 1001)"), "{problem}");
    refused(&with(json!({"name": "x".repeat(limits::NAME_BYTES + 1)})), "name", "limit");
    let text = "x".repeat(limits::TEXT_BYTES + 1);
    refused(&with(json!({"description": text})), "description", "limit");
    refused(&with(json!({"stages": [{"key": "a", "description": text}]})), "stages[0].description", "limit");
    let body = json!({"request": {"kind": "email", "body": text}});
    refused(&with_action(body), "automations[0].do[0].request.body", "limit");
    let payload = json!({"signal": {"name": "s", "payload": "x".repeat(limits::PAYLOAD_BYTES)}});
    refused(&with_action(payload), "automations[0].do[0].signal.payload", "limit");
}

#[test]
fn s12_1_lists_in_templates_have_limits() {
    let texts = |count: usize| (0..count).map(|number| format!("k{number}")).collect::<Vec<_>>();
    let task = |part: &str, value: Value| {
        let mut task = json!({"key": "t", "title": "T"});
        task[part] = value;
        with(json!({"task_templates": [task]}))
    };
    let steps = texts(limits::CHECKLIST + 1);
    refused(&task("checklist", json!(steps)), "task_templates[0].checklist", "limit");
    refused(&task("tags", json!(texts(limits::TAGS + 1))), "task_templates[0].tags", "limit");
    refused(&task("after", json!(texts(limits::PREREQUISITES + 1))), "task_templates[0].after", "limit");
    let roles = json!({"roles": texts(limits::ROLE_HOLDERS + 1)});
    refused(&task("assign", roles), "task_templates[0].assign.roles", "limit");
    let job = |part: &str, value: Value| with(json!({"job_defaults": {part: value}}));
    refused(&job("tags", json!(texts(limits::TAGS + 1))), "job_defaults.tags", "limit");
    let fields: serde_json::Map<_, _> = texts(limits::FIELDS + 1).into_iter().map(|field| (field, json!(1))).collect();
    refused(&job("fields", json!(fields)), "job_defaults.fields", "limit");
    let list = json!({"f": texts(limits::FIELD_LIST + 1)});
    refused(&job("fields", list), "job_defaults.fields.f", "limit");
    refused(
        &with_action(json!({"add_account_tags": texts(limits::TAGS + 1)})),
        "automations[0].do[0].add_account_tags",
        "limit",
    );
}

#[test]
fn s5_2_depth_and_size_of_conditions_are_bounded() {
    let nested = |depth: usize| {
        let mut test = json!({"role_filled": "Preparer"});
        for _ in 1..depth {
            test = json!({"not": test});
        }
        with_test(test)
    };
    accepted(&nested(limits::CONDITION_DEPTH));
    refused(&nested(limits::CONDITION_DEPTH + 1), "automations[0].if", "limit");
    let wide = |tests: usize| with_test(json!({"any": vec![json!({"role_filled": "Preparer"}); tests]}));
    accepted(&wide(limits::CONDITION_NODES - 1));
    refused(&wide(limits::CONDITION_NODES), "automations[0].if", "limit");
}

#[test]
fn s5_2_a_condition_nested_far_past_the_limit_is_not_followed() {
    let mut deep = Condition::RoleFilled("r".try_into().expect("a key"));
    for _ in 0..2_000 {
        deep = Condition::Not(Box::new(deep));
    }
    let mut definition = with_test(json!({"role_filled": "r"}));
    definition.automations[0].condition = Some(deep);
    refused(&definition, "automations[0].if", "limit");
}

#[test]
fn s5_2_tests_that_test_nothing_are_refused() {
    for (test, path) in [
        (json!({"all": []}), "all"),
        (json!({"any": []}), "any"),
        (json!({"account_tags": {}}), "account_tags"),
        (json!({"job_tags": {}}), "job_tags"),
        (json!({"status": []}), "status"),
        (json!({"priority": {}}), "priority"),
        (json!({"date": {"date": "due"}}), "date"),
        (json!({"visits": {}}), "visits"),
        (json!({"pipeline": []}), "pipeline"),
        (json!({"field": {"scope": "job", "field": "f", "is": {"one_of": []}}}), "field.is.one_of"),
        (json!({"field": {"scope": "job", "field": "f", "is": {"contains": ""}}}), "field.is.contains"),
    ] {
        refused(&with_test(test.clone()), &format!("automations[0].if.{path}"), "empty_test");
        let path = format!("stages[1].exit.all[0].not.{path}");
        let stages = json!([{"key": "prepare"}, {"key": "b", "exit": {"all": [{"not": test}]}}, {"key": "c"}]);
        refused(&with(json!({"stages": stages})), &path, "empty_test");
    }
}

#[test]
fn s5_2_tests_that_never_hold_are_refused() {
    let priority = json!({"priority": {"at_least": "high", "at_most": "low"}});
    refused(&with_test(priority), "automations[0].if.priority", "impossible_test");
    for count in
        [json!({"at_least": 3, "at_most": 2}), json!({"equals": 1, "at_least": 2}), json!({"equals": 3, "at_most": 2})]
    {
        for part in ["tasks", "items", "visits"] {
            let path = format!("automations[0].if.{part}.count");
            refused(&with_test(json!({part: {"count": count}})), &path, "impossible_test");
        }
    }
}

#[test]
fn s5_2_a_count_that_says_nothing_means_at_least_one() {
    accepted(&with_test(json!({"tasks": {"template": "t"}})));
    accepted(&with_test(json!({"items": {}})));
    accepted(&with_test(json!({"visits": {"stage": "review"}})));
}

#[test]
fn s5_1_automations_say_what_sets_them_off_where_their_place_does_not() {
    let rule = |rule: Value| with(json!({"stages": [{"key": "a", "on_entry": [rule]}]}));
    let on = json!({"key": "r", "on": "stage_entered", "do": ["archive"]});
    refused(&rule(on), "stages[0].on_entry[0].on", "misplaced");
    let stages = json!({"key": "r", "stages": ["a"], "do": ["archive"]});
    refused(&rule(stages), "stages[0].on_entry[0].stages", "misplaced");
    let status =
        json!({"key": "s", "on_set": [{"key": "r", "on": "by_hand", "stages": ["prepare"], "do": ["archive"]}]});
    let paths = [
        ("statuses[0].on_set[0].on".to_owned(), "misplaced"),
        ("statuses[0].on_set[0].stages".to_owned(), "misplaced"),
    ];
    assert_eq!(found(&with(json!({"statuses": [status]}))), paths);
    refused(&with_rule(json!({"on": null})), "automations[0].on", "no_trigger");
}

#[test]
fn s5_1_an_automation_is_bound_to_stages_that_exist() {
    let problem = only(&with_rule(json!({"on": "by_hand", "stages": ["revew"]})));
    assert_eq!((problem.path.as_str(), problem.code), ("automations[0].stages", "unknown_stage"));
    assert!(problem.message.ends_with("; did you mean `review`?"), "{problem}");
    accepted(&with_rule(json!({"on": "by_hand", "stages": ["review"]})));
}

#[test]
fn s5_6_only_what_an_entry_sets_off_can_be_kept_from_running_again() {
    refused(&with_rule(json!({"refire": "first_entry"})), "automations[0].refire", "misplaced");
    accepted(&with_rule(json!({"refire": "first_entry", "on": "stage_entered"})));
    let rule = json!({"key": "r", "refire": "forward_only", "do": ["archive"]});
    accepted(&with(json!({"stages": [{"key": "a", "on_entry": [rule]}]})));
    refused(&with(json!({"stages": [{"key": "a", "on_exit": [rule]}]})), "stages[0].on_exit[0].refire", "misplaced");
}

#[test]
fn s5_3_actions_that_do_nothing_are_refused() {
    for (action, part) in [
        (json!({"create_tasks": []}), "create_tasks"),
        (json!({"add_account_tags": []}), "add_account_tags"),
        (json!({"remove_account_tags": []}), "remove_account_tags"),
        (json!({"replace_account_tags": {"remove": [], "add": []}}), "replace_account_tags"),
        (json!({"add_job_tags": []}), "add_job_tags"),
        (json!({"remove_job_tags": []}), "remove_job_tags"),
        (json!({"assign": {}}), "assign"),
        (json!({"unassign": {}}), "unassign"),
        (json!({"update_account_access": {"mode": "replace", "who": {}}}), "update_account_access.who"),
    ] {
        refused(&with_action(action), &format!("automations[0].do[0].{part}"), "empty_action");
    }
    accepted(&with_action(json!({"replace_assignees": {}})));
    refused(&with_rule(json!({"do": []})), "automations[0].do", "no_actions");
}

#[test]
fn s6_4_statuses_that_are_named_exist() {
    let statuses = |action: Value| {
        let mut definition = with_action(action);
        definition.statuses = with(json!({"statuses": [{"key": "waiting"}]})).statuses;
        definition
    };
    accepted(&statuses(json!({"set_status": "waiting"})));
    accepted(&statuses(json!({"set_status": "active"})));
    let problem = only(&statuses(json!({"set_status": "waitng"})));
    assert_eq!((problem.path.as_str(), problem.code), ("automations[0].do[0].set_status", "unknown_status"));
    assert!(problem.message.ends_with("; did you mean `waiting`?"), "{problem}");
    let problem = only(&statuses(json!({"set_status": "archived"})));
    assert_eq!(problem.code, "status_archived");
    assert!(problem.message.contains("`archive`"), "{problem}");
    accepted(&with_rule(json!({"on": {"status_set": {"status": "archived"}}})));
    let trigger = with_rule(json!({"on": {"status_set": {"status": "gone"}}}));
    refused(&trigger, "automations[0].on.status_set.status", "unknown_status");
    refused(&with_test(json!({"status": ["active", "gone"]})), "automations[0].if.status", "unknown_status");
}

#[test]
fn s6_2_relative_dates_are_not_absurdly_far() {
    // Their text has its limits; what is built in Rust is held to the same.
    let far = |count: u32| DateExpression::from(DateAnchor::Creation).before(Span::days(count));
    let mut task = with(json!({"task_templates": [{"key": "t", "title": "T", "due": "10000 days before creation"}]}));
    accepted(&task);
    task.task_templates[0].due = Some(far(10_001));
    refused(&task, "task_templates[0].due", "date");
    task.task_templates[0].due = Some(far(u32::MAX));
    refused(&task, "task_templates[0].due", "date");
    task.task_templates[0].due = Some(DateExpression::from(DateAnchor::Creation).after(Span::hours(1)));
    refused(&task, "task_templates[0].due", "date");
    let mut job = with(json!({"job_defaults": {}}));
    job.job_defaults.as_mut().expect("defaults").statutory = Some(far(10_001));
    refused(&job, "job_defaults.statutory", "date");
    let mut deep = far(1);
    for _ in 0..limits::DATE_DEPTH {
        deep = deep.after(Span::days(1));
    }
    job.job_defaults.as_mut().expect("defaults").statutory = Some(deep);
    refused(&job, "job_defaults.statutory", "date");
}

#[test]
fn s7_2_dates_of_a_template_do_not_count_from_each_other_in_a_circle() {
    let job = |dates: serde_json::Value| with(json!({"job_defaults": dates}));
    accepted(&job(json!({"due": "5 days before statutory", "start": "10 days before due"})));
    refused(&job(json!({"due": "5 days before due"})), "job_defaults", "date_circle");
    let circle = json!({"due": "5 days before statutory", "statutory": "last day of the month after start",
        "start": "10 days before due"});
    let problem = only(&job(circle));
    assert_eq!((problem.path.as_str(), problem.code), ("job_defaults", "date_circle"));
    assert!(problem.message.contains("start → due → statutory → start"), "{}", problem.message);
}

#[test]
fn s7_2_task_templates_do_not_wait_for_each_other_in_a_circle() {
    let task = |key: &str, after: &[&str]| json!({"key": key, "title": key, "after": after});
    let circle = [task("file", &["sign"]), task("prepare", &[]), task("sign", &["prepare", "file"])];
    let problem = only(&with(json!({"task_templates": circle})));
    assert_eq!((problem.path.as_str(), problem.code), ("task_templates[0].after", "task_circle"));
    assert!(problem.message.contains("`file` → `sign` → `file`"), "{problem}");
    refused(&with(json!({"task_templates": [task("a", &["a"])]})), "task_templates[0].after", "task_circle");
    accepted(&with(json!({"task_templates": [task("a", &["of_the_firm"]), task("b", &["a"])]})));
    let inline = with_action(json!({"create_task": task("a", &["a"])}));
    refused(&inline, "automations[0].do[0].create_task.after", "task_circle");
}

#[test]
fn s7_2_many_tasks_of_one_key_are_checked_quickly() {
    let task = json!({"create_task": {"key": "t", "title": "T", "after": ["t"]}});
    let rules: Vec<_> = (0..300)
        .map(|number| json!({"key": format!("r{number}"), "on": "by_hand", "do": vec![task.clone(); 100]}))
        .collect();
    let problems = found(&with(json!({"automations": rules})));
    assert_eq!(problems, [("automations[0].do[0].create_task.after".to_owned(), "task_circle")]);
}

#[test]
fn s5_2_numbers_are_finite() {
    let mut definition = with_action(json!({"set_field": {"scope": "job", "field": "f", "value": 1.5}}));
    let crate::definition::Action::SetField(order) = &mut definition.automations[0].actions[0] else {
        panic!("the action that was written");
    };
    order.value = Some(crate::model::FieldValue::Decimal(f64::NAN));
    refused(&definition, "automations[0].do[0].set_field.value", "not_finite");
}
