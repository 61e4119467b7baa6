//! What would happen, told before it does; and whether the records are what the log says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;
use workflow_core::command::{Command, Request};
use workflow_core::engine::{Outcome, Preview};
use workflow_core::error::{Error, ErrorKind};
use workflow_core::event::Actor;
use workflow_core::id::IdempotencyKey;
use workflow_core::store::{Batch, Delete, DocId, Document, Put, Queue, QueuedState, StageDelta, StageTally, Transact};

use crate::crowd::{Crowd, Records};
use crate::kit::{Office, account, command, firm, key, member, plain};

fn request(actor: Actor, command: Command) -> Request {
    Request::new(firm(), actor, command)
}

fn system(command: Command) -> Request {
    request(Actor::system("test"), command)
}

/// Identifiers that the firm's records have.
fn known(office: &Office) -> BTreeSet<Uuid> {
    let records = Records::of(office);
    let jobs = records.jobs.keys().map(|id| id.0);
    let jobs = jobs.chain(records.tasks.keys().map(|id| id.0)).chain(records.accounts.keys().map(|id| id.0));
    jobs.chain(records.items.iter().map(|item| item.id.0)).chain((1..=9).map(|number| member(number).0)).collect()
}

/// The same with made-up identifiers counted through: they are made up anew each time.
fn counted(value: &mut Value, known: &BTreeSet<Uuid>, seen: &mut BTreeMap<Uuid, usize>) {
    match value {
        Value::String(text) => {
            if let Ok(id) = Uuid::parse_str(text)
                && !known.contains(&id)
            {
                let next = seen.len();
                *text = format!("new {}", seen.entry(id).or_insert(next));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| counted(value, known, seen)),
        Value::Object(map) => map.values_mut().for_each(|value| counted(value, known, seen)),
        _ => {}
    }
}

fn plain_words(mut value: Value, known: &BTreeSet<Uuid>) -> Value {
    counted(&mut value, known, &mut BTreeMap::new());
    value
}

fn queued(office: &Office) -> usize {
    [Queue::Outbox, Queue::FollowUps]
        .map(|queue| office.engine.queued(queue, firm(), QueuedState::Waiting, None, 1_000).expect("listed").len())
        .iter()
        .sum()
}

/// Everything that a preview could have changed.
fn all_there_is(office: &Office) -> (Vec<String>, usize, usize) {
    let records = Records::of(office);
    let jobs = records.jobs.values().map(|job| format!("{job:?}"));
    let tasks = records.tasks.values().map(|task| format!("{task:?}"));
    let items = records.items.iter().map(|item| format!("{item:?}"));
    let accounts = records.accounts.values().map(|account| format!("{account:?}"));
    (jobs.chain(tasks).chain(items).chain(accounts).collect(), records.log.len(), queued(office))
}

/// Previews, executes, and holds the one against the other.
fn hold_against(office: &Office, request: &Request) -> Option<(Preview, Outcome)> {
    let (known, before) = (known(office), all_there_is(office));
    let preview = office.engine.preview(request);
    assert_eq!(all_there_is(office), before, "a preview commits nothing: {request:?}");
    match (preview, office.engine.execute(request)) {
        (Ok(preview), Ok(outcome)) => {
            let what = format!("{:?}", request.command);
            assert_eq!(
                plain_words(json!(preview.events), &known),
                plain_words(json!(outcome.events()), &known),
                "{what}"
            );
            let (told, sent) = (preview.notifications(), outcome.notifications());
            assert_eq!(plain_words(json!(told), &known), plain_words(json!(sent), &known), "{what}");
            assert_eq!(preview.unchanged, outcome.unchanged, "{what}");
            Some((preview, outcome))
        }
        (Err(Error::Rejected(told)), Err(Error::Rejected(refused))) => {
            assert_eq!(told.kind(), refused.kind());
            assert_eq!(told.to_string(), refused.to_string());
            assert_eq!(all_there_is(office), before, "a refusal changes nothing");
            None
        }
        (preview, outcome) => panic!("{request:?}: {preview:?} but {outcome:?}"),
    }
}

#[test]
fn s11_2_previews_of_anything_are_what_happens_then() {
    let (mut happened, mut refused) = (0, 0);
    let mut kinds = BTreeSet::new();
    for seed in 41..=43 {
        let mut crowd = Crowd::new(seed, 12);
        for _ in 0..120 {
            let jobs: Vec<_> = Records::of(&crowd.office).jobs.into_keys().collect();
            let job = crowd.dice.pick(&jobs);
            let Some((actor, command)) = crowd.next_change(job) else { continue };
            kinds.insert(command.name());
            match hold_against(&crowd.office, &request(actor, command)) {
                Some(_) => happened += 1,
                None => refused += 1,
            }
        }
    }
    assert!(happened > 200 && refused > 5 && kinds.len() > 10, "{happened} {refused} {kinds:?}");
}

/// A pipeline where one command sets much off.
fn busy() -> Value {
    let mut pipeline = plain();
    pipeline["stages"][0]["automove"] = json!(true);
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "start", "do": [
        { "create_task": { "key": "a", "title": "For {{ account.name }}", "assign": { "roles": ["preparer"] },
            "due": "5 business days after stage entry" } },
        { "request": { "kind": "organizer" } }, { "add_account_tags": ["begun"] }] }]);
    pipeline["stages"][1]["on_entry"] = json!([
        { "key": "tell", "do": [{ "signal": { "name": "second" } }, { "set_date": { "date": "due",
            "to": "1 month after creation" } }] },
        { "key": "spouse", "do": [{ "create_job": { "pipeline": "q" } }] },
        { "key": "broken", "do": [{ "assign": { "roles": ["partner"] } }] },
    ]);
    pipeline["statuses"] =
        json!([{ "key": "on hold", "on_set": [{ "key": "held", "do": [{ "signal": { "name": "h" } }] }] }]);
    pipeline
}

