//! Firms, accounts, members: and that no firm sees another's.

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::{Command, Request};
use workflow_core::engine::Outcome;
use workflow_core::error::{Error, ErrorKind, Rejection};
use workflow_core::event::Actor;
use workflow_core::id::FirmId;
use workflow_core::query::{
    AccountQuery, ActivityOf, ActivityQuery, CalendarQuery, JobQuery, JobScope, PageRequest, TaskQuery, TaskScope,
};
use workflow_core::store::{Queue, QueuedState};

use crate::kit::{Office, account, command, key, member};

#[test]
fn s1_5_an_automation_is_a_fact_in_the_log_and_asks_the_host_by_a_notification() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "on_entry": [{ "key": "hello", "if": { "role_filled": "preparer" },
            "do": [{ "request": { "kind": "email", "title": "Hello" } }, { "add_job_tags": ["greeted"] }] }] },
        { "key": "two" }] }));
    let outcome = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p" } }));
    let facts: Vec<Value> = outcome.events().iter().map(|fact| serde_json::to_value(fact).expect("json")).collect();
    let ran = facts.iter().position(|fact| fact["event"].get("automation_ran").is_some()).expect("it ran");
    // What it did says so, in order, and which event set it off.
    let by: Vec<_> = facts[ran..].iter().map(|fact| (fact["by"].as_str(), fact["of"].as_u64())).collect();
    assert!(by.len() >= 4 && by.iter().all(|by| *by == (Some("hello"), Some(0))), "{facts:#?}");
    let [notification] = outcome.notifications()[..] else { panic!("one notification") };
    assert_eq!((notification.job, notification.account), (outcome.job(), Some(account(1))));
}

fn other_firm() -> FirmId {
    FirmId(uuid::Uuid::from_u128(0xf2))
}

