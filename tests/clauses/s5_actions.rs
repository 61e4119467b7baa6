//! Actions: what automations do, in the records and in what the host is told.

use serde_json::{Value, json};
use workflow_core::engine::Outcome;
use workflow_core::event::{Event, MoveKind};
use workflow_core::id::JobId;
use workflow_core::model::{ItemProgress, JobStatus, Priority, TaskState};

use crate::kit::{Office, account, counted, intents, key, member, names};

/// A pipeline in which the signal `go` sets these actions off.
fn doing(actions: &Value) -> Value {
    json!({
        "key": "p", "name": "P", "statuses": [{ "key": "waiting" }],
        "stages": [
            { "key": "one" }, { "key": "two", "when": { "job_tags": { "all": ["extend"] } } },
            { "key": "three" }, { "key": "four" }
        ],
        "task_templates": [
            { "key": "draft", "title": "Draft for {{ account.name }}" },
            { "key": "check", "title": "Check", "after": ["draft"], "assign": { "roles": ["reviewer"] } }
        ],
        "automations": [{ "key": "go", "on": { "signal": { "name": "go" } }, "do": actions }]
    })
}

fn office(actions: &Value) -> (Office, JobId) {
    let office = Office::with(doing(actions));
    let job = office.job();
    (office, job)
}

/// Sends the signal; every action must work.
#[track_caller]
fn go(office: &Office, job: JobId) -> Outcome {
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    assert_eq!(office.find(job).map_or(0, |job| job.failures), 0, "{:?}", office.get(job).failed);
    outcome
}

/// Sends the signal; one action must fail. Answers why.
#[track_caller]
fn fails(office: &Office, job: JobId) -> String {
    office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    let failed = office.get(job).failed.clone();
    assert_eq!(failed.len(), 1, "{failed:?}");
    failed[0].why.clone()
}

/// Runs the actions on a new job of a new firm, then looks at it.
#[track_caller]
fn after(actions: &Value, look: fn(&Office, JobId, &Outcome)) {
    let (office, job) = office(actions);
    let outcome = go(&office, job);
    look(&office, job, &outcome);
}

fn dated(office: &Office, job: JobId, date: &str, day: &str) {
    let dates = json!({ date: { "to": day } });
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": dates } } }));
}

fn day(text: &str) -> Option<chrono::NaiveDate> {
    Some(text.parse().expect("a day"))
}

#[test]
fn s5_3_create_tasks_from_templates() {
    let office = Office::new();
    office.give(json!({ "save_template": { "task": { "key": "file", "title": "File", "due": "2026-04-15" } } }));
    office.publish(doing(&json!([{ "create_tasks": ["draft", "check", "file"] }])));
    let job = office.job();
    let outcome = go(&office, job);
    assert_eq!(outcome.tasks_created().len(), 3);
    let titles: Vec<String> =
        outcome.tasks_created().iter().map(|task| office.get_task(*task).title.to_string()).collect();
    assert_eq!(titles, ["Draft for Jane Doe", "Check", "File"]);
    let (draft, check) = (&office.tasks(job, "Draft for Jane Doe")[0], &office.tasks(job, "Check")[0]);
    assert_eq!(check.waits_for, [draft.id].into());
    assert_eq!(check.assignees, [member(2)].into());
    assert_eq!(office.tasks(job, "File")[0].due, day("2026-04-15"));
    let link = &office.get(job).tasks[0];
    assert_eq!(link.origin.automation, Some(key("go")));
    assert_eq!(link.template, Some(key("draft")));
}

#[test]
fn s5_3_create_a_task_in_place() {
    let task = json!({
        "key": "call", "title": "Call {{ account.name }}", "description": "About {{ job.name }}", "priority": "urgent",
        "assign": { "roles": ["preparer"], "members": [member(3)] },
        "start": "1 business day after creation",
        "due": "1 week before due",
        "tags": ["phone"], "checklist": ["dial", "talk"], "budget_minutes": 30
    });
    let (office, job) = office(&json!([{ "create_task": task }]));
    dated(&office, job, "due", "2026-03-16");
    go(&office, job);
    let task = &office.tasks(job, "Call Jane Doe")[0];
    assert_eq!(task.description.as_deref(), Some("About Jane Doe – P"));
    assert_eq!(task.priority, Priority::Urgent);
    assert_eq!(task.assignees, [member(1), member(3)].into());
    assert_eq!((task.start, task.due), (day("2026-02-03"), day("2026-03-09")));
    assert_eq!(task.tags, [key("phone")].into());
    let steps: Vec<(&str, bool)> = task.checklist.iter().map(|step| (&*step.text, step.done)).collect();
    assert_eq!(steps, [("dial", false), ("talk", false)]);
    assert_eq!((task.budget_minutes, task.state), (Some(30), TaskState::Planned));
}

