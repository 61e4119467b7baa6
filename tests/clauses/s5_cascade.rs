//! Cascades: order, one commit, follow-ups, entries that fire again, leaving out and previews.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use workflow_core::command::{Command, MoveJob, Reaction, Request};
use workflow_core::engine::Engine;
use workflow_core::event::{Actor, Event};
use workflow_core::id::JobId;
use workflow_core::limits;
use workflow_core::model::AttentionReason;
use workflow_core::store::{FollowUpWork, QueuedBody, QueuedState};

use crate::kit::{Office, account, command, firm, key, names, ran};

fn note() -> Value {
    json!({ "request": { "kind": "note" } })
}

fn tag(tag: &str) -> Value {
    json!({ "add_job_tags": [tag] })
}

/// An automation of the pipeline.
fn when(name: &str, on: &Value, actions: &Value) -> Value {
    json!({ "key": name, "on": on, "do": actions })
}

fn on_tag(name: &str) -> Value {
    json!({ "job_tag_added": { "tag": name } })
}

fn pipeline(automations: &Value) -> Value {
    json!({
        "key": "p", "name": "P", "statuses": [{ "key": "waiting" }],
        "stages": [{ "key": "one" }, { "key": "two" }, { "key": "three" }, { "key": "four" }],
        "automations": automations
    })
}

#[test]
fn s5_4_automations_of_one_event_run_in_declared_order() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "statuses": [{ "key": "waiting", "on_set": [
            { "key": "status-z", "do": [note()] }, { "key": "status-a", "do": [note()] }
        ] }],
        "stages": [
            { "key": "one" },
            { "key": "two", "on_entry": [{ "key": "stage-z", "do": [note()] }, { "key": "stage-a", "do": [note()] }] },
            { "key": "three" }
        ],
        "automations": [
            when("pipeline-z", &json!("stage_entered"), &json!([note()])),
            when("waiting-z", &json!({ "status_set": { "status": "waiting" } }), &json!([note()])),
            when("pipeline-a", &json!("stage_entered"), &json!([note()])),
            when("waiting-a", &json!({ "status_set": { "status": "waiting" } }), &json!([note()]))
        ]
    }));
    let job = office.job();
    let moved = office.move_to(job, "two");
    assert_eq!(ran(&moved), ["stage-z", "stage-a", "pipeline-z", "pipeline-a"]);
    let held = office.set_status(job, "waiting");
    assert_eq!(ran(&held), ["status-z", "status-a", "waiting-z", "waiting-a"]);
}

#[test]
fn s5_4_each_sees_what_those_before_it_did() {
    let mut needs_x = when("second", &json!({ "signal": { "name": "go" } }), &json!([tag("y")]));
    needs_x["if"] = json!({ "job_tags": { "all": ["x"] } });
    let first = when("first", &json!({ "signal": { "name": "go" } }), &json!([tag("x")]));
    let office = Office::with(pipeline(&json!([first, needs_x])));
    let job = office.job();
    assert_eq!(ran(&office.give(json!({ "signal_job": { "job": job, "name": "go" } }))), ["first", "second"]);
    // The other way round, the second comes too early.
    let office = Office::with(pipeline(&json!([needs_x, first])));
    let job = office.job();
    assert_eq!(ran(&office.give(json!({ "signal_job": { "job": job, "name": "go" } }))), ["first"]);
}

#[test]
fn s5_4_a_condition_is_asked_once_before_the_first_action() {
    let mut once = when("once", &json!({ "signal": { "name": "go" } }), &json!([tag("x"), tag("y"), note()]));
    once["if"] = json!({ "job_tags": { "none": ["x"] } });
    let office = Office::with(pipeline(&json!([once])));
    let job = office.job();
    office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    assert_eq!(office.get(job).tags, [key("x"), key("y")].into());
    assert_eq!(office.items(job, "note").len(), 1);
}

