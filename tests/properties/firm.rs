//! A small firm in which much happens by itself: three accounts, three members, three pipelines
//! with automove, tags, conditional stages, status automations, limits, exit requirements, rules
//! over tags that reach other jobs, and automations that create jobs, fail and go in circles.

use serde_json::{Value, json};
use uuid::Uuid;
use workflow_core::command::{Command, Request};
use workflow_core::event::Actor;
use workflow_core::id::{AccountId, FirmId, MemberId};

/// The firm's identifier.
pub(crate) fn firm() -> FirmId {
    FirmId(Uuid::from_u128(0xf1))
}

/// A member's identifier by number, from 1: Ann is an admin, Bob reviews, Cy holds no seat at
/// account 1. Number 4 does not exist.
pub(crate) fn member(number: u128) -> MemberId {
    MemberId(Uuid::from_u128(0xb0 + number))
}

/// An account's identifier by number, from 1. Number 4 does not exist.
pub(crate) fn account(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(0xac00 + number))
}

/// A command written as JSON.
pub(crate) fn command(written: Value) -> Command {
    match serde_json::from_value(written.clone()) {
        Ok(command) => command,
        Err(error) => panic!("{error}: {written}"),
    }
}

/// A request of the host's system.
pub(crate) fn system(command: Command) -> Request {
    Request::new(firm(), Actor::system("host"), command)
}

/// The firm's settings. Another year has another holiday and another rule for payments.
pub(crate) fn settings(variant: u16) -> Value {
    let odd = variant % 2 == 1;
    json!({
        "name": if odd { "Ledger & Daughters" } else { "Ledger & Sons" },
        "time_zone": if variant % 8 == 7 { "America/Los_Angeles" } else { "America/New_York" },
        "holidays": if odd { json!(["2026-02-16"]) } else { json!(["2026-02-16", "2026-05-25"]) },
        "roles": ["preparer", "reviewer", "partner"],
        "item_kinds": { "audit_letter": { "actionable": true, "done": ["answered"], "declined": ["refused"] } },
        "host_templates": { "organizer": ["1040", "1065"] },
        "task_statuses": { "waiting for client": "in_progress", "dropped": "cancelled" },
        "payment_submitted_is_done": odd,
    })
}

/// What the host says of an account. Nobody is partner at account 1 and 2.
pub(crate) fn account_record(number: u128, variant: u16) -> Value {
    let mut roles = json!({ "preparer": [member(1)], "reviewer": [member(2)] });
    if number == 3 || !variant.is_multiple_of(3) {
        roles["partner"] = json!([member(3), member(1)]);
    }
    json!({
        "id": account(number),
        "name": format!("{} {variant}", ["Acme", "Jane Doe", "John Roe", "Zoe"][usize::try_from(number % 4).unwrap_or(0)]),
        "external": if variant % 2 == 1 { json!(format!("crm-{}", variant % 5)) } else { Value::Null },
        "fields": { "state": (["NY", "CA", "TX"][usize::from(variant % 3)]), "size": variant },
        "roles": roles,
        "linked": [{ "relation": "spouse", "account": account(number % 3 + 1) }],
    })
}

/// A member's record; every third is of one who left.
pub(crate) fn member_record(number: u128, variant: u16) -> Value {
    let name = format!("{} {variant}", ["Ann", "Bob", "Cy", "Di"][usize::try_from(number + 3).unwrap_or(0) % 4]);
    json!({ "id": member(number), "name": name, "admin": number == 1, "active": number == 1 || variant % 3 != 1 })
}

/// Templates by number: tasks `gather`, `file` and `call`, jobs `standard` and `seated`.
pub(crate) fn template(number: u16, variant: u16) -> Value {
    match number % 5 {
        0 => json!({ "task": {
            "key": "gather", "title": "Gather papers of {{ account.name }}", "assign": { "roles": ["preparer"] },
            "due": format!("{} business days before due", variant % 20),
            "checklist": ["W-2", "1099"], "tags": ["paper"],
            "remind": { "every": "2 days", "first": "1 business day", "at_most": variant % 3 + 1 } } }),
        1 => json!({ "task": {
            "key": "file", "title": "File", "after": ["gather"], "budget_minutes": variant + 1,
            "priority": (["low", "high"][usize::from(variant % 2)]) } }),
        2 => {
            json!({ "task": { "key": "call", "title": "Call {{ account.name }}", "assign": { "roles": ["partner"] } } })
        }
        3 => json!({ "job": { "key": "standard", "defaults": {
            "name": "{{ account.name }} {{ pipeline.name }}", "assign": { "roles": ["preparer"] }, "tags": ["standard"],
            "start": "1 business day after creation",
            "due": format!("{} days after start", variant % 40),
            "budget_minutes": 90, "fields": { "year": 2025 } } } }),
        _ => json!({ "job": { "key": "seated", "defaults": {
            "assign": { "roles": ["partner", "reviewer"] }, "priority": "high",
            "due": "2026-03-15" } } }),
    }
}

