//! Jobs: what they hold, their statuses, and where they go.

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};
use workflow_core::command::{Command, NewJob};
use workflow_core::error::Rejection;
use workflow_core::event::{Actor, Event};
use workflow_core::id::JobId;
use workflow_core::model::{AttentionReason, Job, JobStatus, Priority, TaskState};
use workflow_core::query::{JobQuery, JobScope, PageRequest};
use workflow_core::store::{LogBy, LogScan, Transact};

use crate::kit::{Office, account, command, firm, key, member, names, plain, set_task};

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().expect("a day"))
}

/// The job as JSON, without what every change changes.
fn bare(job: &Job) -> Value {
    let mut value = serde_json::to_value(job).expect("json");
    value.as_object_mut().expect("an object").remove("updated");
    value
}

#[test]
fn s6_1_every_field_is_there_and_set_by_commands() {
    let office = Office::with(plain());
    let created = office.now();
    let outcome = office.give(json!({ "create_job": {
        "id": "01890a5d-ac96-774b-bcce-b302099a8057", "account": account(1), "pipeline": "p", "stage": "two",
        "name": "1040 of {{ account.name }}", "description": "For {{ firm.name }}", "priority": "high",
        "assign": { "members": [member(3)], "roles": ["reviewer"] },
        "start": "2026-03-01", "due": "2026-04-01", "statutory": "2026-04-15",
        "extended": "2026-10-15", "period_start": "2025-01-01", "period_end": "2025-12-31",
        "budget_minutes": 90, "tags": ["tax"], "fields": { "fee": 450, "e-file": true }
    } }));
    let id: JobId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id");
    assert_eq!(outcome.job(), Some(id));
    let job = office.get(id);
    assert_eq!((job.id, job.account, job.pipeline.as_str(), job.version), (id, account(1), "p", 1));
    assert_eq!((&*job.name, job.description.as_deref()), ("1040 of Jane Doe", Some("For Ledger & Sons")));
    assert_eq!((job.stage.as_str(), &job.status, job.priority), ("two", &JobStatus::Active, Priority::High));
    assert_eq!(job.assignees, [member(2), member(3)].into());
    assert_eq!(job.assigned_roles, [key("reviewer")].into());
    assert_eq!((job.start, job.due), (day("2026-03-01"), day("2026-04-01")));
    assert_eq!((job.statutory, job.extended), (day("2026-04-15"), day("2026-10-15")));
    assert_eq!((job.period_start, job.period_end), (day("2025-01-01"), day("2025-12-31")));
    assert_eq!((job.budget_minutes, &job.tags), (Some(90), &[key("tax")].into()));
    assert_eq!(serde_json::to_value(&job.fields).expect("json"), json!({ "fee": 450, "e-file": true }));
    assert_eq!((job.created, job.updated, job.completed, job.archived), (created, created, None, None));
    assert_eq!(job.visits.len(), 1);
    assert_eq!((job.comments, job.tasks.len(), job.items.len(), job.attention.len()), (0, 0, 0, 0));

    office.advance(TimeDelta::hours(1));
    office.give(json!({ "edit_job": { "job": id, "changes": {
        "name": "Return {{ period.year }}", "description": { "to": "Hurry, {{ account.name }} waits" },
        "priority": "urgent", "budget_minutes": { "to": 120 }, "client_status": { "to": "We look at {{ job.name }}" },
        "dates": { "start": { "to": "2026-03-02" }, "due": { "to": "2026-04-02" },
            "statutory": { "to": "2026-04-16" }, "extended": { "to": "2026-10-16" } },
        "fields": { "fee": { "to": 500 }, "e-file": "clear", "notes": { "to": ["a", "b"] } }
    } } }));
    office.give(json!({ "tag_job": { "job": id, "add": ["rush"], "remove": ["tax"] } }));
    office.give(json!({ "assign_job": { "job": id, "mode": "replace", "who": { "members": [member(1)] } } }));
    office.as_member(2, Command::CommentJob { job: id, text: "Called".into() }).expect("a comment");
    let task = office.new_task(json!({ "job": id, "task": { "key": "t", "title": "T" } }));
    let item = office.new_item(json!({ "job": id, "kind": "organizer", "title": "O" }));
    let job = office.get(id);
    assert_eq!((&*job.name, job.description.as_deref()), ("Return 2025", Some("Hurry, Jane Doe waits")));
    assert_eq!((job.priority, job.budget_minutes), (Priority::Urgent, Some(120)));
    assert_eq!(job.client_status.as_deref(), Some("We look at Return 2025"));
    assert_eq!((job.start, job.due), (day("2026-03-02"), day("2026-04-02")));
    assert_eq!((job.statutory, job.extended), (day("2026-04-16"), day("2026-10-16")));
    assert_eq!(serde_json::to_value(&job.fields).expect("json"), json!({ "fee": 500, "notes": ["a", "b"] }));
    assert_eq!((&job.tags, &job.assignees), (&[key("rush")].into(), &[member(1)].into()));
    assert_eq!((job.assigned_roles.len(), job.comments), (0, 1));
    assert_eq!((job.tasks[0].task, job.items[0].item), (task, item));
    assert_eq!((job.created, job.updated), (created, office.now()));
    let view = office.engine.query(firm(), Actor::system("t")).expect("a firm").job(id).expect("a view");
    assert_eq!((view.comments[0].text.as_str(), view.comments[0].author), ("Called", Some(member(2))));

    office.give(json!({ "edit_job": { "job": id, "changes": {
        "description": "clear", "budget_minutes": "clear", "client_status": "clear",
        "dates": { "start": "clear", "due": "clear", "statutory": "clear", "extended": "clear" },
        "fields": { "fee": "clear", "notes": "clear" }
    } } }));
    let job = office.get(id);
    assert_eq!((job.description.as_deref(), job.budget_minutes, job.client_status.as_deref()), (None, None, None));
    assert_eq!((job.start, job.due, job.statutory, job.extended), (None, None, None, None));
    assert!(job.fields.is_empty());
}

