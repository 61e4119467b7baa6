//! Automove: blockers, when they are done, and where the job goes.

use serde_json::json;
use workflow_core::command::{Command, ItemRef, NewItem, NewTask};
use workflow_core::definition::TaskTemplate;
use workflow_core::model::{AttentionReason, ItemKind, JobStatus, TaskState};

use crate::kit::{Office, key, names, set_task};

fn task(title: &str) -> serde_json::Value {
    json!({ "create_task": { "key": title, "title": title } })
}

fn linear(automove_do: serde_json::Value) -> serde_json::Value {
    json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "automove": true, "on_entry": [{ "key": "start", "do": automove_do }] },
            { "key": "two", "automove": true },
            { "key": "three" }
        ]
    })
}

fn by_hand(office: &Office, job: workflow_core::id::JobId, title: &str) -> workflow_core::id::TaskId {
    let template: TaskTemplate = serde_json::from_value(json!({ "key": title, "title": title })).expect("a template");
    let outcome = office.run(Command::CreateTask(Box::new(NewTask {
        id: None,
        job: Some(job),
        account: None,
        template: None,
        task: Some(Box::new(template)),
        waits_for: [].into(),
    })));
    outcome.tasks_created()[0]
}

#[test]
fn s4_1_tasks_and_items_of_the_visit_block() {
    let office = Office::with(linear(json!([task("a"), { "request": { "kind": "organizer" } }])));
    let job = office.job();
    office.complete(job, "a");
    assert_eq!(office.stage(job), "one");
    office.report(job, "organizer", "submitted");
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s4_1_what_is_linked_by_hand_counts_as_well() {
    let office = Office::with(linear(json!([task("a")])));
    let job = office.job();
    by_hand(&office, job, "extra");
    office.complete(job, "a");
    assert_eq!(office.stage(job), "one");
    office.complete(job, "extra");
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s4_1_what_an_earlier_visit_left_open_does_not_block_a_later_one() {
    let office = Office::with(linear(json!([task("a")])));
    let job = office.job();
    office.move_to(job, "two");
    by_hand(&office, job, "b");
    office.complete(job, "b");
    assert_eq!(office.stage(job), "three");
    assert_eq!(office.tasks(job, "a")[0].state, TaskState::Planned);
}

#[test]
fn s4_2_each_kind_has_its_own_done() {
    for (kind, done) in [
        ("organizer", &["submitted"][..]),
        ("proposal", &["signed", "paid"]),
        ("invoice", &["paid"]),
        ("document", &["accepted"]),
        ("signature_request", &["signed"]),
        ("chat", &["resolved"]),
        ("audit_letter", &["answered"]),
    ] {
        let office = Office::with(linear(json!([{ "request": { "kind": kind } }])));
        let job = office.job();
        office.report(job, kind, "seen");
        for (place, status) in done.iter().enumerate() {
            assert_eq!(office.stage(job), "one", "{kind} before `{status}`");
            office.report(job, kind, status);
            assert_eq!(office.stage(job) == "two", place + 1 == done.len(), "{kind} after `{status}`");
        }
    }
}

#[test]
fn s4_2_a_proposal_paid_before_it_is_signed_is_done_with_the_signature() {
    let office = Office::with(linear(json!([{ "request": { "kind": "proposal" } }])));
    let job = office.job();
    office.report(job, "proposal", "paid");
    assert_eq!(office.stage(job), "one");
    office.report(job, "proposal", "signed");
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s4_2_settings_say_that_a_submitted_payment_is_enough() {
    let request = json!([{ "request": { "kind": "invoice", "payment_submitted_is_done": true } }]);
    let office = Office::with(linear(request));
    let job = office.job();
    office.report(job, "invoice", "payment_submitted");
    assert_eq!(office.stage(job), "two");

    let office = Office::with(linear(json!([{ "request": { "kind": "invoice" } }])));
    let job = office.job();
    office.report(job, "invoice", "payment_submitted");
    assert_eq!(office.stage(job), "one");

    let office = Office::with(linear(json!([{ "request": { "kind": "proposal", "without_invoice": true } }])));
    let job = office.job();
    office.report(job, "proposal", "signed");
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s4_2_what_nobody_has_to_act_on_never_blocks() {
    for kind in ["email", "message", "sms", "note", "time_entry", "wiki_page"] {
        let office = Office::with(linear(json!([task("a"), { "request": { "kind": kind } }])));
        let job = office.job();
        office.complete(job, "a");
        assert_eq!(office.stage(job), "two", "{kind}");
    }
}

#[test]
fn s4_3_empty_visit_holds() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [{ "key": "one", "automove": true }, { "key": "two" }, { "key": "three" }]
    }));
    assert_eq!(office.stage(office.job()), "one");
}

#[test]
fn s4_3_empty_visit_advances_where_the_stage_says_so() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "automove": true, "on_empty": "advance" },
            { "key": "two", "automove": true, "on_empty": "advance",
              "on_entry": [{ "key": "mail", "do": [{ "request": { "kind": "email" } }] }] },
            { "key": "three" }, { "key": "four" }
        ]
    }));
    assert_eq!(office.stage(office.job()), "three");
}

#[test]
fn s4_4_the_target_is_chosen_after_the_stage_s_automations_ran() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "automove": true, "on_entry": [{ "key": "a", "do": [task("a")] }] },
            { "key": "extension", "when": { "job_tags": { "all": ["extend"] } } },
            { "key": "review" }, { "key": "done" }
        ],
        "automations": [
            { "key": "late", "on": { "task_completed": {} }, "do": [{ "add_job_tags": ["extend"] }] }
        ]
    }));
    let job = office.job();
    office.complete(job, "a");
    assert_eq!(office.stage(job), "extension");
}

