//! Tasks: what they hold, how they wait for each other, and dates that follow the job's.

use serde_json::json;
use workflow_core::command::Command;
use workflow_core::error::{ErrorKind, Rejection};
use workflow_core::event::Event;
use workflow_core::id::{JobId, TaskId};
use workflow_core::model::{Priority, TaskState};

use crate::kit::{Office, account, command, key, member, names, plain, set_task};

fn day(text: &str) -> Option<chrono::NaiveDate> {
    Some(text.parse().expect("a day"))
}

fn by_hand(office: &Office, job: JobId, title: &str) -> TaskId {
    office.new_task(json!({ "job": job, "task": { "key": title, "title": title } }))
}

#[track_caller]
fn refusal(office: &Office, written: serde_json::Value) -> (&'static str, String) {
    match office.refused(command(written)) {
        Rejection::Refused { rule, why } => (rule, why),
        other => panic!("not by a rule: {other}"),
    }
}

#[test]
fn s7_1_a_task_holds_all_that_was_asked_for() {
    let office = Office::with(plain());
    let job = office.job();
    // Monday, 2 February 2026. The second of two business days after it is Wednesday.
    let task = office.new_task(json!({
        "job": job,
        "task": {
            "key": "call", "title": "Call {{ account.name }}", "description": "Ask for last year's return",
            "priority": "urgent", "assign": { "members": [member(3)], "roles": ["preparer"] },
            "start": "2026-02-03",
            "due": "2 business days after creation",
            "tags": ["phone"], "checklist": ["Find the number", "Dial"], "budget_minutes": 15
        }
    }));
    let task = office.get_task(task);
    assert_eq!((task.job, task.account), (Some(job), Some(account(1))));
    assert_eq!(&*task.title, "Call Jane Doe");
    assert_eq!(task.description.as_deref(), Some("Ask for last year's return"));
    assert_eq!((task.state, task.priority), (TaskState::Planned, Priority::Urgent));
    assert_eq!(task.assignees, [member(1), member(3)].into());
    assert_eq!(task.assigned_roles, [key("preparer")].into());
    assert_eq!((task.start, task.due), (day("2026-02-03"), day("2026-02-04")));
    assert_eq!(task.tags, [key("phone")].into());
    let steps: Vec<_> = task.checklist.iter().map(|step| (&*step.text, step.done)).collect();
    assert_eq!(steps, [("Find the number", false), ("Dial", false)]);
    assert_eq!((task.budget_minutes, task.template.clone()), (Some(15), Some(key("call"))));
}

#[test]
fn s7_1_a_task_of_an_account_or_of_nobody() {
    let office = Office::with(plain());
    let of_account = office.new_task(json!({ "account": account(1), "task": { "key": "a", "title": "a" } }));
    let of_nobody = office.new_task(json!({ "task": { "key": "b", "title": "b" } }));
    assert_eq!((office.get_task(of_account).job, office.get_task(of_account).account), (None, Some(account(1))));
    assert_eq!((office.get_task(of_nobody).job, office.get_task(of_nobody).account), (None, None));
    office.run(set_task(of_nobody, TaskState::Completed));
    assert!(office.get_task(of_nobody).completed.is_some());
    // Without an account there are no seats to assign by.
    let refused = office.refused(command(json!({ "create_task": {
        "task": { "key": "c", "title": "c", "assign": { "roles": ["preparer"] } } } })));
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
}

#[test]
fn s7_1_the_pipeline_s_template_hides_the_firm_s_of_the_same_key() {
    let mut pipeline = plain();
    pipeline["task_templates"] = json!([{ "key": "call", "title": "The pipeline's" }]);
    let office = Office::with(pipeline);
    for (template, title) in [("call", "The firm's"), ("mail", "Mail")] {
        office.give(json!({ "save_template": { "task": { "key": template, "title": title } } }));
    }
    let job = office.job();
    let title = |written: serde_json::Value| office.get_task(office.new_task(written)).title.to_string();
    assert_eq!(title(json!({ "job": job, "template": "call" })), "The pipeline's");
    assert_eq!(title(json!({ "job": job, "template": "mail" })), "Mail");
    assert_eq!(title(json!({ "account": account(1), "template": "call" })), "The firm's");
    let unknown = office.refused(command(json!({ "create_task": { "job": job, "template": "fax" } })));
    assert_eq!(unknown, Rejection::not_found("task template", "fax"));
    let both = json!({ "create_task": { "template": "call", "task": { "key": "x", "title": "x" } } });
    assert_eq!(office.refused(command(both)).kind(), ErrorKind::Invalid);
    assert_eq!(office.refused(command(json!({ "create_task": {} }))).kind(), ErrorKind::Invalid);
}