#[test]
fn s6_2_dates_of_one_edit_count_from_each_other() {
    let office = Office::with(plain());
    let job = office.job();
    let edit = |dates: serde_json::Value| {
        office.give(json!({ "edit_job": { "job": job, "changes": { "dates": dates } } }));
        let job = office.get(job);
        (job.start, job.due, job.extended)
    };
    let before = |from: &str, days: i32| json!({ "to": format!("{days} days before {from}") });
    let first = edit(json!({ "due": { "to": "2026-04-15" }, "start": before("due", 10),
        "extended": { "to": "30 days after start" } }));
    assert_eq!(first, (day("2026-04-05"), day("2026-04-15"), day("2026-05-05")));
    // A date that counts from itself is shifted; what counts from it sees where it went, and goes on to.
    let second = edit(json!({ "due": before("due", 5), "start": before("due", 1) }));
    assert_eq!(second, (day("2026-04-09"), day("2026-04-10"), day("2026-05-09")));
    // What counts from a date that the same edit clears has nothing to count from.
    let cleared = json!({ "edit_job": { "job": job, "changes": {
        "dates": { "due": "clear", "start": before("due", 1) } } } });
    assert!(office.refused(command(cleared)).to_string().contains("counts from"));
    assert_eq!(office.get(job).due, day("2026-04-10"));
}