#[test]
fn s11_2_a_preview_tells_the_whole_cascade_with_its_dates_and_notifications() {
    let office = Office::new();
    office.publish(json!({ "key": "q", "name": "Q", "stages": [{ "key": "in" }, { "key": "out" }] }));
    office.publish(busy());
    let new = json!({ "create_job": { "account": account(1), "pipeline": "p" } });
    let (preview, outcome) = hold_against(&office, &system(command(new))).expect("a job");
    assert_eq!((preview.notifications().len(), outcome.notifications().len()), (1, 1));
    let job = outcome.job().expect("a job");
    let (task, item) = (office.get(job).tasks[0].task, office.get(job).items[0].item);
    let due = serde_json::to_value(&preview.events).expect("json").to_string();
    assert!(due.contains("2026-02-09") && due.contains("For Jane Doe"), "{due}");
    for (written, moves) in [
        (json!({ "set_task_state": { "task": task, "state": "completed" } }), false),
        (json!({ "report_item": { "item": { "id": item }, "status": "submitted" } }), true),
        (json!({ "retry_action": { "job": job, "number": 1 } }), false),
        (json!({ "dismiss_action": { "job": job, "number": 1 } }), false),
        (json!({ "set_status": { "job": job, "status": "on hold" } }), false),
        (json!({ "fire_automation": { "job": job, "automation": "nothing" } }), false),
        (json!({ "move_job": { "job": job, "to": "one", "fire_jumped": true } }), true),
        (json!({ "move_job": { "job": job, "to": "one" } }), false),
        (json!({ "tag_account": { "account": account(1), "add": ["x"] } }), false),
        (json!({ "edit_job": { "job": job, "changes": { "name": "{{ account.nam }}" } } }), false),
        (json!({ "archive_job": { "job": job } }), false),
        (json!({ "delete_job": { "job": job } }), false),
    ] {
        let held = hold_against(&office, &system(command(written.clone())));
        let moved = held.is_some_and(|(preview, _)| {
            let moved =
                |r: &workflow_core::event::Recorded| matches!(r.event, workflow_core::event::Event::JobMoved { .. });
            preview.events.iter().any(moved)
        });
        assert_eq!(moved, moves, "{written}");
    }
}

