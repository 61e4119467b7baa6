//! Conditions: the whole tree of tests, missing values, bounds, explanations.

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::Request;
use workflow_core::evaluate::Explanation;
use workflow_core::event::Actor;
use workflow_core::id::JobId;
use workflow_core::limits;

use crate::kit::{Office, account, command, firm, member};

/// A pipeline with one automation per condition. A signal sets all of them off; number n puts the
/// tag `t-n` on the job.
fn asking(conditions: &[Value]) -> Value {
    let automation = |(number, condition): (usize, &Value)| {
        json!({
            "key": format!("a-{number}"), "on": { "signal": { "name": "ask" } }, "if": condition,
            "do": [{ "add_job_tags": [format!("t-{number}")] }]
        })
    };
    let automations: Vec<Value> = conditions.iter().enumerate().map(automation).collect();
    json!({
        "key": "p", "name": "P", "statuses": [{ "key": "waiting" }],
        "stages": [{ "key": "one" }, { "key": "two" }, { "key": "three" }, { "key": "four" }],
        "task_templates": [
            { "key": "draft", "title": "draft" }, { "key": "check", "title": "check" },
            { "key": "other", "title": "other" }
        ],
        "automations": automations
    })
}

/// Publishes the conditions for the job's pipeline, sends the signal, and compares which held:
/// by what ran, by what the preview says, and by the explanations in it.
#[track_caller]
fn check(office: &Office, job: JobId, table: &[(Value, bool)]) {
    let conditions: Vec<Value> = table.iter().map(|(condition, _)| condition.clone()).collect();
    office.publish(asking(&conditions));
    let signal = command(json!({ "signal_job": { "job": job, "name": "ask" } }));
    let request = Request::new(firm(), Actor::system("test"), signal.clone());
    let preview = office.engine.preview(&request).expect("a preview");
    assert_eq!(preview.outlook.automations.len(), table.len());
    for ((condition, expected), previewed) in table.iter().zip(&preview.outlook.automations) {
        let explained = previewed.condition.as_ref().expect("an explanation");
        assert_eq!((previewed.runs, explained.holds), (*expected, *expected), "previewed: {condition}");
        assert!(!explained.test.is_empty());
    }
    office.run(signal);
    let tags = office.get(job).tags.clone();
    for (number, (condition, expected)) in table.iter().enumerate() {
        let held = tags.contains(format!("t-{number}").as_str());
        assert_eq!(held, *expected, "{condition}");
    }
    let asked: Vec<String> = (0..table.len()).map(|number| format!("t-{number}")).collect();
    office.give(json!({ "tag_job": { "job": job, "remove": asked } }));
}

fn explained(office: &Office, job: JobId, condition: Value) -> Explanation {
    office.publish(asking(&[condition]));
    let signal = command(json!({ "signal_job": { "job": job, "name": "ask" } }));
    let preview = office.engine.preview(&Request::new(firm(), Actor::system("test"), signal)).expect("a preview");
    preview.outlook.automations[0].condition.clone().expect("an explanation")
}

fn office() -> (Office, JobId) {
    let office = Office::with(asking(&[]));
    let job = office.job();
    (office, job)
}

fn yes() -> Value {
    json!({ "role_filled": "preparer" })
}

fn no() -> Value {
    json!({ "role_filled": "partner" })
}

#[test]
fn s5_2_all_any_and_not() {
    let (office, job) = office();
    check(
        &office,
        job,
        &[
            (json!({ "all": [yes()] }), true),
            (json!({ "all": [yes(), yes()] }), true),
            (json!({ "all": [yes(), no()] }), false),
            (json!({ "all": [no(), yes()] }), false),
            (json!({ "any": [no()] }), false),
            (json!({ "any": [no(), yes()] }), true),
            (json!({ "any": [yes(), no()] }), true),
            (json!({ "any": [no(), no()] }), false),
            (json!({ "not": yes() }), false),
            (json!({ "not": no() }), true),
            (json!({ "not": { "not": yes() } }), true),
            (json!({ "all": [{ "any": [no(), yes()] }, { "not": { "all": [yes(), no()] } }] }), true),
            (json!({ "any": [{ "all": [yes(), no()] }, { "not": { "any": [no(), yes()] } }] }), false),
        ],
    );
}