#[test]
fn s6_1_visits_have_times_of_entry_and_exit() {
    let office = Office::with(plain());
    let job = office.job();
    let start = office.now();
    for (hours, stage) in [(5, "two"), (7, "one"), (9, "three")] {
        office.advance(TimeDelta::hours(hours));
        office.move_to(job, stage);
    }
    let at = |hours| start + TimeDelta::hours(hours);
    let visits: Vec<_> = office.get(job).visits.iter().map(|v| (v.stage.to_string(), v.entered, v.left)).collect();
    let expected = [
        ("one".to_owned(), at(0), Some(at(5))),
        ("two".to_owned(), at(5), Some(at(12))),
        ("one".to_owned(), at(12), Some(at(21))),
        ("three".to_owned(), at(21), None),
    ];
    assert_eq!(visits, expected);
}

#[test]
fn s6_1_times_of_change_completion_and_archiving() {
    let office = Office::with(plain());
    let job = office.job();
    let tick = || {
        office.advance(TimeDelta::minutes(10));
        office.now()
    };
    let at = tick();
    office.set_status(job, "completed");
    assert_eq!((office.get(job).completed, office.get(job).updated), (Some(at), at));
    let archived = tick();
    office.give(json!({ "archive_job": { "job": job } }));
    let found = office.get(job);
    assert_eq!((found.archived, found.completed, found.updated), (Some(archived), Some(at), archived));
    tick();
    office.give(json!({ "archive_job": { "job": job, "archived": false } }));
    assert_eq!((office.get(job).archived, office.get(job).completed), (None, Some(at)));
    tick();
    office.set_status(job, "active");
    assert_eq!((office.get(job).completed, office.get(job).updated), (None, office.now()));
}

#[test]
fn s6_1_the_revision_grows_with_every_change_and_with_no_other() {
    let office = Office::with(plain());
    let mut revision = 0;
    let outcome = office.run(Command::CreateJob(Box::new(NewJob::new(account(1), key("p")))));
    let job = outcome.job().expect("a job");
    let mut grows = |outcome: workflow_core::engine::Outcome, by: u64| {
        assert_eq!(outcome.revision(), revision + by, "{:?}", names(&outcome));
        revision = outcome.revision();
    };
    grows(outcome, 1);
    let tag = || json!({ "tag_job": { "job": job, "add": ["x"] } });
    grows(office.give(tag()), 1);
    assert!(office.give(tag()).unchanged.is_some());
    grows(office.move_to(job, "two"), 1);
    assert!(matches!(office.refused(Command::DismissAction { job, number: 7 }), Rejection::NotFound { .. }));
    grows(office.set_status(job, "completed"), 1);
    grows(office.run(Command::CommentJob { job, text: "a remark".into() }), 1);
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    assert_eq!(query.job(job).expect("a view").revision, revision);
}

#[test]
fn s6_1_a_command_that_is_refused_changes_nothing() {
    let office = Office::with(plain());
    let job = office.job();
    let before = office.get(job);
    for (written, kind) in [
        (json!({ "edit_job": { "job": job, "changes": { "name": "" } } }), "Invalid"),
        (
            json!({ "edit_job": { "job": job, "changes": { "priority": "low", "name": "{{ acount.name }}" } } }),
            "Invalid",
        ),
        (
            json!({ "edit_job": { "job": job, "changes": { "priority": "low",
            "dates": { "due": { "to": "period end" } } } } }),
            "Invalid",
        ),
        (json!({ "comment_job": { "job": job, "text": "  " } }), "Invalid"),
        (json!({ "assign_job": { "job": job, "mode": "add", "who": { "roles": ["partner"] } } }), "Refused"),
        (json!({ "assign_job": { "job": job, "mode": "add", "who": { "members": [member(9)] } } }), "NotFound"),
        (json!({ "set_status": { "job": job, "status": "on hold" } }), "Refused"),
        (json!({ "move_job": { "job": job, "to": "four" } }), "NotFound"),
        (json!({ "create_job": { "id": job, "account": account(1), "pipeline": "p" } }), "Exists"),
        (json!({ "create_job": { "account": account(9), "pipeline": "p" } }), "NotFound"),
        (json!({ "create_job": { "account": account(1), "pipeline": "q" } }), "NotFound"),
        (json!({ "create_job": { "account": account(1), "pipeline": "p", "stage": "four" } }), "NotFound"),
        (json!({ "create_job": { "account": account(1), "pipeline": "p", "template": "none" } }), "NotFound"),
        (
            json!({ "create_job": { "account": account(1), "pipeline": "p", "assign": { "roles": ["partner"] } } }),
            "Refused",
        ),
    ] {
        let rejection = office.refused(crate::kit::command(written.clone()));
        assert_eq!(format!("{:?}", rejection.kind()), kind, "{written}: {rejection}");
    }
    assert_eq!(office.get(job), before);
    let all = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    assert_eq!(all.jobs(&JobQuery::default(), &PageRequest::default()).expect("jobs").rows.len(), 1);
}