/// The pipelines by number; each has variants that a new version can be published from.
pub(crate) fn pipeline(number: u16, variant: u16) -> Value {
    match number % 3 {
        0 => main_line(variant),
        1 => branching(variant),
        _ => small(variant),
    }
}

/// Where jobs of stages go that a version may drop.
pub(crate) fn mapping(number: u16, variant: u16) -> Value {
    match (number % 3, variant % 4) {
        (0, 1) => json!({ "extension": "review" }),
        (0, 2) => json!({ "prepare": "review" }),
        (1, 1) => json!({ "letter": "business" }),
        _ => json!({}),
    }
}

fn main_line(variant: u16) -> Value {
    let mut stages = vec![
        json!({ "key": "intake", "automove": true, "on_entry": [
            { "key": "begin", "do": [{ "create_tasks": ["gather"] }] },
            { "key": "organize", "if": { "field": { "scope": "account", "field": "state", "is": { "differs": "NY" } } },
              "do": [{ "request": { "kind": "organizer", "template": "1040" } }] },
            { "key": "nudge", "do": nudge(variant) },
            { "key": "greet", "refire": "first_entry", "do": [{ "request": { "kind": "email", "title": "Hello {{ account.name }}" } }] } ] }),
        json!({ "key": "prepare", "automove": true, "wip_limit": { "max": 1, "mode": "refuse" },
            "exit": { "any": [{ "account_tags": { "any": ["ready"] } }, { "job_tags": { "any": ["ready"] } }] },
            "on_entry": [{ "key": "work", "do": [{ "create_tasks": ["file"] }, { "set_priority": "high" }] }],
            "on_exit": [{ "key": "leave", "refire": "every_entry", "do": [
                { "signal": { "name": "left-prepare" } }, { "wait": { "for": "1 day" } }, { "add_job_tags": ["left"] } ] }] }),
    ];
    if variant % 4 == 2 {
        stages.remove(1);
    }
    if variant % 4 != 1 {
        stages.push(json!({ "key": "extension", "automove": true, "on_empty": "advance",
            "when": { "job_tags": { "any": ["extend"] } },
            "on_entry": [{ "key": "extend", "do": [
                { "set_date": { "date": "extended", "to": "6 months after due" } } ] }] }));
    }
    stages.extend([
        json!({ "key": "review", "automove": true, "time_limit": "3 business days", "on_entry": [
            { "key": "check", "refire": "forward_only", "do": [
                { "create_task": { "key": "check", "title": "Check", "assign": { "roles": ["reviewer"] } } },
                { "request": { "kind": "proposal", "without_invoice": variant % 2 == 1 } } ] },
            { "key": "follow", "do": [
                { "wait": { "for": "1 week", "keep": true } }, { "add_job_tags": ["kept"] },
                { "wait": { "until": "3 days before due" } }, { "set_client_status": "Soon" } ] },
            { "key": "ask-partner", "if": { "field": { "scope": "account", "field": "state", "is": { "equals": "NY" } } },
              "do": [{ "assign": { "roles": ["partner"] } }, { "add_job_tags": ["partner-asked"] }] } ] }),
        json!({ "key": "done", "on_entry": [{ "key": "bill", "do": [
            { "create_job": { "pipeline": "small", "account": "same" } }, { "wait": { "for": "3 business days" } },
            { "replace_account_tags": { "remove": ["ready"], "add": ["client"] } } ] }] }),
    ]);
    json!({
        "key": "main", "name": "Main", "job_template": "standard", "stages": stages,
        "statuses": [
            { "key": "missing", "automove": true, "on_set": [{ "key": "ask", "do": [
                { "request": { "kind": "document", "title": "Papers", "remind": { "every": "1 business day", "at_most": 3 } } },
                { "wait": { "for": "5 days" } }, { "add_job_tags": ["missed"] } ] }] },
            { "key": "on hold", "client_name": "Paused" } ],
        "automations": [
            { "key": "vip", "on": { "account_tag_added": { "tag": "vip" } }, "if": { "status": ["active"] },
              "do": [{ "set_priority": "urgent" }, { "add_job_tags": ["vip"] }] },
            { "key": "not-vip", "on": { "account_tag_removed": { "tag": "vip" } }, "do": [{ "remove_job_tags": ["vip"] }] },
            { "key": "swap", "on": { "account_tag_added": { "tag": "a" } }, "if": { "field": { "scope": "job", "field": "swap", "is": "present" } },
              "do": [{ "replace_account_tags": { "remove": ["a"], "add": ["b"] } }] },
            { "key": "swap-back", "on": { "account_tag_added": { "tag": "b" } }, "if": { "field": { "scope": "job", "field": "swap", "is": "present" } },
              "do": [{ "replace_account_tags": { "remove": ["b"], "add": ["a"] } }] },
            { "key": "all-done", "on": "all_tasks_completed", "do": [{ "add_job_tags": ["ready"] }] },
            { "key": "signed", "on": { "item_reached": { "kind": "proposal", "status": "signed" } },
              "do": [{ "complete_tasks": { "templates": ["check"] } }, { "set_client_status": "Signed for {{ account.name }}" }] },
            { "key": "near", "on": { "due_approaching": { "before": (["3 business days", "1 week"][usize::from(variant % 2)]) } },
              "do": [{ "add_job_tags": ["near"] }] },
            { "key": "late", "on": { "overdue": { "after": "1 day" } }, "do": [{ "request": { "kind": "email", "title": "Late" } }] },
            { "key": "task-late", "on": { "overdue": { "date": "task_due" } }, "stages": ["intake", "review"], "do": [{ "set_priority": "urgent" }] },
            { "key": "weekly", "stages": ["intake", "review"],
              "on": { "schedule": { "rule": "FREQ=WEEKLY;BYDAY=MO", "start": "2026-01-01", "at": "09:30:00", "adjust": "following" } },
              "do": [{ "set_client_status": "Still at it" }] },
            { "key": "over", "on": "stage_time_limit", "do": [{ "add_job_tags": ["over"] }] },
            { "key": "pass", "on": "by_hand", "do": ["move_next", { "wait": { "for": "1 day" } }, { "remove_job_tags": ["extend"] }] },
            { "key": "push", "on": { "signal": { "name": "push" } }, "do": ["move_next"] },
            { "key": "go", "on": { "signal": { "name": "go" } }, "do": [{ "move_to": "review" }, { "cancel_items": {} }] },
            { "key": "call", "on": "by_hand", "do": [{ "create_tasks": ["call", "gather"] }, { "unassign": { "roles": ["preparer"] } }] },
            { "key": "elsewhere", "on": "by_hand", "stages": ["intake", "review"], "do": [{ "move_to_pipeline": { "pipeline": "branch" } }] },
            { "key": "put-away", "on": { "status_set": { "status": "completed" } }, "if": { "job_tags": { "any": ["away"] } }, "do": ["archive"] },
            { "key": "resized", "on": { "field_changed": { "scope": "account", "field": "size" } },
              "do": [{ "set_field": { "scope": "job", "field": "resized", "value": true } }, { "cancel_tasks": { "templates": ["call"] } }] } ],
    })
}

