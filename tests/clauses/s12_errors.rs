//! Errors: their kinds and numbers, unknown fields, and what a key used twice is answered.

use std::sync::Arc;

use serde_json::{Value, json};
use workflow_core::command::{BulkMode, Command, MoveJob, NewJob, Request};
use workflow_core::definition::{PipelineDefinition, Template};
use workflow_core::document;
use workflow_core::engine::{Engine, Outcome};
use workflow_core::error::{Error, ErrorKind, Problem, Rejection, StoreError};
use workflow_core::event::Actor;
use workflow_core::id::{IdempotencyKey, JobId};
use workflow_core::store::{LogBy, LogScan, Transact};

use crate::kit::{Office, account, command, firm, key, member, plain};

/// Kinds with their numbers, their words, and whether trying again can help. Never to be changed.
const KINDS: &[(ErrorKind, i32, &str, bool)] = &[
    (ErrorKind::Invalid, 100, "invalid", false),
    (ErrorKind::Document, 101, "document", false),
    (ErrorKind::NotFound, 102, "not_found", false),
    (ErrorKind::Exists, 103, "exists", false),
    (ErrorKind::Forbidden, 104, "forbidden", false),
    (ErrorKind::Refused, 105, "refused", false),
    (ErrorKind::Cycle, 106, "cycle", false),
    (ErrorKind::Limit, 107, "limit", false),
    (ErrorKind::KeyReused, 108, "key_reused", false),
    (ErrorKind::Conflict, 200, "conflict", true),
    (ErrorKind::Busy, 201, "busy", true),
    (ErrorKind::Unavailable, 202, "unavailable", true),
    (ErrorKind::Corrupt, 203, "corrupt", false),
    (ErrorKind::NewerVersion, 204, "newer_version", false),
    (ErrorKind::NotAStore, 205, "not_a_store", false),
    (ErrorKind::Unsupported, 206, "unsupported", false),
    (ErrorKind::Ambiguous, 207, "ambiguous", true),
];

#[test]
fn s12_2_kinds_have_numbers_and_words_that_stay() {
    for (kind, code, word, retryable) in KINDS {
        assert_eq!((kind.code(), kind.retryable()), (*code, *retryable), "{kind:?}");
        assert_eq!(serde_json::to_value(kind).expect("json"), json!(word));
        assert_eq!(serde_json::from_value::<ErrorKind>(json!(word)).expect("a kind"), *kind);
        let error = Error::from(StoreError::new(*kind, "why"));
        assert_eq!((error.kind(), error.retryable(), error.to_string()), (*kind, *retryable, "why".to_owned()));
    }
    let mut codes: Vec<i32> = KINDS.iter().map(|(_, code, _, _)| *code).collect();
    codes.dedup();
    assert_eq!(codes.len(), KINDS.len());
}

#[test]
fn s12_2_a_rejection_says_what_and_where_and_what_to_do() {
    let office = Office::with(plain());
    let (job, other) = (office.job(), office.job());
    office.give(json!({ "add_job_dependency": { "job": job, "on": other } }));
    let new = |more: Value| {
        let mut new = json!({ "account": account(1), "pipeline": "p" });
        for (field, value) in more.as_object().expect("an object") {
            new[field] = value.clone();
        }
        json!({ "create_job": new })
    };
    let keyed = |text: &str| Request {
        key: Some(IdempotencyKey::new("once").expect("a key")),
        ..Request::new(firm(), Actor::system("t"), Command::CommentJob { job, text: text.into() })
    };
    office.engine.execute(&keyed("one")).expect("done");
    let refused = |request: &Request| office.engine.execute(request).expect_err("refused");
    let system = |written: Value| Request::new(firm(), Actor::system("t"), command(written));
    let by_bob = |written: Value| Request::new(firm(), Actor::Member(member(2)), command(written));
    let cases: Vec<(Request, i32, &[&str])> = vec![
        (system(json!({ "comment_job": { "job": job, "text": "" } })), 100, &["`text`", "empty"]),
        (
            system(json!({ "save_firm": { "name": "F", "time_zone": "America/New_Yrk" } })),
            101,
            &["time_zone", "America/New_Yrk"],
        ),
        (system(new(json!({ "name": "{{ acount.name }}" }))), 100, &["`name`", "did you mean `account.name`?"]),
        (
            system(json!({ "publish_pipeline": { "definition": { "key": "x", "name": "X", "stages": [] } } })),
            101,
            &["stages", "at least one stage"],
        ),
        (system(new(json!({ "account": account(7) }))), 102, &["no account", "ac07"]),
        (system(new(json!({ "pipeline": "r" }))), 102, &["no pipeline `r`"]),
        (system(new(json!({ "id": job }))), 103, &["the job `", "exists already"]),
        (by_bob(json!({ "archive_pipeline": { "pipeline": "p", "archived": true } })), 104, &["forbidden"]),
        (system(json!({ "set_status": { "job": job, "status": "completed" } })), 105, &["refused", "not finished"]),
        (system(json!({ "add_job_dependency": { "job": other, "on": job } })), 106, &["circle", "→"]),
        (system(new(json!({ "name": "x".repeat(501) }))), 107, &["name", "NAME_BYTES of 500 (it is 501)"]),
        (keyed("two"), 108, &["`once`", "use a new key"]),
    ];
    for (request, code, words) in cases {
        let before = office.store.log(firm(), &LogScan::new(LogBy::Firm, 1_000)).expect("a log").len();
        let error = refused(&request);
        assert_eq!((error.kind().code(), error.retryable()), (code, false), "{error}");
        for word in words {
            assert!(error.to_string().contains(word), "{error}: no `{word}`");
        }
        let after = office.store.log(firm(), &LogScan::new(LogBy::Firm, 1_000)).expect("a log").len();
        assert_eq!(before, after, "bad input changes nothing");
    }
}