#[test]
fn s5_2_tags_of_account_and_job() {
    for (of, other) in [("account_tags", "job_tags"), ("job_tags", "account_tags")] {
        let (office, job) = office();
        if of == "account_tags" {
            office.give(json!({ "tag_account": { "account": account(1), "add": ["1040", "vip"] } }));
        } else {
            office.give(json!({ "tag_job": { "job": job, "add": ["1040", "vip"] } }));
        }
        check(
            &office,
            job,
            &[
                (json!({ of: { "all": ["1040"] } }), true),
                (json!({ of: { "all": ["1040", "vip"] } }), true),
                (json!({ of: { "all": ["1040", "late"] } }), false),
                (json!({ of: { "any": ["late", "vip"] } }), true),
                (json!({ of: { "any": ["late", "1120"] } }), false),
                (json!({ of: { "none": ["late"] } }), true),
                (json!({ of: { "none": ["late", "vip"] } }), false),
                (json!({ of: { "all": ["1040"], "any": ["vip", "late"], "none": ["1120"] } }), true),
                (json!({ of: { "all": ["1040"], "any": ["late"], "none": ["1120"] } }), false),
                (json!({ of: { "all": ["1040"], "none": ["vip"] } }), false),
                // Letters' case counts, and tags of the one are not tags of the other.
                (json!({ of: { "all": ["VIP"] } }), false),
                (json!({ other: { "any": ["1040", "vip"] } }), false),
                (json!({ other: { "none": ["1040"] } }), true),
            ],
        );
    }
}

fn test_field(scope: &str, field: &str, is: &Value) -> Value {
    json!({ "field": { "scope": scope, "field": field, "is": is } })
}

#[test]
fn s5_2_each_comparison_of_a_custom_field() {
    let fields = [
        ("entity", json!("LLC")),
        ("income", json!(250_000)),
        ("rate", json!(0.25)),
        ("us", json!(true)),
        ("states", json!(["NY", "NJ"])),
        ("founded", json!("2010-05-01")),
    ];
    let table: Vec<(&str, Value, bool)> = vec![
        ("entity", json!("present"), true),
        ("entity", json!("absent"), false),
        ("us", json!("present"), true),
        ("entity", json!({ "equals": "LLC" }), true),
        ("entity", json!({ "equals": "llc" }), false),
        ("entity", json!({ "equals": 1 }), false),
        ("income", json!({ "equals": 250_000 }), true),
        ("income", json!({ "equals": 250_000.0 }), true),
        ("income", json!({ "equals": "250000" }), false),
        ("rate", json!({ "equals": 0.25 }), true),
        ("us", json!({ "equals": true }), true),
        ("us", json!({ "equals": false }), false),
        ("us", json!({ "equals": "true" }), false),
        ("states", json!({ "equals": ["NY", "NJ"] }), true),
        ("states", json!({ "equals": ["NY"] }), false),
        ("entity", json!({ "differs": "S-Corp" }), true),
        ("entity", json!({ "differs": "LLC" }), false),
        ("income", json!({ "differs": 250_000.0 }), false),
        ("income", json!({ "differs": 1 }), true),
        ("income", json!({ "less_than": 250_001 }), true),
        ("income", json!({ "less_than": 250_000 }), false),
        ("income", json!({ "less_than": 250_000.5 }), true),
        ("income", json!({ "at_most": 250_000 }), true),
        ("income", json!({ "at_most": 249_999 }), false),
        ("income", json!({ "greater_than": 249_999.5 }), true),
        ("income", json!({ "greater_than": 250_000 }), false),
        ("income", json!({ "at_least": 250_000 }), true),
        ("income", json!({ "at_least": 250_001 }), false),
        ("rate", json!({ "less_than": 1 }), true),
        ("rate", json!({ "at_least": 0.25 }), true),
        ("rate", json!({ "greater_than": 0.25 }), false),
        // By numbers, not by digits: 250000 is more than 3.
        ("income", json!({ "greater_than": 3 }), true),
        ("founded", json!({ "less_than": "2010-05-02" }), true),
        ("founded", json!({ "less_than": "2010-05-01" }), false),
        ("founded", json!({ "at_most": "2010-05-01" }), true),
        ("founded", json!({ "greater_than": "2009-12-31" }), true),
        ("founded", json!({ "at_least": "2010-05-02" }), false),
        // Values of different kinds do not compare, either way.
        ("entity", json!({ "less_than": 5 }), false),
        ("entity", json!({ "at_least": 5 }), false),
        ("income", json!({ "greater_than": "1" }), false),
        ("income", json!({ "at_most": "999999999" }), false),
        ("states", json!({ "at_least": 1 }), false),
        ("entity", json!({ "contains": "LC" }), true),
        ("entity", json!({ "contains": "lc" }), false),
        ("states", json!({ "contains": "NJ" }), true),
        ("states", json!({ "contains": "N" }), false),
        ("income", json!({ "contains": "25" }), false),
        ("entity", json!({ "one_of": ["S-Corp", "LLC"] }), true),
        ("entity", json!({ "one_of": ["S-Corp", 5] }), false),
        ("income", json!({ "one_of": [1, 250_000] }), true),
        ("us", json!({ "one_of": [false] }), false),
    ];
    for scope in ["account", "job"] {
        let (office, job) = office();
        for (field, value) in &fields {
            if scope == "account" {
                let field = json!({ "account": account(1), "field": field, "value": value });
                office.give(json!({ "set_account_field": field }));
            } else {
                let changes = json!({ "fields": { *field: { "to": value } } });
                office.give(json!({ "edit_job": { "job": job, "changes": changes } }));
            }
        }
        let rows: Vec<(Value, bool)> =
            table.iter().map(|(field, is, expected)| (test_field(scope, field, is), *expected)).collect();
        check(&office, job, &rows);
        // The field of the one is not a field of the other.
        let other = if scope == "account" { "job" } else { "account" };
        check(&office, job, &[(test_field(other, "entity", &json!({ "equals": "LLC" })), false)]);
    }
}

