//! Pipelines: publishing, versions, access, restricted moves, export.

use serde_json::{Value, json};
use workflow_core::command::{Command, MoveJob, NewJob, Request};
use workflow_core::document::{pipeline_to_json, pipeline_to_yaml, read_pipeline};
use workflow_core::engine::Outcome;
use workflow_core::error::{Error, ErrorKind, Problem, Rejection, Severity};
use workflow_core::event::{Actor, Event, MoveKind};
use workflow_core::export::{to_dot, to_mermaid};
use workflow_core::id::JobId;
use workflow_core::model::Priority;

use crate::kit::{Office, account, command, firm, key, member, plain};

fn stages(keys: &[&str]) -> Value {
    let stages: Vec<Value> = keys.iter().map(|key| json!({ "key": key })).collect();
    json!({ "key": "p", "name": "P", "stages": stages })
}

#[track_caller]
fn problems(result: Result<Outcome, Error>) -> Vec<Problem> {
    match result {
        Err(Error::Rejected(Rejection::Document(problems))) => problems,
        other => panic!("not refused for the document: {other:?}"),
    }
}

fn codes(problems: &[Problem]) -> Vec<(&str, &str)> {
    problems.iter().map(|problem| (problem.path.as_str(), problem.code)).collect()
}

/// Publishes inside a transaction of the host's, so that the follow-ups wait.
#[track_caller]
fn publish_quietly(office: &Office, pipeline: Value, mapping: Value) {
    let publish = command(json!({ "publish_pipeline": { "definition": pipeline, "mapping": mapping } }));
    let session = office.engine.within(&*office.store);
    session.execute(&Request::new(firm(), Actor::system("test"), publish)).expect("published");
}

fn migrations(outcome: &Outcome) -> Vec<(String, String)> {
    let moved = outcome.events().into_iter().filter_map(|recorded| match &recorded.event {
        Event::JobMoved { from, to, how: MoveKind::Migration, .. } => Some((from.to_string(), to.to_string())),
        _ => None,
    });
    moved.collect()
}

fn comment(job: JobId) -> Command {
    Command::CommentJob { job, text: "hello".into() }
}

#[test]
fn s2_1_a_document_with_ten_mistakes_is_refused_with_all_ten() {
    let text = include_bytes!("../../workflow-core/tests/documents/ten-mistakes.yaml");
    let Err(Rejection::Document(found)) = read_pipeline(text) else { panic!("not refused") };
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|problem| !problem.path.is_empty() && problem.line.is_some()));
    // What was mended and read is what is published.
    let mended = b"key: p\nname: P\nstages:\n  - key: a\n    time_limit: 2 business days\n  - key: b\n";
    let office = Office::new();
    let definition = Box::new(read_pipeline(mended).expect("mended"));
    office.run(Command::PublishPipeline { definition, mapping: [].into() });
    assert_eq!(office.stage(office.job()), "a");
}

#[test]
fn s2_1_publishing_answers_every_problem_at_once_with_its_path() {
    let office = Office::new();
    let found = problems(office.try_publish(
        json!({ "key": "p", "name": " ", "stages": [
            { "key": "one", "when": { "job_tags": { "any": ["x"] } } },
            { "key": "two", "on_entry": [{ "key": "a", "do": [] }, { "key": "a", "do": [{ "move_to": "ten" }] }] },
            { "key": "two" },
            { "key": "end", "automove": true }] }),
        json!({}),
    ));
    let codes = codes(&found);
    for place in ["name", "stages[0].when", "stages[1].on_entry[0].do", "stages[1].on_entry[1].key", "stages[2].key"] {
        assert!(codes.iter().any(|(path, _)| path.starts_with(place)), "{place}: {codes:?}");
    }
    assert!(codes.iter().any(|(path, _)| path.starts_with("stages[3].automove")), "{codes:?}");
    assert!(codes.contains(&("stages[1].on_entry[1].do[0].move_to", "unknown_stage")), "{codes:?}");
    let refused = office.refused(Command::CreateJob(Box::new(NewJob::new(account(1), key("p")))));
    assert_eq!(refused, Rejection::not_found("pipeline", "p"));
}

#[test]
fn s2_2_one_entry_stage_and_the_last_is_final_unless_said_otherwise() {
    let office = Office::with(plain());
    let job = office.job();
    assert_eq!(office.stage(job), "one");
    office.move_to(job, "two");
    assert_eq!(office.status(job), "active");
    office.move_to(job, "three");
    assert_eq!(office.status(job), "completed");

    let mut pipeline = stages(&["one", "won", "lost"]);
    pipeline["stages"][1]["final"] = json!(true);
    pipeline["stages"][2]["final"] = json!(true);
    let office = Office::with(pipeline);
    for end in ["won", "lost"] {
        let job = office.job();
        office.move_to(job, end);
        assert_eq!(office.status(job), "completed", "{end}");
    }
    let found = problems(office.try_publish(json!({ "key": "q", "name": "Q", "stages": [] }), json!({})));
    assert!(codes(&found).iter().any(|(path, _)| *path == "stages"), "{found:?}");
}