fn branching(variant: u16) -> Value {
    let mut stages = vec![
        json!({ "key": "sort", "automove": true, "on_empty": "advance" }),
        json!({ "key": "letter", "automove": true, "when": { "job_tags": { "all": ["letter"] } },
            "on_entry": [{ "key": "write", "do": [{ "request": { "kind": "audit_letter" } }] }] }),
        json!({ "key": "business", "automove": true, "when": { "account_tags": { "any": ["client", "vip"] } },
            "wip_limit": { "max": 1, "mode": "warn" },
            "on_entry": [{ "key": "invoice", "do": [{ "request": { "kind": "invoice", "payment_submitted_is_done": true } }, { "apply_folder_template": "business" }] }] }),
        json!({ "key": "private", "automove": true,
            "on_entry": [{ "key": "chat", "do": [{ "request": { "kind": "chat" } }, { "create_task": { "key": "talk", "title": "Talk", "assign": { "roles": ["preparer"] },
                "start": "1 day after stage entry",
                "remind": { "every": "1 week", "at_most": 2 } } },
                { "wait": { "condition": { "date": { "date": "due", "past": true } }, "at_most": "1 month", "otherwise": [{ "move_to": "given-up" }] } },
                { "add_job_tags": ["waited"] }] }] }),
        json!({ "key": "closed", "final": true, "on_entry": [{ "key": "access", "do": [{ "update_account_access": { "mode": "add", "who": { "roles": ["reviewer"] } } }] }] }),
        json!({ "key": "given-up", "final": true }),
    ];
    let mut transitions = vec![
        json!({ "from": "sort", "to": "letter" }),
        json!({ "from": "sort", "to": "business" }),
        json!({ "from": "sort", "to": "private" }),
        json!({ "from": "letter", "to": "closed" }),
        json!({ "from": "business", "to": "closed" }),
        json!({ "from": "private", "to": "closed" }),
        json!({ "from": "private", "to": "sort" }),
        json!({ "from": "private", "to": "given-up" }),
    ];
    if variant % 4 == 1 {
        stages.remove(1);
        transitions.retain(|transition| transition["from"] != "letter" && transition["to"] != "letter");
    }
    json!({
        "key": "branch", "name": "Branch", "versioning": if variant.is_multiple_of(2) { "pin" } else { "follow" },
        "access": { "only": { "members": [member(2)], "roles": ["preparer"] } },
        "moves": if variant.is_multiple_of(3) { "transitions" } else { "free" },
        "job_defaults": { "name": "Branch of {{ account.name }}", "due": "2 weeks after creation" },
        "stages": stages, "transitions": transitions,
        "automations": [
            { "key": "watch", "on": { "due_approaching": { "date": "statutory", "before": "2 weeks" } }, "do": [{ "add_job_tags": ["watched"] }] },
            { "key": "month-end", "on": { "schedule": { "preset": "last_business_day", "start": "2026-01-01" } }, "do": [{ "set_priority": "high" }] },
            { "key": "react", "on": { "account_tag_added": {} }, "do": [{ "set_field": { "scope": "account", "field": "size", "value": 7 } }] },
            { "key": "circle", "on": { "job_tag_added": { "tag": "x" } }, "if": { "field": { "scope": "job", "field": "circle", "is": "present" } },
              "do": [{ "remove_job_tags": ["x"] }, { "add_job_tags": ["y"] }] },
            { "key": "circle-back", "on": { "job_tag_added": { "tag": "y" } }, "if": { "field": { "scope": "job", "field": "circle", "is": "present" } },
              "do": [{ "remove_job_tags": ["y"] }, { "add_job_tags": ["x"] }] },
            { "key": "spouse", "on": { "signal": { "name": "go" } }, "do": [{ "create_job": { "pipeline": "main", "account": { "linked": "spouse" }, "template": "seated" } }] },
            { "key": "missing-template", "on": { "signal": { "name": "push" } }, "do": [{ "create_tasks": ["call"] }, { "replace_assignees": { "members": [member(2)] } }] } ],
    })
}