#[test]
fn s5_2_a_missing_value_makes_every_comparison_false() {
    let (office, job) = office();
    let comparisons = [
        json!({ "equals": "x" }),
        json!({ "differs": "x" }),
        json!({ "less_than": 5 }),
        json!({ "at_most": 5 }),
        json!({ "greater_than": 5 }),
        json!({ "at_least": 5 }),
        json!({ "contains": "x" }),
        json!({ "one_of": ["x", 5, true] }),
    ];
    let mut rows = Vec::new();
    for scope in ["account", "job"] {
        for is in &comparisons {
            rows.push((test_field(scope, "nothing", is), false));
            rows.push((json!({ "not": test_field(scope, "nothing", is) }), true));
        }
        rows.push((test_field(scope, "nothing", &json!("present")), false));
        rows.push((test_field(scope, "nothing", &json!("absent")), true));
    }
    for date in [
        json!({ "date": "due", "before": "2030-01-01" }),
        json!({ "date": "due", "after": "2000-01-01" }),
        json!({ "date": "due", "before_date": "start" }),
        json!({ "date": "due", "after_date": "start" }),
        json!({ "date": "due", "past": true }),
        json!({ "date": "due", "within": { "count": 999, "unit": "months" } }),
    ] {
        rows.push((json!({ "date": date }), false));
        rows.push((json!({ "not": { "date": date } }), true));
    }
    rows.push((no(), false));
    check(&office, job, &rows);
}

#[test]
fn s5_2_the_explanation_says_what_was_missing_and_what_was_found() {
    let (office, job) = office();
    let missing = explained(&office, job, test_field("job", "refund", &json!({ "at_least": 100 })));
    assert!(!missing.holds && missing.missing, "{missing:?}");
    assert_eq!(missing.found, "not set");
    office.give(json!({ "edit_job": { "job": job, "changes": { "fields": { "refund": { "to": 42 } } } } }));
    let found = explained(&office, job, test_field("job", "refund", &json!({ "at_least": 100 })));
    assert!(!found.holds && !found.missing, "{found:?}");
    assert!(found.test.contains("refund") && found.test.contains("100"), "{found:?}");
    assert_eq!(found.found, "42");

    let due = explained(&office, job, json!({ "date": { "date": "due", "past": true } }));
    assert!(!due.holds && due.missing, "{due:?}");
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": { "to": "2026-02-01" } } } } }));
    // The date is there, the one that it is compared with is not.
    let other = explained(&office, job, json!({ "date": { "date": "due", "before_date": "extended" } }));
    assert!(!other.holds && other.missing, "{other:?}");

    let tree = explained(&office, job, json!({ "all": [yes(), { "not": no() }] }));
    assert!(tree.holds);
    assert_eq!(tree.parts.iter().map(|part| part.holds).collect::<Vec<_>>(), [true, true]);
    assert!(!tree.parts[1].parts[0].holds && tree.parts[1].parts[0].missing);
}