#[test]
fn s2_3_publishing_makes_a_version_and_jobs_follow_it_at_once() {
    let office = Office::with(plain());
    let job = office.job();
    let again = office.publish(plain());
    assert_eq!(again.unchanged.as_deref(), Some("version 1 of `p` is like that already"));
    let mut second = plain();
    second["stages"][1]["on_entry"] = json!([{ "key": "tag", "do": [{ "add_job_tags": ["v2"] }] }]);
    office.publish(second);
    assert_eq!(office.get(job).version, 1);
    office.move_to(job, "two");
    assert_eq!((office.get(job).version, office.get(job).tags.clone()), (2, [key("v2")].into()));
    let queries = office.engine.query(firm(), Actor::system("x")).expect("a firm");
    assert_eq!(queries.board(&key("p"), 1).expect("a board").version, 2);
}

#[test]
fn s2_3_a_pinned_job_stays_on_its_version_until_it_is_let_go() {
    let mut first = stages(&["one", "old", "three"]);
    first["versioning"] = json!("pin");
    first["stages"][1]["on_entry"] = json!([{ "key": "tag", "do": [{ "add_job_tags": ["v1"] }] }]);
    let office = Office::with(first.clone());
    let job = office.job();
    assert!(office.get(job).pinned);
    let mut second = stages(&["one", "new", "three"]);
    second["versioning"] = json!("pin");
    // The stage holds no job, so it can go.
    office.publish(second);
    let fresh = office.job();
    office.move_to(job, "old");
    assert_eq!((office.get(job).version, office.get(job).tags.clone()), (1, [key("v1")].into()));
    assert_eq!(office.get(fresh).version, 2);
    let refused = office.refused(Command::MoveJob(MoveJob::to(job, key("new"))));
    assert_eq!(refused, Rejection::not_found("stage", "new"));
    // Let go, it follows the newest: its stage is not there any more, so it begins anew.
    let outcome = office.run(Command::PinJob { job, pinned: false });
    assert_eq!(migrations(&outcome), [("old".to_owned(), "one".to_owned())]);
    assert_eq!((office.get(job).version, office.stage(job)), (2, "one".into()));
    office.move_to(job, "new");
    // And pinned again, it stays on what is newest now.
    office.run(Command::PinJob { job, pinned: true });
    assert!(office.run(Command::PinJob { job, pinned: true }).unchanged.is_some());
    assert_eq!((office.get(job).version, office.get(job).pinned), (2, true));
}

#[test]
fn s2_3_a_dropped_stage_that_holds_jobs_is_refused_with_its_name_and_count() {
    let office = Office::with(stages(&["one", "two", "three", "four"]));
    let jobs: Vec<JobId> = (0..5).map(|_| office.job()).collect();
    for job in &jobs[..2] {
        office.move_to(*job, "two");
    }
    office.move_to(jobs[2], "three");
    let refused = office.try_publish(stages(&["one", "four"]), json!({}));
    let Err(Error::Rejected(rejection)) = refused else { panic!("not refused") };
    assert_eq!(rejection, Rejection::StagesHoldJobs(vec![(key("two"), 2), (key("three"), 1)]));
    assert!(rejection.to_string().contains("`two`") && rejection.to_string().contains('2'), "{rejection}");
    // A mapping of one of them is not enough.
    let refused = office.try_publish(stages(&["one", "four"]), json!({ "two": "one" }));
    let Err(Error::Rejected(rejection)) = refused else { panic!("not refused") };
    assert_eq!(rejection, Rejection::StagesHoldJobs(vec![(key("three"), 1)]));
    assert_eq!(office.stage(jobs[0]), "two");
    // Archived jobs hold nothing up.
    office.run(Command::ArchiveJob { job: jobs[2], archived: true });
    office.try_publish(stages(&["one", "four"]), json!({ "two": "one" })).expect("mapped");
    assert_eq!(office.stage(jobs[1]), "one");
    office.run(Command::ArchiveJob { job: jobs[2], archived: false });
    assert_eq!(office.stage(jobs[2]), "one");
}

#[test]
fn s2_3_a_mapping_names_stages_that_are_dropped_and_stages_that_stay() {
    let office = Office::with(stages(&["one", "two", "three"]));
    let newer = || stages(&["one", "three"]);
    let refused = |mapping: Value| match office.try_publish(newer(), mapping) {
        Err(Error::Rejected(rejection)) => rejection.to_string(),
        other => panic!("not refused: {other:?}"),
    };
    assert!(refused(json!({ "two": "ten" })).contains("no stage to map to `ten`"));
    assert!(refused(json!({ "ten": "one" })).contains("no stage to map `ten`"));
    assert!(refused(json!({ "one": "three" })).contains("`mapping.one` is not acceptable"));
    let mut other = newer();
    other["key"] = json!("q");
    let first = office.try_publish(other, json!({ "one": "three" }));
    assert_eq!(first.expect_err("nothing to map").kind(), ErrorKind::NotFound);
}

