//! Triggers: what sets automations off, and what does not.

use serde_json::{Value, json};
use workflow_core::command::Command;
use workflow_core::id::JobId;
use workflow_core::model::TaskState;

use crate::kit::{Office, account, key, names, ran, set_task};

type Step = fn(&Office, JobId);

/// A pipeline with one automation of its own, which leaves a note.
fn watching(on: &Value) -> Value {
    let mut automation = json!({ "key": "watch", "do": [note()] });
    for (name, value) in on.as_object().expect("a trigger and its bounds") {
        automation[name] = value.clone();
    }
    with_automations(json!([automation]))
}

fn with_automations(automations: Value) -> Value {
    json!({
        "key": "p", "name": "P",
        "statuses": [{ "key": "waiting" }, { "key": "stuck" }],
        "stages": [{ "key": "one" }, { "key": "two" }, { "key": "three" }, { "key": "four" }],
        "task_templates": [{ "key": "draft", "title": "draft" }, { "key": "check", "title": "check" }],
        "automations": automations
    })
}

fn note() -> Value {
    json!({ "request": { "kind": "note" } })
}

fn notes(office: &Office, job: JobId) -> usize {
    office.items(job, "note").len()
}

/// Creates a job, takes the steps, and asks after each how often the automation has run by then.
#[track_caller]
fn check(on: &Value, created: usize, steps: &[(Step, usize)]) {
    let office = Office::with(watching(on));
    let job = office.job();
    assert_eq!(notes(&office, job), created, "{on} at the job's creation");
    for (place, (step, times)) in steps.iter().enumerate() {
        step(&office, job);
        assert_eq!(notes(&office, job), *times, "{on} after step {place}");
    }
}

fn tag_account(office: &Office, add: &[&str], remove: &[&str]) {
    office.give(json!({ "tag_account": { "account": account(1), "add": add, "remove": remove } }));
}

fn tag_job(office: &Office, job: JobId, add: &[&str], remove: &[&str]) {
    office.give(json!({ "tag_job": { "job": job, "add": add, "remove": remove } }));
}

fn set_field(office: &Office, job: JobId, field: &str, change: &Value) {
    office.give(json!({ "edit_job": { "job": job, "changes": { "fields": { field: change } } } }));
}

fn set_account_field(office: &Office, number: u128, field: &str, value: &Value) {
    office.give(json!({ "set_account_field": { "account": account(number), "field": field, "value": value } }));
}

fn item(office: &Office, job: JobId, kind: &str) {
    office.new_item(json!({ "job": job, "kind": kind, "title": kind }));
}

fn task(office: &Office, job: JobId, template: &str) {
    office.new_task(json!({ "job": job, "template": template }));
}

#[test]
fn s5_1_stage_entered() {
    check(
        &json!({ "on": "stage_entered" }),
        1,
        &[
            (|office, job| drop(office.move_to(job, "two")), 2),
            (|office, job| drop(office.move_to(job, "two")), 2),
            (|office, job| tag_job(office, job, &["x"], &[]), 2),
            (|office, job| drop(office.move_to(job, "one")), 3),
        ],
    );
    check(
        &json!({ "on": "stage_entered", "stages": ["two", "four"] }),
        0,
        &[
            (|office, job| drop(office.move_to(job, "three")), 0),
            (|office, job| drop(office.move_to(job, "two")), 1),
            (|office, job| drop(office.move_to(job, "one")), 1),
            (|office, job| drop(office.move_to(job, "four")), 2),
        ],
    );
}

#[test]
fn s5_1_stage_left() {
    check(
        &json!({ "on": "stage_left" }),
        0,
        &[
            (|office, job| drop(office.move_to(job, "two")), 1),
            (|office, job| drop(office.set_status(job, "completed")), 1),
            (|office, job| drop(office.move_to(job, "three")), 2),
        ],
    );
    check(
        &json!({ "on": "stage_left", "stages": ["two"] }),
        0,
        &[
            (|office, job| drop(office.move_to(job, "two")), 0),
            (|office, job| drop(office.move_to(job, "four")), 1),
            (|office, job| drop(office.move_to(job, "one")), 1),
        ],
    );
}

