//! Names of things that do not exist.

use serde_json::{Value, json};

use super::{expect, keys, lint_alone, only, read};
use crate::definition::TaskTemplate;
use crate::error::Problem;
use crate::error::Severity::{Error, Warning};
use crate::lint::{Surroundings, lint};
use crate::model::{FirmSettings, ItemKind};

fn task(key: &str, after: &[&str]) -> TaskTemplate {
    serde_json::from_value(json!({"key": key, "title": key, "after": after})).expect("a template")
}

fn firm() -> Surroundings {
    let mut settings = FirmSettings::named("Firm");
    settings.roles = keys(&["Preparer", "Reviewer"]);
    settings.item_kinds = [("k1_package".try_into().expect("a key"), Default::default())].into();
    settings.host_templates = [(ItemKind::Organizer, keys(&["individual"]))].into();
    settings.folder_templates = Some(keys(&["yearly"]));
    let mut around = Surroundings::default();
    around.set_firm(&settings);
    around.task_templates = [("call".try_into().expect("a key"), task("call", &[]))].into();
    around.job_templates = keys(&["return"]);
    around.pipelines = [("books".try_into().expect("a key"), keys(&["collect", "close"]))].into();
    around
}

fn with_action(action: Value) -> Value {
    json!({
        "stages": [{"key": "prepare"}, {"key": "done"}],
        "task_templates": [{"key": "file", "title": "File"}],
        "automations": [
            {"key": "r", "on": "by_hand", "if": {"role_filled": "Preparer"}, "do": [action]},
            {"key": "i", "on": "by_hand", "do": [{"create_task": {"key": "inline", "title": "In place"}}]},
        ],
    })
}

fn with_test(test: Value) -> Value {
    let mut parts = with_action(json!("archive"));
    parts["automations"][0]["if"] = test;
    parts
}

fn with_trigger(on: Value) -> Value {
    let mut parts = with_action(json!("archive"));
    parts["automations"][0]["on"] = on;
    parts
}

#[track_caller]
fn lint_in(parts: Value) -> Vec<Problem> {
    lint(&read(parts), &firm())
}

#[track_caller]
fn unknown(parts: Value, path: &str, code: &str, near: &str) {
    let problems = lint_in(parts);
    expect(&problems, Error, path, code);
    assert!(problems[0].message.ends_with(&format!("; did you mean `{near}`?")), "{}", problems[0]);
}

const ACTION: &str = "automations[0].do[0]";

#[test]
fn s2_6_roles_that_do_not_exist_are_errors() {
    let roles = json!({"roles": ["Preparer", "Revewer"]});
    for word in ["assign", "unassign", "replace_assignees"] {
        unknown(with_action(json!({word: roles})), &format!("{ACTION}.{word}.roles"), "unknown_role", "Reviewer");
    }
    let access = json!({"update_account_access": {"mode": "add", "who": roles}});
    unknown(with_action(access), &format!("{ACTION}.update_account_access.who.roles"), "unknown_role", "Reviewer");
    let inline = json!({"create_task": {"key": "t", "title": "T", "assign": roles}});
    unknown(with_action(inline), &format!("{ACTION}.create_task.assign.roles"), "unknown_role", "Reviewer");
    unknown(with_test(json!({"role_filled": "Preparr"})), "automations[0].if.role_filled", "unknown_role", "Preparer");
    let mut parts = with_action(json!("archive"));
    parts["access"] = json!({"only": roles});
    unknown(parts, "access.only.roles", "unknown_role", "Reviewer");
    let mut parts = with_action(json!("archive"));
    parts["job_defaults"] = json!({"assign": roles});
    unknown(parts, "job_defaults.assign.roles", "unknown_role", "Reviewer");
    let mut parts = with_action(json!("archive"));
    parts["task_templates"][0]["assign"] = roles;
    unknown(parts, "task_templates[0].assign.roles", "unknown_role", "Reviewer");
}

#[test]
fn s2_6_any_role_is_accepted_where_the_firm_names_none() {
    assert_eq!(lint_alone(with_action(json!({"assign": {"roles": ["Anybody"]}}))), []);
    let mut around = firm();
    around.set_firm(&FirmSettings::named("Firm"));
    assert_eq!(around.roles, None);
    assert_eq!(around.item_kinds, Some(keys(&[])));
}