#[test]
fn s2_3_jobs_of_a_mapped_stage_move_at_once_and_set_nothing_off() {
    let office = Office::with(stages(&["one", "two", "three", "four"]));
    let jobs: Vec<JobId> = (0..20).map(|_| office.job()).collect();
    for job in &jobs {
        office.move_to(*job, "two");
    }
    office.run(Command::ArchiveJob { job: jobs[19], archived: true });
    let mut newer = stages(&["one", "three", "four"]);
    newer["stages"][1]["on_entry"] = json!([{ "key": "tag", "do": [{ "add_job_tags": ["entered"] }] }]);
    office.try_publish(newer, json!({ "two": "three" })).expect("mapped");
    for job in &jobs {
        let job = office.get(*job);
        assert_eq!((job.stage.as_str(), job.version, job.tags.len()), ("three", 2, 0));
        let last: Vec<&str> = job.visits.iter().map(|visit| visit.stage.as_str()).collect();
        // The stage goes by another name: the visit goes on.
        assert_eq!(last, ["one", "three"]);
    }
}

#[test]
fn s2_3_a_job_that_is_touched_before_the_migration_got_to_it_moves_first() {
    let office = Office::with(stages(&["one", "two", "three"]));
    let (lazy, told) = (office.job(), office.job());
    office.move_to(lazy, "two");
    office.move_to(told, "two");
    publish_quietly(&office, stages(&["one", "three"]), json!({ "two": "one" }));
    assert_eq!((office.stage(lazy), office.stage(told)), ("two".into(), "two".into()));
    let outcome = office.run(comment(lazy));
    assert_eq!(migrations(&outcome), [("two".to_owned(), "one".to_owned())]);
    assert_eq!(office.stage(lazy), "one");
    assert_eq!(office.engine.run_follow_ups(10).expect("run"), 1);
    assert_eq!(office.stage(told), "one");
    assert_eq!(office.get(lazy).visits.len(), 2);
    assert_eq!(office.engine.run_follow_ups(10).expect("run"), 0);
}

#[test]
fn s2_3_mappings_of_version_after_version_lead_on() {
    let office = Office::with(stages(&["one", "two", "three", "four"]));
    let job = office.job();
    office.move_to(job, "two");
    publish_quietly(&office, stages(&["one", "three", "four"]), json!({ "two": "three" }));
    // The job is in `two` still, which now means `three`: that one cannot go unmapped either.
    let refused = office.try_publish(stages(&["one", "four"]), json!({}));
    assert_eq!(
        refused.expect_err("it holds the job").to_string(),
        Rejection::StagesHoldJobs(vec![(key("three"), 1)]).to_string()
    );
    publish_quietly(&office, stages(&["one", "four"]), json!({ "three": "four" }));
    office.engine.run_follow_ups(10).expect("run");
    assert_eq!(office.stage(job), "four");
    assert_eq!(office.status(job), "completed");
}