#[test]
fn s5_1_entry_and_exit_by_where_they_are_written() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one" },
            { "key": "two", "on_entry": [{ "key": "in", "do": [note()] }], "on_exit": [{ "key": "out", "do": [note()] }] },
            { "key": "three" }
        ]
    }));
    let job = office.job();
    assert_eq!(notes(&office, job), 0);
    assert_eq!(ran(&office.move_to(job, "two")), ["in"]);
    assert_eq!(ran(&office.move_to(job, "one")), ["out"]);
    assert_eq!(ran(&office.move_to(job, "three")), Vec::<String>::new());
}

#[test]
fn s5_1_job_created() {
    check(
        &json!({ "on": "job_created" }),
        1,
        &[
            (|office, job| drop(office.move_to(job, "two")), 1),
            (|office, _| assert!(office.find(office.job()).is_some()), 1),
            (|office, job| drop(office.give(json!({ "archive_job": { "job": job } }))), 1),
            (|office, job| drop(office.give(json!({ "archive_job": { "job": job, "archived": false } }))), 1),
        ],
    );
    // Bound to stages: where the job is created.
    let office = Office::with(watching(&json!({ "on": "job_created", "stages": ["two"] })));
    let first = office.job();
    let second = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "stage": "two" } }));
    let second = second.job().expect("a job");
    assert_eq!((notes(&office, first), notes(&office, second)), (0, 1));
}

#[test]
fn s5_1_status_set() {
    check(
        &json!({ "on": { "status_set": { "status": "waiting" } } }),
        0,
        &[
            (|office, job| drop(office.set_status(job, "stuck")), 0),
            (|office, job| drop(office.set_status(job, "waiting")), 1),
            (|office, job| drop(office.set_status(job, "waiting")), 1),
            (|office, job| drop(office.set_status(job, "active")), 1),
            (|office, job| drop(office.set_status(job, "waiting")), 2),
        ],
    );
    check(
        &json!({ "on": { "status_set": { "status": "completed" } } }),
        0,
        &[
            (|office, job| drop(office.set_status(job, "waiting")), 0),
            (|office, job| drop(office.set_status(job, "completed")), 1),
        ],
    );
    // It has been active from the beginning: that sets nothing off.
    check(
        &json!({ "on": { "status_set": { "status": "active" } } }),
        0,
        &[
            (|office, job| drop(office.set_status(job, "waiting")), 0),
            (|office, job| drop(office.set_status(job, "active")), 1),
            (|office, job| drop(office.set_status(job, "completed")), 1),
            // Reopened by moving back.
            (|office, job| drop(office.move_to(job, "two")), 2),
        ],
    );
    check(
        &json!({ "on": { "status_set": { "status": "archived" } } }),
        0,
        &[
            (|office, job| drop(office.set_status(job, "completed")), 0),
            (|office, job| drop(office.give(json!({ "archive_job": { "job": job } }))), 1),
        ],
    );
}

#[test]
fn s5_1_a_custom_status_by_where_it_is_written() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "statuses": [{ "key": "waiting", "on_set": [{ "key": "chase", "do": [note()] }] }, { "key": "stuck" }],
        "stages": [{ "key": "one" }, { "key": "two" }]
    }));
    let job = office.job();
    assert_eq!(ran(&office.set_status(job, "stuck")), Vec::<String>::new());
    assert_eq!(ran(&office.set_status(job, "waiting")), ["chase"]);
    assert_eq!(ran(&office.set_status(job, "active")), Vec::<String>::new());
}