#[test]
fn s2_6_task_templates_are_the_pipelines_own_or_the_firms() {
    assert_eq!(lint_in(with_action(json!({"create_tasks": ["file", "call"]}))), []);
    let path = format!("{ACTION}.create_tasks[1]");
    unknown(with_action(json!({"create_tasks": ["file", "cal"]})), &path, "unknown_task_template", "call");
    // A task written in place is no template to make others from, but can be named where made.
    let problems = lint_in(with_action(json!({"create_tasks": ["inline"]})));
    expect(&problems, Error, &format!("{ACTION}.create_tasks[0]"), "unknown_task_template");
    assert_eq!(lint_in(with_test(json!({"tasks": {"template": "inline"}}))), []);
    let code = "unknown_task_template";
    unknown(with_test(json!({"tasks": {"template": "inlin"}})), "automations[0].if.tasks.template", code, "inline");
    let on = json!({"task_completed": {"template": "fil"}});
    unknown(with_trigger(on), "automations[0].on.task_completed.template", code, "file");
    let end = json!({"templates": ["fil"]});
    for word in ["complete_tasks", "cancel_tasks"] {
        unknown(with_action(json!({word: end})), &format!("{ACTION}.{word}.templates"), code, "file");
    }
    let mut parts = with_action(json!("archive"));
    parts["task_templates"][0]["after"] = json!(["cal"]);
    unknown(parts, "task_templates[0].after", code, "call");
}

#[test]
fn s2_6_tasks_that_wait_in_a_circle_through_the_firms_are_an_error() {
    let mut around = firm();
    around.task_templates.insert("call".try_into().expect("a key"), task("call", &["file"]));
    let mut parts = with_action(json!("archive"));
    parts["task_templates"][0]["after"] = json!(["call"]);
    let problems = lint(&read(parts), &around);
    expect(&problems, Error, "task_templates[0].after", "task_circle");
    assert!(problems[0].message.contains("`file` → `call` → `file`"), "{}", problems[0]);
    // The pipeline's own template hides the firm's of the same key.
    let mut parts = with_action(json!("archive"));
    parts["task_templates"] = json!([{"key": "file", "title": "F", "after": ["call"]}, {"key": "call", "title": "C"}]);
    assert_eq!(lint(&read(parts), &around), []);
}

#[test]
fn s2_6_job_templates_that_do_not_exist_are_errors() {
    let job = |template: &str| with_action(json!({"create_job": {"pipeline": "books", "template": template}}));
    assert_eq!(lint_in(job("return")), []);
    unknown(job("retrn"), &format!("{ACTION}.create_job.template"), "unknown_job_template", "return");
    let mut parts = with_action(json!("archive"));
    parts["job_template"] = json!("retrun");
    unknown(parts, "job_template", "unknown_job_template", "return");
}

#[test]
fn s2_6_host_templates_that_do_not_exist_are_warnings() {
    let request = |kind: &str, key: &str| with_action(json!({"request": {"kind": kind, "template": key}}));
    assert_eq!(lint_in(request("organizer", "individual")), []);
    assert_eq!(lint_in(request("invoice", "any")), []);
    let problems = lint_in(request("organizer", "indivdual"));
    expect(&problems, Warning, &format!("{ACTION}.request.template"), "unknown_host_template");
    assert!(problems[0].message.ends_with("; did you mean `individual`?"), "{}", problems[0]);
    let on = json!({"item_reached": {"kind": "organizer", "template": "x", "status": "submitted"}});
    let problems = lint_in(with_trigger(on));
    expect(&problems, Warning, "automations[0].on.item_reached.template", "unknown_host_template");
    let test = json!({"items": {"kind": "organizer", "template": "x"}});
    expect(&lint_in(with_test(test)), Warning, "automations[0].if.items.template", "unknown_host_template");
    let problems = lint_in(with_action(json!({"apply_folder_template": "yerly"})));
    expect(&problems, Warning, &format!("{ACTION}.apply_folder_template"), "unknown_folder_template");
}

#[test]
fn s2_6_item_kinds_that_do_not_exist_are_errors() {
    let code = "unknown_item_kind";
    assert_eq!(lint_in(with_action(json!({"request": {"kind": "k1_package"}}))), []);
    unknown(
        with_action(json!({"request": {"kind": "organiser"}})),
        &format!("{ACTION}.request.kind"),
        code,
        "organizer",
    );
    let on = json!({"item_reached": {"kind": "k1_packge", "status": "ok"}});
    unknown(with_trigger(on), "automations[0].on.item_reached.kind", code, "k1_package");
    unknown(with_test(json!({"items": {"kind": "e-mail"}})), "automations[0].if.items.kind", code, "email");
    for word in ["complete_items", "cancel_items"] {
        let action = json!({word: {"kinds": ["invoce"]}});
        unknown(with_action(action), &format!("{ACTION}.{word}.kinds"), code, "invoice");
    }
    assert_eq!(lint_alone(with_action(json!({"request": {"kind": "anything"}}))), []);
}