fn held() -> Value {
    let mut pipeline = plain();
    pipeline["statuses"] = json!([
        { "key": "waiting", "name": "Waiting for the client", "automove": true, "on_set": [
            { "key": "ask", "do": [
                { "create_task": { "key": "call", "title": "Call" } }, { "request": { "kind": "organizer" } }] }] },
        { "key": "stuck", "on_set": [{ "key": "note", "do": [{ "create_task": { "key": "think", "title": "Think" } }] }] },
        { "key": "empty", "automove": true }
    ]);
    pipeline
}

#[test]
fn s6_4_a_custom_status_runs_its_automations_when_it_is_set() {
    let office = Office::with(held());
    let job = office.job();
    let outcome = office.set_status(job, "stuck");
    let ran = |event: &Event| matches!(event, Event::AutomationRan { automation, .. } if automation.as_str() == "note");
    assert!(outcome.events().iter().any(|recorded| ran(&recorded.event)));
    assert_eq!((office.tasks(job, "Think").len(), office.status(job)), (1, "stuck".to_owned()));
    // Set to what it is, nothing runs.
    assert!(office.set_status(job, "stuck").unchanged.is_some());
    assert_eq!(office.tasks(job, "Think").len(), 1);
    // Each time it is set anew they run again.
    office.set_status(job, "active");
    office.set_status(job, "stuck");
    assert_eq!(office.tasks(job, "Think").len(), 2);
}

#[test]
fn s6_4_a_status_with_automove_gives_way_when_all_it_created_is_done() {
    let office = Office::with(held());
    let job = office.job();
    office.set_status(job, "waiting");
    office.complete(job, "Call");
    assert_eq!((office.status(job), office.stage(job)), ("waiting".to_owned(), "one".to_owned()));
    office.report(job, "organizer", "submitted");
    assert_eq!((office.status(job), office.stage(job)), ("active".to_owned(), "one".to_owned()));
    assert_eq!(office.get(job).visits.len(), 1, "it stays in its visit");
}

#[test]
fn s6_4_what_others_created_does_not_hold_the_status() {
    let mut pipeline = held();
    pipeline["stages"][0]["on_entry"] =
        json!([{ "key": "start", "do": [{ "create_task": { "key": "other", "title": "Other" } }] }]);
    let office = Office::with(pipeline);
    let job = office.job();
    office.set_status(job, "waiting");
    office.new_task(json!({ "job": job, "task": { "key": "hand", "title": "By hand" } }));
    office.complete(job, "Call");
    office.report(job, "organizer", "submitted");
    assert_eq!(office.status(job), "active");
    assert_eq!(office.tasks(job, "Other")[0].state, TaskState::Planned);
}

#[test]
fn s6_4_a_status_set_again_waits_only_for_what_it_created_this_time() {
    let office = Office::with(held());
    let job = office.job();
    office.set_status(job, "waiting");
    office.set_status(job, "active");
    office.set_status(job, "waiting");
    let calls = office.tasks(job, "Call");
    office.run(set_task(calls[1].id, TaskState::Completed));
    office.report(job, "organizer", "submitted");
    assert_eq!(office.status(job), "active");
    assert_eq!(office.get_task(calls[0].id).state, TaskState::Planned);
}

