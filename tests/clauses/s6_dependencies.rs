//! Jobs that wait for jobs.

use serde_json::{Value, json};
use workflow_core::command::{Command, NewJob};
use workflow_core::engine::Outcome;
use workflow_core::error::{ErrorKind, Rejection};
use workflow_core::event::{Actor, Event};
use workflow_core::id::JobId;
use workflow_core::limits;
use workflow_core::store::{LogBy, LogScan, Transact};

use crate::kit::{Office, account, command, firm, key, member, names, plain};

/// A pipeline whose first stage moves on when its task is done, and completes at its end.
fn moving() -> Value {
    json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "automove": true, "on_entry": [{ "key": "start", "do": [
            { "create_task": { "key": "a", "title": "A" } }] }] },
        { "key": "two" }, { "key": "three" }] })
}

fn named(office: &Office, name: &str) -> JobId {
    let mut new = NewJob::new(account(1), key("p"));
    new.name = Some(name.into());
    office.run(Command::CreateJob(Box::new(new))).job().expect("a job")
}

fn wait(office: &Office, job: JobId, on: JobId) -> Outcome {
    office.run(Command::AddJobDependency { job, on })
}

fn finished(office: &Office, job: JobId) -> Vec<bool> {
    office.get(job).waits_for.values().copied().collect()
}

fn end(office: &Office, job: JobId, how: &str) {
    match how {
        "completed" => drop(office.set_status(job, "completed")),
        "final stage" => drop(office.move_to(job, "three")),
        "archived" => drop(office.give(json!({ "archive_job": { "job": job } }))),
        _ => drop(office.run(Command::DeleteJob { job })),
    }
}

#[test]
fn s6_7_both_jobs_know_of_the_dependency() {
    let office = Office::with(plain());
    let (partnership, partner) = (named(&office, "1065"), named(&office, "1040"));
    let outcome = wait(&office, partner, partnership);
    let added = Event::JobDependencyAdded { job: partner, on: partnership, finished: false };
    assert!(outcome.events().iter().any(|recorded| recorded.event == added));
    assert_eq!(office.get(partner).waits_for, [(partnership, false)].into());
    assert_eq!(office.get(partnership).awaited_by, [partner].into());
    assert!(wait(&office, partner, partnership).unchanged.is_some());
    office.run(Command::RemoveJobDependency { job: partner, on: partnership });
    assert!(office.get(partner).waits_for.is_empty() && office.get(partnership).awaited_by.is_empty());
    assert!(office.run(Command::RemoveJobDependency { job: partner, on: partnership }).unchanged.is_some());
}

#[test]
fn s6_7_an_unfinished_prerequisite_holds_automove_until_it_is_finished() {
    for how in ["completed", "final stage", "archived", "deleted"] {
        let office = Office::with(moving());
        let (first, second) = (named(&office, "First"), named(&office, "Second"));
        wait(&office, second, first);
        office.complete(second, "A");
        assert_eq!(office.stage(second), "one", "it waits");
        end(&office, first, how);
        assert_eq!(office.stage(second), "two", "{how}");
        if how == "deleted" {
            assert!(finished(&office, second).iter().all(|finished| *finished), "{:?}", office.get(second).waits_for);
        } else {
            assert_eq!(finished(&office, second), [true], "{how}");
        }
        // The dependent's own log says what it learned.
        let log = office.store.log(firm(), &LogScan::new(LogBy::Job(second), 100)).expect("a log");
        let changed = Event::JobDependencyChanged { job: second, on: first, finished: true };
        let learned = log.iter().find(|logged| logged.entry.events.iter().any(|r| r.event == changed));
        let learned = &learned.unwrap_or_else(|| panic!("{how}: nothing learned")).entry;
        assert!(
            learned.events.iter().any(|recorded| matches!(recorded.event, Event::JobMoved { .. })),
            "in one commit"
        );
    }
}

#[test]
fn s6_7_it_goes_on_only_when_its_own_work_is_done_too() {
    let office = Office::with(moving());
    let (first, second) = (named(&office, "First"), named(&office, "Second"));
    wait(&office, second, first);
    office.set_status(first, "completed");
    assert_eq!(office.stage(second), "one");
    office.complete(second, "A");
    assert_eq!(office.stage(second), "two");
}

#[test]
fn s6_7_every_prerequisite_counts() {
    let office = Office::with(moving());
    let (a, b, last) = (named(&office, "A"), named(&office, "B"), named(&office, "Last"));
    wait(&office, last, a);
    wait(&office, last, b);
    office.complete(last, "A");
    office.set_status(a, "completed");
    assert_eq!(office.stage(last), "one");
    // Taking the other away lets it go on too.
    office.run(Command::RemoveJobDependency { job: last, on: b });
    assert_eq!(office.stage(last), "two");
}