fn problems<T: std::fmt::Debug>(result: Result<T, Rejection>) -> Vec<Problem> {
    match result {
        Err(Rejection::Document(problems)) => problems,
        other => panic!("not refused with problems: {other:?}"),
    }
}

#[test]
fn s12_2_an_unknown_field_of_a_command_is_an_error_with_a_suggestion() {
    let job = JobId(uuid::Uuid::from_u128(1));
    for (written, path, wanted) in [
        (json!({ "creat_job": { "account": account(1), "pipeline": "p" } }), "creat_job", "create_job"),
        (json!({ "create_job": { "account": account(1), "pipline": "p" } }), "create_job.pipline", "pipeline"),
        (
            json!({ "create_job": { "account": account(1), "pipeline": "p", "piority": "high" } }),
            "create_job.piority",
            "priority",
        ),
        (json!({ "edit_job": { "job": job, "changes": { "nmae": "x" } } }), "edit_job.changes.nmae", "name"),
        (json!({ "move_job": { "job": job, "too": "one" } }), "move_job.too", "to"),
        (json!({ "move_job": { "job": job, "to": "one", "overide": true } }), "move_job.overide", "override"),
        (
            json!({ "set_status": { "job": job, "status": "active", "leaveout": [] } }),
            "set_status.leaveout",
            "leave_out",
        ),
        (json!({ "tag_job": { "job": job, "ad": ["x"] } }), "tag_job.ad", "add"),
        (
            json!({ "assign_job": { "job": job, "mode": "add", "who": { "member": [] } } }),
            "assign_job.who.member",
            "members",
        ),
        (
            json!({ "create_task": { "job": job, "task": { "key": "t", "titel": "T" } } }),
            "create_task.task.titel",
            "title",
        ),
        (
            json!({ "create_item": { "job": job, "kind": "chat", "title": "T", "externl": "x" } }),
            "create_item.externl",
            "external",
        ),
        (json!({ "bulk": { "comands": [] } }), "bulk.comands", "commands"),
        (
            json!({ "bulk": { "commands": [{ "tag_job": { "job": job, "remov": [] } }] } }),
            "bulk.commands[0].tag_job.remov",
            "remove",
        ),
        (json!({ "save_firm": { "name": "F", "holidys": [] } }), "save_firm.holidys", "holidays"),
        (json!({ "save_account": { "id": account(1), "name": "A", "role": {} } }), "save_account.role", "roles"),
    ] {
        let found = problems(document::read::<Command>("command", written.to_string().as_bytes()));
        let named = found.iter().find(|problem| problem.path == path);
        let named = named.unwrap_or_else(|| panic!("{path} not named: {found:?}"));
        assert!(named.message.contains(&format!("did you mean `{wanted}`?")), "{named}");
        // Read without help it is an error too, and nothing to be passed over.
        let error = serde_json::from_value::<Command>(written).expect_err("unknown").to_string();
        assert!(error.contains("unknown") || error.contains("missing"), "{error}");
    }
}