#[test]
fn s11_2_previews_of_what_sets_the_firm_up() {
    let office = Office::new();
    for written in [
        json!({ "save_firm": { "name": "New name", "time_zone": "Europe/Paris" } }),
        json!({ "save_firm": { "name": "New name", "time_zone": "Moon/Crater" } }),
        json!({ "save_member": { "id": member(7), "name": "Gus", "admin": false, "active": true } }),
        json!({ "save_template": { "task": { "key": "t", "title": "T" } } }),
        json!({ "publish_pipeline": { "definition": plain() } }),
        json!({ "publish_pipeline": { "definition": { "key": "x", "name": "X", "stages": [] } } }),
        json!({ "archive_pipeline": { "pipeline": "p", "archived": true } }),
        json!({ "save_account": { "id": account(2), "name": "Another" } }),
        json!({ "delete_template": { "kind": "task", "key": "t" } }),
        json!({ "create_task": { "account": account(2), "task": { "key": "a", "title": "A" } } }),
        json!({ "create_item": { "account": account(2), "kind": "invoice", "title": "I" } }),
    ] {
        hold_against(&office, &system(command(written)));
    }
    // The settings are those of the last command that was carried out, not of one looked at.
    let query = office.engine.query(firm(), Actor::Member(member(7))).expect("Gus works here");
    assert!(query.pipelines().expect("pipelines").iter().all(|row| row.head.archived));
}

#[test]
fn s11_2_a_bulk_of_all_or_nothing_is_previewed_as_a_whole() {
    let office = Office::with(busy_alone());
    let job = office.job();
    let tag = |tag: &str| json!({ "tag_job": { "job": job, "add": [tag] } });
    let bulk = |commands: Value| system(command(json!({ "bulk": { "mode": "all_or_nothing", "commands": commands } })));
    let held = hold_against(&office, &bulk(json!([tag("a"), tag("b"), { "move_job": { "job": job, "to": "two" } }])));
    assert!(held.expect("done").0.events.len() > 3);
    // The last changes nothing, but the first does.
    let (preview, _) = hold_against(&office, &bulk(json!([tag("c"), tag("a")]))).expect("done");
    assert_eq!((preview.events.len(), preview.unchanged), (1, None));
    let (preview, _) = hold_against(&office, &bulk(json!([tag("c"), tag("a")]))).expect("done");
    assert_eq!((preview.events.len(), preview.unchanged.is_some()), (0, true));
    assert!(hold_against(&office, &bulk(json!([tag("d"), { "move_job": { "job": job, "to": "nowhere" } }]))).is_none());
    // A bulk of `each` has no preview of its own.
    let each = system(command(json!({ "bulk": { "commands": [tag("e")] } })));
    assert_eq!(office.engine.preview(&each).expect_err("refused").kind(), ErrorKind::Invalid);
}

fn busy_alone() -> Value {
    let mut pipeline = busy();
    pipeline["stages"][1]["on_entry"] = json!([{ "key": "tell", "do": [{ "signal": { "name": "second" } }] }]);
    pipeline
}

#[test]
fn s11_2_who_may_not_do_it_may_not_preview_it() {
    let office = Office::new();
    office.publish(json!({ "key": "closed", "name": "Closed", "access": { "only": { "members": [member(3)] } },
        "stages": [{ "key": "in" }, { "key": "out" }] }));
    let job = office.job_of(1, "closed");
    let tag = command(json!({ "tag_job": { "job": job, "add": ["x"] } }));
    for actor in [Actor::Member(member(2)), Actor::Client(account(1)), Actor::Member(member(9))] {
        let error = office.engine.preview(&request(actor.clone(), tag.clone())).expect_err("forbidden");
        assert_eq!(error.kind(), ErrorKind::Forbidden);
        assert!(hold_against(&office, &request(actor, tag.clone())).is_none());
    }
    assert!(hold_against(&office, &request(Actor::Member(member(3)), tag)).is_some());
}

#[test]
fn s11_2_what_was_done_under_its_key_would_not_be_done_again() {
    let office = Office::with(plain());
    let job = office.job();
    let keyed = |text: &str| {
        system(Command::CommentJob { job, text: text.into() }).keyed(IdempotencyKey::new("k").expect("a key"))
    };
    let preview = office.engine.preview(&keyed("hi")).expect("a preview");
    assert_eq!((preview.events.len(), preview.unchanged), (1, None));
    office.engine.execute(&keyed("hi")).expect("done");
    let preview = office.engine.preview(&keyed("hi")).expect("a preview");
    assert_eq!((preview.events.len(), preview.unchanged.is_some()), (0, true));
    assert_eq!(office.engine.preview(&keyed("ho")).expect_err("refused").kind(), ErrorKind::KeyReused);
    assert_eq!(office.get(job).comments, 1);
}