#[test]
fn s7_1_custom_statuses_stand_for_one_of_the_four() {
    let office = Office::with(plain());
    office.save_firm(json!({
        "name": "Ledger & Sons", "time_zone": "America/New_York",
        "task_statuses": { "waiting for client": "in_progress", "signed off": "completed" }
    }));
    let job = office.job();
    let task = by_hand(&office, job, "a");
    let set =
        |state: &str, custom: &str| json!({ "set_task_state": { "task": task, "state": state, "custom": custom } });
    office.give(set("in_progress", "waiting for client"));
    assert_eq!(office.get_task(task).custom_status, Some(key("waiting for client")));
    assert_eq!(office.get_task(task).state, TaskState::InProgress);
    let wrong = office.refused(command(set("planned", "signed off")));
    assert!(wrong.to_string().contains("`signed off` stands for completed"), "{wrong}");
    assert_eq!(office.refused(command(set("planned", "lost"))).kind(), ErrorKind::NotFound);
    office.give(set("completed", "signed off"));
    assert!(office.get_task(task).completed.is_some());
    // The same state in the engine's own words is a change.
    office.run(set_task(task, TaskState::Completed));
    assert_eq!(office.get_task(task).custom_status, None);
    assert!(office.run(set_task(task, TaskState::Completed)).unchanged.is_some());
}

#[test]
fn s7_1_a_checklist_never_blocks_the_task() {
    let office = Office::with(plain());
    let task = office.new_task(json!({ "task": { "key": "a", "title": "a", "checklist": ["one", "two", "three"] } }));
    let ticks = || office.get_task(task).checklist.iter().map(|step| step.done).collect::<Vec<_>>();
    office.give(json!({ "check_task": { "task": task, "step": 1, "done": true } }));
    assert_eq!(ticks(), [false, true, false]);
    assert!(office.give(json!({ "check_task": { "task": task, "step": 1, "done": true } })).unchanged.is_some());
    let missing = office.refused(command(json!({ "check_task": { "task": task, "step": 3, "done": true } })));
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    // Steps whose text stays keep their tick.
    office.give(json!({ "set_checklist": { "task": task, "steps": ["zero", "two"] } }));
    assert_eq!(ticks(), [false, true]);
    office.give(json!({ "check_task": { "task": task, "step": 1, "done": false } }));
    office.run(set_task(task, TaskState::Completed));
    assert_eq!((office.get_task(task).state, ticks()), (TaskState::Completed, vec![false, false]));
}

#[test]
fn s7_1_a_task_belongs_to_at_most_one_job() {
    let office = Office::with(plain());
    office.account(2, "Acme");
    let (first, second, foreign) = (office.job(), office.job(), office.job_of(2, "p"));
    let task = office.new_task(json!({ "account": account(1), "task": { "key": "a", "title": "a" } }));
    let link = |job: JobId| json!({ "link_task": { "task": task, "job": job } });
    assert_eq!(refusal(&office, link(foreign)).0, "other_account");
    office.give(link(first));
    assert!(office.give(link(first)).unchanged.is_some());
    assert_eq!(refusal(&office, link(second)).0, "task_has_job");
    office.give(json!({ "unlink_task": { "task": task } }));
    assert_eq!((office.get_task(task).job, office.get(first).tasks.len()), (None, 0));
    office.give(link(second));
    assert_eq!((office.get_task(task).job, office.get(second).tasks[0].task), (Some(second), task));
    office.give(json!({ "delete_task": { "task": task } }));
    assert!(office.get(second).tasks.is_empty());
    assert_eq!(office.refused(set_task(task, TaskState::Completed)).kind(), ErrorKind::NotFound);
}

#[test]
fn s7_1_assignees_come_and_go_by_name_and_by_seat() {
    let office = Office::with(plain());
    let task = by_hand(&office, office.job(), "a");
    let assign =
        |mode: &str, who: serde_json::Value| json!({ "assign_task": { "task": task, "mode": mode, "who": who } });
    let people = || office.get_task(task).assignees.clone();
    office.give(assign("add", json!({ "roles": ["preparer", "reviewer"] })));
    assert_eq!(people(), [member(1), member(2)].into());
    office.give(assign("remove", json!({ "roles": ["preparer"] })));
    assert_eq!(people(), [member(2)].into());
    office.give(assign("replace", json!({ "members": [member(3)] })));
    assert_eq!(people(), [member(3)].into());
    assert!(office.get_task(task).assigned_roles.is_empty());
    assert_eq!(refusal(&office, assign("add", json!({ "roles": ["partner"] }))).0, "role_unfilled");
    let stranger = office.refused(command(assign("add", json!({ "members": [member(9)] }))));
    assert_eq!(stranger.kind(), ErrorKind::NotFound);
    assert_eq!(people(), [member(3)].into());
}