#[test]
fn s12_2_an_unknown_field_of_a_document_is_an_error_with_a_suggestion() {
    for (place, field, wanted) in [
        ("", "descripton", "description"),
        ("/stages/0", "automve", "automove"),
        ("/stages/0/on_entry/0", "iff", "if"),
        ("/stages/0/on_entry/0/do/0/request", "templat", "template"),
        ("/statuses/0", "onset", "on_set"),
        ("/job_defaults", "budget", "budget_minutes"),
        ("/task_templates/0", "checklst", "checklist"),
    ] {
        let mut pipeline = plain();
        pipeline["statuses"] = json!([{ "key": "held" }]);
        pipeline["job_defaults"] = json!({ "priority": "low" });
        pipeline["task_templates"] = json!([{ "key": "t", "title": "T" }]);
        pipeline["stages"][0]["on_entry"] = json!([{ "key": "a", "do": [{ "request": { "kind": "email" } }] }]);
        document::read_pipeline(pipeline.to_string().as_bytes()).expect("without it all is well");
        pipeline.pointer_mut(place).expect("the place")[field] = json!(null);
        let found = problems(document::read_pipeline(pipeline.to_string().as_bytes()));
        let named: Vec<&Problem> = found.iter().filter(|problem| problem.code == "unknown_field").collect();
        assert_eq!(named.len(), 1, "{found:?}");
        assert!(named[0].message.contains(&format!("did you mean `{wanted}`?")), "{}", named[0]);
        assert!(named[0].path.ends_with(field), "{}", named[0]);
        assert!(serde_json::from_value::<PipelineDefinition>(pipeline).is_err());
    }
    let found = problems(document::read::<Template>("template", b"job: {key: t, defaults: {priorty: low}}"));
    assert!(found[0].message.contains("did you mean `priority`?"), "{found:?}");
}

#[test]
fn s12_2_unknown_fields_of_queries_are_errors() {
    use workflow_core::query::{AccountQuery, ActivityQuery, CalendarQuery, JobQuery, TaskQuery};
    let unknown = || json!({ "nonsense": 1, "from": "2026-01-01", "to": "2026-01-02" });
    for error in [
        serde_json::from_value::<JobQuery>(unknown()).map(drop),
        serde_json::from_value::<TaskQuery>(unknown()).map(drop),
        serde_json::from_value::<AccountQuery>(unknown()).map(drop),
        serde_json::from_value::<ActivityQuery>(unknown()).map(drop),
        serde_json::from_value::<CalendarQuery>(unknown()).map(drop),
        serde_json::from_value::<Request>(unknown()).map(drop),
    ] {
        assert!(error.expect_err("unknown").to_string().contains("unknown field"));
    }
}

fn idempotency(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).expect("a key")
}

fn keyed(text: &str, command: Command) -> Request {
    Request::new(firm(), Actor::system("test"), command).keyed(idempotency(text))
}

fn reopened(office: &Office, seed: u64) -> Engine {
    Engine::deterministic(Arc::clone(&office.store) as _, Arc::clone(&office.clock) as _, seed)
}

fn log_length(office: &Office) -> usize {
    office.store.log(firm(), &LogScan::new(LogBy::Firm, 1_000)).expect("a log").len()
}

/// A key may be used once: by the engine that used it and by one opened later.
fn both(office: &Office, check: impl Fn(&Engine)) {
    check(&office.engine);
    office.advance(chrono::TimeDelta::days(40));
    check(&reopened(office, 99));
}

fn same(first: &Outcome, again: &Outcome) {
    assert!(!first.replayed && again.replayed);
    assert_eq!(again.entries, first.entries);
    assert_eq!((again.position, again.job(), again.revision()), (first.position, first.job(), first.revision()));
    assert_eq!(again.unchanged.is_some(), first.unchanged.is_some());
}

#[test]
fn s12_2_the_same_key_and_command_answer_with_the_first_result() {
    let mut pipeline = plain();
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "ask", "do": [{ "request": { "kind": "organizer" } }] }]);
    let office = Office::with(pipeline);
    let create = keyed("new", Command::CreateJob(Box::new(NewJob::new(account(1), key("p")))));
    let first = office.engine.execute(&create).expect("a job");
    let job = first.job().expect("a job");
    let move_it = keyed("move", Command::MoveJob(MoveJob::to(job, key("two"))));
    let moved = office.engine.execute(&move_it).expect("moved");
    office.move_to(job, "one");
    let length = log_length(&office);
    both(&office, |engine| {
        same(&first, &engine.execute(&create).expect("the first job"));
        same(&moved, &engine.execute(&move_it).expect("the first move"));
    });
    // Nothing is done again: no job, no notification, no move.
    assert_eq!((log_length(&office), office.stage(job)), (length, "one".to_owned()));
    let claimed = office.engine.claim_notifications(Some(firm()), chrono::TimeDelta::seconds(60), 10).expect("claimed");
    assert_eq!(claimed.len(), 1);
}

