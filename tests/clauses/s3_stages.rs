//! Stages: entry conditions, limits, exit requirements.

use serde_json::{Value, json};
use workflow_core::command::{Command, MoveJob};
use workflow_core::id::JobId;
use workflow_core::model::AttentionReason;

use crate::kit::{Office, key, plain};

fn task(title: &str) -> serde_json::Value {
    json!({ "create_task": { "key": title, "title": title } })
}

fn conditional() -> serde_json::Value {
    json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "prepare", "automove": true, "on_entry": [{ "key": "a", "do": [task("a")] }] },
            { "key": "extension", "when": { "account_tags": { "any": ["extend"] } } },
            { "key": "review" }, { "key": "done" }
        ]
    })
}

#[test]
fn s3_1_automove_skips_a_stage_whose_condition_fails() {
    let office = Office::with(conditional());
    let job = office.job();
    let outcome = office.complete(job, "a");
    assert_eq!(office.stage(job), "review");
    let skipped = serde_json::to_string(&outcome.events()).expect("json");
    assert!(skipped.contains(r#""skipped":["extension"]"#), "{skipped}");
}

#[test]
fn s3_1_a_manual_move_into_a_conditional_stage_is_always_allowed() {
    let office = Office::with(conditional());
    let job = office.job();
    office.move_to(job, "extension");
    assert_eq!(office.stage(job), "extension");
}

fn limited(mode: &str) -> serde_json::Value {
    json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "automove": true, "on_entry": [{ "key": "a", "do": [task("a")] }] },
            { "key": "two", "wip_limit": { "max": 1, "mode": mode } },
            { "key": "three" }, { "key": "four" }
        ]
    })
}

#[test]
fn s3_2_a_full_stage_warns() {
    let office = Office::with(limited("warn"));
    let (first, second) = (office.job(), office.job());
    office.move_to(first, "two");
    office.move_to(second, "two");
    assert_eq!(office.stage(second), "two");
    assert_eq!(office.get(second).attention[0].reason, AttentionReason::WipLimit(key("two")));
    office.move_to(second, "three");
    assert!(office.get(second).attention.is_empty());
}

#[test]
fn s3_2_a_full_stage_refuses_and_takes_the_next_when_there_is_room() {
    let office = Office::with(limited("refuse"));
    let (first, second) = (office.job(), office.job());
    office.complete(first, "a");
    assert_eq!(office.stage(first), "two");
    let refused = office.refused(Command::MoveJob(MoveJob::to(second, key("two"))));
    assert!(refused.to_string().contains("holds 1 jobs already"), "{refused}");
    office.complete(second, "a");
    assert_eq!(office.stage(second), "one");
    assert_eq!(office.get(second).attention[0].reason, AttentionReason::Held(key("two")));
    office.move_to(first, "three");
    assert_eq!(office.stage(second), "two");
    assert!(office.get(second).attention.is_empty());
}

#[test]
fn s3_2_an_override_enters_a_full_stage() {
    let office = Office::with(limited("refuse"));
    let (first, second) = (office.job(), office.job());
    office.move_to(first, "two");
    let mut order = MoveJob::to(second, key("two"));
    order.override_rules = true;
    office.run(Command::MoveJob(order));
    assert_eq!(office.stage(second), "two");
}

#[test]
fn s3_2_exit_requirements_hold_before_anything_but_an_override_leaves() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "automove": true, "exit": { "job_tags": { "all": ["checked"] } },
              "on_entry": [{ "key": "a", "do": [task("a")] }] },
            { "key": "two" }, { "key": "three" }
        ]
    }));
    let job = office.job();
    let refused = office.refused(Command::MoveJob(MoveJob::to(job, key("two"))));
    assert!(refused.to_string().contains("exit requirements of `one`"), "{refused}");
    office.complete(job, "a");
    assert_eq!(office.stage(job), "one");
    office.run(Command::TagJob { job, add: [key("checked")].into(), remove: [].into() });
    assert_eq!(office.stage(job), "two");

    let other = office.job();
    let mut order = MoveJob::to(other, key("three"));
    order.override_rules = true;
    office.run(Command::MoveJob(order));
    assert_eq!(office.stage(other), "three");
}

#[test]
fn s3_2_one_bulk_may_fill_a_stage_by_the_rules_and_past_them_by_an_override() {
    let mut pipeline = plain();
    pipeline["stages"][1]["wip_limit"] = json!({ "max": 1, "mode": "refuse" });
    let office = Office::with(pipeline);
    let (first, second) = (office.job(), office.job());
    let moved = |job: JobId, over: bool| json!({ "move_job": { "job": job, "to": "two", "override": over } });
    let bulk = |commands: Value| json!({ "bulk": { "mode": "all_or_nothing", "commands": commands } });
    // Both by the rules are one too many; the second by an override is not.
    office.refused(crate::kit::command(bulk(json!([moved(first, false), moved(second, false)]))));
    office.give(bulk(json!([moved(first, false), moved(second, true)])));
    assert_eq!((office.stage(first).as_str(), office.stage(second).as_str()), ("two", "two"));
}