#[test]
fn s5_1_task_completed() {
    check(
        &json!({ "on": { "task_completed": {} } }),
        0,
        &[
            (|office, job| (task(office, job, "draft"), task(office, job, "check")).1, 0),
            (|office, job| drop(office.run(set_task(office.tasks(job, "draft")[0].id, TaskState::InProgress))), 0),
            (|office, job| drop(office.run(set_task(office.tasks(job, "draft")[0].id, TaskState::Cancelled))), 0),
            (|office, job| drop(office.complete(job, "check")), 1),
            (|office, job| drop(office.run(set_task(office.tasks(job, "check")[0].id, TaskState::Completed))), 1),
            // Taken up and completed again.
            (|office, job| drop(office.run(set_task(office.tasks(job, "check")[0].id, TaskState::Planned))), 1),
            (|office, job| drop(office.complete(job, "check")), 2),
        ],
    );
    check(
        &json!({ "on": { "task_completed": { "template": "check" } }, "stages": ["two"] }),
        0,
        &[
            (|office, job| (task(office, job, "draft"), task(office, job, "check"), task(office, job, "check")).2, 0),
            (|office, job| drop(office.complete(job, "check")), 0),
            (|office, job| drop(office.move_to(job, "two")), 0),
            (|office, job| drop(office.complete(job, "draft")), 0),
            (|office, job| drop(office.complete(job, "check")), 1),
        ],
    );
}

#[test]
fn s5_1_all_tasks_completed() {
    check(
        &json!({ "on": "all_tasks_completed" }),
        0,
        &[
            (|office, job| (task(office, job, "draft"), task(office, job, "check")).1, 0),
            (|office, job| drop(office.complete(job, "draft")), 0),
            (|office, job| drop(office.complete(job, "check")), 1),
            (|office, job| task(office, job, "draft"), 1),
            (|office, job| task(office, job, "check"), 1),
            (|office, job| drop(office.complete(job, "check")), 1),
            // Cancelling the last open one sets nothing off.
            (|office, job| drop(office.run(set_task(office.tasks(job, "draft")[1].id, TaskState::Cancelled))), 1),
            (|office, job| (task(office, job, "draft"), task(office, job, "check")).1, 1),
            (|office, job| drop(office.run(set_task(office.tasks(job, "draft")[2].id, TaskState::Cancelled))), 1),
            (|office, job| drop(office.complete(job, "check")), 2),
        ],
    );
}

#[test]
fn s5_1_item_reached_a_status() {
    check(
        &json!({ "on": { "item_reached": { "kind": "organizer", "status": "submitted" } } }),
        0,
        &[
            (|office, job| (item(office, job, "organizer"), item(office, job, "invoice")).1, 0),
            (|office, job| drop(office.report(job, "organizer", "seen")), 0),
            (|office, job| drop(office.report(job, "invoice", "submitted")), 0),
            (|office, job| drop(office.report(job, "organizer", "submitted")), 1),
            (|office, job| drop(office.report(job, "organizer", "submitted")), 1),
            (|office, job| drop(office.report(job, "organizer", "reopened")), 1),
            (|office, job| drop(office.report(job, "organizer", "submitted")), 2),
        ],
    );
    check(
        &json!({ "on": { "item_reached": { "status": "opened" } } }),
        0,
        &[
            (|office, job| (item(office, job, "email"), item(office, job, "invoice")).1, 0),
            (|office, job| drop(office.report(job, "email", "opened")), 1),
            (|office, job| drop(office.report(job, "invoice", "paid")), 1),
            (|office, job| drop(office.report(job, "invoice", "opened")), 2),
        ],
    );
}

#[test]
fn s5_1_item_of_a_template_reached_a_status() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "on_entry": [{ "key": "ask", "do": [
                { "request": { "kind": "organizer", "template": "1040" } },
                { "request": { "kind": "organizer", "template": "fbar" } }
            ] }] },
            { "key": "two" }
        ],
        "automations": [
            { "key": "watch", "on": { "item_reached": { "template": "1040", "status": "submitted" } }, "do": [note()] }
        ]
    }));
    let job = office.job();
    let organizers = office.items(job, "organizer");
    let report = |place: usize| {
        office.give(json!({ "report_item": { "item": { "id": organizers[place].id }, "status": "submitted" } }))
    };
    assert_eq!(ran(&report(1)), Vec::<String>::new());
    assert_eq!(ran(&report(0)), ["watch"]);
}