fn small(variant: u16) -> Value {
    json!({
        "key": "small", "name": "Small", "sort": "priority", "complete_at_final": variant % 2 == 1,
        "job_defaults": { "tags": ["bill"] },
        "stages": [
            { "key": "one", "wip_limit": { "max": 3, "mode": "refuse" }, "time_limit": "10 days",
              "on_entry": [{ "key": "rest", "do": [{ "wait": { "for": (["1 week", "3 days"][usize::from(variant % 2)]) } }, "move_next"] }], "on_exit": [{ "key": "bye", "do": [{ "create_task": { "key": "bye", "title": "Bye" } }] }] },
            { "key": "two", "automove": true, "on_entry": [{ "key": "clear", "do": ["clear_account_tags", { "complete_items": { "kinds": ["document"] } }] }],
              "exit": { "tasks": { "states": ["completed"] } } },
            { "key": "three" } ],
        "automations": [
            { "key": "next", "on": { "task_completed": {} }, "do": [{ "move_to": "three" }] },
            { "key": "late", "on": "job_created", "if": { "date": { "date": "due", "past": true } }, "do": [{ "set_status": "completed" }] } ],
    })
}

/// What intake waits for; other versions wait for something else, or have other actions after it.
fn nudge(variant: u16) -> Value {
    let chase = json!({ "wait": { "condition": { "job_tags": { "any": ["ready"] } }, "at_most": "3 business days", "otherwise": [
        { "set_priority": "urgent" }, { "wait": { "for": "4 business hours" } }, { "add_job_tags": ["late"] } ] } });
    match variant % 5 {
        4 => json!([{ "set_priority": "low" }]),
        3 => json!([chase, { "add_job_tags": ["extend"] }]),
        _ => json!([{ "wait": { "for": "2 days" } }, { "request": { "kind": "email", "title": "Papers?" } }, chase,
            { "add_job_tags": ["extend"] }]),
    }
}

/// What sets the firm up before a sequence begins.
pub(crate) fn setup() -> Vec<Request> {
    let mut commands = vec![json!({ "save_firm": settings(0) })];
    commands.extend((1..=3).map(|number| json!({ "save_member": member_record(number, 0) })));
    commands.extend((1..=3).map(|number| json!({ "save_account": account_record(number, 0) })));
    commands.extend((0..5).map(|number| json!({ "save_template": template(number, 0) })));
    // Two of the pipelines name each other: one is published without its automations first.
    let mut bare = pipeline(1, 0);
    bare["automations"] = json!([]);
    let definitions = [pipeline(2, 0), bare, pipeline(0, 0), pipeline(1, 0)];
    commands.extend(definitions.map(|definition| json!({ "publish_pipeline": { "definition": definition } })));
    commands.into_iter().map(|written| system(command(written))).collect()
}