#[test]
fn s5_3_request_an_item_of_each_kind() {
    for (kind, actionable) in [
        ("organizer", true),
        ("proposal", true),
        ("invoice", true),
        ("message", false),
        ("email", false),
        ("sms", false),
        ("chat", true),
        ("signature_request", true),
        ("document", true),
        ("audit_letter", true),
    ] {
        let request = json!({ "kind": kind, "template": "annual", "title": "For {{ account.name }}", "body": "Dear {{ account.name }}" });
        let (office, job) = office(&json!([{ "request": request }]));
        let outcome = go(&office, job);
        let item = &office.items(job, kind)[0];
        let progress = if actionable { ItemProgress::Open } else { ItemProgress::NotActionable };
        assert_eq!((&*item.title, item.progress), ("For Jane Doe", progress), "{kind}");
        assert_eq!((item.template.clone(), item.account), (Some(key("annual")), Some(account(1))));
        assert_eq!((item.status.clone(), item.jobs.clone()), (None, [job].into()));
        let link = &office.get(job).items[0];
        assert_eq!((link.item, link.progress, link.origin.automation.clone()), (item.id, progress, Some(key("go"))));
        let asked = json!({ "request_item": {
            "item": item.id, "kind": kind, "template": "annual", "title": "For Jane Doe", "body": "Dear Jane Doe"
        } });
        assert_eq!(intents(&outcome), [asked], "{kind}");
        let notification = outcome.notifications()[0];
        assert_eq!((notification.job, notification.account), (Some(job), Some(account(1))));
    }
}

#[test]
fn s5_3_a_request_without_a_title_is_called_after_its_template_or_kind() {
    after(
        &json!([{ "request": { "kind": "organizer", "template": "1040" } }, { "request": { "kind": "chat" } }]),
        |office, job, _| {
            assert_eq!(&*office.items(job, "organizer")[0].title, "1040");
            assert_eq!(&*office.items(job, "chat")[0].title, "chat");
        },
    );
}

#[test]
fn s5_3_apply_a_folder_template() {
    after(&json!([{ "apply_folder_template": "client" }]), |_, job, outcome| {
        assert_eq!(intents(outcome), [json!({ "apply_folder_template": { "template": "client" } })]);
        let notification = outcome.notifications()[0];
        assert_eq!((notification.job, notification.account), (Some(job), Some(account(1))));
    });
}

#[test]
fn s5_3_account_tags() {
    for (action, expected) in [
        (json!({ "add_account_tags": ["new", "old"] }), &["new", "old", "stays"][..]),
        (json!({ "remove_account_tags": ["old", "unknown"] }), &["stays"]),
        (json!({ "replace_account_tags": { "remove": ["old", "unknown"], "add": ["new"] } }), &["new", "stays"]),
        (json!("clear_account_tags"), &[]),
    ] {
        let (office, job) = office(&json!([action]));
        office.give(json!({ "tag_account": { "account": account(1), "add": ["old", "stays"] } }));
        go(&office, job);
        let tags: Vec<String> = office.get_account(1).tags.iter().map(ToString::to_string).collect();
        assert_eq!(tags, expected, "{action}");
        // Done again it changes nothing.
        assert_eq!(names(&go(&office, job)), ["signal_received", "automation_ran"], "{action}");
    }
}

#[test]
fn s5_3_account_tags_set_off_the_account_s_other_jobs() {
    let office = Office::with(json!({
        "key": "p", "name": "P", "stages": [{ "key": "one" }, { "key": "two" }],
        "automations": [
            { "key": "go", "on": { "signal": { "name": "go" } }, "do": [{ "add_account_tags": ["late"] }] },
            { "key": "hear", "on": { "account_tag_added": { "tag": "late" } }, "do": [{ "add_job_tags": ["heard"] }] }
        ]
    }));
    office.account(2, "Acme");
    let (first, second, stranger) = (office.job(), office.job(), office.job_of(2, "p"));
    go(&office, first);
    let heard = [first, second, stranger].map(|job| office.get(job).tags.contains("heard"));
    assert_eq!(heard, [true, true, false]);
}