#[test]
fn s5_1_tags_of_the_account() {
    check(
        &json!({ "on": { "account_tag_added": { "tag": "vip" } } }),
        0,
        &[
            (|office, _| tag_account(office, &["late"], &[]), 0),
            (|office, job| tag_job(office, job, &["vip"], &[]), 0),
            (|office, _| tag_account(office, &["vip"], &[]), 1),
            (|office, _| tag_account(office, &["vip"], &[]), 1),
            (|office, _| tag_account(office, &[], &["vip"]), 1),
        ],
    );
    check(
        &json!({ "on": { "account_tag_removed": { "tag": "vip" } } }),
        0,
        &[
            (|office, _| tag_account(office, &["vip", "late"], &[]), 0),
            (|office, _| tag_account(office, &[], &["late"]), 0),
            (|office, _| tag_account(office, &[], &["vip"]), 1),
            (|office, _| tag_account(office, &[], &["vip"]), 1),
        ],
    );
    // Any tag: once for each.
    check(
        &json!({ "on": { "account_tag_added": {} } }),
        0,
        &[
            (|office, _| tag_account(office, &["a", "b"], &[]), 2),
            (|office, _| tag_account(office, &["c"], &["a", "b"]), 3),
        ],
    );
}

#[test]
fn s5_1_tags_of_another_account_set_nothing_off() {
    let office = Office::with(watching(&json!({ "on": { "account_tag_added": {} } })));
    office.account(2, "Acme");
    let (jane, acme, also_acme) = (office.job(), office.job_of(2, "p"), office.job_of(2, "p"));
    office.give(json!({ "tag_account": { "account": account(2), "add": ["vip"] } }));
    assert_eq!([jane, acme, also_acme].map(|job| notes(&office, job)), [0, 1, 1]);
}

#[test]
fn s5_1_tags_of_the_job() {
    check(
        &json!({ "on": { "job_tag_added": { "tag": "extend" } } }),
        0,
        &[
            (|office, job| tag_job(office, job, &["rush"], &[]), 0),
            (|office, _| tag_account(office, &["extend"], &[]), 0),
            (|office, job| tag_job(office, job, &["extend"], &[]), 1),
            (|office, job| tag_job(office, job, &["extend"], &[]), 1),
            (|office, job| tag_job(office, job, &[], &["extend"]), 1),
        ],
    );
    check(
        &json!({ "on": { "job_tag_removed": { "tag": "extend" } } }),
        0,
        &[
            (|office, job| tag_job(office, job, &["extend", "rush"], &[]), 0),
            (|office, job| tag_job(office, job, &[], &["rush"]), 0),
            (|office, job| tag_job(office, job, &[], &["extend"]), 1),
            (|office, job| tag_job(office, job, &[], &["extend"]), 1),
        ],
    );
    check(&json!({ "on": { "job_tag_added": {} } }), 0, &[(|office, job| tag_job(office, job, &["a", "b"], &[]), 2)]);
}

#[test]
fn s5_1_field_changed() {
    check(
        &json!({ "on": { "field_changed": { "scope": "job", "field": "refund" } } }),
        0,
        &[
            (|office, job| set_field(office, job, "form", &json!({ "to": "1040" })), 0),
            (|office, _| set_account_field(office, 1, "refund", &json!(5)), 0),
            (|office, job| set_field(office, job, "refund", &json!({ "to": 5 })), 1),
            (|office, job| set_field(office, job, "refund", &json!({ "to": 5 })), 1),
            (|office, job| set_field(office, job, "refund", &json!("clear")), 2),
        ],
    );
    check(
        &json!({ "on": { "field_changed": { "scope": "account", "field": "entity" } } }),
        0,
        &[
            (|office, _| set_account_field(office, 1, "state", &json!("NY")), 0),
            (|office, job| set_field(office, job, "entity", &json!({ "to": "LLC" })), 0),
            (|office, _| set_account_field(office, 1, "entity", &json!("LLC")), 1),
            (|office, _| set_account_field(office, 1, "entity", &json!("LLC")), 1),
            // What the host says of the account changes its fields too.
            (|office, _| office.account(1, "Jane Doe"), 2),
            (|office, _| office.account(1, "Jane Roe"), 2),
        ],
    );
    check(
        &json!({ "on": { "field_changed": { "scope": "job" } } }),
        0,
        &[(|office, job| set_field(office, job, "any", &json!({ "to": true })), 1)],
    );
}