#[test]
fn s2_3_a_stage_that_comes_back_is_itself_again() {
    let office = Office::with(stages(&["one", "two", "three"]));
    let job = office.job();
    office.move_to(job, "two");
    publish_quietly(&office, stages(&["one", "three"]), json!({ "two": "one" }));
    publish_quietly(&office, stages(&["one", "two", "three"]), json!({}));
    office.engine.run_follow_ups(10).expect("run");
    office.run(comment(job));
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s2_3_a_migration_is_previewed() {
    let office = Office::with(stages(&["one", "two", "three"]));
    for _ in 0..3 {
        let job = office.job();
        office.move_to(job, "two");
    }
    let publish = |mapping: Value| {
        let written = json!({ "publish_pipeline": { "definition": stages(&["one", "three"]), "mapping": mapping } });
        office.engine.preview(&Request::new(firm(), Actor::system("x"), command(written)))
    };
    let preview = publish(json!({ "two": "three" })).expect("a preview");
    let migrations: Vec<_> =
        preview.outlook.migrations.iter().map(|move_| (move_.from.as_str(), move_.to.as_str(), move_.jobs)).collect();
    assert_eq!(migrations, [("two", "three", 3)]);
    assert!(
        preview.events.iter().any(|recorded| matches!(recorded.event, Event::PipelinePublished { version: 2, .. }))
    );
    let refused = publish(json!({})).expect_err("unmapped");
    assert!(matches!(refused, Error::Rejected(Rejection::StagesHoldJobs(_))));
    // Nothing of it happened.
    let queries = office.engine.query(firm(), Actor::system("x")).expect("a firm");
    assert_eq!(queries.board(&key("p"), 1).expect("a board").columns.len(), 3);
}

#[test]
fn s2_3_a_job_pinned_in_a_dropped_stage_is_still_on_the_board_and_in_the_list() {
    let office = Office::with(stages(&["one", "two", "three"]));
    let (pinned, other) = (office.job(), office.job());
    office.move_to(pinned, "two");
    office.run(Command::PinJob { job: pinned, pinned: true });
    office.try_publish(stages(&["one", "three"]), json!({ "two": "three" })).expect("mapped");
    assert_eq!((office.stage(pinned), office.stage(other)), ("two".into(), "one".into()));
    let queries = office.engine.query(firm(), Actor::system("x")).expect("a firm");
    let board = queries.board(&key("p"), 10).expect("a board");
    let columns: Vec<_> =
        board.columns.iter().map(|column| (column.stage.as_str(), column.jobs, column.cards.len())).collect();
    assert_eq!(columns, [("one", 1, 1), ("three", 0, 0), ("two", 1, 1)]);
    let scope = workflow_core::query::JobScope::Pipeline { pipeline: key("p"), stages: [].into() };
    let query = workflow_core::query::JobQuery { scope, ..Default::default() };
    assert_eq!(queries.jobs(&query, &Default::default()).expect("jobs").rows.len(), 2);
    // Let go, it goes where its stage was mapped.
    office.run(Command::PinJob { job: pinned, pinned: false });
    assert_eq!(office.stage(pinned), "three");
    let queries = office.engine.query(firm(), Actor::system("x")).expect("a firm");
    assert_eq!(queries.board(&key("p"), 10).expect("a board").columns.len(), 2);
}

#[test]
fn s2_4_moves_are_free_unless_the_pipeline_restricts_them() {
    let office = Office::with(stages(&["one", "two", "three", "four"]));
    let job = office.job();
    for stage in ["three", "one", "four", "two"] {
        office.move_to(job, stage);
        assert_eq!(office.stage(job), stage);
    }
    let mut restricted = stages(&["one", "two", "three", "four"]);
    restricted["moves"] = json!("transitions");
    restricted["transitions"] = json!([{ "from": "two", "to": "one" }, { "from": "two", "to": "four" }]);
    restricted["stages"][2]["on_entry"] = json!([{ "key": "back", "if": { "job_tags": { "any": ["wrong"] } },
        "do": [{ "move_to": "one" }] }]);
    let office = Office::new();
    // `three` cannot be reached by the declared order: `two` branches.
    let found = problems(office.try_publish(restricted.clone(), json!({})));
    assert_eq!(codes(&found), [("stages[2]", "unreachable_stage")]);
    restricted["transitions"].as_array_mut().expect("a list").push(json!({ "from": "two", "to": "three" }));
    office.publish(restricted);
    let job = office.job();
    for to in ["three", "four"] {
        let refused = office.refused(Command::MoveJob(MoveJob::to(job, key(to))));
        assert_eq!(refused.to_string(), format!("refused: `p` allows no move from `one` to `{to}`"));
    }
    for stage in ["two", "one", "two", "three", "four"] {
        office.move_to(job, stage);
        assert_eq!(office.stage(job), stage);
    }
    // An override goes anywhere, and automations are not people.
    let mut order = MoveJob::to(job, key("two"));
    order.override_rules = true;
    office.run(Command::MoveJob(order));
    office.run(Command::TagJob { job, add: [key("wrong")].into(), remove: [].into() });
    office.move_to(job, "three");
    assert_eq!(office.stage(job), "one");
}

/// A pipeline open to Bob by name and to the preparers of its jobs' accounts. Ann is an admin and
/// the preparer of account 1; Cy is the preparer of account 2.
fn guarded() -> (Office, JobId, JobId) {
    let mut pipeline = plain();
    pipeline["access"] = json!({ "only": { "members": [member(2)], "roles": ["preparer"] } });
    pipeline["stages"][0]["on_entry"] = json!([{ "key": "ask", "do": [
        { "request": { "kind": "organizer" } }, { "signal": { "name": "s" } } ] }]);
    let office = Office::with(pipeline);
    office.give(json!({ "save_account": { "id": account(2), "name": "Acme", "roles": { "preparer": [member(3)] } } }));
    let (jane, acme) = (office.job(), office.job_of(2, "p"));
    (office, jane, acme)
}

fn kind(result: Result<Outcome, Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn s2_5_members_and_roles_have_access_and_nobody_else() {
    let (office, jane, acme) = guarded();
    assert_eq!(kind(office.as_member(1, comment(jane))), None, "an admin");
    assert_eq!(kind(office.as_member(2, comment(jane))), None, "by name");
    assert_eq!(kind(office.as_member(2, comment(acme))), None, "by name");
    assert_eq!(kind(office.as_member(3, comment(acme))), None, "by role");
    assert_eq!(kind(office.as_member(3, comment(jane))), Some(ErrorKind::Forbidden), "no seat on this account");
    // The seat goes, and so does the access.
    office.give(json!({ "save_account": { "id": account(2), "name": "Acme" } }));
    assert_eq!(kind(office.as_member(3, comment(acme))), Some(ErrorKind::Forbidden));
    // Access is that of the newest version, also for what is pinned to another.
    office.run(Command::PinJob { job: acme, pinned: true });
    let mut open = plain();
    open["access"] = json!("everyone");
    office.publish(open);
    assert_eq!(kind(office.as_member(3, comment(acme))), None);
}

#[test]
fn s2_5_every_command_on_what_is_not_open_is_forbidden_and_changes_nothing() {
    let (office, jane, _) = guarded();
    office.publish(json!({ "key": "open", "name": "Open", "stages": [{ "key": "a" }, { "key": "b" }] }));
    let task = office.new_task(json!({ "job": jane, "task": { "key": "t", "title": "t", "checklist": ["x"] } }));
    let item = office.items(jane, "organizer")[0].id;
    let mine = office.job_of(1, "open");
    let my_task = office.new_task(json!({ "job": mine, "task": { "key": "m", "title": "m" } }));
    let my_item = office.new_item(json!({ "job": mine, "kind": "invoice", "title": "i" }));
    let loose = office.new_task(json!({ "account": account(1), "task": { "key": "l", "title": "l" } }));
    let before = office.engine.verify(firm()).expect("readable").entries;
    for written in [
        json!({ "create_job": { "account": account(1), "pipeline": "p" } }),
        json!({ "edit_job": { "job": jane, "changes": { "priority": "high" } } }),
        json!({ "move_job": { "job": jane, "to": "two" } }),
        json!({ "move_job": { "job": mine, "pipeline": "p", "to": "two" } }),
        json!({ "set_status": { "job": jane, "status": "completed" } }),
        json!({ "assign_job": { "job": jane, "mode": "add", "who": { "members": [member(3)] } } }),
        json!({ "resolve_roles": { "job": jane } }),
        json!({ "tag_job": { "job": jane, "add": ["x"] } }),
        json!({ "archive_job": { "job": jane } }),
        json!({ "delete_job": { "job": jane } }),
        json!({ "comment_job": { "job": jane, "text": "x" } }),
        json!({ "pin_job": { "job": jane, "pinned": true } }),
        json!({ "add_job_dependency": { "job": jane, "on": mine } }),
        json!({ "add_job_dependency": { "job": mine, "on": jane } }),
        json!({ "remove_job_dependency": { "job": jane, "on": mine } }),
        json!({ "clear_attention": { "job": jane, "reason": "loop" } }),
        json!({ "retry_action": { "job": jane, "number": 1 } }),
        json!({ "dismiss_action": { "job": jane, "number": 1 } }),
        json!({ "fire_automation": { "job": jane, "automation": "ask" } }),
        json!({ "signal_job": { "job": jane, "name": "s" } }),
        json!({ "create_task": { "job": jane, "task": { "key": "n", "title": "n" } } }),
        json!({ "create_task": { "job": mine, "task": { "key": "n", "title": "n" }, "waits_for": [task] } }),
        json!({ "set_task_state": { "task": task, "state": "completed" } }),
        json!({ "edit_task": { "task": task, "changes": { "title": "n" } } }),
        json!({ "set_task_dates": { "task": task, "due": "2026-04-15" } }),
        json!({ "assign_task": { "task": task, "mode": "add", "who": { "members": [member(3)] } } }),
        json!({ "check_task": { "task": task, "step": 0, "done": true } }),
        json!({ "set_checklist": { "task": task, "steps": [] } }),
        json!({ "add_task_dependency": { "task": task, "on": my_task } }),
        json!({ "add_task_dependency": { "task": my_task, "on": task } }),
        json!({ "remove_task_dependency": { "task": task, "on": my_task } }),
        json!({ "link_task": { "task": loose, "job": jane } }),
        json!({ "unlink_task": { "task": task } }),
        json!({ "delete_task": { "task": task } }),
        json!({ "create_item": { "job": jane, "kind": "invoice", "title": "i" } }),
        json!({ "link_item": { "item": { "id": my_item }, "job": jane } }),
        json!({ "link_item": { "item": { "id": item }, "job": mine } }),
        json!({ "unlink_item": { "item": { "id": item }, "job": jane } }),
        json!({ "name_item": { "item": item, "external": "x" } }),
        json!({ "report_item": { "item": { "id": item }, "status": "submitted" } }),
        json!({ "reject_notification": { "job": jane, "notification": item, "why": "x" } }),
        json!({ "bulk": { "mode": "all_or_nothing", "commands": [{ "comment_job": { "job": mine, "text": "x" } },
                                                                  { "comment_job": { "job": jane, "text": "x" } }] } }),
    ] {
        let refused = office.as_member(3, command(written.clone()));
        let bulk = written.get("bulk").is_some();
        assert_eq!(kind(refused), Some(if bulk { ErrorKind::Document } else { ErrorKind::Forbidden }), "{written}");
    }
    assert_eq!(office.engine.verify(firm()).expect("readable").entries, before);
}

#[test]
fn s2_5_an_item_of_an_open_and_a_closed_job_is_reported_by_who_sees_one() {
    let (office, jane, _) = guarded();
    office.publish(json!({ "key": "open", "name": "Open", "stages": [{ "key": "a" }, { "key": "b" }] }));
    let mine = office.job_of(1, "open");
    let item = office.items(jane, "organizer")[0].id;
    office.give(json!({ "link_item": { "item": { "id": item }, "job": mine } }));
    let report = command(json!({ "report_item": { "item": { "id": item }, "status": "submitted" } }));
    office.as_member(3, report).expect("it is an item of a job that Cy sees");
    for job in [jane, mine] {
        assert_eq!(office.get(job).blockers().open, 0);
    }
}

#[test]
fn s2_5_queries_leave_out_what_is_not_open() {
    let (office, jane, acme) = guarded();
    let task = json!({ "key": "t", "title": "t", "assign": { "members": [member(3)] }, "due": "2026-02-10" });
    let hidden = office.new_task(json!({ "job": jane, "task": task }));
    let shown = office.new_task(json!({ "job": acme, "task": task }));
    let queries = office.engine.query(firm(), Actor::Member(member(3))).expect("a member");
    let rows = queries.jobs(&Default::default(), &Default::default()).expect("jobs").rows;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [acme]);
    let tasks = queries.tasks(&Default::default(), &Default::default()).expect("tasks").rows;
    let tasks: Vec<_> = tasks.iter().map(|row| row.task.id).collect();
    assert!(tasks.contains(&shown) && !tasks.contains(&hidden));
    assert_eq!(queries.job(acme).expect("its own").job.id, acme);
    assert_eq!(queries.job(jane).expect_err("not open").kind(), ErrorKind::Forbidden);
    let board = queries.board(&key("p"), 10).expect("a board");
    assert_eq!((board.columns[0].jobs, board.columns[0].cards.len(), board.columns[0].open_blockers), (1, 1, 2));
    let activity = queries.activity(&Default::default(), &Default::default()).expect("activity").rows;
    assert!(activity.iter().any(|logged| logged.entry.job == Some(acme)));
    assert!(!activity.iter().any(|logged| logged.entry.job == Some(jane)));
    let (from, to) = ("2026-02-01".parse().expect("a day"), "2026-02-28".parse().expect("a day"));
    let calendar = queries.calendar(&workflow_core::query::CalendarQuery { from, to, member: None }).expect("days");
    assert_eq!(calendar[0].tasks.iter().map(|row| row.task.id).collect::<Vec<_>>(), [shown]);
}

#[test]
fn s2_5_a_pipeline_for_others_is_not_even_listed() {
    let mut pipeline = plain();
    pipeline["access"] = json!({ "only": { "members": [member(2)] } });
    let office = Office::with(pipeline);
    let job = office.job();
    office.publish(json!({ "key": "open", "name": "Open", "stages": [{ "key": "a" }, { "key": "b" }] }));
    let keys = |number| {
        let queries = office.engine.query(firm(), Actor::Member(member(number))).expect("a member");
        let pipelines = queries.pipelines().expect("pipelines");
        pipelines.iter().map(|row| row.head.key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        (keys(1), keys(2), keys(3)),
        (vec!["open".into(), "p".into()], vec!["open".into(), "p".into()], vec!["open".to_owned()])
    );
    let queries = office.engine.query(firm(), Actor::Member(member(3))).expect("a member");
    assert_eq!(queries.board(&key("p"), 10).expect_err("not open").kind(), ErrorKind::Forbidden);
    assert_eq!(
        queries.column(&key("p"), &key("one"), &Default::default()).expect_err("not open").kind(),
        ErrorKind::Forbidden
    );
    assert_eq!(queries.definition(&key("p")).expect_err("not open").kind(), ErrorKind::Forbidden);
    assert_eq!(queries.job(job).expect_err("not open").kind(), ErrorKind::Forbidden);
    let activity = queries.activity(&Default::default(), &Default::default()).expect("activity").rows;
    assert!(!format!("{activity:?}").contains("key: \"p\""), "{activity:?}");
    assert!(format!("{activity:?}").contains("key: \"open\""));
}

#[test]
fn s2_5_a_client_asks_for_nothing_but_its_own() {
    let (office, jane, _) = guarded();
    let queries = office.engine.query(firm(), Actor::Client(account(1))).expect("a client");
    assert_eq!(queries.board(&key("p"), 10).expect_err("not its").kind(), ErrorKind::Forbidden);
    assert_eq!(queries.job(jane).expect_err("not its").kind(), ErrorKind::Forbidden);
    assert_eq!(queries.client_jobs(account(1), &Default::default()).expect("its own").rows.len(), 1);
}

#[test]
fn s2_6_errors_refuse_and_warnings_do_not() {
    let office = Office::new();
    let with = |actions: Value| {
        let mut pipeline = plain();
        pipeline["stages"][0]["on_entry"] = json!([{ "key": "a", "do": actions }]);
        pipeline
    };
    let found = problems(office.try_publish(with(json!([{ "assign": { "roles": ["preperer"] } }])), json!({})));
    assert_eq!(codes(&found), [("stages[0].on_entry[0].do[0].assign.roles", "unknown_role")]);
    assert!(found[0].message.contains("did you mean `preparer`?"), "{}", found[0].message);
    // Also in shortcodes, each where it is written, and beside those that are not understood.
    let texts = json!([{ "request": { "kind": "email", "title": "{{ role.preperer }}" } },
        { "request": { "kind": "email", "title": "{{ nobody.name }}" } }]);
    let found = problems(office.try_publish(with(texts), json!({})));
    let paths: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(
        paths
            .iter()
            .filter(|path| path.ends_with("do[0].request.title") || path.ends_with("do[1].request.title"))
            .count(),
        2,
        "{found:?}"
    );
    let found = problems(office.try_publish(with(json!([{ "create_tasks": ["call"] }])), json!({})));
    assert_eq!(found[0].code, "unknown_task_template");
    // A condition on a tag that nothing sets, and automove that never fires, are worth a look.
    let mut odd = with(json!([{ "add_job_tags": ["x"] }]));
    odd["stages"][0]["automove"] = json!(true);
    odd["stages"][1]["when"] = json!({ "job_tags": { "any": ["never set"] } });
    let outcome = office.publish(odd.clone());
    let mut warned: Vec<&str> = outcome.warnings.iter().map(|warning| warning.code).collect();
    warned.sort_unstable();
    assert_eq!(warned, ["automove_never_fires", "unset_tag"]);
    assert!(outcome.warnings.iter().all(|warning| warning.severity == Severity::Warning));
    assert_eq!(office.stage(office.job()), "one");
    // On demand it finds the same.
    let definition = serde_json::from_value(odd).expect("a definition");
    assert_eq!(office.engine.lint(firm(), &definition).expect("linted"), outcome.warnings);
}

#[test]
fn s2_6_a_loop_is_an_error_that_names_its_circle() {
    let office = Office::new();
    let mut pipeline = plain();
    pipeline["automations"] = json!([
        { "key": "ping", "on": { "job_tag_added": { "tag": "a" } }, "do": [{ "remove_job_tags": ["a"] }, { "add_job_tags": ["b"] }] },
        { "key": "pong", "on": { "job_tag_added": { "tag": "b" } }, "do": [{ "remove_job_tags": ["b"] }, { "add_job_tags": ["a"] }] }]);
    let found = problems(office.try_publish(pipeline, json!({})));
    assert_eq!(found[0].code, "automation_loop");
    assert!(found[0].message.contains("`ping`") && found[0].message.contains("`pong`"), "{}", found[0].message);
}

fn defaults() -> Value {
    let mut pipeline = plain();
    pipeline["job_template"] = json!("return");
    pipeline["job_defaults"] = json!({ "name": "never used", "priority": "low", "budget_minutes": 60,
        "tags": ["tax"], "fields": { "fee": 100, "state": "NY" }, "client_status": "We are on it, {{ account.name }}" });
    pipeline["statuses"] = json!([{ "key": "on hold", "client_name": "Waiting for you" }]);
    pipeline["stages"][0]["client_name"] = json!("Getting started");
    pipeline
}

#[test]
fn s2_7_default_job_settings_fill_what_nobody_says() {
    let office = Office::new();
    office.give(json!({ "save_template": { "job": { "key": "return", "defaults": {
        "name": "Return of {{ account.name }}", "priority": "high", "assign": { "roles": ["preparer"] },
        "due": "2026-04-15", "start": "10 business days before due",
        "fields": { "fee": 450 } } } } }));
    office.publish(defaults());
    let job = office.get(office.job());
    assert_eq!((&*job.name, job.priority, job.budget_minutes), ("Return of Jane Doe", Priority::High, Some(60)));
    assert_eq!((job.start, job.due), ("2026-04-01".parse().ok(), "2026-04-15".parse().ok()));
    assert_eq!((job.assignees.clone(), job.tags.clone()), ([member(1)].into(), [key("tax")].into()));
    assert_eq!(serde_json::to_value(&job.fields).expect("json"), json!({ "fee": 450, "state": "NY" }));
    assert_eq!(job.client_status.as_deref(), Some("We are on it, Jane Doe"));
    // The command has the first word.
    let mut new = NewJob::new(account(1), key("p"));
    (new.name, new.priority, new.stage) = (Some("Mine".into()), Some(Priority::Urgent), Some(key("two")));
    let job = office.get(office.run(Command::CreateJob(Box::new(new))).job().expect("a job"));
    assert_eq!((&*job.name, job.priority, job.stage.as_str()), ("Mine", Priority::Urgent, "two"));
}

#[test]
fn s2_7_a_default_template_that_does_not_exist_is_an_error() {
    let office = Office::new();
    let found = problems(office.try_publish(defaults(), json!({})));
    assert_eq!(codes(&found), [("job_template", "unknown_job_template")]);
}

#[test]
fn s2_7_the_board_goes_by_the_pipeline_s_sort_order() {
    for (sort, expected) in [("due", ["soon", "late", "urgent"]), ("priority", ["urgent", "soon", "late"])] {
        let mut pipeline = plain();
        pipeline["sort"] = json!(sort);
        let office = Office::with(pipeline);
        for (name, due, priority) in
            [("late", "2026-05-01", "medium"), ("urgent", "2026-06-01", "urgent"), ("soon", "2026-03-01", "medium")]
        {
            office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "name": name,
                "due": due, "priority": priority } }));
        }
        let queries = office.engine.query(firm(), Actor::system("x")).expect("a firm");
        let cards = queries.board(&key("p"), 10).expect("a board").columns.remove(0).cards;
        assert_eq!(cards.iter().map(|card| &*card.name).collect::<Vec<_>>(), expected, "{sort}");
    }
}