#[test]
fn s6_4_a_status_without_automove_or_that_created_nothing_stays() {
    let office = Office::with(held());
    let job = office.job();
    office.set_status(job, "stuck");
    office.complete(job, "Think");
    assert_eq!(office.status(job), "stuck");
    office.set_status(job, "empty");
    assert_eq!(office.status(job), "empty");
}

#[test]
fn s6_4_a_custom_status_is_one_of_the_pipeline_s() {
    let office = Office::with(held());
    let job = office.job();
    let rejection = office.refused(Command::SetStatus { job, status: key("waitin"), leave_out: [].into() });
    assert!(rejection.to_string().contains("did you mean `waiting`?"), "{rejection}");
    let rejection = office.refused(Command::SetStatus { job, status: key("archived"), leave_out: [].into() });
    assert!(rejection.to_string().contains("archive the job"), "{rejection}");
    // In a pipeline without that status the job is active again, not in a status that is not there.
    office.publish(json!({ "key": "q", "name": "Q", "stages": [{ "key": "in" }, { "key": "out" }] }));
    office.set_status(job, "stuck");
    let outcome = office.give(json!({ "move_job": { "job": job, "to": "in", "pipeline": "q" } }));
    assert_eq!(office.status(job), "active", "{:?}", names(&outcome));
}

#[test]
fn s6_4_automations_can_be_left_out_when_a_status_is_set() {
    let office = Office::with(held());
    let job = office.job();
    let outcome = office.give(json!({ "set_status": { "job": job, "status": "stuck", "leave_out": ["note"] } }));
    assert!(names(&outcome).contains(&"automations_left_out".to_owned()));
    assert!(office.tasks(job, "Think").is_empty());
    // Where nothing is set there is nothing to leave out.
    let again = office.give(json!({ "set_status": { "job": job, "status": "stuck", "leave_out": ["note"] } }));
    assert_eq!((names(&again).len(), again.unchanged.is_some()), (0, true));
    let unknown = json!({ "set_status": { "job": job, "status": "active", "leave_out": ["notes"] } });
    assert!(matches!(office.refused(crate::kit::command(unknown)), Rejection::NotFound { what: "automation", .. }));
}

#[test]
fn s6_4_only_active_jobs_are_overdue() {
    let office = Office::with(held());
    let late = |office: &Office| {
        let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
        let list = JobQuery { overdue: true, ..JobQuery::default() };
        let listed = query.jobs(&list, &PageRequest::default()).expect("jobs").rows.len() as u64;
        let board = query.board(&key("p"), 10).expect("a board");
        assert_eq!(board.columns.iter().map(|column| column.overdue.counted).sum::<u64>(), listed);
        let rows = query.jobs(&JobQuery { archived: true, ..JobQuery::default() }, &PageRequest::default());
        assert_eq!(rows.expect("jobs").rows.iter().filter(|row| row.overdue).count() as u64, listed);
        listed
    };
    let job = office.job();
    assert_eq!(late(&office), 0, "without a due date");
    let due = |on: &str| json!({ "edit_job": { "job": job, "changes": { "dates": { "due": { "to": on } } } } });
    office.give(due("2026-02-02"));
    assert_eq!(late(&office), 0, "due today");
    office.give(due("2026-02-01"));
    assert_eq!(late(&office), 1);
    for (status, overdue) in [("stuck", 0), ("active", 1), ("completed", 0), ("active", 1)] {
        office.set_status(job, status);
        assert_eq!(late(&office), overdue, "{status}");
    }
    office.give(json!({ "archive_job": { "job": job } }));
    assert_eq!(late(&office), 0, "archived");
    // The firm's own day counts: by UTC it is the third already.
    office.give(json!({ "archive_job": { "job": job, "archived": false } }));
    office.give(due("2026-02-02"));
    office.clock.set("2026-02-03T04:59:00Z".parse().expect("an instant"));
    assert_eq!(late(&office), 0);
    office.clock.set("2026-02-03T05:00:00Z".parse().expect("an instant"));
    assert_eq!(late(&office), 1);
}