#[test]
fn s5_1_fired_by_hand() {
    let office = Office::with(watching(&json!({
        "on": "by_hand", "stages": ["two"], "if": { "job_tags": { "all": ["ready"] } }
    })));
    let job = office.job();
    tag_job(&office, job, &["ready"], &[]);
    let fire = || Command::FireAutomation { job, automation: key("watch") };
    let refused = office.refused(fire());
    assert!(refused.to_string().contains("something else sets it off"), "{refused}");
    office.move_to(job, "two");
    assert_eq!(notes(&office, job), 0, "nothing but a person sets it off");
    let outcome = office.run(fire());
    assert_eq!(names(&outcome)[..2], ["fired_by_hand", "automation_ran"]);
    assert_eq!(notes(&office, job), 1);

    tag_job(&office, job, &[], &["ready"]);
    let refused = office.refused(fire());
    assert!(refused.to_string().contains("condition does not hold"), "{refused}");
    tag_job(&office, job, &["ready"], &[]);

    office.give(json!({ "switch_automation": { "pipeline": "p", "automation": "watch", "enabled": false } }));
    let refused = office.refused(fire());
    assert!(refused.to_string().contains("switched off"), "{refused}");
    office.give(json!({ "switch_automation": { "pipeline": "p", "automation": "watch", "enabled": true } }));

    let refused = office.refused(Command::FireAutomation { job, automation: key("nobody") });
    assert!(refused.to_string().contains("nobody"), "{refused}");
    office.give(json!({ "archive_job": { "job": job } }));
    let refused = office.refused(fire());
    assert!(refused.to_string().contains("archived"), "{refused}");
    assert_eq!(notes(&office, job), 1);
}

#[test]
fn s5_1_any_automation_can_be_fired_by_hand_and_is_asked_nothing_of_the_entry() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "statuses": [{ "key": "waiting", "on_set": [{ "key": "chase", "do": [note()] }] }],
        "stages": [
            { "key": "one", "on_entry": [{ "key": "welcome", "refire": "first_entry", "do": [note()] }] },
            { "key": "two", "on_exit": [{ "key": "bye", "do": [note()] }] }, { "key": "three" }
        ],
        "automations": [{ "key": "tagged", "on": { "job_tag_added": {} }, "do": [note()] }]
    }));
    let job = office.job();
    for automation in ["welcome", "bye", "chase", "tagged"] {
        let outcome = office.run(Command::FireAutomation { job, automation: key(automation) });
        assert_eq!(ran(&outcome), [automation]);
    }
}

#[test]
fn s5_1_host_signal_with_payload() {
    let office = Office::with(watching(&json!({ "on": { "signal": { "name": "irs.accepted" } } })));
    let job = office.job();
    let other = office.give(json!({ "signal_job": { "job": job, "name": "irs.rejected" } }));
    assert_eq!(names(&other), ["signal_received"]);
    let payload = json!({ "confirmation": "X-1", "lines": [1, 2] });
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "irs.accepted", "payload": payload } }));
    assert_eq!(ran(&outcome), ["watch"]);
    let kept = serde_json::to_value(&outcome.events()[0].event).expect("json");
    assert_eq!(kept["signal_received"]["payload"], payload);
    // However often it comes.
    office.give(json!({ "signal_job": { "job": job, "name": "irs.accepted" } }));
    assert_eq!(notes(&office, job), 2);
}

#[test]
fn s5_1_a_payload_is_bounded() {
    let office = Office::with(watching(&json!({ "on": { "signal": { "name": "ping" } } })));
    let job = office.job();
    let payload = json!("x".repeat(workflow_core::limits::PAYLOAD_BYTES));
    let command = crate::kit::command(json!({ "signal_job": { "job": job, "name": "ping", "payload": payload } }));
    let refused = office.refused(command);
    assert!(refused.to_string().contains("PAYLOAD_BYTES"), "{refused}");
    assert_eq!(notes(&office, job), 0);
}