#[test]
fn s6_7_one_finished_job_lets_many_go_on_and_theirs_after_them() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "automove": true, "on_entry": [{ "key": "start", "do": [
            { "create_task": { "key": "a", "title": "A" } }] }] },
        { "key": "two" }] }));
    let root = named(&office, "1065");
    let partners: Vec<JobId> = (0..20).map(|n| named(&office, &format!("1040 {n}"))).collect();
    let last = named(&office, "Last");
    for partner in &partners {
        wait(&office, *partner, root);
        wait(&office, last, *partner);
        office.complete(*partner, "A");
    }
    office.complete(last, "A");
    assert!(partners.iter().chain([&last]).all(|job| office.stage(*job) == "one"));
    // Into the final stage: it is completed, they follow and are completed, and then the last.
    office.complete(root, "A");
    assert!(partners.iter().chain([&root, &last]).all(|job| office.status(*job) == "completed"));
}

#[test]
fn s6_7_an_unfinished_prerequisite_holds_completion_and_not_a_move_by_hand() {
    let office = Office::with(moving());
    let (first, second) = (named(&office, "First"), named(&office, "Second"));
    wait(&office, second, first);
    let rejection = office.refused(Command::SetStatus { job: second, status: key("completed"), leave_out: [].into() });
    assert_eq!(rejection.kind(), ErrorKind::Refused);
    assert!(rejection.to_string().contains("waits for is not finished"), "{rejection}");
    office.move_to(second, "two");
    office.move_to(second, "three");
    assert_eq!((office.stage(second), office.status(second)), ("three".to_owned(), "active".to_owned()));
    // At rest in the final stage, it is completed as soon as nothing holds it.
    office.set_status(first, "completed");
    assert_eq!(office.status(second), "completed");
}

#[test]
fn s6_7_an_automation_may_move_it_too() {
    let mut pipeline = moving();
    pipeline["automations"] =
        json!([{ "key": "go", "on": { "signal": { "name": "go" } }, "do": [{ "move_to": "two" }] }]);
    let office = Office::with(pipeline);
    let (first, second) = (named(&office, "First"), named(&office, "Second"));
    wait(&office, second, first);
    office.give(json!({ "signal_job": { "job": second, "name": "go" } }));
    assert_eq!(office.stage(second), "two");
}

#[test]
fn s6_7_a_job_that_is_opened_again_holds_again() {
    for (how, back) in [
        ("completed", json!({ "set_status": { "status": "active" } })),
        ("archived", json!({ "archive_job": { "archived": false } })),
    ] {
        let office = Office::with(moving());
        let (first, second) = (named(&office, "First"), named(&office, "Second"));
        wait(&office, second, first);
        end(&office, first, how);
        assert_eq!(finished(&office, second), [true]);
        let mut back = back;
        for body in back.as_object_mut().expect("an object").values_mut() {
            body["job"] = json!(first);
        }
        office.give(back);
        assert_eq!(finished(&office, second), [false], "{how}");
        office.complete(second, "A");
        assert_eq!(office.stage(second), "one", "{how}");
    }
}

#[test]
fn s6_7_archiving_what_is_completed_changes_nothing_for_those_that_wait() {
    let office = Office::with(moving());
    let (first, second) = (named(&office, "First"), named(&office, "Second"));
    wait(&office, second, first);
    end(&office, first, "completed");
    let before = office.get(second);
    end(&office, first, "archived");
    office.give(json!({ "archive_job": { "job": first, "archived": false } }));
    assert_eq!(office.get(second), before, "it was finished all the time");
}

#[test]
fn s6_7_waiting_for_what_is_finished_holds_nothing() {
    for how in ["completed", "archived"] {
        let office = Office::with(moving());
        let (first, second) = (named(&office, "First"), named(&office, "Second"));
        end(&office, first, how);
        wait(&office, second, first);
        assert_eq!(finished(&office, second), [true]);
        office.complete(second, "A");
        assert_eq!(office.stage(second), "two");
    }
}

#[test]
fn s6_7_a_waiting_job_that_is_archived_does_not_go_on() {
    let office = Office::with(moving());
    let (first, second) = (named(&office, "First"), named(&office, "Second"));
    wait(&office, second, first);
    office.complete(second, "A");
    end(&office, second, "archived");
    end(&office, first, "completed");
    assert_eq!((office.stage(second), finished(&office, second)), ("one".to_owned(), vec![true]));
    office.give(json!({ "archive_job": { "job": second, "archived": false } }));
    assert_eq!(office.stage(second), "two", "active again, it is looked at again");
}