#[test]
fn s5_4_what_an_action_causes_waits_for_the_automations_of_the_present_event() {
    let office = Office::with(pipeline(&json!([
        when("e", &on_tag("t3"), &json!([note()])),
        when("c", &on_tag("t1"), &json!([tag("t3")])),
        when("d", &on_tag("t2"), &json!([note()])),
        when("a", &json!({ "signal": { "name": "go" } }), &json!([tag("t1"), note()])),
        when("b", &json!({ "signal": { "name": "go" } }), &json!([tag("t2")]))
    ])));
    let job = office.job();
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    assert_eq!(ran(&outcome), ["a", "b", "c", "d", "e"]);
    // The log tells what set each off: the place of the event that did.
    let events = outcome.events();
    let causes: Vec<(String, String)> = events
        .iter()
        .filter(|recorded| matches!(recorded.event, Event::AutomationRan { .. }))
        .map(|recorded| {
            let cause = events[recorded.of.expect("a cause") as usize];
            let by = cause.by.as_ref().map_or("the command", |by| by.as_str());
            (recorded.by.as_ref().expect("an automation").to_string(), by.to_owned())
        })
        .collect();
    let expected = [("a", "the command"), ("b", "the command"), ("c", "a"), ("d", "b"), ("e", "c")];
    assert_eq!(causes, expected.map(|(by, cause)| (by.to_owned(), cause.to_owned())));
}

#[test]
fn s5_4_what_happened_elsewhere_is_no_event_of_the_same_entry() {
    let office = Office::with(hearing());
    office.job();
    office.give(json!({ "tag_account": { "account": account(1), "add": ["vip"] } }));
    office.give(json!({ "set_account_field": { "account": account(1), "field": "f", "value": 1 } }));
    let log = office.log();
    let reactions: Vec<_> = log.iter().filter(|entry| entry.command == "react").collect();
    assert_eq!(reactions.len(), 2);
    for entry in reactions {
        assert!(matches!(entry.events[0].event, Event::AutomationRan { .. }), "{entry:?}");
        assert_eq!((entry.actor.clone(), entry.events[0].of), (Actor::Automation, None));
        // What it does follows from nothing else either.
        assert!(entry.events.iter().all(|recorded| recorded.by.is_some() && recorded.of.is_none()), "{entry:?}");
    }
}

#[test]
fn s5_4_an_automation_bound_to_stages_goes_by_where_the_job_is_by_then() {
    let bound = |name: &str, stage: &str| {
        let mut automation = when(name, &on_tag("x"), &json!([note()]));
        automation["stages"] = json!([stage]);
        automation
    };
    let go = when("go", &json!({ "signal": { "name": "go" } }), &json!([tag("x"), { "move_to": "two" }]));
    let office = Office::with(pipeline(&json!([bound("in-one", "one"), bound("in-two", "two"), go])));
    let job = office.job();
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    assert_eq!(ran(&outcome), ["go", "in-two"]);
}

#[test]
fn s5_4_the_same_commands_at_the_same_time_give_the_same_log() {
    let history = || {
        let office = Office::with(pipeline(&json!([
            when(
                "start",
                &json!("job_created"),
                &json!([
                    { "create_task": { "key": "a", "title": "a" } }, { "request": { "kind": "organizer" } }, tag("x")
                ])
            ),
            when(
                "on-x",
                &on_tag("x"),
                &json!([{ "add_account_tags": ["busy"] }, { "create_job": { "stage": "four" } }])
            ),
            when("busy", &json!({ "account_tag_added": {} }), &json!([{ "set_priority": "high" }, note()]))
        ])));
        let (first, second) = (office.job(), office.job());
        office.advance(TimeDelta::minutes(5));
        office.complete(first, "a");
        office.report(second, "organizer", "submitted");
        office.give(json!({ "tag_account": { "account": account(1), "add": ["vip"], "remove": ["busy"] } }));
        office.move_to(second, "three");
        serde_json::to_string(&office.log()).expect("json")
    };
    let first = history();
    assert!(first.len() > 5_000);
    assert_eq!(first, history());
}

#[test]
fn s5_5_a_command_and_its_cascade_are_one_entry() {
    let office = Office::with(pipeline(&json!([
        when("a", &json!({ "signal": { "name": "go" } }), &json!([tag("x"), { "move_to": "two" }])),
        when("b", &on_tag("x"), &json!([{ "request": { "kind": "invoice" } }])),
        when("c", &json!("stage_entered"), &json!([{ "create_task": { "key": "t", "title": "t" } }]))
    ])));
    let job = office.job();
    let before = office.log().len();
    let outcome = office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    assert_eq!(ran(&outcome), ["a", "b", "c"]);
    assert_eq!((outcome.entries.len(), office.log().len()), (1, before + 1));
    assert_eq!(office.log().last().expect("an entry").events, outcome.entries[0].events);
}