#[test]
fn s5_1_the_job_is_created_first_and_then_enters_its_stage() {
    let office = Office::with(with_automations(json!([
        { "key": "entered", "on": "stage_entered", "do": [note()] },
        { "key": "created", "on": "job_created", "do": [note()] }
    ])));
    let outcome = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p" } }));
    assert_eq!(ran(&outcome), ["created", "entered"]);
}

#[test]
fn s5_1_a_move_leaves_passes_enters_and_then_changes_the_status() {
    let office = Office::with(with_automations(json!([
        { "key": "active", "on": { "status_set": { "status": "active" } }, "do": [note()] },
        { "key": "into-four", "on": "stage_entered", "stages": ["four"], "do": [note()] },
        { "key": "into-three", "on": "stage_entered", "stages": ["three"], "do": [note()] },
        { "key": "into-two", "on": "stage_entered", "stages": ["two"], "do": [note()] },
        { "key": "out", "on": "stage_left", "do": [note()] }
    ])));
    let job = office.job();
    office.set_status(job, "completed");
    let outcome = office.give(json!({ "move_job": { "job": job, "to": "three", "fire_jumped": true } }));
    assert_eq!(ran(&outcome), ["out", "into-two", "into-three", "active"]);
}

#[test]
fn s5_1_an_archived_job_runs_nothing_but_what_its_archiving_sets_off() {
    let office = Office::with(with_automations(json!([
        { "key": "archived", "on": { "status_set": { "status": "archived" } }, "do": [note(), { "add_job_tags": ["gone"] }] },
        { "key": "job-tag", "on": { "job_tag_added": {} }, "do": [note()] },
        { "key": "account-tag", "on": { "account_tag_added": {} }, "do": [note()] },
        { "key": "ping", "on": { "signal": { "name": "ping" } }, "do": [note()] },
        { "key": "paid", "on": { "item_reached": { "status": "paid" } }, "do": [note()] }
    ])));
    let job = office.job();
    item(&office, job, "invoice");
    let outcome = office.give(json!({ "archive_job": { "job": job } }));
    assert_eq!(ran(&outcome), ["archived"]);
    tag_account(&office, &["vip"], &[]);
    tag_job(&office, job, &["x"], &[]);
    office.give(json!({ "signal_job": { "job": job, "name": "ping" } }));
    // What the host reports is kept all the same.
    let outcome = office.report(job, "invoice", "paid");
    assert_eq!(names(&outcome), ["item_reported", "job_item_changed"]);
    assert_eq!(notes(&office, job), 1);
}

#[test]
fn s5_1_completed_and_held_jobs_run_theirs() {
    for status in ["completed", "waiting"] {
        let office = Office::with(watching(&json!({ "on": { "job_tag_added": {} } })));
        let job = office.job();
        office.set_status(job, status);
        tag_job(&office, job, &["x"], &[]);
        assert_eq!(notes(&office, job), 1, "{status}");
        assert_eq!(office.status(job), status);
    }
}

#[test]
fn s5_1_the_other_jobs_of_an_item_hear_of_its_status() {
    let office = Office::with(watching(&json!({ "on": { "item_reached": { "status": "paid" } } })));
    let (first, second, third) = (office.job(), office.job(), office.job());
    let invoice = office.new_item(json!({ "job": first, "kind": "invoice", "title": "fee" }));
    office.give(json!({ "link_item": { "item": { "id": invoice }, "job": second } }));
    office.report(first, "invoice", "paid");
    assert_eq!([first, second, third].map(|job| notes(&office, job)), [1, 1, 0]);
}

#[test]
fn s5_1_an_automation_that_is_disabled_in_its_document_is_not_set_off() {
    check(
        &json!({ "on": "stage_entered", "enabled": false }),
        0,
        &[(|office, job| drop(office.move_to(job, "two")), 0)],
    );
}