#[test]
fn s11_2_every_automation_that_was_looked_at_is_listed() {
    let office = Office::with(plain_with_rules());
    let job = office.job();
    let preview = office
        .engine
        .preview(&system(command(json!({ "move_job": { "job": job, "to": "two", "leave_out": ["left"] } }))))
        .expect("a preview");
    let listed: Vec<(&str, bool)> =
        preview.outlook.automations.iter().map(|a| (a.automation.as_str(), a.runs)).collect();
    assert_eq!(listed, [("runs", true), ("left", false), ("not", false), ("off", false)]);
    let why: Vec<&str> = preview.outlook.automations.iter().map(|automation| &*automation.why).collect();
    assert!(why[1].contains("leaves it out") && why[2].contains("condition") && why[3].contains("off"), "{why:?}");
    assert!(preview.outlook.automations[2].condition.is_some(), "with the values that were compared");
    let ran: Vec<String> = office
        .give(json!({ "move_job": { "job": job, "to": "two", "leave_out": ["left"] } }))
        .events()
        .iter()
        .filter_map(|recorded| match &recorded.event {
            workflow_core::event::Event::AutomationRan { automation, .. } => Some(automation.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(ran, ["runs"]);
}

fn plain_with_rules() -> Value {
    let mut pipeline = plain();
    let rule = |key: &str| json!({ "key": key, "do": [{ "signal": { "name": key } }] });
    let mut rules = ["runs", "left", "not", "off"].map(rule);
    rules[2]["if"] = json!({ "account_tags": { "all": ["vip"] } });
    rules[3]["enabled"] = json!(false);
    pipeline["stages"][1]["on_entry"] = json!(rules);
    pipeline
}

#[test]
fn s11_5_the_records_of_a_busy_firm_are_the_fold_of_its_log() {
    for seed in 44..=46 {
        let crowd = Crowd::new(seed, 60);
        let found = crowd.office.engine.verify(firm()).expect("readable");
        assert_eq!(found.differences, Vec::<String>::new());
        let records = Records::of(&crowd.office);
        assert_eq!(found.entries, records.log.len());
        let counted = records.jobs.len() + records.tasks.len() + records.items.len() + records.accounts.len();
        // Besides those there are the firm, five members, three pipelines and their versions, and comments.
        assert!(found.records > counted + 12, "{} {counted}", found.records);
    }
}

#[test]
fn s11_5_whatever_was_altered_behind_the_engine_s_back_is_found() {
    type Tamper = fn(&Office, &mut Batch);
    fn record(office: &Office) -> workflow_core::store::Record {
        let id = *Records::of(office).jobs.keys().next().expect("a job");
        office.store.get(firm(), &[DocId::Job(id)]).expect("readable").remove(0).expect("a job")
    }
    fn altered(office: &Office, change: impl FnOnce(&mut workflow_core::model::Job)) -> Put {
        let record = record(office);
        let Document::Job(job) = &record.document else { panic!("no job") };
        let mut job = (**job).clone();
        change(&mut job);
        let (expected, previous) = (Some(record.revision), Some(record.document));
        Put { expected, document: Document::Job(Arc::new(job)), previous }
    }
    let tampers: [(&str, Tamper); 5] = [
        ("changed", |office, batch| batch.puts.push(altered(office, |job| job.name = "Another".into()))),
        ("only its revision", |office, batch| batch.puts.push(altered(office, |_| {}))),
        ("deleted", |office, batch| {
            let record = record(office);
            batch.deletes.push(Delete { expected: record.revision, previous: record.document });
        }),
        ("slipped in", |office, batch| {
            let mut put = altered(office, |job| job.id = workflow_core::id::JobId(Uuid::from_u128(5)));
            (put.expected, put.previous) = (None, None);
            batch.puts.push(put);
        }),
        ("a count", |_, batch| {
            let by = StageTally { jobs: 1, ..StageTally::default() };
            batch.tallies.push(StageDelta { pipeline: key("p"), stage: key("one"), by });
        }),
    ];
    for (what, tamper) in tampers {
        let office = Office::with(plain());
        office.job();
        assert!(office.engine.verify(firm()).expect("readable").differences.is_empty());
        let mut batch = Batch::new(firm());
        tamper(&office, &mut batch);
        office.store.commit(&[batch]).expect("readable").remove(0).expect("committed");
        assert!(!office.engine.verify(firm()).expect("readable").differences.is_empty(), "{what}");
        // The office would find it too when it closes.
        office.leave();
    }
}