#[test]
fn s5_5_a_cascade_that_cannot_be_committed_leaves_nothing() {
    let office = Office::with(pipeline(&json!([when(
        "a",
        &json!({ "signal": { "name": "go" } }),
        &json!([
            { "create_task": { "key": "t", "title": "t" } }, { "request": { "kind": "invoice" } },
            { "add_account_tags": ["x"] }, { "create_job": {} }
        ])
    )])));
    let job = office.job();
    let (before, log) = (office.get(job), office.log().len());
    // The second command of the bulk is refused, after the first one's cascade was decided.
    let signal = json!({ "signal_job": { "job": job, "name": "go" } });
    let wrong = json!({ "move_job": { "job": job, "to": "nowhere" } });
    office.refused(command(json!({ "bulk": { "mode": "all_or_nothing", "commands": [signal, wrong] } })));
    assert_eq!((office.get(job), office.log().len()), (before, log));
    assert_eq!((office.jobs_of(1).len(), office.get_account(1).tags.len()), (1, 0));
    assert!(office.follow_ups(QueuedState::Waiting).is_empty());
    assert!(office.engine.claim_notifications(Some(firm()), TimeDelta::minutes(1), 10).expect("readable").is_empty());
}

/// Gives a command and stops before its follow-ups are run, as if the program had died.
#[track_caller]
fn stopped(office: &Office, written: Value) {
    let request = Request::new(firm(), Actor::system("test"), command(written));
    office.engine.within(&*office.store).execute(&request).expect("a command that works");
}

/// Another program on the same store.
fn another(office: &Office) -> Engine {
    Engine::deterministic(Arc::clone(&office.store) as _, Arc::clone(&office.clock) as _, 99)
}

/// Whatever waits is run by a new engine, once.
#[track_caller]
fn taken_up(office: &Office, waiting: usize) {
    assert_eq!(office.follow_ups(QueuedState::Waiting).len(), waiting);
    let engine = another(office);
    assert!(engine.run_follow_ups(100).expect("a store that works") >= waiting);
    assert!(office.follow_ups(QueuedState::Waiting).is_empty());
    assert!(office.follow_ups(QueuedState::Dead).is_empty());
    assert_eq!(engine.run_follow_ups(100).expect("a store that works"), 0);
    assert_eq!(another(office).run_follow_ups(100).expect("a store that works"), 0);
}

fn hearing() -> Value {
    pipeline(&json!([
        when("tag", &json!({ "account_tag_added": { "tag": "vip" } }), &json!([note()])),
        when("field", &json!({ "field_changed": { "scope": "account" } }), &json!([note()])),
        when("paid", &json!({ "item_reached": { "status": "paid" } }), &json!([note()])),
        when("spawn", &json!({ "signal": { "name": "spawn" } }), &json!([{ "create_job": { "stage": "three" } }])),
        when("spread", &json!({ "signal": { "name": "spread" } }), &json!([{ "add_account_tags": ["vip"] }]))
    ]))
}