#[test]
fn s5_2_a_role_is_filled_when_anybody_holds_it() {
    let (office, job) = office();
    check(&office, job, &[(yes(), true), (no(), false), (json!({ "role_filled": "reviewer" }), true)]);
    // Also when the one who holds it has left: for a condition that is enough.
    office.give(json!({ "save_member": { "id": member(1), "name": "Ann", "admin": true, "active": false } }));
    check(&office, job, &[(yes(), true)]);
    let roles = json!({ "preparer": [], "partner": [member(3)] });
    office.give(json!({ "save_account": { "id": account(1), "name": "Jane Doe", "roles": roles } }));
    check(&office, job, &[(yes(), false), (no(), true)]);
}

#[test]
fn s5_2_status_and_pipeline() {
    let (office, job) = office();
    office.publish(json!({ "key": "q", "name": "Q", "stages": [{ "key": "one" }, { "key": "two" }] }));
    check(
        &office,
        job,
        &[
            (json!({ "status": ["active"] }), true),
            (json!({ "status": ["waiting", "completed"] }), false),
            (json!({ "pipeline": ["p"] }), true),
            (json!({ "pipeline": ["q"] }), false),
            (json!({ "pipeline": ["q", "p"] }), true),
        ],
    );
    office.set_status(job, "waiting");
    let waiting = [(json!({ "status": ["active"] }), false), (json!({ "status": ["waiting", "completed"] }), true)];
    check(&office, job, &waiting);
    office.set_status(job, "completed");
    let completed = [(json!({ "status": ["completed"] }), true), (json!({ "status": ["waiting"] }), false)];
    check(&office, job, &completed);
}

#[test]
fn s5_2_priority() {
    let (office, job) = office();
    let priorities = ["low", "medium", "high", "urgent"];
    for (place, priority) in priorities.iter().enumerate() {
        office.give(json!({ "edit_job": { "job": job, "changes": { "priority": priority } } }));
        let mut rows = Vec::new();
        for (bound, name) in priorities.iter().enumerate() {
            rows.push((json!({ "priority": { "at_least": name } }), place >= bound));
            rows.push((json!({ "priority": { "at_most": name } }), place <= bound));
        }
        rows.push((json!({ "priority": { "at_least": "medium", "at_most": "high" } }), (1..=2).contains(&place)));
        check(&office, job, &rows);
    }
}

#[test]
fn s5_2_dates_before_after_and_within() {
    let (office, job) = office();
    // Today is Monday, 2 February 2026.
    let dates = json!({
        "start": { "to": "2026-02-02" }, "due": { "to": "2026-02-09" },
        "statutory": { "to": "2026-01-30" }
    });
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": dates } } }));
    let within = |date: &str, count: u32, unit: &str| json!({ "date": { "date": date, "within": { "count": count, "unit": unit } } });
    check(
        &office,
        job,
        &[
            (json!({ "date": { "date": "due", "before": "2026-02-10" } }), true),
            (json!({ "date": { "date": "due", "before": "2026-02-09" } }), false),
            (json!({ "date": { "date": "due", "after": "2026-02-08" } }), true),
            (json!({ "date": { "date": "due", "after": "2026-02-09" } }), false),
            (json!({ "date": { "date": "due", "after": "2026-02-01", "before": "2026-03-01" } }), true),
            (json!({ "date": { "date": "due", "after": "2026-02-10", "before": "2026-03-01" } }), false),
            (json!({ "date": { "date": "start", "before_date": "due" } }), true),
            (json!({ "date": { "date": "due", "before_date": "start" } }), false),
            (json!({ "date": { "date": "due", "before_date": "due" } }), false),
            (json!({ "date": { "date": "due", "after_date": "start" } }), true),
            (json!({ "date": { "date": "statutory", "after_date": "start" } }), false),
            (json!({ "date": { "date": "due", "before_date": "extended" } }), false),
            (json!({ "date": { "date": "due", "after_date": "extended" } }), false),
            (json!({ "date": { "date": "extended", "after_date": "due" } }), false),
            (json!({ "date": { "date": "statutory", "past": true } }), true),
            (json!({ "date": { "date": "start", "past": true } }), false),
            (json!({ "date": { "date": "due", "past": true } }), false),
            // Both ends count.
            (within("due", 7, "days"), true),
            (within("due", 6, "days"), false),
            (within("start", 0, "days"), true),
            (within("due", 1, "weeks"), true),
            (within("due", 0, "weeks"), false),
            (within("due", 1, "months"), true),
            // Tuesday to Friday, then Monday: five open days.
            (within("due", 5, "business_days"), true),
            (within("due", 4, "business_days"), false),
            // What is past is not within any time ahead.
            (within("statutory", 900, "days"), false),
            (json!({ "date": { "date": "statutory", "past": true, "within": { "count": 9, "unit": "days" } } }), false),
        ],
    );
}