fn id(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

fn give(office: &Office, firm: FirmId, written: Value) -> Result<Outcome, Error> {
    office.engine.execute(&Request::new(firm, Actor::system("test"), command(written)))
}

/// Sets a firm up with records of which every identifier and reference is the same in any firm;
/// only the words differ.
fn fill(office: &Office, firm: FirmId, word: &str) {
    let pipeline = json!({ "key": "p", "name": word, "stages": [
        { "key": "one", "on_entry": [{ "key": "ask", "do": [{ "request": { "kind": "organizer", "title": word } }] }] },
        { "key": "two" }] });
    for written in [
        json!({ "save_firm": { "name": word, "roles": ["preparer"] } }),
        json!({ "save_member": { "id": member(1), "name": word, "admin": true } }),
        json!({ "save_template": { "task": { "key": "call", "title": word } } }),
        json!({ "publish_pipeline": { "definition": pipeline } }),
        json!({ "save_account": { "id": account(1), "name": word, "external": "client-1",
            "roles": { "preparer": [member(1)] } } }),
        json!({ "tag_account": { "account": account(1), "add": [word] } }),
        json!({ "create_job": { "id": id(1), "account": account(1), "pipeline": "p", "name": word,
            "due": "2026-04-15", "assign": { "roles": ["preparer"] } } }),
        json!({ "create_task": { "id": id(2), "job": id(1), "task": { "key": "a", "title": word,
            "due": "2026-04-15", "assign": { "roles": ["preparer"] } } } }),
        json!({ "create_item": { "id": id(3), "job": id(1), "kind": "invoice", "title": word, "external": "inv-1" } }),
        json!({ "comment_job": { "job": id(1), "text": word } }),
    ] {
        give(office, firm, written).expect("set up");
    }
}

/// Everything that a firm can be asked.
fn everything(office: &Office, firm: FirmId) -> String {
    let queries = office.engine.query(firm, Actor::system("test")).expect("a firm");
    let page = PageRequest::first(100);
    let jobs = |scope| format!("{:#?}", queries.jobs(&JobQuery { scope, archived: true, ..Default::default() }, &page));
    let tasks = |scope| format!("{:#?}", queries.tasks(&TaskQuery { scope, ..Default::default() }, &page));
    let activity = |of| format!("{:#?}", queries.activity(&ActivityQuery { of, oldest_first: true }, &page));
    let (from, to) = ("2026-04-01".parse().expect("a day"), "2026-04-30".parse().expect("a day"));
    let engine = &office.engine;
    [
        format!("{:#?}", queries.board(&key("p"), 10)),
        jobs(JobScope::Firm),
        jobs(JobScope::Pipeline { pipeline: key("p"), stages: [].into() }),
        jobs(JobScope::Account(account(1))),
        jobs(JobScope::Assignee(member(1))),
        jobs(JobScope::Unassigned),
        jobs(JobScope::Attention),
        tasks(TaskScope::Firm),
        tasks(TaskScope::Assignee(member(1))),
        tasks(TaskScope::Role(key("preparer"))),
        tasks(TaskScope::Account(account(1))),
        tasks(TaskScope::Unassigned),
        activity(ActivityOf::Firm),
        activity(ActivityOf::Job(id(1).into())),
        activity(ActivityOf::Account(account(1))),
        activity(ActivityOf::Member(member(1))),
        format!("{:#?}", queries.calendar(&CalendarQuery { from, to, member: None })),
        format!("{:#?}", queries.workload()),
        format!("{:#?}", queries.job(id(1).into())),
        format!("{:#?}", queries.accounts(&AccountQuery::default(), &page)),
        format!("{:#?}", queries.account(account(1))),
        format!("{:#?}", queries.account_by_external(&key("client-1"))),
        format!("{:#?}", queries.client_jobs(account(1), &page)),
        format!("{:#?}", queries.members()),
        format!("{:#?}", queries.pipelines()),
        format!("{:#?}", queries.definition(&key("p"))),
        format!("{:#?}", engine.queued(Queue::Outbox, firm, QueuedState::Waiting, None, 100)),
        format!("{:#?}", engine.queued(Queue::Outbox, firm, QueuedState::Dead, None, 100)),
        format!("{:#?}", engine.queued(Queue::FollowUps, firm, QueuedState::Waiting, None, 100)),
    ]
    .join("\n")
}

/// Changes of everything that [`fill`] makes.
fn changes() -> Vec<Value> {
    vec![
        json!({ "save_firm": { "name": "Changed", "roles": ["preparer", "partner"] } }),
        json!({ "save_member": { "id": member(1), "name": "Changed", "admin": true } }),
        json!({ "save_template": { "task": { "key": "call", "title": "Changed" } } }),
        json!({ "switch_automation": { "pipeline": "p", "automation": "ask", "enabled": false } }),
        json!({ "save_account": { "id": account(1), "name": "Changed", "external": "client-2" } }),
        json!({ "tag_account": { "account": account(1), "add": ["changed"] } }),
        json!({ "set_account_field": { "account": account(1), "field": "fee", "value": 1 } }),
        json!({ "edit_job": { "job": id(1), "changes": { "name": "Changed", "dates": { "due": "clear" } } } }),
        json!({ "tag_job": { "job": id(1), "add": ["changed"] } }),
        json!({ "set_task_state": { "task": id(2), "state": "completed" } }),
        json!({ "report_item": { "item": { "external": "inv-1" }, "status": "paid" } }),
        json!({ "name_item": { "item": id(3), "external": "inv-2" } }),
        json!({ "move_job": { "job": id(1), "to": "two" } }),
        json!({ "comment_job": { "job": id(1), "text": "changed" } }),
        json!({ "archive_pipeline": { "pipeline": "p", "archived": true } }),
        json!({ "delete_template": { "kind": "task", "key": "call" } }),
        json!({ "delete_task": { "task": id(2) } }),
        json!({ "delete_job": { "job": id(1) } }),
    ]
}

#[test]
fn s1_1_two_firms_of_the_same_identifiers_see_nothing_of_each_other() {
    let office = Office::new();
    let (ours, theirs) = (crate::kit::firm(), other_firm());
    fill(&office, ours, "Xylophone");
    fill(&office, theirs, "Zeppelin");
    let (before, other) = (everything(&office, ours), everything(&office, theirs));
    assert!(before.contains("Xylophone") && !before.contains("Zeppelin"));
    assert!(other.contains("Zeppelin") && !other.contains("Xylophone"));
    for change in changes() {
        give(&office, ours, change.clone()).unwrap_or_else(|error| panic!("{change}: {error}"));
        assert_eq!(everything(&office, theirs), other, "{change} reached the other firm");
    }
    assert_ne!(everything(&office, ours), before);
    assert_eq!(office.engine.verify(theirs).expect("readable").differences, Vec::<String>::new());
}

#[test]
fn s1_1_no_command_finds_another_firm_s_records() {
    let office = Office::new();
    fill(&office, crate::kit::firm(), "Xylophone");
    give(&office, other_firm(), json!({ "save_firm": { "name": "Zeppelin" } })).expect("a firm");
    let before = everything(&office, crate::kit::firm());
    let mut strangers = changes();
    strangers.retain(|change| {
        !["save_firm", "save_member", "save_template", "save_account"].iter().any(|name| change.get(name).is_some())
    });
    strangers.extend([
        json!({ "create_job": { "account": account(1), "pipeline": "p" } }),
        json!({ "create_task": { "job": id(1), "task": { "key": "a", "title": "a" } } }),
        json!({ "create_task": { "account": account(1), "task": { "key": "a", "title": "a" } } }),
        json!({ "create_task": { "template": "call" } }),
        json!({ "create_item": { "job": id(1), "kind": "invoice", "title": "i" } }),
        json!({ "set_status": { "job": id(1), "status": "completed" } }),
        json!({ "archive_job": { "job": id(1) } }),
        json!({ "pin_job": { "job": id(1), "pinned": true } }),
        json!({ "resolve_roles": { "job": id(1) } }),
        json!({ "fire_automation": { "job": id(1), "automation": "ask" } }),
        json!({ "signal_job": { "job": id(1), "name": "s" } }),
        json!({ "add_job_dependency": { "job": id(1), "on": id(1) } }),
        json!({ "assign_job": { "job": id(1), "mode": "add", "who": {} } }),
        json!({ "edit_task": { "task": id(2), "changes": { "title": "x" } } }),
        json!({ "assign_task": { "task": id(2), "mode": "add", "who": {} } }),
        json!({ "unlink_task": { "task": id(2) } }),
        json!({ "link_item": { "item": { "id": id(3) }, "job": id(1) } }),
        json!({ "report_item": { "item": { "id": id(3) }, "status": "paid" } }),
        json!({ "bulk": { "mode": "each", "commands": [] } }),
    ]);
    for change in strangers {
        let result = give(&office, other_firm(), change.clone());
        if change.get("bulk").is_some() {
            assert!(result.expect("nothing to do").unchanged.is_some());
            continue;
        }
        let kind = result.expect_err("there is nothing of the sort").kind();
        assert_eq!(kind, ErrorKind::NotFound, "{change}");
    }
    assert_eq!(everything(&office, crate::kit::firm()), before);
    // A member of one firm is nobody in the other.
    let stranger = Request::new(
        other_firm(),
        Actor::Member(member(1)),
        command(json!({ "comment_job": { "job": id(1), "text": "x" } })),
    );
    assert_eq!(office.engine.execute(&stranger).expect_err("nobody").kind(), ErrorKind::Forbidden);
    let refused = office.engine.query(other_firm(), Actor::Member(member(1))).err().expect("nobody");
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
}

#[test]
fn s1_1_a_firm_that_was_not_set_up_has_nothing() {
    let office = Office::new();
    let nobody = FirmId(id(0xdead));
    let refused = give(&office, nobody, json!({ "save_account": { "id": account(1), "name": "x" } }));
    assert!(matches!(refused, Err(Error::Rejected(Rejection::NotFound { what: "firm", .. }))), "{refused:?}");
    assert_eq!(office.engine.query(nobody, Actor::system("x")).err().expect("no firm").kind(), ErrorKind::NotFound);
}

#[test]
fn s1_1_idempotency_keys_are_a_firm_s_own() {
    let office = Office::new();
    fill(&office, crate::kit::firm(), "Xylophone");
    fill(&office, other_firm(), "Zeppelin");
    let comment = |firm, text: &str| {
        let written = command(json!({ "comment_job": { "job": id(1), "text": text } }));
        office.engine.execute(&Request::new(firm, Actor::system("x"), written).keyed(key("k"))).expect("commented")
    };
    assert!(!comment(crate::kit::firm(), "ours").replayed);
    assert!(!comment(other_firm(), "theirs").replayed);
    assert!(comment(other_firm(), "theirs").replayed);
}

#[test]
fn s1_1_notifications_go_to_the_firm_that_asks_and_name_theirs() {
    let office = Office::new();
    let (ours, theirs) = (crate::kit::firm(), other_firm());
    fill(&office, ours, "Xylophone");
    fill(&office, theirs, "Zeppelin");
    let claim = |firm| office.engine.claim_notifications(firm, TimeDelta::seconds(60), 10).expect("claimed");
    let mine = claim(Some(ours));
    assert_eq!(mine.len(), 1);
    assert!(mine.iter().all(|delivery| delivery.receipt.firm == ours && delivery.notification.firm == ours));
    // A receipt that says another firm settles nothing there.
    let mut forged = mine[0].receipt;
    forged.firm = theirs;
    assert!(!office.engine.acknowledge(&forged).expect("answered"));
    let rest = claim(None);
    assert!(rest.len() == 1 && rest[0].receipt.firm == theirs);
    office.engine.reject(&rest[0].receipt, "no").expect("rejected");
    assert_eq!(office.engine.dead_letters(ours, None, 10).expect("listed"), []);
    assert_eq!(office.engine.dead_letters(theirs, None, 10).expect("listed").len(), 1);
    let again = office.engine.send_again(ours, rest[0].receipt.notification);
    assert_eq!(again.expect_err("not ours").kind(), ErrorKind::NotFound);
}

#[test]
fn s1_2_the_host_upserts_the_light_record_and_tags_stay() {
    let office = Office::new();
    office.run(Command::TagAccount { account: account(1), add: [key("vip")].into(), remove: [].into() });
    let record = json!({ "save_account": { "id": account(1), "name": "Jane Roe", "external": "c-1",
        "fields": { "fee": 450.5, "states": ["NY", "NJ"], "opened": "2024-01-01", "active": true },
        "roles": { "preparer": [member(3)] }, "linked": [{ "relation": "spouse", "account": account(2) }] } });
    office.give(record.clone());
    let saved = office.get_account(1);
    assert_eq!((saved.name.as_str(), saved.external.clone()), ("Jane Roe", Some(key("c-1"))));
    assert_eq!((saved.tags.clone(), saved.fields.len()), ([key("vip")].into(), 4));
    assert_eq!(saved.roles.holders("preparer"), Some(&[member(3)][..]));
    assert!(office.give(record).unchanged.is_some());
    let taken = json!({ "save_account": { "id": account(2), "name": "John", "external": "c-1" } });
    assert_eq!(office.refused(command(taken)).kind(), ErrorKind::Exists);
    let nobody = json!({ "save_account": { "id": account(2), "name": "John", "roles": { "preparer": [member(9)] } } });
    assert_eq!(office.refused(command(nobody)).kind(), ErrorKind::Invalid);
}

#[test]
fn s1_3_who_does_not_work_here_any_more_acts_and_is_assigned_no_longer() {
    let office = Office::with(crate::kit::plain());
    let job = office.job();
    let comment = || command(json!({ "comment_job": { "job": job, "text": "hello" } }));
    office.as_member(2, comment()).expect("at work");
    office.give(json!({ "save_member": { "id": member(2), "name": "Bob", "active": false } }));
    let refused = office.as_member(2, comment()).expect_err("gone");
    assert_eq!(
        (refused.kind(), refused.to_string()),
        (ErrorKind::Forbidden, "forbidden: `Bob` does not work here any more".into())
    );
    let assign = json!({ "assign_job": { "job": job, "mode": "add", "who": { "members": [member(2)] } } });
    assert_eq!(office.refused(command(assign)).kind(), ErrorKind::NotFound);
    // Only admins set the firm up.
    let template = command(json!({ "save_template": { "task": { "key": "call", "title": "Call" } } }));
    assert_eq!(office.as_member(3, template.clone()).expect_err("no admin").kind(), ErrorKind::Forbidden);
    office.as_member(1, template).expect("an admin");
}