#[test]
fn s5_3_job_tags() {
    after(&json!([{ "add_job_tags": ["a", "b"] }, { "remove_job_tags": ["a", "c"] }]), |office, job, _| {
        assert_eq!(office.get(job).tags, [key("b")].into());
    });
}

#[test]
fn s5_3_set_status() {
    for status in ["waiting", "completed"] {
        let (office, job) = office(&json!([{ "set_status": status }]));
        go(&office, job);
        assert_eq!(office.status(job), status);
        assert_eq!(office.get(job).completed.is_some(), status == "completed");
    }
    let (office, job) = office(&json!([{ "set_status": "active" }]));
    office.set_status(job, "waiting");
    go(&office, job);
    assert_eq!(office.get(job).status, JobStatus::Active);
}

#[test]
fn s5_3_set_priority() {
    after(&json!([{ "set_priority": "urgent" }]), |office, job, _| {
        assert_eq!(office.get(job).priority, Priority::Urgent);
    });
}

#[test]
fn s5_3_set_dates() {
    let set = |date: &str, to: Value| json!({ "set_date": { "date": date, "to": to } });
    let relative = |from: &str, offset: i32, unit: &str| json!(counted(from, offset, unit));
    after(
        &json!([
            set("due", json!("2026-03-31")),
            set("start", relative("creation", 3, "days")),
            set("statutory", relative("due", -1, "months")),
            set("extended", relative("statutory", 5, "business_days")),
        ]),
        |office, job, _| {
            let job = office.get(job);
            assert_eq!((job.due, job.start), (day("2026-03-31"), day("2026-02-05")));
            // Month arithmetic clamps, here to a Saturday, from which open days count as from the
            // Monday after. Each action sees what the one before set.
            assert_eq!((job.statutory, job.extended), (day("2026-02-28"), day("2026-03-09")));
        },
    );
    let (office, job) = office(&json!([{ "set_date": { "date": "due" } }]));
    dated(&office, job, "due", "2026-03-31");
    go(&office, job);
    assert_eq!(office.get(job).due, None);
}

#[test]
fn s5_3_a_date_without_its_anchor_fails_the_action() {
    let to = json!("1 day after due");
    let (office, job) = office(&json!([{ "set_date": { "date": "start", "to": to } }]));
    assert!(fails(&office, job).contains("not set"));
    assert_eq!(office.get(job).start, None);
}

#[test]
fn s5_3_set_custom_fields() {
    after(
        &json!([
            { "set_field": { "scope": "job", "field": "form", "value": "1040" } },
            { "set_field": { "scope": "job", "field": "pages", "value": 3 } },
            { "set_field": { "scope": "job", "field": "form" } },
            { "set_field": { "scope": "account", "field": "states", "value": ["NY"] } }
        ]),
        |office, job, _| {
            assert_eq!(json!(office.get(job).fields), json!({ "pages": 3 }));
            assert_eq!(json!(office.get_account(1).fields), json!({ "states": ["NY"] }));
        },
    );
}

#[test]
fn s5_3_set_what_the_client_sees() {
    after(&json!([{ "set_client_status": "We work on it, {{ account.name }}" }]), |office, job, _| {
        assert_eq!(office.get(job).client_status.as_deref(), Some("We work on it, Jane Doe"));
    });
}

#[test]
fn s5_3_assignees_by_member_and_role() {
    // Cy is assigned before; Ann is the preparer, Bob the reviewer.
    for (action, expected) in [
        (json!({ "assign": { "members": [member(2)] } }), &[2, 3][..]),
        (json!({ "assign": { "roles": ["preparer", "reviewer"] } }), &[1, 2, 3]),
        (json!({ "assign": { "roles": ["preparer"], "members": [member(2)] } }), &[1, 2, 3]),
        (json!({ "unassign": { "members": [member(3), member(1)] } }), &[]),
        (json!({ "unassign": { "roles": ["preparer"] } }), &[3]),
        (json!({ "replace_assignees": { "roles": ["preparer"] } }), &[1]),
        (json!({ "replace_assignees": {} }), &[]),
    ] {
        let (office, job) = office(&json!([action]));
        office.give(json!({ "assign_job": { "job": job, "mode": "add", "who": { "members": [member(3)] } } }));
        go(&office, job);
        assert_eq!(office.get(job).assignees, expected.iter().map(|number| member(*number)).collect(), "{action}");
    }
}