/// Which automation, what sets it off, and how often it has run on each job before the follow-up.
type Told = (&'static str, fn(JobId) -> Value, [usize; 2]);

#[test]
fn s5_5_what_reaches_other_jobs_survives_a_crash_and_happens_once() {
    let cases: [Told; 4] = [
        ("tag", |_| json!({ "tag_account": { "account": account(1), "add": ["vip"] } }), [0, 0]),
        ("field", |_| json!({ "set_account_field": { "account": account(1), "field": "f", "value": 1 } }), [0, 0]),
        // The job itself hears of it at once.
        ("tag", |job| json!({ "signal_job": { "job": job, "name": "spread" } }), [1, 0]),
        ("field", |_| json!({ "save_account": { "id": account(1), "name": "Jane", "fields": { "f": 1 } } }), [0, 0]),
    ];
    for (automation, written, at_once) in cases {
        let office = Office::with(hearing());
        let jobs = [office.job(), office.job()];
        stopped(&office, written(jobs[0]));
        assert_eq!(jobs.map(|job| office.runs(job, automation)), at_once, "{}", written(jobs[0]));
        taken_up(&office, 1);
        assert_eq!(jobs.map(|job| office.runs(job, automation)), [1, 1], "{}", written(jobs[0]));
    }
}

#[test]
fn s5_5_an_item_s_other_jobs_and_jobs_that_wait_are_told_after_a_crash() {
    let office = Office::with(hearing());
    let first = office.job();
    office.advance(TimeDelta::seconds(1));
    let second = office.job();
    let invoice = office.new_item(json!({ "job": first, "kind": "invoice", "title": "fee" }));
    office.give(json!({ "link_item": { "item": { "id": invoice }, "job": second } }));
    stopped(&office, json!({ "report_item": { "item": { "id": invoice }, "status": "paid" } }));
    assert_eq!([first, second].map(|job| office.runs(job, "paid")), [1, 0]);
    taken_up(&office, 1);
    assert_eq!([first, second].map(|job| office.runs(job, "paid")), [1, 1]);

    office.give(json!({ "add_job_dependency": { "job": second, "on": first } }));
    stopped(&office, json!({ "set_status": { "job": first, "status": "completed" } }));
    assert!(!office.get(second).waits_for[&first]);
    taken_up(&office, 1);
    assert!(office.get(second).waits_for[&first]);
}

#[test]
fn s5_5_a_job_to_create_survives_a_crash_and_is_created_once() {
    let office = Office::with(hearing());
    let job = office.job();
    stopped(&office, json!({ "signal_job": { "job": job, "name": "spawn" } }));
    assert_eq!(office.jobs_of(1).len(), 1);
    taken_up(&office, 1);
    let mut stages: Vec<String> = office.jobs_of(1).iter().map(|job| job.stage.to_string()).collect();
    stages.sort();
    assert_eq!(stages, ["one", "three"]);
}

#[test]
fn s5_5_an_engine_that_died_in_the_middle_tells_nobody_twice() {
    let office = Office::with(hearing());
    let jobs = [office.job(), office.job(), office.job()];
    stopped(&office, json!({ "tag_account": { "account": account(1), "add": ["vip"] } }));
    let QueuedBody::FollowUp(follow_up) = &office.follow_ups(QueuedState::Waiting)[0].body else {
        panic!("a follow-up")
    };
    assert!(matches!(follow_up.work, FollowUpWork::AccountTags { .. }));
    // One job was told, under the follow-up's key for it; then the program died.
    let reaction = Reaction::AccountTags { job: jobs[1], added: vec![key("vip")], removed: vec![] };
    let told = Request::new(firm(), Actor::Automation, Command::React(Box::new(reaction)));
    let told = told.keyed(key(&format!("follow-up/{}/{}", follow_up.id, jobs[1])));
    office.engine.execute(&told).expect("a reaction");
    assert_eq!(jobs.map(|job| office.runs(job, "tag")), [0, 1, 0]);
    taken_up(&office, 1);
    assert_eq!(jobs.map(|job| office.runs(job, "tag")), [1, 1, 1]);
}

#[test]
fn s5_5_what_another_engine_holds_is_taken_up_when_its_lease_has_run_out() {
    use workflow_core::store::{Claim, Lease, Queue, Transact};
    let office = Office::with(hearing());
    let job = office.job();
    stopped(&office, json!({ "tag_account": { "account": account(1), "add": ["vip"] } }));
    let lease = Lease { owner: uuid::Uuid::from_u128(5), until: office.now() + TimeDelta::seconds(60) };
    let claim = Claim { queue: Queue::FollowUps, firm: None, now: office.now(), lease, limit: 10 };
    assert_eq!(office.store.claim(&claim).expect("a claim").len(), 1);
    assert_eq!(another(&office).run_follow_ups(10).expect("a store that works"), 0);
    office.advance(TimeDelta::seconds(61));
    taken_up(&office, 1);
    assert_eq!(office.runs(job, "tag"), 1);
}

#[test]
fn s5_5_archived_jobs_and_unwatched_changes_leave_nothing_to_follow() {
    let office = Office::with(hearing());
    let job = office.job();
    office.give(json!({ "archive_job": { "job": job } }));
    office.give(json!({ "tag_account": { "account": account(1), "add": ["vip"] } }));
    assert_eq!(office.runs(job, "tag"), 0);
    // No automation looks at account tags: nothing is queued at all.
    let office = Office::with(pipeline(&json!([])));
    office.job();
    stopped(&office, json!({ "tag_account": { "account": account(1), "add": ["vip"] } }));
    assert!(office.follow_ups(QueuedState::Waiting).is_empty());
}

#[test]
fn s5_5_a_job_that_cannot_be_created_after_all_fails_its_action() {
    let office = Office::with(json!({ "key": "q", "name": "Q", "stages": [{ "key": "one" }, { "key": "two" }] }));
    let create = when("spawn", &json!({ "signal": { "name": "go" } }), &json!([{ "create_job": { "pipeline": "q" } }]));
    office.publish(pipeline(&json!([create])));
    let job = office.job();
    office.give(json!({ "archive_pipeline": { "pipeline": "q", "archived": true } }));
    office.give(json!({ "signal_job": { "job": job, "name": "go" } }));
    let record = office.get(job);
    assert!(record.failed[0].why.contains("archived"), "{:?}", record.failed);
    assert_eq!(record.attention[0].reason, AttentionReason::ActionFailed(1));
    assert!(office.follow_ups(QueuedState::Waiting).is_empty());
    office.give(json!({ "archive_pipeline": { "pipeline": "q", "archived": false } }));
    office.give(json!({ "retry_action": { "job": job, "number": 1 } }));
    assert_eq!((office.jobs_of(1).len(), office.get(job).failed.len()), (2, 0));
}

#[test]
fn s5_5_jobs_that_create_jobs_come_to_an_end() {
    // The condition keeps the linter from refusing it.
    let mut spawn = when("spawn", &json!("job_created"), &json!([{ "create_job": {} }]));
    spawn["if"] = json!({ "role_filled": "preparer" });
    let office = Office::with(pipeline(&json!([spawn])));
    office.job();
    let jobs = office.jobs_of(1);
    assert_eq!(jobs.len(), 1 + limits::FOLLOW_UP_HOPS as usize);
    assert_eq!(office.follow_ups(QueuedState::Dead).len(), 1);
    // Not silently: the last one's action has failed.
    let failed: Vec<&Arc<workflow_core::model::Job>> = jobs.iter().filter(|job| !job.failed.is_empty()).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].failed[0].why.contains("FOLLOW_UP_HOPS of 100"), "{:?}", failed[0].failed);
    assert_eq!(failed[0].attention[0].reason, AttentionReason::ActionFailed(1));
}