#[test]
fn s7_1_a_task_is_edited() {
    let office = Office::with(plain());
    let task = by_hand(&office, office.job(), "a");
    let edit = json!({ "edit_task": { "task": task, "changes": {
        "title": "b", "description": "how", "priority": "high", "tags": ["x"], "budget_minutes": 30 } } });
    assert_eq!(names(&office.give(edit.clone())), ["task_edited"]);
    let after = office.get_task(task);
    assert_eq!((&*after.title, after.description.as_deref(), after.priority), ("b", Some("how"), Priority::High));
    assert_eq!((after.tags.clone(), after.budget_minutes), ([key("x")].into(), Some(30)));
    assert!(office.give(edit).unchanged.is_some());
}

#[test]
fn s7_1_a_task_taken_up_again_blocks_again() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "automove": true }, { "key": "two" }, { "key": "three" }] }));
    let job = office.job();
    let (a, b) = (by_hand(&office, job, "a"), by_hand(&office, job, "b"));
    office.run(set_task(a, TaskState::Completed));
    office.run(set_task(a, TaskState::Planned));
    assert_eq!(office.get_task(a).completed, None);
    office.run(set_task(b, TaskState::Completed));
    assert_eq!(office.stage(job), "one");
    office.run(set_task(a, TaskState::Completed));
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s7_2_a_waiting_task_cannot_be_started() {
    let office = Office::with(plain());
    let job = office.job();
    let first = by_hand(&office, job, "first");
    let second =
        office.new_task(json!({ "job": job, "task": { "key": "b", "title": "second" }, "waits_for": [first] }));
    for state in ["in_progress", "completed"] {
        let (rule, why) = refusal(&office, json!({ "set_task_state": { "task": second, "state": state } }));
        assert_eq!(rule, "task_waits");
        assert_eq!(why, "the task waits for `first`, which is planned");
    }
    // It may be called off, and planned anew.
    office.run(set_task(second, TaskState::Cancelled));
    office.run(set_task(second, TaskState::Planned));
    office.give(json!({ "set_task_state": { "task": second, "state": "in_progress", "override": true } }));
    assert_eq!(office.get_task(second).state, TaskState::InProgress);
    office.run(set_task(second, TaskState::Planned));
    office.run(set_task(first, TaskState::Completed));
    office.run(set_task(second, TaskState::Completed));
    assert_eq!(office.get_task(second).state, TaskState::Completed);
}

#[test]
fn s7_2_what_was_cancelled_deleted_or_taken_away_holds_nobody_up() {
    let office = Office::with(plain());
    let job = office.job();
    let waits: Vec<TaskId> = ["a", "b", "c"].iter().map(|title| by_hand(&office, job, title)).collect();
    let last = office.new_task(json!({ "job": job, "task": { "key": "z", "title": "z" }, "waits_for": waits }));
    office.run(set_task(waits[0], TaskState::Cancelled));
    office.give(json!({ "delete_task": { "task": waits[1] } }));
    assert_eq!(office.refused(set_task(last, TaskState::Completed)).kind(), ErrorKind::Refused);
    let away = json!({ "remove_task_dependency": { "task": last, "on": waits[2] } });
    office.give(away.clone());
    assert!(office.give(away).unchanged.is_some());
    office.run(set_task(last, TaskState::Completed));
    assert_eq!(office.get_task(last).state, TaskState::Completed);
}

#[test]
fn s7_2_cycles_are_refused_and_named() {
    let office = Office::with(plain());
    let job = office.job();
    let tasks: Vec<TaskId> = ["a", "b", "c"].iter().map(|title| by_hand(&office, job, title)).collect();
    let wait = |task: TaskId, on: TaskId| command(json!({ "add_task_dependency": { "task": task, "on": on } }));
    office.run(wait(tasks[1], tasks[0]));
    office.run(wait(tasks[2], tasks[1]));
    assert!(office.run(wait(tasks[2], tasks[1])).unchanged.is_some());
    let Rejection::Cycle(circle) = office.refused(wait(tasks[0], tasks[2])) else { panic!("not a cycle") };
    assert_eq!(circle.first(), circle.last());
    let mut named = circle.clone();
    named.sort();
    named.dedup();
    assert_eq!((circle.len(), named), (4, vec!["a".to_owned(), "b".into(), "c".into()]));
    assert_eq!(office.refused(wait(tasks[0], tasks[0])), Rejection::Cycle(vec!["a".into(), "a".into()]));
    assert!(office.get_task(tasks[0]).waits_for.is_empty());
}