#[test]
fn s5_3_a_role_means_all_who_hold_it() {
    let (office, job) = office(&json!([{ "assign": { "roles": ["preparer"] } }]));
    office.save_account(1, json!({ "roles": { "preparer": [member(2), member(3)] } }));
    go(&office, job);
    assert_eq!(office.get(job).assignees, [member(2), member(3)].into());
    assert_eq!(office.get(job).assigned_roles, [key("preparer")].into());
}

fn access(mode: &str, who: &Value) -> Value {
    json!({ "update_account_access": { "mode": mode, "who": who } })
}

#[test]
fn s5_3_account_access() {
    for (mode, who, expected, told) in [
        ("add", json!({ "roles": ["reviewer"] }), &[2, 3][..], &[2][..]),
        ("remove", json!({ "members": [member(3)] }), &[], &[3]),
        ("replace", json!({ "roles": ["preparer", "reviewer"] }), &[1, 2], &[1, 2]),
    ] {
        let (office, job) = office(&json!([access("add", &json!({ "members": [member(3)] }))]));
        go(&office, job);
        assert_eq!(office.get_account(1).access, [member(3)].into());
        office.publish(doing(&json!([access(mode, &who)])));
        let outcome = go(&office, job);
        let expected = expected.iter().map(|number| member(*number)).collect();
        assert_eq!(office.get_account(1).access, expected, "{mode}");
        let members: Vec<_> = told.iter().map(|number| member(*number)).collect();
        assert_eq!(intents(&outcome), [json!({ "update_account_access": { "mode": mode, "members": members } })]);
        // Done again it changes nothing, and the host hears nothing.
        assert!(intents(&go(&office, job)).is_empty());
    }
}

#[test]
fn s5_3_who_left_the_firm_loses_access() {
    let (office, job) = office(&json!([access("add", &json!({ "members": [member(2), member(3)] }))]));
    go(&office, job);
    office.give(json!({ "save_member": { "id": member(3), "name": "Cy", "active": false } }));
    office.publish(doing(&json!([access("remove", &json!({ "members": [member(3)] }))])));
    let outcome = go(&office, job);
    assert_eq!(office.get_account(1).access, [member(2)].into());
    assert_eq!(intents(&outcome), [json!({ "update_account_access": { "mode": "remove", "members": [member(3)] } })]);
}

fn moves(outcome: &Outcome) -> Vec<(String, MoveKind)> {
    let step = |recorded: &&workflow_core::event::Recorded| match &recorded.event {
        Event::JobMoved { to, how, .. } => Some((to.to_string(), *how)),
        _ => None,
    };
    outcome.events().iter().filter_map(step).collect()
}

#[test]
fn s5_3_move_to_a_stage_and_to_the_next() {
    // Straight to a conditional stage, whose condition is not asked.
    after(&json!([{ "move_to": "two" }]), |office, job, outcome| {
        assert_eq!(office.stage(job), "two");
        assert_eq!(moves(outcome), [("two".to_owned(), MoveKind::Automation)]);
    });
    // The next one is where automove would go.
    after(&json!(["move_next"]), |office, job, _| assert_eq!(office.stage(job), "three"));
    after(&json!([{ "add_job_tags": ["extend"] }, "move_next"]), |office, job, _| {
        assert_eq!(office.stage(job), "two");
    });
    // Where it is already: nothing to do.
    after(&json!([{ "move_to": "one" }]), |office, job, outcome| {
        assert!(moves(outcome).is_empty());
        assert_eq!(office.get(job).visits.len(), 1);
    });
    let (office, job) = office(&json!(["move_next"]));
    office.move_to(job, "four");
    assert!(fails(&office, job).contains("no stage after `four`"));
}