#[test]
fn s2_7_a_published_pipeline_is_exported_as_its_own_document() {
    let office = Office::new();
    office.give(json!({ "save_template": { "job": { "key": "return", "defaults": {} } } }));
    office.publish(defaults());
    let queries = office.engine.query(firm(), Actor::system("x")).expect("a firm");
    let definition = queries.definition(&key("p")).expect("published");
    assert_eq!(serde_json::to_value(&*definition).expect("json")["statuses"], defaults()["statuses"]);
    for text in [pipeline_to_yaml(&definition), pipeline_to_json(&definition)] {
        let read = read_pipeline(text.as_bytes()).expect("what was written");
        assert_eq!(read, *definition);
        let again = office.run(Command::PublishPipeline { definition: Box::new(read), mapping: [].into() });
        assert!(again.unchanged.is_some());
    }
}

#[test]
fn s2_7_a_pipeline_is_drawn_in_dot_and_in_mermaid() {
    let mut pipeline = stages(&["one", "extension", "review", "done"]);
    pipeline["stages"][0]["automove"] = json!(true);
    pipeline["stages"][0]["name"] = json!("Intake \"A\"");
    pipeline["stages"][1]["when"] = json!({ "account_tags": { "any": ["extend"] } });
    pipeline["transitions"] = json!([{ "from": "review", "to": "one" }]);
    let office = Office::with(pipeline);
    let queries = office.engine.query(firm(), Actor::system("x")).expect("a firm");
    let definition = queries.definition(&key("p")).expect("published");
    assert_eq!(
        to_dot(&definition),
        "digraph \"p\" {\n  rankdir=LR;\n  label=\"P\";\n  node [shape=box];\n  s0 [label=\"Intake \\\"A\\\"\"];\n  \
         s1 [label=\"extension\", style=dashed];\n  s2 [label=\"review\"];\n  s3 [label=\"done\", peripheries=2];\n  \
         s0 -> s1 [style=bold];\n  s0 -> s2 [style=bold];\n  s1 -> s2;\n  s2 -> s0 [style=dashed];\n  s2 -> s3;\n}\n"
    );
    assert_eq!(
        to_mermaid(&definition),
        "flowchart LR\n  s0[\"Intake #34;A#34;\"]\n  s1[\"extension\"]\n  s2[\"review\"]\n  s3[[\"done\"]]\n  \
         s0 ==> s1\n  s0 ==> s2\n  s1 --> s2\n  s2 -.-> s0\n  s2 --> s3\n  \
         classDef conditional stroke-dasharray: 5 5\n  class s1 conditional\n"
    );
}

#[test]
fn s2_3_an_archived_pipeline_takes_no_new_jobs_and_keeps_its_own() {
    let office = Office::with(plain());
    let job = office.job();
    let archive = |archived| Command::ArchivePipeline { pipeline: key("p"), archived };
    office.run(archive(true));
    assert!(office.run(archive(true)).unchanged.is_some());
    let refused = office.refused(Command::CreateJob(Box::new(NewJob::new(account(1), key("p")))));
    assert_eq!(refused.to_string(), "refused: `p` is archived");
    office.move_to(job, "two");
    assert_eq!(office.stage(job), "two");
    office.run(archive(false));
    office.job();
}