#[test]
fn s7_2_templates_say_what_waits_for_what() {
    let office = Office::with(json!({ "key": "p", "name": "P", "stages": [
        { "key": "one", "automove": true, "on_entry": [{ "key": "go", "do": [
            { "create_task": { "key": "prepare", "title": "prepare" } },
            { "create_task": { "key": "review", "title": "review", "after": ["prepare"] } }] }] },
        { "key": "two" }, { "key": "three" }] }));
    let job = office.job();
    let review = office.tasks(job, "review")[0].id;
    assert_eq!(office.refused(set_task(review, TaskState::InProgress)).kind(), ErrorKind::Refused);
    office.complete(job, "prepare");
    office.complete(job, "review");
    assert_eq!(office.stage(job), "two");
}

fn set_due(office: &Office, job: JobId, due: serde_json::Value) -> workflow_core::engine::Outcome {
    office.give(json!({ "edit_job": { "job": job, "changes": { "dates": { "due": due } } } }))
}

fn before_due(days: i32) -> serde_json::Value {
    json!(format!("{days} business days before due"))
}

#[test]
fn s7_2_relative_dates_follow_their_anchor_and_each_change_is_an_event() {
    let office = Office::with(plain());
    let job = office.job();
    let make = |name: &str| {
        office.new_task(json!({ "job": job, "task": {
            "key": name, "title": name, "start": before_due(10), "due": before_due(2) } }))
    };
    let (open, done, by_hand) = (make("open"), make("done"), make("by hand"));
    assert_eq!((office.get_task(open).start, office.get_task(open).due), (None, None));
    // Wednesday, 15 April 2026.
    let outcome = set_due(&office, job, json!({ "to": "2026-04-15" }));
    let derived = |event: &Event| matches!(event, Event::TaskDatesSet { derived: true, .. });
    assert_eq!(outcome.events().iter().filter(|recorded| derived(&recorded.event)).count(), 3);
    assert_eq!((office.get_task(open).start, office.get_task(open).due), (day("2026-04-01"), day("2026-04-13")));
    office.run(set_task(done, TaskState::Completed));
    office.give(json!({ "set_task_dates": { "task": by_hand, "due": "2026-04-01" } }));
    assert_eq!((office.get_task(by_hand).start, office.get_task(by_hand).due), (None, day("2026-04-01")));
    // What is done keeps its dates, and so does what was set by hand.
    let outcome = set_due(&office, job, json!({ "to": "2026-04-17" }));
    assert_eq!(outcome.events().iter().filter(|recorded| derived(&recorded.event)).count(), 1);
    let due = |task| office.get_task(task).due;
    assert_eq!((due(open), due(done), due(by_hand)), (day("2026-04-15"), day("2026-04-13"), day("2026-04-01")));
    let outcome = set_due(&office, job, json!("clear"));
    assert_eq!(names(&outcome), ["job_date_set", "task_dates_set"]);
    assert_eq!((office.get_task(open).start, due(open)), (None, None));
}

#[test]
fn s7_2_dates_are_derived_when_a_task_comes_to_a_job() {
    let office = Office::with(plain());
    let job = office.job();
    set_due(&office, job, json!({ "to": "2026-04-15" }));
    let task = office.new_task(json!({ "account": account(1), "task": {
        "key": "a", "title": "a", "due": before_due(2) } }));
    assert_eq!(office.get_task(task).due, None);
    let outcome = office.give(json!({ "link_task": { "task": task, "job": job } }));
    assert_eq!(names(&outcome), ["task_linked", "task_dates_set"]);
    assert_eq!(office.get_task(task).due, day("2026-04-13"));
}

#[test]
fn s7_2_automations_that_set_a_date_take_the_tasks_along() {
    let mut pipeline = plain();
    pipeline["stages"][1]["on_entry"] = json!([{ "key": "extend", "do": [
        { "set_date": { "date": "due", "to": "2026-10-15" } }] }]);
    let office = Office::with(pipeline);
    let job = office.job();
    set_due(&office, job, json!({ "to": "2026-04-15" }));
    let task = office.new_task(json!({ "job": job, "task": { "key": "a", "title": "a", "due": before_due(1) } }));
    assert_eq!(office.get_task(task).due, day("2026-04-14"));
    office.move_to(job, "two");
    assert_eq!((office.get(job).due, office.get_task(task).due), (day("2026-10-15"), day("2026-10-14")));
}

#[test]
fn s7_1_an_identifier_is_used_once() {
    let office = Office::with(plain());
    let id = TaskId(uuid::Uuid::from_u128(77));
    let new = json!({ "create_task": { "id": id, "task": { "key": "a", "title": "a" } } });
    office.give(new.clone());
    assert_eq!(office.refused(command(new)), Rejection::Exists { what: "task", name: id.to_string() });
    let gone = Command::DeleteTask { task: TaskId(uuid::Uuid::from_u128(78)) };
    assert_eq!(office.refused(gone).kind(), ErrorKind::NotFound);
}