#[test]
fn s5_5_accounts_that_create_jobs_for_each_other_come_to_an_end() {
    let mut spawn =
        when("spawn", &json!("job_created"), &json!([{ "create_job": { "account": { "linked": "partner" } } }]));
    spawn["if"] = json!({ "not": { "account_tags": { "all": ["enough"] } } });
    let office = Office::with(pipeline(&json!([spawn])));
    for number in 1..=3u128 {
        let others = (1..=3).filter(|other| *other != number);
        let linked: Vec<Value> =
            others.map(|other| json!({ "account": account(other), "relation": "partner" })).collect();
        office.save_account(number, json!({ "linked": linked }));
    }
    office.job();
    let log = office.log();
    let created = log.iter().filter(|entry| entry.command == "create_job").count();
    assert_eq!(created, 1 + limits::FOLLOW_UPS);
    assert!(!office.follow_ups(QueuedState::Dead).is_empty());
    assert!(office.follow_ups(QueuedState::Waiting).is_empty());
}

fn refiring() -> Value {
    json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one" },
            { "key": "two", "on_entry": [
                { "key": "every", "do": [note()] },
                { "key": "first", "refire": "first_entry", "do": [note()] },
                { "key": "forward", "refire": "forward_only", "do": [note()] }
            ] },
            { "key": "three" }, { "key": "four" }
        ],
        "automations": [
            { "key": "any-first", "on": "stage_entered", "stages": ["three"], "refire": "first_entry", "do": [note()] },
            { "key": "any-forward", "on": "stage_entered", "stages": ["three"], "refire": "forward_only", "do": [note()] }
        ]
    })
}