#[test]
fn s2_6_stages_that_do_not_exist_are_errors() {
    let code = "unknown_stage";
    unknown(with_action(json!({"move_to": "prepar"})), &format!("{ACTION}.move_to"), code, "prepare");
    let test = json!({"visits": {"stage": "don", "count": {"at_least": 2}}});
    unknown(with_test(test), "automations[0].if.visits.stage", code, "done");
    let path = format!("{ACTION}.create_job.stage");
    unknown(with_action(json!({"create_job": {"stage": "prepar"}})), &path, code, "prepare");
    unknown(with_action(json!({"create_job": {"pipeline": "books", "stage": "colect"}})), &path, code, "collect");
    let away = json!({"move_to_pipeline": {"pipeline": "books", "stage": "clse"}});
    unknown(with_action(away), &format!("{ACTION}.move_to_pipeline.stage"), code, "close");
}

#[test]
fn s2_6_pipelines_that_do_not_exist_are_errors() {
    let code = "unknown_pipeline";
    let away = json!({"move_to_pipeline": {"pipeline": "boks", "stage": "whatever"}});
    unknown(with_action(away), &format!("{ACTION}.move_to_pipeline.pipeline"), code, "books");
    let job = json!({"create_job": {"pipeline": "taxx"}});
    unknown(with_action(job), &format!("{ACTION}.create_job.pipeline"), code, "tax");
    unknown(with_test(json!({"pipeline": ["tax", "bookz"]})), "automations[0].if.pipeline", code, "books");
    let own = json!({"create_job": {"pipeline": "tax", "stage": "done"}});
    assert_eq!(lint_in(with_action(own)), []);
}

#[test]
fn s2_6_a_name_like_none_known_gets_no_suggestion() {
    let problems = lint_in(with_action(json!({"move_to": "xyzzy"})));
    assert!(only(&problems).message.ends_with("in this pipeline"), "{}", problems[0]);
}

#[test]
fn s6_2_dates_name_calendars_and_tasks_that_exist() {
    let set = |to: &str| with_action(json!({"set_date": {"date": "due", "to": to}}));
    let path = "automations[0].do[0].set_date.to";
    unknown(set("3 days after creation, following on us-cd"), path, "unknown_calendar", "us-dc");
    unknown(set("1 day after completion of task fil"), path, "unknown_task_template", "file");
    for good in
        ["due, following on us-dc", "completion of task file", "completion of task inline", "completion of task call"]
    {
        assert_eq!(lint_in(set(good)), [], "{good}");
    }
    let wait = with_action(json!({"wait": {"until": "due, following on us-cd"}}));
    unknown(wait, "automations[0].do[0].wait.until", "unknown_calendar", "us-dc");
    let on = |trigger: Value| {
        let mut parts = with_action(json!("archive"));
        parts["automations"][0]["on"] = trigger;
        parts
    };
    let schedule = json!({"schedule": {"rule": "FREQ=DAILY", "start": "2026-01-01", "calendar": "us-cd"}});
    unknown(on(schedule), "automations[0].on.schedule.calendar", "unknown_calendar", "us-dc");
    for trigger in ["overdue", "due_approaching"] {
        let mut late = json!({"date": "task_due", "template": "fil"});
        if trigger == "due_approaching" {
            late["before"] = json!("1 day");
        }
        let path = format!("automations[0].on.{trigger}.template");
        unknown(on(json!({trigger: late})), &path, "unknown_task_template", "file");
    }
    let with = |part: &str, value: Value| {
        let mut parts = with_action(json!("archive"));
        parts[part] = value;
        parts
    };
    let defaults = with("job_defaults", json!({"extended": "due on us-fedral"}));
    unknown(defaults, "job_defaults.extended", "unknown_calendar", "us-federal");
    let task = with("task_templates", json!([{"key": "file", "title": "File", "due": "completion of task \"cal l\""}]));
    unknown(task, "task_templates[0].due", "unknown_task_template", "call");
}