#[test]
fn s5_2_today_is_the_firm_s_own() {
    let (office, job) = office();
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": { "to": "2026-02-02" } } } } }));
    let past = json!({ "date": { "date": "due", "past": true } });
    // 03:59 UTC on the third is 22:59 on the second in New York, 05:00 is midnight.
    office.advance(TimeDelta::minutes(13 * 60 + 59));
    check(&office, job, &[(past.clone(), false)]);
    office.advance(TimeDelta::minutes(1));
    check(&office, job, &[(past, true)]);
}

#[test]
fn s5_2_stage_visit_count() {
    let (office, job) = office();
    for stage in ["two", "one", "two", "one"] {
        office.move_to(job, stage);
    }
    let visits = |stage: &str, count: Value| json!({ "visits": { "stage": stage, "count": count } });
    check(
        &office,
        job,
        &[
            (visits("one", json!({ "equals": 3 })), true),
            (visits("one", json!({ "equals": 2 })), false),
            (visits("two", json!({ "equals": 2 })), true),
            (visits("two", json!({ "at_least": 2 })), true),
            (visits("two", json!({ "at_least": 3 })), false),
            (visits("two", json!({ "at_most": 1 })), false),
            (visits("three", json!({ "equals": 0 })), true),
            (visits("three", json!({})), false),
            (visits("two", json!({})), true),
            (json!({ "visits": { "stage": "two" } }), true),
            // The present stage.
            (json!({ "visits": { "count": { "equals": 3 } } }), true),
            (json!({ "visits": { "count": { "at_most": 2 } } }), false),
        ],
    );
}

#[test]
fn s5_2_tasks_exist_count_and_state() {
    let (office, job) = office();
    check(
        &office,
        job,
        &[
            (json!({ "tasks": {} }), false),
            (json!({ "tasks": { "count": { "equals": 0 } } }), true),
            (json!({ "not": { "tasks": { "states": ["planned"] } } }), true),
        ],
    );
    for template in ["draft", "draft", "check"] {
        office.new_task(json!({ "job": job, "template": template }));
    }
    office.complete(job, "draft");
    let check_task = office.tasks(job, "check")[0].id;
    office.give(json!({ "set_task_state": { "task": check_task, "state": "cancelled" } }));
    let tasks = |test: Value| json!({ "tasks": test });
    check(
        &office,
        job,
        &[
            (tasks(json!({})), true),
            (tasks(json!({ "count": { "equals": 3 } })), true),
            (tasks(json!({ "count": { "at_least": 4 } })), false),
            (tasks(json!({ "template": "draft" })), true),
            (tasks(json!({ "template": "draft", "count": { "equals": 2 } })), true),
            (tasks(json!({ "template": "other" })), false),
            (tasks(json!({ "template": "other", "count": { "at_most": 0 } })), true),
            (tasks(json!({ "states": ["completed"], "count": { "equals": 1 } })), true),
            (tasks(json!({ "states": ["planned", "in_progress"], "count": { "equals": 1 } })), true),
            (tasks(json!({ "states": ["in_progress"] })), false),
            (tasks(json!({ "template": "check", "states": ["cancelled"] })), true),
            (tasks(json!({ "template": "check", "states": ["completed"] })), false),
            (tasks(json!({ "template": "draft", "count": { "at_least": 1, "at_most": 2 } })), true),
        ],
    );
}

