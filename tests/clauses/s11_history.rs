//! The state of a job at any past instant can be rebuilt from the log.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use workflow_core::error::{Error, ErrorKind, Rejection};
use workflow_core::event::Actor;
use workflow_core::id::JobId;
use workflow_core::model::{Job, TaskState};
use workflow_core::query::{JobAt, When};
use workflow_core::store::{LogBy, LogPosition, LogScan, Transact};

use crate::kit::{Office, account, command, firm, member, plain};

fn at(office: &Office, job: JobId, when: When) -> Result<JobAt, Error> {
    office.engine.query(firm(), Actor::system("test"))?.job_at(job, when)
}

fn then(office: &Office, job: JobId, instant: DateTime<Utc>) -> JobAt {
    at(office, job, When::At(instant)).expect("a job")
}

/// Instants, with what was stored then.
type Told = Vec<(DateTime<Utc>, Arc<Job>)>;

/// A job with a story, and what was stored after each of its steps.
fn story(office: &Office) -> (JobId, Told) {
    let mut told = Vec::new();
    let job = office.job();
    let note = |told: &mut Vec<_>| {
        told.push((office.now(), office.get(job)));
        office.advance(TimeDelta::hours(1));
    };
    note(&mut told);
    office.give(json!({ "tag_job": { "job": job, "add": ["vip"] } }));
    note(&mut told);
    let task = office.new_task(json!({ "job": job, "task": { "key": "t", "title": "Call" } }));
    note(&mut told);
    office.run(crate::kit::set_task(task, TaskState::Completed));
    note(&mut told);
    office.move_to(job, "two");
    note(&mut told);
    office.give(json!({ "archive_job": { "job": job, "archived": true } }));
    note(&mut told);
    (job, told)
}

#[test]
fn s11_5_a_job_at_any_instant_is_what_was_stored_then() {
    let office = Office::with(plain());
    let (job, told) = story(&office);
    for (instant, stored) in &told {
        for later in [TimeDelta::zero(), TimeDelta::minutes(59)] {
            assert_eq!(then(&office, job, *instant + later).job, *stored, "at {instant}");
        }
    }
    let with_task = then(&office, job, told[3].0);
    assert_eq!((with_task.tasks.len(), with_task.tasks[0].state), (1, TaskState::Completed));
    assert_eq!(then(&office, job, told[2].0).tasks[0].state, TaskState::Planned);
    assert_eq!(then(&office, job, told[1].0).tasks, []);
    let last = then(&office, job, office.now());
    assert_eq!((last.changed, last.revision), (told[5].0, 6));
}

#[test]
fn s11_5_a_job_at_a_place_of_the_log_is_what_was_stored_then() {
    let office = Office::with(plain());
    let (job, told) = story(&office);
    let log = office.store.log(firm(), &LogScan::new(LogBy::Job(job), 100)).expect("a log");
    assert_eq!(log.len(), told.len());
    for (logged, (_, stored)) in log.iter().zip(&told) {
        let found = at(&office, job, When::Position(logged.position)).expect("a job");
        assert_eq!((&found.job, found.position, found.entry), (stored, logged.position, logged.entry.id));
    }
    let newest = at(&office, job, When::Position(LogPosition(u64::MAX))).expect("a job");
    assert_eq!(newest.job, office.get(job));
}

#[test]
fn s11_5_before_its_creation_a_job_is_not_found_and_after_its_deletion_that_is_said() {
    let office = Office::with(plain());
    let before = office.now();
    office.advance(TimeDelta::hours(1));
    let job = office.job();
    let (created, stored) = (office.now(), office.get(job));
    office.advance(TimeDelta::hours(1));
    office.give(json!({ "delete_job": { "job": job } }));
    assert_eq!(at(&office, job, When::At(before)).expect_err("not yet").kind(), ErrorKind::NotFound);
    assert_eq!(then(&office, job, created).job, stored);
    let Err(Error::Rejected(Rejection::Refused { rule, why })) = at(&office, job, When::At(office.now())) else {
        panic!("not refused")
    };
    assert!(rule == "deleted" && why.contains("was deleted at 2026-02-02T17:00:00Z"), "{why}");
    let nobody = JobId(uuid::Uuid::from_u128(9));
    assert_eq!(at(&office, nobody, When::At(created)).expect_err("none").kind(), ErrorKind::NotFound);
}