/// A job with history, tasks, items and a comment, and a second pipeline.
fn lived() -> (Office, JobId) {
    let office = Office::with(held());
    office.publish(json!({ "key": "q", "name": "Q", "stages": [{ "key": "in" }, { "key": "mid" }, { "key": "out" }] }));
    let job = office.job();
    office.new_task(json!({ "job": job, "task": { "key": "a", "title": "A" } }));
    office.new_item(json!({ "job": job, "kind": "organizer", "title": "O" }));
    office.advance(TimeDelta::days(1));
    office.move_to(job, "two");
    office.complete(job, "A");
    office.run(Command::CommentJob { job, text: "hello".into() });
    office.advance(TimeDelta::days(1));
    (office, job)
}

#[test]
fn s6_5_another_pipeline_keeps_history_tasks_and_items() {
    let (office, job) = lived();
    let before = office.get(job);
    office.give(json!({ "move_job": { "job": job, "to": "mid", "pipeline": "q" } }));
    let after = office.get(job);
    assert_eq!((after.pipeline.as_str(), after.stage.as_str()), ("q", "mid"));
    assert_eq!((&after.tasks, &after.items, after.comments), (&before.tasks, &before.items, 1));
    let stages: Vec<&str> = after.visits.iter().map(|visit| visit.stage.as_str()).collect();
    assert_eq!(stages, ["one", "two", "mid"]);
    let pipelines: Vec<Option<&str>> = after.visits.iter().map(|v| v.pipeline.as_ref().map(|p| p.as_str())).collect();
    assert_eq!(pipelines, [Some("p"), None, Some("q")]);
    assert_eq!((after.visits[1].left, after.visits[2].entered), (Some(office.now()), office.now()));
    assert_eq!((&after.visits[0], after.created), (&before.visits[0], before.created));
    // It is on the board of the other pipeline, and on its old one no more.
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    let jobs = |pipeline: &str| query.board(&key(pipeline), 5).expect("a board").columns.iter().map(|c| c.jobs).sum();
    let counts: (u64, u64) = (jobs("p"), jobs("q"));
    assert_eq!(counts, (0, 1));
    // And back, into a stage of its choice.
    office.give(json!({ "move_job": { "job": job, "to": "three", "pipeline": "p" } }));
    assert_eq!(office.get(job).visits.len(), 4);
}

#[test]
fn s6_5_a_move_elsewhere_names_what_is_not_there() {
    let (office, job) = lived();
    let before = office.get(job);
    for (to, pipeline, what) in [("one", "q", "stage"), ("in", "r", "pipeline")] {
        let rejection =
            office.refused(crate::kit::command(json!({ "move_job": { "job": job, "to": to, "pipeline": pipeline } })));
        assert!(matches!(&rejection, Rejection::NotFound { what: found, .. } if *found == what), "{rejection}");
    }
    assert_eq!(office.get(job), before);
}

#[test]
fn s6_5_archiving_and_unarchiving_keep_everything() {
    let (office, job) = lived();
    for status in ["active", "completed", "empty"] {
        office.set_status(job, status);
        let before = office.get(job);
        office.advance(TimeDelta::hours(1));
        office.give(json!({ "archive_job": { "job": job } }));
        let away = office.get(job);
        assert_eq!((away.status.clone(), away.archived), (JobStatus::Archived, Some(office.now())));
        assert_eq!((&away.visits, &away.tasks, &away.items), (&before.visits, &before.tasks, &before.items));
        // Nothing moves it and nothing sets its status until it is taken out.
        let moved = json!({ "move_job": { "job": job, "to": "three" } });
        assert!(matches!(office.refused(crate::kit::command(moved)), Rejection::Refused { .. }));
        let set = json!({ "set_status": { "job": job, "status": "active" } });
        assert!(matches!(office.refused(crate::kit::command(set)), Rejection::Refused { .. }));
        office.give(json!({ "archive_job": { "job": job, "archived": false } }));
        // The round counts how often the status was set; all else is as it was.
        let (mut was, mut is) = (bare(&before), bare(&office.get(job)));
        was["status_round"] = json!(0);
        is["status_round"] = json!(0);
        assert_eq!(is, was);
    }
    assert!(office.give(json!({ "archive_job": { "job": job, "archived": false } })).unchanged.is_some());
}