#[test]
fn s5_3_move_to_another_pipeline() {
    for (stage, expected) in [(None, "first"), (Some("second"), "second")] {
        let office = Office::new();
        office.publish(json!({ "key": "q", "name": "Q", "stages": [
            { "key": "first" }, { "key": "second" }, { "key": "third" }
        ] }));
        let mut order = json!({ "pipeline": "q" });
        if let Some(stage) = stage {
            order["stage"] = json!(stage);
        }
        office.publish(doing(&json!([{ "create_tasks": ["draft"] }, { "move_to_pipeline": order }])));
        let job = office.job();
        go(&office, job);
        let record = office.get(job);
        assert_eq!((record.pipeline.to_string(), record.stage.to_string()), ("q".to_owned(), expected.to_owned()));
        assert_eq!((record.visits.len(), record.tasks.len()), (2, 1));
    }
}

#[test]
fn s5_3_create_a_job_in_the_same_pipeline_and_for_the_same_account() {
    let (office, job) =
        office(&json!([{ "create_job": { "name": "Again for {{ account.name }}", "stage": "three" } }]));
    go(&office, job);
    let jobs = office.jobs_of(1);
    assert_eq!(jobs.len(), 2);
    let new = jobs.iter().find(|other| other.id != job).expect("another job");
    assert_eq!((&*new.name, new.stage.as_str(), new.pipeline.as_str()), ("Again for Jane Doe", "three", "p"));
    assert_eq!(new.account, account(1));
}

#[test]
fn s5_3_create_a_job_in_another_pipeline_for_linked_accounts() {
    let office = Office::new();
    let defaults = json!({ "name": "State return", "priority": "high", "assign": { "roles": ["reviewer"] } });
    office.give(json!({ "save_template": { "job": { "key": "state", "defaults": defaults } } }));
    office.publish(json!({ "key": "q", "name": "Q", "stages": [{ "key": "first" }, { "key": "last" }] }));
    let order = json!({ "pipeline": "q", "template": "state", "account": { "linked": "partner" } });
    office.publish(doing(&json!([{ "create_job": order }])));
    for number in [2, 3, 4] {
        office.account(number, "Partner");
    }
    let linked = [(2, "partner"), (3, "spouse"), (4, "partner")];
    let linked: Vec<Value> =
        linked.iter().map(|(number, relation)| json!({ "account": account(*number), "relation": relation })).collect();
    office.save_account(1, json!({ "linked": linked }));
    let period =
        json!({ "account": account(1), "pipeline": "p", "period_start": "2025-01-01", "period_end": "2025-12-31" });
    let job = office.give(json!({ "create_job": period })).job().expect("a job");
    go(&office, job);
    assert_eq!([1, 2, 3, 4].map(|number| office.jobs_of(number).len()), [1, 1, 0, 1]);
    for number in [2, 4] {
        let new = &office.jobs_of(number)[0];
        assert_eq!((&*new.name, new.pipeline.as_str(), new.stage.as_str()), ("State return", "q", "first"));
        assert_eq!((new.priority, new.assignees.clone()), (Priority::High, [member(2)].into()));
        // The period is that of the job it comes from.
        assert_eq!((new.period_start, new.period_end), (day("2025-01-01"), day("2025-12-31")));
    }
}

#[test]
fn s5_3_a_name_with_braces_in_it_is_not_read_as_shortcodes_again() {
    let (office, job) = office(&json!([{ "create_job": { "name": "Review of {{ account.name }}" } }]));
    let names = ["A {{ firm.name }} \"B\"\\n", "A {{ B", "{% raw %}", "{# nothing #}"];
    for (place, name) in names.iter().enumerate() {
        office.account(1, name);
        office.move_to(job, "one");
        go(&office, job);
        assert_eq!(office.get(job).failed, [], "{name}");
        assert_eq!(office.jobs_of(1).len(), place + 2, "{name}");
        let expected = format!("Review of {name}");
        assert!(office.jobs_of(1).iter().any(|job| *job.name == expected), "{name}");
    }
}

#[test]
fn s5_3_a_job_for_nobody_fails_the_action() {
    let (office, job) = office(&json!([{ "create_job": { "account": { "linked": "spouse" } } }]));
    assert!(fails(&office, job).contains("no account is linked"));
    assert_eq!(office.jobs_of(1).len(), 1);
}