#[test]
fn s5_6_every_entry_fires_again_unless_it_says_otherwise() {
    let office = Office::with(refiring());
    let job = office.job();
    assert_eq!(ran(&office.move_to(job, "two")), ["every", "first", "forward"]);
    // A re-entry is an entry, and not forward.
    let mut again = MoveJob::to(job, key("two"));
    again.reenter = true;
    assert_eq!(ran(&office.run(Command::MoveJob(again))), ["every"]);
    assert_eq!(ran(&office.move_to(job, "three")), ["any-first", "any-forward"]);
    assert_eq!(ran(&office.move_to(job, "two")), ["every"]);
    assert_eq!(ran(&office.move_to(job, "three")), ["any-forward"]);
    office.move_to(job, "one");
    assert_eq!(ran(&office.move_to(job, "two")), ["every", "forward"]);
    office.move_to(job, "four");
    assert_eq!(ran(&office.move_to(job, "three")), Vec::<String>::new());
}

#[test]
fn s5_6_from_another_pipeline_is_forward_and_new_is_forward() {
    let office = Office::with(refiring());
    office.publish(
        json!({ "key": "q", "name": "Q", "stages": [{ "key": "one" }, { "key": "two" }, { "key": "three" }] }),
    );
    let at_two = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "stage": "two" } }));
    assert_eq!(ran(&at_two), ["every", "first", "forward"]);
    let job = at_two.job().expect("a job");
    // What it did elsewhere, in a stage of the same key, does not count; what it did here does.
    let there = office.give(json!({ "move_job": { "job": job, "to": "two", "pipeline": "q" } }));
    assert_eq!(ran(&there), Vec::<String>::new());
    let back = office.give(json!({ "move_job": { "job": job, "to": "two", "pipeline": "p" } }));
    assert_eq!(ran(&back), ["every", "forward"]);

    let other = office.job_of(1, "q");
    office.move_to(other, "two");
    let over = office.give(json!({ "move_job": { "job": other, "to": "two", "pipeline": "p" } }));
    assert_eq!(ran(&over), ["every", "first", "forward"]);
}

#[test]
fn s5_6_a_move_over_several_stages_fires_those_of_the_target_unless_asked() {
    let entered = |stage: &str| {
        json!({ "key": stage, "on_entry": [{ "key": format!("in-{stage}"), "do": [
            { "create_task": { "key": stage, "title": stage } }
        ] }], "on_exit": [{ "key": format!("out-{stage}"), "do": [note()] }] })
    };
    let pipeline = json!({ "key": "p", "name": "P", "stages": [
        entered("one"), entered("two"), entered("three"), entered("four"), { "key": "five" }
    ] });
    let office = Office::with(pipeline);
    let (job, other) = (office.job(), office.job());
    assert_eq!(ran(&office.move_to(job, "four")), ["out-one", "in-four"]);
    let asked = office.give(json!({ "move_job": { "job": other, "to": "four", "fire_jumped": true } }));
    assert_eq!(ran(&asked), ["out-one", "in-two", "in-three", "in-four"]);
    // What they create belongs to the stage where the job is.
    assert_eq!((office.get(other).visits.len(), office.get(other).blockers().open), (2, 3));
    // Going back passes nothing.
    let back = office.give(json!({ "move_job": { "job": other, "to": "one", "fire_jumped": true } }));
    assert_eq!(ran(&back), ["out-four", "in-one"]);
}

fn listed() -> Value {
    json!({
        "key": "p", "name": "P",
        "statuses": [{ "key": "waiting", "on_set": [
            { "key": "chase", "do": [note()] }, { "key": "remind", "do": [note()] }
        ] }],
        "stages": [
            { "key": "one", "on_exit": [{ "key": "bye", "do": [note()] }] },
            { "key": "two", "on_entry": [
                { "key": "welcome", "name": "Say hello", "do": [note()] },
                { "key": "vip", "if": { "account_tags": { "all": ["vip"] } }, "do": [note()] },
                { "key": "off", "enabled": false, "do": [note()] },
                { "key": "first", "refire": "first_entry", "do": [tag("x")] },
                { "key": "forward", "refire": "forward_only", "do": [note()] }
            ] },
            { "key": "three" }
        ],
        "automations": [
            when("on-x", &on_tag("x"), &json!([{ "request": { "kind": "organizer" } }])),
            when("entered", &json!("stage_entered"), &json!([note()])),
            when("pinged", &json!({ "signal": { "name": "ping" } }), &json!([note()]))
        ]
    })
}