#[test]
fn s6_5_an_archived_job_is_found_when_it_is_asked_for() {
    let (office, job) = lived();
    office.give(json!({ "archive_job": { "job": job } }));
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    for scope in [JobScope::Firm, JobScope::Account(account(1)), JobScope::Unassigned] {
        for (archived, count) in [(false, 0), (true, 1)] {
            let list = JobQuery { scope: scope.clone(), archived, ..JobQuery::default() };
            assert_eq!(query.jobs(&list, &PageRequest::default()).expect("jobs").rows.len(), count, "{scope:?}");
        }
    }
    assert_eq!(query.job(job).expect("a view").job.status, JobStatus::Archived);
}

#[test]
fn s6_5_deleting_is_a_command_of_its_own_and_leaves_a_tombstone_in_the_log() {
    let (office, job) = lived();
    let (task, item) = (office.get(job).tasks[0].task, office.get(job).items[0].item);
    let outcome = office.run(Command::DeleteJob { job });
    assert!(outcome.events().iter().any(|recorded| recorded.event == Event::JobDeleted { job }));
    assert!(office.find(job).is_none());
    assert!(office.get_item(item).jobs.is_empty(), "the item stays, unlinked");
    let log = office.store.log(firm(), &LogScan::new(LogBy::Job(job), 100)).expect("a log");
    assert!(matches!(log.first().map(|l| &l.entry.events[0].event), Some(Event::JobCreated(_))), "its history stays");
    let last = &log.last().expect("an entry").entry;
    assert_eq!((&*last.command, &last.actor), ("delete_job", &Actor::system("test")));
    assert!(last.events.iter().any(|recorded| recorded.event == Event::JobDeleted { job }));
    // What is gone is not there to be worked on.
    for written in [
        json!({ "move_job": { "job": job, "to": "one" } }),
        json!({ "archive_job": { "job": job, "archived": false } }),
        json!({ "delete_job": { "job": job } }),
        json!({ "set_task_state": { "task": task, "state": "planned" } }),
    ] {
        assert!(matches!(office.refused(crate::kit::command(written)), Rejection::NotFound { .. }));
    }
    let query = office.engine.query(firm(), Actor::system("t")).expect("a firm");
    assert_eq!(query.board(&key("p"), 5).expect("a board").columns.iter().map(|c| c.jobs).sum::<u64>(), 0);
}

#[test]
fn s6_1_a_reason_for_attention_is_noted_and_cleared() {
    let office = Office::new();
    office.publish(json!({ "key": "p", "name": "P", "job_defaults": { "assign": { "roles": ["partner"] } },
        "stages": [{ "key": "one" }, { "key": "two" }] }));
    let job = office.job();
    let reasons = |office: &Office| office.get(job).attention.iter().map(|a| a.reason.clone()).collect::<Vec<_>>();
    assert_eq!(reasons(&office), [AttentionReason::UnfilledRole(key("partner"))]);
    assert_eq!(office.get(job).attention[0].since, office.now());
    let clear = Command::ClearAttention { job, reason: AttentionReason::UnfilledRole(key("partner")) };
    office.run(clear.clone());
    assert!(reasons(&office).is_empty());
    assert!(office.run(clear).unchanged.is_some());
}