#[test]
fn s5_3_complete_and_cancel_open_tasks() {
    for (action, expected) in [
        (json!({ "complete_tasks": {} }), [TaskState::Completed, TaskState::Completed, TaskState::Cancelled]),
        (json!({ "cancel_tasks": {} }), [TaskState::Cancelled, TaskState::Cancelled, TaskState::Cancelled]),
        (
            json!({ "complete_tasks": { "templates": ["check"] } }),
            [TaskState::Planned, TaskState::Completed, TaskState::Cancelled],
        ),
        (
            json!({ "cancel_tasks": { "templates": ["draft"] } }),
            [TaskState::Cancelled, TaskState::Planned, TaskState::Cancelled],
        ),
    ] {
        let (office, job) = office(&json!([action]));
        let tasks: Vec<_> = ["draft", "check", "draft"]
            .into_iter()
            .map(|template| office.new_task(json!({ "job": job, "template": template })))
            .collect();
        // What has ended stays as it ended.
        office.give(json!({ "set_task_state": { "task": tasks[2], "state": "cancelled" } }));
        go(&office, job);
        let states: Vec<TaskState> = tasks.iter().map(|task| office.get_task(*task).state).collect();
        assert_eq!(states, expected, "{action}");
    }
}

#[test]
fn s5_3_complete_and_cancel_open_items() {
    for (action, word, intent, kinds) in [
        (json!({ "complete_items": {} }), "completed", "complete_item", &["organizer", "invoice"][..]),
        (json!({ "cancel_items": {} }), "cancelled", "cancel_item", &["organizer", "invoice"]),
        (json!({ "complete_items": { "kinds": ["invoice"] } }), "completed", "complete_item", &["invoice"]),
        (json!({ "cancel_items": { "kinds": ["organizer"] } }), "cancelled", "cancel_item", &["organizer"]),
    ] {
        let (office, job) = office(&json!([action]));
        for kind in ["organizer", "invoice", "document", "email"] {
            office.new_item(json!({ "job": job, "kind": kind, "title": kind }));
        }
        office.report(job, "document", "accepted");
        let outcome = go(&office, job);
        for kind in ["organizer", "invoice", "document", "email"] {
            let item = &office.items(job, kind)[0];
            let ended = item.status.as_ref().is_some_and(|status| status.as_str() == word);
            assert_eq!(ended, kinds.contains(&kind), "{action}: {kind}");
            let link = office.get(job).items.iter().find(|link| link.item == item.id).cloned().expect("a link");
            assert_eq!((link.status, link.progress), (item.status.clone(), item.progress));
        }
        let progress = if word == "completed" { ItemProgress::Done } else { ItemProgress::Cancelled };
        assert!(kinds.iter().all(|kind| office.items(job, kind)[0].progress == progress), "{action}");
        let told: Vec<Value> = kinds
            .iter()
            .map(|kind| json!({ intent: { "item": office.items(job, kind)[0].id, "kind": kind } }))
            .collect();
        assert_eq!(intents(&outcome), told, "{action}");
    }
}

#[test]
fn s5_3_an_item_that_is_completed_is_completed_in_its_other_jobs() {
    let (office, job) = office(&json!([{ "complete_items": {} }]));
    let other = office.job();
    let invoice = office.new_item(json!({ "job": other, "kind": "invoice", "title": "fee" }));
    office.give(json!({ "link_item": { "item": { "id": invoice }, "job": job } }));
    go(&office, job);
    assert_eq!([job, other].map(|job| office.get(job).items[0].progress), [ItemProgress::Done; 2]);
}

#[test]
fn s5_3_archive() {
    after(&json!(["archive"]), |office, job, _| {
        let job = office.get(job);
        assert_eq!((job.status.clone(), job.archived), (JobStatus::Archived, Some(office.now())));
        assert_eq!(job.stage.as_str(), "one");
    });
}

#[test]
fn s5_3_send_the_host_a_signal() {
    after(
        &json!([{ "signal": { "name": "print", "payload": { "copies": 2 } } }, { "signal": { "name": "ring" } }]),
        |_, job, outcome| {
            let sent = [
                json!({ "signal": { "name": "print", "payload": { "copies": 2 } } }),
                json!({ "signal": { "name": "ring" } }),
            ];
            assert_eq!(intents(outcome), sent);
            assert!(outcome.notifications().iter().all(|notification| notification.job == Some(job)));
        },
    );
}