#[test]
fn s4_4_a_branching_stage_takes_the_first_transition_whose_condition_holds() {
    let office = Office::with(json!({
        "key": "p", "name": "P",
        "stages": [
            { "key": "one", "automove": true, "on_entry": [{ "key": "a", "do": [task("a")] }] },
            { "key": "business", "when": { "account_tags": { "any": ["1120"] } } },
            { "key": "individual" },
            { "key": "done" }
        ],
        "transitions": [
            { "from": "one", "to": "business" }, { "from": "one", "to": "individual" },
            { "from": "business", "to": "done" }, { "from": "individual", "to": "done" }
        ]
    }));
    office.account(2, "Acme");
    office.run(Command::TagAccount { account: crate::kit::account(2), add: [key("1120")].into(), remove: [].into() });
    let (jane, acme) = (office.job(), office.job_of(2, "p"));
    office.complete(jane, "a");
    office.complete(acme, "a");
    assert_eq!((office.stage(jane).as_str(), office.stage(acme).as_str()), ("individual", "business"));
}

#[test]
fn s4_5_cancelled_unlinked_and_deleted_blockers_stop_blocking() {
    let office = Office::with(linear(json!([task("a"), task("b"), task("c"), { "request": { "kind": "document" } }])));
    let job = office.job();
    office.complete(job, "a");
    office.run(set_task(office.tasks(job, "b")[0].id, TaskState::Cancelled));
    office.run(Command::DeleteTask { task: office.tasks(job, "c")[0].id });
    assert_eq!(office.stage(job), "one");
    let item = ItemRef::Id(office.items(job, "document")[0].id);
    office.run(Command::UnlinkItem { item, job });
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s4_5_a_withdrawn_item_stops_blocking() {
    let office = Office::with(linear(json!([{ "request": { "kind": "organizer" } }])));
    let job = office.job();
    office.report(job, "organizer", "cancelled");
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s4_5_a_declined_item_blocks_on_and_raises_attention() {
    let office = Office::with(linear(json!([{ "request": { "kind": "proposal" } }])));
    let job = office.job();
    office.report(job, "proposal", "declined");
    assert_eq!(office.stage(job), "one");
    let item = office.items(job, "proposal")[0].id;
    assert_eq!(office.get(job).attention[0].reason, AttentionReason::Declined(item));
    // Made up their mind: signed and paid after all.
    office.report(job, "proposal", "signed");
    assert!(office.get(job).attention.is_empty());
    office.report(job, "proposal", "paid");
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s4_6_only_active_jobs_move_and_becoming_active_reconsiders() {
    let mut pipeline = linear(json!([task("a")]));
    pipeline["statuses"] = json!([{ "key": "missing documents" }]);
    let office = Office::with(pipeline);
    let job = office.job();
    office.set_status(job, "missing documents");
    office.complete(job, "a");
    assert_eq!(office.stage(job), "one");
    office.set_status(job, "active");
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s4_7_moving_to_the_present_stage_changes_nothing_and_says_so() {
    let office = Office::with(linear(json!([task("a")])));
    let job = office.job();
    let before = office.get(job);
    let outcome = office.move_to(job, "one");
    assert_eq!(outcome.unchanged.as_deref(), Some("the job is in `one` already"));
    assert_eq!(office.get(job), before);
}

#[test]
fn s4_7_a_re_entry_is_a_visit_like_any_other() {
    let office = Office::with(linear(json!([task("a")])));
    let job = office.job();
    let mut order = workflow_core::command::MoveJob::to(job, key("one"));
    order.reenter = true;
    office.run(Command::MoveJob(order));
    assert_eq!(office.get(job).visits.len(), 2);
    assert_eq!(office.tasks(job, "a").len(), 2);
    // The first visit's task blocks nothing any more.
    let second = office.tasks(job, "a")[1].id;
    office.run(set_task(second, TaskState::Completed));
    assert_eq!(office.stage(job), "two");
}

#[test]
fn s4_8_what_is_reported_twice_or_late_changes_nothing_further() {
    let office = Office::with(linear(json!([{ "request": { "kind": "organizer" } }])));
    let job = office.job();
    office.report(job, "organizer", "submitted");
    assert_eq!(office.stage(job), "two");
    let again = office.report(job, "organizer", "submitted");
    assert!(again.unchanged.is_some() && again.events().is_empty());
    let late = office.report(job, "organizer", "declined");
    assert_eq!(names(&late), ["item_reported", "job_item_changed"]);
    assert_eq!(office.stage(job), "two");
    assert!(office.get(job).attention.is_empty());
}

#[test]
fn s4_2_a_host_kind_that_nobody_registered_is_refused() {
    let office = Office::with(linear(json!([task("a")])));
    let job = office.job();
    let item = NewItem {
        id: None,
        job: Some(job),
        account: None,
        kind: ItemKind::from_key(key("fax")),
        title: "a fax".into(),
        external: None,
        payment_submitted_is_done: false,
        without_invoice: false,
    };
    let refused = office.refused(Command::CreateItem(Box::new(item)));
    assert!(refused.to_string().contains("no kind of item `fax`"), "{refused}");
}

#[test]
fn s4_3_a_job_that_reaches_the_final_stage_with_nothing_to_do_is_completed() {
    let office = Office::with(linear(json!([task("a")])));
    let job = office.job();
    office.complete(job, "a");
    by_hand(&office, job, "b");
    office.complete(job, "b");
    assert_eq!(office.get(job).status, JobStatus::Completed);
    assert!(office.get(job).completed.is_some());
}