#[test]
fn s5_2_items_exist_count_and_status() {
    let (office, job) = office();
    check(&office, job, &[(json!({ "items": {} }), false), (json!({ "items": { "count": { "at_most": 0 } } }), true)]);
    office.publish(json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one" },
            { "key": "two", "on_entry": [{ "key": "ask", "do": [
                { "request": { "kind": "organizer", "template": "1040" } }, { "request": { "kind": "invoice" } },
                { "request": { "kind": "email" } }, { "request": { "kind": "proposal" } },
                { "request": { "kind": "document" } }, { "request": { "kind": "audit_letter" } }
            ] }] },
            { "key": "three" }, { "key": "four" }
        ]
    }));
    office.move_to(job, "two");
    for (kind, status) in
        [("invoice", "paid"), ("email", "opened"), ("proposal", "declined"), ("document", "cancelled")]
    {
        office.report(job, kind, status);
    }
    let items = |test: Value| json!({ "items": test });
    check(
        &office,
        job,
        &[
            (items(json!({})), true),
            (items(json!({ "count": { "equals": 6 } })), true),
            (items(json!({ "count": { "at_most": 5 } })), false),
            (items(json!({ "kind": "organizer" })), true),
            (items(json!({ "kind": "chat" })), false),
            (items(json!({ "kind": "audit_letter", "progress": ["open"] })), true),
            (items(json!({ "kind": "organizer", "template": "1040" })), true),
            (items(json!({ "kind": "invoice", "template": "1040" })), false),
            (items(json!({ "template": "1065" })), false),
            (items(json!({ "progress": ["open"], "count": { "equals": 2 } })), true),
            (items(json!({ "progress": ["done"], "count": { "equals": 1 } })), true),
            (items(json!({ "kind": "invoice", "progress": ["done"] })), true),
            (items(json!({ "kind": "organizer", "progress": ["done", "declined"] })), false),
            (items(json!({ "progress": ["declined", "cancelled"], "count": { "equals": 2 } })), true),
            (items(json!({ "kind": "email", "progress": ["not_actionable"] })), true),
            (items(json!({ "statuses": ["paid"] })), true),
            (items(json!({ "kind": "email", "statuses": ["opened", "bounced"] })), true),
            (items(json!({ "kind": "organizer", "statuses": ["submitted"] })), false),
            (items(json!({ "statuses": ["paid", "opened"], "count": { "at_least": 3 } })), false),
        ],
    );
}

fn nested(depth: usize) -> Value {
    (1..depth).fold(yes(), |inner, _| json!({ "not": inner }))
}

/// The pipelines with a condition at each of the places that take one.
fn placed(condition: &Value) -> [Value; 3] {
    let mut conditional = asking(&[]);
    conditional["stages"][1]["when"] = condition.clone();
    let mut exit = asking(&[]);
    exit["stages"][0]["exit"] = condition.clone();
    [asking(std::slice::from_ref(condition)), conditional, exit]
}

#[test]
fn s5_2_depth_is_bounded_at_publish() {
    assert_eq!(limits::CONDITION_DEPTH, 16);
    for pipeline in placed(&nested(16)) {
        Office::new().publish(pipeline);
    }
    for pipeline in placed(&nested(17)) {
        let office = Office::new();
        let refused = office.try_publish(pipeline, json!({})).expect_err("too deep").to_string();
        assert!(refused.contains("CONDITION_DEPTH") && refused.contains("16"), "{refused}");
    }
}

#[test]
fn s5_2_size_is_bounded_at_publish() {
    assert_eq!(limits::CONDITION_NODES, 200);
    let wide = |count: usize| json!({ "all": vec![yes(); count] });
    // The tree itself is one of them.
    for pipeline in placed(&wide(199)) {
        Office::new().publish(pipeline);
    }
    for pipeline in placed(&wide(200)) {
        let office = Office::new();
        let refused = office.try_publish(pipeline, json!({})).expect_err("too large").to_string();
        assert!(refused.contains("CONDITION_NODES") && refused.contains("200"), "{refused}");
    }
}

#[test]
fn s5_2_tests_that_test_nothing_are_refused() {
    for condition in [
        json!({ "all": [] }),
        json!({ "any": [] }),
        json!({ "account_tags": {} }),
        json!({ "job_tags": {} }),
        json!({ "status": [] }),
        json!({ "pipeline": [] }),
        json!({ "priority": {} }),
        json!({ "date": { "date": "due" } }),
        json!({ "visits": {} }),
        json!({ "not": { "all": [] } }),
    ] {
        let office = Office::new();
        let refused = office.try_publish(asking(std::slice::from_ref(&condition)), json!({})).expect_err("empty");
        assert!(refused.to_string().contains("tests nothing"), "{condition}: {refused}");
    }
}