#[test]
fn s6_7_cycles_are_refused_and_the_cycle_is_named() {
    let office = Office::with(plain());
    let jobs: Vec<JobId> = ["A", "B", "C", "D"].iter().map(|name| named(&office, name)).collect();
    let rejection = office.refused(Command::AddJobDependency { job: jobs[0], on: jobs[0] });
    assert!(matches!(&rejection, Rejection::Cycle(circle) if circle == &["A", "A"]), "{rejection}");
    // A waits for B, B for C, C for D.
    for pair in jobs.windows(2) {
        wait(&office, pair[0], pair[1]);
    }
    let before: Vec<_> = jobs.iter().map(|job| office.get(*job)).collect();
    for (last, circle) in [(1, vec!["B", "A", "B"]), (2, vec!["C", "A", "B", "C"]), (3, vec!["D", "A", "B", "C", "D"])]
    {
        let rejection = office.refused(Command::AddJobDependency { job: jobs[last], on: jobs[0] });
        let Rejection::Cycle(found) = &rejection else { panic!("{rejection}") };
        assert_eq!(found, &circle);
        assert_eq!(rejection.kind().code(), 106);
        assert!(rejection.to_string().contains(&circle.join(" → ")), "{rejection}");
    }
    assert_eq!(jobs.iter().map(|job| office.get(*job)).collect::<Vec<_>>(), before, "nothing changed");
    // A diamond is no circle.
    wait(&office, jobs[0], jobs[2]);
    wait(&office, jobs[0], jobs[3]);
    wait(&office, jobs[1], jobs[3]);
    // Finished jobs are part of a circle all the same: they can be opened again.
    office.set_status(jobs[3], "completed");
    let rejection = office.refused(Command::AddJobDependency { job: jobs[3], on: jobs[0] });
    assert!(matches!(rejection, Rejection::Cycle(_)), "{rejection}");
}

#[test]
fn s6_7_a_circle_within_one_bulk_is_noticed() {
    let office = Office::with(plain());
    let (a, b) = (named(&office, "A"), named(&office, "B"));
    let commands =
        json!([{ "add_job_dependency": { "job": a, "on": b } }, { "add_job_dependency": { "job": b, "on": a } }]);
    let both = |mode: &str| command(json!({ "bulk": { "mode": mode, "commands": commands } }));
    let Rejection::Document(problems) = office.refused(both("all_or_nothing")) else { panic!("not refused") };
    assert_eq!((problems.len(), problems[0].path.as_str()), (1, "commands[1]"));
    assert!(office.get(a).waits_for.is_empty());
    let outcome = office.run(both("each"));
    assert!(outcome.each[0].is_ok());
    assert_eq!(outcome.each[1].as_ref().expect_err("a circle").kind(), ErrorKind::Cycle);
}

#[test]
fn s6_7_a_job_that_is_not_there_is_waited_for_by_nobody() {
    let office = Office::with(plain());
    let job = office.job();
    let gone = JobId(uuid::Uuid::from_u128(7));
    let rejection = office.refused(Command::AddJobDependency { job, on: gone });
    assert!(matches!(&rejection, Rejection::NotFound { what: "job", .. }), "{rejection}");
    // Who does not see the other job cannot wait for it.
    office.publish(json!({ "key": "closed", "name": "Closed", "access": { "only": { "members": [member(3)] } },
        "stages": [{ "key": "in" }, { "key": "out" }] }));
    let closed = office.job_of(1, "closed");
    let answer = office.as_member(2, Command::AddJobDependency { job, on: closed });
    assert_eq!(answer.expect_err("forbidden").kind(), ErrorKind::Forbidden);
    assert!(office.get(job).waits_for.is_empty());
}

#[test]
fn s6_7_deleting_the_one_that_waits_takes_it_off_the_other() {
    let office = Office::with(plain());
    let (first, second) = (named(&office, "First"), named(&office, "Second"));
    wait(&office, second, first);
    office.run(Command::DeleteJob { job: second });
    assert!(office.get(first).awaited_by.is_empty());
    let outcome = office.set_status(first, "completed");
    assert!(!names(&outcome).contains(&"job_dependency_changed".to_owned()));
}

#[test]
fn s6_7_the_news_survives_a_crash_between_the_commits() {
    let office = Office::with(moving());
    let (first, second) = (named(&office, "First"), named(&office, "Second"));
    wait(&office, second, first);
    office.complete(second, "A");
    // Inside a transaction of the host's, follow-ups are left for later: as after a crash.
    let request = workflow_core::command::Request::new(
        firm(),
        Actor::system("t"),
        command(json!({ "set_status": { "job": first, "status": "completed" } })),
    );
    office.engine.within(&*office.store).execute(&request).expect("done");
    assert_eq!(office.stage(second), "one");
    let other = workflow_core::engine::Engine::deterministic(
        std::sync::Arc::clone(&office.store) as _,
        std::sync::Arc::clone(&office.clock) as _,
        99,
    );
    assert_eq!(other.run_follow_ups(limits::CLAIM).expect("follow-ups"), 1);
    assert_eq!(office.stage(second), "two");
}