#[test]
fn s12_2_the_first_result_is_answered_though_it_would_be_refused_now() {
    let office = Office::with(plain());
    let job = office.job();
    let comment = keyed("c", Command::CommentJob { job, text: "hi".into() });
    let first = office.engine.execute(&comment).expect("done");
    office.run(Command::DeleteJob { job });
    both(&office, |engine| same(&first, &engine.execute(&comment).expect("done before")));
}

#[test]
fn s12_2_a_command_that_changed_nothing_keeps_its_key_too() {
    let office = Office::with(plain());
    let job = office.job();
    let tag = json!({ "tag_job": { "job": job, "remove": ["x"] } });
    let untag = keyed("k", command(tag));
    let first = office.engine.execute(&untag).expect("done");
    assert!(first.unchanged.is_some());
    office.give(json!({ "tag_job": { "job": job, "add": ["x"] } }));
    // The same command would change something now; it is the same request all the same.
    both(&office, |engine| assert!(engine.execute(&untag).expect("done before").replayed));
    assert_eq!(office.get(job).tags, [key("x")].into());
}

#[test]
fn s12_2_the_same_key_and_another_command_or_actor_are_refused() {
    let office = Office::with(plain());
    let (job, other) = (office.job(), office.job());
    let say = |job: JobId, text: &str| Command::CommentJob { job, text: text.into() };
    office.engine.execute(&keyed("k", say(job, "one"))).expect("done");
    let length = log_length(&office);
    let mut by_ann = keyed("k", say(job, "one"));
    by_ann.actor = Actor::Member(member(1));
    let others = [
        keyed("k", say(job, "two")),
        keyed("k", say(other, "one")),
        keyed("k", Command::DeleteJob { job }),
        // One that would change nothing, and one that would be refused by itself.
        keyed("k", command(json!({ "tag_job": { "job": job, "remove": ["x"] } }))),
        keyed("k", say(job, "")),
        keyed("k", Command::Bulk { mode: BulkMode::AllOrNothing, commands: vec![say(job, "one")] }),
        by_ann,
    ];
    both(&office, |engine| {
        for request in &others {
            let error = engine.execute(request).expect_err("refused");
            assert_eq!((error.kind(), error.retryable()), (ErrorKind::KeyReused, false), "{request:?}");
        }
    });
    assert_eq!((log_length(&office), office.get(job).comments), (length, 1));
}

#[test]
fn s12_2_a_refused_command_leaves_its_key_free() {
    let office = Office::with(plain());
    let job = office.job();
    let say = |text: &str| keyed("k", Command::CommentJob { job, text: text.into() });
    assert_eq!(office.engine.execute(&say("")).expect_err("empty").kind(), ErrorKind::Invalid);
    let done = office.engine.execute(&say("hi")).expect("done");
    assert!(!done.replayed);
    assert_eq!(office.get(job).comments, 1);
}

#[test]
fn s12_2_many_at_once_keep_their_keys() {
    let office = Office::with(plain());
    let job = office.job();
    let say = |key: &str, text: &str| keyed(key, Command::CommentJob { job, text: text.into() });
    // The second has the key of the first, the third uses it for something else.
    let requests = [say("a", "one"), say("a", "one"), say("a", "two"), say("b", "three")];
    let check = |engine: &Engine, first_time: bool| {
        let answers = engine.execute_many(&requests);
        let replayed: Vec<Result<bool, ErrorKind>> =
            answers.into_iter().map(|answer| answer.map(|done| done.replayed).map_err(|error| error.kind())).collect();
        let first = Ok(!first_time);
        assert_eq!(replayed, [first, Ok(true), Err(ErrorKind::KeyReused), first]);
    };
    check(&office.engine, true);
    check(&office.engine, false);
    check(&reopened(&office, 99), false);
    assert_eq!(office.get(job).comments, 2);
}

#[test]
fn s12_2_a_bulk_s_keys_hold_after_reopening() {
    for mode in [BulkMode::Each, BulkMode::AllOrNothing] {
        let office = Office::with(plain());
        let new = |name: &str| {
            let mut new = NewJob::new(account(1), key("p"));
            new.name = Some(name.into());
            Command::CreateJob(Box::new(new))
        };
        let request = keyed("k", Command::Bulk { mode, commands: vec![new("A"), new("B"), new("C")] });
        let first = office.engine.execute(&request).expect("done");
        let length = log_length(&office);
        both(&office, |engine| {
            let again = engine.execute(&request).expect("done before");
            assert!(again.replayed);
            assert_eq!(again.entries, first.entries);
            let jobs = |outcome: &Outcome| outcome.each.iter().map(|one| one.as_ref().ok()?.job()).collect::<Vec<_>>();
            assert_eq!(jobs(&again), jobs(&first));
        });
        assert_eq!(log_length(&office), length);
    }
}