#[test]
fn s11_5_what_other_jobs_did_to_a_job_is_part_of_its_past() {
    let office = Office::with(plain());
    let (job, other) = (office.job(), office.job());
    let mut told = Vec::new();
    let note = |told: &mut Vec<_>| {
        told.push((office.now(), office.get(job)));
        office.advance(TimeDelta::hours(1));
    };
    note(&mut told);
    office.give(json!({ "add_job_dependency": { "job": other, "on": job } }));
    note(&mut told);
    office.give(json!({ "remove_job_dependency": { "job": other, "on": job } }));
    note(&mut told);
    // In one commit with a change of its own: one revision for both.
    office.give(json!({ "bulk": { "mode": "all_or_nothing", "commands": [
        { "add_job_dependency": { "job": other, "on": job } }, { "tag_job": { "job": job, "add": ["x"] } }] } }));
    note(&mut told);
    office.give(json!({ "delete_job": { "job": other } }));
    note(&mut told);
    for (instant, stored) in &told {
        assert_eq!(then(&office, job, *instant).job, *stored, "at {instant}");
    }
    assert!(told[1].1.awaited_by.contains(&other) && told[4].1.awaited_by.is_empty());
}

#[test]
fn s11_5_what_a_job_knows_of_a_task_that_was_made_elsewhere_is_part_of_its_past() {
    let office = Office::with(plain());
    let job = office.give(json!({ "create_job": { "account": account(1), "pipeline": "p", "due": "2026-03-02" } }));
    let job = job.job().expect("a job");
    let task = json!({ "account": account(1), "task": { "key": "t", "title": "Call", "due": "1 day before due" } });
    let task = office.new_task(task);
    office.give(json!({ "link_task": { "task": task, "job": job } }));
    let (linked, before) = (office.now(), office.get(job));
    office.advance(TimeDelta::hours(1));
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": { "to": "2026-03-09" } } } } }));
    assert_eq!(office.get(job).tasks[0].due.map(|due| due.to_string()), Some("2026-03-08".to_owned()));
    let found = then(&office, job, office.now());
    assert_eq!((&found.job, found.tasks.len()), (&office.get(job), 0), "its log does not tell all of the task");
    assert_eq!(then(&office, job, linked).job, before);
}

#[test]
fn s11_5_who_may_see_a_job_may_see_what_it_was() {
    let mut pipeline = plain();
    pipeline["access"] = json!({ "only": { "members": [member(2)] } });
    let office = Office::with(pipeline);
    let job = office.job();
    let asked = |number: u128| office.engine.query(firm(), Actor::Member(member(number))).expect("a firm");
    let now = When::At(office.now());
    assert!(asked(2).job_at(job, now).is_ok() && asked(1).job_at(job, now).is_ok(), "Ann is an admin");
    assert_eq!(asked(3).job_at(job, now).expect_err("forbidden").kind(), ErrorKind::Forbidden);
    let client = office.engine.query(firm(), Actor::Client(account(1))).expect("a firm");
    assert_eq!(client.job_at(job, now).expect_err("forbidden").kind(), ErrorKind::Forbidden);
    office.give(json!({ "delete_job": { "job": job } }));
    assert!(asked(1).job_at(job, When::Position(LogPosition(0))).is_err());
    assert_eq!(asked(3).job_at(job, now).expect_err("gone").kind(), ErrorKind::NotFound);
}

#[test]
fn s11_5_a_follow_up_names_the_entry_that_left_it() {
    let mut pipeline = plain();
    pipeline["automations"] =
        json!([{ "key": "tagged", "on": { "account_tag_added": {} }, "do": [{ "add_job_tags": ["t"] }] }]);
    let office = Office::with(pipeline);
    let job = office.job();
    let tagged = office.as_member(1, command(json!({ "tag_account": { "account": account(1), "add": ["vip"] } })));
    let tagged = tagged.expect("tagged");
    let log = office.store.log(firm(), &LogScan::new(LogBy::Job(job), 100)).expect("a log");
    let last = &log.last().expect("an entry").entry;
    assert_eq!((last.actor.clone(), last.cause), (Actor::Automation, Some(tagged.entries[0].id)));
    assert_eq!((log[0].entry.cause, tagged.entries[0].cause), (None, None));
    assert!(office.get(job).tags.contains("t"));
}