#[test]
fn s5_7_a_manual_move_leaves_out_what_it_is_told_to() {
    let office = Office::with(listed());
    let job = office.job();
    let leave_out = json!(["welcome", "bye", "entered"]);
    let outcome = office.give(json!({ "move_job": { "job": job, "to": "two", "leave_out": leave_out } }));
    assert_eq!(ran(&outcome), ["first", "forward", "on-x"]);
    assert_eq!(names(&outcome)[0], "automations_left_out");
    let written = serde_json::to_value(&outcome.events()[0].event).expect("json");
    assert_eq!(written["automations_left_out"]["automations"], json!(["bye", "entered", "welcome"]));
    // For this move only.
    office.move_to(job, "one");
    assert_eq!(ran(&office.move_to(job, "two")), ["bye", "welcome", "forward", "entered"]);
    let unknown = json!({ "move_job": { "job": job, "to": "three", "leave_out": ["nobody"] } });
    assert!(office.refused(command(unknown)).to_string().contains("nobody"));
}

#[test]
fn s5_7_setting_a_status_leaves_out_what_it_is_told_to() {
    let office = Office::with(listed());
    let job = office.job();
    let outcome = office.give(json!({ "set_status": { "job": job, "status": "waiting", "leave_out": ["chase"] } }));
    assert_eq!(ran(&outcome), ["remind"]);
    assert_eq!(names(&outcome)[..2], ["job_status_set", "automations_left_out"]);
}

#[test]
fn s5_7_the_preview_lists_each_automation_and_why_and_commits_nothing() {
    let office = Office::with(listed());
    let job = office.job();
    office.move_to(job, "two");
    office.move_to(job, "three");
    let (before, log) = (office.get(job), office.log().len());
    let written = json!({ "move_job": { "job": job, "to": "two", "leave_out": ["entered"] } });
    let request = Request::new(firm(), Actor::system("test"), command(written.clone()));
    let preview = office.engine.preview(&request).expect("a preview");
    let told: Vec<(&str, bool, &str)> = preview
        .outlook
        .automations
        .iter()
        .map(|told| (told.automation.as_str(), told.runs, told.why.as_str()))
        .collect();
    let expected = [
        ("welcome", true, "nothing stands against it"),
        ("vip", false, "its condition does not hold"),
        ("off", false, "it is switched off"),
        ("first", false, "it runs on the first entry only, and the job was in the stage before"),
        ("forward", false, "it runs on the way forward only, and the job goes back"),
        ("entered", false, "the command leaves it out"),
    ];
    assert_eq!(told, expected);
    assert_eq!(preview.outlook.automations[0].name.as_deref(), Some("Say hello"));
    let explained = preview.outlook.automations[1].condition.as_ref().expect("an explanation");
    assert!(!explained.holds && explained.test.contains("vip"), "{explained:?}");
    assert_eq!(preview.events.iter().filter(|recorded| matches!(recorded.event, Event::JobMoved { .. })).count(), 1);
    assert_eq!(preview.notifications().len(), 1);
    assert_eq!((office.get(job), office.log().len()), (before, log));
    assert!(office.follow_ups(QueuedState::Waiting).is_empty());
    // It does what it said.
    assert_eq!(ran(&office.give(written)), ["welcome"]);
}

#[test]
fn s5_7_the_preview_follows_the_cascade_and_tells_of_a_refusal() {
    let office = Office::with(listed());
    let job = office.job();
    let request = |written| Request::new(firm(), Actor::system("test"), command(written));
    let preview =
        office.engine.preview(&request(json!({ "move_job": { "job": job, "to": "two" } }))).expect("a preview");
    let runs: Vec<&str> =
        preview.outlook.automations.iter().filter(|told| told.runs).map(|told| told.automation.as_str()).collect();
    assert_eq!(runs, ["bye", "welcome", "first", "forward", "entered", "on-x"]);
    let refused = office.engine.preview(&request(json!({ "move_job": { "job": job, "to": "nowhere" } })));
    assert!(refused.expect_err("no such stage").to_string().contains("nowhere"));
    let idle = office.engine.preview(&request(json!({ "move_job": { "job": job, "to": "one" } }))).expect("a preview");
    assert_eq!(idle.unchanged.as_deref(), Some("the job is in `one` already"));
}
